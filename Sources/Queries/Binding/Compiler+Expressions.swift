import Expressions
import GraphModel
import Language
import OrderedCollections
import SourceText

extension Compiler {
  typealias Typed = (bound: Bound, type: StaticType)

  func bind(
    _ expression: Expression,
    _ scope: Scope,
    _ place: ExpressionPlace = .row
  ) throws(Diagnostics) -> Typed {
    let span = expression.span
    func constant(_ value: Value, _ type: StaticType) -> Typed {
      (Bound(.constant(value), at: span), type)
    }
    switch expression.kind {
    case .null: return constant(.null, .any)
    case .boolean(let flag): return constant(.boolean(flag), .boolean)
    case .integer(let number): return constant(.integer(number), .integer)
    case .float(let number): return constant(.float(number), .float)
    case .string(let text): return constant(.string(text), .string)
    case .parameter(let name):
      note(parameter: name, at: span)
      return (Bound(.parameter(name), at: span), .any)
    case .variable(let name):
      guard let variable = scope[name] else { throw unknownVariable(name, span, scope) }
      return (Bound(.slot(variable.slot), at: span), variable.type)
    case .property(let base, let name):
      return try bindProperty(base, name, span, scope, place)
    case .unary(let operation, let operand):
      return try bindUnary(operation, operand, span, scope, place)
    case .binary(let operation, let left, let right):
      return try bindBinary(operation, left, right, span, scope, place)
    case .comparisonChain(let first, let links):
      return try bindChain(first, links, span, scope, place)
    case .isNull(let operand, let negated):
      let bound = try bind(operand, scope, place).bound
      return (Bound(.isNull(bound, negated: negated), at: span), .boolean)
    case .hasLabels(let operand, let labels):
      let bound = try bind(operand, scope, place)
      if !bound.type.mayBe([.node, .edge]) {
        throw mismatch("labels are tested on", "a node or an edge", bound.type, operand.span)
      }
      let isEdge = !bound.type.mayBe(.node)
      let tested = try self.labels(labels, asEdgeTypes: isEdge, checks: bound.type != .any)
      return (Bound(.hasLabels(bound.bound, tested), at: span), .boolean)
    case .call(let name, let distinct, let arguments):
      return try bindCall(name, distinct: distinct, arguments, span, scope, place)
    case .countRows:
      if !place.allowsAggregates { throw misplacedAggregate("count(*)", span, place) }
      let aggregate = BoundAggregate(name: "count", distinct: false, arguments: [])
      return (Bound(.aggregate(aggregate), at: span), .integer)
    case .patternComprehension, .patternPredicate, .exists, .count, .collect:
      return try bindSubquery(expression, scope)
    default: return try bindStructure(expression, scope, place)
    }
  }

  /// A condition: of WHERE, FILTER, or inside of a pattern.
  func bindCondition(_ expression: Expression, _ scope: Scope) throws(Diagnostics) -> Bound {
    let typed = try bind(expression, scope)
    if !typed.type.mayBe(.boolean) {
      throw mismatch("a condition is", "a boolean", typed.type, expression.span)
    }
    return typed.bound
  }

  func mismatch(
    _ subject: String,
    _ expected: String,
    _ found: StaticType,
    _ span: SourceSpan,
    hint: String? = nil
  ) -> Diagnostics {
    fail("\(subject) \(expected), not \(found.kinds)", at: span, hint: hint)
  }

  func unknownVariable(_ name: String, _ span: SourceSpan, _ scope: Scope) -> Diagnostics {
    let near = nearest(to: name, among: scope.names)
    let owner = scope.names.first { scope[$0]?.type == .node || scope[$0]?.type == .edge }
    let property = catalog?.properties.contains(name) == true ? owner.map { "\($0).\(name)" } : nil
    let hint =
      (near ?? property).map { "did you mean \"\($0)\"?" }
      ?? (scope.names.isEmpty ? nil : "in scope here: \(scope.names.joined(separator: ", "))")
    return fail("variable \"\(name)\" is not defined", at: span, hint: hint)
  }

  func misplacedAggregate(
    _ name: String,
    _ span: SourceSpan,
    _ place: ExpressionPlace
  ) -> Diagnostics {
    fail(
      "\"\(name)\" aggregates rows, which is not possible here",
      at: span,
      hint: place.aggregateHint
    )
  }

