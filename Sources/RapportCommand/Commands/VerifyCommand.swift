import ArgumentParser
import EventStorage
import GraphModel
import Rapport

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Reads the whole log again, and says what is damaged.",
    discussion: """
      A root that was written down earlier proves that the log still says what it said then, and \
      only more.

        rapport verify meetings
        rapport verify meetings --known 8054:5f2c…
      """
  )

  @OptionGroup var store: StoreArgument

  @Option(
    help: ArgumentHelp(
      "A position and the root that the log had there.",
      valueName: "position:root"
    )
  )
  var known: [KnownEnd] = []

  struct KnownEnd: ExpressibleByArgument {
    let end: LogEnd

    init?(argument: String) {
      let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let position = UInt32(parts[0]), let root = TreeHash(String(parts[1]))
      else { return nil }
      end = LogEnd(position: EventPosition(position), root: root)
    }
  }

  func run() throws {
    let report = try store.openForReading().verify(knownEnds: known.map(\.end))
    guard report.isIntact else {
      var lines = ["the log is damaged: \(report.problemCount) problems"]
      lines += report.problems.map { "  \($0.description)" }
      if report.problemCount > report.problems.count {
        lines.append("  and \(report.problemCount - report.problems.count) more")
      }
      throw StoreFailure(.inputOutput, lines.joined(separator: "\n"))
    }
    let output = Output.standard
    try output.write(
      """
      \(report.recordCount) events are intact, up to position \(report.end.position.rawValue), \
      root \(report.end.root)

      """
    )
    try output.flush()
  }
}
