import Expressions
import GraphModel
import SourceText

enum LogicOperator: Hashable, Sendable {
  case and, or, exclusiveOr

  var spelling: String {
    switch self {
    case .and: "AND"
    case .or: "OR"
    case .exclusiveOr: "XOR"
    }
  }
}

/// AND and OR; the right side is evaluated only where the left does not decide.
final class ShortcutEvaluator: Evaluator {
  let left: Evaluator
  let right: Evaluator
  /// The value of one side that decides: true for OR, false for AND.
  let decisive: Bool

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    decisive: Bool,
    _ left: Evaluator,
    _ right: Evaluator
  ) {
    self.left = left
    self.right = right
    self.decisive = decisive
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let first = try left.evaluate(chunk, rows)
    let result = result(for: rows)
    let open = Selection(capacity: rows.count)
    let decisiveWord: UInt64 = decisive ? 1 : 0
    for index in 0..<rows.count {
      let row = rows[index]
      let tag = first.tag(row)
      if tag == Tag.boolean, first.word(row) == decisiveWord {
        result.set(row, Tag.boolean, decisiveWord)
      } else if tag == Tag.boolean || tag == Tag.null {
        open.append(row)
      } else {
        throw notBoolean(first, row)
      }
    }
    if open.count == 0 { return result }
    let second = try right.evaluate(chunk, open.rows)
    for index in 0..<open.count {
      let row = open.rows[index]
      let tag = second.tag(row)
      if tag == Tag.boolean {
        if second.word(row) == decisiveWord {
          result.set(row, Tag.boolean, decisiveWord)
        } else if first.isNull(row) {
          result.setNull(row)
        } else {
          result.set(row, Tag.boolean, 1 - decisiveWord)
        }
      } else if tag == Tag.null {
        result.setNull(row)
      } else {
        throw notBoolean(second, row)
      }
    }
    return result
  }

  override func select(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Selection {
    if decisive { return try super.select(chunk, rows) }
    let first = try left.select(chunk, rows)
    return first.count == 0 ? first : try right.select(chunk, first.rows)
  }
}

final class ExclusiveOrEvaluator: OperandEvaluator {
  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    for index in 0..<rows.count {
      let row = rows[index]
      for operand in operands
      where operand.tag(row) != Tag.boolean && operand.tag(row) != Tag.null {
        throw notBoolean(operand, row)
      }
      if operands[0].isNull(row) || operands[1].isNull(row) {
        result.setNull(row)
      } else {
        result.setBoolean(row, operands[0].word(row) != operands[1].word(row))
      }
    }
  }
}

final class NotEvaluator: OperandEvaluator {
  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    let operand = operands[0]
    for index in 0..<rows.count {
      let row = rows[index]
      switch operand.tag(row) {
      case Tag.boolean: result.set(row, Tag.boolean, 1 - operand.word(row))
      case Tag.null: result.setNull(row)
      default: throw notBoolean(operand, row)
      }
    }
  }
}

final class NullTestEvaluator: OperandEvaluator {
  let negated: Bool

  init(_ context: ExecutionContext, _ span: SourceSpan, _ operand: Evaluator, negated: Bool) {
    self.negated = negated
    super.init(context, span, [operand])
  }

  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    let operand = operands[0]
    var index = 0
    while index < rows.count {
      let row = rows[index]
      result.set(row, Tag.boolean, (operand.tag(row) == Tag.null) != negated ? 1 : 0)
      index &+= 1
    }
  }
}

/// CASE: each branch is evaluated only for the rows that reach it.
final class ConditionalEvaluator: Evaluator {
  let branches: [(condition: Evaluator, result: Evaluator)]
  let otherwise: Evaluator?

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    branches: [(condition: Evaluator, result: Evaluator)],
    otherwise: Evaluator?
  ) {
    self.branches = branches
    self.otherwise = otherwise
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let result = result(for: rows)
    var open = Selection(capacity: rows.count)
    for index in 0..<rows.count { open.append(rows[index]) }
    for branch in branches where open.count > 0 {
      let taken = try branch.condition.select(chunk, open.rows)
      if taken.count == 0 { continue }
      let values = try branch.result.evaluate(chunk, taken.rows)
      let rest = Selection(capacity: open.count)
      var next = 0
      for index in 0..<open.count {
        let row = open.rows[index]
        if next < taken.count, taken.rows[next] == row {
          result.copy(from: values, row: row, to: row)
          next += 1
        } else {
          rest.append(row)
        }
      }
      open = rest
    }
    let values = open.count > 0 ? try otherwise?.evaluate(chunk, open.rows) : nil
    for index in 0..<open.count {
      let row = open.rows[index]
      if let values { result.copy(from: values, row: row, to: row) } else { result.setNull(row) }
    }
    return result
  }
}

/// The first of its operands that is not null.
final class CoalesceEvaluator: Evaluator {
  let operands: [Evaluator]

