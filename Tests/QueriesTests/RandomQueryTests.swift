import Conformance
import Expressions
import Foundation
import GraphModel
import OrderedCollections
import Queries
import SourceText
import Testing

/// What the engine answers, and what trying everything finds.
struct Comparison {
  enum Outcome {
    case same(rowCount: Int)
    /// Both refuse it, or it takes too long to try everything.
    case refused
    case different(String)
  }

  let graph: ReferenceGraph
  let query: String

  func outcome() -> Outcome {
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
    let engine = graph.engine()
    do {
      let result = try engine.run(SourceText(name: "query", text: query))
      let canonical = CanonicalValues(graph: result.graph, ignoresListOrder: false)
      // 1 and 1.0 are one for DISTINCT and in an order: which of them is shown is not certain.
      func text(_ values: [Value]) -> String {
        values.map(canonical.text).joined(separator: " | ").replacing("1.0", with: "1")
      }
      var actual = (0..<result.rowCount).map { text(result.values(row: $0)) }
      var wanted = expected.rows.map { row in text(expected.columns.map { row[$0] ?? .null }) }
      if !query.contains("ORDER BY c") || query.contains("UNION") {
        actual.sort()
        wanted.sort()
      }
      if actual == wanted { return .same(rowCount: actual.count) }
      return .different("\(actual)\ninstead of\n\(wanted)")
    } catch {
      return .different("\(engine.mistake(query) ?? "")\ninstead of rows")
    }
  }

  private func answer() -> QueryResult? {
    try? graph.engine().run(SourceText(name: "query", text: query))
  }

  /// The graph as a person reads it.
  var description: String {
    let nodes = graph.nodes.map { "(#\($0.number.rawValue):\($0.labels) \($0.properties))" }
    let edges = graph.edges.map {
      "#\($0.from.rawValue)-[:\($0.type) \($0.properties)]->#\($0.to.rawValue)"
    }
    return (nodes + edges + [query]).joined(separator: "\n")
  }
}

@Suite struct `Random queries on random graphs` {
  /// Twenty thousand queries; `RAPPORT_QUERY_SEEDS=20001..40000` runs others, one seed repeats one.
  private static let seeds: ClosedRange<UInt64> = {
    let text = ProcessInfo.processInfo.environment["RAPPORT_QUERY_SEEDS"] ?? "1..20000"
    let numbers = text.split(separator: ".").compactMap { UInt64($0) }
    return (numbers.first ?? 1)...(numbers.last ?? 1)
  }()

  private static let partCount: UInt64 = 8

  @Test(arguments: 0..<partCount)
  func `are answered as trying everything answers them`(part: UInt64) {
    var total = 0
    var refused = 0
    var withRows = 0
    for seed in Self.seeds where seed % Self.partCount == part {
      var random = RandomQuery(seed: seed)
      let comparison = Comparison(graph: random.graph(), query: random.query())
      total += 1
      switch comparison.outcome() {
      case .same(let rowCount): withRows += rowCount > 0 ? 1 : 0
      case .refused: refused += 1
      case .different(let text):
        Issue.record("seed \(seed)\n\(comparison.description)\n\(text)")
      }
    }
    print("random queries: \(total), \(refused) refused or too large, \(withRows) with rows")
    guard total > 100 else { return }
    #expect(refused * 10 < total)
    #expect(withRows * 2 > total)
  }
}
