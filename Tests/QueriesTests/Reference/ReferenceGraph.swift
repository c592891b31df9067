import Conformance
import GraphModel
import Queries

/// A small graph as lists, beside the engine that has the same graph.
struct ReferenceGraph {
  struct Node {
    var number: NodeNumber
    var labels: [String]
    var properties: [String: Value]
  }

  struct Edge {
    var reference: EdgeReference
    var type: String
    var from: NodeNumber
    var to: NodeNumber
    var properties: [String: Value]
  }

  private(set) var nodes: [Node] = []
  private(set) var edges: [Edge] = []
  private var fixture = GraphFixture()

  mutating func addNode(_ labels: [String], _ properties: [String: Value] = [:]) -> NodeNumber {
    let number = fixture.node(labels, properties)
    nodes.append(Node(number: number, labels: labels, properties: properties))
    return number
  }

  mutating func addEdge(
    _ from: NodeNumber,
    _ type: String,
    _ to: NodeNumber,
    _ properties: [String: Value] = [:]
  ) {
    let reference = fixture.edge(from, type, to, properties)
    edges.append(
      Edge(reference: reference, type: type, from: from, to: to, properties: properties)
    )
  }

  func engine() -> QueryEngine { fixture.engine() }

  func node(_ number: NodeNumber) -> Node? { nodes.first { $0.number == number } }

  func edge(_ reference: EdgeReference) -> Edge? { edges.first { $0.reference == reference } }
}
