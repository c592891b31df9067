package import GraphModel
package import Queries

/// A small graph as lists, beside the engine that has the same graph.
package struct ReferenceGraph {
  package struct Node {
    var number: NodeNumber
    var labels: [String]
    var properties: [String: Value]
  }

  package struct Edge {
    var reference: EdgeReference
    var type: String
    var from: NodeNumber
    var to: NodeNumber
    var properties: [String: Value]
  }

  package private(set) var nodes: [Node] = []
  package private(set) var edges: [Edge] = []
  private var fixture = GraphFixture()

  package init() {}

  package mutating func addNode(
    _ labels: [String],
    _ properties: [String: Value] = [:]
  ) -> NodeNumber {
    let number = fixture.node(labels, properties)
    nodes.append(Node(number: number, labels: labels, properties: properties))
    return number
  }

  package mutating func addEdge(
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

  package func engine() -> QueryEngine { fixture.engine() }

  package func node(_ number: NodeNumber) -> Node? { nodes.first { $0.number == number } }

  package func edge(_ reference: EdgeReference) -> Edge? {
    edges.first { $0.reference == reference }
  }
}
