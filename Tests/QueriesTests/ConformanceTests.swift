import Expressions
import Foundation
import GraphModel
import GraphStorage
import OrderedCollections
import Queries
import SourceText
import Testing

/// A scenario of the openCypher TCK: a graph, a query, and what it returns.
struct Scenario: Decodable {
  struct Expectation: Decodable {
    var kind: String
    var ordered: Bool
    var ignoreListOrder: Bool
    var columns: [String]?
    var rows: [[String]]?
    var phase: String?
    var detail: String?
  }

  struct Node: Decodable {
    var id: Int
    var labels: [String]
    var props: [String: String]
  }

  struct Relationship: Decodable {
    var type: String
    var src: Int
    var dst: Int
    var props: [String: String]
  }

  struct InitialGraph: Decodable {
    var nodes: [Node]
    var rels: [Relationship]
  }

  var feature: String
  var scenario: String
  var parameters: [String: String]
  var query: String
  var initialGraph: InitialGraph?
  var expect: Expectation

  static func all() throws -> [Scenario] {
    let text = String(decoding: try SharedFiles.data("tck/open.jsonl"), as: UTF8.self)
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(Scenario.self, from: Data($0.utf8))
    }
  }

  enum Outcome {
    case passed
    /// An error where rows were expected.
    case raised(String)
    /// Other rows, or rows where an error was expected.
    case wrong(String)
  }

  func run() -> Outcome {
    do {
      var fixture = GraphFixture()
      var nodes: [Int: NodeNumber] = [:]
      for node in initialGraph?.nodes ?? [] {
        nodes[node.id] = fixture.node(node.labels, try node.props.mapValues(Self.value))
      }
      for edge in initialGraph?.rels ?? [] {
        guard let from = nodes[edge.src], let to = nodes[edge.dst] else { continue }
        fixture.edge(from, edge.type, to, try edge.props.mapValues(Self.value))
      }
      return try run(on: fixture.engine())
    } catch {
      return .raised("fixture: \(error)")
    }
  }

  static func value(_ text: String) throws -> Value {
    let engine = GraphFixture().engine()
    let result = try engine.run(SourceText(name: "value", text: "RETURN \(text)"))
    return result.value(row: 0, column: 0)
  }

  private func run(on engine: QueryEngine) throws -> Outcome {
    let parameters = try parameters.mapValues(Self.value)
    let source = SourceText(name: "query", text: query)
    let result: QueryResult
    do {
      result = try engine.run(source, parameters: parameters)
    } catch {
      let isCompileTime = if case .compile = error { true } else { false }
      let description = engine.mistake(query, parameters) ?? ""
      guard expect.kind == "error" else { return .raised(description) }
      let phase = expect.phase ?? ""
      if phase == "any time" || (phase == "compile time") == isCompileTime { return .passed }
      return .raised("\(phase) expected: \(description)")
    }
    let canonical = CanonicalValues(
      graph: engine.graph,
      ignoresListOrder: expect.ignoreListOrder
    )
    let actual = (0..<result.rowCount).map { result.values(row: $0).map(canonical.text) }
    guard expect.kind == "rows" else {
      return .wrong("no error \(expect.detail ?? "") but \(actual)")
    }
    let expected = (expect.rows ?? []).map { row in
      row.map { CellReader.canonical($0, ignoresListOrder: expect.ignoreListOrder) }
    }
    if let columns = expect.columns, columns != result.columns {
      return .wrong("columns \(result.columns) instead of \(columns)")
    }
    let same =
      expect.ordered
      ? actual == expected
      : actual.map { $0.joined(separator: "|") }.sorted()
        == expected.map { $0.joined(separator: "|") }.sorted()
    return same ? .passed : .wrong("\(actual) instead of \(expected)")
  }
}

@Suite(
  .enabled(if: SharedFiles.has("tck/open.jsonl"), "the openCypher TCK is not beside the package")
)
struct `The scenarios of the openCypher TCK` {
  @Test func `read-only queries return what other engines return`() throws {
    var passed = 0
    var raised: [String] = []
    var wrong: [String] = []
    for scenario in try Scenario.all() where !scenario.feature.contains("temporal") {
      let name =
        "\(scenario.feature) \(scenario.scenario)\n    "
        + scenario.query.replacingOccurrences(of: "\n", with: " ")
      switch scenario.run() {
      case .passed: passed += 1
      case .raised(let error): raised.append("\(name)\n    \(error)")
      case .wrong(let answer): wrong.append("\(name)\n    \(answer)")
      }
    }
    if let path = ProcessInfo.processInfo.environment["TCK_REPORT"] {
      let report = ["RAISED"] + raised + ["WRONG"] + wrong
      try report.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }
    print("tck without temporal: \(passed) passed, \(raised.count) raised, \(wrong.count) wrong")
    #expect(passed >= 1250)
    #expect(wrong.isEmpty)
  }
}
