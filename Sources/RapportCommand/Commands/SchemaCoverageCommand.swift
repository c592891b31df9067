import ArgumentParser
import Projections
import Rapport
import SourceText

struct SchemaCoverageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage",
    abstract: "Shows which fields the events of a store have, and who reads them.",
    discussion: """
      For each type and version of events: each field, how many events have it, and the rules and \
      upcasts that read it. Then what is idle: fields that nobody reads, declared fields that no \
      event has, rules that never fire, types without events.

        rapport schema coverage meetings
        rapport schema coverage meetings --under new.rapport
      """
  )

  @OptionGroup var store: StoreArgument

  @Option(
    help: "Look at this schema file instead of the schema in force.",
    completion: .file(extensions: ["rapport"])
  )
  var under: String?

  @Option(help: "text (for people) or json.")
  var format = ReportFormat.text

  func run() throws {
    let file = try under.map { path throws(StoreFailure) in try SchemaFile(path: path) }
    let coverage = try store.openForReading().coverage(under: file)
    let output = Output.standard
    switch format {
    case .json: try output.write(Self.json(coverage) + "\n")
    case .text:
      for line in Self.lines(coverage) { try output.write(line + "\n") }
    }
    try output.flush()
  }

  private static func lines(_ coverage: SchemaCoverage) -> [String] {
    var lines: [String] = []
    for event in coverage.events {
      if !lines.isEmpty { lines.append("") }
      let remark = event.isDeclared ? "" : ", of which the schema says nothing"
      lines.append("\(printable(event.name)): \(eventCount(event.eventCount))\(remark)")
      lines += aligned(
        event.fields.map { field in
          [
            "  " + field.path, grouped(field.eventCount),
            field.readers.isEmpty ? "nobody" : field.readers.joined(separator: ", "),
          ]
        }
      )
    }
    let findings = [
      ("fields that nobody reads", coverage.unreadFields),
      (
        "declared fields that no event has",
        coverage.events.flatMap { event in event.missing.map { "\(event.name): \($0)" } }
      ),
      ("rules that never fire", coverage.idleRules),
      ("declared types without an event", coverage.absentTypes),
    ]
    for (title, items) in findings where !items.isEmpty {
      lines += ["", title] + items.map { "  " + printable($0) }
    }
    return lines
  }

  private static func json(_ coverage: SchemaCoverage) -> String {
    func texts(_ items: [String]) -> String { jsonArray(items.map(jsonQuoted)) }
    let events = coverage.events.map { event in
      jsonObject([
        ("type", jsonQuoted(event.type)),
        ("version", event.version == 0 ? nil : "\(event.version)"),
        ("declared", event.isDeclared ? "true" : "false"), ("count", "\(event.eventCount)"),
        (
          "fields",
          jsonArray(
            event.fields.map { field in
              jsonObject([
                ("path", jsonQuoted(field.path)), ("count", "\(field.eventCount)"),
                ("readers", texts(field.readers)),
              ])
            }
          )
        ),
        ("missing", texts(event.missing)),
      ])
    }
    return jsonObject([
      ("events", jsonArray(events)), ("unread", texts(coverage.unreadFields)),
      ("idle", texts(coverage.idleRules)), ("absent", texts(coverage.absentTypes)),
    ])
  }
}
