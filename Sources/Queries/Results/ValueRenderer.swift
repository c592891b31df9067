import Expressions
public import GraphModel
public import GraphStorage
import OrderedCollections

/// Values of a result as text and as JSON, with what the graph knows of nodes, edges and paths.
public struct ValueRenderer: Sendable {
  public let graph: Graph

  public init(graph: Graph) {
    self.graph = graph
  }

  // MARK: Text

  /// As a person reads it: `(:Person {id: 'p1', name: 'Ada'})`, `[:KNOWS {since: 1843}]`.
  public func text(_ value: Value) -> String {
    ValueText.display(value) { value, output in write(value, to: &output) }
  }

  private func write(_ value: Value, to output: inout String) {
    switch value {
    case .node(let node):
      output += "(" + graph.labels(of: node).map { ":" + ValueText.name($0) }.joined()
      let properties = properties(graph.properties(of: node))
      if !properties.isEmpty {
        if output.last != "(" { output += " " }
        output += literal(properties)
      }
      output += ")"
    case .edge(let edge):
      writeEdge(
        graph.contents.edgeTypes[Int(edge.type)].type,
        properties(graph.properties(of: edge)),
        to: &output
      )
    case .derivedEdge(let edge): writeEdge(edge.type, edge.properties, to: &output)
    case .path(let path):
      output += "<"
      for (index, node) in path.nodes.enumerated() {
        write(.node(node), to: &output)
        guard index < path.edges.count else { continue }
        let isForwards = graph.source(of: path.edges[index]) == node
        output += isForwards ? "-" : "<-"
        write(.edge(path.edges[index]), to: &output)
        output += isForwards ? "->" : "-"
      }
      output += ">"
    default: break
    }
  }

  private func writeEdge(
    _ type: String,
    _ properties: OrderedDictionary<String, Value>,
    to output: inout String
  ) {
    output += "[:" + ValueText.name(type)
    if !properties.isEmpty { output += " " + literal(properties) }
    output += "]"
  }

  private func literal(_ properties: OrderedDictionary<String, Value>) -> String {
    ValueText.display(.map(properties))
  }

  private func properties(
    _ found: [(key: UInt16, value: Value)]
  ) -> OrderedDictionary<String, Value> {
    var map: OrderedDictionary<String, Value> = [:]
    for (key, value) in found { map[graph.contents.propertyKeys[Int(key)]] = value }
    return map
  }

  // MARK: JSON

  /// Appends a value as JSON.
  ///
  /// A node is `{"id", "labels", "properties"}`, an edge `{"type", "from", "to", "properties"}`, a
  /// path `{"nodes", "edges"}`. `id`, `from` and `to` are ids; where a node has none, its number.
  public func writeJSON(_ value: Value, to output: inout [UInt8]) {
    ValueJSON.write(value, to: &output) { value, output in writeEntity(value, to: &output) }
  }

  public func json(_ value: Value) -> String {
    var output: [UInt8] = []
    writeJSON(value, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  private func writeEntity(_ value: Value, to output: inout [UInt8]) {
    switch value {
    case .node(let node):
      ValueJSON.write(
        .map([
          "id": id(of: node),
          "labels": .list(graph.labels(of: node).map { .string($0) }),
          "properties": .map(properties(graph.properties(of: node))),
        ]),
        to: &output
      )
    case .edge(let edge):
      ValueJSON.write(
        .map([
          "type": .string(graph.contents.edgeTypes[Int(edge.type)].type),
          "from": id(of: graph.source(of: edge)),
          "to": id(of: graph.target(of: edge)),
          "properties": .map(properties(graph.properties(of: edge))),
        ]),
        to: &output
      )
    case .derivedEdge(let edge):
      writeJSON(
        .map([
          "type": .string(edge.type),
          "from": id(of: edge.from),
          "to": id(of: edge.to),
          "properties": .map(edge.properties),
        ]),
        to: &output
      )
    case .path(let path):
      writeJSON(
        .map([
          "nodes": .list(path.nodes.map { .node($0) }),
          "edges": .list(path.edges.map { .edge($0) }),
        ]),
        to: &output
      )
    default: output.append(contentsOf: "null".utf8)
    }
  }

  private func id(of node: NodeNumber) -> Value {
    if let key = graph.propertyKey(named: "id") {
      let id = graph.property(key, of: node)
      if !id.isNull { return id }
    }
    return .integer(Int64(node.rawValue))
  }
}
