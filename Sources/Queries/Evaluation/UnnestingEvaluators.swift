import Expressions
import GraphModel
import SourceText

/// Binds a variable to each element of a list in turn, many elements at once.
class UnnestingEvaluator: Evaluator {
  let list: Evaluator
  let slot: Int
  /// The outer variables that the inner expressions read.
  let outerSlots: [Int]

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    list: Evaluator,
    slot: Int,
    outerSlots: [Int]
  ) {
    self.list = list
    self.slot = slot
    self.outerSlots = outerSlots
    super.init(context, span)
  }

  /// Some elements of the lists of some rows, in order.
  struct Block {
    /// The variable and what the inner expressions read besides, a row for each element.
    var chunk: Chunk
    /// For each element the position of its row in the rows asked for.
    var owners: [Int32]
  }

  /// Calls `body` with all elements of the lists, block by block; returns which lists are null.
  func forEachBlock(
    _ chunk: Chunk,
    _ rows: Rows,
    _ body: (Block) throws(QueryError) -> Void
  ) throws(QueryError) -> [Bool] {
    let lists = try list.evaluate(chunk, rows)
    var isNull = [Bool](repeating: false, count: rows.count)
    var pending = Pending()
    for index in 0..<rows.count {
      let row = rows[index]
      if lists.isNull(row) {
        isNull[index] = true
        continue
      }
      let elements = try elements(of: lists, row)
      var next = elements.start
      let end = elements.start + elements.count
      while next < end {
        let count = min(end - next, Chunk.rowCountMax - pending.owners.count)
        for place in next..<(next + count) {
          pending.elements.append(from: elements.cells, row: place)
        }
        pending.owners.append(contentsOf: repeatElement(Int32(index), count: count))
        next += count
        if pending.owners.count == Chunk.rowCountMax {
          try body(try block(pending, chunk, rows))
          pending = Pending()
        }
      }
    }
    if !pending.owners.isEmpty { try body(try block(pending, chunk, rows)) }
    return isNull
  }

  /// Elements that wait for their block to be full.
  private struct Pending {
    let elements = Vector(capacity: 64)
    var owners: [Int32] = []
  }

  private func block(
    _ pending: Pending,
    _ chunk: Chunk,
    _ rows: Rows
  ) throws(QueryError) -> Block {
    try context.count(rows: pending.owners.count)
    let parents = Selection(capacity: pending.owners.count)
    for owner in pending.owners { parents.append(rows[Int(owner)]) }
    let inner = Chunk(
      slotCount: context.slotCount,
      selection: Selection(all: pending.owners.count)
    )
    for outer in outerSlots { inner.columns[outer] = chunk.column(outer).gathered(parents.rows) }
    inner.columns[slot] = pending.elements
    return Block(chunk: inner, owners: pending.owners)
  }

  private func elements(of lists: Vector, _ row: Int) throws(QueryError) -> CellList {
    if lists.tag(row) == Tag.boxed, case .list(let list) = lists.boxes[Int(lists.word(row))] {
      return list
    }
    let cells = Vector(capacity: 16)
    guard let count = context.appendElements(of: lists, row: row, to: cells) else {
      throw error(.typeMismatch, "expected a list, not \(context.value(lists, row).typeName)")
    }
    return CellList(cells, count: count)
  }
}

/// A list comprehension, `[x IN list WHERE filter | projection]`.
final class ComprehensionEvaluator: UnnestingEvaluator {
  var filter: Evaluator?
  var projection: Evaluator?

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let cells = (0..<rows.count).map { _ in Vector(capacity: 4) }
    let isNull = try forEachBlock(chunk, rows) { (block) throws(QueryError) in
      let inner = block.chunk
      if let filter { inner.selection = try filter.select(inner, inner.rows) }
      let kept = inner.rows
      let values = try projection?.evaluate(inner, kept) ?? inner.column(slot)
      for index in 0..<kept.count {
        cells[Int(block.owners[kept[index]])].append(from: values, row: kept[index])
      }
    }
    let result = result(for: rows)
    for index in 0..<rows.count {
      if isNull[index] {
        result.setNull(rows[index])
      } else {
        result.setBox(rows[index], .list(CellList(cells[index], count: cells[index].count)))
      }
    }
    return result
  }
}

