public import SourceText

/// Makes trees of queries, expressions and schema files.
///
/// Any text is either parsed or refused with a place: the parser has a bound on how deep
/// it recurses (``LanguageLimits``), and each of its loops consumes a token a turn.
///
/// It is a class so that the frames of its recursion hold no copies of its state.
public final class Parser {
  /// Thrown where parsing cannot go on; why stands in ``diagnostics``.
  struct Abandoned: Error {}

  let source: SourceText
  /// Ends with `.endOfText`.
  var tokens: [Token]
  /// For each token: the index of the bracket that closes or opens it, or -1.
  let partners: [Int32]
  var index = 0
  var diagnostics: [Diagnostic] = []

  /// How deep the parser has recursed.
  var depth = 0
  /// How many levels the trees have that were made since this was last set to 0.
  var height = 0

  /// Operands and operators of the expressions that are being read, innermost last.
  var operands: [Operand] = []
  var operators: [Operator] = []

  /// Whether a bar ends the expression at hand instead of joining two labels.
  var barEndsExpression = false
  /// Whether a brace after a variable begins a map projection, and no block of statements.
  var braceBeginsProjection = true
  /// Whether `END` closes a CASE, and thus is no variable.
  var endClosesCase = false
  /// The variables of the schema's rule that is being read.
  var ruleVariables: [String] = []

  init(_ source: SourceText) {
    self.source = source
    tokens = Lexer.tokens(of: source)
    partners = Self.partners(of: tokens)
  }

  /// Parses a query.
  ///
  /// - Throws: what is wrong with it, the first mistake only.
  public static func parseQuery(_ source: SourceText) throws(Diagnostics) -> Query {
    try parse(source) { (parser: Parser) throws(Abandoned) in try parser.query() }
  }

  /// Parses a text that is one expression.
  ///
  /// - Throws: what is wrong with it, the first mistake only.
  public static func parseExpression(_ source: SourceText) throws(Diagnostics) -> Expression {
    try parse(source) { (parser: Parser) throws(Abandoned) in
      let expression = try parser.expression()
      guard parser.at(.endOfText) else {
        throw parser.unexpected("the end of the expression", after: .expression)
      }
      return expression
    }
  }

  /// Parses a schema file.
  ///
  /// - Throws: all mistakes of the file, in its order.
  public static func parseSchema(_ source: SourceText) throws(Diagnostics) -> SchemaDocument {
    try parse(source) { (parser: Parser) throws(Abandoned) in try parser.schema() }
  }

  private static func parse<Tree>(
    _ source: SourceText,
    _ body: (Parser) throws(Abandoned) -> Tree
  ) throws(Diagnostics) -> Tree {
    guard source.bytes.count <= LanguageLimits.sourceByteCountMax else {
      throw Diagnostics(
        Diagnostic(
          "\(source.name) is longer than \(LanguageLimits.sourceByteCountMax) bytes",
          at: SourceSpan(0, 0)
        )
      )
    }
    let parser = Parser(source)
    do {
      let tree = try body(parser)
      if parser.diagnostics.isEmpty { return tree }
    } catch {}
    precondition(!parser.diagnostics.isEmpty, "a parse ended without a tree and without a reason")
    throw Diagnostics(parser.diagnostics)
  }

  /// Which bracket closes which; a bracket without its other half has -1.
  private static func partners(of tokens: [Token]) -> [Int32] {
    var partners = [Int32](repeating: -1, count: tokens.count)
    var open: [Int] = []
    var openCounts = (parentheses: 0, brackets: 0, braces: 0)
    for (index, token) in tokens.enumerated() {
      let counter: WritableKeyPath<(parentheses: Int, brackets: Int, braces: Int), Int>
      let opening: Token.Kind
      switch token.kind {
      case .leftParenthesis, .rightParenthesis:
        (counter, opening) = (\.parentheses, .leftParenthesis)
      case .leftBracket, .rightBracket: (counter, opening) = (\.brackets, .leftBracket)
      case .leftBrace, .rightBrace: (counter, opening) = (\.braces, .leftBrace)
      default: continue
      }
      if token.kind == opening {
        open.append(index)
        openCounts[keyPath: counter] += 1
        continue
      }
      guard openCounts[keyPath: counter] > 0 else { continue }
      while let candidate = open.popLast() {
        let kind = tokens[candidate].kind
        if kind == opening {
          openCounts[keyPath: counter] -= 1
          partners[candidate] = Int32(truncatingIfNeeded: index)
          partners[index] = Int32(truncatingIfNeeded: candidate)
          break
        }
        switch kind {
        case .leftParenthesis: openCounts.parentheses -= 1
        case .leftBracket: openCounts.brackets -= 1
        default: openCounts.braces -= 1
        }
      }
    }
    return partners
  }
}

