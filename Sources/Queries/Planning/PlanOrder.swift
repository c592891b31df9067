import GraphStorage

/// What is known of the order in which a step's rows come.
struct PlanOrder {
  /// Whether there is one row at most.
  var isSingleRow = false
  /// Slots that have the same value in all rows.
  var constants: Set<Int> = []
  /// Sets of slots whose values come in runs: once a row has others, the former do not return.
  ///
  /// What groups rows by such slots, and perhaps more, can forget a group as soon as its run is
  /// over.
  var runs: [Set<Int>] = []
  /// Slots whose nodes come in the order of their numbers; some may hold something else.
  var ascending: Set<Int> = []

  /// The slots of the best run for what groups rows by `slots`, and the others; constants are in
  /// neither.
  func split(_ slots: Set<Int>) -> (run: [Int], others: [Int])? {
    let varying = slots.subtracting(constants)
    let candidates = runs.map { $0.subtracting(constants) }.filter { $0.isSubset(of: varying) }
    guard let run = candidates.max(by: { $0.count < $1.count }) else { return nil }
    return (run.sorted(), varying.subtracting(run).sorted())
  }
}

/// The keys of an aggregation that come in runs, by index.
struct RunKeys {
  var indices: [Int] = []
  /// Whether a run has one group: no other key varies within it.
  var areAll = false

  init() {}

  init(_ aggregation: Aggregation, _ order: PlanOrder) {
    guard aggregation.partition == nil else { return }
    var keys: [Int: Int] = [:]
    for (index, key) in aggregation.keys.enumerated() {
      if case .slot(let slot) = key.value.kind { keys[slot] = index }
    }
    guard let (run, others) = order.split(Set(keys.keys)) else { return }
    indices = run.compactMap { keys[$0] }
    areAll = others.isEmpty && keys.count == aggregation.keys.count
  }
}

extension Plan {
  func order(in view: GraphView) -> PlanOrder {
    guard let first = inputs.first else {
      if case .single = operation { return PlanOrder(isSingleRow: true) }
      return PlanOrder()
    }
    let input = first.order(in: view)
    var order = input
    switch operation {
    case .filter, .project, .slice: return order
    case .sort, .walk, .shortest:
      return PlanOrder(isSingleRow: isSorted && input.isSingleRow, constants: input.constants)
    case .scan(let slot, _, _):
      order.isSingleRow = false
      if input.isSingleRow { order.addAscending(slot) }
    case .seek(let slot, _, let labelSets, _):
      order.isSingleRow = input.isSingleRow && view.hasUniqueIDs(labelSets)
      if order.isSingleRow { order.constants.insert(slot) }
      if input.isSingleRow { order.addAscending(slot) }
    case .expand(let expansion) where expansion.countSlot != nil: return order
    case .expand(let expansion):
      order.isSingleRow = false
      let hasOneList = expansion.types.count == 1 && expansion.direction != .either
      if input.isSingleRow, hasOneList, !expansion.into { order.addAscending(expansion.to) }
    case .intersect(let intersection):
      order.isSingleRow = false
      if input.isSingleRow { order.addAscending(intersection.to) }
    case .edgeSeek, .edgeEnds, .unwind: order.isSingleRow = false
    case .distinct where gatheredSlot != nil:
      order.runs = []
      order.ascending = []
      if let gatheredSlot { order.addAscending(gatheredSlot) }
    case .distinct(let slots, let partition):
      order.runs.append(Set(slots).union([partition].compactMap { $0 }))
    case .aggregate(let aggregation): return Self.order(of: aggregation, input)
    case .union, .apply, .single, .argument: return PlanOrder()
    }
    return order
  }

  private var isSorted: Bool {
    if case .sort = operation { return true }
    return false
  }

  /// Groups come in the order in which their first rows do.
  private static func order(of aggregation: Aggregation, _ input: PlanOrder) -> PlanOrder {
    if aggregation.partition != nil { return PlanOrder() }
    var slots: [Int: Int] = [:]
    for key in aggregation.keys {
      if case .slot(let slot) = key.value.kind { slots[slot] = key.slot }
    }
    var order = PlanOrder(isSingleRow: aggregation.keys.isEmpty || input.isSingleRow)
    order.constants = Set(input.constants.compactMap { slots[$0] })
    order.runs = input.runs.filter { $0.isSubset(of: slots.keys) }
      .map { run in Set(run.compactMap { slots[$0] }) }
    order.runs.append(Set(aggregation.keys.map(\.slot)))
    order.ascending = Set(input.ascending.compactMap { slots[$0] })
    return order
  }
}

extension PlanOrder {
  fileprivate mutating func addAscending(_ slot: Int) {
    runs.append([slot])
    ascending.insert(slot)
  }
}

extension Plan {
  /// Whether the rows that a sort draws come in the order of its first key already.
  func isInOrder(_ context: ExecutionContext) -> Bool {
    guard case .sort(let sorting) = operation, let first = sorting.keys.first, !first.descending
    else { return false }
    if case .slot(let slot) = first.value.kind,
      inputOrder(in: context.view).ascending.contains(slot),
      inputs[0].possibleLabelSets(ofNode: slot, context.view) != nil
    {
      return true
    }
    guard let (slot, name) = inputs[0].property(first.value), context.options.languages.isEmpty,
      let key = context.view.graph.propertyKey(named: name),
      inputOrder(in: context.view).ascending.contains(slot),
      let labelSets = inputs[0].possibleLabelSets(ofNode: slot, context.view),
      let set = context.view.onlyLabelSet(of: labelSets)
    else { return false }
    return context.caches.isAscending(key, labelSet: set, in: context.view)
  }

  /// The property of a node that a value is, seen through the projections below.
  private func property(_ value: Bound) -> (slot: Int, name: String)? {
    switch value.kind {
    case .property(let base, let name):
      guard case .slot(let slot) = base.kind else { return nil }
      return (slot, name)
    case .slot(let slot):
      guard let below = inputs.first else { return nil }
      if case .project(let assignments) = operation,
        let assignment = assignments.first(where: { $0.slot == slot })
      {
        return below.property(assignment.value)
      }
      if case .filter = operation { return below.property(value) }
      return nil
    default: return nil
    }
  }
}
