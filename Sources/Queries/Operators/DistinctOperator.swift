/// Passes on the first of all rows with the same cells in some slots.
final class DistinctOperator: UnaryOperator {
  private let slots: [Int]
  /// Slots whose values come in runs; what was seen in a run that is over is of no use any more.
  private let run: [Int]
  /// The slots that vary within a run.
  private let others: [Int]
  private var table: GroupTable
  private var hasRuns = false
  private let runFinder = RunFinder()
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
    hasRuns = !run.isEmpty
    stamps = hasRuns && others.count < 2 ? RunStamps(context) : nil
    super.init(context, plan, input)
  }

  override func restart() {
    if table.count > 0 { table = GroupTable(context, keyCount: slots.count) }
    hasRuns = !run.isEmpty
    runFinder.restart()
    if hasRuns, others.count < 2 {
      if let stamps { stamps.restart() } else { stamps = RunStamps(context) }
    } else {
      stamps = nil
    }
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
    guard let starts = runFinder.starts(run.map { chunk.column($0) }, chunk.rows) else {
      hasRuns = false
      return
    }
    if table.count > Self.groupCountMax, starts[0] != 0 { table.reset() }
  }

  private func selectByRuns(_ chunk: Chunk) -> Selection? {
    guard let stamps else { return nil }
    let values = others.first.map { chunk.column($0) }
    if values.map({ stamps.accepts($0, chunk.rows) }) ?? true,
      let starts = runFinder.starts(run.map { chunk.column($0) }, chunk.rows)
    {
      return stamps.select(values, chunk, starts)
    }
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
    }
    return nil
  }
}

/// Which values a run of rows has had: for each value, the number of the last run that had it.
private final class RunStamps {
  /// The last row that was looked at.
  private(set) var last: (chunk: Chunk, row: Int)?
  /// The kind of all values.
  private(set) var tag = Tag.mixed
  private let memory: RoundMemory<UInt32>
  private let pool: Pool<RoundMemory<UInt32>>
  private var number: UInt32
  /// One more than the greatest value so far.
  private var valueEnd = 0

  init(_ context: ExecutionContext) {
    let view = context.view
    pool = context.caches.runMarks
    memory = pool.take { RoundMemory(count: max(view.nodeCount, view.stringCount)) }
    memory.startRound()
    number = memory.round
  }

  deinit {
    memory.take(roundsUntil: number)
    pool.giveBack(memory)
  }

  /// The values of the current run; one that stands for all where there are none.
  var wordsOfRun: [UInt64] {
    if tag == Tag.mixed { return [0] }
    return (0..<valueEnd).filter { memory.marks[$0] == number }.map { UInt64($0) }
  }

  /// Forgets all values, but keeps the memory.
  func restart() {
    last = nil
    tag = Tag.mixed
    valueEnd = 0
    memory.take(roundsUntil: number)
    memory.startRound()
    number = memory.round
  }

  /// Whether the values are of the kind, and there is room for them.
  ///
  /// They are the codes of strings or the numbers of nodes; what the graph does not have is left to
  /// a table.
  func accepts(_ values: Vector, _ rows: Rows) -> Bool {
    guard values.uniform == Tag.string || values.uniform == Tag.node,
      tag == Tag.mixed || tag == values.uniform, number < .max - UInt32(rows.count)
    else { return false }
    var greatest: UInt64 = 0
    for index in 0..<rows.count { greatest = max(greatest, values.word(rows[index])) }
    if greatest >= UInt64(memory.count) { return false }
    tag = values.uniform
    valueEnd = max(valueEnd, Int(greatest) + 1)
    return true
  }

  /// The rows whose values are new to their runs.
  func select(_ values: Vector?, _ chunk: Chunk, _ starts: UnsafePointer<UInt8>) -> Selection {
    let rows = chunk.rows
    let selection = Selection(capacity: rows.count)
    last = (chunk, rows[rows.count - 1])
    if let values {
      selection.count = select(values.words, values.mask, rows, starts, selection.pointer)
      return selection
    }
    var count = 0
    for index in 0..<rows.count {
      selection.pointer[count] = rows.pointer[index]
      count &+= Int(starts[index])
    }
    selection.count = count
    return selection
  }

  private func select(
    _ values: UnsafeMutablePointer<UInt64>,
    _ mask: Int,
    _ rows: Rows,
    _ starts: UnsafePointer<UInt8>,
    _ selected: UnsafeMutablePointer<Int32>
  ) -> Int {
    let stamps = memory.marks
    var number = number
    var count = 0
    var index = 0
    while index < rows.count {
      number &+= UInt32(starts[index])
      let row = rows.pointer[index]
      let value = Int(truncatingIfNeeded: values[Int(row) & mask])
      selected[count] = row
      count &+= stamps[value] != number ? 1 : 0
      stamps[value] = number
      index &+= 1
    }
    self.number = number
    return count
  }
}
