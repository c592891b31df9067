import SourceText

extension Parser {
  /// Whether `variable IN` stands at an index.
  func isComprehension(at index: Int) -> Bool {
    kind(at: index).isWord && kind(at: index + 1) == .in
  }

  /// Reads a list, or a comprehension over a list or a pattern.
  func bracketed() throws(Abandoned) -> Expression {
    if isComprehension(at: index + 1), !peek().isReserved { return try listComprehension() }
    if isPatternComprehension { return try patternComprehension() }
    let opening = index
    let context = enterBrackets()
    advance()
    var elements: [Expression] = []
    if !at(.rightBracket) {
      repeat { elements.append(try expression()) } while accept(.comma)
    }
    try close(opening, "\",\" or \"]\"")
    leaveBrackets(context)
    height += 1
    return Expression(.list(elements), at: span(from: tokens[opening].span))
  }

  /// Whether the bracket at the cursor begins with a pattern, and has a bar or a WHERE of its own.
  private var isPatternComprehension: Bool {
    var position = index + 1
    if kind(at: position).isWord, kind(at: position + 1) == .equal { position += 2 }
    guard kind(at: position) == .leftParenthesis, isPattern(at: position) else { return false }
    while position < tokens.count {
      switch tokens[position].kind {
      case .bar, .where: return true
      case .rightBracket, .endOfText: return false
      case .leftParenthesis, .leftBracket, .leftBrace:
        guard partners[position] > 0 else { return false }
        position = Int(partners[position])
      default: break
      }
      position += 1
    }
    return false
  }

  private func listComprehension() throws(Abandoned) -> Expression {
    let opening = index
    let context = enterBrackets(barEndsExpression: true)
    advance()
    let variable = try variable("a variable")
    try expect(.in, "IN")
    let list = try expression()
    let filter = accept(.where) ? try expression() : nil
    barEndsExpression = false
    let projection = accept(.bar) ? try expression() : nil
    try close(opening, projection == nil ? "WHERE, \"|\" or \"]\"" : "\"]\"")
    leaveBrackets(context)
    height += 1
    return Expression(
      .listComprehension(
        ListComprehension(variable: variable, list: list, filter: filter, projection: projection)
      ),
      at: span(from: tokens[opening].span)
    )
  }

  private func patternComprehension() throws(Abandoned) -> Expression {
    let opening = index
    let context = enterBrackets(barEndsExpression: true)
    advance()
    var path: Identifier?
    if !at(.leftParenthesis) {
      path = try variable("a variable for the path")
      advance()
    }
    let pattern = try patternElement(variable: path, selector: .all)
    let filter = accept(.where) ? try expression() : nil
    barEndsExpression = false
    try expect(.bar, filter == nil ? "WHERE or \"|\"" : "\"|\"")
    let projection = try expression()
    try close(opening)
    leaveBrackets(context)
    height += 1
    return Expression(
      .patternComprehension(
        PatternComprehension(pattern: pattern, filter: filter, projection: projection)
      ),
      at: span(from: tokens[opening].span)
    )
  }

  /// Reads `all(x IN list WHERE condition)` and its kin.
  func quantifier() throws(Abandoned) -> Expression {
    let start = token.span
    let word = text
    let quantifier: QuantifierExpression.Kind =
      switch kind {
      case .all: .all
      case .any: .any
      case .none: .none
      default: .single
      }
    advance()
    let opening = index
    let context = enterBrackets()
    advance()
    let variable = try variable("a variable")
    advance()
    let list = try expression()
    guard accept(.where) else {
      throw at(.rightParenthesis)
        ? fail(
          "\(word)() needs a condition",
          at: place,
          hint: "write \(word)(\(shown(variable.name)) IN list WHERE condition)"
        ) : unexpected("WHERE", after: .expression)
    }
    let predicate = try expression()
    try close(opening)
    leaveBrackets(context)
    height += 1
    return Expression(
      .quantifier(
        QuantifierExpression(
          kind: quantifier,
          variable: variable,
          list: list,
          predicate: predicate
        )
      ),
      at: span(from: start)
    )
  }

  /// Reads `reduce(sum = 0, x IN list | sum + x)`.
  func reduction() throws(Abandoned) -> Expression {
    let start = token.span
    advance()
    let opening = index
    let context = enterBrackets(barEndsExpression: true)
    advance()
    let accumulator = try variable("a variable for the result")
    try expect(.equal, "\"=\" and the first value of the result")
    let initial = try expression()
    try expect(.comma, "\",\"")
    let variable = try variable("a variable for the elements")
    try expect(.in, "IN")
    let list = try expression()
    barEndsExpression = false
    try expect(.bar, "\"|\" and the next value of the result")
    let body = try expression()
    try close(opening)
    leaveBrackets(context)
    height += 1
    return Expression(
      .reduce(
        ReduceExpression(
          accumulator: accumulator,
          initial: initial,
          variable: variable,
          list: list,
          body: body
        )
      ),
      at: span(from: start)
    )
  }
}
