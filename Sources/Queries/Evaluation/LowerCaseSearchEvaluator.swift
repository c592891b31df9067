import GraphModel
import GraphStorage

/// `toLower(x.name) CONTAINS '…'` where `x` are many nodes that lie together, as a scan finds them.
final class LowerCaseSearchEvaluator: Evaluator {
  private let base: Evaluator
  private let columns: KeyColumns
  private let key: UInt16
  /// For everything else.
  private let other: TextMatchEvaluator
  /// What was searched for, and where it was found, by block of the table.
  private var search: Search?

  private struct Search {
    var word: UInt64
    var table: Int
    var found: [[UInt64]?]
  }

  private static let rowCountMin = 64
  /// Of so many rows of a table one has to be asked for at least.
  private static let rowsPerRowMax = 4

  /// `nil` where the text searched is no property.
  init?(_ context: ExecutionContext, _ other: TextMatchEvaluator) {
    guard other.operation == .contains, other.lowerCase, context.options.languages.isEmpty,
      let property = other.operands[0] as? PropertyEvaluator,
      let key = context.view.graph.propertyKey(named: property.reader.name)
    else { return nil }
    base = property.base
    columns = property.reader.columns
    self.key = key
    self.other = other
    super.init(context, other.span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    if rows.count >= Self.rowCountMin {
      let text = try other.operands[1].evaluate(chunk, rows)
      let nodes = try base.evaluate(chunk, rows)
      if text.isConstant, text.tag(0) == Tag.string, nodes.uniform == Tag.node,
        !nodes.isConstant, let result = find(text.word(0), nodes, rows)
      {
        return result
      }
    }
    return try other.evaluate(chunk, rows)
  }

  private func find(_ text: UInt64, _ nodes: Vector, _ rows: Rows) -> Vector? {
    let view = context.view
    let table = Int(view.nodeTables[Int(nodes.word(rows[0]))])
    guard table < columns.ofNodes.count, let column = columns.ofNodes[table]?.cells,
      column.kind == .string
    else { return nil }
    var (first, last) = (Int.max, 0)
    for index in 0..<rows.count {
      let node = Int(nodes.word(rows[index]))
      guard Int(view.nodeTables[node]) == table else { return nil }
      first = min(first, Int(view.nodeRows[node]))
      last = max(last, Int(view.nodeRows[node]))
    }
    guard last < column.rowCount, last - first < rows.count * Self.rowsPerRowMax,
      let found = find(
        text,
        column,
        table,
        first / LowerCaseBlock.rowCount...last / LowerCaseBlock.rowCount
      )
    else { return nil }
    let result = result(for: rows)
    for index in 0..<rows.count {
      let row = Int(view.nodeRows[Int(nodes.word(rows[index]))])
      if column.positions[row] == 0 {
        result.setNull(rows[index])
        continue
      }
      let bits = found[row / LowerCaseBlock.rowCount].unsafelyUnwrapped
      let place = row % LowerCaseBlock.rowCount
      result.set(rows[index], Tag.boolean, bits[place / 64] >> UInt64(place % 64) & 1)
    }
    return result
  }

  /// Where a text is found in blocks of a column, by block; `nil` where some of them are not there.
  private func find(
    _ text: UInt64,
    _ column: ColumnCells,
    _ table: Int,
    _ blocks: ClosedRange<Int>
  ) -> [[UInt64]?]? {
    var search = search.take() ?? Search(word: text, table: table, found: [])
    if search.word != text || search.table != table {
      search = Search(word: text, table: table, found: [])
    }
    defer { self.search = search }
    if search.found.count <= blocks.upperBound {
      search.found += Array(repeating: nil, count: blocks.upperBound + 1 - search.found.count)
    }
    let missing = blocks.filter { search.found[$0] == nil }
    if missing.isEmpty { return search.found }
    guard
      let made = context.caches.lowerCase(column, table, key, missing, in: context.view),
      context.strings.withBytes(text, { $0.count > 0 })
    else { return nil }
    context.strings.withBytes(text) { text in
      for (number, block) in zip(missing, made) {
        search.found[number] = block.rows(containing: text)
      }
    }
    return search.found
  }
}
