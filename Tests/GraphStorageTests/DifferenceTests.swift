import GraphModel
import Testing

@testable import GraphStorage

/// The difference of two graphs, against a dull count of what each holds.
@Suite struct `The difference of two graphs` {
  @Test(arguments: 1...120 as ClosedRange<UInt64>)
  func `counts what a comparison by ids counts`(seed: UInt64) {
    let before = graph(seed)
    let after = graph(seed, without: seed % 5 + 2)
    let difference = GraphDifference(from: before.contents, to: after.contents)
    let nodes = difference.total(where: \.isNodes)
    let (old, new) = (values(of: before), values(of: after))
    #expect(nodes.appeared == Set(new.keys).subtracting(old.keys).count, "seed \(seed)")
    #expect(nodes.vanished == Set(old.keys).subtracting(new.keys).count, "seed \(seed)")
    var changes = (appeared: 0, vanished: 0, changed: 0)
    for (node, properties) in new {
      guard let former = old[node] else { continue }
      for key in Set(properties.keys).union(former.keys) where former[key] != properties[key] {
        if former[key] == nil { changes.appeared += 1 }
        if properties[key] == nil { changes.vanished += 1 }
        if former[key] != nil, properties[key] != nil { changes.changed += 1 }
      }
    }
    let found = difference.total { if case .nodeValues = $0 { true } else { false } }
    #expect(found == changes, "seed \(seed)")
    let edges = difference.total(where: \.isEdges)
    let (oldEdges, newEdges) = (edgeCounts(of: before), edgeCounts(of: after))
    let pairs = Set(oldEdges.keys).union(newEdges.keys)
    let grown = pairs.map { (newEdges[$0] ?? 0) - (oldEdges[$0] ?? 0) }
    let renamed = difference.renamedEdgeTypes.reduce(0) { $0 + $1.count }
    #expect(edges.appeared + renamed == grown.reduce(0) { $0 + max($1, 0) }, "seed \(seed)")
    #expect(edges.vanished + renamed == grown.reduce(0) { $0 + max(-$1, 0) }, "seed \(seed)")
  }

  @Test func `takes an edge whose key says something else for the edge that it was`() {
    func graph(role: String) -> Graph {
      let builder = GraphBuilder()
      builder.begin(event: EventPosition(1), time: 1)
      let table = builder.table(named: "Person")
      let labels = builder.labelSet(["Person"])
      let (one, other) = (
        builder.node(table: table, id: builder.intern("p1"), labelSet: labels),
        builder.node(table: table, id: builder.intern("p2"), labelSet: labels)
      )
      let cell = builder.cell(for: .string(role))
      let type = builder.edgeType(named: "KNOWS", hasValidity: false)
      let edge = builder.edge(type: type, from: one, to: other, key: [builder.keyWord(for: cell)])
      builder.set(cell, key: builder.propertyKey(named: "role"), of: edge)
      return builder.publish()
    }
    let difference = GraphDifference(
      from: graph(role: "friend").contents,
      to: graph(role: "rival").contents
    )
    let edges = difference.total(where: \.isEdges)
    #expect(edges.appeared == 0 && edges.vanished == 0)
    #expect(!difference.isEmpty)
  }

  @Test func `of a graph and itself is nothing`() {
    let contents = graph(7).contents
    #expect(GraphDifference(from: contents, to: contents).isEmpty)
    #expect(GraphDifference(from: contents, to: graph(7).contents).isEmpty)
  }

  /// A graph of random claims, some events of which claim nothing.
  private func graph(_ seed: UInt64, without stride: UInt64? = nil) -> Graph {
    let builder = GraphBuilder()
    for (index, claim) in randomClaims(seed: seed, count: 70).enumerated() {
      let isLeftOut = stride.map { UInt64(index) % $0 == 0 } ?? false
      apply(isLeftOut ? [] : [claim], to: builder, at: UInt32(index) + 1)
    }
    return builder.publish()
  }

  /// The values of each node but names, which have forms besides.
  private func values(of graph: Graph) -> [String: [String: Value]] {
    var all: [String: [String: Value]] = [:]
    for node in 0..<UInt32(graph.nodeCount) {
      var values: [String: Value] = [:]
      for (key, value) in graph.properties(of: NodeNumber(node)) {
        values[graph.contents.propertyKeys[Int(key)]] = value
      }
      let forms = graph.propertyKey(named: "name").map { key in
        graph.forms(ofProperty: key, of: NodeNumber(node)).map { "\($0.form)" }
      }
      if values["name"] != nil { values["name"] = .string("\(forms ?? [])") }
      values["id"] = nil
      all[name(of: node, in: graph)] = values
    }
    return all
  }

  private func name(of node: UInt32, in graph: Graph) -> String {
    let table = graph.contents.tables[Int(graph.contents.nodeTables[Int(node)])].name
    return "\(table) \(graph.property(graph.propertyKey(named: "id") ?? 0, of: NodeNumber(node)))"
  }

  /// How many edges of each type there are between each two nodes.
  private func edgeCounts(of graph: Graph) -> [String: Int] {
    var counts: [String: Int] = [:]
    for table in graph.contents.edgeTypes {
      for edge in 0..<table.count {
        let source = name(of: table.sources[edge], in: graph)
        let target = name(of: table.targets[edge], in: graph)
        counts["\(table.type) \(source) \(target)", default: 0] += 1
      }
    }
    return counts
  }
}
