public import GraphModel
public import Language
import OrderedCollections

/// Evaluates expressions over their syntax tree, one row at a time.
///
/// It is the meaning of the language, and the fallback of the query engine. Errors carry the span of the
/// innermost expression that they arose in.
public struct ScalarEvaluator {
  let environment: any EvaluationEnvironment
  /// What comprehensions, quantifiers and reduce bind, the innermost last.
  var locals: [(name: String, value: Value)] = []
  private var depth = 0
  private var now: DateTime?

  public init(environment: any EvaluationEnvironment) {
    self.environment = environment
    now = environment.now
  }

  /// The value of `expression` in an environment.
  public static func evaluate(
    _ expression: Expression,
    in environment: any EvaluationEnvironment
  ) throws(EvaluationError) -> Value {
    var evaluator = ScalarEvaluator(environment: environment)
    return try evaluator.value(of: expression)
  }

  /// The value of `expression`, which may refer to variables and parameters alone.
  public static func evaluate(
    _ expression: Expression,
    variables: @escaping (String) -> Value? = { _ in nil },
    parameters: [String: Value] = [:]
  ) throws(EvaluationError) -> Value {
    try evaluate(expression, in: ValueEnvironment(parameters: parameters, variables: variables))
  }

  /// The value of `expression`.
  public mutating func value(of expression: Expression) throws(EvaluationError) -> Value {
    guard depth < ExpressionLimits.depth else {
      throw EvaluationError(
        .limitExceeded,
        "an expression nests deeper than \(ExpressionLimits.depth) levels",
        span: expression.span
      )
    }
    depth += 1
    defer { depth -= 1 }
    do {
      return try dispatch(expression)
    } catch {
      if error.span != nil { throw error }
      var placed = error
      placed.span = expression.span
      throw placed
    }
  }

  private mutating func dispatch(_ expression: Expression) throws(EvaluationError) -> Value {
    switch expression.kind {
    case .null: return .null
    case .boolean(let truth): return .boolean(truth)
    case .integer(let integer): return .integer(integer)
    case .float(let float): return .float(float)
    case .string(let text): return .string(text)
    case .parameter(let name): return try parameter(name)
    case .variable(let name): return try variable(name)
    case .property(let base, let name): return try property(of: try value(of: base), name.name)
    case .element(let base, let index): return try element(base, index)
    case .slice(let base, let from, let to): return try slice(base, from, to)
    case .list(let elements): return .list(try values(of: elements))
    case .map(let entries): return try map(entries)
    case .mapProjection(let base, let items): return try mapProjection(base, items)
    case .unary(let unary, let operand): return try apply(unary, operand)
    case .binary: return try binaryChain(expression)
    case .comparisonChain(let first, let links): return try comparisonChain(first, links)
    case .isNull(let operand, let negated):
      return .boolean(try value(of: operand).isNull != negated)
    case .hasLabels(let base, let labels): return try hasLabels(base, labels)
    case .call(let name, let distinct, let arguments):
      return try call(name, distinct: distinct, arguments)
    case .countRows: throw Self.aggregate("count")
    case .conditional(let conditional): return try self.conditional(conditional)
    case .listComprehension(let comprehension): return try self.comprehension(comprehension)
    case .quantifier(let quantifier): return try self.quantifier(quantifier)
    case .reduce(let reduce): return try self.reduce(reduce)
    case .patternComprehension, .patternPredicate, .exists, .count, .collect:
      return try environment.graphValue(expression, locals: locals)
    }
  }

