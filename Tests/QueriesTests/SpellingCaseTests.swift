import Conformance
import Foundation
import GraphModel
import Queries
import SourceText
import Testing

/// `Cases/gql.txt`: the spellings of GQL and what they answer on one small graph, as written and
/// as trying everything finds it.
@Suite struct `Spellings of GQL` {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Cases/gql.txt")

  /// Two edges alike between Ada and Bo, a loop, a circle, a node without labels or edges.
  private static func graph() -> ReferenceGraph {
    var graph = ReferenceGraph()
    func name(_ text: String, _ more: [String: Value] = [:]) -> [String: Value] {
      more.merging(["name": .string(text)]) { $1 }
    }
    let ada = graph.addNode(["Person"], name("Ada", ["age": .integer(36)]))
    let bo = graph.addNode(["Person", "Admin"], name("Bo", ["age": .integer(20)]))
    let cy = graph.addNode(["Person"], name("Cy"))
    let delft = graph.addNode(["Place"], name("Delft"))
    let essen = graph.addNode(["Place", "Closed"], name("Essen"))
    _ = graph.addNode([], name("F"))
    graph.addEdge(ada, "KNOWS", bo, ["since": .integer(1)])
    graph.addEdge(ada, "KNOWS", bo, ["since": .integer(2)])
    graph.addEdge(bo, "KNOWS", cy, ["since": .integer(3)])
    graph.addEdge(cy, "KNOWS", ada)
    graph.addEdge(ada, "LIKES", ada, ["since": .integer(1)])
    graph.addEdge(cy, "LIKES", bo)
    graph.addEdge(ada, "LIVES_IN", delft)
    graph.addEdge(bo, "LIVES_IN", delft)
    graph.addEdge(cy, "LIVES_IN", essen)
    graph.addEdge(delft, "NEAR", essen)
    graph.addEdge(essen, "NEAR", delft)
    return graph
  }

  /// The rows of a query as the file has them: in the order asked for, or else sorted.
  private static func rows(_ result: QueryResult, of query: String) -> [String] {
    let canonical = CanonicalValues(graph: result.graph, ignoresListOrder: false)
    let rows = (0..<result.rowCount).map { row in
      result.values(row: row).map(canonical.text).joined(separator: " | ")
    }
    return query.contains("ORDER BY") && !query.contains("COLLECT {") ? rows : rows.sorted()
  }

  @Test func `answer as written, and as trying everything answers`() throws {
    let isRecording = ProcessInfo.processInfo.environment["RAPPORT_RECORD_CASES"] != nil
    var lines: [String] = []
    var query: String?
    var expected: [String] = []
    var isAnswer = false
    var count = 0
    for line in try String(contentsOf: Self.file, encoding: .utf8).components(separatedBy: "\n") {
      switch line {
      case "---": isAnswer = true
      case "===":
        let text = try #require(query)
        let graph = Self.graph()
        let result = try graph.engine().run(SourceText(name: "query", text: text))
        let actual = Self.rows(result, of: text)
        count += 1
        if isRecording { lines += actual } else { #expect(actual == expected, "\(text)") }
        let comparison = Comparison(graph: graph, query: text)
        let reference = comparison.expected(stepCountMax: 5_000_000)
        #expect(reference?.sorted() == comparison.rows(of: result).sorted(), "\(text)")
        (query, expected, isAnswer) = (nil, [], false)
      case _ where isAnswer:
        expected.append(line)
        if isRecording { continue }
      case _ where !line.isEmpty && !line.hasPrefix("#"): query = line
      default: break
      }
      lines.append(line)
    }
    #expect(count >= 120)
    guard isRecording else { return }
    try lines.joined(separator: "\n").write(to: Self.file, atomically: true, encoding: .utf8)
  }
}
