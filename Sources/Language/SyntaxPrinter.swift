// Trees as text: for plans, messages and the formatter. Parsing the text gives an equal
// tree again, places aside.

extension Expression: CustomStringConvertible {
  /// The expression in the language, on one line.
  public var description: String {
    var printer = SyntaxPrinter()
    printer.print(self)
    return printer.text
  }
}

/// Writes trees as text of the language.
struct SyntaxPrinter {
  var text = ""
  /// Whether maps are written `{ a: 1 }`, as in schema files, and not `{a: 1}`.
  var spacesBraces = false

  mutating func print(_ expression: Expression) { print(expression, atLeast: .or) }

  /// Writes an expression, in parentheses where it binds less tightly than its place demands.
  mutating func print(_ expression: Expression, atLeast precedence: Precedence) {
    guard expression.precedence < precedence else { return printBare(expression.kind) }
    text += "("
    printBare(expression.kind)
    text += ")"
  }

  /// Writes what an attachment (`.name`, `[index]`, `:Label`) may follow without parentheses.
  mutating func printBase(_ expression: Expression) {
    if expression.isBase { return printBare(expression.kind) }
    text += "("
    printBare(expression.kind)
    text += ")"
  }

  mutating func list<Element>(_ elements: [Element], _ body: (inout Self, Element) -> Void) {
    for (index, element) in elements.enumerated() {
      if index > 0 { text += ", " }
      body(&self, element)
    }
  }

  private mutating func printBare(_ kind: Expression.Kind) {
    switch kind {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .float(let value): text += "\(value)"
    case .string(let value): text += Spelling.string(value)
    case .parameter(let name): text += Spelling.parameter(name)
    case .variable(let name): text += Spelling.variable(name)
    case .unary(let prefix, let operand): printUnary(prefix, operand)
    case .binary(let binary, let left, let right): printBinary(binary, left, right)
    case .comparisonChain(let first, let links): printChain(first, links)
    case .isNull(let operand, let isNegated):
      print(operand, atLeast: .predicate)
      text += isNegated ? " IS NOT NULL" : " IS NULL"
    case .property, .element, .slice, .hasLabels: printAttachment(kind)
    case .list(let elements): printList(elements)
    case .map(let entries): print(entries)
    case .mapProjection(let base, let items): printProjection(base, items)
    case .countRows: text += "count(*)"
    case .call(let function, let isDistinct, let arguments):
      printCall(function.name, isDistinct, arguments)
    case .conditional(let conditional): print(conditional)
    case .listComprehension, .quantifier, .reduce, .patternComprehension: printBinding(kind)
    case .patternPredicate(let pattern): print(pattern)
    case .exists(let subquery): print(subquery, "EXISTS")
    case .count(let subquery): print(subquery, "COUNT")
    case .collect(let subquery): print(subquery, "COLLECT")
    }
  }
}

// MARK: Operators and attachments

extension SyntaxPrinter {
  private mutating func printUnary(_ prefix: UnaryOperator, _ operand: Expression) {
    switch prefix {
    case .not:
      text += "NOT "
      print(operand, atLeast: .not)
    case .minus, .plus:
      text += prefix == .minus ? "-" : "+"
      print(operand, atLeast: .sign)
    }
  }

  private mutating func printBinary(
    _ binary: BinaryOperator,
    _ left: Expression,
    _ right: Expression
  ) {
    let precedence = binary.precedence
    print(left, atLeast: precedence == .comparison ? .predicate : precedence)
    text += " \(binary.spelling) "
    print(right, atLeast: precedence.next)
  }

  private mutating func printChain(_ first: Expression, _ links: [ComparisonLink]) {
    print(first, atLeast: .predicate)
    for link in links {
      text += " \(link.comparison.spelling) "
      print(link.operand, atLeast: .predicate)
    }
  }

  private mutating func printAttachment(_ kind: Expression.Kind) {
    switch kind {
    case .property(let base, let name):
      printBase(base)
      text += "." + Spelling.name(name.name)
    case .element(let base, let index):
      printBase(base)
      text += "["
      print(index)
      text += "]"
    case .slice(let base, let from, let to):
      printBase(base)
      text += "["
      if let from { print(from) }
      text += ".."
      if let to { print(to) }
      text += "]"
    case .hasLabels(let base, let labels):
      printBase(base)
      text += ":"
      // A bar outside parentheses could end a comprehension.
      print(labels, atLeast: .conjunction)
    default: break
    }
  }

  private mutating func printList(_ elements: [Expression]) {
    text += "["
    printElements(elements)
    text += "]"
  }

  /// Writes elements so that the first does not look like `variable IN list` of a comprehension.
  private mutating func printElements(_ elements: [Expression]) {
    for (index, element) in elements.enumerated() {
      if index > 0 { text += ", " }
      let isAmbiguous = index == 0 && element.beginsWithMembership
      if isAmbiguous { text += "(" }
      print(element)
      if isAmbiguous { text += ")" }
    }
  }

