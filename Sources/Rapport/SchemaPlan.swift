public import EventStorage
public import GraphStorage
public import Projections

/// What another schema would do to a store, found out without doing it.
public struct SchemaPlan: Sendable {
  /// The events of one kind, and whether the change reaches them.
  public struct Events: Hashable, Sendable {
    public var kind: EventKind
    public var count: Int
    /// Whether they mean something else under the proposed schema, and are folded again.
    public var isReached: Bool
    /// Whether the proposed schema declares the type, and a chain of upcasts covers the version.
    public var isReadable: Bool
  }

  /// What folding takes.
  public struct Effort: Hashable, Sendable {
    public var seconds: Double
    /// Memory at its highest, in bytes.
    public var byteCount: Int
  }

  /// The schema in force.
  public let current: AppliedSchema
  public let proposed: Schema
  /// The end of the log that the plan is for.
  public let end: LogEnd
  /// Of all kinds that the log has, in their order.
  public let events: [Events]
  /// How many events are folded again; all where the change cannot be told apart from the rest.
  public let refoldedCount: Int
  /// Whether everything is folded, since the change reaches too much of it.
  public let isFull: Bool
  public let graph: GraphDifference
  /// Events that are in the graph and would be in quarantine.
  public let quarantined: [RefusedEvents]
  /// Events that are in quarantine and would be in the graph.
  public let healed: [RefusedEvents]
  /// What folding was expected to take, and what it took.
  public let estimate: Effort
  public let effort: Effort

  /// Whether the two schemas say the same.
  public var isChange: Bool { current.schema.digest != proposed.digest }

  public var eventCount: Int { events.reduce(0) { $0 + $1.count } }

  /// What is in the graph, or folds into it, and would not any more.
  ///
  /// A type of edges that merely gets another name is no loss.
  public var losses: [Loss] {
    let vanishing = graph.entries.filter { $0.vanished > 0 }.map { Loss.vanishing($0) }
    return vanishing + quarantined.map { .quarantined($0) }
  }

  /// Something that a change takes out of the graph.
  public enum Loss: Hashable, Sendable {
    case vanishing(GraphDifference.Entry)
    case quarantined(RefusedEvents)
  }
}

/// A change of a store's schema, carried out.
public struct SchemaApplication: Sendable {
  /// What it did; nothing where ``SchemaPlan/isChange`` is false.
  public let plan: SchemaPlan
  /// The schema in force now.
  public let applied: AppliedSchema
}

/// How a schema is applied.
public struct SchemaApplyOptions: Sendable {
  /// Whether things may vanish from the graph, and events go into quarantine.
  public var acceptsLoss = false
  /// What the log and the schema have to be; `nil`: whatever they are.
  public var expected: SchemaPlanReference?
  /// Kept in the log beside the schema.
  public var reason: String?
  public var onProgress: (@Sendable (FoldProgress) -> Void)?

  public init() {}
}

/// What a plan was made for: it is void once any of it is something else.
public struct SchemaPlanReference: Hashable, Sendable {
  public var end: LogEnd
  /// Digests of the schemas, in hexadecimal.
  public var currentDigest: String
  public var proposedDigest: String

  public init(end: LogEnd, currentDigest: String, proposedDigest: String) {
    self.end = end
    self.currentDigest = currentDigest
    self.proposedDigest = proposedDigest
  }
}
