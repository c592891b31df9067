import Foundation
import Language
import SourceText
import Synchronization
import Testing

/// A small generator whose whole state is its seed.
private struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Suite struct `The parser survives` {
  private static let vocabulary = [
    "MATCH", "OPTIONAL", "WHERE", "RETURN", "WITH", "AS", "OF", "KNOWN", "AT", "UNWIND", "IN",
    "AND", "OR", "NOT", "IS", "NULL", "LABELED", "CASE", "WHEN", "THEN", "ELSE", "END", "EXISTS",
    "COUNT", "COLLECT", "CALL", "UNION", "ALL", "ANY", "SHORTEST", "ORDER", "BY", "LIMIT", "SKIP",
    "STARTS", "reduce", "shortestPath", "SCHEMA", "VERSION", "NODE", "EDGE", "EVENT", "DERIVE",
    "FROM", "UPCAST", "TO", "ON", "FOR", "SET", "REMOVE", "EXAMPLE", "KEY", "VALID", "LIST",
    "(", ")", "[", "]", "{", "}", "<", ">", "-", "->", "<-", "--", ":", ",", ".", "..", "|", "&",
    "!", "*", "+", "/", "%", "^", "=", "<>", "<=", ">=", "=~", "~", "$p", "$", "?", ";", "==",
    "a", "b", "n.x", "1", "2.5", "'s'", "\"t\"", "`q`", "'", "\"", "`", "/*", "//", "\n", "ก", "é",
    "0x", "1e999", "99999999999999999999", "\\", "#", "\u{0}",
  ]

  /// Parses a text as all three kinds of text, and renders what is said about it.
  private static func parseAll(_ bytes: [UInt8]) -> String {
    let source = SourceText(name: "text", bytes: bytes)
    var rendered = ""
    if let refused = refusal(of: source, Parser.parseQuery) {
      rendered += refused.rendered(in: source)
      for diagnostic in refused.all where diagnostic.span.end > UInt32(bytes.count) {
        Issue.record("a place outside of the text")
      }
    }
    if let refused = refusal(of: source, Parser.parseExpression) {
      rendered += refused.rendered(in: source)
    }
    if let refused = refusal(of: source, Parser.parseSchema) {
      rendered += refused.rendered(in: source)
    }
    return rendered
  }

  @Test func `twenty thousand texts of random tokens`() {
    var generator = SeededGenerator(state: 20_261_123)
    var refused = 0
    for _ in 0..<20_000 {
      let count = Int.random(in: 1...24, using: &generator)
      let starts = [
        "MATCH (a)", "RETURN", "SCHEMA s VERSION 1 EVENT e VERSION 1 {", "ON e AS x", "",
      ]
      var text = starts.randomElement(using: &generator) ?? ""
      for _ in 0..<count {
        text += Bool.random(using: &generator) ? " " : ""
        text += Self.vocabulary.randomElement(using: &generator) ?? ""
      }
      if !Self.parseAll(Array(text.utf8)).isEmpty { refused += 1 }
    }
    #expect(refused > 19_000)
  }

  @Test func `random bytes`() {
    var generator = SeededGenerator(state: 7)
    for _ in 0..<3_000 {
      let count = Int.random(in: 0...40, using: &generator)
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      _ = Self.parseAll(bytes)
    }
  }

  @Test func `every prefix of a text, and every text with a byte missing`() {
    let text = """
      MATCH p = (a:A {x: 'é'})-[r:R*1..2 WHERE r.y]->(b) AS OF $d WHERE a.x IN [1, 2.5] AND
      NOT EXISTS { (a)-->(b) } RETURN CASE WHEN a:A THEN [x IN xs WHERE x | x] END AS `q q` LIMIT 3
      """
    let bytes = Array(text.utf8)
    for end in bytes.indices {
      _ = Self.parseAll(Array(bytes[..<end]))
      _ = Self.parseAll(Array(bytes[..<end] + bytes[(end + 1)...]))
    }
  }

  /// Texts that nest a part of the grammar: what opens it, its core, and what closes it.
  private static let nests: [(open: String, core: String, close: String)] = [
    ("(", "1", ")"), ("[", "1", "]"), ("{a: ", "1", "}"), ("f(", "1", ")"), ("NOT ", "a", ""),
    ("-", "a", ""), ("1 + (", "1", ")"), ("1 + ", "1", ""), ("a.", "b", ""), ("", "a", "[0]"),
    ("", "a", ".b"), ("", "a", " IS NULL"), ("a[", "1", "]"), ("2 ^ (", "1", ")"),
    ("CASE WHEN ", "a", " THEN 1 END"), ("[x IN ", "y", " | x]"), ("n:", "A", ""),
    ("n:A&", "n:A", ""), ("n:A:", "A", ""), ("n:!", "A", ""), ("n:(", "A", ")"),
    ("all(x IN ", "y", " WHERE x)"), ("reduce(s = ", "0", ", x IN y | s)"),
    ("EXISTS { (a WHERE ", "a", ") }"), ("EXISTS { MATCH (a) WHERE ", "a", " RETURN a }"),
    ("COUNT { CALL () { RETURN ", "1", " AS x } RETURN x }"),
    ("[(a {x: ", "1", "})-->(b) | 1]"), ("n {a: ", "1", "}"),
  ]

  private static let wholeNests: [(open: String, core: String, close: String)] = [
    ("CALL { ", "RETURN 1 AS x", " RETURN 1 AS x }"),
    ("MATCH (", "(a)", ")"), ("SCHEMA s VERSION 1 EVENT e VERSION 1 { a LIST<", "ID", "> }"),
    ("MATCH (a WHERE EXISTS { MATCH ", "(b)", " }) RETURN a"),
  ]

  private static func onSmallStack(_ body: @escaping @Sendable () -> Void) {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      body()
      done.signal()
    }
    thread.stackSize = 512 * 1_024
    thread.start()
    done.wait()
  }

  @Test(arguments: [10, 19, 24, 33, 49, 66, 99, 100, 199, 201, 1_000, 20_000])
  func `deep nesting on a stack of 512 KiB`(depth: Int) {
    let accepted = Mutex<[String]>([])
    Self.onSmallStack {
      for nest in Self.nests {
        let text =
          String(repeating: nest.open, count: depth) + nest.core
          + String(repeating: nest.close, count: depth)
        let source = SourceText(name: "text", text: text)
        if let refused = refusal(of: source, Parser.parseExpression) {
          #expect(!refused.rendered(in: source).isEmpty)
          continue
        }
        #expect((try? Parser.parseExpression(source).description.isEmpty) == false)
        accepted.withLock { $0.append(nest.open + nest.core + nest.close) }
      }
      for nest in Self.wholeNests {
        let text =
          String(repeating: nest.open, count: depth) + nest.core
          + String(repeating: nest.close, count: depth)
        _ = Self.parseAll(Array(text.utf8))
      }
      var statements = "SCHEMA s VERSION 1\nON e AS e\n"
      statements += String(repeating: "FOR x IN e.y { ", count: depth) + "SET a.b = 1"
      statements += String(repeating: "}", count: depth)
      _ = Self.parseAll(Array(statements.utf8))
      var types = "SCHEMA s VERSION 1\nEVENT e VERSION 1 { a "
      types += String(repeating: "LIST<{ a ", count: depth) + "ID"
      types += String(repeating: "}>", count: depth) + "}"
      _ = Self.parseAll(Array(types.utf8))
    }
    let names = accepted.withLock { $0 }
    if depth <= 10 { #expect(names.count > 20) }
    if depth > 200 { #expect(names.isEmpty) }
  }

  @Test func `chains that are long but not deep`() throws {
    let count = 20_000
    for (joint, leaf) in [(" AND ", "a"), (" OR ", "a = 1"), (" XOR ", "a"), (" < ", "1")] {
      let text = Array(repeating: leaf, count: count).joined(separator: joint)
      Self.onSmallStack {
        #expect(throws: Never.self) { try expression(text) }
      }
    }
    let list = "[" + Array(repeating: "1", count: count).joined(separator: ", ") + "]"
    #expect(throws: Never.self) { try expression(list) }
    let clauses = String(repeating: "WITH 1 AS a ", count: count) + "RETURN a"
    #expect(throws: Never.self) { try query(clauses) }
  }

  @Test func `a source beyond the size that is allowed`() {
    let bytes = [UInt8](repeating: UInt8(ascii: " "), count: LanguageLimits.sourceByteCountMax + 1)
    let refused = refusal(of: SourceText(name: "big", bytes: bytes), Parser.parseQuery)
    #expect(refused?.all[0].message == "big is longer than 16777216 bytes")
  }
}
