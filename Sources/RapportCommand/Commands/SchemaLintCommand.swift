import ArgumentParser
import Projections
import Rapport
import SourceText

struct SchemaLintCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract: "Finds what is correct in a schema and most likely not meant.",
    discussion: """
      Each finding ends with its rule's name in brackets, which --allow switches off. The exit \
      code is 0 without and 2 with findings.

      The rules: \(SchemaFinding.Rule.allCases.map(\.rawValue).joined(separator: ", ")).

        rapport schema lint my.rapport
        rapport schema lint meetings --allow unread-field
      """
  )

  @Argument(
    help: "The schema: a file, - for standard input, a store, or STORE@N.",
    completion: .file()
  )
  var schema: String

  @Option(help: "text (for people) or json.")
  var format = ReportFormat.text

  @Option(
    help: ArgumentHelp("A rule to leave out; may be given several times.", valueName: "rule")
  )
  var allow: [RuleArgument] = []

  func run() throws {
    let schema = try SchemaReference(schema).file().load()
    let allowed = Set(allow.map(\.rule))
    let findings = schema.findings().filter { !allowed.contains($0.rule) }
    let output = Output.standard
    switch format {
    case .json: try output.write(jsonArray(findings.map { Self.json($0, schema) }) + "\n")
    case .text:
      for finding in findings {
        try output.write(finding.diagnostic.rendered(in: schema.source) + "\n")
      }
      let count = findings.count == 1 ? "1 finding" : "\(findings.count) findings"
      try output.write(findings.isEmpty ? "no findings\n" : "\(count)\n")
    }
    try output.flush()
    if !findings.isEmpty { throw foundSomethingExitCode }
  }

  private static func json(_ finding: SchemaFinding, _ schema: Schema) -> String {
    let place = schema.source.location(of: finding.diagnostic.span.start)
    return jsonObject([
      ("rule", jsonQuoted(finding.rule.rawValue)),
      ("file", jsonQuoted(schema.source.name)),
      ("line", "\(place.line)"),
      ("column", "\(place.column)"),
      ("message", jsonQuoted(finding.diagnostic.message)),
      ("hint", finding.diagnostic.hint.map(jsonQuoted)),
    ])
  }
}

/// The name of a rule as an option has it.
struct RuleArgument: ExpressibleByArgument {
  let rule: SchemaFinding.Rule

  static var allValueStrings: [String] { SchemaFinding.Rule.allCases.map(\.rawValue) }

  init?(argument: String) {
    guard let rule = SchemaFinding.Rule(rawValue: argument) else { return nil }
    self.rule = rule
  }
}
