import GraphModel
import GraphStorage
import Queries
import SourceText
import Testing

extension QueryEngine {
  /// The rows of a query as text.
  func texts(
    _ query: String,
    _ parameters: [String: Value] = [:],
    options: QueryOptions = QueryOptions()
  ) throws -> [[String]] {
    let source = SourceText(name: "query", text: query)
    let result = try run(source, parameters: parameters, options: options)
    let renderer = ValueRenderer(graph: graph)
    return (0..<result.rowCount).map { row in
      result.values(row: row).enumerated().map { column, value -> String in
        var json: [UInt8] = []
        result.writeJSON(row: row, column: column, to: &json)
        #expect(String(decoding: json, as: UTF8.self) == renderer.json(value))
        return renderer.text(value)
      }
    }
  }

  /// What is wrong with a query, with its place marked by guillemets.
  func mistake(_ query: String, _ parameters: [String: Value] = [:]) -> String? {
    let source = SourceText(name: "query", text: query)
    func describe(_ diagnostic: Diagnostic) -> String {
      let hint = diagnostic.hint.map { "; \($0)" } ?? ""
      return "«\(source[diagnostic.span])» \(diagnostic.message)\(hint)"
    }
    do {
      _ = try run(source, parameters: parameters)
      return nil
    } catch {
      switch error {
      case .compile(let diagnostics): return describe(diagnostics.all[0])
      case .evaluation(let diagnostic): return "run: " + describe(diagnostic)
      case .limit(let message, _): return "limit: " + message
      case .cancelled: return "cancelled"
      }
    }
  }
}
