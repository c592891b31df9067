import GraphModel

/// The values that each group has had, for aggregates of DISTINCT values.
///
/// Rows mostly come in runs of one node or string, as expansions make them. As
/// long as no run's value returns in a later run, remembering the last value of
/// each group is enough; when one does, what was seen is put into a hash table.
final class SeenValues {
  private let context: ExecutionContext
  private var table: GroupTable?
  /// The value that each group had last, as a word that names its tag too.
  private var lastOfGroup: [UInt64] = []
  private var currentRun: UInt64 = 0
  private var runs: Set<UInt64> = []
  /// The pairs so far, for the hash table that may become necessary.
  private var groups: [UInt32] = []
  private var words: [UInt64] = []

  init(_ context: ExecutionContext) {
    self.context = context
  }

  /// Selects the rows whose values are new to their groups, and writes those groups.
  func select(
    _ values: Vector,
    _ rows: Rows,
    _ rowGroups: UnsafeMutablePointer<UInt32>,
    into new: Selection,
    _ newGroups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    if table == nil, !selectByRuns(values, rows, rowGroups, into: new, newGroups) {
      table = try makeTable()
    }
    guard let table else {
      rowsDone = 0
      return
    }
    // Rows that were selected by runs in this chunk are in the table already.
    let done = rowsDone
    let rest = Rows(rows.pointer + done, count: rows.count - done)
    rowsDone = 0
    try select(table, values, rest, rowGroups + done, into: new, newGroups)
  }

  private var rowsDone = 0

  /// Returns `false`, with ``rowsDone`` set, at a row that needs the hash table.
  private func selectByRuns(
    _ values: Vector,
    _ rows: Rows,
    _ rowGroups: UnsafeMutablePointer<UInt32>,
    into new: Selection,
    _ newGroups: UnsafeMutablePointer<UInt32>
  ) -> Bool {
    let tag = values.uniform
    guard tag == Tag.node || tag == Tag.edge || tag == Tag.string else {
      rowsDone = 0
      return false
    }
    var groupCount = 0
    for index in 0..<rows.count { groupCount = max(groupCount, Int(rowGroups[index]) + 1) }
    if groupCount > lastOfGroup.count {
      let missing = groupCount - lastOfGroup.count
      lastOfGroup.append(contentsOf: repeatElement(0, count: missing))
    }
    let mark = UInt64(tag) << 56
    let first = new.count
    var run = currentRun
    var count = first
    var index = 0
    var isDone = true
    lastOfGroup.withUnsafeMutableBufferPointer { last in
      while index < rows.count {
        let row = rows[index]
        let word = mark | values.word(row)
        if word != run {
          if !runs.insert(word).inserted {
            isDone = false
            return
          }
          run = word
        }
        let group = Int(rowGroups[index])
        if last[group] != word {
          last[group] = word
          newGroups[count] = rowGroups[index]
          new.pointer[count] = Int32(truncatingIfNeeded: row)
          count &+= 1
        }
        index &+= 1
      }
    }
    currentRun = run
    new.count = count
    rowsDone = index
    groups.append(contentsOf: UnsafeBufferPointer(start: newGroups + first, count: count - first))
    words += (first..<count).map { mark | values.word(Int(new.pointer[$0])) }
    return isDone
  }

  /// Puts all that was seen by runs into a hash table.
  private func makeTable() throws(QueryError) -> GroupTable {
    let table = GroupTable(context, keyCount: 2)
    let groupColumn = Vector(capacity: max(groups.count, 1), uniform: Tag.integer)
    let valueColumn = Vector(capacity: max(groups.count, 1))
    for index in groups.indices {
      groupColumn.words[index] = UInt64(groups[index])
      let tag = UInt8(truncatingIfNeeded: words[index] >> 56)
      valueColumn.set(index, tag, words[index] & ((1 << 56) - 1))
    }
    let pairs = UnsafeMutablePointer<UInt32>.allocate(capacity: max(groups.count, 1))
    defer { pairs.deallocate() }
    // A temporary selection would be gone before its rows are read.
    let all = Selection(all: groups.count)
    withExtendedLifetime(all) {
      table.groups([groupColumn, valueColumn], all.rows, into: pairs)
    }
    groups = []
    words = []
    lastOfGroup = []
    runs = []
    return table
  }

  private func select(
    _ table: GroupTable,
    _ values: Vector,
    _ rows: Rows,
    _ rowGroups: UnsafeMutablePointer<UInt32>,
    into new: Selection,
    _ newGroups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    if rows.count == 0 { return }
    let groupColumn = Vector(capacity: rows[rows.count - 1] + 1, uniform: Tag.integer)
    for index in 0..<rows.count { groupColumn.words[rows[index]] = UInt64(rowGroups[index]) }
    let pairs = UnsafeMutablePointer<UInt32>.allocate(capacity: rows.count)
    defer { pairs.deallocate() }
    var known = table.count
    table.groups([groupColumn, values], rows, into: pairs)
    for index in 0..<rows.count where Int(pairs[index]) == known {
      newGroups[new.count] = rowGroups[index]
      new.append(rows[index])
      known += 1
    }
  }
}