  private mutating func printCall(_ name: String, _ isDistinct: Bool, _ arguments: [Expression]) {
    text += Spelling.function(name) + (isDistinct ? "(DISTINCT " : "(")
    printElements(arguments)
    text += ")"
  }

  mutating func print(_ entries: [MapEntry]) {
    guard !entries.isEmpty else {
      text += "{}"
      return
    }
    text += spacesBraces ? "{ " : "{"
    list(entries) { $0.print($1) }
    text += spacesBraces ? " }" : "}"
  }

  mutating func print(_ entry: MapEntry) {
    text += Spelling.name(entry.key.name) + ": "
    print(entry.value)
  }

  private mutating func printProjection(_ base: Expression, _ items: [MapProjectionItem]) {
    if case .variable(let name) = base.kind {
      text += Spelling.projectedVariable(name)
    } else {
      printBase(base)
    }
    text += spacesBraces ? " { " : " {"
    list(items) { printer, item in
      switch item {
      case .property(let name): printer.text += "." + Spelling.name(name.name)
      case .allProperties: printer.text += ".*"
      case .entry(let entry): printer.print(entry)
      case .variable(let name): printer.text += Spelling.variable(name.name)
      }
    }
    text += spacesBraces ? " }" : "}"
  }

  private mutating func print(_ conditional: ConditionalExpression) {
    text += "CASE"
    if let operand = conditional.operand {
      text += " "
      print(operand)
    }
    for branch in conditional.branches {
      text += " WHEN "
      print(branch.condition)
      text += " THEN "
      print(branch.result)
    }
    if let otherwise = conditional.otherwise {
      text += " ELSE "
      print(otherwise)
    }
    text += " END"
  }
}

// MARK: What binds variables

extension SyntaxPrinter {
  private mutating func printBinding(_ kind: Expression.Kind) {
    switch kind {
    case .listComprehension(let comprehension):
      text += "[\(Spelling.variable(comprehension.variable.name)) IN "
      print(comprehension.list)
      printFilter(comprehension.filter)
      if let projection = comprehension.projection {
        text += " | "
        print(projection)
      }
      text += "]"
    case .quantifier(let quantifier):
      text += "\(quantifier.kind)(\(Spelling.variable(quantifier.variable.name)) IN "
      print(quantifier.list)
      printFilter(quantifier.predicate)
      text += ")"
    case .reduce(let reduction):
      text += "reduce(\(Spelling.variable(reduction.accumulator.name)) = "
      print(reduction.initial)
      text += ", \(Spelling.variable(reduction.variable.name)) IN "
      print(reduction.list)
      text += " | "
      print(reduction.body)
      text += ")"
    case .patternComprehension(let comprehension):
      text += "["
      print(comprehension.pattern)
      printFilter(comprehension.filter)
      text += " | "
      print(comprehension.projection)
      text += "]"
    default: break
    }
  }

  mutating func printFilter(_ filter: Expression?) {
    guard let filter else { return }
    text += " WHERE "
    print(filter)
  }
}

// MARK: Precedence

extension Precedence {
  /// The next tighter one; what binds tightest stays.
  var next: Precedence { Precedence(rawValue: rawValue + 1) ?? self }
}

extension Expression {
  fileprivate var precedence: Precedence {
    switch kind {
    case .unary(.not, _), .patternPredicate: .not
    case .comparisonChain: .comparison
    case .isNull: .predicate
    case .binary(let binary, _, _): binary.precedence
    default: .sign
    }
  }

  /// Whether something may be attached to it without parentheses.
  fileprivate var isBase: Bool {
    switch kind {
    case .variable, .parameter, .string, .property, .element, .slice, .list, .map, .call,
      .countRows, .listComprehension, .patternComprehension, .quantifier, .reduce, .exists, .count,
      .collect, .boolean, .null, .mapProjection:
      true
    default: false
    }
  }

  /// Whether it is written with `variable IN` in front.
  fileprivate var beginsWithMembership: Bool {
    switch kind {
    case .binary(.isIn, let left, _):
      if case .variable = left.kind { return true }
      return left.beginsWithMembership
    case .binary(_, let left, _), .comparisonChain(let left, _), .isNull(let left, _):
      return left.beginsWithMembership
    default: return false
    }
  }
}

extension BinaryOperator {
  /// The operator as it is written.
  public var spelling: String {
    switch self {
    case .or: "OR"
    case .exclusiveOr: "XOR"
    case .and: "AND"
    case .equal: "="
    case .notEqual: "<>"
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .remainder: "%"
    case .power: "^"
    case .isIn: "IN"
    case .startsWith: "STARTS WITH"
    case .endsWith: "ENDS WITH"
    case .contains: "CONTAINS"
    case .matches: "=~"
    case .resembles: "~"
    }
  }
}
