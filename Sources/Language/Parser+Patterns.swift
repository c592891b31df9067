import SourceText

// MARK: What begins a pattern

extension Parser {
  /// Whether a path of a MATCH can begin at the cursor.
  var isPatternStart: Bool {
    switch kind {
    case .leftParenthesis, .all, .any, .shortest: true
    default: kind.isWord && peek() == .equal || isShortestPathCall
    }
  }

  private var isShortestPathCall: Bool {
    peek() == .leftParenthesis && (atWord("shortestPath") || atWord("allShortestPaths"))
  }

  /// Whether the parenthesis at an index is a node with an edge behind it, and no expression.
  ///
  /// Looking is enough: what stands in the brackets begins like a node and an edge.
  func isPattern(at index: Int) -> Bool {
    guard kind(at: index) == .leftParenthesis, partners[index] > 0,
      beginsElement(at: index + 1, closing: .rightParenthesis)
    else { return false }
    var position = Int(partners[index]) + 1
    if kind(at: position) == .less { position += 1 }
    guard kind(at: position) == .minus else { return false }
    position += 1
    if kind(at: position) == .leftBracket {
      guard partners[position] > 0, beginsElement(at: position + 1, closing: .rightBracket) else {
        return false
      }
      position = Int(partners[position]) + 1
    }
    guard kind(at: position) == .minus else { return false }
    position += 1
    if kind(at: position) == .greater { position += 1 }
    switch kind(at: position) {
    case .leftBrace:
      guard partners[position] > 0 else { return false }
      position = Int(partners[position]) + 1
    case .plus, .star: position += 1
    default: break
    }
    return kind(at: position) == .leftParenthesis
      && beginsElement(at: position + 1, closing: .rightParenthesis)
  }

  private func beginsElement(at index: Int, closing: Token.Kind) -> Bool {
    switch kind(at: index) {
    case closing, .colon, .leftBrace: return true
    case .star: return closing == .rightBracket
    case let word where word.isWord:
      switch kind(at: index + 1) {
      case closing, .colon, .leftBrace, .where, .parameter: return true
      case .star: return closing == .rightBracket
      case .is: return kind(at: index + 2).isWord && !isTest(kind(at: index + 2))
      default: return word == .where || word == .is
      }
    default: return false
    }
  }

  /// Whether a word after IS makes a test of an expression, and names no label.
  private func isTest(_ kind: Token.Kind) -> Bool {
    kind == .null || kind == .not || kind == .labeled
  }
}

// MARK: Paths

extension Parser {
  func pathPatterns() throws(Abandoned) -> [PathPattern] {
    var paths: [PathPattern] = []
    repeat { paths.append(try pathPattern()) } while accept(.comma)
    return paths
  }

  /// Reads a path with its name and its selector, in either order.
  func pathPattern() throws(Abandoned) -> PathPattern {
    try enter()
    let start = token.span
    var selector = try selector()
    var variable: Identifier?
    if kind.isWord, peek() == .equal {
      variable = try self.variable("a variable for the path")
      advance()
    }
    if selector == nil { selector = try self.selector() }
    var path: PathPattern
    if isShortestPathCall {
      let shortest: PathPattern.Selector = atWord("shortestPath") ? .anyShortest : .allShortest
      advance()
      path = try parenthesizedPath(variable: variable, selector: shortest)
    } else if at(.leftParenthesis), peek() == .leftParenthesis {
      path = try parenthesizedPath(variable: variable, selector: selector ?? .all)
      try refuseQuantifiedGroup()
    } else {
      path = try patternElement(variable: variable, selector: selector ?? .all)
    }
    path.span = span(from: start)
    leave()
    return path
  }

  private func parenthesizedPath(
    variable: Identifier?,
    selector: PathPattern.Selector
  ) throws(Abandoned) -> PathPattern {
    let opening = index
    try enter()
    advance()
    let path =
      at(.leftParenthesis) && peek() == .leftParenthesis
      ? try parenthesizedPath(variable: variable, selector: selector)
      : try patternElement(variable: variable, selector: selector)
    try close(opening)
    leave()
    return path
  }

  private func refuseQuantifiedGroup() throws(Abandoned) {
    switch kind {
    case .leftBrace, .plus, .star:
      throw fail(
        "a group of edges cannot be repeated",
        at: token.span,
        hint: "one edge can: (a)-[:TYPE]->{1,3}(b)"
      )
    default: return
    }
  }

