import Glibc
public import GraphModel
public import SourceText

/// How a query runs, and how far it may go.
public struct QueryOptions: Sendable {
  /// How many rows a result may have; more are an error, never cut silently.
  public var rowCountMax: Int
  /// How many rows all operators together may make, edges that paths go along included.
  public var stepCountMax: Int
  /// By how many bytes the process may grow while the query runs.
  public var byteCountMax: Int
  /// How long the query may run, or `nil` for as long as it takes.
  public var timeout: Swift.Duration?
  /// AS OF for every MATCH that does not say its own.
  public var asOf: PartialDate?
  /// KNOWN AT for every MATCH.
  public var knownAt: EventPosition?
  /// BCP 47 tags in the order of preference; decides what a TEXT property shows.
  public var languages: [String]
  /// How many threads a query may use.
  ///
  /// The result is the same with any number. Small queries use one, as does `PROFILE`, which
  /// measures step by step.
  public var threads: Int
  /// What is worth another thread; tests lower it.
  package var threadThresholds = ThreadThresholds()
  /// What `sources(x)` says of an event; `nil` for its position alone.
  public var eventDescription: (@Sendable (EventPosition) -> Value)?
  /// Set it from another thread to stop the query.
  public var cancellation: QueryCancellation?

  public init(
    rowCountMax: Int = 10_000_000,
    stepCountMax: Int = 2_000_000_000,
    byteCountMax: Int = QueryOptions.defaultByteCountMax,
    timeout: Swift.Duration? = nil,
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
    self.timeout = timeout
    self.asOf = asOf
    self.knownAt = knownAt
    self.languages = languages
    self.threads = threads
    self.eventDescription = eventDescription
    self.cancellation = cancellation
  }
}

/// What is worth another thread.
///
/// The result is the same with any of them.
package struct ThreadThresholds: Sendable {
  /// How many rows the steps below an aggregation are expected to make before it is made ready for
  /// threads.
  ///
  /// Estimates are rough, but what surely is small need not be.
  package var cost = 5000.0
  /// How many rows of one step are expected that threads may share.
  package var sharedRows = 32.0
  /// How many rows the steps have made before another thread begins.
  package var steps = 300_000

  package init() {}

  /// Threads wherever they are possible.
  package static var none: ThreadThresholds {
    var thresholds = ThreadThresholds()
    (thresholds.cost, thresholds.sharedRows, thresholds.steps) = (0, 0, 0)
    return thresholds
  }
}

extension QueryOptions {
  /// Half of the memory that the machine has.
  public static let defaultByteCountMax =
    Int(sysconf(Int32(_SC_PHYS_PAGES))) / 2 * Int(sysconf(Int32(_SC_PAGESIZE)))
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
