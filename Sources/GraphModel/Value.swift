public import OrderedCollections

/// A value of the query language.
///
/// The engine works on typed columns; a `Value` is what enters (parameters,
/// events) and leaves (results) it, and what rarely used functions work on.
public indirect enum Value: Hashable, Sendable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case float(Double)
  case string(String)
  case date(PartialDate)
  case dateTime(DateTime)
  case localDateTime(LocalDateTime)
  case time(ZonedTime)
  case localTime(LocalTime)
  case duration(Duration)
  case list([Value])
  case map(OrderedDictionary<String, Value>)
  case node(NodeNumber)
  case edge(EdgeReference)
  case path(Path)
  /// An edge that a schema derives, which is stored nowhere.
  case derivedEdge(DerivedEdge)
}

/// A walk through the graph: one more node than edges.
public struct Path: Hashable, Sendable {
  public var nodes: [NodeNumber]
  public var edges: [EdgeReference]

  public init(nodes: [NodeNumber], edges: [EdgeReference]) {
    self.nodes = nodes
    self.edges = edges
  }
}

/// An edge that a schema's DERIVE makes out of others.
public struct DerivedEdge: Hashable, Sendable {
  public var type: String
  public var from: NodeNumber
  public var to: NodeNumber
  public var properties: OrderedDictionary<String, Value>

  public init(
    type: String,
    from: NodeNumber,
    to: NodeNumber,
    properties: OrderedDictionary<String, Value>
  ) {
    self.type = type
    self.from = from
    self.to = to
    self.properties = properties
  }
}

extension Value {
  /// The name of the type in messages.
  public var typeName: String {
    switch self {
    case .null: "null"
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .float: "a float"
    case .string: "a string"
    case .date: "a date"
    case .dateTime: "a datetime"
    case .localDateTime: "a local datetime"
    case .time: "a time"
    case .localTime: "a local time"
    case .duration: "a duration"
    case .list: "a list"
    case .map: "a map"
    case .node: "a node"
    case .edge, .derivedEdge: "an edge"
    case .path: "a path"
    }
  }

  public var isNull: Bool { self == .null }
}
