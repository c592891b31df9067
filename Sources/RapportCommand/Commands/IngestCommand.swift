import ArgumentParser
import EventStorage
import GraphModel
import Rapport

struct IngestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Adds events to a store.",
    discussion: """
      Events are JSON objects, one a line, in the form of CloudEvents. Every line is checked \
      before anything is written. Events that the store has already are passed over, so that \
      running the same command again is harmless, also after an interruption.

        rapport ingest meetings events.ndjson
        ./import-from-my-database | rapport ingest meetings - --source my-database
        rapport log meetings --format ndjson | rapport ingest copy -
        rapport log meetings --format ndjson --recorded | rapport ingest newcopy - --restore
      """
  )

  enum ErrorPolicy: String, CaseIterable, ExpressibleByArgument {
    case stop, skip
  }

  @OptionGroup var store: StoreArgument

  @Argument(help: "Files of events; - is standard input, which is read when none is named.")
  var files: [String] = []

  @Option(help: "The source of events that name none. (default: the file's name)")
  var source: String?

  @Option(
    help: """
      What to do at a line that is wrong: stop (the lines before it are kept) or skip (the good \
      lines are kept).
      """
  )
  var onError = ErrorPolicy.stop

  @Option(
    help: "A file for the lines that are skipped, each with its reason.",
    completion: .file()
  )
  var rejects: String?

  @Flag(
    help: """
      Take in events whose type the schema does not know, or whose version is newer than it reads; \
      they wait in quarantine for a schema that declares them.
      """
  )
  var allowUnknown = false

  @Flag(help: "Commit all events at once, or none.")
  var atomic = false

  @Option(help: "Commit only if the last position of the log is this one.")
  var expectPosition: UInt32?

  @Option(name: .customLong("max-line"), help: "How many bytes a line may have.")
  var lineByteCountMax = 1 << 20

  @Option(help: "How many events a commit takes at most: fewer are safe sooner.")
  var commitEvery = 10_000

  @Flag(
    help: """
      Take over position and recordedtime of what rapport log --recorded printed; a store that \
      does not exist is made.
      """
  )
  var restore = false

  @Flag(help: "Print \"acknowledged N\" after each commit: events up to position N are safe.")
  var acknowledge = false

  @Flag(
    inversion: .prefixedNo,
    help: "Make the graph ready after very many events, rather than with the next query."
  )
  var graph = true

  @Flag(name: .shortAndLong, help: "No progress, and no summary.")
  var quiet = false

  func validate() throws {
    guard lineByteCountMax > 0 else { throw ValidationError("--max-line must be above 0") }
    guard commitEvery > 0 else { throw ValidationError("--commit-every must be above 0") }
    if rejects != nil, onError == .stop {
      throw ValidationError("--rejects goes with --on-error skip")
    }
    if files.count(where: { $0 == "-" }) > 1 {
      throw ValidationError("standard input (-) can be read only once")
    }
    if files.isEmpty, Terminal.input.isTerminal {
      throw ValidationError("no events: name a file, or - for standard input")
    }
  }

  func run() throws {
    let store = restore ? try store.openOrCreateEmpty() : try store.openForWriting()
    let session = try IngestSession(command: self)
    let summary: IngestSummary
    do {
      summary = try store.ingest(inputs, options: options(reportingTo: session))
    } catch {
      session.end()
      throw error
    }
    session.end()
    try finish(summary, session)
    if graph { try prepare(store, session) }
  }

  private func prepare(_ store: Store, _ session: IngestSession) throws(StoreFailure) {
    let progressLine = ProgressLine("making the graph", isQuiet: quiet)
    defer { progressLine.wipe() }
    session.beginGraph()
    try store.prepare { progressLine.update($0) }
  }

  private var inputs: [IngestInput] {
    (files.isEmpty ? ["-"] : files).map { $0 == "-" ? .standardInput : .file($0) }
  }

  private func options(reportingTo session: IngestSession) -> IngestOptions {
    var options = IngestOptions()
    options.source = source
    options.onError = onError == .stop ? .stop : .skip
    options.isAtomic = atomic
    options.allowsUnknown = allowUnknown
    options.expectedPosition = expectPosition.map { EventPosition($0) }
    options.lineByteCountMax = lineByteCountMax
    options.isRestoring = restore
    options.makesGraph = graph
    options.eventsPerCommit = commitEvery
    options.onReject = { session.rejected($0) }
    options.onCommit = { session.committed($0) }
    options.onProgress = { session.progressed($0) }
    options.shouldStop = { session.isInterrupted }
    return options
  }

  private func finish(_ summary: IngestSummary, _ session: IngestSession) throws(StoreFailure) {
    if !quiet {
      let output = Output.standard
      try output.write(Self.line(summary) + "\n")
      try output.flush()
    }
    if let failure = summary.failure { throw failure }
    if let failure = session.failure { throw failure }
    if summary.wasStopped { session.endInterrupted() }
  }

  /// `8,054 events ingested (12 already there, 0 rejected) at 1..8054, root 5f2c…`.
  static func line(_ summary: IngestSummary) -> String {
    let events = summary.ingested == 1 ? "1 event" : "\(summary.ingested) events"
    var line =
      "\(events) ingested (\(summary.alreadyThere) already there, \(summary.rejected) rejected)"
    if let positions = summary.positions {
      line += " at \(positions.lowerBound.rawValue)..\(positions.upperBound.rawValue)"
    } else {
      line += ", the log stays at \(summary.end.position.rawValue)"
    }
    line += ", root \(summary.end.root)"
    if summary.waiting > 0 {
      line += "\n\(summary.waiting) of them wait in quarantine for a schema that declares them"
    }
    return line
  }
}
