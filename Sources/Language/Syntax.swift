public import SourceText

// The trees that the parser makes, of queries and of schema files. They hold
// what was written and where; what it means is the business of the binder
// (`Queries`) and of the schema's analysis (`Projections`).

/// A name with its place.
public struct Identifier: Hashable, Sendable {
  public var name: String
  public var span: SourceSpan

  public init(_ name: String, at span: SourceSpan) {
    self.name = name
    self.span = span
  }
}

/// An expression of the one expression grammar.
public struct Expression: Hashable, Sendable {
  public var kind: Kind
  public var span: SourceSpan

  public init(_ kind: Kind, at span: SourceSpan) {
    self.kind = kind
    self.span = span
  }

  public indirect enum Kind: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case float(Double)
    case string(String)
    case parameter(String)
    case variable(String)
    case property(Expression, Identifier)
    /// `base[index]`: of a list, or a property by its computed name.
    case element(Expression, index: Expression)
    case slice(Expression, from: Expression?, to: Expression?)
    case list([Expression])
    case map([MapEntry])
    /// `n {.name, .*, key: value, variable}`
    case mapProjection(Expression, [MapProjectionItem])
    case unary(UnaryOperator, Expression)
    case binary(BinaryOperator, Expression, Expression)
    /// `a < b <= c`: two or more comparisons that share operands.
    case comparisonChain(Expression, [ComparisonLink])
    case isNull(Expression, negated: Bool)
    /// `n:Person`, `n IS LABELED Person`
    case hasLabels(Expression, LabelExpression)
    /// A function or aggregate; the name as written, lower-cased by whoever looks it up.
    case call(Identifier, distinct: Bool, arguments: [Expression])
    /// `count(*)`
    case countRows
    case conditional(ConditionalExpression)
    case listComprehension(ListComprehension)
    case quantifier(QuantifierExpression)
    case reduce(ReduceExpression)
    case patternComprehension(PatternComprehension)
    /// A pattern where a boolean is expected: whether it matches.
    case patternPredicate(PathPattern)
    case exists(Subquery)
    case count(Subquery)
    case collect(Subquery)
  }
}

public struct MapEntry: Hashable, Sendable {
  public var key: Identifier
  public var value: Expression

  public init(key: Identifier, value: Expression) {
    self.key = key
    self.value = value
  }
}

public enum MapProjectionItem: Hashable, Sendable {
  case property(Identifier)
  case allProperties
  case entry(MapEntry)
  case variable(Identifier)
}

public enum UnaryOperator: Hashable, Sendable {
  case not, minus, plus
}

public enum BinaryOperator: Hashable, Sendable {
  case or, exclusiveOr, and
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
  case add, subtract, multiply, divide, remainder, power
  case isIn, startsWith, endsWith, contains
  /// `=~`, a regular expression.
  case matches
  /// `~`, the forgiving search over names.
  case resembles
}

public struct ComparisonLink: Hashable, Sendable {
  public var comparison: BinaryOperator
  public var operand: Expression

  public init(_ comparison: BinaryOperator, _ operand: Expression) {
    self.comparison = comparison
    self.operand = operand
  }
}

public struct ConditionalExpression: Hashable, Sendable {
  public struct Branch: Hashable, Sendable {
    public var condition: Expression
    public var result: Expression

    public init(condition: Expression, result: Expression) {
      self.condition = condition
      self.result = result
    }
  }

  /// `CASE operand WHEN value …`; `nil` for `CASE WHEN condition …`.
  public var operand: Expression?
  public var branches: [Branch]
  public var otherwise: Expression?

  public init(operand: Expression?, branches: [Branch], otherwise: Expression?) {
    self.operand = operand
    self.branches = branches
    self.otherwise = otherwise
  }
}

/// Written `[variable IN list WHERE filter | projection]`.
public struct ListComprehension: Hashable, Sendable {
  public var variable: Identifier
  public var list: Expression
  public var filter: Expression?
  public var projection: Expression?

  public init(
    variable: Identifier,
    list: Expression,
    filter: Expression?,
    projection: Expression?
  ) {
    self.variable = variable
    self.list = list
    self.filter = filter
    self.projection = projection
  }
}

/// `all(variable IN list WHERE predicate)` and its kin.
public struct QuantifierExpression: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case all, any, none, single
  }

  public var kind: Kind
  public var variable: Identifier
  public var list: Expression
  public var predicate: Expression

  public init(kind: Kind, variable: Identifier, list: Expression, predicate: Expression) {
    self.kind = kind
    self.variable = variable
    self.list = list
    self.predicate = predicate
  }
}

