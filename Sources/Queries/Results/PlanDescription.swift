import Expressions

/// A step of a plan as a person or a tool reads it, with the steps that it draws rows from.
public struct PlanDescription: Hashable, Sendable {
  /// The kind of step in a word, such as `scan` or `follow`.
  public var step: String
  /// What it does to what, in the spelling of queries.
  public var detail: String
  /// How many rows the planner expects.
  public var estimatedRows: Double
  /// How many rows it made; `nil` where nothing was measured, or it never ran.
  public var rows: Int?
  /// The time spent in the step itself, without its inputs and subqueries.
  public var time: Swift.Duration?
  /// Where its rows come from; of `for each` steps, what they run for each row comes first.
  public var inputs: [PlanDescription]
  /// The plans of EXISTS, COUNT, COLLECT and patterns in its expressions.
  public var subqueries: [PlanDescription]

  /// The step in one line.
  public var text: String { detail.isEmpty ? step : "\(step) \(detail)" }
}

// MARK: For people

extension PlanDescription {
  /// The plan as lines of a table: the last step first, and below it what it draws from.
  public var table: String {
    var lines: [Line] = []
    let isMeasured = hasMeasures
    append(to: &lines, first: "", rest: "")
    if isMeasured {
      lines.append(Line(text: "total", estimate: "", rows: "", time: Self.text(time: totalTime)))
    }
    let headings = ["plan", "estimated rows"] + (isMeasured ? ["rows", "time"] : [])
    let rows = lines.map { line in
      [line.text, line.estimate] + (isMeasured ? [line.rows, line.time] : [])
    }
    let widths = headings.indices.map { column in
      ([headings] + rows).map { $0[column].count }.max() ?? 0
    }
    return ([headings] + rows).map { cells in
      cells.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  /// The time of the step and of all that it draws from.
  public var totalTime: Swift.Duration {
    (inputs + subqueries).reduce(time ?? .zero) { $0 + $1.totalTime }
  }

  private var hasMeasures: Bool { rows != nil || inputs.contains(where: \.hasMeasures) }

  private struct Line {
    var text: String
    var estimate: String
    var rows: String
    var time: String
  }

  private static let textWidthMax = 100

  private func append(to lines: inout [Line], first: String, rest: String) {
    var text = first + self.text
    if text.count > Self.textWidthMax { text = text.prefix(Self.textWidthMax - 1) + "…" }
    lines.append(
      Line(
        text: text,
        estimate: Self.text(rows: estimatedRows),
        rows: rows.map(String.init) ?? "not run",
        time: time.map(Self.text(time:)) ?? ""
      )
    )
    var branches = subqueries.map { ("for each row: ", $0) }
    // A single input continues the line of its step; several are branches of it.
    let chain = inputs.count == 2 && step.hasPrefix("for each") ? inputs.last : nil
    branches += (inputs.count == 1 ? [] : chain == nil ? inputs : [inputs[0]]).map { ("", $0) }
    for (index, branch) in branches.enumerated() {
      let isLast = index == branches.count - 1
      branch.1.append(
        to: &lines,
        first: rest + (isLast ? "└─ " : "├─ ") + branch.0,
        rest: rest + (isLast ? "   " : "│  ")
      )
    }
    if let next = inputs.count == 1 ? inputs[0] : chain {
      next.append(to: &lines, first: rest, rest: rest)
    }
  }

  private static func text(rows: Double) -> String {
    rows < 1e15 ? String(Int(rows.rounded(.up))) : "very many"
  }

  private static func text(time: Swift.Duration) -> String {
    let nanoseconds = Self.nanoseconds(time)
    let units: [(String, Int64)] = [("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1000)]
    for (unit, size) in units where nanoseconds >= size {
      let tenths = nanoseconds * 10 / size
      return tenths >= 1000 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
    return "\(nanoseconds) ns"
  }

  static func nanoseconds(_ time: Swift.Duration) -> Int64 {
    time.components.seconds * 1_000_000_000 + time.components.attoseconds / 1_000_000_000
  }
}

// MARK: For tools

extension PlanDescription {
  /// The plan as one JSON object: `step`, `detail`, `estimatedRows`, `rows` and `nanoseconds` of
  /// the step itself where they were measured, `inputs`, and `subqueries` where there are any.
  public var json: String {
    func jsonText(_ text: String) -> String {
      var bytes: [UInt8] = []
      ValueJSON.write(text, to: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    }
    var members = [
      "\"step\":\(jsonText(step))", "\"detail\":\(jsonText(detail))",
      "\"estimatedRows\":\(estimatedRows.isFinite ? estimatedRows : .greatestFiniteMagnitude)",
    ]
    if let rows { members.append("\"rows\":\(rows)") }
    if let time { members.append("\"nanoseconds\":\(Self.nanoseconds(time))") }
    func list(_ plans: [PlanDescription]) -> String {
      "[" + plans.map(\.json).joined(separator: ",") + "]"
    }
    members.append("\"inputs\":\(list(inputs))")
    if !subqueries.isEmpty { members.append("\"subqueries\":\(list(subqueries))") }
    return "{" + members.joined(separator: ",") + "}"
  }
}
