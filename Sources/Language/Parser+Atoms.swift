import SourceText

extension Parser {
  /// Reads an operand: an atom and what is attached to it.
  func postfixExpression() throws(Abandoned) -> Expression {
    var expression = try atom()
    while true {
      switch kind {
      case .dot:
        advance()
        let property = try name("the name of a property after \".\"")
        height += 1
        expression = Expression(
          .property(expression, property),
          at: span(from: expression.span)
        )
      case .leftBracket:
        expression = try subscripted(expression)
      case .leftBrace:
        guard braceBeginsProjection, case .variable = expression.kind else { return expression }
        expression = try mapProjection(of: expression)
      case .colon:
        // Labels end the operand, so that n:A.b is no property of a label.
        expression = Expression(
          .hasLabels(expression, try labels()),
          at: span(from: expression.span)
        )
        height += 1
        guard checkHeight(height) else { throw tooDeep(at: expression.span) }
        return expression
      default: return expression
      }
      guard checkHeight(height) else { throw tooDeep(at: expression.span) }
    }
  }

  private func labels() throws(Abandoned) -> LabelExpression {
    advance()
    return try labelExpression()
  }

  /// Reads an index or a slice.
  private func subscripted(_ base: Expression) throws(Abandoned) -> Expression {
    let opening = index
    let context = enterBrackets()
    advance()
    var first: Expression?
    if !at(.dotDot) { first = try expression() }
    let kind: Expression.Kind
    if accept(.dotDot) {
      let last = at(.rightBracket) ? nil : try expression()
      kind = .slice(base, from: first, to: last)
    } else {
      guard let first else { throw unexpected("an index") }
      kind = .element(base, index: first)
    }
    try close(opening)
    leaveBrackets(context)
    height += 1
    return Expression(kind, at: span(from: base.span))
  }

  /// What brackets suspend, to be restored behind them.
  struct Context {
    var barEndsExpression: Bool
    var braceBeginsProjection: Bool
    var endClosesCase: Bool
  }

  func enterBrackets(barEndsExpression bar: Bool = false) -> Context {
    let context = Context(
      barEndsExpression: barEndsExpression,
      braceBeginsProjection: braceBeginsProjection,
      endClosesCase: endClosesCase
    )
    barEndsExpression = bar
    braceBeginsProjection = true
    endClosesCase = false
    return context
  }

  func leaveBrackets(_ context: Context) {
    barEndsExpression = context.barEndsExpression
    braceBeginsProjection = context.braceBeginsProjection
    endClosesCase = context.endClosesCase
  }

  private func atom() throws(Abandoned) -> Expression {
    switch kind {
    case .integer: try integer()
    case .float: try float()
    case .string: try string()
    case .parameter: parameter()
    case .null: literal(.null)
    case .true: literal(.boolean(true))
    case .false: literal(.boolean(false))
    case .leftParenthesis: try parenthesized()
    case .leftBracket: try bracketed()
    case .leftBrace: try map()
    case .case where !isCall: try conditional()
    case .exists where peek() == .leftBrace, .count where peek() == .leftBrace,
      .collect where peek() == .leftBrace:
      try subquery()
    default: try named()
    }
  }

  private func literal(_ kind: Expression.Kind) -> Expression {
    let expression = Expression(kind, at: token.span)
    advance()
    return expression
  }

  private func parameter() -> Expression {
    let span = token.span
    let bytes = source.bytes[(Int(span.start) + 1)..<Int(span.end)]
    let isQuoted = bytes.first == UInt8(ascii: "`")
    let name = isQuoted ? Literals.unquoted(bytes) : String(decoding: bytes, as: UTF8.self)
    return literal(.parameter(name))
  }

  private func string() throws(Abandoned) -> Expression {
    let range = Int(token.span.start)..<Int(token.span.end)
    do {
      return literal(.string(try Literals.string(source.bytes[range])))
    } catch {
      throw fail(
        error.message,
        at: SourceSpan(error.start, error.end),
        hint: "the escapes are \\\\ \\' \\\" \\n \\t \\r \\b \\f \\uXXXX \\UXXXXXXXX"
      )
    }
  }

  private func float() throws(Abandoned) -> Expression {
    guard let value = Double(text), value.isFinite else {
      throw fail(
        "\(source.quoted(token.span)) is beyond what a floating-point number can hold",
        at: token.span,
        hint: "the greatest is 1.7976931348623157e308"
      )
    }
    return literal(.float(value))
  }