/// Written `reduce(accumulator = initial, variable IN list | body)`.
public struct ReduceExpression: Hashable, Sendable {
  public var accumulator: Identifier
  public var initial: Expression
  public var variable: Identifier
  public var list: Expression
  public var body: Expression

  public init(
    accumulator: Identifier,
    initial: Expression,
    variable: Identifier,
    list: Expression,
    body: Expression
  ) {
    self.accumulator = accumulator
    self.initial = initial
    self.variable = variable
    self.list = list
    self.body = body
  }
}

/// Written `[path = (a)-->(b) WHERE filter | projection]`.
public struct PatternComprehension: Hashable, Sendable {
  public var pattern: PathPattern
  public var filter: Expression?
  public var projection: Expression

  public init(pattern: PathPattern, filter: Expression?, projection: Expression) {
    self.pattern = pattern
    self.filter = filter
    self.projection = projection
  }
}

/// What stands in the braces of EXISTS, COUNT and COLLECT.
///
/// `EXISTS { (a)-->(b) WHERE … }` is parsed into a query of one MATCH without RETURN.
public struct Subquery: Hashable, Sendable {
  public var body: QueryBody

  public init(body: QueryBody) {
    self.body = body
  }
}

/// What a label position may say: `A`, `A|B`, `A&!B`, `%`.
public struct LabelExpression: Hashable, Sendable {
  public indirect enum Kind: Hashable, Sendable {
    case label(String)
    /// Also the openCypher `:A:B`.
    case and(LabelExpression, LabelExpression)
    case or(LabelExpression, LabelExpression)
    case not(LabelExpression)
    case any
  }

  public var kind: Kind
  public var span: SourceSpan

  public init(_ kind: Kind, at span: SourceSpan) {
    self.kind = kind
    self.span = span
  }
}

/// One path of a pattern: nodes with edges between them.
public struct PathPattern: Hashable, Sendable {
  public enum Selector: Hashable, Sendable {
    /// Every match.
    case all
    /// `ANY SHORTEST`, `shortestPath()`: one of the shortest for each pair of ends.
    case anyShortest
    /// `ALL SHORTEST`, `allShortestPaths()`
    case allShortest
    /// `SHORTEST k`
    case shortest(Expression)
  }

  public var variable: Identifier?
  public var selector: Selector
  /// One more than ``edges``.
  public var nodes: [NodePattern]
  public var edges: [EdgePattern]
  public var span: SourceSpan

  public init(
    variable: Identifier?,
    selector: Selector,
    nodes: [NodePattern],
    edges: [EdgePattern],
    span: SourceSpan
  ) {
    self.variable = variable
    self.selector = selector
    self.nodes = nodes
    self.edges = edges
    self.span = span
  }
}

/// Written `(variable:Labels {properties} WHERE predicate)`.
public struct NodePattern: Hashable, Sendable {
  public var variable: Identifier?
  public var labels: LabelExpression?
  /// A map, or a parameter that is one.
  public var properties: Expression?
  public var predicate: Expression?
  public var span: SourceSpan

  public init(
    variable: Identifier?,
    labels: LabelExpression?,
    properties: Expression?,
    predicate: Expression?,
    span: SourceSpan
  ) {
    self.variable = variable
    self.labels = labels
    self.properties = properties
    self.predicate = predicate
    self.span = span
  }
}

/// Written `-[variable:TYPES*1..3 {properties} WHERE predicate]->`.
public struct EdgePattern: Hashable, Sendable {
  public enum Direction: Hashable, Sendable {
    case right, left, either
  }

  /// How many edges in a row: `*1..3`, `{1,3}`, `+`.
  public struct Length: Hashable, Sendable {
    public var minimum: Int
    /// `nil` for no bound.
    public var maximum: Int?

    public init(minimum: Int, maximum: Int?) {
      self.minimum = minimum
      self.maximum = maximum
    }
  }

  public var variable: Identifier?
  public var types: LabelExpression?
  public var direction: Direction
  /// `nil` for exactly one edge, whose variable is an edge and not a list.
  public var length: Length?
  public var properties: Expression?
  public var predicate: Expression?
  public var span: SourceSpan

  public init(
    variable: Identifier?,
    types: LabelExpression?,
    direction: Direction,
    length: Length?,
    properties: Expression?,
    predicate: Expression?,
    span: SourceSpan
  ) {
    self.variable = variable
    self.types = types
    self.direction = direction
    self.length = length
    self.properties = properties
    self.predicate = predicate
    self.span = span
  }
}
