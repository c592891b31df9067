/// Decides for each step which columns it must carry on, from the last step to the first.
///
/// Columns that nobody reads are neither copied nor computed.
enum Liveness {
  /// Goes down from a step above which the slots `needed` are read.
  ///
  /// `argument` gains the slots that are read from the rows of the enclosing plan.
  static func assign(_ plan: Plan, needed: Set<Int>, argument: inout Set<Int>) {
    switch plan.operation {
    case .single: break
    case .argument(let rowSlot):
      argument.formUnion(needed.subtracting([rowSlot]))
    case .scan(let slot, _, _):
      carry(plan, needed.subtracting([slot]), reading: [], &argument)
    case .seek(let slot, let id, _, _):
      carry(plan, needed.subtracting([slot]), reading: id.freeSlots, &argument)
    case .edgeSeek(var seek):
      let parts: [(Int, EdgeSeek.Parts)] = [
        (seek.edge, .edge), (seek.source, .source), (seek.target, .target),
      ]
      seek.needs = EdgeSeek.Parts(parts.filter { needed.contains($0.0) }.map(\.1))
      plan.operation = .edgeSeek(seek)
      carry(
        plan,
        needed.subtracting([seek.edge, seek.source, seek.target]),
        reading: [],
        &argument
      )
    case .expand(var expansion):
      expansion.needsEdge = needed.contains(expansion.edge)
      plan.operation = .expand(expansion)
      var produced: Set<Int> = [expansion.edge]
      if !expansion.into { produced.insert(expansion.to) }
      if let slot = expansion.countSlot { produced.insert(slot) }
      carry(plan, needed.subtracting(produced), reading: expansion.readSlots, &argument)
    case .intersect(var intersection):
      let edges = intersection.arms.map(\.edge)
      intersection.needsEdges = !needed.isDisjoint(with: edges)
      plan.operation = .intersect(intersection)
      var read: Set<Int> = []
      for arm in intersection.arms {
        read.formUnion(arm.distinctFrom + arm.distinctFromLists + [arm.from])
      }
      carry(plan, needed.subtracting(edges + [intersection.to]), reading: read, &argument)
    case .edgeEnds(let expansion):
      var read = expansion.readSlots.union([expansion.edge])
      if !expansion.boundFrom { read.remove(expansion.from) }
      if expansion.boundTo { read.insert(expansion.to) }
      let produced: Set<Int> = [expansion.from, expansion.to]
      carry(plan, needed.subtracting(produced), reading: read, &argument)
    case .walk(let walk): assign(walk, plan, needed, &argument)
    case .shortest(let shortest): assign(shortest.walk, plan, needed, &argument)
    default: assignRows(plan, needed, &argument)
    }
  }

  /// Steps that work on rows and not on the graph.
  private static func assignRows(_ plan: Plan, _ needed: Set<Int>, _ argument: inout Set<Int>) {
    switch plan.operation {
    case .filter(let predicate):
      carry(plan, needed, reading: predicate.freeSlots, &argument)
    case .project(let assignments):
      let kept = assignments.filter { needed.contains($0.slot) }
      plan.operation = .project(kept)
      let read = kept.reduce(into: Set<Int>()) { $0.formUnion($1.value.freeSlots) }
      carry(plan, needed.subtracting(kept.map(\.slot)), reading: read, &argument)
    case .aggregate(let aggregation):
      var read = Set([aggregation.weight].compactMap { $0 })
      for key in aggregation.keys { read.formUnion(key.value.freeSlots) }
      for aggregate in aggregation.aggregates {
        for part in aggregate.aggregate.arguments { read.formUnion(part.freeSlots) }
      }
      if let partition = aggregation.partition { read.insert(partition) }
      // What is neither a key nor an aggregate belongs to the outer row.
      let produced = aggregation.keys.map(\.slot) + aggregation.aggregates.map(\.slot)
      let outer = needed.subtracting(produced + [aggregation.partition].compactMap { $0 })
      carry(plan, [], reading: read, &argument)
      plan.live = outer.sorted()
      argument.formUnion(outer)
    case .distinct(let slots, let partition):
      carry(plan, needed, reading: Set(slots + [partition].compactMap { $0 }), &argument)
    case .sort(let sorting):
      var read = Set([sorting.partition].compactMap { $0 })
      for key in sorting.keys { read.formUnion(key.value.freeSlots) }
      carry(plan, needed, reading: read, &argument)
    case .slice(_, _, let partition):
      carry(plan, needed, reading: Set([partition].compactMap { $0 }), &argument)
    case .unwind(let list, let slot):
      carry(plan, needed.subtracting([slot]), reading: list.freeSlots, &argument)
    case .union:
      plan.live = needed.sorted()
      for input in plan.inputs { assign(input, needed: needed, argument: &argument) }
    case .apply(let application):
      let produced = Set(application.produced)
      var outer: Set<Int> = []
      assign(
        plan.inputs[1],
        needed: needed.intersection(produced).union([application.rowSlot]),
        argument: &outer
      )
      carry(plan, needed.subtracting(produced), reading: outer, &argument)
    default: break
    }
  }

  private static func assign(
    _ walk: Walk,
    _ plan: Plan,
    _ needed: Set<Int>,
    _ argument: inout Set<Int>
  ) {
    var produced: Set<Int> = [walk.list]
    if !walk.expansion.into { produced.insert(walk.expansion.to) }
    var read = walk.expansion.readSlots
    if let predicate = walk.predicate {
      read.formUnion(predicate.freeSlots.subtracting([walk.expansion.edge]))
    }
    carry(plan, needed.subtracting(produced), reading: read, &argument)
    if needed.contains(walk.list) { plan.live.append(walk.list) }
  }

  private static func carry(
    _ plan: Plan,
    _ carried: Set<Int>,
    reading read: Set<Int>,
    _ argument: inout Set<Int>
  ) {
    plan.live = carried.sorted()
    assign(plan.inputs[0], needed: carried.union(read), argument: &argument)
  }
}

extension Expansion {
  /// The slots that it reads, `to` only where it is bound.
  var readSlots: Set<Int> {
    var read = Set(distinctFrom + distinctFromLists + distinctFromNodes + [from])
    if into { read.insert(to) }
    if let factorSlot { read.insert(factorSlot) }
    if let above { read.insert(above) }
    if let rival, !rival.isSettled { read.formUnion(rival.matched + [rival.from]) }
    return read
  }
}
