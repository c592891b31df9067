import SourceText

extension SourceText {
  /// The text under a span in double quotes, short and without control characters.
  func quoted(_ span: SourceSpan) -> String {
    "\"" + shown(self[span]) + "\""
  }
}

/// A text as a message may repeat it: on one line, and no longer than a line has room for.
func shown(_ text: String) -> String {
  var result = ""
  for (count, character) in text.enumerated() {
    if count == 40 { return result + "…" }
    let isControl = character.unicodeScalars.contains {
      $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) || (0x202A...0x202E).contains($0.value)
        || (0x2066...0x2069).contains($0.value)
    }
    result += isControl ? (character.isWhitespace ? " " : "\u{FFFD}") : String(character)
  }
  return result
}

extension Parser {
  /// Where in the grammar an unexpected token stands, for the hint.
  enum Position {
    case elsewhere
    /// An operator or the end of the expression was possible.
    case expression
    /// A new clause was possible.
    case clause
    case declaration
    case statement
  }

  /// Records a mistake; throw the result.
  func fail(_ message: String, at span: SourceSpan, hint: String? = nil) -> Abandoned {
    diagnostics.append(Diagnostic(message, at: span, hint: hint))
    return Abandoned()
  }

  func tooDeep(at span: SourceSpan) -> Abandoned {
    fail(
      "this is nested too deep",
      at: span,
      hint: "split the expression with WITH or LET, or make a list of its parts"
    )
  }

  /// What stands at the cursor, for a message.
  var found: String {
    switch kind {
    case .endOfText: "the end of the text"
    case .string: "the string \(shown(text))"
    default: source.quoted(token.span)
    }
  }

  /// The place of the cursor; at the end, that behind the last token.
  var place: SourceSpan {
    at(.endOfText) ? SourceSpan(previousEnd, previousEnd) : token.span
  }

  var isLexicalMistake: Bool {
    switch kind {
    case .invalid, .invalidNumber, .unterminatedString, .unterminatedName, .unterminatedComment:
      true
    default: false
    }
  }

  /// Records that something else was expected at the cursor; throw the result.
  func unexpected(
    _ expected: String,
    after position: Position = .elsewhere,
    hint: String? = nil
  ) -> Abandoned {
    if isLexicalMistake { return lexicalMistake() }
    if let mistake = commonMistake(after: position) { return mistake }
    return fail(
      "expected \(expected), found \(found)",
      at: place,
      hint: suggestion(after: position) ?? hint
    )
  }

  /// Explains a token that the lexer could not read.
  private func lexicalMistake() -> Abandoned {
    let span = token.span
    let opening = SourceSpan(Int(span.start), Int(span.start) + 1)
    switch kind {
    case .unterminatedString:
      return fail(
        "this string is never closed",
        at: opening,
        hint: "close it with the quote that opened it; a quote inside is written \\' or \\\""
      )
    case .unterminatedName:
      return fail("this name in backquotes is never closed", at: opening)
    case .unterminatedComment:
      return fail(
        "this comment is never closed",
        at: SourceSpan(Int(span.start), Int(span.start) + 2),
        hint: "close it with */"
      )
    case .invalidNumber:
      return fail(
        "\(source.quoted(span)) is not a number",
        at: span,
        hint: "numbers are written 42, 0x2A, 0o52, 4.2 or 42e-1"
      )
    default:
      return invalidCharacter(span)
    }
  }

  private func invalidCharacter(_ span: SourceSpan) -> Abandoned {
    let text = source[span]
    switch text {
    case "$": return fail("expected the name of a parameter after \"$\"", at: span)
    case "\u{FFFD}": return fail("this byte is not UTF-8", at: span)
    case "\u{201C}", "\u{201D}", "\u{2018}", "\u{2019}", "\u{AB}", "\u{BB}":
      return fail(
        "\(source.quoted(span)) is not a quote of the language",
        at: span,
        hint: "write strings as 'text' or \"text\""
      )
    case "#":
      return fail("unexpected \"#\"", at: span, hint: "comments are written // or /* */")
    default: return fail("unexpected character \(source.quoted(span))", at: span)
    }
  }