  private func integer() throws(Abandoned) -> Expression {
    let span = token.span
    let magnitude = Literals.magnitude(of: source.bytes[Int(span.start)..<Int(span.end)])
    if let magnitude, let value = Int64(exactly: magnitude) { return literal(.integer(value)) }
    // The least integer has no positive counterpart: its sign is part of it.
    if magnitude == Int64.min.magnitude, index > 0, tokens[index - 1].kind == .minus,
      let last = operators.last, last.span == tokens[index - 1].span,
      case .prefix(.minus) = last.kind
    {
      operators.removeLast()
      advance()
      return Expression(.integer(.min), at: last.span.joined(with: span))
    }
    throw fail(
      "\(source.quoted(span)) is beyond what an integer can hold",
      at: span,
      hint: "integers reach from \(Int64.min) to \(Int64.max)"
    )
  }

  /// Reads a pattern, or an expression in parentheses.
  private func parenthesized() throws(Abandoned) -> Expression {
    if isPattern(at: index) {
      let pattern = try patternElement(variable: nil, selector: .all)
      height += 1
      return Expression(.patternPredicate(pattern), at: pattern.span)
    }
    let opening = index
    let context = enterBrackets()
    advance()
    let inner = try expression()
    if at(.comma), partners[opening] >= 0 {
      throw unexpected("\")\"", hint: "a list stands in brackets: [1, 2]")
    }
    try close(opening)
    leaveBrackets(context)
    return Expression(inner.kind, at: span(from: tokens[opening].span))
  }

  /// Reads a map: `{a: 1, b: 2}`.
  private func map() throws(Abandoned) -> Expression {
    let start = token.span
    let entries = try mapEntries()
    height += 1
    return Expression(.map(entries), at: span(from: start))
  }

  func mapEntries() throws(Abandoned) -> [MapEntry] {
    let opening = index
    let context = enterBrackets()
    try expect(.leftBrace, "\"{\"")
    var entries: [MapEntry] = []
    if !at(.rightBrace) {
      repeat { entries.append(try mapEntry()) } while accept(.comma)
    }
    try close(opening, "\",\" or \"}\"")
    leaveBrackets(context)
    return entries
  }

  private func mapEntry() throws(Abandoned) -> MapEntry {
    let key = try name("the name of a map's key")
    if at(.equal) {
      throw fail(
        "a map's key and value are separated by \":\"",
        at: token.span,
        hint: "write {\(shown(key.name)): value}"
      )
    }
    if !at(.colon) {
      let isParameter = at(.rightBrace)
      throw unexpected(
        "\":\" after the key \"\(shown(key.name))\"",
        hint: isParameter
          ? "a parameter is written $\(shown(key.name))" : "write {\(shown(key.name)): value}"
      )
    }
    advance()
    return MapEntry(key: key, value: try expression())
  }

  /// Reads the braces after a variable: `n {.name, .*, key: value, other}`.
  private func mapProjection(of base: Expression) throws(Abandoned) -> Expression {
    let opening = index
    let context = enterBrackets()
    advance()
    var items: [MapProjectionItem] = []
    if !at(.rightBrace) {
      repeat { items.append(try mapProjectionItem()) } while accept(.comma)
    }
    try close(opening, "\",\" or \"}\"")
    leaveBrackets(context)
    height += 1
    return Expression(.mapProjection(base, items), at: span(from: base.span))
  }

  private func mapProjectionItem() throws(Abandoned) -> MapProjectionItem {
    if accept(.dot) {
      if accept(.star) { return .allProperties }
      return .property(try name("the name of a property, or \"*\", after \".\""))
    }
    if kind.isWord, peek() == .colon { return .entry(try mapEntry()) }
    return .variable(try variable("\".property\", \".*\", \"key: value\" or a variable"))
  }
}

// MARK: Names and calls

extension Parser {
  /// Whether a parenthesis follows the word at the cursor.
  private var isCall: Bool { peek() == .leftParenthesis }

  /// Whether a parenthesis follows the name with dots at the cursor.
  private var isDottedCall: Bool {
    var position = index + 1
    while kind(at: position) == .dot, kind(at: position + 1).isWord { position += 2 }
    return kind(at: position) == .leftParenthesis
  }

