import Dispatch

/// The operators of one running query, and the rows that they have made so far.
final class QueryRun {
  private let query: CompiledQuery
  private let context: ExecutionContext
  private let root: Operator
  private let vectors: [Vector]
  private var rowCount = 0

  private init(_ query: CompiledQuery, _ context: ExecutionContext) {
    self.query = query
    self.context = context
    root = OperatorBuilder(context).make(query.plan)
    vectors = query.columns.map { _ in Vector(capacity: 16) }
  }

  /// The rows of a query, a vector for each column.
  ///
  /// Where the query is stopped, what it had made until then is freed by another thread: that may
  /// be millions of values, and who stopped it does not wait for them.
  static func rows(
    of query: CompiledQuery,
    _ context: ExecutionContext
  ) throws(QueryError) -> (vectors: [Vector], rowCount: Int) {
    let run = Unmanaged.passRetained(QueryRun(query, context))
    do {
      let rows = try run.takeUnretainedValue().finish()
      run.release()
      return rows
    } catch {
      let abandoned = UInt(bitPattern: run.toOpaque())
      DispatchQueue.global(qos: .utility).async {
        guard let pointer = UnsafeRawPointer(bitPattern: abandoned) else { return }
        Unmanaged<QueryRun>.fromOpaque(pointer).release()
      }
      throw error
    }
  }

  private func finish() throws(QueryError) -> (vectors: [Vector], rowCount: Int) {
    while let chunk = try root.next() {
      rowCount += chunk.count
      try context.budget.count(resultRows: rowCount)
      for (index, column) in query.columns.enumerated() {
        vectors[index].append(from: chunk.column(column.slot), rows: chunk.rows)
      }
    }
    return (vectors, rowCount)
  }
}
