import Foundation
import Language
import SourceText
import Testing

/// The openCypher TCK's queries, where this machine has them beside the package.
enum ConformanceQueries {
  struct Scenario: Decodable {
    struct Expectation: Decodable {
      var kind: String
      var phase: String?
      var errorType: String?
      var detail: String?
    }

    var feature: String
    var scenario: String
    var query: String
    var expect: Expectation
  }

  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "shared/tck")

  static var isPresent: Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: "open.jsonl").path)
  }

  static func scenarios(_ file: String) throws -> [Scenario] {
    let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(Scenario.self, from: Data($0.utf8))
    }
  }
}

@Suite(.enabled(if: ConformanceQueries.isPresent, "the openCypher TCK is not beside the package"))
struct `The queries of the openCypher TCK` {
  /// What a parser can know to be wrong, and the scenarios call a syntax error.
  private static let parserErrors: Set<String> = [
    "UnexpectedSyntax", "IntegerOverflow", "InvalidNumberLiteral", "FloatingPointOverflow",
    "InvalidRelationshipPattern", "InvalidClauseComposition", "InvalidUnicodeLiteral",
    "InvalidUnicodeCharacter",
  ]

  @Test func `parse where they only read, and are refused where their syntax is wrong`() throws {
    var parsed = 0
    var refused = 0
    for scenario in try ConformanceQueries.scenarios("open.jsonl") {
      let source = SourceText(name: "query", text: scenario.query)
      let isWrong =
        scenario.expect.errorType == "SyntaxError"
        && Self.parserErrors.contains(scenario.expect.detail ?? "")
      do {
        _ = try Parser.parseQuery(source)
        parsed += 1
        if isWrong {
          Issue.record("\(scenario.expect.detail ?? "") is not found in: \(scenario.query)")
        }
      } catch {
        refused += 1
        if !isWrong { Issue.record("\(scenario.query)\n\(error.rendered(in: source))") }
      }
    }
    #expect(parsed > 1_700)
    print("TCK queries: \(parsed) parsed, \(refused) refused as their scenarios want")
  }

  @Test func `print and parse back to equal trees`() throws {
    for scenario in try ConformanceQueries.scenarios("open.jsonl") {
      let source = SourceText(name: "query", text: scenario.query)
      guard let tree = try? Parser.parseQuery(source) else { continue }
      let printed = SourceText(name: "printed", text: tree.description)
      guard let again = try? Parser.parseQuery(printed) else {
        Issue.record("\(scenario.query)\nis printed as\n\(tree)")
        continue
      }
      #expect(shape(of: again) == shape(of: tree))
    }
  }

  @Test func `are refused with a pointer to events where they write`() throws {
    for scenario in try ConformanceQueries.scenarios("writing.jsonl") {
      let source = SourceText(name: "query", text: scenario.query)
      let isReading =
        scenario.query.range(
          of: #"\b(CREATE|MERGE|SET|DELETE|REMOVE|CALL)\b"#,
          options: .regularExpression
        ) == nil
      do {
        _ = try Parser.parseQuery(source)
        if !isReading { Issue.record("parsed: \(scenario.query)") }
      } catch {
        let message = error.all[0]
        if !(message.hint ?? "").contains("rapport ingest STORE events.ndjson") {
          Issue.record("\(scenario.query)\n\(error.rendered(in: source))")
        }
      }
    }
  }
}
