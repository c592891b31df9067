public import GraphModel
public import Language

/// What an expression may refer to beside values: variables, parameters, the graph.
///
/// The defaults know no graph: they are what schema rules, defaults and upcasts need.
public protocol EvaluationEnvironment {
  /// The value of a variable of the row, or `nil` where there is none of that name.
  func variable(_ name: String) -> Value?
  /// The value of `$name`, or `nil` where it was not given.
  func parameter(_ name: String) -> Value?
  /// What `datetime()` and `date()` take for the time: one for the whole of a query. `nil` for the
  /// time when an evaluator first needs it.
  var now: DateTime? { get }
  /// `entity.name`, of a node or an edge.
  func property(of entity: Value, named name: String) throws(EvaluationError) -> Value
  /// All properties of a node or an edge, for `entity {.*}`: a map.
  func properties(of entity: Value) throws(EvaluationError) -> Value
  /// The truth of `entity:Label`.
  func hasLabels(_ entity: Value, _ labels: LabelExpression) throws(EvaluationError) -> Bool?
  /// A function that the library does not know, or any with an entity among its arguments;
  /// `nil` where the environment does not know it either.
  func call(_ function: String, _ arguments: [Value]) throws(EvaluationError) -> Value?
  /// A pattern or a subquery, with the variables that comprehensions around it bind.
  func graphValue(
    _ expression: Expression,
    locals: [(name: String, value: Value)]
  ) throws(EvaluationError) -> Value
}

extension EvaluationEnvironment {
  private func withoutGraph(_ what: String) -> EvaluationError {
    EvaluationError(
      .unsupported,
      "\(what) cannot be used here",
      hint: "only a query has a graph"
    )
  }

  public var now: DateTime? { nil }

  public func property(of entity: Value, named name: String) throws(EvaluationError) -> Value {
    try ValueOperations.property(of: entity, named: name)
  }

  public func properties(of entity: Value) throws(EvaluationError) -> Value {
    if case .derivedEdge(let edge) = entity { return .map(edge.properties) }
    throw withoutGraph("the properties of \(entity.typeName)")
  }

  public func hasLabels(
    _ entity: Value,
    _ labels: LabelExpression
  ) throws(EvaluationError) -> Bool? {
    throw withoutGraph("a test of labels")
  }

  public func call(_ function: String, _ arguments: [Value]) throws(EvaluationError) -> Value? {
    nil
  }

  public func graphValue(
    _ expression: Expression,
    locals: [(name: String, value: Value)]
  ) throws(EvaluationError) -> Value {
    throw withoutGraph("a pattern or a subquery")
  }
}

/// An environment of variables and parameters alone.
public struct ValueEnvironment: EvaluationEnvironment {
  public var variables: (String) -> Value?
  public var parameters: [String: Value]

  public init(
    parameters: [String: Value] = [:],
    variables: @escaping (String) -> Value? = { _ in nil }
  ) {
    self.variables = variables
    self.parameters = parameters
  }

  public func variable(_ name: String) -> Value? { variables(name) }

  public func parameter(_ name: String) -> Value? { parameters[name] }
}
