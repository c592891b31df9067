import Conformance
import Foundation
import Queries
import SourceText
import Testing

/// `Cases/wrong-queries.txt`: queries as people write them by mistake, and what they are told.
///
/// With `RAPPORT_RECORD_CASES` set, what is said now is written into the file, to be read and
/// judged by whoever changed it.
@Suite struct `Wrong queries` {
  private struct Case {
    var query: String
    var message: String
  }

  private static let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Cases/wrong-queries.txt")

  /// The text by headings, each with its cases.
  private static func sections() throws -> [(heading: String, cases: [Case])] {
    var sections: [(heading: String, cases: [Case])] = []
    for part in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n===\n") {
      var part = part.drop { $0 == "\n" }
      if part.hasPrefix("## "), let end = part.firstIndex(of: "\n") {
        sections.append((String(part[..<end]), []))
        part = part[end...].dropFirst(2)
      }
      guard let middle = part.range(of: part.hasPrefix("---\n") ? "---\n" : "\n---\n") else {
        continue
      }
      sections[sections.count - 1].cases.append(
        Case(query: String(part[..<middle.lowerBound]), message: String(part[middle.upperBound...]))
      )
    }
    return sections
  }

  private static func message(_ query: String, _ engine: QueryEngine) -> String {
    let source = SourceText(name: "query", text: query)
    do throws(QueryError) {
      _ = try engine.run(source)
      return "it is answered"
    } catch {
      switch error {
      case .compile(let diagnostics): return diagnostics.rendered(in: source)
      case .evaluation(let diagnostic): return diagnostic.rendered(in: source)
      case .limit(let message, let hint): return "\(message)\n  hint: \(hint)"
      case .cancelled: return "stopped"
      }
    }
  }

  @Test func `are told what is wrong, where, and what to do`() throws {
    let engine = try MeetingsFixture.engine()
    var sections = try Self.sections()
    var count = 0
    for (section, entry) in sections.enumerated() {
      for (index, example) in entry.cases.enumerated() {
        let message = Self.message(example.query, engine)
        count += 1
        if ProcessInfo.processInfo.environment["RAPPORT_RECORD_CASES"] != nil {
          sections[section].cases[index].message = message
        } else {
          #expect(message == example.message, "\(example.query)")
        }
      }
    }
    #expect(count >= 140)
    guard ProcessInfo.processInfo.environment["RAPPORT_RECORD_CASES"] != nil else { return }
    let text = sections.map { section in
      section.heading + "\n\n"
        + section.cases.map { "\($0.query)\n---\n\($0.message)\n===\n" }.joined(separator: "\n")
    }
    try text.joined(separator: "\n").write(to: Self.file, atomically: true, encoding: .utf8)
  }
}
