/// Passes on the first of all rows with the same cells in some slots.
final class DistinctOperator: UnaryOperator {
  private let slots: [Int]
  /// Slots whose values come in runs; what was seen in a run that is over is of no use any more.
  private let run: [Int]
  /// The slots that vary within a run.
  private let others: [Int]
  private var table: GroupTable
  private var hasRuns = false
  private var lastRun = RunCells()
  /// Where at most one slot varies within a run, as long as its cells allow it.
  private var stamps: RunStamps?

  /// A table of more groups than this is not in the processor's caches.
  private static let groupCountMax = 2048

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ input: Operator,
    _ slots: [Int],
    order: PlanOrder
  ) {
    self.slots = slots
    (run, others) = order.split(Set(slots)) ?? ([], [])
    table = GroupTable(context, keyCount: slots.count)
    super.init(context, plan, input)
    restart()
  }

  override func restart() {
    table = GroupTable(context, keyCount: slots.count)
    hasRuns = !run.isEmpty
    lastRun = RunCells()
    stamps = hasRuns && others.count < 2 ? RunStamps() : nil
    super.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    while let chunk = try input.next() {
      try context.count(rows: chunk.count)
      let selection = selectByRuns(chunk) ?? select(chunk)
      if selection.count > 0 { return Chunk(columns: chunk.columns, selection: selection) }
    }
    return nil
  }

  private func select(_ chunk: Chunk) -> Selection {
    let columns = slots.map { chunk.column($0) }
    let rows = chunk.rows
    if hasRuns { forgetRuns(before: chunk) }
    let groups = UnsafeMutablePointer<UInt32>.allocate(capacity: rows.count)
    defer { groups.deallocate() }
    var known = table.count
    table.groups(columns, rows, into: groups)
    let selection = Selection(capacity: table.count - known)
    for index in 0..<rows.count where Int(groups[index]) == known {
      selection.append(rows[index])
      known += 1
    }
    return selection
  }

  private func forgetRuns(before chunk: Chunk) {
    guard let columns = RunCells.Columns(run.map { chunk.column($0) }) else {
      hasRuns = false
      return
    }
    let isNew = !lastRun.contains(columns, chunk.rows[0])
    if table.count > Self.groupCountMax, isNew { table.reset() }
    lastRun.move(to: columns, chunk.rows[chunk.count - 1])
  }

  private func selectByRuns(_ chunk: Chunk) -> Selection? {
    guard let stamps else { return nil }
    let columns = run.map { chunk.column($0) }
    let values = others.first.map { chunk.column($0) }
    if let selection = stamps.select(columns, values, chunk) { return selection }
    // What the last run has had moves into the table, which goes on.
    self.stamps = nil
    if let last = stamps.last {
      let cells = slots.map { slot in
        // Slots that are neither are constant.
        Vector(constantFrom: last.chunk.column(slot), row: last.row)
      }
      for word in stamps.wordsOfRun {
        let row = slots.indices.map { index in
          slots[index] == others.first
            ? Vector(constantTag: stamps.tag, word: word) : cells[index]
        }
        _ = table.group(row, 0)
      }
      lastRun = stamps.run
    }
    return nil
  }
}

/// Which values a run of rows has had: for each value, the number of the last run that had it.
private final class RunStamps {
  private(set) var run = RunCells()
  /// The last row that was looked at.
  private(set) var last: (chunk: Chunk, row: Int)?
  /// The kind of all values.
  private(set) var tag = Tag.mixed
  /// The values of the current run; one that stands for all where there are none.
  private(set) var wordsOfRun: [UInt64] = []
  private var stamps: [UInt32] = []
  private var number: UInt32 = 0

  /// Values are the codes of strings or the numbers of nodes; greater ones are left to a table.
  private static let wordMax: UInt64 = 1 << 24

  /// The rows whose values are new to their runs; `nil` where the cells are not of the kind.
  func select(_ runColumns: [Vector], _ values: Vector?, _ chunk: Chunk) -> Selection? {
    let rows = chunk.rows
    guard let columns = RunCells.Columns(runColumns), number < .max - UInt32(rows.count) else {
      return nil
    }
    if let values, !accept(values, rows) { return nil }
    let selection = Selection(capacity: rows.count)
    if let values {
      select(columns, values.words, values.mask, rows, selection)
    } else {
      for index in 0..<rows.count where !run.contains(columns, rows[index]) {
        run.move(to: columns, rows[index])
        selection.append(rows[index])
      }
      wordsOfRun = [0]
    }
    last = (chunk, rows[rows.count - 1])
    return selection
  }

  private func select(
    _ columns: RunCells.Columns,
    _ values: UnsafeMutablePointer<UInt64>,
    _ mask: Int,
    _ rows: Rows,
    _ selection: Selection
  ) {
    var run = run
    var number = number
    var words = wordsOfRun
    wordsOfRun = []
    stamps.withUnsafeMutableBufferPointer { stamps in
      for index in 0..<rows.count {
        let row = rows[index]
        if !run.contains(columns, row) {
          run.move(to: columns, row)
          number &+= 1
          words.removeAll(keepingCapacity: true)
        }
        let word = values[row & mask]
        if stamps[Int(word)] == number { continue }
        stamps[Int(word)] = number
        words.append(word)
        selection.append(row)
      }
    }
    self.run = run
    self.number = number
    wordsOfRun = words
  }

  private func accept(_ values: Vector, _ rows: Rows) -> Bool {
    guard values.uniform == Tag.string || values.uniform == Tag.node,
      tag == Tag.mixed || tag == values.uniform
    else { return false }
    var greatest: UInt64 = 0
    for index in 0..<rows.count { greatest = max(greatest, values.word(rows[index])) }
    if greatest > Self.wordMax { return false }
    tag = values.uniform
    if stamps.count <= Int(greatest) {
      stamps += repeatElement(0, count: Int(greatest) * 2 + 1 - stamps.count)
    }
    return true
  }
}
