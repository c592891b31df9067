import Expressions
import GraphModel
import OrderedCollections
import SourceText

/// A list written out, such as `[a, b, c]`.
final class ListEvaluator: OperandEvaluator {
  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    for index in 0..<rows.count {
      let row = rows[index]
      let cells = Vector(capacity: operands.count)
      for operand in operands { cells.append(from: operand, row: row) }
      result.setBox(row, .list(CellList(cells, count: operands.count)))
    }
  }
}

/// A map written out, such as `{a: 1, b: 2}`.
final class MapEvaluator: OperandEvaluator {
  let keys: [String]

  init(_ context: ExecutionContext, _ span: SourceSpan, keys: [String], _ operands: [Evaluator]) {
    self.keys = keys
    super.init(context, span, operands)
  }

  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    for index in 0..<rows.count {
      let row = rows[index]
      var map: OrderedDictionary<String, Value> = [:]
      for (position, operand) in operands.enumerated() {
        map[keys[position]] = context.value(operand, row)
      }
      result.setBox(row, .value(.map(map)))
    }
  }
}

/// `n {.*, .name, key: value}`; the first operand is the base.
final class MapProjectionEvaluator: OperandEvaluator {
  let keys: [String]
  let all: Bool

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    keys: [String],
    all: Bool,
    _ operands: [Evaluator]
  ) {
    self.keys = keys
    self.all = all
    super.init(context, span, operands)
  }

  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    let base = operands[0]
    for index in 0..<rows.count {
      let row = rows[index]
      if base.isNull(row) {
        result.setNull(row)
        continue
      }
      var map: OrderedDictionary<String, Value> = [:]
      if all {
        guard case .map(let properties)? = context.properties(of: context.value(base, row)) else {
          throw error(.typeMismatch, "a map projection expects a node, an edge or a map")
        }
        map = properties
      }
      for (position, operand) in operands.dropFirst().enumerated() {
        map[keys[position]] = context.value(operand, row)
      }
      result.setBox(row, .value(.map(map)))
    }
  }
}

/// `base[index]`: of a list, or a property by its computed name.
final class ElementEvaluator: OperandEvaluator {
  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    let base = operands[0]
    let position = operands[1]
    for index in 0..<rows.count {
      let row = rows[index]
      if position.tag(row) == Tag.integer, let count = context.elementCount(of: base, row: row),
        case .list(let list) = base.boxes[Int(base.word(row))]
      {
        let wanted = Int(Int64(bitPattern: position.word(row)))
        let place = wanted < 0 ? wanted &+ count : wanted
        if place >= 0, place < count {
          result.copy(from: list.cells, row: list.start + place, to: row)
        } else {
          result.setNull(row)
        }
        continue
      }
      do {
        context.store(
          try element(context.value(base, row), context.value(position, row)),
          in: result,
          at: row
        )
      } catch {
        throw error.queryError(at: span)
      }
    }
  }

  private func element(_ base: Value, _ index: Value) throws(EvaluationError) -> Value {
    switch base {
    case .node, .edge, .derivedEdge:
      guard case .map(let properties)? = context.properties(of: base) else { return .null }
      return try ValueOperations.element(of: .map(properties), at: index)
    default:
      return try ValueOperations.element(of: base, at: index)
    }
  }
}

/// Binds a variable to each element of a list in turn, all rows of a chunk at once.
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

  /// The elements of the lists of some rows, with the row that each belongs to.
  struct Unnested {
    var chunk: Chunk
    /// By position in the rows given: where its elements end, or -1 for a null list.
    var ends: [Int]
  }

  func unnest(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Unnested {
    let lists = try list.evaluate(chunk, rows)
    let elements = Vector(capacity: max(16, rows.count))
    var ends: [Int] = []
    ends.reserveCapacity(rows.count)
    for index in 0..<rows.count {
      let row = rows[index]
      if lists.isNull(row) {
        ends.append(-1)
      } else if context.appendElements(of: lists, row: row, to: elements) != nil {
        ends.append(elements.count)
      } else {
        throw error(
          .typeMismatch,
          "expected a list, not \(context.value(lists, row).typeName)"
        )
      }
    }
    try context.count(rows: elements.count)
    let parents = Selection(capacity: elements.count)
    var start = 0
    for (index, end) in ends.enumerated() where end >= 0 {
      while start < end {
        parents.append(rows[index])
        start += 1
      }
    }
    let inner = Chunk(slotCount: context.slotCount, selection: Selection(all: elements.count))
    for outer in outerSlots { inner.columns[outer] = chunk.column(outer).gathered(parents.rows) }
    inner.columns[slot] = elements
    return Unnested(chunk: inner, ends: ends)
  }
}

