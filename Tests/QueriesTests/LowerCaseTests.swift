import Conformance
import GraphModel
import Queries
import SourceText
import Testing

/// A search without regard to case looks at bytes; it has to find what the whole text in lower case
/// holds.
@Suite struct `Text in lower case` {
  private static let pieces = [
    "a", "B", "k", "K", "i", "I", "\u{130}", "\u{212A}", "ß", "É", "é", "Σ", "ς", " ", "@", "`",
    "[",
    "{", "0", "-", "ก", "ขำ", "ม", "م", "حمد", "ש", "Я", "я", "x", "Z",
  ]

  private static func text(_ random: inout RandomQuery.Generator, _ most: Int) -> String {
    (0..<Int.random(in: 0...most, using: &random))
      .map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }

  @Test(arguments: ["CONTAINS", "STARTS WITH", "ENDS WITH"])
  func `is found as in the text that is made of it`(operation: String) throws {
    var random = RandomQuery.Generator(seed: 3)
    var fixture = GraphFixture()
    // One in some has no text, and nodes of another table lie between.
    let texts = (0..<3000).map { $0 % 17 == 5 ? nil : Self.text(&random, 30) }
    for (index, text) in texts.enumerated() {
      if index % 100 == 7 { fixture.node(["Other"], ["text": .string("aBkI")]) }
      fixture.node(
        ["Text"],
        ["id": .integer(Int64(index)), "text": text.map { .string($0) } ?? .null]
      )
    }
    let engine = fixture.engine()
    var foundCount = 0
    for _ in 0..<120 {
      // Some of them are parts of a text, so that there is something to find.
      var part = Self.text(&random, 3)
      if Bool.random(using: &random), let text = texts.randomElement(using: &random) ?? nil {
        let lower = Array(text.lowercased().unicodeScalars)
        let start = Int.random(in: 0...lower.count, using: &random)
        let piece = lower[start...].prefix(Int.random(in: 1...4, using: &random))
        part = String(String.UnicodeScalarView(piece))
        if operation == "ENDS WITH" {
          part = String(String.UnicodeScalarView(lower.suffix(piece.count)))
        }
      }
      let result = try engine.run(
        SourceText(
          name: "query",
          text:
            "MATCH (t:Text) WHERE toLower(t.text) \(operation) $part RETURN t.id AS id ORDER BY id"
        ),
        parameters: ["part": .string(part)]
      )
      let needle = Array(part.utf8)
      let expected = texts.indices.filter { index in
        guard let text = texts[index] else { return false }
        let lower = Array(text.lowercased().utf8)
        switch operation {
        case "STARTS WITH": return lower.starts(with: needle)
        case "ENDS WITH": return lower.reversed().starts(with: needle.reversed())
        default:
          return (0...lower.count).contains { lower.dropFirst($0).starts(with: needle) }
        }
      }
      let found = (0..<result.rowCount).map { result.value(row: $0, column: 0) }
      #expect(found == expected.map { .integer(Int64($0)) }, "\(part)")
      foundCount += found.count
      try checkOthers(engine, operation, part, withoutTextCount: texts.count { $0 == nil })
    }
    #expect(foundCount > 1000)
  }

  /// What else is in the graph: nodes of another table, and those without a text, which are neither
  /// found nor not found.
  private func checkOthers(
    _ engine: QueryEngine,
    _ operation: String,
    _ part: String,
    withoutTextCount: Int
  ) throws {
    func count(_ match: String) throws -> Value {
      let text = SourceText(name: "query", text: match + " RETURN count(*)")
      return try engine.run(text, parameters: ["part": .string(part)]).value(row: 0, column: 0)
    }
    let isInOthers =
      switch operation {
      case "STARTS WITH": "abki".hasPrefix(part)
      case "ENDS WITH": "abki".hasSuffix(part)
      default: "abki".contains(part)
      }
    let others = try count(
      "MATCH (t) WHERE toLower(t.text) \(operation) $part AND t.id IS NULL"
    )
    #expect(others == .integer(isInOthers || part.isEmpty ? 30 : 0))
    let unknown = try count("MATCH (t:Text) WHERE (toLower(t.text) \(operation) $part) IS NULL")
    #expect(unknown == .integer(Int64(withoutTextCount)))
  }
}
