extension AggregateOperator {
  /// Takes the groups of others in, which aggregated other morsels of the same rows.
  ///
  /// All come out in the order of the morsels that they appeared in first, as if one had had all.
  func merge(_ others: [AggregateOperator]) throws(QueryError) {
    var groups = [Array(0..<UInt32(table.count))]
    groups += others.map { groupsHere(of: $0.table) }
    for (index, fold) in folds.enumerated() {
      let parts = others.map { $0.folds[index] }
      fold.merge(parts, Array(groups.dropFirst()), groupCount: table.count)
    }
    let order = Self.order(of: ([self] + others).map(\.morselOfGroup), groups, count: table.count)
    var results: [Vector] = []
    for fold in folds { results.append(try fold.result(0..<table.count)) }
    merged = (order, results)
  }

  /// The group here of each group of another table; those that are new are made.
  private func groupsHere(of other: GroupTable) -> [UInt32] {
    if other.keyCount == 0 { return Array(repeating: 0, count: other.count) }
    let rows = Selection(all: other.count)
    return [UInt32](unsafeUninitializedCapacity: other.count) { groups, count in
      var start = 0
      while start < other.count, let target = groups.baseAddress {
        let part = Rows(rows.pointer + start, count: min(Chunk.rowCountMax, other.count - start))
        table.groups(other.keys, part, into: target + start)
        start += part.count
      }
      count = start
    }
  }

  /// All groups, those that appeared in earlier morsels first.
  ///
  /// - Parameters:
  ///   - morsels: of each part, the morsel that its groups appeared in first; ascending.
  ///   - groups: of each part, which groups those are.
  private static func order(
    of morsels: [[UInt32]],
    _ groups: [[UInt32]],
    count: Int
  ) -> [UInt32] {
    var order: [UInt32] = []
    order.reserveCapacity(count)
    var isDone = [Bool](repeating: false, count: count)
    var next = morsels.map { _ in 0 }
    while true {
      var first: Int?
      for part in morsels.indices where next[part] < morsels[part].count {
        if let known = first, morsels[known][next[known]] <= morsels[part][next[part]] { continue }
        first = part
      }
      guard let first else { return order }
      let morsel = morsels[first][next[first]]
      while next[first] < morsels[first].count, morsels[first][next[first]] == morsel {
        let group = groups[first][next[first]]
        if !isDone[Int(group)] { order.append(group) }
        isDone[Int(group)] = true
        next[first] += 1
      }
    }
  }
}

extension Fold {
  /// Takes in what others made of groups of theirs, which are these groups here.
  fileprivate func merge(_ others: [Fold], _ groups: [[UInt32]], groupCount: Int) {
    guard let count = self as? CountFold, let others = others as? [CountFold] else {
      preconditionFailure("only counts are made by several threads")
    }
    count.merge(others, groups, groupCount: groupCount)
  }
}
