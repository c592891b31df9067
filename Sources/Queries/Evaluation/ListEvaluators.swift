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

/// `range(first, last, step)`, without making a value of each number.
final class RangeEvaluator: OperandEvaluator {
  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    for index in 0..<rows.count {
      let row = rows[index]
      if operands.contains(where: { $0.isNull(row) }) {
        result.setNull(row)
        continue
      }
      let numbers: IntegerRange
      do {
        numbers = try IntegerRange(operands.map { context.value($0, row) })
      } catch {
        throw error.queryError(at: span)
      }
      let cells = Vector(capacity: numbers.count, uniform: Tag.integer)
      for place in 0..<numbers.count {
        if place & 0xFFF == 0 { try context.budget.work(0xFFF) }
        cells.words[place] = UInt64(bitPattern: numbers[place])
      }
      cells.count = numbers.count
      result.setBox(row, .list(CellList(cells, count: numbers.count)))
    }
  }
}
