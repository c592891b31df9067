public import GraphModel
public import SourceText

/// How a query runs, and how far it may go.
public struct QueryOptions: Sendable {
  /// How many rows a result may have; more are an error, never cut silently.
  public var rowCountMax: Int
  /// How many rows all operators together may produce.
  public var stepCountMax: Int
  /// Roughly how many bytes buffered rows may take.
  public var byteCountMax: Int
  /// When to give up, or `nil` for never.
  public var deadline: ContinuousClock.Instant?
  /// AS OF for every MATCH that does not say its own.
  public var asOf: PartialDate?
  /// KNOWN AT for every MATCH.
  public var knownAt: EventPosition?
  /// BCP 47 tags in the order of preference; decides what a TEXT property shows.
  public var languages: [String]
  /// How many threads a query may use.
  public var threads: Int
  /// What `sources(x)` says of an event; `nil` for its position alone.
  public var eventDescription: (@Sendable (EventPosition) -> Value)?
  /// Set it from another thread to stop the query.
  public var cancellation: QueryCancellation?

  public init(
    rowCountMax: Int = 10_000_000,
    stepCountMax: Int = 2_000_000_000,
    byteCountMax: Int = 4_000_000_000,
    deadline: ContinuousClock.Instant? = nil,
    asOf: PartialDate? = nil,
    knownAt: EventPosition? = nil,
    languages: [String] = [],
    threads: Int = 1,
    eventDescription: (@Sendable (EventPosition) -> Value)? = nil,
    cancellation: QueryCancellation? = nil
  ) {
    self.rowCountMax = rowCountMax
    self.stepCountMax = stepCountMax
    self.byteCountMax = byteCountMax
    self.deadline = deadline
    self.asOf = asOf
    self.knownAt = knownAt
    self.languages = languages
    self.threads = threads
    self.eventDescription = eventDescription
    self.cancellation = cancellation
  }
}

/// Why a query has no result.
public enum QueryError: Error, Hashable, Sendable {
  /// The query is wrong; nothing ran.
  case compile(Diagnostics)
  /// A value was not what an operation takes, found while running.
  case evaluation(Diagnostic)
  /// A budget of ``QueryOptions`` was reached: what was reached, and how to raise it.
  case limit(String, hint: String)
  case cancelled
}
