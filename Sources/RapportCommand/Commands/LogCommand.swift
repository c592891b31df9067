import ArgumentParser
import EventStorage
import Glibc
import GraphModel
import Rapport

struct LogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "log",
    abstract: "Prints the events of a store.",
    discussion: """
      With --format ndjson, the events are printed as they came: ingested into a new store, they \
      make an equal log, with the same positions and the same root.

        rapport log meetings --limit 10
        rapport log meetings --entity person:1
        rapport log meetings --format ndjson > meetings.ndjson
        rapport log meetings --from 8000 --follow
      """
  )

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, ndjson
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

  @Option(help: "How events are printed: text (for people) or ndjson (one JSON object a line).")
  var format = Format.text

  @Flag(help: "With ndjson: add position and recordedtime, for rapport ingest --restore.")
  var recorded = false

  private static let microsecondsBetweenLooks: UInt32 = 200_000

  func validate() throws {
    if from == 0 { throw ValidationError("--from must be 1 or more: the first position is 1") }
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative") }
    if recorded, format != .ndjson {
      throw ValidationError("--recorded goes with --format ndjson")
    }
    if follow, limit != nil { throw ValidationError("--limit and --follow exclude each other") }
  }

  func run() throws {
    let store = try store.openForReading()
    var next = try printEvents(of: store, from: EventPosition(from))
    while follow {
      usleep(Self.microsecondsBetweenLooks)
      if try store.end().position >= next { next = try printEvents(of: store, from: next) }
    }
  }

  /// - Returns: the position behind the last one that was read.
  private func printEvents(
    of store: Store,
    from first: EventPosition
  ) throws -> EventPosition {
    let output = Output.standard
    var line: [UInt8] = []
    let last = try store.events(from: first, limit: limit ?? .max, entity: entity) { record in
      switch format {
      case .ndjson:
        line.removeAll(keepingCapacity: true)
        record.appendLine(to: &line, includesPlace: recorded)
        try output.write(line)
      case .text: try output.write(Self.text(of: Event(record)))
      }
    }
    try output.flush()
    return EventPosition(max(last.rawValue, first.rawValue - 1) + 1)
  }

  /// The event in a few lines: where and what it is, its source, its data, and the words behind it.
  private static func text(of event: Event) -> String {
    let summary = EventSummary(event)
    var text = "\(summary.position.rawValue)  \(printable(summary.type))  \(summary.time)"
    if event.certainty != .stated { text += "  (\(summary.certainty))" }
    text += "\n    id      \(printable(summary.id))\n    source  \(printable(summary.source))"
    text += "\n    data    \(printable(event.data))"
    if let quote = summary.quote { text += "\n    quote   “\(printable(quote))”" }
    return text + "\n"
  }
}
