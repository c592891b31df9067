import ArgumentParser
import Queries
import Rapport

/// The forms in which rows are printed.
enum ResultFormat: String, CaseIterable, ExpressibleByArgument {
  case table, json, ndjson, csv, tsv, markdown

  /// A plan for people or for tools; `nil` for forms that have rows only.
  func text(of plan: PlanDescription) -> String? {
    switch self {
    case .table: plan.table
    case .json, .ndjson: plan.json
    case .csv, .tsv, .markdown: nil
    }
  }
}

struct FormatOption: ParsableArguments {
  @Option(
    help: """
      How rows are printed: table (for people; fits a terminal's width), json (one array), \
      ndjson (one object a line), csv (RFC 4180; null is empty, an empty text is ""), tsv \
      (\\t, \\n and \\\\ escaped), markdown.
      """
  )
  var format = ResultFormat.table
}

/// Prints rows in the form that was asked for.
func printRows(
  _ rows: some Rows,
  as format: ResultFormat,
  to output: Output
) throws(StoreFailure) {
  switch format {
  case .table: try TableRenderer(terminal: .output).render(rows, to: output)
  case .json: try renderJSON(rows, to: output)
  case .ndjson: try renderNDJSON(rows, to: output)
  case .csv: try renderCSV(rows, to: output)
  case .tsv: try renderTSV(rows, to: output)
  case .markdown: try renderMarkdown(rows, to: output)
  }
  try output.flush()
}

private func jsonObject(_ rows: some Rows, _ row: Int, keys: [String]) -> String {
  let members = keys.indices.map { "\(keys[$0]):\(rows.json(row: row, column: $0))" }
  return "{" + members.joined(separator: ",") + "}"
}

private func renderJSON(_ rows: some Rows, to output: Output) throws(StoreFailure) {
  let keys = rows.columns.map(jsonQuoted)
  try output.write("[")
  for row in 0..<rows.rowCount {
    try output.write((row == 0 ? "\n  " : ",\n  ") + jsonObject(rows, row, keys: keys))
  }
  try output.write(rows.rowCount == 0 ? "]\n" : "\n]\n")
}

private func renderNDJSON(_ rows: some Rows, to output: Output) throws(StoreFailure) {
  let keys = rows.columns.map(jsonQuoted)
  for row in 0..<rows.rowCount {
    try output.write(jsonObject(rows, row, keys: keys) + "\n")
  }
}

private func renderCSV(_ rows: some Rows, to output: Output) throws(StoreFailure) {
  try output.write(rows.columns.map(csvField).joined(separator: ",") + "\r\n")
  for row in 0..<rows.rowCount {
    let fields = rows.columns.indices.map { column in
      rows.isNull(row: row, column: column) ? "" : csvField(rows.text(row: row, column: column))
    }
    try output.write(fields.joined(separator: ",") + "\r\n")
  }
}

/// A text as RFC 4180 has it; the empty text is quoted, because nothing at all means null.
func csvField(_ text: String) -> String {
  let special: Set<Unicode.Scalar> = [",", "\"", "\n", "\r"]
  guard text.isEmpty || text.unicodeScalars.contains(where: special.contains) else { return text }
  var field = "\""
  for scalar in text.unicodeScalars {
    if scalar == "\"" { field += "\"" }
    field.unicodeScalars.append(scalar)
  }
  return field + "\""
}

private func renderTSV(_ rows: some Rows, to output: Output) throws(StoreFailure) {
  try output.write(rows.columns.map(tsvField).joined(separator: "\t") + "\n")
  for row in 0..<rows.rowCount {
    let fields = rows.columns.indices.map { column in
      rows.isNull(row: row, column: column) ? "" : tsvField(rows.text(row: row, column: column))
    }
    try output.write(fields.joined(separator: "\t") + "\n")
  }
}

func tsvField(_ text: String) -> String {
  var field = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\\": field += "\\\\"
    case "\t": field += "\\t"
    case "\n": field += "\\n"
    case "\r": field += "\\r"
    default: field.unicodeScalars.append(scalar)
    }
  }
  return field
}

private func renderMarkdown(_ rows: some Rows, to output: Output) throws(StoreFailure) {
  try output.write("| " + rows.columns.map(markdownCell).joined(separator: " | ") + " |\n")
  try output.write("|" + rows.columns.map { _ in " --- |" }.joined() + "\n")
  for row in 0..<rows.rowCount {
    let cells = rows.columns.indices.map { column in
      rows.isNull(row: row, column: column) ? "" : markdownCell(rows.text(row: row, column: column))
    }
    try output.write("| " + cells.joined(separator: " | ") + " |\n")
  }
}

func markdownCell(_ text: String) -> String {
  var cell = ""
  for character in text {
    switch character {
    case "|": cell += "\\|"
    case "\\": cell += "\\\\"
    case "<": cell += "&lt;"
    case "\n", "\r\n", "\r": cell += "<br>"
    default: cell.append(character)
    }
  }
  return cell
}
