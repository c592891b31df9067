/// Finds where runs of rows begin: rows behind each other with the same cells in some columns.
final class RunFinder {
  /// The words of the last row that was looked at; none before the first.
  private(set) var last: [UInt64] = []
  private var starts: UnsafeMutablePointer<UInt8>
  private var capacity = 1

  init() {
    starts = .allocate(capacity: 1)
  }

  deinit { starts.deallocate() }

  /// Forgets the rows so far: the next one begins a run.
  func restart() { last = [] }

  /// 1 for each row that begins a run, 0 for the others; valid until the next call.
  ///
  /// Returns `nil` where the columns' cells are not equal just where their words are.
  func starts(_ columns: [Vector], _ rows: Rows) -> UnsafePointer<UInt8>? {
    for column in columns where !Self.isComparable(column.uniform) { return nil }
    reserve(rows.count)
    if rows.count == 0 { return UnsafePointer(starts) }
    let first = rows[0]
    starts.initialize(repeating: 0, count: rows.count)
    if last.count != columns.count {
      starts[0] = 1
      last = Array(repeating: 0, count: columns.count)
    }
    let final = rows[rows.count - 1]
    for (index, column) in columns.enumerated() {
      if column.word(first) != last[index] { starts[0] = 1 }
      if !column.isConstant { mark(column.words, rows) }
      last[index] = column.word(final)
    }
    return UnsafePointer(starts)
  }

  private static func isComparable(_ tag: UInt8) -> Bool {
    tag == Tag.node || tag == Tag.edge || tag == Tag.string
  }

  private func reserve(_ count: Int) {
    guard count > capacity else { return }
    starts.deallocate()
    capacity = max(count, Chunk.rowCountMax)
    starts = .allocate(capacity: capacity)
  }

  /// Marks the rows whose word is not that of the row before.
  private func mark(_ words: UnsafeMutablePointer<UInt64>, _ rows: Rows) {
    let starts = starts
    var index = 1
    if rows.isWhole {
      while index < rows.count {
        starts[index] |= words[index] != words[index &- 1] ? 1 : 0
        index &+= 1
      }
      return
    }
    var former = words[rows[0]]
    while index < rows.count {
      let word = words[rows[index]]
      starts[index] |= word != former ? 1 : 0
      former = word
      index &+= 1
    }
  }
}
