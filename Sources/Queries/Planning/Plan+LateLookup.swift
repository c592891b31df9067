// What is read of nodes is read as late as can be: of groups and not of rows, of the first rows and
// not of all.

extension Plan {
  /// Groups by nodes where rows are grouped by ids that no two nodes share.
  ///
  /// Ids, and whatever else is read of those nodes, are then looked up once for each group.
  func groupByNodes(_ compiler: Compiler) {
    for input in inputs { input.groupByNodes(compiler) }
    guard case .aggregate(var aggregation) = operation, aggregation.partition == nil else { return }
    let nodes = Set(aggregation.keys.compactMap { identifiedNode($0.value, compiler.view) })
    if nodes.isEmpty { return }
    var slotOfNode: [Int: Int] = [:]
    var keys: [Assignment] = []
    var lookups: [Assignment] = []
    for key in aggregation.keys {
      guard let (node, _) = key.value.propertyOfSlot, nodes.contains(node) else {
        keys.append(key)
        continue
      }
      let slot = slotOfNode[node] ?? compiler.newSlot(named: compiler.slotNames[node])
      if slotOfNode.updateValue(slot, forKey: node) == nil {
        let value = Bound(.slot(node), at: key.value.span)
        keys.append(Assignment(slot: slot, value: value, name: key.name))
      }
      let value = key.value.replacing { part in
        part.kind == .slot(node) ? Bound(.slot(slot), at: part.span) : nil
      }
      lookups.append(Assignment(slot: key.slot, value: value, name: key.name))
    }
    aggregation.keys = keys
    inputs = [Plan(.aggregate(aggregation), inputs, estimate: estimate)]
    operation = .project(lookups)
  }

  /// Compares the ids of a node that is bound and of one that is found while that is found, where
  /// nodes compare as their ids do.
  func compareWhileFollowing(_ compiler: Compiler) {
    for input in inputs { input.compareWhileFollowing(compiler) }
    guard case .filter(let predicate) = operation,
      case .expand(var expansion) = inputs[0].operation,
      let first = predicate.conjuncts.first,
      let bound = inputs[0].lowerBound(of: expansion, in: first, compiler.view)
    else { return }
    expansion.above = bound
    expansion.distinctFromNodes = []
    expansion.text += " WHERE \(BoundText(names: compiler.slotNames).text(first))"
    inputs[0].operation = .expand(expansion)
    let rest = predicate.conjuncts.dropFirst()
    if let second = rest.first {
      operation = .filter(
        rest.dropFirst().reduce(second) { Bound(.logic(.and, $0, $1), at: predicate.span) }
      )
    } else {
      operation = inputs[0].operation
      inputs = inputs[0].inputs
    }
  }

  /// The slot of the node that an expansion's node is to be above, if a condition says no more than
  /// that.
  private func lowerBound(
    of expansion: Expansion,
    in condition: Bound,
    _ view: GraphView
  ) -> Int? {
    guard case .compare(let comparison, let left, let right) = condition.kind,
      comparison == .less || comparison == .greater,
      let low = nodeInOrderOfIDs(comparison == .less ? left : right, view),
      let high = nodeInOrderOfIDs(comparison == .less ? right : left, view),
      high == expansion.to, low != high, expansion.mayCompare(with: low),
      let lowSets = possibleLabelSets(ofNode: low, view),
      let highSets = possibleLabelSets(ofNode: high, view),
      view.onlyLabelSet(of: lowSets) == view.onlyLabelSet(of: highSets)
    else { return nil }
    return low
  }

  /// Looks up behind ORDER BY … LIMIT what only the rows that are kept need.
  func lookUpLate(_ view: GraphView) {
    defer { for input in inputs { input.lookUpLate(view) } }
    guard case .sort(var sorting) = operation, sorting.limit != nil, sorting.partition == nil else {
      return
    }
    let below = inputs[0]
    if case .project(let lookups) = below.operation,
      lookups.allSatisfy({ below.inputs[0].isLookup($0.value, view) }),
      let keys = below.inputs[0].keys(sorting.keys, before: lookups, view)
    {
      sorting.keys = keys
      inputs = [Plan(.sort(sorting), below.inputs, estimate: estimate)]
      operation = .project(lookups)
      return
    }
    sorting.hasSimpleLaterKeys = sorting.keys.dropFirst().allSatisfy {
      below.isLookup($0.value, view)
    }
    operation = .sort(sorting)
  }