  private func bindProperty(
    _ base: Expression,
    _ name: Identifier,
    _ span: SourceSpan,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    if case .variable(let variable) = base.kind, let derived = scope[variable]?.derived {
      guard let slot = derived.properties[name.name] else {
        let hint = nearest(to: name.name, among: derived.properties.keys.sorted())
          .map { "did you mean \"\($0)\"?" }
        throw fail(
          "derived edge \"\(derived.type)\" has no property \"\(name.name)\"",
          at: name.span,
          hint: hint
        )
      }
      return (Bound(.slot(slot), at: span), .any)
    }
    let bound = try bind(base, scope, place)
    let holders = ValueKinds.temporal.union([.node, .edge, .map])
    if !bound.type.mayBe(holders) {
      throw mismatch(
        "properties belong to",
        "a node, an edge, a map or a date",
        bound.type,
        base.span
      )
    }
    if !bound.type.mayBe(.map) || bound.type == .any { try check(property: name, of: bound) }
    return (Bound(.property(bound.bound, name.name), at: span), .any)
  }

  /// Checks property names on what certainly comes from the graph.
  private func check(property name: Identifier, of base: Typed) throws(Diagnostics) {
    if base.type.kinds.isSubset(of: [.node, .edge]) { try check(property: name) }
  }

  private func bindUnary(
    _ operation: Language.UnaryOperator,
    _ operand: Expression,
    _ span: SourceSpan,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    let bound = try bind(operand, scope, place)
    switch operation {
    case .not:
      try expectBoolean(bound, "NOT", operand.span)
      return (Bound(.not(bound.bound), at: span), .boolean)
    case .minus:
      try expectNumber(bound, "-", operand.span)
      if case .constant(.integer(let number)) = bound.bound.kind, number != .min {
        return (Bound(.constant(.integer(-number)), at: span), .integer)
      }
      return (Bound(.negate(bound.bound), at: span), bound.type)
    case .plus:
      try expectNumber(bound, "+", operand.span)
      return (Bound(.plus(bound.bound), at: span), bound.type)
    }
  }

  func expectBoolean(
    _ operand: Typed,
    _ operation: String,
    _ span: SourceSpan
  ) throws(Diagnostics) {
    if !operand.type.mayBe(.boolean) {
      throw mismatch("\(operation) takes", "booleans", operand.type, span)
    }
  }

  private func expectNumber(
    _ operand: Typed,
    _ operation: String,
    _ span: SourceSpan
  ) throws(Diagnostics) {
    if !operand.type.mayBe(ValueKinds.number.union(.temporal)) {
      throw mismatch("\"\(operation)\" takes", "numbers", operand.type, span)
    }
  }

  private func bindBinary(
    _ operation: BinaryOperator,
    _ left: Expression,
    _ right: Expression,
    _ span: SourceSpan,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    let first = try bind(left, scope, place)
    let second = try bind(right, scope, place)
    func make(_ kind: Bound.Kind, _ type: StaticType) -> Typed { (Bound(kind, at: span), type) }
    func logic(_ operation: LogicOperator) throws(Diagnostics) -> Typed {
      try expectBoolean(first, operation.spelling, left.span)
      try expectBoolean(second, operation.spelling, right.span)
      return make(.logic(operation, first.bound, second.bound), .boolean)
    }
    func arithmetic(_ operation: ArithmeticOperator) throws(Diagnostics) -> Typed {
      if operation != .add {
        try expectNumber(first, operation.spelling, left.span)
        try expectNumber(second, operation.spelling, right.span)
      }
      return make(
        .arithmetic(operation, first.bound, second.bound),
        resultType(operation, first.type, second.type)
      )
    }
    switch operation {
    case .or: return try logic(.or)
    case .exclusiveOr: return try logic(.exclusiveOr)
    case .and: return try logic(.and)
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
      return make(.compare(comparison(operation), first.bound, second.bound), .boolean)
    case .add: return try arithmetic(.add)
    case .subtract: return try arithmetic(.subtract)
    case .multiply: return try arithmetic(.multiply)
    case .divide: return try arithmetic(.divide)
    case .remainder: return try arithmetic(.remainder)
    case .power: return try arithmetic(.power)
    case .isIn:
      if !second.type.mayBe(.list) { throw mismatch("IN takes", "a list", second.type, right.span) }
      return make(.isIn(first.bound, second.bound), .boolean)
    case .startsWith: return make(.text(.startsWith, first.bound, second.bound), .boolean)
    case .endsWith: return make(.text(.endsWith, first.bound, second.bound), .boolean)
    case .contains: return make(.text(.contains, first.bound, second.bound), .boolean)
    case .matches: return make(.text(.matches, first.bound, second.bound), .boolean)
    case .resembles: return make(.resembles(first.bound, second.bound), .boolean)
    }
  }

  private func resultType(
    _ operation: ArithmeticOperator,
    _ left: StaticType,
    _ right: StaticType
  ) -> StaticType {
    let numbers: ValueKinds = .number
    guard left.kinds.isSubset(of: numbers), right.kinds.isSubset(of: numbers) else {
      if operation == .add, left.kinds == .list, right.kinds == .list {
        return .list(of: left.elements.union(right.elements))
      }
      return .any
    }
    if operation == .power { return .float }
    if left.kinds == .integer, right.kinds == .integer { return .integer }
    if left.kinds == .float || right.kinds == .float { return .float }
    return StaticType(kinds: .number)
  }