// MARK: The cursor

extension Parser {
  var token: Token { tokens[index] }
  var kind: Token.Kind { tokens[index].kind }

  /// The end of the token before this one.
  var previousEnd: Int { index > 0 ? Int(tokens[index - 1].span.end) : 0 }

  func peek(_ distance: Int = 1) -> Token.Kind {
    tokens[min(index + distance, tokens.count - 1)].kind
  }

  /// The kind of the token at an index, the end where there is none.
  func kind(at index: Int) -> Token.Kind {
    index < tokens.count ? tokens[index].kind : .endOfText
  }

  func at(_ kind: Token.Kind) -> Bool { tokens[index].kind == kind }

  /// Moves to the next token, but never past the end.
  func advance() {
    if index < tokens.count - 1 { index += 1 }
  }

  func accept(_ kind: Token.Kind) -> Bool {
    guard tokens[index].kind == kind else { return false }
    advance()
    return true
  }

  /// From a place to the end of the last token read.
  func span(from start: Int) -> SourceSpan { SourceSpan(start, max(start, previousEnd)) }

  func span(from first: SourceSpan) -> SourceSpan { span(from: Int(first.start)) }

  /// The text of the current token.
  var text: String { source[token.span] }

  func isFirstOnLine(_ index: Int) -> Bool {
    let start = index > 0 ? Int(tokens[index - 1].span.end) : 0
    let end = Int(tokens[index].span.start)
    return index == 0 || source.bytes[start..<end].contains(UInt8(ascii: "\n"))
  }

  /// Whether the current token is this word, which is no keyword, in any case.
  func atWord(_ word: String) -> Bool {
    let span = token.span
    guard kind == .identifier, Int(span.end - span.start) == word.utf8.count else { return false }
    return zip(source.bytes[Int(span.start)..<Int(span.end)], word.utf8).allSatisfy {
      $0 | 0x20 == $1 | 0x20
    }
  }
}

// MARK: Expecting

extension Parser {
  func expect(_ kind: Token.Kind, _ description: String) throws(Abandoned) {
    guard accept(kind) else { throw unexpected(description) }
  }

  /// Reads the bracket that closes the one at an index.
  func close(_ opening: Int, _ expected: String? = nil) throws(Abandoned) {
    let (closing, spelling): (Token.Kind, String) =
      switch tokens[opening].kind {
      case .leftParenthesis: (.rightParenthesis, "\")\"")
      case .leftBracket: (.rightBracket, "\"]\"")
      default: (.rightBrace, "\"}\"")
      }
    guard !accept(closing) else { return }
    guard partners[opening] < 0 || kind == .endOfText else {
      throw unexpected(expected ?? spelling)
    }
    if isLexicalMistake { throw unexpected(expected ?? spelling) }
    throw fail(
      "\(source.quoted(tokens[opening].span)) is never closed",
      at: tokens[opening].span,
      hint: "expected \(expected ?? spelling), found \(found)"
    )
  }

  /// A name in a position where any word will do, keywords included.
  func name(_ description: String) throws(Abandoned) -> Identifier {
    guard kind.isWord else { throw unexpected(description) }
    let identifier = Identifier(wordText(at: index), at: token.span)
    advance()
    return identifier
  }

  /// A name that expressions will refer to.
  func variable(_ description: String) throws(Abandoned) -> Identifier {
    guard kind.isWord else { throw unexpected(description) }
    guard !kind.isReserved else {
      throw fail(
        "expected \(description), found the keyword \(source.quoted(token.span))",
        at: token.span,
        hint: "a name that is a keyword stands in backquotes: `\(text)`"
      )
    }
    return try name(description)
  }

  /// What the word at an index says, without backquotes.
  func wordText(at index: Int) -> String {
    let token = tokens[index]
    guard token.kind == .quotedIdentifier else { return source[token.span] }
    return Literals.unquoted(source.bytes[Int(token.span.start)..<Int(token.span.end)])
  }

  /// A name with dots in it: `meeting.held`.
  func dottedName(_ description: String) throws(Abandoned) -> Identifier {
    var result = try name(description)
    while at(.dot) {
      advance()
      let part = try name("the rest of \(description) after \".\"")
      result = Identifier(result.name + "." + part.name, at: result.span.joined(with: part.span))
    }
    return result
  }

  /// Goes some levels deeper; whoever calls it goes up again with ``leave(_:)`` on success.
  func enter(_ levels: Int = 1) throws(Abandoned) {
    depth += levels
    guard depth <= LanguageLimits.nestingDepthMax else { throw tooDeep(at: token.span) }
  }

  func leave(_ levels: Int = 1) { depth -= levels }

  func checkHeight(_ height: Int) -> Bool { height <= LanguageLimits.treeHeightMax }
}
