import GraphModel

// A node with edges to two or more bound nodes is one of the neighbours that they have in common.
// Following one edge and testing the others makes a row for each neighbour first; intersecting the
// sorted lists makes rows for common ones only.

extension PatternPlanner {
  /// By how much it multiplies the rows; `nil` where the node has no two such edges.
  func costOfIntersection(at slot: Int) -> Double? {
    let edges = graph.edges.filter { isArm($0, of: slot) }
    if edges.count < 2 { return nil }
    let factors = edges.compactMap { cost(of: $0)?.factor }
    guard let least = factors.min() else { return nil }
    return least * (1...edges.count).reduce(1) { factor, _ in factor * 0.3 }
  }

  private func isArm(_ edge: PatternEdge, of slot: Int) -> Bool {
    guard edge.left == slot || edge.right == slot else { return false }
    return bound.contains(edge.left == slot ? edge.right : edge.left)
      && !edge.isWalk && edge.derived == nil && edge.asOf == nil && !bound.contains(edge.slot)
      && edge.types.count == 1 && edge.direction != .either
      && (!compiler.hasQueryDate || !view.edgeTypes[Int(edge.types[0])].hasValidity)
  }

  mutating func takeIntersection(_ slot: Int) {
    let edges = graph.edges.filter { isArm($0, of: slot) }
    let factor = costOfIntersection(at: slot) ?? 1
    let taken = Set(edges.map(\.slot))
    graph.edges.removeAll { taken.contains($0.slot) }
    let arms = edges.map { edge in
      let others = matched.filter { mayCoincide(edge, $0) }
      return Intersection.Arm(
        from: edge.left == slot ? edge.right : edge.left,
        edge: edge.slot,
        type: edge.types[0],
        direction: edge.left == slot ? edge.direction.flipped : edge.direction,
        distinctFrom: others.filter { !$0.isWalk }.map(\.slot),
        distinctFromLists: others.compactMap(\.list),
        text: edge.text
      )
    }
    let labelSets = zip(edges, arms).map { needed(slot, $0.types, $1.direction) }
    let rivals = arms.indices.flatMap { second in
      (0..<second).filter { mayCoincide(edges[$0], edges[second]) }.map { ($0, second) }
    }
    let intersection = Intersection(
      to: slot,
      arms: arms,
      labelSets: labelSets.contains { $0 == nil } ? nil : labelSets[0],
      rivals: rivals
    )
    current = Plan(
      .intersect(intersection),
      [current],
      estimate: current.estimate * factor
    )
    for edge in edges {
      bound.insert(edge.slot)
      matched.append(edge)
    }
    bind(
      node: slot,
      known: graph.nodes[slot]?.labelSets
        ?? statistics.reachable(edges[0].types, arms[0].direction)
    )
  }
}
