public import GraphStorage

/// Which events of a graph a schema folds otherwise than they were folded.
public struct SchemaReach: Sendable {
  /// The kinds about which the schema says something else.
  public let kinds: Set<EventKind>
  /// How many events they have.
  public let eventCount: Int
  /// How many events there are.
  public let totalCount: Int
  /// Whether folding these events again gives what folding all of them gives.
  ///
  /// END looks at the edges that the events before it made, so edges that some event ends depend
  /// on the order of the events as nothing else does: where the change reaches such a type, all is
  /// folded anew.
  public let isSeparable: Bool

  /// Folding again costs more by the event than folding: past this share of the log, all of it is
  /// the shorter way.
  private static let shareMax = 0.5

  public init(of schema: Schema, _ account: FoldAccount) {
    let now = schema.account(of: account.entries.map { ($0.kind, $0.eventCount) })
    var kinds: Set<EventKind> = []
    var eventCount = 0
    var reached: Set<String> = []
    var ended: Set<String> = []
    for (former, entry) in zip(account.entries, now.entries) where former.eventCount > 0 {
      ended.formUnion(former.endedEdgeTypes)
      ended.formUnion(entry.endedEdgeTypes)
      guard former.digest != entry.digest else { continue }
      kinds.insert(entry.kind)
      eventCount += entry.eventCount
      reached.formUnion(former.edgeTypes)
      reached.formUnion(entry.edgeTypes)
    }
    self.kinds = kinds
    self.eventCount = eventCount
    totalCount = account.entries.reduce(0) { $0 + $1.eventCount }
    isSeparable = reached.isDisjoint(with: ended)
  }

  /// The kinds to fold again; `nil` where everything is to be folded.
  public var patchableKinds: Set<EventKind>? {
    guard isSeparable, Double(eventCount) <= Double(totalCount) * Self.shareMax else { return nil }
    return kinds
  }
}

extension Schema {
  /// How this schema folds the events of a graph.
  public func account(of contents: GraphContents) -> FoldAccount {
    account(
      of: zip(contents.eventKinds.kinds, contents.eventKinds.counts()).filter { $0.1 > 0 }
        .map { (kind: $0.0, count: $0.1) }
    )
  }
}
