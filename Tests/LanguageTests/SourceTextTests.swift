import SourceText
import Testing

@Suite struct `Messages about a source text` {
  private func rendered(
    _ text: String,
    marking culprit: String,
    _ message: String = "no",
    hint: String? = nil
  ) -> String {
    let bytes = Array(text.utf8)
    let needle = Array(culprit.utf8)
    let start = bytes.indices.first { bytes[$0...].starts(with: needle) } ?? bytes.count
    let span = SourceSpan(start, start + needle.count)
    return Diagnostic(message, at: span, hint: hint)
      .rendered(in: SourceText(name: "meetings.rapport", text: text))
  }

  @Test func `show the place, the line, the culprit and what to do`() {
    let text = "EVENT x VERSION 1 {\n  date  DAET,\n}\n"
    #expect(
      rendered(text, marking: "DAET", "unknown type \"DAET\"", hint: "did you mean \"DATE\"?")
        == """
        meetings.rapport:2:9: error: unknown type "DAET"
          2 |   date  DAET,
            |         ^^^^
          hint: did you mean "DATE"?
        """
    )
  }

  @Test(arguments: [
    // Thai vowels above and below, Arabic harakat, wide characters, an emoji of several scalars.
    ("ชื่อ ที่ X", "     ^"), ("مُحَمَّد X", "     ^"), ("日本 X", "     ^"),
    ("👩‍👩‍👧 X", "   ^"), ("e\u{301}e\u{301} X", "   ^"), ("ｗ X", "   ^"),
  ])
  func `put the caret under the culprit in any script`(text: String, caret: String) {
    let lines = rendered(text, marking: "X").split(separator: "\n")
    #expect(lines[2] == "    | " + caret)
  }

  @Test func `widen tabs, so that the caret stays in place`() {
    #expect(
      rendered("\ta\tX", marking: "X") == """
        meetings.rapport:1:4: error: no
          1 |     a   X
            |         ^
        """
    )
  }

  @Test func `cut long lines around the caret`() {
    let text = String(repeating: "a ", count: 5_000) + "X" + String(repeating: " b", count: 5_000)
    let lines = rendered(text, marking: "X").split(separator: "\n")
    #expect(lines[0] == "meetings.rapport:1:10001: error: no")
    #expect(lines[1].hasPrefix("  1 | …") && lines[1].hasSuffix("…"))
    #expect(displayWidth(of: lines[1]) < 120)
    let column = lines[1].firstIndex(of: "X").map {
      lines[1].distance(from: lines[1].startIndex, to: $0)
    }
    let caret = lines[2].firstIndex(of: "^").map {
      lines[2].distance(from: lines[2].startIndex, to: $0)
    }
    #expect(column == caret)
  }

  @Test func `send no control characters to the terminal`() {
    let text = rendered("a\u{1B}[31m\u{202E}\u{7}X", marking: "X")
    #expect(text.contains("a␛[31m\u{FFFD}␇X"))
  }

  @Test func `point behind the last line where the text ends too early`() {
    let source = SourceText(name: "query", text: "RETURN 1 +")
    #expect(
      Diagnostic("no", at: SourceSpan(10, 10)).rendered(in: source) == """
        query:1:11: error: no
          1 | RETURN 1 +
            |           ^
        """
    )
  }

  @Test func `survive places outside of the text and bytes that are no UTF-8`() {
    let source = SourceText(name: "bad", bytes: [0xFF, 0x0A, 0xC3])
    for start in [0, 1, 2, 3, 100, Int(UInt32.max)] {
      let text = Diagnostic("no", at: SourceSpan(start, start + 1)).rendered(in: source)
      #expect(text.hasPrefix("bad:"))
    }
  }

  @Test func `mark only the first line of a culprit that spans several`() {
    let source = SourceText(name: "query", text: "ab\r\ncd")
    #expect(
      Diagnostic("no", at: SourceSpan(1, 6), severity: .warning).rendered(in: source) == """
        query:1:2: warning: no
          1 | ab
            |  ^
        """
    )
  }

  @Test func `stand one under the other`() {
    let source = SourceText(name: "q", text: "ab")
    let all = Diagnostics([
      Diagnostic("x", at: SourceSpan(0, 1)), Diagnostic("y", at: SourceSpan(1, 2)),
    ])
    #expect(
      all.rendered(in: source)
        == "q:1:1: error: x\n  1 | ab\n    | ^\nq:1:2: error: y\n  1 | ab\n    |  ^"
    )
  }
}

@Suite struct `Places in a source text` {
  @Test func `are counted in lines and in characters as readers see them`() {
    let source = SourceText(name: "t", text: "a\nชื่อ x\r\ny")
    #expect(source.location(of: 0) == SourceText.Location(line: 1, column: 1))
    #expect(source.location(of: 1) == SourceText.Location(line: 1, column: 2))
    let x = 2 + "ชื่อ ".utf8.count
    #expect(source.location(of: x) == SourceText.Location(line: 2, column: 4))
    #expect(source.location(of: x + 3) == SourceText.Location(line: 3, column: 1))
    #expect(source.location(of: 1_000) == SourceText.Location(line: 3, column: 2))
    #expect(source.location(of: -1) == SourceText.Location(line: 1, column: 1))
  }
}

@Suite struct `The width of a text on a terminal` {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("ชื่อ", 2), ("กำ", 2), ("ไทย", 3),
    ("مُحَمَّد", 4), ("日本語", 6), ("한국", 4), ("ｱ", 1), ("Ａ", 2), ("😀", 2), ("👩‍👩‍👧", 2),
    ("🇹🇭", 2), ("👍🏽", 2), ("❤\u{FE0F}", 2), ("❤", 1), ("1\u{FE0F}\u{20E3}", 2), ("\u{200B}", 0),
    ("а", 1), ("\u{1}", 0), ("一", 2), ("𠀀", 2), ("…", 1), ("—", 1),
  ])
  func `counts wide characters twice and marks not at all`(text: String, width: Int) {
    #expect(displayWidth(of: text) == width)
  }
}

@Suite struct `The nearest word` {
  private let types = ["DATE", "DATETIME", "STRING", "TEXT", "INTEGER", "ID", "LIST"]

  @Test(arguments: [
    ("DAET", "DATE"), ("date", "DATE"), ("Strng", "STRING"), ("STIRNG", "STRING"),
    ("INTERGER", "INTEGER"), ("TXT", "TEXT"), ("DATETIM", "DATETIME"), ("DATETYME", "DATETIME"),
    ("LISTS", "LIST"),
  ])
  func `is what a misspelling means`(word: String, meant: String) {
    #expect(nearest(to: word, among: types) == meant)
  }

  @Test(arguments: ["", "x", "ab", "NUMBER", "completely different", "BOOL"])
  func `is none where nothing is near`(word: String) {
    #expect(nearest(to: word, among: types) == nil)
  }

  @Test func `is the first of those that are equally near`() {
    #expect(nearest(to: "cat", among: ["bat", "cut", "hat"]) == "bat")
    #expect(nearest(to: "cat", among: ["bat", "CAT"]) == "CAT")
  }
}
