import Expressions
import Testing
import _StringProcessing

@Suite struct `Regular expressions` {
  /// Trying one way after the other takes longer than anybody waits.
  @Test(arguments: ["(a*)*b", "(a|a)*b", "(a|aa)+b", "(.*)(.*)(.*)(.*)(.*)b", "(a{0,9}){0,99}b"])
  func `take time in proportion to the text`(pattern: String) throws {
    let text = String(repeating: "a", count: 2000)
    let start = ContinuousClock.now
    #expect(try !TextPattern(pattern).matches(text))
    #expect(try TextPattern(pattern).matches("aab"))
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test(arguments: [
    ("(?=a)a", EvaluationError.Kind.unsupported, "lookahead"),
    ("(?<!b)a", .invalidArgument, "lookbehind"), ("(a)\\1", .unsupported, "backreference"),
    ("a*+", .unsupported, "possessive"), ("(?>a)", .unsupported, "atomic"),
    ("(?x)a", .unsupported, "(?x"), ("(", .invalidArgument, "not a regular expression"),
    ("((a{1000}){1000})", .limitExceeded, "20000 parts"),
    (String(repeating: "(", count: 101), .limitExceeded, "100 groups"),
  ])
  func `are refused where they cannot be matched so`(
    pattern: String,
    kind: EvaluationError.Kind,
    part: String
  ) throws {
    let error = try #require(throws: EvaluationError.self) { _ = try TextPattern(pattern) }
    #expect(error.kind == kind)
    #expect(error.message.contains(part), "\(error)")
  }

  @Test(arguments: [
    ("a$", "a", true), ("a$\\n", "a\n", false), ("a$.", "ab", false), ("a\\Z\\n", "a\n", true),
    ("a\\z\\n", "a\n", false), ("(?m)a$\\n^b", "a\nb", true), ("a$\\n^b", "a\nb", false),
    ("a\\b.b", "a b", true), ("a\\bb", "ab", false), ("a\\Bb", "ab", true),
    ("(?i)É|x", "é", true), ("(?i:a)b", "aB", false), (".", "\n", false), ("(?s).", "\n", true),
    ("a{2,3}", "a", false), ("a{2,3}", "aaa", true), ("a{2,3}", "aaaa", false), ("", "", true),
  ])
  func `anchor, repeat and ignore case as documented`(
    pattern: String,
    text: String,
    expected: Bool
  ) throws {
    #expect(try TextPattern(pattern).matches(text) == expected)
  }

  private static let atoms = [
    "a", "b", "A", ".", "[ab]", "[^a]", "\\w", "\\d", "\\W", "é", "1", " ", "\\n", "\\x61",
    "\\u{E9}", "\\p{L}", "\\p{Lu}", "[[:alpha:]]", "[a-z--[b]]", "^", "$", "\\s", "(?i)", "(?s)",
    "(?m)", "(?m:^)", "\\Z", "\\z", "\\A", "{", "]", "-",
  ]

  private static let repetitions = [
    "*", "+", "?", "{2}", "{1,2}", "{0,}", "{,2}", "*?", "{1,}?",
  ]

  private func pattern(depth: Int, _ random: inout SplitMix) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let inner = depth > 0 ? pattern(depth: depth - 1, &random) : ""
      switch depth > 0 ? Int.random(in: 0...6, using: &random) : 0 {
      case 1: text += "(\(inner))"
      case 2: text += "(?:\(inner)|\(pattern(depth: depth - 1, &random)))"
      case 3: text += "(?i:\(inner))"
      default: text += Self.atoms.randomElement(using: &random) ?? ""
      }
      if Int.random(in: 0...2, using: &random) == 0 {
        text += Self.repetitions.randomElement(using: &random) ?? ""
      }
    }
    return text
  }

  /// On short texts Swift's own matcher, which tries one way after the other, comes to an end.
  @Test func `match what Swift's match`() throws {
    var random = SplitMix(state: 7)
    let characters = ["a", "b", "A", "é", "1", " ", "\n", "É", "{", "-", "]"]
    var matched = 0
    for _ in 0..<4000 {
      let pattern = pattern(depth: 2, &random)
      guard pattern.utf8.count < 24,
        let regex = try? Regex(pattern).matchingSemantics(.unicodeScalar)
      else { continue }
      let compiled = try TextPattern(pattern)
      for _ in 0..<4 {
        let text = (0..<Int.random(in: 0...5, using: &random))
          .map { _ in characters.randomElement(using: &random) ?? "" }.joined()
        let expected = (try? regex.wholeMatch(in: text)) != nil
        if expected { matched += 1 }
        #expect(
          try compiled.matches(text) == expected,
          "\(pattern.debugDescription) with \(text.debugDescription)"
        )
      }
    }
    #expect(matched > 1000)
  }
}
