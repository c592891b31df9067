extension Plan {
  /// The slots of nodes that come in runs: once a row has another value, the former one does not
  /// return.
  ///
  /// What groups rows by such a slot can forget a group as soon as its run is over.
  var clusteredSlots: Set<Int> {
    switch operation {
    case .scan(let slot, _, _):
      if case .single = inputs[0].operation { return [slot] }
      return []
    case .expand, .intersect, .edgeEnds, .filter, .project, .distinct, .slice, .unwind:
      return inputs[0].clusteredSlots
    case .aggregate(let aggregation):
      let clustered = inputs[0].clusteredSlots
      let kept = aggregation.keys.filter { key in
        if case .slot(let slot) = key.value.kind { clustered.contains(slot) } else { false }
      }
      return Set(kept.map(\.slot))
    case .single, .argument, .seek, .edgeSeek, .walk, .shortest, .sort, .union, .apply: return []
    }
  }
}
