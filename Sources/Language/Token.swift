public import SourceText

/// One lexeme of a query or of a schema file.
///
/// A token does not hold its text, which is the source under its span: the token
/// stream stays free of reference counting, at 12 bytes a token.
public struct Token: Hashable, Sendable {
  public enum Kind: UInt8, Hashable, CaseIterable, Sendable {
    // Structure
    case endOfText

    // What no rule of the language begins with: the parser says why.
    case invalid
    case invalidNumber
    case unterminatedString
    case unterminatedName
    case unterminatedComment

    // Literals
    case integer
    case float
    case string
    case parameter

    // Punctuation
    case leftParenthesis, rightParenthesis
    case leftBracket, rightBracket
    case leftBrace, rightBrace
    case comma, semicolon, colon, dot, dotDot, bar, ampersand, exclamation, question
    case plus, minus, star, slash, percent, caret
    case equal, doubleEqual, notEqual, less, lessOrEqual, greater, greaterOrEqual
    case tilde, equalTilde

    // Words; the keywords in alphabetical order
    case identifier
    /// A name in backquotes, which is never a keyword.
    case quotedIdentifier
    case all, and, any, `as`, asc, ascending, at, by, call, `case`, collect, contains, count
    case create, delete, derive, desc, descending, detach, distinct, edge, `else`, end, ends
    case event, example, exists, explain, `false`, filter, `for`, foreach, from, `in`, insert
    case `is`, key, known, labeled, `let`, limit, load, match, merge, node, none, not, null, of
    case offset, on, optional, or, order, profile, reduce, remove, `return`, schema, set
    case shortest, single, skip, starts, then, to, `true`, union, unwind, upcast, valid
    case version, when, `where`, why, with, xor, yield
  }

  public var kind: Kind
  public var span: SourceSpan

  public init(_ kind: Kind, at span: SourceSpan) {
    self.kind = kind
    self.span = span
  }
}

extension Token.Kind {
  /// Whether it may name something: an identifier, quoted or not, or a keyword.
  var isWord: Bool { rawValue >= Self.identifier.rawValue }

  var isKeyword: Bool { rawValue > Self.quotedIdentifier.rawValue }

  /// A keyword's canonical spelling; `nil` for what is none.
  var keyword: String? {
    guard isKeyword else { return nil }
    return Keywords.spellings[Int(rawValue - Self.quotedIdentifier.rawValue) - 1]
  }

  /// Whether a variable of this name has to stand in backquotes.
  ///
  /// Few keywords are reserved: those that may follow an expression's operand, or begin one.
  var isReserved: Bool {
    switch self {
    case .all, .and, .as, .asc, .ascending, .by, .case, .contains, .create, .delete, .desc,
      .descending, .detach, .distinct, .else, .ends, .exists, .false, .in, .is, .limit, .match,
      .merge, .not, .null, .optional, .or, .order, .return, .skip, .starts, .then, .true, .union,
      .unwind, .when, .where, .with, .xor:
      true
    default: false
    }
  }
}

/// The keywords, for the lexer to find.
enum Keywords {
  /// In the order of the cases of ``Token/Kind``.
  static let spellings: [String] = [
    "ALL", "AND", "ANY", "AS", "ASC", "ASCENDING", "AT", "BY", "CALL", "CASE", "COLLECT",
    "CONTAINS", "COUNT", "CREATE", "DELETE", "DERIVE", "DESC", "DESCENDING", "DETACH",
    "DISTINCT", "EDGE", "ELSE", "END", "ENDS", "EVENT", "EXAMPLE", "EXISTS", "EXPLAIN",
    "FALSE", "FILTER", "FOR", "FOREACH", "FROM", "IN", "INSERT", "IS", "KEY", "KNOWN",
    "LABELED", "LET", "LIMIT", "LOAD", "MATCH", "MERGE", "NODE", "NONE", "NOT", "NULL", "OF",
    "OFFSET", "ON", "OPTIONAL", "OR", "ORDER", "PROFILE", "REDUCE", "REMOVE", "RETURN",
    "SCHEMA", "SET", "SHORTEST", "SINGLE", "SKIP", "STARTS", "THEN", "TO", "TRUE", "UNION",
    "UNWIND", "UPCAST", "VALID", "VERSION", "WHEN", "WHERE", "WHY", "WITH", "XOR", "YIELD",
  ]

  private struct Entry {
    var high: UInt64
    var low: UInt64
    var kind: Token.Kind
  }

  /// The keywords of each length.
  private static let entriesByLength: [[Entry]] = {
    var entries = [[Entry]](repeating: [], count: 17)
    for (index, spelling) in spellings.enumerated() {
      let rawValue = Token.Kind.quotedIdentifier.rawValue + UInt8(index) + 1
      guard let kind = Token.Kind(rawValue: rawValue) else { continue }
      let bytes = Array(spelling.utf8)
      let (high, low) = packed(bytes.span, from: 0, to: bytes.count)
      entries[bytes.count].append(Entry(high: high, low: low, kind: kind))
    }
    return entries
  }()

  /// The keyword that the bytes spell, in any case, or `.identifier`.
  static func kind(of source: Span<UInt8>, from start: Int, to end: Int) -> Token.Kind {
    guard end - start <= 16 else { return .identifier }
    let entries = entriesByLength[end - start]
    guard !entries.isEmpty else { return .identifier }
    let (high, low) = packed(source, from: start, to: end)
    for entry in entries where entry.low == low && entry.high == high { return entry.kind }
    return .identifier
  }

  /// Up to 16 bytes as two integers, with the bit that tells small letters from capitals cleared.
  ///
  /// No digit, `_` or `$` becomes a letter by that, so only letters are equal to a keyword's.
  private static func packed(
    _ source: Span<UInt8>,
    from start: Int,
    to end: Int
  ) -> (high: UInt64, low: UInt64) {
    var high: UInt64 = 0
    var low: UInt64 = 0
    for position in start..<end {
      high = high << 8 | low >> 56
      low = low << 8 | UInt64(source[position] & 0xDF)
    }
    return (high, low)
  }
}