/// A list comprehension, `[x IN list WHERE filter | projection]`.
final class ComprehensionEvaluator: UnnestingEvaluator {
  var filter: Evaluator?
  var projection: Evaluator?

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let unnested = try unnest(chunk, rows)
    let inner = unnested.chunk
    if let filter { inner.selection = try filter.select(inner, inner.rows) }
    let kept = inner.rows
    let values = try projection?.evaluate(inner, kept) ?? inner.column(slot)
    let result = result(for: rows)
    var next = 0
    for index in 0..<rows.count {
      let end = unnested.ends[index]
      if end < 0 {
        result.setNull(rows[index])
        continue
      }
      let cells = Vector(capacity: 4)
      while next < kept.count, kept[next] < end {
        cells.append(from: values, row: kept[next])
        next += 1
      }
      result.setBox(rows[index], .list(CellList(cells, count: cells.count)))
    }
    return result
  }
}

/// `all(x IN list WHERE predicate)` and its kin, in three-valued logic.
final class QuantifierEvaluator: UnnestingEvaluator {
  var kind = QuantifierKind.all
  var predicate: Evaluator?

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let unnested = try unnest(chunk, rows)
    let inner = unnested.chunk
    guard let truths = try predicate?.evaluate(inner, inner.rows) else { return Vector.nothing() }
    let result = result(for: rows)
    var next = 0
    for index in 0..<rows.count {
      let end = unnested.ends[index]
      if end < 0 {
        result.setNull(rows[index])
        continue
      }
      var trueCount = 0
      var nullCount = 0
      let count = end - next
      while next < end {
        let tag = truths.tag(next)
        if tag == Tag.null {
          nullCount += 1
        } else if tag != Tag.boolean {
          throw notBoolean(truths, next)
        } else if truths.word(next) != 0 {
          trueCount += 1
        }
        next += 1
      }
      result.setBoolean(
        rows[index],
        truth(trueCount: trueCount, nullCount: nullCount, count: count)
      )
    }
    return result
  }

  private func truth(trueCount: Int, nullCount: Int, count: Int) -> Bool? {
    let falseCount = count - trueCount - nullCount
    return switch kind {
    case .any: trueCount > 0 ? true : nullCount > 0 ? nil : false
    case .all: falseCount > 0 ? false : nullCount > 0 ? nil : true
    case .none: trueCount > 0 ? false : nullCount > 0 ? nil : true
    case .single: trueCount > 1 ? false : nullCount > 0 ? nil : trueCount == 1
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
    let result = result(for: rows)
    let elements = Vector(capacity: 16)
    var starts: [Int] = []
    var counts: [Int] = []
    for index in 0..<rows.count {
      let row = rows[index]
      result.copy(from: start, row: row, to: row)
      starts.append(elements.count)
      if let count = context.appendElements(of: lists, row: row, to: elements) {
        counts.append(count)
      } else if lists.isNull(row) {
        counts.append(0)
        result.setNull(row)
      } else {
        throw error(
          .typeMismatch,
          "reduce expects a list, not "
            + context.value(lists, row).typeName
        )
      }
    }
    try context.count(rows: elements.count)
    let inner = Chunk(columns: chunk.columns, selection: chunk.selection)
    for step in 0..<(counts.max() ?? 0) {
      let open = Selection(capacity: rows.count)
      let current = self.result(for: rows)
      let former = self.result(for: rows)
      for index in 0..<rows.count where counts[index] > step {
        open.append(rows[index])
        current.copy(from: elements, row: starts[index] + step, to: rows[index])
        former.copy(from: result, row: rows[index], to: rows[index])
      }
      inner.columns[slot] = current
      inner.columns[accumulator] = former
      let values = try body.evaluate(inner, open.rows)
      for index in 0..<open.count {
        result.copy(from: values, row: open.rows[index], to: open.rows[index])
      }
    }
    return result
  }
}
