/// How many columns of a source line a message shows; a longer line is cut around the caret.
private let shownColumnCountMax = 100
private let tabStop = 4

/// How far to both sides of a caret the source is looked at, in bytes.
private let neighbourhoodByteCountMax = 2_048

extension Diagnostic {
  /// The message with its place, the line it is about, a caret under the culprit, and the hint.
  ///
  ///     meetings.rapport:12:9: error: unknown type "DAET"
  ///       12 |   date  DAET,
  ///          |         ^^^^
  ///       hint: did you mean "DATE"?
  ///
  /// Without a line break at the end.
  public func rendered(in source: SourceText) -> String {
    let location = source.location(of: span.start)
    let kind =
      switch severity {
      case .error: "error"
      case .warning: "warning"
      }
    var result = "\(source.name):\(location.line):\(location.column): \(kind): \(message)"
    let (line, caret) = excerpt(of: source)
    let number = String(location.line)
    let gutter = String(repeating: " ", count: number.utf8.count)
    result += "\n  \(number) | \(line)\n  \(gutter) | \(caret)"
    if let hint { result += "\n  hint: \(hint)" }
    return result
  }

  /// The line that the span starts in, as it can be shown, and the line of carets under it.
  private func excerpt(of source: SourceText) -> (line: String, caret: String) {
    let start = min(Int(span.start), source.bytes.count)
    let line = source.lineRange(around: start)
    let end = min(max(Int(span.end), start), line.upperBound)
    // Of a line without end, the neighbourhood is enough.
    var lower = max(line.lowerBound, start - neighbourhoodByteCountMax)
    while lower < start, lower > line.lowerBound, source.bytes[lower] & 0xC0 == 0x80 { lower += 1 }
    var upper = min(line.upperBound, start + neighbourhoodByteCountMax)
    while upper < line.upperBound, source.bytes[upper] & 0xC0 == 0x80 { upper += 1 }
    let cells = Cells(source.bytes[lower..<upper], marked: start..<min(max(start, end), upper))
    return cells.cut(
      to: shownColumnCountMax,
      continues: (lower > line.lowerBound, upper < line.upperBound)
    )
  }
}

extension Diagnostics {
  /// All messages, each as ``Diagnostic/rendered(in:)`` gives it, one under the other.
  public func rendered(in source: SourceText) -> String {
    all.map { $0.rendered(in: source) }.joined(separator: "\n")
  }
}

/// A line of text as a row of columns, with some of them marked.
private struct Cells {
  /// What is printed, piece by piece, and how many columns it takes.
  private var pieces: [(text: String, width: Int)] = []
  private var marked: Range<Int>
  private var width = 0

  init(_ bytes: ArraySlice<UInt8>, marked offsets: Range<Int>) {
    marked = 0..<0
    append(bytes[bytes.startIndex..<max(min(offsets.lowerBound, bytes.endIndex), bytes.startIndex)])
    let first = width
    let rest = min(max(offsets.upperBound, bytes.startIndex), bytes.endIndex)
    if offsets.lowerBound < rest { append(bytes[offsets.lowerBound..<rest]) }
    // A span of no width, or of marks alone, still gets its caret.
    marked = first..<max(width, first + 1)
    append(bytes[rest...])
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) {
    for character in String(decoding: bytes, as: UTF8.self) {
      let shown = shown(character)
      let columns = displayWidth(of: shown)
      pieces.append((shown, columns))
      width += columns
    }
  }

  /// A character as it may be sent to a terminal: no tabs, no controls, no turning of direction.
  private func shown(_ character: Character) -> String {
    guard let scalar = character.unicodeScalars.first else { return "" }
    switch scalar.value {
    case 0x09: return String(repeating: " ", count: tabStop - width % tabStop)
    case 0x00..<0x20:
      return Unicode.Scalar(0x2400 + scalar.value).map { String(Character($0)) } ?? "\u{FFFD}"
    case 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069, 0x2028, 0x2029: return "\u{FFFD}"
    default: return String(character)
    }
  }

  /// The line and its carets, cut to a number of columns around the first caret.
  func cut(to columns: Int, continues: (before: Bool, after: Bool)) -> (line: String, caret: String)
  {
    var lower = 0
    var upper = width
    if width > columns {
      let wanted = marked.lowerBound - columns / 3
      lower = max(0, min(wanted, width - columns))
      upper = lower + columns
    }
    let isCutBefore = lower > 0 || continues.before
    var line = isCutBefore ? "…" : ""
    var before = isCutBefore ? 1 : 0
    var carets = 0
    var column = 0
    for piece in pieces {
      let end = column + piece.width
      if column >= lower, end <= upper {
        line += piece.text
        if end <= marked.lowerBound {
          before += piece.width
        } else if column < marked.upperBound {
          carets += piece.width
        }
      }
      column = end
    }
    if upper < width || continues.after { line += "…" }
    let caret =
      String(repeating: " ", count: before) + String(repeating: "^", count: max(1, carets))
    return (line, caret)
  }
}
