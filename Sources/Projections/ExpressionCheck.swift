import Expressions
import Language
import SourceText

/// Checks an expression that has no graph: its variables, its functions, and that it is pure.
struct ExpressionCheck {
  private let analysis: SchemaAnalysis
  /// Answers whether a variable that no comprehension binds may stand there; notes why not.
  private let variable: (String, SourceSpan) -> Bool
  /// Checks a whole access path such as `e.host.name`; `true`: nothing more is to be checked.
  private let path: (Expression) -> Bool

  init(
    _ analysis: SchemaAnalysis,
    path: @escaping (Expression) -> Bool = { _ in false },
    variable: @escaping (String, SourceSpan) -> Bool
  ) {
    self.analysis = analysis
    self.path = path
    self.variable = variable
  }

  func check(_ expression: Expression) {
    check(expression, locals: [])
  }

  private func check(_ expression: Expression, locals: [String]) {
    switch expression.kind {
    case .variable(let name):
      if !locals.contains(name) { _ = variable(name, expression.span) }
      return
    case .property:
      if let root = expression.pathRoot, !locals.contains(root), path(expression) { return }
    case .call(let name, let distinct, let arguments):
      checkCall(name, distinct: distinct, argumentCount: arguments.count)
    case .parameter(let name):
      refuse("the parameter \"$\(name)\"", expression)
    case .countRows: refuse("an aggregate", expression)
    case .hasLabels: refuse("a test of labels", expression)
    case .patternComprehension, .patternPredicate, .exists, .count, .collect:
      refuse("a pattern", expression)
      return
    default: break
    }
    expression.forEachChild { child, bound in check(child, locals: locals + bound) }
  }

  private func refuse(_ what: String, _ expression: Expression) {
    analysis.report(
      "\(what) cannot stand in a schema's expression",
      at: expression.span,
      hint: "it sees the event's data and nothing else"
    )
  }

  private func checkCall(_ name: Identifier, distinct: Bool, argumentCount: Int) {
    guard let function = FunctionLibrary.scalar(named: name.name) else {
      if FunctionLibrary.aggregate(named: name.name) != nil {
        analysis.report(
          "the aggregate \(quoted(name.name)) cannot stand in a schema's expression",
          at: name.span
        )
      } else {
        analysis.report(
          "unknown function \(quoted(name.name))",
          at: name.span,
          hint: FunctionLibrary.suggestion(for: name.name).map { "did you mean \(quoted($0))?" }
        )
      }
      return
    }
    if function.volatility(argumentCount: argumentCount) != .immutable {
      analysis.report(
        "\(quoted(name.name)) gives another value each time",
        at: name.span,
        hint: "the graph is made of the events alone, so that it can be made again"
      )
    }
    if !function.arguments.contains(argumentCount) {
      let range = function.arguments
      let expected =
        range.lowerBound == range.upperBound
        ? "\(range.lowerBound)"
        : range.upperBound == .max
          ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      analysis.report(
        "\(quoted(name.name)) takes \(expected) arguments, not \(argumentCount)",
        at: name.span
      )
    }
  }
}

extension Expression {
  /// The variable that a chain of property accesses begins with.
  var pathRoot: String? {
    switch kind {
    case .variable(let name): name
    case .property(let base, _): base.pathRoot
    default: nil
    }
  }

  /// Visits the expressions right below, each with the variables that are bound for it.
  func forEachChild(_ visit: (Expression, [String]) -> Void) {
    switch kind {
    case .null, .boolean, .integer, .float, .string, .parameter, .variable, .countRows,
      .patternComprehension, .patternPredicate, .exists, .count, .collect:
      break
    case .property(let base, _): visit(base, [])
    case .element(let base, let index):
      visit(base, [])
      visit(index, [])
    case .slice(let base, let from, let to):
      visit(base, [])
      if let from { visit(from, []) }
      if let to { visit(to, []) }
    case .list(let elements): elements.forEach { visit($0, []) }
    case .map(let entries): entries.forEach { visit($0.value, []) }
    case .mapProjection(let base, let items):
      visit(base, [])
      for item in items {
        switch item {
        case .entry(let entry): visit(entry.value, [])
        case .variable(let name): visit(Expression(.variable(name.name), at: name.span), [])
        case .property, .allProperties: break
        }
      }
    case .unary(_, let operand), .isNull(let operand, _), .hasLabels(let operand, _):
      visit(operand, [])
    case .binary(_, let left, let right):
      visit(left, [])
      visit(right, [])
    case .comparisonChain(let first, let links):
      visit(first, [])
      links.forEach { visit($0.operand, []) }
    case .call(_, _, let arguments): arguments.forEach { visit($0, []) }
    case .conditional(let conditional):
      if let operand = conditional.operand { visit(operand, []) }
      for branch in conditional.branches {
        visit(branch.condition, [])
        visit(branch.result, [])
      }
      if let otherwise = conditional.otherwise { visit(otherwise, []) }
    case .listComprehension(let comprehension):
      visit(comprehension.list, [])
      if let filter = comprehension.filter { visit(filter, [comprehension.variable.name]) }
      if let projection = comprehension.projection {
        visit(projection, [comprehension.variable.name])
      }
    case .quantifier(let quantifier):
      visit(quantifier.list, [])
      visit(quantifier.predicate, [quantifier.variable.name])
    case .reduce(let reduce):
      visit(reduce.initial, [])
      visit(reduce.list, [])
      visit(reduce.body, [reduce.accumulator.name, reduce.variable.name])
    }
  }

  /// The variables that an expression refers to and does not bind itself, each once.
  var freeVariables: [String] {
    var names: [String] = []
    func collect(_ expression: Expression, _ locals: [String]) {
      if case .variable(let name) = expression.kind, !locals.contains(name), !names.contains(name) {
        names.append(name)
      }
      expression.forEachChild { child, bound in collect(child, locals + bound) }
    }
    collect(self, [])
    return names
  }
}
