import SourceText

extension PatternPlanner {
  /// Follows an edge that the schema derives, with the conditions on its properties.
  mutating func takeDerived(_ edge: PatternEdge, forwards: Bool) throws(Diagnostics) {
    var pushed: [Bound] = []
    let properties = Set(edge.derived?.properties.values.map { $0 } ?? [])
    let visible = bound.union(properties).union([edge.left, edge.right])
    var kept: [(condition: Bound, slots: Set<Int>)] = []
    for conjunct in conjuncts {
      if conjunct.slots.isSubset(of: visible), !isExpensive(conjunct.condition),
        !conjunct.slots.isDisjoint(with: properties)
      {
        pushed.append(conjunct.condition)
      } else {
        kept.append(conjunct)
      }
    }
    conjuncts = kept
    let planner = DerivedPlanner(compiler, edge, bound: bound, graph: graph, pushed: pushed)
    current = try planner.join(to: current)
    for slot in [edge.left, edge.right] where !bound.contains(slot) {
      bind(node: slot, known: graph.nodes[slot]?.labelSets)
    }
    bound.formUnion(properties)
    bound.insert(edge.slot)
  }
}
