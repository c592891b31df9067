public import GraphModel
public import GraphStorage
import Projections

/// Events of one kind that a schema cannot fold, for one reason.
public struct RefusedEvents: Hashable, Sendable {
  public var kind: EventKind
  /// What does not fit, without what is peculiar to one event.
  public var reason: String
  public var count: Int
  /// The first of them.
  public var samplePosition: EventPosition
  /// Its id and its source.
  public var sampleID: String
  public var sampleSource: String
  /// What is wrong with it, in full, and what to do.
  public var sample: String
}

/// The events that the schema in force cannot fold.
///
/// They are in the log and in no answer, and are folded as soon as a schema can.
public struct QuarantineReport: Hashable, Sendable {
  public var schemaName: String
  public var schemaVersion: Int
  /// Those of one kind and reason together, the most frequent first.
  public var groups: [RefusedEvents]

  public var count: Int { groups.reduce(0) { $0 + $1.count } }
}

extension Store {
  /// Says which events wait in quarantine, and why.
  public func quarantine() throws(StoreFailure) -> QuarantineReport {
    let graph = try graph()
    let schema = graph.schema.schema
    return QuarantineReport(
      schemaName: schema.name,
      schemaVersion: schema.version,
      groups: try refusals(of: graph.graph.contents.quarantined.array, by: schema)
    )
  }

  /// How many events wait in quarantine, which every answer lacks.
  public func quarantinedCount() throws(StoreFailure) -> Int {
    try graph().graph.contents.quarantined.count
  }
}
