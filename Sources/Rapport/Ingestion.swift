public import EventStorage
public import GraphModel

/// Where events come from.
public enum IngestInput: Hashable, Sendable {
  case file(String)
  case standardInput

  /// What messages call it.
  public var name: String {
    switch self {
    case .file(let path): path
    case .standardInput: "standard input"
    }
  }

  /// The source of events that name none.
  var defaultSource: String {
    switch self {
    case .file(let path): String(path.split(separator: "/").last ?? "file")
    case .standardInput: "standard input"
    }
  }
}

/// How events are ingested.
public struct IngestOptions: Sendable {
  /// What happens at a line that is no event, or does not fit the schema.
  public enum ErrorHandling: Sendable {
    /// What is before it is committed, and nothing from it on.
    case stop
    /// It is left out and reported.
    case skip
  }

  /// The source of events that name none; `nil` for the name of their file.
  public var source: String?
  public var onError = ErrorHandling.stop
  /// One commit, or nothing.
  public var isAtomic = false
  /// Whether events of unknown types, and of versions newer than the schema reads, are taken in;
  /// they wait in quarantine for a schema that declares them.
  public var allowsUnknown = false
  /// Write only if this is the log's last position.
  public var expectedPosition: EventPosition?
  /// The longest line, in bytes.
  public var lineByteCountMax = EnvelopeParser.Options.defaultLineByteCountMax
  /// Whether lines are of an export and keep their `position` and `recordedtime`.
  public var isRestoring = false
  /// Whether to make the graph along with it, where very many events come into a store that has few.
  ///
  /// The first query, and ``Store/prepare(progress:)``, find it then.
  public var makesGraph = false
  /// Of so many events a graph is made sooner once they are all there, and of so many before them
  /// along with them.
  var lineCountBeforeGraph = 20_000
  /// How many events a commit takes at most, unless all are one.
  public var eventsPerCommit = 10_000
  /// Called for each line that is left out.
  public var onReject: (@Sendable (RejectedLine) -> Void)?
  /// Called when more events are durable.
  public var onCommit: (@Sendable (LogEnd) -> Void)?
  /// Called now and then.
  public var onProgress: (@Sendable (IngestProgress) -> Void)?
  /// Asked before each commit, and now and then; what was checked before is still committed.
  public var shouldStop: (@Sendable () -> Bool)?

  public init() {}
}

/// A line that is not in the log, and why.
public struct RejectedLine: Sendable {
  public var input: String
  /// From 1.
  public var line: Int
  /// The place, what was expected and what was found.
  public var message: String
  /// The line as it came.
  public var bytes: [UInt8]
}

/// How far an ingestion has come.
public struct IngestProgress: Sendable {
  public var committed: Int
  public var alreadyThere: Int
  /// Bytes of all inputs that were read.
  public var byteCount: Int
}

/// What an ingestion did.
///
/// All of it is durable.
public struct IngestSummary: Sendable {
  public var ingested = 0
  /// Events that the log had already.
  public var alreadyThere = 0
  public var rejected = 0
  /// Events among ``ingested`` that wait in quarantine: see ``IngestOptions/allowsUnknown``.
  public var waiting = 0
  /// The first and the last position written, or `nil` where none was.
  public var positions: ClosedRange<EventPosition>?
  /// The end of the log.
  public var end: LogEnd
  /// Why it ended before the input did, and how to go on.
  public var failure: StoreFailure?
  /// Whether ``IngestOptions/shouldStop`` ended it.
  public var wasStopped = false
}

extension Store {
  /// Checks events and appends them to the log, in batches that are each durable when counted.
  ///
  /// What goes wrong is in the summary, with all that was done before.
  public func ingest(
    _ inputs: [IngestInput],
    options: IngestOptions = IngestOptions()
  ) throws(StoreFailure) -> IngestSummary {
    guard !isReadOnly else {
      throw StoreFailure(.inputOutput, "\"\(path)\" is open for reading only")
    }
    let schema = options.isRestoring ? try schemaIfAny() : try schema()
    let end = try end()
    let fold = schema.flatMap { makesGraph(options, after: end) ? IngestFold(log, $0) : nil }
    var ingestion = Ingestion(
      inputs,
      log: log,
      schema: schema,
      options: options,
      end: end,
      fold: fold
    )
    ingestion.run()
    let summary = ingestion.summary
    if let fold, summary.failure == nil, !summary.wasStopped {
      keep(fold.finish(at: summary.end.position))
    }
    return summary
  }

  /// Whether a graph is made along: of all events, so few may be there; and not of what is one
  /// commit, for that would have to be kept until its end.
  private func makesGraph(_ options: IngestOptions, after end: LogEnd) -> Bool {
    options.makesGraph && !options.isRestoring && !options.isAtomic
      && Int(end.position.rawValue) <= options.lineCountBeforeGraph
  }
}
