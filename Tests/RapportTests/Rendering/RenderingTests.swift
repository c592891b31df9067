import Testing

@testable import RapportCommand

@Suite struct `Rendering` {
  @Test(arguments: [
    ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""),
    ("two\nlines", "\"two\nlines\""), ("return\r", "\"return\r\""), ("", "\"\""),
  ])
  func `quotes fields of CSV where that is needed`(_ text: String, expected: String) {
    #expect(csvField(text) == expected)
  }

  @Test func `escapes what would break a line or a field of TSV`() {
    #expect(tsvField("a\tb\nc\\d\r") == "a\\tb\\nc\\\\d\\r")
  }

  @Test func `escapes what would break a cell of Markdown`() {
    #expect(markdownCell("a|b\n<i>\\") == "a\\|b<br>&lt;i>\\\\")
  }

  @Test func `escapes JSON strings`() {
    #expect(jsonQuoted("a\"b\\c\n\u{1}é") == "\"a\\\"b\\\\c\\n\\u0001é\"")
  }

  @Test func `spells out control characters, which would move a terminal's cursor`() {
    #expect(printable("a\u{1B}[31mb\tc\u{202E}") == "a\\u{1b}[31mb\\tc\\u{202e}")
    #expect(printable("ที่ 田 e\u{301}") == "ที่ 田 e\u{301}")
  }

  @Test(arguments: [
    ("the quick brown fox", 9, ["the quick", "brown fox"]),
    ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
    ("田中太郎", 4, ["田中", "太郎"]),
    ("ก็ก็ก็ก็", 2, ["ก็ก็", "ก็ก็"]),
    ("short", 10, ["short"]),
  ])
  func `wraps a text at a width`(_ text: String, width: Int, expected: [String]) {
    #expect(wrap(text, to: width) == expected)
  }

  @Test func `aligns columns of any script`() {
    let lines = aligned([["ที่นี่", "x"], ["田中", "y"], ["abcdef", "z"]])
    #expect(lines == ["ที่นี่      x", "田中    y", "abcdef  z"])
  }

  @Test func `groups thousands`() {
    #expect(
      [0, 999, 1000, 1_234_567, -1000].map(grouped) == ["0", "999", "1,000", "1,234,567", "-1,000"]
    )
  }

  @Test func `tells sizes`() {
    let sizes = [0, 999, 1000, 1_250_000, 999_999_999]
    #expect(sizes.map(byteCountText) == ["0 bytes", "999 bytes", "1.0 kB", "1.3 MB", "1.0 GB"])
  }

  @Test func `shows how far a task is`() {
    let line = ProgressLine.line("ingesting", eventCount: 12_000, seconds: 2, fraction: 0.5)
    #expect(line == "ingesting  [############············] 50%  12,000 events  6,000/s  2 s left")
    let unknown = ProgressLine.line("ingesting", eventCount: 5, seconds: 0, fraction: nil)
    #expect(unknown == "ingesting  5 events")
  }
}
