import GraphModel

// What steps cost: by how much they multiply the rows.

extension PatternPlanner {
  func selectivity(_ condition: Bound) -> Double {
    switch condition.kind {
    case .compare(.equal, _, _): 0.05
    case .compare(.notEqual, _, _): 0.95
    case .compare: 0.4
    case .isIn: 0.1
    case .text, .resembles: 0.1
    default: 0.5
    }
  }

  /// How many nodes a scan makes, and how many edges must then be followed from them.
  ///
  /// Edges that lead to the smaller end are better: the columns of the other end are then read in
  /// their order. So are those that keep rows together which will be grouped together.
  func costOfScan(of slot: Int) -> Double {
    let count = statistics.nodeCount(graph.nodes[slot]?.labelSets)
    let scanned = count * conditionFactor(slot)
    var least: Double?
    for edge in graph.edges where edge.left == slot || edge.right == slot {
      let other = edge.left == slot ? edge.right : edge.left
      guard !edge.isWalk, edge.derived == nil, !bound.contains(other), other != slot else {
        continue
      }
      let direction = edge.left == slot ? edge.direction : edge.direction.flipped
      let degree = statistics.degree(edge.types, direction, from: graph.nodes[slot]?.labelSets)
      let otherCount = statistics.nodeCount(graph.nodes[other]?.labelSets)
      let isScattered = otherCount > count && otherCount > Self.cachedNodeCountMax
      least = min(least ?? .infinity, scanned * degree * (isScattered ? 3 : 1))
    }
    guard let least else { return scanned }
    let grouped = use?.groupedBy.intersection(graph.nodeOrder) ?? []
    return scanned + least * (grouped.isEmpty || grouped.contains(slot) ? 1 : 4)
  }

  /// How many edges of a type must be looked at to read all of them in the order of their numbers;
  /// `nil` where that is no way to the rows that are wanted.
  ///
  /// It is the quickest where both ends are read and rows are only counted by values of them: in
  /// any other order of rows nothing else follows, and nodes without such edges are not looked at.
  func costOfEdgeScan(_ edge: PatternEdge) -> Double? {
    guard graph.edges.count == 1, isSeekable(edge), let use, use.isCounted,
      use.groupedBy.isDisjoint(with: graph.nodeOrder), !use.groupedBy.contains(edge.slot),
      use.needed.isSuperset(of: [edge.left, edge.right]),
      conditionFactor(edge.left) == 1, conditionFactor(edge.right) == 1
    else { return nil }
    return Double(view.edgeTypes[Int(edge.types[0])].count)
  }

  /// The columns of that many nodes stay in the processor's caches.
  private static let cachedNodeCountMax = 50_000.0

  /// How much of the nodes the conditions on them alone leave.
  func conditionFactor(_ slot: Int) -> Double {
    var factor = 1.0
    for conjunct in conjuncts
    where conjunct.slots.contains(slot) && conjunct.slots.subtracting([slot]).isSubset(of: bound) {
      factor *= selectivity(conjunct.condition)
    }
    return max(factor, 0.001)
  }

  /// By how much an edge multiplies the rows, and which way to follow it; `nil` where it must wait.
  func cost(of edge: PatternEdge) -> (forwards: Bool, factor: Double)? {
    let hasLeft = bound.contains(edge.left)
    let hasRight = bound.contains(edge.right)
    if !edge.isWalk, edge.derived == nil, bound.contains(edge.slot) { return (true, 0.1) }
    if edge.shortest != nil { return hasLeft && hasRight ? (true, 1) : nil }
    if !hasLeft, !hasRight { return nil }
    if edge.derived != nil {
      let factor = hasLeft && hasRight ? 1.0 : 500
      return (hasLeft, factor)
    }
    if hasLeft, hasRight {
      if !edge.isWalk { return (true, 0.2) }
      let right = growth(edge, edge.direction)
      let left = growth(edge, edge.direction.flipped)
      return (right <= left, 0.3)
    }
    let direction = hasLeft ? edge.direction : edge.direction.flipped
    let from = hasLeft ? edge.left : edge.right
    let to = hasLeft ? edge.right : edge.left
    let wanted = graph.nodes[to]?.labelSets
    let factor =
      edge.isWalk
      ? growth(edge, direction)
      : statistics.degree(edge.types, direction, from: known[from])
    let share = statistics.share(edge.types, direction, to: wanted)
    return (hasLeft, factor * max(share, 0.0001) * conditionFactor(to))
  }

  /// How many ends the walk reaches from one node.
  func growth(_ edge: PatternEdge, _ direction: Expansion.Direction) -> Double {
    let branching = statistics.branching(edge.types, direction)
    var sum = edge.minimum == 0 ? 1.0 : 0
    var level = 1.0
    for length in 1...max(1, min(edge.maximum ?? 8, 8)) {
      level *= branching
      if length >= edge.minimum { sum += level }
    }
    return sum
  }
}
