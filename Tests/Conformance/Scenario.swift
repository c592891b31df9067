public import Foundation
import GraphModel

/// A scenario of the openCypher TCK: a graph, a query, and what it returns.
public struct Scenario: Decodable, Sendable {
  public struct Expectation: Decodable, Sendable {
    /// `rows` or `error`.
    public var kind: String
    public var ordered: Bool
    public var ignoreListOrder: Bool
    public var columns: [String]?
    public var rows: [[String]]?
    /// When an error is expected: `compile time`, `runtime` or `any time`.
    public var phase: String?
    public var errorType: String?
    public var detail: String?
  }

  public struct Node: Decodable, Sendable {
    public var id: Int
    public var labels: [String]
    /// The text of an expression for each property.
    public var props: [String: String]
  }

  public struct Relationship: Decodable, Sendable {
    public var type: String
    public var src: Int
    public var dst: Int
    public var props: [String: String]
  }

  public struct InitialGraph: Decodable, Sendable {
    public var nodes: [Node]
    public var rels: [Relationship]
  }

  public var feature: String
  public var scenario: String
  /// The example of an outline, counted from 0.
  public var row: Int?
  public var parameters: [String: String]
  public var query: String
  public var initialGraph: InitialGraph?
  public var expect: Expectation
  /// The clauses that write, or call a procedure; `nil` for a scenario that reads only.
  public var why: [String]?

  /// Whether the query writes, which has to be refused before anything runs.
  public var writes: Bool { why != nil }

  /// The folder of the feature, such as `clauses/match`.
  public var folder: String {
    feature.split(separator: "/").dropLast().joined(separator: "/")
  }

  /// What no other scenario of a file is called.
  public var name: String {
    "\(feature) \(scenario)" + (row.map { " example \($0)" } ?? "")
  }

  /// Reads scenarios, one JSON object a line.
  public static func all(in file: URL) throws -> [Scenario] {
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(Scenario.self, from: Data($0.utf8))
    }
  }
}
