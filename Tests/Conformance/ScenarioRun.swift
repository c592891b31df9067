public import GraphModel
import Queries
import SourceText

extension Scenario {
  public enum Outcome: Sendable {
    case passed
    /// Other rows than expected, or rows where an error was: the worst that can happen.
    case wrongAnswer(String)
    /// An error where rows were expected, or one in the wrong phase.
    case raised(String)
  }

  /// Runs the query on the scenario's graph, which is built directly and not through a schema.
  public func run() -> Outcome {
    let engine: QueryEngine
    let values: [String: Value]
    do {
      engine = try graph().engine()
      values = try parameters.mapValues(Self.value)
    } catch {
      return .raised("the scenario's own graph or parameters: \(error)")
    }
    do {
      let result = try engine.run(SourceText(name: "query", text: query), parameters: values)
      return writes ? .wrongAnswer("a query that writes was run") : compare(result)
    } catch {
      return judge(error)
    }
  }

  /// The value of an expression's text.
  public static func value(_ text: String) throws -> Value {
    let result = try GraphFixture().engine().run(SourceText(name: "value", text: "RETURN \(text)"))
    return result.value(row: 0, column: 0)
  }

  private func graph() throws -> GraphFixture {
    var fixture = GraphFixture()
    var nodes: [Int: NodeNumber] = [:]
    for node in initialGraph?.nodes ?? [] {
      nodes[node.id] = fixture.node(node.labels, try node.props.mapValues(Self.value))
    }
    for edge in initialGraph?.rels ?? [] {
      guard let from = nodes[edge.src], let to = nodes[edge.dst] else { continue }
      fixture.edge(from, edge.type, to, try edge.props.mapValues(Self.value))
    }
    return fixture
  }

  private func judge(_ error: QueryError) -> Outcome {
    let isCompileTime = if case .compile = error { true } else { false }
    let message = Self.message(error)
    if writes { return isCompileTime ? .passed : .raised("not at compile time: \(message)") }
    guard expect.kind == "error" else { return .raised(message) }
    let phase = expect.phase ?? ""
    if phase == "any time" || (phase == "compile time") == isCompileTime { return .passed }
    return .raised("expected at \(phase): \(message)")
  }

  private static func message(_ error: QueryError) -> String {
    switch error {
    case .compile(let diagnostics): diagnostics.all[0].message
    case .evaluation(let diagnostic): diagnostic.message
    case .limit(let message, _): message
    case .cancelled: "cancelled"
    }
  }

  private func compare(_ result: QueryResult) -> Outcome {
    let canonical = CanonicalValues(
      graph: result.graph,
      ignoresListOrder: expect.ignoreListOrder
    )
    let actual = (0..<result.rowCount).map { result.values(row: $0).map(canonical.text) }
    guard expect.kind == "rows" else {
      return .wrongAnswer("no error \(expect.detail ?? "") but \(actual)")
    }
    let expected = (expect.rows ?? []).map { row in
      row.map { CellReader.canonical($0, ignoresListOrder: expect.ignoreListOrder) }
    }
    if let columns = expect.columns, columns != result.columns {
      return .wrongAnswer("columns \(result.columns) instead of \(columns)")
    }
    let isSame = expect.ordered ? actual == expected : Self.bag(actual) == Self.bag(expected)
    return isSame ? .passed : .wrongAnswer("\(actual) instead of \(expected)")
  }

  private static func bag(_ rows: [[String]]) -> [String] {
    rows.map { $0.joined(separator: "\u{1F}") }.sorted()
  }
}
