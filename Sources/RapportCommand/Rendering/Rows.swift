/// A table of answers, read by the renderers cell by cell.
protocol Rows {
  var columns: [String] { get }
  var rowCount: Int { get }

  func isNull(row: Int, column: Int) -> Bool
  func isNumber(row: Int, column: Int) -> Bool
  /// The cell as people read it; what null reads as is the table's choice.
  func text(row: Int, column: Int) -> String
  /// The cell as a JSON value.
  func json(row: Int, column: Int) -> String
}

/// A table that is made by hand.
struct ListRows: Rows {
  enum Cell {
    case null
    case text(String)
    case number(Int)
    /// Shown as JSON, and kept as JSON where the format is JSON.
    case json(String)
    /// Shown with commas, and a list where the format is JSON.
    case list([String])
  }

  let columns: [String]
  var rows: [[Cell]] = []

  var rowCount: Int { rows.count }

  func isNull(row: Int, column: Int) -> Bool {
    if case .null = rows[row][column] { true } else { false }
  }

  func isNumber(row: Int, column: Int) -> Bool {
    if case .number = rows[row][column] { true } else { false }
  }

  func text(row: Int, column: Int) -> String {
    switch rows[row][column] {
    case .null: ""
    case .text(let text), .json(let text): text
    case .number(let number): String(number)
    case .list(let items): items.joined(separator: ", ")
    }
  }

  func json(row: Int, column: Int) -> String {
    switch rows[row][column] {
    case .null: "null"
    case .text(let text): jsonQuoted(text)
    case .number(let number): String(number)
    case .json(let json): json
    case .list(let items): "[" + items.map(jsonQuoted).joined(separator: ",") + "]"
    }
  }
}

extension ListRows.Cell {
  init(_ text: String?) {
    self = text.map { .text($0) } ?? .null
  }
}

/// A text as a JSON string, with its quotation marks.
func jsonQuoted(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": quoted += "\\\""
    case "\\": quoted += "\\\\"
    case "\n": quoted += "\\n"
    case "\r": quoted += "\\r"
    case "\t": quoted += "\\t"
    case "\0"..."\u{1F}": quoted += "\\u" + hexadecimal(scalar.value, digitCount: 4)
    default: quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}

func hexadecimal(_ number: UInt32, digitCount: Int) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: max(0, digitCount - digits.count)) + digits
}
