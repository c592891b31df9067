import GraphModel
import SourceText

/// Runs a planned subquery for many outer rows at once, each distinct binding once.
class SubqueryEvaluator: Evaluator {
  let query: BoundSubquery
  private let root: Operator
  private let source: ArgumentSource
  /// Groups outer rows that give the subquery the same variables.
  private var sharing = true

  init(_ context: ExecutionContext, _ span: SourceSpan, _ query: BoundSubquery) {
    self.query = query
    let builder = OperatorBuilder(context)
    root = builder.make(query.plan)
    source = builder.argument
    super.init(context, span)
  }

  /// The outer rows that the subquery runs for, and which of them stands for each row asked for.
  struct Bindings {
    var chunk: Chunk
    /// By position in the rows asked for: the row of `chunk`.
    var representative: [Int]
  }

  func bindings(_ chunk: Chunk, _ rows: Rows) -> Bindings {
    let columns = query.outerSlots.map { chunk.column($0) }
    var representative: [Int] = []
    representative.reserveCapacity(rows.count)
    let first = Selection(capacity: max(rows.count, 1))
    if sharing, rows.count > 1, columns.allSatisfy({ $0.boxes.isEmpty }) {
      let table = GroupTable(context, keyCount: columns.count)
      for index in 0..<rows.count {
        let row = rows[index]
        let group = table.group(columns, row)
        if group == first.count { first.append(row) }
        representative.append(group)
      }
      // Where almost all rows differ, looking for equal ones does not pay.
      if rows.count > 64, first.count * 10 > rows.count * 9 { sharing = false }
    } else {
      for index in 0..<rows.count {
        first.append(rows[index])
        representative.append(index)
      }
    }
    let inner = Chunk(slotCount: context.slotCount, selection: Selection(all: first.count))
    for (position, slot) in query.outerSlots.enumerated() {
      inner.columns[slot] = columns[position].gathered(first.rows)
    }
    inner.columns[query.rowSlot] = rowNumbers(first.count)
    return Bindings(chunk: inner, representative: representative)
  }

  /// Calls `body` with each chunk of the subquery's rows.
  func run(
    _ bindings: Bindings,
    _ body: (Chunk, Vector) throws(QueryError) -> Void
  ) throws(QueryError) {
    source.restart(with: bindings.chunk)
    root.restart()
    while let chunk = try root.next() {
      try body(chunk, chunk.column(query.rowSlot))
    }
  }
}

/// The numbers 0..<count as integers.
func rowNumbers(_ count: Int) -> Vector {
  let vector = Vector(capacity: count, uniform: Tag.integer)
  for row in 0..<count { vector.words[row] = UInt64(row) }
  return vector
}

/// How many rows a subquery has: COUNT.
final class CountEvaluator: SubqueryEvaluator {
  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let bindings = bindings(chunk, rows)
    var counts = [Int64](repeating: 0, count: bindings.chunk.count)
    try run(bindings) { (inner, outerRows) throws(QueryError) in
      for index in 0..<inner.count { counts[Int(outerRows.word(inner.rows[index]))] += 1 }
    }
    let result = result(for: rows)
    for (index, representative) in bindings.representative.enumerated() {
      result.set(rows[index], Tag.integer, UInt64(bitPattern: counts[representative]))
    }
    return result
  }
}

/// The values of a subquery's rows: COLLECT and pattern comprehensions.
final class CollectEvaluator: SubqueryEvaluator {
  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let bindings = bindings(chunk, rows)
    var lists = (0..<bindings.chunk.count).map { _ in Vector(capacity: 4) }
    let slot = query.resultSlot ?? query.rowSlot
    try run(bindings) { (inner, outerRows) throws(QueryError) in
      let values = inner.column(slot)
      for index in 0..<inner.count {
        let row = inner.rows[index]
        lists[Int(outerRows.word(row))].append(from: values, row: row)
      }
    }
    let boxes = lists.map { Box.list(CellList($0, count: $0.count)) }
    lists = []
    let result = result(for: rows)
    for (index, representative) in bindings.representative.enumerated() {
      result.setBox(rows[index], boxes[representative])
    }
    return result
  }
}

/// EXISTS { … } and pattern predicates.
///
/// Where the pattern hangs on one or two outer nodes and nothing else, it may
/// be answered for all values of one of them at once: all nodes that the
/// pattern reaches are marked in a bitmap, kept for the rest of the query.
final class ExistsEvaluator: SubqueryEvaluator {
  /// By open plan: bitmaps by the word of the other node (or 0 where there is none).
  private var reached: [[UInt64: Bitmap]]
  private var openRoots: [(root: Operator, source: ArgumentSource)] = []
  private var rowsSeen = 0.0

  /// How many bitmaps one expression keeps.
  private static let bitmapCountMax = 1024