  /// The keys of an order as they are before lookups; `nil` where some cannot be said without them,
  /// as those with a subquery about them.
  private func keys(
    _ keys: [Sorting.Key],
    before lookups: [Assignment],
    _ view: GraphView
  ) -> [Sorting.Key]? {
    let slots = Set(lookups.map(\.slot))
    var result: [Sorting.Key] = []
    for var key in keys {
      key.value = key.value.replacing { part in
        lookups.first { part.kind == .slot($0.slot) }?.value
      }
      guard key.value.freeSlots.isDisjoint(with: slots) else { return nil }
      if let node = nodeInOrderOfIDs(key.value, view) {
        key.value = Bound(.slot(node), at: key.value.span)
      }
      result.append(key)
    }
    return result
  }

  /// The slot of the node whose id a value is, where nodes compare as their ids do.
  private func nodeInOrderOfIDs(_ value: Bound, _ view: GraphView) -> Int? {
    guard let (slot, name) = value.propertyOfSlot, name == "id",
      let labelSets = possibleLabelSets(ofNode: slot, view), view.areInOrderOfIDs(labelSets)
    else { return nil }
    return slot
  }

  /// Whether a value is a column of the rows, or read of a node in one: then it is always there.
  private func isLookup(_ value: Bound, _ view: GraphView) -> Bool {
    if case .slot = value.kind { return true }
    guard let (slot, _) = value.propertyOfSlot else { return false }
    return possibleLabelSets(ofNode: slot, view) != nil
  }

  /// The slot of the node whose id a value is, where that tells the node from all others.
  private func identifiedNode(_ value: Bound, _ view: GraphView) -> Int? {
    guard let (slot, name) = value.propertyOfSlot, name == "id",
      let labelSets = inputs[0].possibleLabelSets(ofNode: slot, view),
      view.areIdentified(labelSets)
    else { return nil }
    return slot
  }

  /// The label sets that the nodes in a slot may have; `nil` where it may hold anything.
  func possibleLabelSets(ofNode wanted: Int, _ view: GraphView) -> [Bool]? {
    let all = view.labelSetCounts.map { $0 > 0 }
    switch operation {
    case .scan(wanted, let labelSets, _), .seek(wanted, _, let labelSets, _):
      return labelSets ?? all
    case .edgeSeek(let seek) where seek.source == wanted:
      return seek.sourceLabelSets ?? view.edgeTypes[Int(seek.type)].sourceCounts.map { $0 > 0 }
    case .edgeSeek(let seek) where seek.target == wanted:
      return seek.targetLabelSets ?? view.edgeTypes[Int(seek.type)].targetCounts.map { $0 > 0 }
    case .expand(let expansion) where expansion.to == wanted && !expansion.into:
      return expansion.labelSets ?? expansion.reachedLabelSets(view)
    case .intersect(let intersection) where intersection.to == wanted:
      return intersection.labelSets ?? all
    case .expand, .intersect, .edgeSeek, .scan, .seek, .filter, .distinct, .sort, .slice:
      return inputs[0].possibleLabelSets(ofNode: wanted, view)
    case .project(let assignments):
      guard let assignment = assignments.first(where: { $0.slot == wanted }) else {
        return inputs[0].possibleLabelSets(ofNode: wanted, view)
      }
      return inputs[0].possibleLabelSets(of: assignment.value, view)
    case .aggregate(let aggregation):
      return aggregation.keys.first { $0.slot == wanted }
        .flatMap { inputs[0].possibleLabelSets(of: $0.value, view) }
    case .single, .argument, .edgeEnds, .walk, .shortest, .unwind, .union, .apply: return nil
    }
  }

  private func possibleLabelSets(of value: Bound, _ view: GraphView) -> [Bool]? {
    guard case .slot(let slot) = value.kind else { return nil }
    return possibleLabelSets(ofNode: slot, view)
  }
}

extension Expansion {
  /// Whether it is simple enough to compare the nodes that it finds with a bound one.
  fileprivate func mayCompare(with node: Int) -> Bool {
    above == nil && countSlot == nil && !into && labelSets == nil && types.count == 1
      && direction != .either && distinctFrom.isEmpty && distinctFromLists.isEmpty
      && distinctFromNodes.allSatisfy { $0 == node }
  }

  /// The label sets at the ends of its edges.
  fileprivate func reachedLabelSets(_ view: GraphView) -> [Bool] {
    var reached = view.labelSetCounts.map { _ in false }
    for type in types {
      let edges = view.edgeTypes[Int(type)]
      for set in reached.indices {
        if direction != .left, edges.targetCounts[set] > 0 { reached[set] = true }
        if direction != .right, edges.sourceCounts[set] > 0 { reached[set] = true }
      }
    }
    return reached
  }
}

extension Bound {
  /// The slot, and the property, of `x.name`.
  fileprivate var propertyOfSlot: (slot: Int, name: String)? {
    guard case .property(let base, let name) = kind, case .slot(let slot) = base.kind else {
      return nil
    }
    return (slot, name)
  }
}