  /// Reads `ANY SHORTEST`, `ALL SHORTEST`, `SHORTEST k` or `ANY`.
  private func selector() throws(Abandoned) -> PathPattern.Selector? {
    guard peek() != .equal else { return nil }
    let selector: PathPattern.Selector
    switch kind {
    case .any:
      advance()
      _ = accept(.shortest)
      selector = .anyShortest
    case .all:
      advance()
      if accept(.shortest) {
        selector = .allShortest
      } else if atWord("path") || atWord("paths") {
        selector = .all
      } else {
        throw unexpected("SHORTEST after \"ALL\"")
      }
    case .shortest:
      advance()
      guard at(.integer) || at(.parameter) else {
        throw unexpected("how many paths, a number or a parameter, after \"SHORTEST\"")
      }
      selector = .shortest(try expression())
    default: return nil
    }
    if atWord("path") || atWord("paths"), peek() != .equal { advance() }
    return selector
  }

  /// Reads nodes with edges between them.
  func patternElement(
    variable: Identifier?,
    selector: PathPattern.Selector
  ) throws(Abandoned) -> PathPattern {
    let start = token.span
    var nodes = [try nodePattern()]
    var edges: [EdgePattern] = []
    while at(.minus) || at(.less) && (peek() == .minus) {
      edges.append(try edgePattern())
      nodes.append(try nodePattern())
    }
    return PathPattern(
      variable: variable,
      selector: selector,
      nodes: nodes,
      edges: edges,
      span: span(from: start)
    )
  }

  /// A name that stands bare in a pattern is a node, or behind a dash the type of an edge.
  private var elementHint: String {
    let isEdge = index > 0 && tokens[index - 1].kind == .minus
    return isEdge
      ? "the type of an edge stands in brackets: -[:\(shown(text))]-"
      : "nodes stand in parentheses: (\(shown(text)))"
  }

  func nodePattern() throws(Abandoned) -> NodePattern {
    let opening = index
    try enter(LanguageLimits.elementLevelCount)
    guard at(.leftParenthesis) else {
      throw unexpected(
        "a node such as (n:Label)",
        hint: kind == .identifier ? elementHint : nil
      )
    }
    let context = enterBrackets()
    advance()
    let (variable, labels) = try elementHead(closing: .rightParenthesis)
    let properties = try elementProperties()
    let predicate = accept(.where) ? try expression() : nil
    try close(opening, predicate == nil && properties == nil ? "\")\" at the end of the node" : nil)
    leaveBrackets(context)
    leave(LanguageLimits.elementLevelCount)
    return NodePattern(
      variable: variable,
      labels: labels,
      properties: properties,
      predicate: predicate,
      span: span(from: tokens[opening].span)
    )
  }

  /// Reads the variable and the labels with which nodes and edges begin.
  private func elementHead(
    closing: Token.Kind
  ) throws(Abandoned) -> (Identifier?, LabelExpression?) {
    var name: Identifier?
    if kind.isWord, !beginsWithoutName(closing: closing) {
      name = try kind == .end ? self.name("a variable") : variable("a variable")
    }
    var labels: LabelExpression?
    if at(.colon) || at(.is) {
      advance()
      labels = try labelExpression()
    }
    return (name, labels)
  }

  private func beginsWithoutName(closing: Token.Kind) -> Bool {
    switch kind {
    case .where: return true
    case .is: return peek().isWord || peek() == .exclamation || peek() == .percent
    default: return false
    }
  }

  private func elementProperties() throws(Abandoned) -> Expression? {
    switch kind {
    case .leftBrace:
      let start = token.span
      return Expression(.map(try mapEntries()), at: span(from: start))
    case .parameter: return try expression()
    default: return nil
    }
  }
}

// MARK: Edges

extension Parser {
  func edgePattern() throws(Abandoned) -> EdgePattern {
    let start = token.span
    let pointsLeft = accept(.less)
    try expect(.minus, "\"-\" of an edge")
    var edge = EdgePattern(
      variable: nil,
      types: nil,
      direction: .either,
      length: nil,
      properties: nil,
      predicate: nil,
      span: start
    )
    var isAbbreviated = false
    if at(.leftBracket) {
      try edgeBody(&edge)
    } else {
      // GQL also writes ->, <- and -, without the second dash.
      isAbbreviated = !at(.minus)
    }
    if !isAbbreviated { try expect(.minus, "\"-\" or \"->\" at the end of the edge") }
    let pointsRight = accept(.greater)
    edge.direction =
      switch (pointsLeft, pointsRight) {
      case (true, false): .left
      case (false, true): .right
      default: .either
      }
    if let length = try quantifier(of: edge) { edge.length = length }
    edge.span = span(from: start)
    return edge
  }