  init(_ context: ExecutionContext, _ span: SourceSpan, _ operands: [Evaluator]) {
    self.operands = operands
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let result = result(for: rows)
    var open = Selection(capacity: rows.count)
    for index in 0..<rows.count { open.append(rows[index]) }
    for operand in operands where open.count > 0 {
      let values = try operand.evaluate(chunk, open.rows)
      let rest = Selection(capacity: open.count)
      for index in 0..<open.count {
        let row = open.rows[index]
        if values.isNull(row) {
          rest.append(row)
        } else {
          result.copy(from: values, row: row, to: row)
        }
      }
      open = rest
    }
    for index in 0..<open.count { result.setNull(open.rows[index]) }
    return result
  }
}

enum ArithmeticOperator: Hashable, Sendable {
  case add, subtract, multiply, divide, remainder, power

  var spelling: String {
    switch self {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .remainder: "%"
    case .power: "^"
    }
  }
}

final class ArithmeticEvaluator: OperandEvaluator {
  let operation: ArithmeticOperator

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ operation: ArithmeticOperator,
    _ left: Evaluator,
    _ right: Evaluator
  ) {
    self.operation = operation
    super.init(context, span, [left, right])
  }

  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    let left = operands[0]
    let right = operands[1]
    var index = 0
    while index < rows.count {
      let row = rows[index]
      if left.tag(row) == Tag.integer, right.tag(row) == Tag.integer,
        let number = integer(
          Int64(bitPattern: left.word(row)),
          Int64(bitPattern: right.word(row))
        )
      {
        result.set(row, Tag.integer, UInt64(bitPattern: number))
      } else if left.tag(row) == Tag.float, right.tag(row) == Tag.float,
        let number = float(Double(bitPattern: left.word(row)), Double(bitPattern: right.word(row)))
      {
        result.set(row, Tag.float, number.bitPattern)
      } else {
        try context.budget.work(
          1 + (context.elementCount(of: left, row: row) ?? 0)
            + (context.elementCount(of: right, row: row) ?? 0)
        )
        context.store(
          try slow(context.value(left, row), context.value(right, row)),
          in: result,
          at: row
        )
      }
      index &+= 1
    }
  }

  /// `nil` where the slow way must decide: an overflow, a division by zero.
  @inline(__always)
  private func integer(_ left: Int64, _ right: Int64) -> Int64? {
    let (number, overflow): (Int64, Bool)
    switch operation {
    case .add: (number, overflow) = left.addingReportingOverflow(right)
    case .subtract: (number, overflow) = left.subtractingReportingOverflow(right)
    case .multiply: (number, overflow) = left.multipliedReportingOverflow(by: right)
    case .divide: (number, overflow) = left.dividedReportingOverflow(by: right)
    case .remainder: (number, overflow) = left.remainderReportingOverflow(dividingBy: right)
    case .power: return nil
    }
    return overflow ? nil : number
  }

  @inline(__always)
  private func float(_ left: Double, _ right: Double) -> Double? {
    switch operation {
    case .add: left + right
    case .subtract: left - right
    case .multiply: left * right
    case .divide: left / right
    case .remainder, .power: nil
    }
  }

  private func slow(_ left: Value, _ right: Value) throws(QueryError) -> Value {
    do {
      return switch operation {
      case .add: try ValueOperations.add(left, right)
      case .subtract: try ValueOperations.subtract(left, right)
      case .multiply: try ValueOperations.multiply(left, right)
      case .divide: try ValueOperations.divide(left, right)
      case .remainder: try ValueOperations.remainder(left, right)
      case .power: try ValueOperations.power(left, right)
      }
    } catch {
      throw error.queryError(at: span)
    }
  }
}

/// `n:Person` of a node, `r:KNOWS` of an edge.
final class LabelTestEvaluator: OperandEvaluator {
  /// By label set number.
  let labelSets: [Bool]
  /// By edge type number.
  let edgeTypes: [Bool]

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ operand: Evaluator,
    labelSets: [Bool],
    edgeTypes: [Bool]
  ) {
    self.labelSets = labelSets
    self.edgeTypes = edgeTypes
    super.init(context, span, [operand])
  }

  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    let operand = operands[0]
    for index in 0..<rows.count {
      let row = rows[index]
      let word = operand.word(row)
      switch operand.tag(row) {
      case Tag.null: result.setNull(row)
      case Tag.node:
        let set = context.view.nodeLabelSets[Int(truncatingIfNeeded: word)]
        result.setBoolean(row, labelSets[Int(set)])
      case Tag.edge: result.setBoolean(row, edgeTypes[Int(truncatingIfNeeded: word >> 32)])
      default:
        throw error(
          .typeMismatch,
          "labels are tested on a node or an edge, not \(context.value(operand, row).typeName)"
        )
      }
    }
  }
}
