import Expressions
import GraphModel
import GraphStorage
import OrderedCollections
package import Queries
import SourceText

/// What the engine answers, and what trying everything finds.
package struct Comparison {
  package enum Outcome {
    case same(rowCount: Int)
    /// Both refuse it, or it takes too long to try everything.
    case refused
    case different(String)
  }

  package let graph: ReferenceGraph
  package let query: String

  package init(graph: ReferenceGraph, query: String) {
    self.graph = graph
    self.query = query
  }

  package func outcome() -> Outcome {
    let expected: ReferenceEvaluator.Table
    do {
      expected = try ReferenceEvaluator(graph).run(query)
    } catch is ReferenceEvaluator.TooLarge {
      return .refused
    } catch let error as EvaluationError {
      if error.message.contains("TooLarge") { return .refused }
      return answer() == nil ? .refused : .different("no error where one is expected: \(error)")
    } catch {
      return .different("the reference cannot run it: \(error)")
    }
    do {
      let engine = graph.engine()
      let source = SourceText(name: "query", text: query)
      var actual = rows(of: try engine.run(source))
      var options = QueryOptions(threads: 2)
      options.threadThresholds = .none
      let shared = rows(of: try engine.run(source, options: options))
      if shared != actual { return .different("\(shared)\nwith two threads\n\(actual)") }
      var wanted = rows(of: expected)
      if !query.contains("ORDER BY c") || query.contains("UNION") {
        actual.sort()
        wanted.sort()
      }
      if actual == wanted { return .same(rowCount: actual.count) }
      return .different("\(actual)\ninstead of\n\(wanted)")
    } catch {
      return .different("\(error)\ninstead of rows")
    }
  }

  private func answer() -> QueryResult? {
    try? graph.engine().run(SourceText(name: "query", text: query))
  }

  /// The rows that trying everything finds; `nil` where it does not come to an end.
  package func expected(stepCountMax: Int = 20_000) -> [String]? {
    (try? ReferenceEvaluator(graph, stepCountMax: stepCountMax).run(query)).map(rows)
  }

  /// Columns in the order of their names: RETURN * promises none.
  package func rows(of result: QueryResult) -> [String] {
    let order = result.columns.indices.sorted { result.columns[$0] < result.columns[$1] }
    return (0..<result.rowCount).map { row in
      let values = result.values(row: row)
      return text(order.map { values[$0] }, result.graph)
    }
  }

  private func rows(of table: ReferenceEvaluator.Table) -> [String] {
    let graph = graph.engine().graph
    return table.rows.map { row in text(table.columns.sorted().map { row[$0] ?? .null }, graph) }
  }

  /// 1 and 1.0 are one for DISTINCT and in an order: which of them is shown is not certain.
  private func text(_ values: [Value], _ graph: Graph) -> String {
    let canonical = CanonicalValues(graph: graph, ignoresListOrder: false)
    return values.map(canonical.text).joined(separator: " | ").replacing("1.0", with: "1")
  }

  /// What makes the rows of a query depend on an order that nothing decides, on chance, on the
  /// clock, or on what the reference does not know.
  private static let uncertain = [
    "limit", "skip", "offset", "shortest", "collect", "rand", "date", "time", "|", "explain",
    "profile", "0.", "head", "last", "similarity", "sources", "claims", "recorded", "validity", "~",
    "as of", "percentile", "stdev", "sum", "avg", "$", "exists(",
  ]

  /// Whether a query of unknown making has rows that can be compared.
  package static func isCertain(_ query: String) -> Bool {
    let lowered = query.lowercased()
    return !uncertain.contains { lowered.contains($0) }
  }

  /// The graph as a person reads it.
  package var description: String {
    let nodes = graph.nodes.map { "(#\($0.number.rawValue):\($0.labels) \($0.properties))" }
    let edges = graph.edges.map {
      "#\($0.from.rawValue)-[:\($0.type) \($0.properties)]->#\($0.to.rawValue)"
    }
    return (nodes + edges + [query]).joined(separator: "\n")
  }
}
