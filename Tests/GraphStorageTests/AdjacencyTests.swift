import GraphModel
import GraphStorage
import Testing

/// Neighbours are made in several ways, by what the edges' ends are like; all end in one order.
@Suite struct `Neighbours of nodes` {
  /// How the ends of edges come.
  enum Order: CaseIterable {
    case random, ascendingSources, ascendingTargets, bothAscending
  }

  @Test(arguments: Order.allCases, [1, 4, 200])
  func `are those of the edges, sorted`(order: Order, nodeCount: Int) throws {
    var generator = SeededGenerator(seed: UInt64(nodeCount))
    func ends(areAscending: Bool) -> [UInt32] {
      let ends = (0..<500).map { _ in UInt32.random(in: 0..<UInt32(nodeCount), using: &generator) }
      return areAscending ? ends.sorted() : ends
    }
    let sources = ends(areAscending: order == .ascendingSources || order == .bothAscending)
    let targets = ends(areAscending: order == .ascendingTargets || order == .bothAscending)
    let builder = GraphBuilder()
    builder.begin(event: EventPosition(1), time: 0)
    for _ in 0..<nodeCount { _ = builder.anonymousNode(labels: ["N"]) }
    let type = builder.edgeType(named: "R", hasValidity: false)
    for (source, target) in zip(sources, targets) {
      _ = builder.newEdge(type: type, from: NodeNumber(source), to: NodeNumber(target))
    }
    let table = builder.publish().contents.edgeTypes[0]
    check(table.outgoing, near: sources, far: targets, nodeCount)
    check(table.incoming, near: targets, far: sources, nodeCount)
  }

  private func check(_ adjacency: Adjacency, near: [UInt32], far: [UInt32], _ nodeCount: Int) {
    for node in 0..<UInt32(nodeCount) {
      let expected = near.indices.filter { near[$0] == node }
        .sorted { (far[$0], $0) < (far[$1], $1) }
      let range = adjacency.range(of: node)
      #expect(range.map { Int(adjacency.edges[$0]) } == expected)
      #expect(range.map { adjacency.neighbours[$0] } == expected.map { far[$0] })
    }
  }
}