  mutating func values(of expressions: [Expression]) throws(EvaluationError) -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(expressions.count)
    for expression in expressions { values.append(try value(of: expression)) }
    return values
  }

  // MARK: Names

  private func parameter(_ name: String) throws(EvaluationError) -> Value {
    guard let value = environment.parameter(name) else {
      throw EvaluationError(
        .missingParameter,
        "the parameter \"$\(name)\" was not given"
      )
    }
    return value
  }

  private func variable(_ name: String) throws(EvaluationError) -> Value {
    if let local = locals.last(where: { $0.name == name }) { return local.value }
    guard let value = environment.variable(name) else {
      throw EvaluationError(.unknownVariable, "there is no variable \"\(name)\"")
    }
    return value
  }

  // MARK: Access

  private func property(of base: Value, _ name: String) throws(EvaluationError) -> Value {
    switch base {
    case .node, .edge, .derivedEdge: try environment.property(of: base, named: name)
    default: try ValueOperations.property(of: base, named: name)
    }
  }

  private mutating func element(
    _ base: Expression,
    _ index: Expression
  ) throws(EvaluationError) -> Value {
    let base = try value(of: base)
    let index = try value(of: index)
    switch (base, index) {
    case (.node, .string(let name)), (.edge, .string(let name)), (.derivedEdge, .string(let name)):
      return try environment.property(of: base, named: name)
    default: return try ValueOperations.element(of: base, at: index)
    }
  }

  private mutating func slice(
    _ base: Expression,
    _ from: Expression?,
    _ to: Expression?
  ) throws(EvaluationError) -> Value {
    let base = try value(of: base)
    var start: Value?
    var end: Value?
    if let from { start = try value(of: from) }
    if let to { end = try value(of: to) }
    return try ValueOperations.slice(of: base, from: start, to: end)
  }

  private mutating func map(_ entries: [MapEntry]) throws(EvaluationError) -> Value {
    var map: OrderedDictionary<String, Value> = [:]
    for entry in entries { map[entry.key.name] = try value(of: entry.value) }
    return .map(map)
  }

  private mutating func mapProjection(
    _ base: Expression,
    _ items: [MapProjectionItem]
  ) throws(EvaluationError) -> Value {
    let base = try value(of: base)
    if base.isNull { return .null }
    var map: OrderedDictionary<String, Value> = [:]
    for item in items {
      switch item {
      case .property(let name): map[name.name] = try property(of: base, name.name)
      case .allProperties:
        var properties = base
        if case .map = base {} else { properties = try environment.properties(of: base) }
        if case .map(let entries) = properties { map.merge(entries) { $1 } }
      case .entry(let entry): map[entry.key.name] = try value(of: entry.value)
      case .variable(let name): map[name.name] = try variable(name.name)
      }
    }
    return .map(map)
  }

  private mutating func hasLabels(
    _ base: Expression,
    _ labels: LabelExpression
  ) throws(EvaluationError) -> Value {
    let base = try value(of: base)
    switch base {
    case .null: return .null
    case .node, .edge, .derivedEdge:
      return ValueOperations.value(try environment.hasLabels(base, labels))
    default: throw .mismatch("a test of labels", expected: "a node or an edge", found: base)
    }
  }

  // MARK: Functions

  static func aggregate(_ name: String) -> EvaluationError {
    EvaluationError(
      .unsupported,
      "the aggregate \"\(name)\" cannot be used here",
      hint: "aggregates stand in WITH and RETURN"
    )
  }

  private mutating func call(
    _ name: Identifier,
    distinct: Bool,
    _ arguments: [Expression]
  ) throws(EvaluationError) -> Value {
    let function = FunctionLibrary.scalar(named: name.name)
    if function == nil, FunctionLibrary.aggregate(named: name.name) != nil {
      throw Self.aggregate(name.name)
    }
    if distinct {
      throw EvaluationError(
        .invalidArgument,
        "\"\(name.name)\" is no aggregate and takes no DISTINCT"
      )
    }
    // Arguments after the first that is not null are not evaluated: they may be guarded by it.
    if function?.name == "coalesce" {
      for argument in arguments {
        let value = try value(of: argument)
        if !value.isNull { return value }
      }
      return .null
    }
    let values = try values(of: arguments)
    let hasEntity = values.contains {
      !ValueKinds.entity.isDisjoint(with: ValueKinds(of: $0))
    }
    if function == nil || hasEntity, let value = try environment.call(name.name, values) {
      return value
    }
    if let function {
      if values.isEmpty, now == nil { now = .now() }
      return try function.evaluate(values, now: now)
    }
    throw EvaluationError(
      .unknownFunction,
      "there is no function \"\(name.name)\"",
      span: name.span,
      hint: FunctionLibrary.suggestion(for: name.name).map { "did you mean \"\($0)\"?" }
    )
  }

  // MARK: Conditions

  private mutating func conditional(
    _ conditional: ConditionalExpression
  ) throws(EvaluationError) -> Value {
    var operand: Value?
    if let expression = conditional.operand { operand = try value(of: expression) }
    for branch in conditional.branches {
      let condition = try value(of: branch.condition)
      let holds: Bool?
      if let operand {
        holds = ValueOperations.equals(operand, condition)
      } else {
        holds = try ValueOperations.truth(condition, of: "the condition of CASE")
      }
      if holds == true { return try value(of: branch.result) }
    }
    guard let otherwise = conditional.otherwise else { return .null }
    return try value(of: otherwise)
  }
}