/// `all(x IN list WHERE predicate)` and its kin, in three-valued logic.
final class QuantifierEvaluator: UnnestingEvaluator {
  var kind = QuantifierKind.all
  var predicate: Evaluator?

  /// How many elements of a list the predicate is true, null and false for.
  private struct Counts {
    var trueCount = 0
    var nullCount = 0
    var falseCount = 0
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    var counts = [Counts](repeating: Counts(), count: rows.count)
    let isNull = try forEachBlock(chunk, rows) { (block) throws(QueryError) in
      let inner = block.chunk
      guard let truths = try predicate?.evaluate(inner, inner.rows) else { return }
      for (row, owner) in block.owners.enumerated() {
        let tag = truths.tag(row)
        if tag == Tag.null {
          counts[Int(owner)].nullCount += 1
        } else if tag != Tag.boolean {
          throw notBoolean(truths, row)
        } else if truths.word(row) != 0 {
          counts[Int(owner)].trueCount += 1
        } else {
          counts[Int(owner)].falseCount += 1
        }
      }
    }
    let result = result(for: rows)
    for index in 0..<rows.count {
      if isNull[index] {
        result.setNull(rows[index])
      } else {
        result.setBoolean(rows[index], truth(counts[index]))
      }
    }
    return result
  }

  private func truth(_ counts: Counts) -> Bool? {
    switch kind {
    case .any: counts.trueCount > 0 ? true : counts.nullCount > 0 ? nil : false
    case .all: counts.falseCount > 0 ? false : counts.nullCount > 0 ? nil : true
    case .none: counts.trueCount > 0 ? false : counts.nullCount > 0 ? nil : true
    case .single:
      counts.trueCount > 1 ? false : counts.nullCount > 0 ? nil : counts.trueCount == 1
    }
  }
}

extension Vector {
  static func nothing() -> Vector { Vector(constantTag: Tag.null, word: 0) }
}

/// `reduce(accumulator = initial, x IN list | body)`, one element of every row at a time.
final class ReduceEvaluator: Evaluator {
  let initial: Evaluator
  let list: Evaluator
  let body: Evaluator
  let accumulator: Int
  let slot: Int

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    initial: Evaluator,
    list: Evaluator,
    body: Evaluator,
    accumulator: Int,
    slot: Int
  ) {
    self.initial = initial
    self.list = list
    self.body = body
    self.accumulator = accumulator
    self.slot = slot
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let start = try initial.evaluate(chunk, rows)
    let lists = try list.evaluate(chunk, rows)
    var result = result(for: rows)
    var elements: [CellList] = []
    for index in 0..<rows.count {
      let row = rows[index]
      result.copy(from: start, row: row, to: row)
      elements.append(try self.elements(of: lists, row))
      if lists.isNull(row) { result.setNull(row) }
    }
    let inner = Chunk(columns: chunk.columns, selection: chunk.selection)
    for step in 0..<(elements.map(\.count).max() ?? 0) {
      let open = Selection(capacity: rows.count)
      let current = self.result(for: rows)
      for index in 0..<rows.count where elements[index].count > step {
        let row = rows[index]
        open.append(row)
        current.copy(from: elements[index].cells, row: elements[index].start + step, to: row)
      }
      try context.count(rows: open.count)
      inner.columns[slot] = current
      inner.columns[accumulator] = result
      let values = try body.evaluate(inner, open.rows)
      // A vector keeps the boxes that it once held: each step has its own.
      let next = self.result(for: rows)
      for index in 0..<rows.count {
        let isOpen = elements[index].count > step
        next.copy(from: isOpen ? values : result, row: rows[index], to: rows[index])
      }
      result = next
    }
    return result
  }

  private func elements(of lists: Vector, _ row: Int) throws(QueryError) -> CellList {
    if lists.tag(row) == Tag.boxed, case .list(let list) = lists.boxes[Int(lists.word(row))] {
      return list
    }
    let cells = Vector(capacity: 16)
    if let count = context.appendElements(of: lists, row: row, to: cells) {
      return CellList(cells, count: count)
    }
    if lists.isNull(row) { return CellList(cells, count: 0) }
    throw error(
      .typeMismatch,
      "reduce expects a list, not \(context.value(lists, row).typeName)"
    )
  }
}
