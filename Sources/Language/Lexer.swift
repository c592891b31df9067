public import SourceText

/// Cuts a text into tokens.
///
/// It never fails: what is no token of the language becomes an invalid one, which the
/// parser reports where it meets it. It never stops either: every call moves on until
/// `.endOfText`.
public struct Lexer {
  private var offset: Int

  /// A lexer at the start of a text; a byte order mark there is skipped.
  public init(_ source: SourceText) {
    offset = source.bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// All tokens of a text; the last is `.endOfText`.
  public static func tokens(of source: SourceText) -> [Token] {
    var lexer = Lexer(source)
    var tokens: [Token] = []
    tokens.reserveCapacity(source.bytes.count / 4 + 8)
    let bytes = source.bytes.span
    while true {
      let token = lexer.next(in: bytes)
      tokens.append(token)
      if token.kind == .endOfText { return tokens }
    }
  }

  /// The next token of the text that the lexer was made for.
  public mutating func next(in source: Span<UInt8>) -> Token {
    if let comment = skipSpace(in: source) { return comment }
    let start = offset
    guard start < source.count else { return token(.endOfText, from: start) }
    let byte = source[start]
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      return word(from: start, in: source)
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      return number(from: start, in: source)
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      return string(from: start, in: source)
    case UInt8(ascii: "`"):
      let isClosed = quotedName(in: source)
      return token(isClosed ? .quotedIdentifier : .unterminatedName, from: start)
    case UInt8(ascii: "$"):
      return parameter(from: start, in: source)
    case 0x80...:
      return nonASCII(from: start, in: source)
    default:
      return punctuation(from: start, in: source)
    }
  }

  private func token(_ kind: Token.Kind, from start: Int) -> Token {
    Token(kind, at: SourceSpan(start, offset))
  }

  private func byte(_ position: Int, of source: Span<UInt8>) -> UInt8 {
    position < source.count ? source[position] : 0
  }
}

// MARK: Space and comments

extension Lexer {
  /// Moves to the next token; returns the comment that hides it because it has no end.
  private mutating func skipSpace(in source: Span<UInt8>) -> Token? {
    while offset < source.count {
      switch source[offset] {
      case UInt8(ascii: " "), 0x09...0x0D, 0x1C...0x1F:
        offset += 1
      case UInt8(ascii: "/"):
        switch byte(offset + 1, of: source) {
        case UInt8(ascii: "/"): skipLine(in: source)
        case UInt8(ascii: "*"):
          let start = offset
          if !skipBlockComment(in: source) { return token(.unterminatedComment, from: start) }
        default: return nil
        }
      case 0x80...:
        guard let (scalar, length) = UTF8Scalar.decode(source, at: offset),
          scalar.properties.isWhitespace || scalar.value == 0xFEFF
        else { return nil }
        offset += length
      default: return nil
      }
    }
    return nil
  }

  private mutating func skipLine(in source: Span<UInt8>) {
    while offset < source.count, source[offset] != UInt8(ascii: "\n") { offset += 1 }
  }

  private mutating func skipBlockComment(in source: Span<UInt8>) -> Bool {
    offset += 2
    while offset < source.count {
      if source[offset] == UInt8(ascii: "*"), byte(offset + 1, of: source) == UInt8(ascii: "/") {
        offset += 2
        return true
      }
      offset += 1
    }
    return false
  }

  /// The comments of a text, in order, each without the line break that ends it.
  static func comments(of source: SourceText) -> [SourceSpan] {
    // Comments stand between tokens, so they begin at the first slash of a gap.
    var comments: [SourceSpan] = []
    let bytes = source.bytes
    var lexer = Lexer(source)
    var gapStart = lexer.offset
    while true {
      let token = lexer.next(in: bytes.span)
      var position = gapStart
      while position < Int(token.span.start) {
        guard bytes[position] == UInt8(ascii: "/") else {
          position += 1
          continue
        }
        var comment = Lexer(at: position)
        if bytes[position + 1] == UInt8(ascii: "/") {
          comment.skipLine(in: bytes.span)
        } else {
          _ = comment.skipBlockComment(in: bytes.span)
        }
        comments.append(SourceSpan(position, comment.offset))
        position = comment.offset
      }
      if token.kind == .endOfText { return comments }
      gapStart = lexer.offset
    }
  }

  private init(at offset: Int) {
    self.offset = offset
  }
}

// MARK: Words

extension Lexer {
  private mutating func word(from start: Int, in source: Span<UInt8>) -> Token {
    skipWord(in: source)
    return token(Keywords.kind(of: source, from: start, to: offset), from: start)
  }

  private mutating func skipWord(in source: Span<UInt8>) {
    while offset < source.count {
      switch source[offset] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        offset += 1
      case 0x80...:
        guard let (scalar, length) = UTF8Scalar.decode(source, at: offset),
          scalar.properties.isIDContinue
        else { return }
        offset += length
      default: return
      }
    }
  }

  /// Skips from the opening backquote to behind the closing one; a doubled one is part of the name.
  private mutating func quotedName(in source: Span<UInt8>) -> Bool {
    offset += 1
    while offset < source.count {
      offset += 1
      guard source[offset - 1] == UInt8(ascii: "`") else { continue }
      guard byte(offset, of: source) == UInt8(ascii: "`") else { return true }
      offset += 1
    }
    return false
  }

  private mutating func parameter(from start: Int, in source: Span<UInt8>) -> Token {
    offset += 1
    if byte(offset, of: source) == UInt8(ascii: "`") {
      let isClosed = quotedName(in: source)
      return token(isClosed ? .parameter : .unterminatedName, from: start)
    }
    skipWord(in: source)
    return token(offset > start + 1 ? .parameter : .invalid, from: start)
  }

  private mutating func nonASCII(from start: Int, in source: Span<UInt8>) -> Token {
    guard let (scalar, length) = UTF8Scalar.decode(source, at: start) else {
      offset += 1
      return token(.invalid, from: start)
    }
    offset += length
    if scalar.properties.isIDStart {
      skipWord(in: source)
      return token(.identifier, from: start)
    }
    switch scalar.value {
    // Dashes and arrowheads that word processors and web pages put in place of - < >.
    case 0x2010...0x2015, 0x2212, 0xFE58, 0xFE63, 0xFF0D: return token(.minus, from: start)
    case 0x27E8, 0x2329, 0xFE64, 0xFF1C: return token(.less, from: start)
    case 0x27E9, 0x232A, 0xFE65, 0xFF1E: return token(.greater, from: start)
    default: return token(.invalid, from: start)
    }
  }
}

