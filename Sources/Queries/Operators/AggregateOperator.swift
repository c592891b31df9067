import Expressions
import GraphModel
import SourceText

/// Groups rows and folds each group's values.
final class AggregateOperator: UnaryOperator {
  private let aggregation: Aggregation
  private let source: ArgumentSource
  private let keys: [Evaluator]
  let folds: [Fold]
  private(set) var table: GroupTable
  var groupCount: Int { table.count }
  /// Where groups of others were taken in: the order in which all come out, and all results.
  var merged: (order: [UInt32], results: [Vector])?
  /// How many rows there were so far.
  private(set) var rowCount = 0
  /// Where rows come in morsels: the morsel that each group appeared in first.
  private(set) var morselOfGroup: [UInt32] = []
  private let morsels: MorselOperator?
  private var nextGroup = -1
  /// The keys that come in runs, by index: groups are passed on as soon as their runs are over.
  private let runKeys: [Int]
  /// Whether a run has one group: no other key varies within it.
  private let isGroupedByRun: Bool
  private var hasRuns: Bool
  private let runFinder = RunFinder()
  private var rest: Keyed?
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
    morsels = input as? MorselOperator
    let evaluators = EvaluatorBuilder(context)
    keys = aggregation.keys.map { evaluators.make($0.value) }
    folds = aggregation.aggregates.map {
      Fold.make(context, $0, evaluators, weight: aggregation.weight)
    }
    table = GroupTable(
      context,
      keyCount: aggregation.keys.count + (aggregation.partition == nil ? 0 : 1)
    )
    // Groups of several threads are put together when all are there.
    runKeys = morsels == nil ? plan.runKeys.indices : []
    isGroupedByRun = plan.runKeys.areAll
    hasRuns = !runKeys.isEmpty
    super.init(context, plan, input)
  }

  override func restart() {
    table = GroupTable(context, keyCount: table.keyCount)
    for fold in folds { fold.restart() }
    nextGroup = -1
    rest = nil
    runFinder.restart()
    hasRuns = !runKeys.isEmpty
    isDone = false
    super.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    try consumeAll()
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
    for place in nextGroup..<(nextGroup + count) {
      wanted.append(merged.map { Int($0.order[place]) } ?? place)
    }
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
      if let merged {
        chunk.columns[slot] = merged.results[index].gathered(wanted.rows)
      } else {
        chunk.columns[slot] = try fold.result(nextGroup..<(nextGroup + count))
      }
    }
    nextGroup += count
    try context.count(rows: count)
    return chunk
  }

  /// Reads what there is before the first group is passed on.
  func consumeAll() throws(QueryError) {
    guard nextGroup < 0 else { return }
    try consume()
    nextGroup = 0
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
    if morsels != nil { noteMorsel(0) }
    while let keyed = try nextRows() {
      let chunk = keyed.chunk
      var start = keyed.start
      // Chunks of an enclosing plan's arguments may be larger than ours.
      while start < chunk.count {
        var count = min(Chunk.rowCountMax, chunk.count - start)
        let isFull = hasRuns && table.count > Self.groupCountMax
        if isFull { count = keyed.lengthOfRun(from: start, countMax: count) }
        let rows = Rows(chunk.rows.pointer + start, count: count)
        if count > 0 {
          let starts = isGroupedByRun ? keyed.starts.map { $0 + start } : nil
          try consume(chunk, rows, keyed.columns, starts, groups)
        }
        start += count
        if isFull, start < chunk.count {
          rest = keyed
          rest?.start = start
          return
        }
      }
    }
    isDone = true
  }

  /// A chunk, its keys, and where the rows begin that are still to be looked at.
  private struct Keyed {
    var chunk: Chunk
    var columns: [Vector]
    /// 1 for each row that begins a run, where keys come in runs.
    var starts: UnsafePointer<UInt8>?
    var start = 0

    /// How many rows belong to the run that the rows before them belong to.
    func lengthOfRun(from start: Int, countMax: Int) -> Int {
      guard let starts else { return countMax }
      var length = 0
      while length < countMax, starts[start + length] == 0 { length += 1 }
      return length
    }
  }

  /// The rest of the last chunk, or the next one, with its keys.
  private func nextRows() throws(QueryError) -> Keyed? {
    if let rest {
      self.rest = nil
      return rest
    }
    guard let chunk = try input.next() else { return nil }
    try context.count(rows: chunk.count)
    rowCount += chunk.count
    var columns: [Vector] = []
    for key in keys { columns.append(try key.evaluate(chunk, chunk.rows)) }
    if let partition = aggregation.partition { columns.append(chunk.column(partition)) }
    var keyed = Keyed(chunk: chunk, columns: columns)
    if hasRuns {
      keyed.starts = runFinder.starts(runKeys.map { columns[$0] }, chunk.rows)
      hasRuns = keyed.starts != nil
    }
    return keyed
  }

  private func consume(
    _ chunk: Chunk,
    _ rows: Rows,
    _ columns: [Vector],
    _ runStarts: UnsafePointer<UInt8>?,
    _ groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    if columns.isEmpty {
      groups.update(repeating: 0, count: rows.count)
    } else if let runStarts {
      table.groups(columns, rows, startingAt: runStarts, into: groups)
    } else {
      table.groups(columns, rows, into: groups)
    }
    for fold in folds {
      fold.grow(to: table.count)
      try fold.add(chunk, rows, groups)
    }
    if let morsels { noteMorsel(morsels.number) }
  }

  private func noteMorsel(_ number: UInt32) {
    let missing = table.count - morselOfGroup.count
    if missing > 0 { morselOfGroup += repeatElement(number, count: missing) }
  }
}
