extension Plan {
  /// The plan of a subquery with the rows of another plan in the place of those of the enclosing one.
  func drawing(from other: Plan) -> Plan {
    if case .argument = operation { return other }
    guard let first = inputs.first else { return self }
    return Plan(
      operation,
      [first.drawing(from: other)] + inputs.dropFirst(),
      estimate: estimate
    )
  }

  /// Notes which steps have to make all their rows in any case, because a step above waits for all.
  func noteWaiting(_ isAwaited: Bool = false) {
    self.isAwaited = isAwaited
    switch operation {
    case .aggregate, .sort: inputs[0].noteWaiting(true)
    case .slice: inputs[0].noteWaiting(false)
    case .apply:
      inputs[0].noteWaiting(isAwaited)
      inputs[1].noteWaiting(false)
    default: for input in inputs { input.noteWaiting(isAwaited) }
    }
  }

  /// Notes which intersections need to find no more than one node for each row: those right below a
  /// DISTINCT that is about other things.
  func noteWhereAnyIsEnough() {
    defer { for input in inputs { input.noteWhereAnyIsEnough() } }
    guard case .distinct(let slots, _) = operation,
      case .intersect(var intersection) = inputs[0].operation,
      !intersection.needsEdges, !(slots + live).contains(intersection.to)
    else { return }
    intersection.isAnyEnough = true
    inputs[0].operation = .intersect(intersection)
  }

  /// The only slot that a DISTINCT is about and that anybody reads, where it may pass its nodes on
  /// in the order of their numbers after it has seen all.
  var gatheredSlot: Int? {
    guard isAwaited, case .distinct(let slots, nil) = operation, slots.count == 1,
      live.allSatisfy({ $0 == slots[0] })
    else { return nil }
    return slots[0]
  }
}
