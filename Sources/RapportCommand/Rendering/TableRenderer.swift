import Rapport
import SourceText

/// Prints rows in columns that line up in any script.
///
/// On a terminal, columns that do not fit are wrapped: nothing is cut off. Elsewhere each row
/// is one line, however long.
struct TableRenderer {
  /// Columns of the terminal, or `nil` for lines of any length.
  let width: Int?
  /// Whether cells with letters that run from right to left are set apart, so that a terminal
  /// that reorders them does so within their cell.
  let isolatesDirections: Bool

  private static let gap = "  "
  private static let columnWidthMin = 8

  init(terminal: Terminal) {
    self.init(width: terminal.width, isolatesDirections: terminal.isTerminal)
  }

  init(width: Int?, isolatesDirections: Bool) {
    self.width = width
    self.isolatesDirections = isolatesDirections
  }

  func render(_ rows: some Rows, to output: Output) throws(StoreFailure) {
    let headers = rows.columns.map(printable)
    var widths = headers.map { displayWidth(of: $0) }
    var isRight = headers.map { _ in rows.rowCount > 0 }
    for row in 0..<rows.rowCount {
      for column in headers.indices {
        let cell = printable(rows.text(row: row, column: column))
        widths[column] = max(widths[column], displayWidth(of: cell))
        if !rows.isNumber(row: row, column: column), !rows.isNull(row: row, column: column) {
          isRight[column] = false
        }
      }
    }
    let columns = zip(fitted(widths), isRight).map { Column(width: $0, isRight: $1) }
    if !columns.isEmpty {
      try write(headers, in: columns, to: output)
      let rule = columns.map { String(repeating: "─", count: $0.width) }
      try output.write(rule.joined(separator: Self.gap) + "\n")
    }
    for row in 0..<rows.rowCount {
      let cells = headers.indices.map { printable(rows.text(row: row, column: $0)) }
      try write(cells, in: columns, to: output)
    }
    try output.write(rows.rowCount == 1 ? "(1 row)\n" : "(\(rows.rowCount) rows)\n")
  }

  private struct Column {
    let width: Int
    let isRight: Bool
  }

  /// Narrows the widest columns until all fit, but none below a width that can be read.
  private func fitted(_ widths: [Int]) -> [Int] {
    guard let width, !widths.isEmpty else { return widths }
    let available = width - Self.gap.count * (widths.count - 1)
    var limit = widths.max() ?? 0
    while limit > Self.columnWidthMin, widths.reduce(0, { $0 + min($1, limit) }) > available {
      limit -= 1
    }
    return widths.map { min($0, limit) }
  }

  private func write(
    _ cells: [String],
    in columns: [Column],
    to output: Output
  ) throws(StoreFailure) {
    let wrapped = zip(cells, columns).map { wrap($0, to: $1.width) }
    for line in 0..<(wrapped.map(\.count).max() ?? 0) {
      var text = ""
      for (index, column) in columns.enumerated() {
        let part = line < wrapped[index].count ? wrapped[index][line] : ""
        let padding = String(repeating: " ", count: max(0, column.width - displayWidth(of: part)))
        let isolated = isolate(part)
        text += column.isRight ? padding + isolated : isolated + padding
        if index < columns.count - 1 { text += Self.gap }
      }
      while text.last == " " { text.removeLast() }
      try output.write(text + "\n")
    }
  }

  private func isolate(_ text: String) -> String {
    guard isolatesDirections, text.unicodeScalars.contains(where: isRightToLeft) else {
      return text
    }
    // First strong isolate … pop directional isolate: both have no width.
    return "\u{2068}\(text)\u{2069}"
  }
}

/// Cuts a text into lines of at most `width` columns, at spaces where there are some.
func wrap(_ text: String, to width: Int) -> [String] {
  guard displayWidth(of: text) > width else { return [text] }
  var lines: [String] = []
  var line: [Character] = []
  var lineWidth = 0
  for character in text {
    let characterWidth = displayWidth(of: character)
    if lineWidth + characterWidth > width, !line.isEmpty {
      if character == " " {
        lines.append(String(line))
        line = []
        lineWidth = 0
        continue
      }
      var rest: [Character] = []
      if let space = line.lastIndex(of: " "), space > line.count / 2 {
        rest = Array(line[(space + 1)...])
        line = Array(line[..<space])
      }
      lines.append(String(line))
      line = rest
      lineWidth = displayWidth(of: String(rest))
    }
    line.append(character)
    lineWidth += characterWidth
  }
  if !line.isEmpty { lines.append(String(line)) }
  return lines
}

/// A text whose control characters are spelled out: they would move a terminal's cursor.
func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isUnprintable) else { return text }
  var spelled = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n": spelled += "\\n"
    case "\r": spelled += "\\r"
    case "\t": spelled += "\\t"
    case _ where isUnprintable(scalar):
      spelled += "\\u{\(hexadecimal(scalar.value, digitCount: 2))}"
    default: spelled.unicodeScalars.append(scalar)
    }
  }
  return spelled
}

/// Controls, line and paragraph separators, and marks that turn the direction of what follows.
private func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
  default: false
  }
}

private func isRightToLeft(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x0590...0x08FF, 0xFB1D...0xFDFF, 0xFE70...0xFEFF, 0x10800...0x10FFF, 0x1E800...0x1EFFF: true
  default: false
  }
}
