extension Plan {
  /// The step below an aggregation whose rows several threads can share among them, each of them
  /// running all steps above on its own share; `nil` where there is none.
  ///
  /// That needs steps which treat rows one by one. Steps that compare rows, such as DISTINCT, are
  /// well where what they compare never belongs to two threads: where each row of the shared step
  /// is told from all others by slots that those steps compare too.
  ///
  /// - Parameter rowCountMin: fewer rows are not worth sharing.
  func sharedStep(
    of aggregation: Aggregation,
    in view: GraphView,
    rowCountMin: Double
  ) -> Plan? {
    guard aggregation.partition == nil, let compared = aggregation.comparedSlots else { return nil }
    var wanted = compared
    var best: Plan?
    var step = inputs[0]
    while true {
      if step.estimate >= rowCountMin, step.isShareable(comparing: wanted, in: view) { best = step }
      guard step.treatsRowsAlone(&wanted), let below = step.inputs.first else { break }
      step = below
    }
    return step.isWithoutArgument ? best : nil
  }

  private func isShareable(comparing wanted: [Set<Int>], in view: GraphView) -> Bool {
    if wanted.isEmpty { return true }
    guard let identity else { return false }
    let varying = identity.subtracting(order(in: view).constants)
    return wanted.allSatisfy { varying.isSubset(of: $0) }
  }

  /// Slots that tell each of its rows from all others.
  private var identity: Set<Int>? {
    switch operation {
    case .scan(let slot, _, _): inputs[0].isSingle ? [slot] : nil
    case .edgeSeek(let seek): inputs[0].isSingle ? [seek.edge] : nil
    case .distinct(let slots, nil): Set(slots)
    case .aggregate(let aggregation):
      aggregation.partition == nil ? Set(aggregation.keys.map(\.slot)) : nil
    default: nil
    }
  }

  private var isSingle: Bool {
    if case .single = operation { return true }
    return false
  }

  /// Whether a thread can run it on rows of its own; adds the slots by which it compares them.
  private func treatsRowsAlone(_ compared: inout [Set<Int>]) -> Bool {
    switch operation {
    case .expand, .intersect, .edgeEnds, .walk, .filter, .project, .unwind, .seek: return true
    case .distinct(let slots, nil) where gatheredSlot == nil:
      compared.append(Set(slots))
      return true
    case .aggregate(let aggregation) where aggregation.partition == nil:
      // A key that is computed may be the same for rows that are told apart by other slots.
      let slots = aggregation.keys.compactMap { key -> Int? in
        if case .slot(let slot) = key.value.kind { return slot }
        return nil
      }
      compared.append(Set(slots))
      return !slots.isEmpty
    default: return false
    }
  }

  /// Whether no step draws the rows of an enclosing plan.
  private var isWithoutArgument: Bool {
    if case .argument = operation { return false }
    return inputs.first?.isWithoutArgument ?? true
  }
}

extension Aggregation {
  /// By which slots rows are compared beside the groups; `nil` where results of several threads
  /// cannot be put together.
  fileprivate var comparedSlots: [Set<Int>]? {
    var compared: [Set<Int>] = []
    for assignment in aggregates {
      let aggregate = assignment.aggregate
      guard aggregate.name == "count" else { return nil }
      guard aggregate.distinct else { continue }
      var slots: Set<Int> = []
      for value in aggregate.arguments + keys.map(\.value) {
        if case .slot(let slot) = value.kind { slots.insert(slot) }
      }
      compared.append(slots)
    }
    return compared
  }
}
