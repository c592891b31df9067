import Expressions
import GraphModel
import SourceText

/// Orders two cells as ORDER BY does: less than, equal to or greater than zero; null is last.
func compareCells(
  _ context: ExecutionContext,
  _ left: Vector,
  _ leftRow: Int,
  _ right: Vector,
  _ rightRow: Int
) -> Int {
  let tag = left.tag(leftRow)
  if tag == right.tag(rightRow) {
    let first = left.word(leftRow)
    let second = right.word(rightRow)
    switch tag {
    case Tag.null: return 0
    case Tag.string: return context.strings.compare(first, second)
    case Tag.integer, Tag.date:
      let first = Int64(bitPattern: first)
      let second = Int64(bitPattern: second)
      return first < second ? -1 : first == second ? 0 : 1
    case Tag.boolean, Tag.node, Tag.edge: return first < second ? -1 : first == second ? 0 : 1
    default: break
    }
  }
  if tag == Tag.null { return 1 }
  if right.tag(rightRow) == Tag.null { return -1 }
  return ValueOperations.order(context.value(left, leftRow), context.value(right, rightRow))
}

/// The value of SKIP or LIMIT.
func rowCount(_ context: ExecutionContext, _ bound: Bound?) throws(QueryError) -> Int? {
  guard let bound else { return nil }
  let value = try context.value(of: bound)
  guard case .integer(let count) = value else {
    throw EvaluationError(
      .typeMismatch,
      "a number of rows is expected to be an integer, not \(value.typeName)"
    ).queryError(at: bound.span)
  }
  guard count >= 0 else {
    throw EvaluationError(.argumentOutOfRange, "a number of rows is never negative: \(count)")
      .queryError(at: bound.span)
  }
  return Int(count)
}