// MARK: Literals and punctuation

extension Lexer {
  private mutating func string(from start: Int, in source: Span<UInt8>) -> Token {
    let quote = source[start]
    offset += 1
    while offset < source.count {
      let byte = source[offset]
      offset += 1
      if byte == quote { return token(.string, from: start) }
      if byte == UInt8(ascii: "\\"), offset < source.count { offset += 1 }
    }
    return token(.unterminatedString, from: start)
  }

  private mutating func number(from start: Int, in source: Span<UInt8>) -> Token {
    var kind = Token.Kind.integer
    let second = byte(start + 1, of: source) | 0x20
    if source[start] == UInt8(ascii: "0"),
      second == UInt8(ascii: "x") || second == UInt8(ascii: "o")
    {
      offset += 2
      let first = offset
      while isDigit(byte(offset, of: source), hexadecimal: second == UInt8(ascii: "x")) {
        offset += 1
      }
      if offset == first { kind = .invalidNumber }
    } else {
      skipDigits(in: source)
      if byte(offset, of: source) == UInt8(ascii: "."),
        isDigit(byte(offset + 1, of: source), hexadecimal: false)
      {
        offset += 1
        skipDigits(in: source)
        kind = .float
      }
      if skipExponent(in: source) { kind = .float }
    }
    // A letter that touches a number belongs to no token: the whole is a mistake.
    let end = offset
    skipWord(in: source)
    return token(offset > end ? .invalidNumber : kind, from: start)
  }

  private mutating func skipDigits(in source: Span<UInt8>) {
    while isDigit(byte(offset, of: source), hexadecimal: false) { offset += 1 }
  }

  private mutating func skipExponent(in source: Span<UInt8>) -> Bool {
    guard byte(offset, of: source) | 0x20 == UInt8(ascii: "e") else { return false }
    var position = offset + 1
    let sign = byte(position, of: source)
    if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
    guard isDigit(byte(position, of: source), hexadecimal: false) else { return false }
    offset = position
    skipDigits(in: source)
    return true
  }

  private func isDigit(_ byte: UInt8, hexadecimal: Bool) -> Bool {
    if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { return true }
    let letter = byte | 0x20
    return hexadecimal && letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "f")
  }

  private mutating func punctuation(from start: Int, in source: Span<UInt8>) -> Token {
    let next = byte(start + 1, of: source)
    if source[start] == UInt8(ascii: "."), isDigit(next, hexadecimal: false) {
      offset += 1
      skipDigits(in: source)
      _ = skipExponent(in: source)
      let end = offset
      skipWord(in: source)
      return token(offset > end ? .invalidNumber : .float, from: start)
    }
    if let kind = pair(source[start], next) {
      offset += 2
      return token(kind, from: start)
    }
    offset += 1
    return token(single(source[start]), from: start)
  }

  private func pair(_ first: UInt8, _ second: UInt8) -> Token.Kind? {
    switch (first, second) {
    case (UInt8(ascii: "."), UInt8(ascii: ".")): .dotDot
    case (UInt8(ascii: "<"), UInt8(ascii: "=")): .lessOrEqual
    case (UInt8(ascii: "<"), UInt8(ascii: ">")): .notEqual
    case (UInt8(ascii: ">"), UInt8(ascii: "=")): .greaterOrEqual
    case (UInt8(ascii: "!"), UInt8(ascii: "=")): .notEqual
    case (UInt8(ascii: "="), UInt8(ascii: "=")): .doubleEqual
    case (UInt8(ascii: "="), UInt8(ascii: "~")): .equalTilde
    default: nil
    }
  }

  private func single(_ byte: UInt8) -> Token.Kind {
    switch byte {
    case UInt8(ascii: "("): .leftParenthesis
    case UInt8(ascii: ")"): .rightParenthesis
    case UInt8(ascii: "["): .leftBracket
    case UInt8(ascii: "]"): .rightBracket
    case UInt8(ascii: "{"): .leftBrace
    case UInt8(ascii: "}"): .rightBrace
    case UInt8(ascii: ","): .comma
    case UInt8(ascii: ";"): .semicolon
    case UInt8(ascii: ":"): .colon
    case UInt8(ascii: "."): .dot
    case UInt8(ascii: "|"): .bar
    case UInt8(ascii: "&"): .ampersand
    case UInt8(ascii: "!"): .exclamation
    case UInt8(ascii: "?"): .question
    case UInt8(ascii: "+"): .plus
    case UInt8(ascii: "-"): .minus
    case UInt8(ascii: "*"): .star
    case UInt8(ascii: "/"): .slash
    case UInt8(ascii: "%"): .percent
    case UInt8(ascii: "^"): .caret
    case UInt8(ascii: "="): .equal
    case UInt8(ascii: "<"): .less
    case UInt8(ascii: ">"): .greater
    case UInt8(ascii: "~"): .tilde
    default: .invalid
    }
  }
}
