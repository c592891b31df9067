import GraphModel

// Where rows are only counted, an edge to a node that nobody asks for multiplies their number by
// the degree of its other end. Such edges are not followed: their degrees are multiplied.
//
// Edges of one MATCH are all different, so two counted edges that could be the same one take a
// term away: the pairs that are one edge twice. That is done for two of them; further edges are
// followed.

/// An edge of which only the number is asked for.
struct CountedEdge {
  var edge: PatternEdge
  /// The end whose degree it is.
  var from: Int
  var direction: Expansion.Direction
}

extension PatternPlanner {
  /// Takes the edges out of the graph that are only to be counted.
  mutating func setCountedEdgesAside() -> [CountedEdge] {
    guard let use, use.isCounted else { return [] }
    var candidates = graph.edges.compactMap { countable($0, use) }
    candidates.sort { degree($0) > degree($1) }
    var counted: [CountedEdge] = []
    for candidate in candidates where isCompatible(candidate, with: counted) {
      counted.append(candidate)
    }
    for each in counted {
      graph.edges.removeAll { $0.slot == each.edge.slot }
      let leaf = each.from == each.edge.left ? each.edge.right : each.edge.left
      graph.nodes[leaf] = nil
      graph.nodeOrder.removeAll { $0 == leaf }
    }
    return counted
  }

  private func degree(_ counted: CountedEdge) -> Double {
    statistics.degree(
      counted.edge.types,
      counted.direction,
      from: graph.nodes[counted.from]?.labelSets
    )
  }

  /// The edge as one to count, where one of its ends is a node that nothing else is said of.
  private func countable(_ edge: PatternEdge, _ use: PatternUse) -> CountedEdge? {
    guard !edge.isWalk, edge.derived == nil, edge.asOf == nil, edge.left != edge.right,
      !bound.contains(edge.slot), isUnnamed(edge.slot, use),
      !compiler.hasQueryDate || !edge.types.contains(where: { view.edgeTypes[Int($0)].hasValidity })
    else { return nil }
    let ends = [
      CountedEdge(edge: edge, from: edge.left, direction: edge.direction),
      CountedEdge(edge: edge, from: edge.right, direction: edge.direction.flipped),
    ].filter { isLeaf($0.from == edge.left ? edge.right : edge.left, $0, use) }
    // Of two free ends the one with fewer nodes is gone through.
    return ends.min { count($0.from) < count($1.from) }
  }

  private func count(_ slot: Int) -> Double {
    bound.contains(slot) ? 0 : statistics.nodeCount(graph.nodes[slot]?.labelSets)
  }

  private func isLeaf(_ slot: Int, _ counted: CountedEdge, _ use: PatternUse) -> Bool {
    !bound.contains(slot) && isUnnamed(slot, use)
      && graph.edges.count { $0.left == slot || $0.right == slot } == 1
      && needed(slot, counted.edge.types, counted.direction) == nil
  }

  /// Whether neither the projection, nor a condition or a path reads the slot.
  private func isUnnamed(_ slot: Int, _ use: PatternUse) -> Bool {
    !use.needed.contains(slot) && !conjuncts.contains { $0.slots.contains(slot) }
      && !graph.paths.contains { $0.value.freeSlots.contains(slot) }
  }

  private func isCompatible(_ candidate: CountedEdge, with counted: [CountedEdge]) -> Bool {
    let others = graph.edges.filter {
      $0.slot != candidate.edge.slot && mayCoincide(candidate.edge, $0)
    }
    if others.contains(where: { $0.isWalk || $0.derived != nil }) { return false }
    let rivals = counted.filter { mayCoincide(candidate.edge, $0.edge) }
    if rivals.isEmpty { return !hasRivals(counted) }
    return counted.count == 1 && hasOneDirection(candidate) && hasOneDirection(counted[0])
  }

  private func hasRivals(_ counted: [CountedEdge]) -> Bool {
    counted.count == 2 && mayCoincide(counted[0].edge, counted[1].edge)
  }

  private func hasOneDirection(_ counted: CountedEdge) -> Bool {
    counted.edge.types.count == 1 && counted.direction != .either
  }

  // MARK: Taking

  /// Adds the steps that count the edges that were set aside.
  mutating func count(_ counted: [CountedEdge]) {
    for (index, each) in counted.enumerated() {
      let others = matched.filter { mayCoincide(each.edge, $0) }
      let certain = others.filter { isCertain($0, for: each) }
      let uncertain = others.filter { !isCertain($0, for: each) }
      let isLast = index > 0 && mayCoincide(each.edge, counted[0].edge)
      let slot = compiler.newSlot()
      var expansion = Expansion(
        from: each.from,
        to: each.from == each.edge.left ? each.edge.right : each.edge.left,
        edge: each.edge.slot,
        types: each.edge.types,
        direction: each.direction,
        into: false,
        distinctFrom: uncertain.map(\.slot),
        distinctFromLists: [],
        text: each.edge.text
      )
      expansion.certainlyMatched = certain.count
      expansion.countSlot = slot
      expansion.factorSlot = weightSlot
      expansion.rival = isLast ? rival(of: each, counted[0], others) : nil
      current = Plan(.expand(expansion), [current], estimate: current.estimate)
      weightSlot = slot
    }
  }

  /// Whether a matched edge is for certain one of those that are counted.
  private func isCertain(_ other: PatternEdge, for counted: CountedEdge) -> Bool {
    guard Set(other.types).isSubset(of: counted.edge.types) else { return false }
    let source = other.direction == .left ? other.right : other.left
    let target = other.direction == .left ? other.left : other.right
    return switch (counted.direction, other.direction) {
    case (.either, _): other.left == counted.from || other.right == counted.from
    case (_, .either): false
    case (.right, _): source == counted.from
    case (.left, _): target == counted.from
    }
  }

  private func rival(
    of counted: CountedEdge,
    _ other: CountedEdge,
    _ matched: [PatternEdge]
  ) -> Expansion.Rival {
    let type = counted.edge.types[0]
    let isBetween = matched.contains { isCertain($0, for: counted) && isCertain($0, for: other) }
    return Expansion.Rival(
      from: other.from,
      direction: other.direction,
      isSettled: counted.direction != other.direction && isBetween
        && !view.edgeTypes[Int(type)].hasParallelEdges,
      matched: matched.map(\.slot)
    )
  }
}
