extension LabelExpression: CustomStringConvertible {
  /// The labels as they are written behind a colon.
  public var description: String {
    var printer = SyntaxPrinter()
    printer.print(self, atLeast: .disjunction)
    return printer.text
  }
}

extension PathPattern: CustomStringConvertible {
  /// The path as it is written in a MATCH.
  public var description: String {
    var printer = SyntaxPrinter()
    printer.print(self)
    return printer.text
  }
}

extension SyntaxPrinter {
  /// How tightly the operators of labels bind, loosest first.
  enum LabelPrecedence: UInt8 {
    case disjunction, conjunction, factor
  }

  mutating func print(_ labels: LabelExpression, atLeast precedence: LabelPrecedence) {
    let own: LabelPrecedence =
      switch labels.kind {
      case .or: .disjunction
      case .and: .conjunction
      default: .factor
      }
    let needsParentheses = own.rawValue < precedence.rawValue
    if needsParentheses { text += "(" }
    switch labels.kind {
    case .label(let name): text += Spelling.name(name)
    case .any: text += "%"
    case .not(let operand):
      text += "!"
      print(operand, atLeast: .factor)
    case .and(let left, let right):
      print(left, atLeast: .conjunction)
      text += "&"
      print(right, atLeast: .factor)
    case .or(let left, let right):
      print(left, atLeast: .disjunction)
      text += "|"
      print(right, atLeast: .conjunction)
    }
    if needsParentheses { text += ")" }
  }

  mutating func print(_ path: PathPattern) {
    if let variable = path.variable { text += Spelling.variable(variable.name) + " = " }
    switch path.selector {
    case .all: break
    case .anyShortest: text += "ANY SHORTEST "
    case .allShortest: text += "ALL SHORTEST "
    case .shortest(let count):
      text += "SHORTEST "
      print(count)
      text += " "
    }
    for (index, node) in path.nodes.enumerated() {
      if index > 0 { print(path.edges[index - 1]) }
      print(node)
    }
  }

  mutating func print(_ node: NodePattern) {
    text += "("
    printElement(node.variable, node.labels, nil, node.properties, node.predicate)
    text += ")"
  }

  mutating func print(_ edge: EdgePattern) {
    text += edge.direction == .left ? "<-" : "-"
    let isBare =
      edge.variable == nil && edge.types == nil && edge.length == nil && edge.properties == nil
      && edge.predicate == nil
    if !isBare {
      text += "["
      printElement(edge.variable, edge.types, edge.length, edge.properties, edge.predicate)
      text += "]"
    }
    text += edge.direction == .right ? "->" : "-"
  }

  private mutating func printElement(
    _ variable: Identifier?,
    _ labels: LabelExpression?,
    _ length: EdgePattern.Length?,
    _ properties: Expression?,
    _ predicate: Expression?
  ) {
    let start = text.utf8.count
    if let variable { text += Spelling.variable(variable.name) }
    if let labels {
      text += ":"
      print(labels, atLeast: .disjunction)
    }
    if let length { print(length) }
    if let properties {
      if text.utf8.count > start { text += " " }
      print(properties)
    }
    if let predicate {
      if text.utf8.count > start { text += " " }
      text += "WHERE "
      print(predicate)
    }
  }

  private mutating func print(_ length: EdgePattern.Length) {
    text += "*"
    if length.minimum == length.maximum {
      text += String(length.minimum)
    } else if length.minimum != 1 || length.maximum != nil {
      text += "\(length.minimum).." + (length.maximum.map(String.init) ?? "")
    }
  }
}
