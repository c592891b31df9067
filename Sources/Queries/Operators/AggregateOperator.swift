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
    super.init(context, plan, input)
  }

  override func restart() {
    table = GroupTable(context, keyCount: table.keyCount)
    for fold in folds { fold.restart() }
    nextGroup = -1
    super.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    if nextGroup < 0 {
      try consume()
      nextGroup = 0
    }
    if nextGroup >= table.count { return nil }
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
    while let chunk = try input.next() {
      try context.count(rows: chunk.count)
      var columns: [Vector] = []
      for key in keys { columns.append(try key.evaluate(chunk, chunk.rows)) }
      if let partition = aggregation.partition { columns.append(chunk.column(partition)) }
      var start = 0
      // Chunks of an enclosing plan's arguments may be larger than ours.
      while start < chunk.count {
        let count = min(Chunk.rowCountMax, chunk.count - start)
        let rows = Rows(chunk.rows.pointer + start, count: count)
        try consume(chunk, rows, columns, groups)
        start += count
      }
    }
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
