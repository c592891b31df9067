import GraphModel

// Edges of one MATCH are all different. Where no two edges of a type have the same ends, an edge
// from a node that another edge has too is that other edge just where it leads to the same node:
// then nodes are compared, and nobody needs to know which edges there were.

extension PatternPlanner {
  /// Has an expansion avoid nodes in the place of the edges that lead to them.
  func compareNodes(of others: [PatternEdge], instead expansion: inout Expansion) {
    guard expansion.types.count == 1, expansion.direction != .either,
      !view.edgeTypes[Int(expansion.types[0])].hasParallelEdges
    else { return }
    for other in others {
      guard let node = otherEnd(of: other, expansion) else { continue }
      expansion.distinctFrom.removeAll { $0 == other.slot }
      if !expansion.distinctFromNodes.contains(node) { expansion.distinctFromNodes.append(node) }
    }
  }

  /// Where an edge leads that starts as the expansion does; `nil` where it does not.
  private func otherEnd(of edge: PatternEdge, _ expansion: Expansion) -> Int? {
    guard !edge.isWalk, edge.derived == nil, edge.types == expansion.types,
      edge.direction != .either
    else { return nil }
    let (source, target) =
      edge.direction == .right ? (edge.left, edge.right) : (edge.right, edge.left)
    let (start, end) = expansion.direction == .right ? (source, target) : (target, source)
    return start == expansion.from && bound.contains(end) ? end : nil
  }
}
