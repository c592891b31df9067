import ArgumentParser
import Glibc
import Rapport

/// The command `rapport`: each subcommand parses its options, calls the library and prints.
@main
struct RapportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rapport",
    abstract: "Keeps events about who met whom about what, and answers questions about them.",
    discussion: """
      A store is a directory: a log of events, and the graph that a schema makes of them.

        rapport init meetings
        rapport ingest meetings events.ndjson
        rapport met meetings --whom 'Jane Doe'

      Exit codes: 64 wrong usage, 65 bad data or query, 66 no such input, 70 a defect of rapport, \
      74 input or output failed, 75 try again later, 130 interrupted.
      """,
    version: "0.1.0",
    subcommands: [
      InitCommand.self, IngestCommand.self, QueryCommand.self, ShellCommand.self, MetCommand.self,
      LogCommand.self,
      ShowCommand.self, SchemaCommand.self, QuarantineCommand.self, RebuildCommand.self,
      InfoCommand.self,
      VerifyCommand.self, CompletionsCommand.self,
    ]
  )

  static func main() {
    // A file that may not grow further is an error to report, not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
      OpenedStores.finish()
    } catch let failure as StoreFailure {
      reportError(failure.message)
      OpenedStores.finish()
      endProcess(failure.kind.rawValue)
    } catch {
      end(with: error)
    }
  }

  /// Ends as the argument parser would, with our own prefix before the message.
  private static func end(with error: any Error) -> Never {
    let code = exitCode(for: error)
    var text = fullMessage(for: error)
    if code.isSuccess {
      let output = Output.standard
      try? output.write(text + "\n")
      try? output.flush()
    } else if !text.isEmpty {
      let prefix = "Error: "
      if text.hasPrefix(prefix) { text.removeFirst(prefix.count) }
      reportError(text)
    }
    endProcess(code.rawValue)
  }
}
