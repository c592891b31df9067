/// Passes on the first of all rows with the same cells in some slots.
final class DistinctOperator: UnaryOperator {
  private let slots: [Int]
  /// A slot of nodes that come in runs; what was seen in a run that is over is of no use any more.
  private let clustered: Int?
  private var table: GroupTable
  /// The node of the last run.
  private var lastNode = UInt64.max
  /// Where the rows differ in one slot beside the one of runs, as long as its cells allow it.
  private var stamps: RunStamps?

  /// A table of more groups than this is not in the processor's caches.
  private static let groupCountMax = 2048

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ input: Operator,
    _ slots: [Int],
    clustered: Int?
  ) {
    self.slots = slots
    self.clustered = clustered
    table = GroupTable(context, keyCount: slots.count)
    super.init(context, plan, input)
    restart()
  }

  override func restart() {
    table = GroupTable(context, keyCount: slots.count)
    lastNode = .max
    stamps = clustered != nil && slots.count == 2 ? RunStamps() : nil
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
    if let clustered { forgetRuns(before: chunk.column(clustered), rows) }
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

  private func forgetRuns(before nodes: Vector, _ rows: Rows) {
    if table.count > Self.groupCountMax, nodes.word(rows[0]) != lastNode { table.reset() }
    lastNode = nodes.word(rows[rows.count - 1])
  }

  private func selectByRuns(_ chunk: Chunk) -> Selection? {
    guard let stamps, let clustered, let other = slots.first(where: { $0 != clustered }) else {
      return nil
    }
    let nodes = chunk.column(clustered)
    let values = chunk.column(other)
    if let selection = stamps.select(nodes, values, chunk.rows) { return selection }
    // What the last run has had moves into the table, which goes on.
    self.stamps = nil
    for word in stamps.wordsOfRun {
      let node = Vector(constantTag: Tag.node, word: stamps.node)
      let value = Vector(constantTag: stamps.tag, word: word)
      _ = table.group(slots.map { $0 == clustered ? node : value }, 0)
    }
    lastNode = stamps.node
    return nil
  }
}

/// Which values a run of rows has had: for each value, the number of the last run that had it.
private final class RunStamps {
  private(set) var node = UInt64.max
  /// The kind of all values.
  private(set) var tag = Tag.mixed
  /// The values of the current run.
  private(set) var wordsOfRun: [UInt64] = []
  private var stamps: [UInt32] = []
  private var run: UInt32 = 0

  /// Values are the codes of strings or the numbers of nodes; greater ones are left to a table.
  private static let wordMax: UInt64 = 1 << 24

  /// The rows whose values are new to their runs; `nil` where the values are not of the kind.
  func select(_ nodes: Vector, _ values: Vector, _ rows: Rows) -> Selection? {
    guard values.uniform == Tag.string || values.uniform == Tag.node,
      tag == Tag.mixed || tag == values.uniform, nodes.uniform == Tag.node
    else { return nil }
    var greatest: UInt64 = 0
    for index in 0..<rows.count { greatest = max(greatest, values.word(rows[index])) }
    guard greatest <= Self.wordMax, run < .max - UInt32(rows.count) else { return nil }
    tag = values.uniform
    if stamps.count <= Int(greatest) {
      stamps += repeatElement(0, count: Int(greatest) * 2 + 1 - stamps.count)
    }
    let selection = Selection(capacity: rows.count)
    stamps.withUnsafeMutableBufferPointer { stamps in
      for index in 0..<rows.count {
        let row = rows[index]
        if nodes.word(row) != node {
          node = nodes.word(row)
          run &+= 1
          wordsOfRun.removeAll(keepingCapacity: true)
        }
        let word = values.word(row)
        if stamps[Int(word)] == run { continue }
        stamps[Int(word)] = run
        wordsOfRun.append(word)
        selection.append(row)
      }
    }
    return selection
  }
}
