import ArgumentParser
import GraphModel
import GraphStorage
import Rapport
import SourceText

struct QuarantineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quarantine",
    abstract: "Lists the events that do not fit the schema and wait for one that they fit.",
    discussion: """
      They are in the log and in no answer. A schema that reads them brings them back: \
      rapport schema plan tells whether one does.

        rapport quarantine meetings
      """
  )

  @OptionGroup var store: StoreArgument

  @Option(help: "text (for people) or json.")
  var format = ReportFormat.text

  @Option(help: "How many groups to list at most.")
  var limit: Int?

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative") }
  }

  func run() throws {
    let report = try store.openForReading().quarantine()
    let groups = Array(report.groups.prefix(limit ?? .max))
    let output = Output.standard
    switch format {
    case .json: try output.write(json(report, groups) + "\n")
    case .text:
      for line in lines(report, groups) { try output.write(line + "\n") }
    }
    try output.flush()
  }

  private func lines(_ report: QuarantineReport, _ groups: [RefusedEvents]) -> [String] {
    let schema = "\"\(report.schemaName)\" version \(report.schemaVersion)"
    guard report.count > 0 else { return ["every event fits \(schema)"] }
    var lines = ["\(eventCount(report.count)) in quarantine, under \(schema)"]
    for group in groups {
      lines.append("")
      lines.append(
        "\(grouped(group.count)) \(SchemaPlanText.name(of: group.kind)): \(printable(group.reason))"
      )
      lines.append(
        "  position \(group.samplePosition.rawValue), id \"\(printable(group.sampleID))\" of "
          + "\"\(printable(group.sampleSource))\":"
      )
      lines.append("  \(printable(group.sample))")
    }
    if groups.count < report.groups.count {
      lines += ["", "and \(report.groups.count - groups.count) more reasons"]
    }
    return lines + [
      "", "hint: \"rapport schema plan \(store.store) FILE\" tells whether a schema folds them",
    ]
  }

  private func json(_ report: QuarantineReport, _ groups: [RefusedEvents]) -> String {
    jsonObject([
      ("schema", jsonQuoted(report.schemaName)), ("version", "\(report.schemaVersion)"),
      ("count", "\(report.count)"), ("groups", jsonArray(groups.map(refusedEventsJSON))),
    ])
  }
}

/// `1 event`, `12,000 events`.
func eventCount(_ count: Int) -> String {
  count == 1 ? "1 event" : "\(grouped(count)) events"
}

/// Tells on standard error how many events an answer lacks.
func reportQuarantine(_ count: Int, of store: StoreArgument) {
  guard count > 0 else { return }
  report(
    """
    note: \(eventCount(count)) \(count == 1 ? "does" : "do") not fit the schema and \
    \(count == 1 ? "is" : "are") in no answer; see "rapport quarantine \(store.store)"
    """
  )
}
