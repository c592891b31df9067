import Expressions
import GraphModel
import SourceText

/// An expression made ready for one run of a query.
///
/// The result's rows are those of the chunk; only the rows asked for are
/// filled. Dispatch is dynamic and paid once a chunk.
class Evaluator {
  let context: ExecutionContext
  let span: SourceSpan

  init(_ context: ExecutionContext, _ span: SourceSpan) {
    self.context = context
    self.span = span
  }

  func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    preconditionFailure("every evaluator evaluates")
  }

  /// The rows for which the expression is true, neither false nor null.
  func select(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Selection {
    try selected(evaluate(chunk, rows), rows)
  }

  /// The rows whose cells are true.
  final func selected(_ vector: Vector, _ rows: Rows) throws(QueryError) -> Selection {
    let selected = Selection(capacity: rows.count)
    let pointer = selected.pointer
    var count = 0
    var index = 0
    while index < rows.count {
      let row = rows[index]
      let tag = vector.tag(row)
      if tag != Tag.boolean, tag != Tag.null { throw notBoolean(vector, row) }
      pointer[count] = Int32(truncatingIfNeeded: row)
      count &+= tag == Tag.boolean && vector.word(row) != 0 ? 1 : 0
      index &+= 1
    }
    selected.count = count
    return selected
  }

  func notBoolean(_ vector: Vector, _ row: Int) -> QueryError {
    error(.typeMismatch, "expected a boolean, not \(context.value(vector, row).typeName)")
  }

  func error(_ kind: EvaluationError.Kind, _ message: String) -> QueryError {
    EvaluationError(kind, message).queryError(at: span)
  }

  /// A vector for results of those rows.
  func result(for rows: Rows) -> Vector {
    Vector(capacity: rows.count == 0 ? 1 : rows[rows.count - 1] + 1)
  }

  /// Evaluates once for all rows where every operand is one cell.
  func isConstant(_ operands: Vector...) -> Bool { operands.allSatisfy(\.isConstant) }
}

/// The one row that stands for all rows of a constant.
///
/// Never written to after it is made.
nonisolated(unsafe) let constantRow = Selection(all: 1)

extension Vector {
  /// The same cell as a constant vector.
  func constant(row: Int = 0) -> Vector {
    let tag = tags[row]
    if tag == Tag.boxed {
      return Vector(constantTag: tag, word: 0, box: boxes[Int(words[row])])
    }
    return Vector(constantTag: tag, word: words[row])
  }
}

final class ConstantEvaluator: Evaluator {
  let vector: Vector

  init(_ context: ExecutionContext, _ span: SourceSpan, _ value: Value) {
    vector = context.constant(value)
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector { vector }
}

final class SlotEvaluator: Evaluator {
  let slot: Int

  init(_ context: ExecutionContext, _ span: SourceSpan, slot: Int) {
    self.slot = slot
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    chunk.column(slot)
  }
}

/// An operation on one, two or more vectors, row by row.
///
/// Subclasses fill the rows; operands that are all constant are evaluated once.
class OperandEvaluator: Evaluator {
  let operands: [Evaluator]

  init(_ context: ExecutionContext, _ span: SourceSpan, _ operands: [Evaluator]) {
    self.operands = operands
    super.init(context, span)
  }

  final override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    try evaluate(evaluateOperands(chunk, rows), rows)
  }

  final func evaluateOperands(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> [Vector] {
    var vectors: [Vector] = []
    vectors.reserveCapacity(operands.count)
    for operand in operands { vectors.append(try operand.evaluate(chunk, rows)) }
    return vectors
  }

  final func evaluate(_ vectors: [Vector], _ rows: Rows) throws(QueryError) -> Vector {
    if rows.count > 0, vectors.allSatisfy(\.isConstant) {
      let result = Vector(capacity: 1)
      try fill(result, vectors, constantRow.rows)
      return result.constant()
    }
    let result = result(for: rows)
    try fill(result, vectors, rows)
    return result
  }

  func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    preconditionFailure("every operand evaluator fills")
  }
}

/// A function without arguments that gives every row another value.
final class VolatileEvaluator: Evaluator {
  private let function: ScalarFunction

  init(_ context: ExecutionContext, _ span: SourceSpan, _ function: ScalarFunction) {
    self.function = function
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let result = result(for: rows)
    for index in 0..<rows.count {
      do {
        context.store(try function.evaluate([]), in: result, at: rows[index])
      } catch {
        throw error.queryError(at: span)
      }
    }
    return result
  }
}

/// A function of values: whatever has no kernel of its own.
final class FunctionEvaluator: OperandEvaluator {
  let function: @Sendable ([Value]) throws(EvaluationError) -> Value

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ operands: [Evaluator],
    function: @escaping @Sendable ([Value]) throws(EvaluationError) -> Value
  ) {
    self.function = function
    super.init(context, span, operands)
  }

  override func fill(
    _ result: Vector,
    _ operands: [Vector],
    _ rows: Rows
  ) throws(QueryError) {
    var arguments = [Value](repeating: .null, count: operands.count)
    for index in 0..<rows.count {
      let row = rows[index]
      for (position, operand) in operands.enumerated() {
        arguments[position] = context.value(operand, row)
        try context.budget.work(1 + (context.elementCount(of: operand, row: row) ?? 0))
      }
      do {
        context.store(try function(arguments), in: result, at: row)
      } catch {
        throw error.queryError(at: span)
      }
    }
  }
}
