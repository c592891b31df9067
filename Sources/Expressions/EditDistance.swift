/// How many insertions, deletions, substitutions and swaps of neighbours part two words.
enum EditDistance {
  /// The distance, or `nil` where it is more than `limit`.
  static func between(_ a: [UInt32], _ b: [UInt32], limit: Int) -> Int? {
    a.withUnsafeBufferPointer { first in
      b.withUnsafeBufferPointer { second in
        between(first, second, limit: limit)
      }
    }
  }

  /// Optimal string alignment, row by row, which ends as soon as `limit` is passed.
  static func between(
    _ a: UnsafeBufferPointer<UInt32>,
    _ b: UnsafeBufferPointer<UInt32>,
    limit: Int
  ) -> Int? {
    let (rows, columns) = (a.count, b.count)
    if abs(rows - columns) > limit { return nil }
    if rows == 0 || columns == 0 { return max(rows, columns) }
    let width = columns + 1
    return withUnsafeTemporaryAllocation(of: Int32.self, capacity: 3 * width) { table in
      var before = table.baseAddress.unsafelyUnwrapped
      var previous = before + width
      var current = previous + width
      for column in 0...columns { previous[column] = Int32(column) }
      for row in 1...rows {
        current[0] = Int32(row)
        var best = current[0]
        for column in 1...columns {
          let isSame = a[row - 1] == b[column - 1]
          var cost = previous[column - 1] + (isSame ? 0 : 1)
          cost = min(cost, previous[column] + 1, current[column - 1] + 1)
          if row > 1, column > 1, !isSame, a[row - 1] == b[column - 2],
            a[row - 2] == b[column - 1]
          {
            cost = min(cost, before[column - 2] + 1)
          }
          current[column] = cost
          best = min(best, cost)
        }
        // A swap reaches back two rows, hence one of slack.
        if Int(best) > limit + 1 { return nil }
        (before, previous, current) = (previous, current, before)
      }
      let distance = Int(previous[columns])
      return distance <= limit ? distance : nil
    }
  }
}
