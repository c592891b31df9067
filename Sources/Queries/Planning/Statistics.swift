import GraphModel

/// What the planner knows of a graph: exact counts.
struct Statistics {
  let view: GraphView

  /// How many nodes have one of the label sets.
  func nodeCount(_ labelSets: [Bool]?) -> Double {
    guard let labelSets else { return Double(view.nodeCount) }
    var count = 0
    for (set, wanted) in labelSets.enumerated() where wanted { count += view.labelSetCounts[set] }
    return Double(count)
  }

  /// How many edges of the types a node of those label sets has on average.
  func degree(
    _ types: [UInt16],
    _ direction: Expansion.Direction,
    from labelSets: [Bool]?
  ) -> Double {
    let nodes = nodeCount(labelSets)
    if nodes == 0 { return 0 }
    var edges = 0.0
    for type in types {
      let table = view.edgeTypes[Int(type)]
      if direction != .left { edges += sum(table.sourceCounts, labelSets) }
      if direction != .right { edges += sum(table.targetCounts, labelSets) }
    }
    return edges / nodes
  }

  /// Which part of the edges of the types leads to a node of those label sets.
  func share(
    _ types: [UInt16],
    _ direction: Expansion.Direction,
    to labelSets: [Bool]?
  ) -> Double {
    guard let labelSets else { return 1 }
    var all = 0.0
    var wanted = 0.0
    for type in types {
      let table = view.edgeTypes[Int(type)]
      if direction != .left {
        all += Double(table.count)
        wanted += sum(table.targetCounts, labelSets)
      }
      if direction != .right {
        all += Double(table.count)
        wanted += sum(table.sourceCounts, labelSets)
      }
    }
    return all == 0 ? 0 : wanted / all
  }

  /// Whether every neighbour over those edges has one of the label sets, so that none need be tested.
  func alwaysLeads(
    _ types: [UInt16],
    _ direction: Expansion.Direction,
    to labelSets: [Bool]
  ) -> Bool {
    reachable(types, direction).enumerated().allSatisfy { !$0.element || labelSets[$0.offset] }
  }

  /// The label sets of the neighbours over those edges.
  func reachable(_ types: [UInt16], _ direction: Expansion.Direction) -> [Bool] {
    var found = [Bool](repeating: false, count: view.labelSetCounts.count)
    for type in types {
      let table = view.edgeTypes[Int(type)]
      for set in found.indices {
        if direction != .left, table.targetCounts[set] > 0 { found[set] = true }
        if direction != .right, table.sourceCounts[set] > 0 { found[set] = true }
      }
    }
    return found
  }

  /// How many edges a node has that has any: how fast walks grow.
  func branching(_ types: [UInt16], _ direction: Expansion.Direction) -> Double {
    var edges = 0.0
    var ends = 0.0
    for type in types {
      let table = view.edgeTypes[Int(type)]
      if direction != .left {
        edges += Double(table.count)
        ends += Double(table.distinctSources)
      }
      if direction != .right {
        edges += Double(table.count)
        ends += Double(table.distinctTargets)
      }
    }
    return ends == 0 ? 0 : edges / ends
  }

  private func sum(_ counts: [Int], _ labelSets: [Bool]?) -> Double {
    guard let labelSets else { return Double(counts.reduce(0, +)) }
    var count = 0
    for (set, wanted) in labelSets.enumerated() where wanted { count += counts[set] }
    return Double(count)
  }
}

extension Expansion.Direction {
  /// The same seen from the other end.
  var flipped: Expansion.Direction {
    switch self {
    case .right: .left
    case .left: .right
    case .either: .either
    }
  }
}
