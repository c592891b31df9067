import ArgumentParser
import Conformance
import Foundation

/// Runs scenarios of the openCypher TCK through the library.
@main
struct ConformanceRunner: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tck",
    abstract: "Runs scenarios of the openCypher TCK through the library.",
    discussion: """
      Prints the scenarios that fail, then how many passed, failed, gave a wrong answer and raised \
      an error where rows were expected, by folder and in all.

      Exit status: 0 where all passed, 1 otherwise.
      """
  )

  @Argument(help: "Scenarios, one JSON object a line.", completion: .file(extensions: ["jsonl"]))
  var file: String

  @Option(help: "Write the outcome of each scenario to this JSON file.", completion: .file())
  var manifest: String?

  @Flag(help: "Print the figures only, not the scenarios that fail.")
  var quiet = false

  func run() throws {
    let report = ConformanceReport(running: try Scenario.all(in: URL(fileURLWithPath: file)))
    if let manifest {
      try report.manifest.write(toFile: manifest, atomically: true, encoding: .utf8)
    }
    if !quiet {
      for failure in report.failures {
        let query = failure.query.split(whereSeparator: \.isNewline).joined(separator: "\n    ")
        print("\(failure.name)\n    \(query)\n  \(failure.text)\n")
      }
    }
    print(report.text)
    if report.total.failed > 0 { throw ExitCode.failure }
  }
}
