import SourceText

// MARK: Events and their versions

extension Parser {
  func eventDeclaration() throws(Abandoned) -> EventDeclaration {
    let start = token.span
    advance()
    let type = try dottedName("the type of the event")
    try expect(.version, "VERSION and a number")
    let version = try versionNumber()
    guard at(.leftBrace) else { throw unexpected("\"{\" and the fields of the event") }
    let fields = try fields()
    return EventDeclaration(type: type, version: version, fields: fields, span: span(from: start))
  }

  func upcastDeclaration() throws(Abandoned) -> UpcastDeclaration {
    let start = token.span
    advance()
    let type = try dottedName("the type of the event")
    let from = try versionNumber()
    try expect(.to, "TO and the next version")
    let to = try versionNumber()
    var steps: [UpcastDeclaration.Step] = []
    var examples: [UpcastDeclaration.Example] = []
    while true {
      switch kind {
      case .set:
        advance()
        repeat {
          let field = try name("the name of a field")
          try expect(.equal, "\"=\" after the field \"\(shown(field.name))\"")
          steps.append(.set(field, try expression()))
        } while accept(.comma)
      case .remove:
        advance()
        repeat { steps.append(.remove(try name("the name of a field"))) } while accept(.comma)
      case .example:
        advance()
        let before = try expression()
        guard accept(.to) else { throw unexpected("TO and what it becomes", after: .expression) }
        examples.append(.init(before: before, after: try expression()))
      default:
        guard at(.endOfText) || isDeclaration(at: index) else {
          throw unexpected("SET, REMOVE, EXAMPLE or a declaration", after: .statement)
        }
        return UpcastDeclaration(
          type: type,
          from: from,
          to: to,
          steps: steps,
          examples: examples,
          span: span(from: start)
        )
      }
    }
  }
}

// MARK: Rules

extension Parser {
  func ruleDeclaration() throws(Abandoned) -> RuleDeclaration {
    let start = token.span
    advance()
    let type = try dottedName("the type of an event")
    try expect(.as, "AS and a name for the event")
    let alias = try variable("a name for the event")
    ruleVariables = [alias.name]
    var statements: [RuleStatement] = []
    while !at(.endOfText), !isDeclaration(at: index) { try statement(&statements) }
    return RuleDeclaration(
      type: type,
      alias: alias,
      statements: statements,
      span: span(from: start)
    )
  }

  /// Whether EDGE at an index declares a type, and is no statement of a rule.
  ///
  /// `EDGE (Person)-[ATTENDED]->(Meeting)` declares, unless a node is a variable of the rule at
  /// hand: then its colon was forgotten.
  func isEdgeDeclaration(at index: Int) -> Bool {
    guard kind(at: index + 1) == .leftParenthesis, kind(at: index + 2).isWord,
      kind(at: index + 3) == .rightParenthesis
    else { return false }
    var position = index + 4
    if kind(at: position) == .less { position += 1 }
    guard kind(at: position) == .minus, kind(at: position + 1) == .leftBracket,
      kind(at: position + 2).isWord, kind(at: position + 3) == .rightBracket
    else { return false }
    return !ruleVariables.contains(wordText(at: index + 2))
  }

  /// Reads a statement; SET may make several of it.
  private func statement(_ statements: inout [RuleStatement]) throws(Abandoned) {
    try enter()
    switch kind {
    case .node:
      advance()
      statements.append(.node(try ruleNode()))
    case .edge:
      advance()
      let edge = try ruleEdge()
      let from = accept(.from) ? try expression() : nil
      let to = accept(.to) ? try expression() : nil
      if at(.from) { throw fail("FROM comes before TO", at: token.span) }
      statements.append(.edge(edge, from: from, to: to))
    case .set:
      advance()
      repeat { statements.append(try assignment()) } while accept(.comma)
    case .end:
      advance()
      let edge = try ruleEdge()
      statements.append(.end(edge, at: accept(.at) ? try expression() : nil))
    case .for:
      advance()
      let variable = try variable("a variable after \"FOR\"")
      ruleVariables.append(variable.name)
      try expect(.in, "IN")
      let list = try headExpression()
      statements.append(.forEach(variable, in: list, try block()))
    case .when:
      advance()
      let condition = try headExpression()
      statements.append(.when(condition, try block()))
    default:
      throw misplacedStatement()
    }
    leave()
  }