  private func edgeBody(_ edge: inout EdgePattern) throws(Abandoned) {
    try enter(LanguageLimits.elementLevelCount)
    let opening = index
    let context = enterBrackets()
    advance()
    (edge.variable, edge.types) = try elementHead(closing: .rightBracket)
    if accept(.star) { edge.length = try starLength() }
    edge.properties = try elementProperties()
    if accept(.where) { edge.predicate = try expression() }
    try close(opening, edge.predicate == nil ? "\"]\" at the end of the edge" : nil)
    leaveBrackets(context)
    leave(LanguageLimits.elementLevelCount)
  }

  /// Reads what follows the star: nothing, `2`, `1..3`, `..3` or `1..`.
  private func starLength() throws(Abandoned) -> EdgePattern.Length {
    if at(.minus) || at(.float) {
      throw fail("expected a number of edges, found \(found)", at: place, hint: starHint)
    }
    let minimum = at(.integer) ? try bound() : nil
    guard accept(.dotDot) else {
      return EdgePattern.Length(minimum: minimum ?? 1, maximum: minimum)
    }
    if at(.minus) || at(.float) {
      throw fail("expected a number of edges, found \(found)", at: place, hint: starHint)
    }
    return EdgePattern.Length(minimum: minimum ?? 1, maximum: at(.integer) ? try bound() : nil)
  }

  private var starHint: String { "write *2, *1..3, *2.. or *..3" }

  private func bound() throws(Abandoned) -> Int {
    let range = Int(token.span.start)..<Int(token.span.end)
    guard let value = Literals.magnitude(of: source.bytes[range]), value <= Int32.max else {
      throw fail("no path has that many edges", at: token.span)
    }
    advance()
    return Int(value)
  }

  /// Reads `{1,3}`, `{2}`, `+` or `*` behind an edge.
  private func quantifier(of edge: EdgePattern) throws(Abandoned) -> EdgePattern.Length? {
    let opening = index
    let length: EdgePattern.Length
    switch kind {
    case .plus:
      advance()
      length = EdgePattern.Length(minimum: 1, maximum: nil)
    case .star:
      advance()
      length = EdgePattern.Length(minimum: 0, maximum: nil)
    case .leftBrace:
      advance()
      let minimum = at(.integer) ? try bound() : nil
      if accept(.comma) {
        let maximum = at(.integer) ? try bound() : nil
        length = EdgePattern.Length(minimum: minimum ?? 0, maximum: maximum)
      } else {
        guard let minimum else { throw unexpected("how many edges, such as {1,3}") }
        length = EdgePattern.Length(minimum: minimum, maximum: minimum)
      }
      try close(opening)
    default: return nil
    }
    let place = span(from: tokens[opening].span)
    if edge.length != nil {
      throw fail("this edge says twice how often it repeats", at: place)
    }
    if let maximum = length.maximum, maximum < length.minimum {
      throw fail("the least number of edges is greater than the most", at: place)
    }
    return length
  }
}

// MARK: Labels

extension Parser {
  /// Reads what follows the colon or the `IS` of a label.
  func labelExpression() throws(Abandoned) -> LabelExpression {
    var count = 0
    return try labelDisjunction(&count)
  }

  private func labelDisjunction(_ count: inout Int) throws(Abandoned) -> LabelExpression {
    var left = try labelConjunction(&count)
    while at(.bar), !barEndsExpression, peek() != .bar {
      advance()
      _ = accept(.colon)
      let right = try labelConjunction(&count)
      left = LabelExpression(.or(left, right), at: left.span.joined(with: right.span))
    }
    return left
  }

  private func labelConjunction(_ count: inout Int) throws(Abandoned) -> LabelExpression {
    var left = try labelFactor(&count)
    while at(.colon) || at(.ampersand) && peek() != .ampersand {
      advance()
      let right = try labelFactor(&count)
      left = LabelExpression(.and(left, right), at: left.span.joined(with: right.span))
    }
    return left
  }

  private func labelFactor(_ count: inout Int) throws(Abandoned) -> LabelExpression {
    count += 1
    guard count <= LanguageLimits.labelCountMax else {
      throw fail("more than \(LanguageLimits.labelCountMax) labels in one place", at: token.span)
    }
    let start = token.span
    switch kind {
    case .exclamation:
      try enter()
      advance()
      let operand = try labelFactor(&count)
      leave()
      return LabelExpression(.not(operand), at: span(from: start))
    case .percent:
      advance()
      return LabelExpression(.any, at: start)
    case .leftParenthesis:
      let opening = index
      try enter()
      let context = enterBrackets()
      advance()
      let inner = try labelDisjunction(&count)
      try close(opening)
      leaveBrackets(context)
      leave()
      return LabelExpression(inner.kind, at: span(from: start))
    default:
      let label = try name("a label")
      return LabelExpression(.label(label.name), at: label.span)
    }
  }
}