/// ORDER BY, with SKIP and LIMIT; keeps no more rows than the limit asks for.
final class SortOperator: UnaryOperator {
  private let sorting: Sorting
  private let keys: [Evaluator]
  private let descending: [Bool]
  /// Buffered rows: the live columns by slot, and the keys.
  private var columns: [Vector] = []
  private var keyColumns: [Vector] = []
  private var bufferedCount = 0
  private var order: [Int32] = []
  private var nextRow = -1
  private var end = 0
  /// How many rows are sorted without looking whether the query has to stop.
  private static let watchedCountMin = 1 << 16
  /// With a limit: the best rows so far, the worst of them first in a heap.
  private var best: [Int32] = []
  /// How many buffered rows may be of no use any more, beside as many as are of use.
  private static let uselessCountMax = 4096
  /// Whether rows come in the order of the first key, so that later ones need not be looked at.
  private let isInOrder: Bool

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ sorting: Sorting) {
    self.sorting = sorting
    let evaluators = EvaluatorBuilder(context)
    var keys = sorting.keys.map { evaluators.make($0.value) }
    var descending = sorting.keys.map(\.descending)
    if let partition = sorting.partition {
      keys.insert(SlotEvaluator(context, SourceSpan(0, 0), slot: partition), at: 0)
      descending.insert(false, at: 0)
    }
    self.keys = keys
    self.descending = descending
    // With a limit this tells when there are enough rows, without one that nothing is to be sorted.
    let isOfUse = sorting.limit != nil || sorting.keys.count == 1
    isInOrder = isOfUse && sorting.partition == nil && plan.isInOrder(context)
    super.init(context, plan, input)
    reset()
  }

  override func restart() {
    reset()
    super.restart()
  }

  private func reset() {
    columns = live.map { _ in Vector(capacity: 64) }
    keyColumns = keys.map { _ in Vector(capacity: 64) }
    bufferedCount = 0
    order = []
    nextRow = -1
    best = []
  }

  override func next() throws(QueryError) -> Chunk? {
    if nextRow < 0 { try consume() }
    if nextRow >= end { return nil }
    let count = min(Chunk.rowCountMax, end - nextRow)
    let chunk = Chunk(slotCount: context.slotCount, selection: Selection(all: count))
    order.withUnsafeBufferPointer { order in
      guard let base = order.baseAddress else { return }
      let rows = Rows(base + nextRow, count: count)
      for (index, slot) in live.enumerated() where columns[index].count > 0 {
        chunk.columns[slot] = columns[index].gathered(rows)
      }
    }
    nextRow += count
    return chunk
  }

  private func consume() throws(QueryError) {
    let skip = try rowCount(context, sorting.skip) ?? 0
    let limit = try rowCount(context, sorting.limit)
    let keep = sorting.partition == nil ? limit.map { Self.sum($0, skip) } : nil
    while let chunk = try input.next() {
      try context.count(rows: chunk.count)
      guard let keep else {
        append(chunk, try keyVectors(chunk, chunk.rows))
        continue
      }
      if isInOrder, best.isEmpty {
        append(chunk, try keyVectors(chunk, chunk.rows))
        if isComplete(keep) { break }
      } else {
        try appendBest(chunk, keep)
      }
      let usefulCount = best.isEmpty ? keep : best.count
      if bufferedCount - usefulCount >= Self.sum(usefulCount, Self.uselessCountMax) {
        try prune(to: keep)
      }
    }
    try sort()
    if let partition = sorting.partition, skip > 0 || limit != nil {
      slicePartitions(partition, skip: skip, limit: limit)
      nextRow = 0
      end = order.count
      return
    }
    nextRow = min(skip, order.count)
    end = limit.map { min(order.count, Self.sum(nextRow, $0)) } ?? order.count
  }

  /// A sum of numbers of rows, as large as it can be where it is too large.
  private static func sum(_ left: Int, _ right: Int) -> Int {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }

  /// Whether rows that come in the order of the first key are all there that can be wanted: the
  /// last has another key than the last wanted one.
  private func isComplete(_ keep: Int) -> Bool {
    guard keep < bufferedCount else { return keep == 0 }
    let key = keyColumns[0]
    guard keep > 0 else { return true }
    return compareCells(context, key, keep - 1, key, bufferedCount - 1) != 0
  }

  private func append(_ chunk: Chunk, _ keyVectors: [Vector]) {
    for (index, slot) in live.enumerated() {
      if let column = chunk.columns[slot] { columns[index].append(from: column, rows: chunk.rows) }
    }
    for (index, vector) in keyVectors.enumerated() {
      keyColumns[index].append(from: vector, rows: chunk.rows)
    }
    bufferedCount += chunk.count
  }

  private func keyVectors(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> [Vector] {
    var vectors: [Vector] = []
    for key in keys { vectors.append(try key.evaluate(chunk, rows)) }
    return vectors
  }

  /// Takes those rows that are among the best so far.
  private func appendBest(_ chunk: Chunk, _ keep: Int) throws(QueryError) {
    if keep == 0 { return }
    var vectors = [try keys[0].evaluate(chunk, chunk.rows)]
    let promising = promisingRows(chunk.rows, vectors[0], keep)
    let rows = promising?.rows ?? chunk.rows
    let looked = sorting.hasSimpleLaterKeys ? rows : chunk.rows
    for key in keys.dropFirst() { vectors.append(try key.evaluate(chunk, looked)) }
    // Local, as every look at a property of an object is checked for looks at the same time.
    var heap = best
    best = []
    let target = BufferedRows(keys: keyColumns, columns: columns, slots: live)
    withExtendedLifetime(promising) {
      for index in 0..<rows.count {
        let row = rows[index]
        let isFull = heap.count == keep
        if isFull, !isBefore(vectors, row, target.keys, Int(heap[0])) { continue }
        target.append(chunk, vectors, row)
        let added = Int32(bufferedCount)
        bufferedCount += 1
        if isFull {
          heap[0] = added
          sink(in: &heap, target.keys)
        } else {
          heap.append(added)
          rise(in: &heap, target.keys)
        }
      }
    }
    best = heap
  }

  /// The rows whose first key does not tell that as many others are before them as are wanted;
  /// `nil` for all.
  private func promisingRows(_ rows: Rows, _ first: Vector, _ keep: Int) -> Selection? {
    guard rows.count > 0, first.uniform == Tag.integer,
      let bound = best.count == keep ? worstKept : worstOfBest(rows, first, keep)
    else { return nil }
    let (words, mask) = (first.words, first.mask)
    let comparison = descending[0] ? CompareOperator.greaterOrEqual : .lessOrEqual
    return comparison.select(rows) { orderOf(Int64(bitPattern: words[$0 & mask]), bound) }
  }

  /// The first key of the worst row that is kept.
  private var worstKept: Int64? {
    let worst = Int(best[0])
    guard keyColumns[0].tag(worst) == Tag.integer else { return nil }
    return Int64(bitPattern: keyColumns[0].word(worst))
  }

  /// Of more rows the best are not sought in a chunk before its rows are looked at.
  private static let soughtCountMax = 64

  /// The first key of the worst of the best rows of a chunk, where there are many more than those.
  private func worstOfBest(_ rows: Rows, _ first: Vector, _ keep: Int) -> Int64? {
    guard keep <= min(rows.count / 4, Self.soughtCountMax) else { return nil }
    // The best come first: the least, of numbers that descend the least opposites.
    let sign: Int64 = descending[0] ? -1 : 0
    var numbers: [Int64] = []
    for index in 0..<rows.count {
      let number = Int64(bitPattern: first.word(rows[index])) ^ sign
      if numbers.count == keep {
        if number >= numbers[keep - 1] { continue }
        numbers.removeLast()
      }
      numbers.insert(number, at: numbers.firstIndex { number < $0 } ?? numbers.count)
    }
    return numbers[keep - 1] ^ sign
  }

  /// The vectors of the buffered rows.
  private struct BufferedRows {
    let keys: [Vector]
    let columns: [Vector]
    let slots: [Int]

    func append(_ chunk: Chunk, _ keyVectors: [Vector], _ row: Int) {
      for index in slots.indices {
        if let column = chunk.columns[slots[index]] {
          columns[index].append(from: column, row: row)
        }
      }
      for index in keyVectors.indices { keys[index].append(from: keyVectors[index], row: row) }
    }
  }

  private func rise(in heap: inout [Int32], _ keys: [Vector]) {
    var place = heap.count - 1
    while place > 0, isBefore(heap[(place - 1) / 2], heap[place], keys) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private func sink(in heap: inout [Int32], _ keys: [Vector]) {
    var place = 0
    while true {
      var worst = place
      for child in place * 2 + 1...place * 2 + 2
      where child < heap.count && isBefore(heap[worst], heap[child], keys) {
        worst = child
      }
      if worst == place { return }
      heap.swapAt(place, worst)
      place = worst
    }
  }

  private func isBefore(
    _ left: [Vector],
    _ leftRow: Int,
    _ right: [Vector],
    _ rightRow: Int
  )
    -> Bool
  {
    for key in 0..<left.count {
      let order = compareCells(context, left[key], leftRow, right[key], rightRow)
      if order != 0 { return descending[key] ? order > 0 : order < 0 }
    }
    return false
  }

  /// Sorts row numbers; equal rows stay in the order in which they came.
  private func sort() throws(QueryError) {
    order = best.isEmpty ? (0..<Int32(bufferedCount)).map { $0 } : best
    if isInOrder, keys.count == 1, best.isEmpty { return }
    if bufferedCount < Self.watchedCountMin {
      let keyColumns = keyColumns
      order.sort { left, right in isBefore(left, right, keyColumns) }
      return
    }
    do {
      try order.sort { left, right in
        try context.budget.work(1)
        return isBefore(left, right, keyColumns)
      }
    } catch {
      throw error as? QueryError ?? .cancelled
    }
  }

  @inline(__always)
  private func isBefore(_ left: Int32, _ right: Int32, _ keyColumns: [Vector]) -> Bool {
    for key in 0..<keyColumns.count {
      let column = keyColumns[key]
      let order = compareCells(context, column, Int(left), column, Int(right))
      if order != 0 { return descending[key] ? order > 0 : order < 0 }
    }
    return left < right
  }

  /// Keeps the best of the buffered rows only.
  private func prune(to keep: Int) throws(QueryError) {
    try sort()
    let kept = min(keep, order.count)
    order.removeLast(order.count - kept)
    order.withUnsafeBufferPointer { order in
      guard let base = order.baseAddress else { return }
      let rows = Rows(base, count: kept)
      columns = columns.map { $0.count == 0 ? $0 : $0.gathered(rows) }
      keyColumns = keyColumns.map { $0.gathered(rows) }
    }
    bufferedCount = kept
    // The worst first: a heap as it should be.
    best = (0..<Int32(kept)).reversed()
  }

  private func slicePartitions(_ partition: Int, skip: Int, limit: Int?) {
    let column = keyColumns[0]
    var kept: [Int32] = []
    var current: UInt64?
    var index = 0
    for row in order {
      let word = column.word(Int(row))
      if word != current {
        current = word
        index = 0
      }
      if index >= skip, limit.map({ index - skip < $0 }) ?? true { kept.append(row) }
      index += 1
    }
    order = kept
  }
}

/// SKIP and LIMIT without an order; in a subquery for each outer row.
final class SliceOperator: UnaryOperator {
  private let skipBound: Bound?
  private let limitBound: Bound?
  private let partition: Int?
  private var bounds: (skip: Int, limit: Int)?
  private var seen: [UInt64: Int] = [:]

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ input: Operator,
    _ skip: Bound?,
    _ limit: Bound?,
    partition: Int?
  ) {
    skipBound = skip
    limitBound = limit
    self.partition = partition
    super.init(context, plan, input)
  }

  override func restart() {
    seen = [:]
    super.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    if bounds == nil {
      bounds = (
        try rowCount(context, skipBound) ?? 0, try rowCount(context, limitBound) ?? .max
      )
    }
    guard let bounds else { return nil }
    let end = bounds.skip.addingReportingOverflow(bounds.limit)
    let last = end.overflow ? Int.max : end.partialValue
    while true {
      if partition == nil, seen[0, default: 0] >= last { return nil }
      guard let chunk = try input.next() else { return nil }
      let selection = Selection(capacity: chunk.count)
      let column = partition.map { chunk.column($0) }
      for index in 0..<chunk.count {
        let row = chunk.rows[index]
        let key = column?.word(row) ?? 0
        let number = seen[key, default: 0]
        if number >= bounds.skip, number < last { selection.append(row) }
        seen[key] = number + 1
      }
      if selection.count > 0 { return Chunk(columns: chunk.columns, selection: selection) }
    }
  }
}