  private func comparison(_ operation: BinaryOperator) -> CompareOperator {
    switch operation {
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    default: .equal
    }
  }

  /// `a < b <= c` is `a < b AND b <= c`.
  private func bindChain(
    _ first: Expression,
    _ links: [ComparisonLink],
    _ span: SourceSpan,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    var left = try bind(first, scope, place).bound
    var result: Bound?
    for link in links {
      let right = try bind(link.operand, scope, place).bound
      let one = Bound(.compare(comparison(link.comparison), left, right), at: span)
      result = result.map { Bound(.logic(.and, $0, one), at: span) } ?? one
      left = right
    }
    return (result ?? left, .boolean)
  }

  // MARK: Lists, maps, CASE

  private func bindStructure(
    _ expression: Expression,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    let span = expression.span
    switch expression.kind {
    case .element(let base, let index):
      let base = try bind(base, scope, place)
      let index = try bind(index, scope, place).bound
      let type = base.type.kinds == .list ? StaticType(kinds: base.type.elements) : .any
      return (Bound(.element(base.bound, index: index), at: span), type)
    case .slice(let base, let from, let to):
      let base = try bind(base, scope, place)
      let from = try bindOptional(from, scope, place)
      let to = try bindOptional(to, scope, place)
      return (Bound(.slice(base.bound, from: from, to: to), at: span), base.type)
    case .list(let elements):
      var bounds: [Bound] = []
      var kinds: ValueKinds = []
      for element in elements {
        let typed = try bind(element, scope, place)
        bounds.append(typed.bound)
        kinds.formUnion(typed.type.kinds)
      }
      return (
        folded(Bound(.list(bounds), at: span), bounds), .list(of: kinds.isEmpty ? .any : kinds)
      )
    case .map(let entries):
      return (Bound(.map(try bindEntries(entries, scope, place)), at: span), .map)
    case .mapProjection(let base, let items):
      return try bindMapProjection(base, items, span, scope, place)
    case .conditional(let conditional):
      return try bindConditional(conditional, span, scope, place)
    default: return try bindIteration(expression, scope, place)
    }
  }

  /// A list of constants is a constant.
  private func folded(_ list: Bound, _ elements: [Bound]) -> Bound {
    var values: [Value] = []
    for element in elements {
      guard case .constant(let value) = element.kind else { return list }
      values.append(value)
    }
    return Bound(.constant(.list(values)), at: list.span)
  }

  private func bindOptional(
    _ expression: Expression?,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Bound? {
    guard let expression else { return nil }
    return try bind(expression, scope, place).bound
  }

  func bindEntries(
    _ entries: [MapEntry],
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> [BoundEntry] {
    var result: [BoundEntry] = []
    for entry in entries {
      result.append(
        BoundEntry(key: entry.key.name, value: try bind(entry.value, scope, place).bound)
      )
    }
    return result
  }

  private func bindMapProjection(
    _ base: Expression,
    _ items: [MapProjectionItem],
    _ span: SourceSpan,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    let bound = try bind(base, scope, place)
    var all = false
    var entries: [BoundEntry] = []
    for item in items {
      switch item {
      case .allProperties: all = true
      case .property(let name):
        let value = try bindProperty(base, name, span, scope, place).bound
        entries.append(BoundEntry(key: name.name, value: value))
      case .entry(let entry): entries += try bindEntries([entry], scope, place)
      case .variable(let name):
        guard let variable = scope[name.name] else {
          throw unknownVariable(name.name, name.span, scope)
        }
        entries.append(
          BoundEntry(key: name.name, value: Bound(.slot(variable.slot), at: name.span))
        )
      }
    }
    return (Bound(.mapProjection(bound.bound, all: all, entries), at: span), .map)
  }

  private func bindConditional(
    _ conditional: ConditionalExpression,
    _ span: SourceSpan,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    let operand = try bindOptional(conditional.operand, scope, place)
    var branches: [BoundBranch] = []
    var kinds: ValueKinds = []
    for branch in conditional.branches {
      var condition = try bind(branch.condition, scope, place)
      if let operand {
        condition.bound = Bound(
          .compare(.equal, operand, condition.bound),
          at: branch.condition.span
        )
      } else {
        try expectBoolean(condition, "WHEN", branch.condition.span)
      }
      let result = try bind(branch.result, scope, place)
      kinds.formUnion(result.type.kinds)
      branches.append(BoundBranch(condition: condition.bound, result: result.bound))
    }
    var otherwise: Bound?
    if let expression = conditional.otherwise {
      let typed = try bind(expression, scope, place)
      kinds.formUnion(typed.type.kinds)
      otherwise = typed.bound
    }
    return (
      Bound(.conditional(branches, otherwise: otherwise), at: span), StaticType(kinds: kinds)
    )
  }
}
