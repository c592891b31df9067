public import Queries

extension QueryResult {
  /// A cell as a person reads it.
  public func text(row: Int, column: Int) -> String {
    ValueRenderer(graph: graph).text(value(row: row, column: column))
  }

  /// A cell as JSON.
  public func jsonBytes(row: Int, column: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    writeJSON(row: row, column: column, to: &bytes)
    return bytes
  }
}
