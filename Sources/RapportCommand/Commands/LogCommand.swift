import ArgumentParser
import Rapport

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Prints the events of a store.",
    discussion: """
      With --format ndjson, the events are printed as they came, with their position and the time \
      at which they were recorded; rapport ingest --restore makes an equal log of them.

        rapport log meetings --limit 10
        rapport log meetings --entity person:1
        rapport log meetings --format ndjson > meetings.ndjson
        rapport log meetings --from 8000 --follow
      """
  )

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table, ndjson
  }

  @OptionGroup var store: StoreArgument

  @Option(help: "The first position.")
  var from: UInt32 = 1

  @Option(help: "How many events at most.")
  var limit: Int?

  @Option(help: "Only events that mention this id.")
  var entity: String?

  @Flag(help: "Wait for further events, until interrupted.")
  var follow = false

  @Option(help: "How events are printed.")
  var format = Format.table

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative") }
    if follow, limit != nil { throw ValidationError("--limit and --follow exclude each other") }
  }

  func run() throws {}
}