  override init(_ context: ExecutionContext, _ span: SourceSpan, _ query: BoundSubquery) {
    reached = query.openPlans.map { _ in [:] }
    super.init(context, span, query)
    openRoots = query.openPlans.map { open in
      let builder = OperatorBuilder(context)
      let root = builder.make(open.plan)
      return (root, builder.argument)
    }
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    rowsSeen += Double(rows.count)
    if let open = choose(chunk, rows) {
      return try probe(chunk, rows, query.openPlans[open], open)
    }
    let bindings = bindings(chunk, rows)
    var found = [Bool](repeating: false, count: bindings.chunk.count)
    try run(bindings) { (inner, outerRows) throws(QueryError) in
      for index in 0..<inner.count { found[Int(outerRows.word(inner.rows[index]))] = true }
    }
    let result = result(for: rows)
    for (index, representative) in bindings.representative.enumerated() {
      result.setBoolean(rows[index], found[representative])
    }
    return result
  }

  /// The open plan that is cheaper than asking row by row, if there is one.
  private func choose(_ chunk: Chunk, _ rows: Rows) -> Int? {
    let perRow = max(query.plan.cost, 1)
    var best: (index: Int, cost: Double)?
    // What is known of all rows already costs nothing.
    for (index, open) in query.openPlans.enumerated() where isReached(index, open, chunk, rows) {
      return index
    }
    for (index, open) in query.openPlans.enumerated()
    where chunk.column(open.openSlot).uniform == Tag.node {
      var cost = max(open.plan.cost, 1)
      if let other = open.otherSlot {
        let column = chunk.column(other)
        guard column.uniform == Tag.node else { continue }
        var distinct: Set<UInt64> = []
        var last: UInt64?
        for row in 0..<rows.count where column.word(rows[row]) != last {
          let word = column.word(rows[row])
          last = word
          if reached[index][word] == nil { distinct.insert(word) }
          if distinct.count * 4 > rows.count { break }
        }
        if distinct.count * 4 > rows.count, rows.count > 4 { continue }
        if reached[index].count + distinct.count > Self.bitmapCountMax { continue }
        cost *= Double(distinct.count)
        if cost > perRow * Double(rows.count) * 4 { continue }
      } else if reached[index][0] != nil {
        return index
      } else if cost > perRow * rowsSeen {
        continue
      }
      if cost < best?.cost ?? .infinity { best = (index, cost) }
    }
    return best?.index
  }

  /// Whether the bitmaps of all rows exist, where those are few.
  private func isReached(
    _ index: Int,
    _ open: BoundSubquery.OpenPlan,
    _ chunk: Chunk,
    _ rows: Rows
  ) -> Bool {
    guard let other = open.otherSlot, chunk.column(open.openSlot).uniform == Tag.node else {
      return false
    }
    let column = chunk.column(other)
    guard column.uniform == Tag.node else { return false }
    var last: UInt64?
    var changes = 0
    for row in 0..<rows.count where column.word(rows[row]) != last {
      let word = column.word(rows[row])
      last = word
      changes += 1
      if changes > 16 || reached[index][word] == nil { return false }
    }
    return true
  }

  private func probe(
    _ chunk: Chunk,
    _ rows: Rows,
    _ open: BoundSubquery.OpenPlan,
    _ number: Int
  ) throws(QueryError) -> Vector {
    let openColumn = chunk.column(open.openSlot)
    let other = open.otherSlot.map { chunk.column($0) }
    let result = result(for: rows)
    var lastKey: UInt64?
    var bitmap = Bitmap(count: 0)
    for index in 0..<rows.count {
      let row = rows[index]
      let key = other?.word(row) ?? 0
      if key != lastKey {
        lastKey = key
        if let known = reached[number][key] {
          bitmap = known
        } else {
          bitmap = try mark(key, open, number)
          reached[number][key] = bitmap
        }
      }
      result.set(row, Tag.boolean, bitmap.contains(Int(openColumn.word(row))) ? 1 : 0)
    }
    result.uniform = Tag.mixed
    return result
  }

  private func mark(
    _ key: UInt64,
    _ open: BoundSubquery.OpenPlan,
    _ number: Int
  ) throws(QueryError) -> Bitmap {
    let bitmap = Bitmap(count: context.view.nodeCount)
    let outer = Chunk(slotCount: context.slotCount, selection: Selection(all: 1))
    if let other = open.otherSlot {
      outer.columns[other] = Vector(constantTag: Tag.node, word: key)
    }
    outer.columns[query.rowSlot] = rowNumbers(1)
    let (root, source) = openRoots[number]
    source.restart(with: outer)
    root.restart()
    while let inner = try root.next() {
      let column = inner.column(open.openSlot)
      let rows = inner.rows
      var index = 0
      while index < rows.count {
        bitmap.insert(Int(column.word(rows[index])))
        index &+= 1
      }
    }
    return bitmap
  }
}

/// A set of small numbers.
final class Bitmap {
  private let words: UnsafeMutablePointer<UInt64>
  private let wordCount: Int

  init(count: Int) {
    wordCount = (count + 63) / 64
    words = .allocate(capacity: max(wordCount, 1))
    words.initialize(repeating: 0, count: max(wordCount, 1))
  }

  deinit { words.deallocate() }

  @inline(__always)
  func contains(_ number: Int) -> Bool {
    number >> 6 < wordCount && words[number >> 6] >> UInt64(number & 63) & 1 != 0
  }

  @inline(__always)
  func insert(_ number: Int) { words[number >> 6] |= 1 << UInt64(number & 63) }
}