  private func misplacedStatement() -> Abandoned {
    switch kind {
    case .create, .merge, .insert:
      fail(
        "\(text.uppercased()) is no statement of a rule",
        at: token.span,
        hint: "NODE and EDGE make what they mention exist"
      )
    case .remove, .delete, .detach:
      fail(
        "\(text.uppercased()) is no statement of a rule",
        at: token.span,
        hint: "END closes the validity of an edge; what was recorded stays"
      )
    default:
      unexpected("a statement: NODE, EDGE, SET, END, FOR or WHEN", after: .statement)
    }
  }

  /// Reads an expression that a block follows, so that a brace begins the block.
  private func headExpression() throws(Abandoned) -> Expression {
    braceBeginsProjection = false
    let expression = try expression()
    braceBeginsProjection = true
    return expression
  }

  /// Reads one statement, or several in braces.
  private func block() throws(Abandoned) -> [RuleStatement] {
    var statements: [RuleStatement] = []
    guard at(.leftBrace) else {
      try statement(&statements)
      return statements
    }
    let opening = index
    advance()
    while !at(.rightBrace), !at(.endOfText) {
      // A declaration here means that the brace was forgotten.
      if partners[opening] < 0, isDeclaration(at: index) { break }
      try statement(&statements)
    }
    if statements.isEmpty, at(.rightBrace) { throw unexpected("a statement") }
    guard accept(.rightBrace) else {
      throw fail("\"{\" is never closed", at: tokens[opening].span)
    }
    return statements
  }

  private func assignment() throws(Abandoned) -> RuleStatement {
    let variable = try variable("a variable")
    try expect(.dot, "\".\" and the name of a property")
    let property = try name("the name of a property")
    try expect(.equal, "\"=\" and the value of the property")
    return .set(variable: variable, property: property, value: try expression())
  }

  private func ruleNode() throws(Abandoned) -> RuleNode {
    let opening = index
    guard at(.leftParenthesis) else {
      throw unexpected("a node such as (:Person { id: e.id })")
    }
    advance()
    let name = kind.isWord ? try variable("a variable") : nil
    var label: Identifier?
    if accept(.colon) {
      label = try self.name("the node's type")
      if let name { ruleVariables.append(name.name) }
      if at(.colon) || at(.bar) || at(.ampersand) {
        throw fail(
          "a node of a rule has one type",
          at: token.span,
          hint: "supertypes are implied by the declaration of the type"
        )
      }
    }
    let properties = at(.leftBrace) ? try mapEntries() : []
    try close(opening, properties.isEmpty ? "\":\", \"{\" or \")\"" : nil)
    return RuleNode(
      variable: name,
      label: label,
      properties: properties,
      span: span(from: tokens[opening].span)
    )
  }

  private func ruleEdge() throws(Abandoned) -> RuleEdge {
    let start = token.span
    let first = try ruleNode()
    let pointsLeft = accept(.less)
    try expect(.minus, "\"-[:TYPE]->\"")
    let opening = index
    try expect(.leftBracket, "\"[:TYPE]\"")
    if kind.isWord {
      throw fail(
        peek() == .colon
          ? "edges of a rule have no variable" : "the type of an edge is written with a colon",
        at: token.span,
        hint: "write [:\(peek() == .colon ? "TYPE" : shown(wordText(at: index)))]"
      )
    }
    try expect(.colon, "\":\" and the edge's type")
    let type = try name("the edge's type")
    let properties = at(.leftBrace) ? try mapEntries() : []
    try close(opening, properties.isEmpty ? "\"{\" or \"]\"" : nil)
    try expect(.minus, "\"->\" after the edge")
    let pointsRight = accept(.greater)
    try requireDirection(pointsLeft, pointsRight, from: opening)
    let second = try ruleNode()
    return RuleEdge(
      source: pointsLeft ? second : first,
      type: type,
      properties: properties,
      target: pointsLeft ? first : second,
      span: span(from: start)
    )
  }
}
