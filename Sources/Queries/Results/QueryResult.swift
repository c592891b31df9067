import Expressions
public import GraphModel
public import GraphStorage

/// The rows of a query.
///
/// Nothing changes it after it is made, which is why threads may share it.
public final class QueryResult: @unchecked Sendable {
  /// The graph that was asked.
  public var graph: Graph { context.view.graph }
  public let columns: [String]
  public let rowCount: Int
  /// The plan, after EXPLAIN and PROFILE.
  public let plan: PlanDescription?
  private let context: ExecutionContext
  private let vectors: [Vector]

  init(
    context: ExecutionContext,
    columns: [String],
    vectors: [Vector],
    rowCount: Int,
    plan: PlanDescription?
  ) {
    self.context = context
    self.columns = columns
    self.vectors = vectors
    self.rowCount = rowCount
    self.plan = plan
  }

  /// The plan, a row for each line.
  convenience init(explaining plan: PlanDescription, context: ExecutionContext) {
    let vector = Vector(capacity: 16)
    for line in plan.table.split(separator: "\n") {
      context.append(.string(String(line)), to: vector)
    }
    self.init(
      context: context,
      columns: ["plan"],
      vectors: [vector],
      rowCount: vector.count,
      plan: plan
    )
  }

  /// The value of a cell.
  ///
  /// - Precondition: both numbers are those of a cell, counted from 0.
  public func value(row: Int, column: Int) -> Value {
    precondition(row >= 0 && row < rowCount, "there is no such row")
    return context.value(vectors[column], row)
  }

  /// Appends a cell as JSON, as ``ValueRenderer/writeJSON(_:to:)`` writes its value.
  ///
  /// - Precondition: both numbers are those of a cell, counted from 0.
  public func writeJSON(row: Int, column: Int, to output: inout [UInt8]) {
    precondition(row >= 0 && row < rowCount, "there is no such row")
    let vector = vectors[column]
    let word = vector.word(row)
    // Of what most cells are no value is made.
    switch vector.tag(row) {
    case Tag.null: output.append(contentsOf: "null".utf8)
    case Tag.integer: ValueJSON.write(Int64(bitPattern: word), to: &output)
    case Tag.string: context.strings.withBytes(word) { ValueJSON.write(utf8: $0, to: &output) }
    case Tag.date: ValueJSON.write(PartialDate(packed: Int64(bitPattern: word)), to: &output)
    default: ValueRenderer(graph: graph).writeJSON(context.value(vector, row), to: &output)
    }
  }

  /// The values of a row, in the order of ``columns``.
  public func values(row: Int) -> [Value] {
    columns.indices.map { value(row: row, column: $0) }
  }
}
