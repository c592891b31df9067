import Foundation
import GraphModel
import GraphStorage
import OrderedCollections
import Queries
import SourceText

/// Files that lie beside the package, where the project is developed.
enum SharedFiles {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "shared")

  static func has(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  static func data(_ path: String) throws -> Data {
    try Data(contentsOf: root.appending(path: path))
  }
}

/// A graph written down as nodes and edges.
struct GraphFixture {
  let builder = GraphBuilder()
  private(set) var nodes: [NodeNumber] = []
  private var position: UInt32 = 0

  init() {
    advance()
  }

  private mutating func advance() {
    position += 1
    builder.begin(event: EventPosition(position), time: Int64(position))
  }

  @discardableResult
  mutating func node(_ labels: [String], _ properties: [String: Value] = [:]) -> NodeNumber {
    let node = builder.anonymousNode(labels: labels)
    for (key, value) in properties.sorted(by: { $0.key < $1.key }) where !value.isNull {
      builder.set(builder.cell(for: value), key: builder.propertyKey(named: key), of: node)
    }
    nodes.append(node)
    return node
  }

  @discardableResult
  mutating func edge(
    _ from: NodeNumber,
    _ type: String,
    _ to: NodeNumber,
    _ properties: [String: Value] = [:],
    hasValidity: Bool = false
  ) -> EdgeReference {
    let number = builder.edgeType(named: type, hasValidity: hasValidity)
    let edge = builder.newEdge(type: number, from: from, to: to)
    for (key, value) in properties.sorted(by: { $0.key < $1.key }) where !value.isNull {
      builder.set(builder.cell(for: value), key: builder.propertyKey(named: key), of: edge)
    }
    return edge
  }

  func engine(_ catalog: QueryCatalog? = nil) -> QueryEngine {
    QueryEngine(graph: builder.publish(), catalog: catalog)
  }
}

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
      result.values(row: row).map { renderer.text($0) }
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
