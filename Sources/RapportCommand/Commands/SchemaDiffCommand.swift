import ArgumentParser
import Projections
import Rapport

/// The exit code of checks that found something: a difference, a finding, another layout.
let foundSomethingExitCode = ExitCode(2)

/// How results of the schema commands are printed.
enum ReportFormat: String, CaseIterable, ExpressibleByArgument {
  case text, json
}

struct SchemaDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares two schemas, declaration by declaration.",
    discussion: """
      A schema is named by a file, - for standard input, a store for the schema in force there, \
      or STORE@N for the Nth schema applied there. Each change is additive (nothing there changes \
      its meaning), recompute (the same events may make another graph) or breaking (events or \
      queries that worked may not any more).

      The exit code is 0 without and 2 with a difference.

        rapport schema diff meetings new.rapport
        rapport schema diff meetings@1 meetings
      """
  )

  @Argument(help: "The schema before.", completion: .file())
  var before: String

  @Argument(help: "The schema after.", completion: .file())
  var after: String

  @Option(help: "text (for people) or json.")
  var format = ReportFormat.text

  func validate() throws {
    if before == "-", after == "-" {
      throw ValidationError("standard input can be only one of the two schemas")
    }
  }

  func run() throws {
    let (old, new) = try Self.load(before, after)
    let difference = SchemaDifference(from: old, to: new)
    let output = Output.standard
    switch format {
    case .json: try output.write(schemaDifferenceJSON(difference) + "\n")
    case .text:
      for line in schemaDifferenceLines(difference) { try output.write(line + "\n") }
      try output.write(difference.summary + "\n")
    }
    try output.flush()
    if !difference.isEmpty { throw foundSomethingExitCode }
  }

  /// Both schemas, or the errors of both.
  private static func load(
    _ before: String,
    _ after: String
  ) throws(StoreFailure) -> (Schema, Schema) {
    var failures: [StoreFailure] = []
    var schemas: [Schema] = []
    for text in [before, after] {
      do throws(StoreFailure) {
        schemas.append(try SchemaReference(text).file().load())
      } catch {
        failures.append(error)
      }
    }
    guard let first = failures.first else { return (schemas[0], schemas[1]) }
    let messages = failures.map(\.message)
    throw StoreFailure(first.kind, messages.joined(separator: "\n"))
  }
}