  /// Recognizes what people write who come from another language.
  private func commonMistake(after position: Position) -> Abandoned? {
    let both = token.span.joined(with: tokens[min(index + 1, tokens.count - 1)].span)
    switch (kind, peek()) {
    case (.doubleEqual, _):
      return fail("\"==\" is not an operator", at: token.span, hint: "equality is written \"=\"")
    case (.ampersand, .ampersand):
      return fail("\"&&\" is not an operator", at: both, hint: "write AND")
    case (.bar, .bar):
      return fail(
        "\"||\" is not an operator",
        at: both,
        hint: "write OR, or + to join strings and lists"
      )
    case (.exclamation, _) where position != .elsewhere:
      return fail("\"!\" is not an operator", at: token.span, hint: "write NOT")
    case (.rightParenthesis, _), (.rightBracket, _), (.rightBrace, _):
      guard partners[index] < 0 else { return nil }
      return fail("\(source.quoted(token.span)) closes nothing", at: token.span)
    default: return nil
    }
  }

  /// A keyword that a misspelled word may stand for, or what to write instead of one of another
  /// language.
  private func suggestion(after position: Position) -> String? {
    if kind == .string, position == .expression, index > 0, tokens[index - 1].kind.isWord {
      let name = source[tokens[index - 1].span]
      return "a function's arguments stand in parentheses: \(shown(name))(\(shown(text)))"
    }
    guard kind == .identifier else { return nil }
    if position == .expression || position == .clause, let known = foreignWords[text.uppercased()] {
      return known
    }
    let candidates: [String]
    switch position {
    case .elsewhere: return nil
    case .expression: candidates = operatorWords + clauseWords
    case .clause: candidates = clauseWords
    case .declaration: candidates = declarationWords
    case .statement: candidates = statementWords
    }
    return nearest(to: text, among: candidates).map { "did you mean \"\($0)\"?" }
  }
}

/// What to write instead of words that other query languages have.
private let foreignWords = [
  "SELECT": "write MATCH (n:Label) RETURN n.property",
  "FROM": "what is looked for stands in MATCH: MATCH (n:Label) RETURN n",
  "JOIN": "things that belong together are joined by a pattern: (a)-[:TYPE]->(b)",
  "GROUP": "leave it out: rows are grouped by the columns that are no aggregates",
  "HAVING": "aggregate in a WITH, and filter behind it: WITH x, count(*) AS n WHERE n > 1",
  "LIKE": "write STARTS WITH, ENDS WITH, CONTAINS or =~; for names, ~ is forgiving",
  "ILIKE": "write ~ for names, or toLower(x) CONTAINS 'text'",
  "BETWEEN": "write low <= x <= high",
  "REGEXP": "write =~",
  "MOD": "write %",
  "VALUES": "write UNWIND [1, 2] AS x",
  "DROP": "a store is changed by events and by its schema: rapport ingest, rapport schema apply",
  "USE": "a query asks the store that it is given: rapport query STORE",
]

private let operatorWords = [
  "AND", "OR", "XOR", "IN", "IS", "CONTAINS", "STARTS WITH", "ENDS WITH", "AS",
  "STARTS", "ENDS", "ASC", "DESC", "ASCENDING", "DESCENDING", "THEN", "WHEN", "ELSE", "END",
]

private let clauseWords = [
  "MATCH", "OPTIONAL", "WHERE", "RETURN", "WITH", "UNWIND", "UNION", "ORDER", "ORDER BY", "SKIP",
  "OFFSET", "LIMIT", "CALL", "FILTER", "LET", "FOR", "AS OF", "KNOWN AT", "KNOWN", "EXPLAIN",
  "PROFILE", "WHY",
]

private let declarationWords = ["NODE", "EDGE", "EVENT", "DERIVE", "UPCAST", "ON", "SCHEMA"]

private let statementWords = ["NODE", "EDGE", "FOR", "WHEN", "SET", "END"] + declarationWords
