public import GraphModel
public import GraphStorage
public import Queries

/// A graph written down as nodes and edges.
public struct GraphFixture {
  public let builder = GraphBuilder()
  public private(set) var nodes: [NodeNumber] = []
  private var position: UInt32 = 0

  public init() {
    advance()
  }

  private mutating func advance() {
    position += 1
    builder.begin(event: EventPosition(position), time: Int64(position))
  }

  @discardableResult
  public mutating func node(_ labels: [String], _ properties: [String: Value] = [:]) -> NodeNumber {
    let node = builder.anonymousNode(labels: labels)
    for (key, value) in properties.sorted(by: { $0.key < $1.key }) where !value.isNull {
      builder.set(builder.cell(for: value), key: builder.propertyKey(named: key), of: node)
    }
    nodes.append(node)
    return node
  }

  @discardableResult
  public mutating func edge(
    _ from: NodeNumber,
    _ type: String,
    _ to: NodeNumber,
    _ properties: [String: Value] = [:],
    hasValidity: Bool = false
  ) -> EdgeReference {
    let number = builder.edgeType(named: type, hasValidity: hasValidity)
    let edge = builder.newEdge(type: number, from: from, to: to)
    for (key, value) in properties.sorted(by: { $0.key < $1.key }) where !value.isNull {
      builder.set(builder.cell(for: value), key: builder.propertyKey(named: key), of: edge)
    }
    return edge
  }

  public func engine(_ catalog: QueryCatalog? = nil) -> QueryEngine {
    QueryEngine(graph: builder.publish(), catalog: catalog)
  }
}