  /// Reads a variable, or a call.
  private func named() throws(Abandoned) -> Expression {
    guard kind.isWord else { throw unexpected("an expression", after: .expression) }
    if isCall, !isQuantifiable || isComprehension(at: index + 2) {
      switch kind {
      case .all, .any, .none, .single: return try quantifier()
      case .reduce: return try reduction()
      default: break
      }
    }
    if isCall || !kind.isReserved && isDottedCall { return try call() }
    if kind.isReserved || (kind == .end && endClosesCase) {
      let looksLikeVariable = peek() == .dot || peek() == .endOfText || peek() == .comma
      throw unexpected(
        "an expression",
        after: .expression,
        hint: looksLikeVariable ? "a variable of that name stands in backquotes: `\(text)`" : nil
      )
    }
    let identifier = try name("an expression")
    return Expression(.variable(identifier.name), at: identifier.span)
  }

  private var isQuantifiable: Bool {
    switch kind {
    case .all, .any, .none, .single: true
    default: false
    }
  }

  private func call() throws(Abandoned) -> Expression {
    guard mayNameFunction(kind) else { throw unexpected("an expression", after: .expression) }
    let function = try dottedName("the name of a function")
    let opening = index
    let context = enterBrackets()
    advance()
    if at(.star), peek() == .rightParenthesis, function.name.lowercased() == "count" {
      advance()
      advance()
      leaveBrackets(context)
      return Expression(.countRows, at: span(from: function.span))
    }
    if at(.star), peek() == .rightParenthesis {
      throw fail(
        "only count takes \"*\"",
        at: token.span,
        hint: "name what \(source.quoted(function.span)) is computed of"
      )
    }
    let isDistinct = accept(.distinct)
    var arguments: [Expression] = []
    if isDistinct || !at(.rightParenthesis) {
      repeat {
        let argument = try expression()
        if !takesPattern(function) {
          try refusePattern(argument, hint: "how often it matches is COUNT { … }")
        }
        arguments.append(argument)
      } while accept(.comma)
    }
    try close(opening, "\",\" or \")\"")
    leaveBrackets(context)
    height += 1
    return Expression(
      .call(function, distinct: isDistinct, arguments: arguments),
      at: span(from: function.span)
    )
  }

  private func takesPattern(_ function: Identifier) -> Bool {
    switch function.name.lowercased() {
    case "exists", "shortestpath", "allshortestpaths": true
    default: false
    }
  }

  /// Whether a keyword before a parenthesis is a function's name; operators and clauses are none.
  private func mayNameFunction(_ kind: Token.Kind) -> Bool {
    switch kind {
    case .all, .exists: true
    default: !kind.isReserved
    }
  }

  /// Reads `CASE … END`.
  private func conditional() throws(Abandoned) -> Expression {
    let start = token.span
    advance()
    let context = enterBrackets()
    endClosesCase = true
    let operand = at(.when) ? nil : try expression()
    var branches: [ConditionalExpression.Branch] = []
    while accept(.when) {
      let condition = try expression()
      guard accept(.then) else { throw unexpected("THEN", after: .expression) }
      branches.append(.init(condition: condition, result: try expression()))
    }
    guard !branches.isEmpty else { throw unexpected("WHEN", after: .expression) }
    let otherwise = accept(.else) ? try expression() : nil
    guard accept(.end) else {
      throw unexpected(
        otherwise == nil ? "WHEN, ELSE or END of the CASE" : "END of the CASE",
        after: .expression
      )
    }
    leaveBrackets(context)
    height += 1
    return Expression(
      .conditional(
        ConditionalExpression(operand: operand, branches: branches, otherwise: otherwise)
      ),
      at: span(from: start)
    )
  }

  /// Reads `EXISTS { … }`, `COUNT { … }` or `COLLECT { … }`.
  private func subquery() throws(Abandoned) -> Expression {
    let start = token.span
    let word = kind
    advance()
    let opening = index
    let context = enterBrackets()
    advance()
    let body: QueryBody
    if word != .collect, isPatternStart {
      body = try bareMatch()
    } else {
      body = try queryBody(word == .collect ? .collecting : .testing)
    }
    try close(opening)
    leaveBrackets(context)
    height += 1
    let subquery = Subquery(body: body)
    let result: Expression.Kind =
      switch word {
      case .exists: .exists(subquery)
      case .count: .count(subquery)
      default: .collect(subquery)
      }
    return Expression(result, at: span(from: start))
  }
}
