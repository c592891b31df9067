import Foundation
import Rapport
import Testing

/// Events that say that earlier ones were wrong: the graph is that of a log without them.
@Suite struct `Revising a log` {
  private static func person(_ number: Int, source: String, name: String) -> String {
    #"{"type":"person.registered","id":"\#(source)-\#(number)","source":"urn:\#(source)","#
      + #""time":"2020-01-0\#(number)T00:00:00Z","data":{"id":"p\#(number)","name":"\#(name)"}}"#
  }

  /// Makes a store of the lines, a piece at a time with a graph made after each.
  private func names(after pieces: [[String]], in directory: TemporaryDirectory) throws -> [String]
  {
    let store = try Store.create(at: directory.file("store"))
    for (number, lines) in pieces.enumerated() {
      let file = directory.file("piece\(number).ndjson")
      try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
      let summary = try store.ingest([.file(file)])
      #expect(summary.failure == nil)
      _ = try store.graphDigest()
    }
    let report = try store.rebuild()
    #expect(report.digest == (try store.graphDigest()))
    let text = "MATCH (p:Person) RETURN p.name AS name ORDER BY name"
    let result = try store.query(text).result
    return (0..<result.rowCount).map { result.text(row: $0, column: 0) }
  }

  @Test func `a retracted event says nothing any more`() throws {
    let directory = try TemporaryDirectory()
    let retraction =
      #"{"type":"rapport.event.retracted","source":"urn:desk","#
      + #""data":{"source":"urn:a","id":"a-1","reason":"a hoax"}}"#
    let names = try names(
      after: [
        [Self.person(1, source: "a", name: "Ada"), Self.person(2, source: "a", name: "Bo")],
        [retraction],
        [Self.person(3, source: "b", name: "Cy")],
      ],
      in: directory
    )
    #expect(names == ["Bo", "Cy"])
  }

  @Test func `a withdrawn source takes away exactly what no other says`() throws {
    let directory = try TemporaryDirectory()
    let withdrawal =
      #"{"type":"rapport.source.withdrawn","source":"urn:desk","#
      + #""data":{"source":"urn:a","reason":"forged"}}"#
    let names = try names(
      after: [
        [
          Self.person(1, source: "a", name: "Ada"), Self.person(1, source: "b", name: "Ada"),
          Self.person(2, source: "a", name: "Bo"),
        ],
        [withdrawal],
      ],
      in: directory
    )
    #expect(names == ["Ada"])
  }
}
