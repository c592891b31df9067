import Expressions
import GraphModel
import SourceText

/// Groups rows and folds each group's values.
final class AggregateOperator: UnaryOperator {
  private let aggregation: Aggregation
  private let source: ArgumentSource
  private let keys: [Evaluator]
  private let folds: [Fold]
  private var table: GroupTable
  private var nextGroup = -1
  /// The keys that come in runs, by index: groups are passed on as soon as their runs are over.
  private let runKeys: [Int]
  private var hasRuns: Bool
  /// What is left of the last chunk, its keys, and where the rest starts.
  private var rest: (chunk: Chunk, columns: [Vector], start: Int)?
  private var lastRun = RunCells()
  private var isDone = false

  /// A table of more groups than this is not in the processor's caches.
  private static let groupCountMax = 2048

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ input: Operator,
    _ aggregation: Aggregation,
    _ source: ArgumentSource
  ) {
    self.aggregation = aggregation
    self.source = source
    let evaluators = EvaluatorBuilder(context)
    keys = aggregation.keys.map { evaluators.make($0.value) }
    folds = aggregation.aggregates.map {
      Fold.make(context, $0, evaluators, weight: aggregation.weight)
    }
    table = GroupTable(
      context,
      keyCount: aggregation.keys.count + (aggregation.partition == nil ? 0 : 1)
    )
    var keySlots: [Int: Int] = [:]
    for (index, key) in aggregation.keys.enumerated() {
      if case .slot(let slot) = key.value.kind { keySlots[slot] = index }
    }
    let order = plan.inputOrder(in: context.view)
    let run = aggregation.partition == nil ? order.split(Set(keySlots.keys))?.run : nil
    runKeys = run?.compactMap { keySlots[$0] } ?? []
    hasRuns = !runKeys.isEmpty
    super.init(context, plan, input)
  }

  override func restart() {
    table = GroupTable(context, keyCount: table.keyCount)
    for fold in folds { fold.restart() }
    nextGroup = -1
    rest = nil
    lastRun = RunCells()
    hasRuns = !runKeys.isEmpty
    isDone = false
    super.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    if nextGroup < 0 {
      try consume()
      nextGroup = 0
    }
    while nextGroup >= table.count {
      if isDone { return nil }
      table.reset()
      for fold in folds { fold.restart() }
      nextGroup = 0
      try consume()
    }
    let count = min(Chunk.rowCountMax, table.count - nextGroup)
    let chunk = Chunk(slotCount: context.slotCount, selection: Selection(all: count))
    let wanted = Selection(capacity: count)
    for row in nextGroup..<(nextGroup + count) { wanted.append(row) }
    for (index, key) in aggregation.keys.enumerated() {
      chunk.columns[key.slot] = table.keys[index].gathered(wanted.rows)
    }
    if let partition = aggregation.partition, let column = table.keys.last {
      let rows = column.gathered(wanted.rows)
      chunk.columns[partition] = rows
      let parents = Selection(capacity: count)
      for row in 0..<count { parents.append(Int(rows.word(row))) }
      for slot in live where chunk.columns[slot] == nil {
        chunk.columns[slot] = source.chunk?.column(slot).gathered(parents.rows)
      }
    }
    for (index, fold) in folds.enumerated() {
      let slot = aggregation.aggregates[index].slot
      chunk.columns[slot] = try fold.result(nextGroup..<(nextGroup + count))
    }
    nextGroup += count
    try context.count(rows: count)
    return chunk
  }

  private func consume() throws(QueryError) {
    let isGlobal = aggregation.keys.isEmpty
    if isGlobal, let partition = aggregation.partition, let outer = source.chunk {
      // Each outer row has a group, also where it has no inner rows.
      let column = outer.column(partition)
      for index in 0..<outer.count { _ = table.group([column], outer.rows[index]) }
    }
    if isGlobal, aggregation.partition == nil { _ = table.group([], 0) }
    let groups = UnsafeMutablePointer<UInt32>.allocate(capacity: Chunk.rowCountMax)
    defer { groups.deallocate() }
    for fold in folds { fold.grow(to: table.count) }
    while let (chunk, columns, first) = try nextRows() {
      var start = first
      // Chunks of an enclosing plan's arguments may be larger than ours.
      while start < chunk.count {
        var count = min(Chunk.rowCountMax, chunk.count - start)
        let isFull = hasRuns && table.count > Self.groupCountMax
        if isFull { count = runLength(columns, chunk.rows, start, count) }
        let rows = Rows(chunk.rows.pointer + start, count: count)
        if count > 0 { try consume(chunk, rows, columns, groups) }
        start += count
        if count > 0, let runColumns = runColumns(columns) {
          lastRun.move(to: runColumns, rows[count - 1])
        }
        if isFull, start < chunk.count {
          rest = (chunk, columns, start)
          return
        }
      }
    }
    isDone = true
  }

  /// The rest of the last chunk, or the next one, with its keys.
  private func nextRows() throws(QueryError) -> (Chunk, [Vector], Int)? {
    if let rest {
      self.rest = nil
      return rest
    }
    guard let chunk = try input.next() else { return nil }
    try context.count(rows: chunk.count)
    var columns: [Vector] = []
    for key in keys { columns.append(try key.evaluate(chunk, chunk.rows)) }
    if let partition = aggregation.partition { columns.append(chunk.column(partition)) }
    if hasRuns { hasRuns = runColumns(columns) != nil }
    return (chunk, columns, 0)
  }

  private func runColumns(_ columns: [Vector]) -> RunCells.Columns? {
    hasRuns ? RunCells.Columns(runKeys.map { columns[$0] }) : nil
  }

  /// How many rows from `start` on belong to the run that the rows before them belong to.
  private func runLength(_ columns: [Vector], _ rows: Rows, _ start: Int, _ count: Int) -> Int {
    guard let runColumns = runColumns(columns) else { return count }
    var length = 0
    while length < count, lastRun.contains(runColumns, rows[start + length]) { length += 1 }
    return length
  }

  private func consume(
    _ chunk: Chunk,
    _ rows: Rows,
    _ columns: [Vector],
    _ groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    if columns.isEmpty {
      groups.update(repeating: 0, count: rows.count)
    } else {
      table.groups(columns, rows, into: groups)
    }
    for fold in folds {
      fold.grow(to: table.count)
      try fold.add(chunk, rows, groups)
    }
  }
}
