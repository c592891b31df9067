import SourceText

/// Rows of texts as lines whose columns line up; what is in a last column is not padded.
func aligned(_ rows: [[String]]) -> [String] {
  let rows = rows.map { $0.map(printable) }
  var widths: [Int] = []
  for row in rows {
    for (column, cell) in row.enumerated() {
      if column == widths.count { widths.append(0) }
      widths[column] = max(widths[column], displayWidth(of: cell))
    }
  }
  return rows.map { row in
    var line = ""
    for (column, cell) in row.enumerated() where widths[column] > 0 {
      line += cell
      if column < row.count - 1 {
        line += String(repeating: " ", count: widths[column] - displayWidth(of: cell) + 2)
      }
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}

/// A size for people: `8.4 MB`.
func byteCountText(_ count: Int) -> String {
  let units = ["kB", "MB", "GB", "TB"]
  guard count >= 1000 else { return "\(count) bytes" }
  var size = Double(count) / 1000
  var unit = 0
  while size >= 999.95, unit < units.count - 1 {
    size /= 1000
    unit += 1
  }
  let tenths = Int((size * 10).rounded())
  return "\(tenths / 10).\(tenths % 10) \(units[unit])"
}
