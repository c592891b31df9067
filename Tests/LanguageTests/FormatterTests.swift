import Foundation
import Language
import SourceText
import Testing

/// A seeded generator, so that a failure can be run again.
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

private func formatted(_ text: String) throws -> String {
  let source = SourceText(name: "s", text: text)
  do {
    return try SchemaFormatter.format(source)
  } catch {
    Issue.record("\(error.rendered(in: source))\n\(text)")
    throw error
  }
}

private func shippedSchema() throws -> String {
  let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Schema/meetings.rapport")
  return try String(contentsOf: path, encoding: .utf8)
}

@Suite struct `The layout of schema files` {
  @Test func `is what the shipped schema has`() throws {
    let text = try shippedSchema()
    #expect(try formatted(text) == text)
  }

  @Test func `keeps properties below each other that begin on a line of their own`() throws {
    let text = """
      SCHEMA s VERSION 1

      NODE A { a ID, b ID }

      NODE B {
        a ID
      }

      EDGE (A)-[R]->(B) {
        r STRING
      }

      """
    #expect(try formatted(text) == text)
  }

  /// Breaks the shipped schema's lines elsewhere, and puts comments of both kinds between tokens.
  @Test(arguments: 0..<60)
  func `keeps every comment, and comes out the same a second time`(seed: UInt64) throws {
    var generator = SeededGenerator(state: seed)
    let source = SourceText(name: "s", text: try shippedSchema())
    var tokens = Lexer.tokens(of: source).dropLast().map { source[$0.span] }
    if seed % 2 == 0 {
      let start = Int.random(in: 4..<(tokens.count / 2), using: &generator)
      let ends = tokens.indices.filter { ["NODE", "EVENT", "ON"].contains(tokens[$0]) }
      // Some of the declarations only, so that what stands at the end differs too.
      if let first = ends.first(where: { $0 > start && tokens[$0] == "EVENT" }) {
        tokens.removeSubrange(first...)
      }
    }
    var text = ""
    var comments: [String] = []
    for token in tokens {
      text += token
      switch Int.random(in: 0..<12, using: &generator) {
      case 0:
        comments.append("// c\(comments.count).")
        text += " \(comments.last ?? "")\n"
      case 1:
        comments.append("// c\(comments.count).")
        text += "\n  \(comments.last ?? "")\n\n"
      case 2:
        comments.append("/* c\(comments.count). */")
        text += " \(comments.last ?? "") "
      case 3:
        comments.append("/* c\(comments.count).\n two */")
        text += "\n\(comments.last ?? "")\n"
      case 4: text += "\n"
      default: text += " "
      }
    }
    let once = try formatted(text)
    #expect(try formatted(once) == once, "seed \(seed)")
    var rest = Substring(once)
    for comment in comments {
      guard let range = rest.firstRange(of: comment) else {
        Issue.record("seed \(seed): \(comment) is not there, or not in its place")
        return
      }
      rest = rest[range.upperBound...]
    }
    let plain = SourceText(name: "s", text: once)
    let written = Lexer.tokens(of: plain).dropLast().map { plain[$0.span] }
    #expect(written == tokens, "seed \(seed)")
    for line in once.split(separator: "\n") {
      #expect(line.ranges(of: "// c").count < 2, "seed \(seed): two comments became one")
    }
  }
}
