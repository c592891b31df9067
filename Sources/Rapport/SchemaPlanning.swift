import EventStorage
import GraphModel
import GraphStorage
import Projections
import SystemPackage

/// Finds out what a schema would do to a store.
struct SchemaPlanning {
  let store: Store
  let current: AppliedSchema
  let proposed: Schema
  let end: LogEnd
  let progress: ((FoldProgress) -> Void)?

  /// The plan, and the graph under the proposed schema where the change reaches any event.
  func plan() throws(StoreFailure) -> (plan: SchemaPlan, after: FoldedContents?) {
    let counts = try eventCounts()
    let reach = SchemaReach(of: proposed, current.schema.account(of: counts))
    let events = counts.map { kind, count in
      SchemaPlan.Events(kind: kind, count: count, isReached: reach.kinds.contains(kind))
    }
    guard !reach.kinds.isEmpty else { return (unchanged(events), nil) }
    let before = try store.contents(at: end, of: current, progress: progress)
    let estimate = try estimate(reach, before)
    let start = monotonicSeconds()
    let after = try foldBeside(before)
    let graph = GraphDifference(from: before.contents, to: after.contents)
    let seconds = monotonicSeconds() - start
    let refused = try refusals(before, after)
    let plan = SchemaPlan(
      current: current,
      proposed: proposed,
      end: end,
      events: events,
      refoldedCount: after.work.isFull ? Int(end.position.rawValue) : after.work.refoldedCount,
      isFull: after.work.isFull,
      graph: graph,
      quarantined: refused.quarantined,
      healed: refused.healed,
      estimate: estimate,
      effort: SchemaPlan.Effort(seconds: seconds, byteCount: peakMemoryByteCount())
    )
    return (plan, after)
  }

  /// The plan of a change that no event of the log feels.
  private func unchanged(_ events: [SchemaPlan.Events]) -> SchemaPlan {
    let none = SchemaPlan.Effort(seconds: 0, byteCount: 0)
    return SchemaPlan(
      current: current,
      proposed: proposed,
      end: end,
      events: events,
      refoldedCount: 0,
      isFull: false,
      graph: GraphDifference(),
      quarantined: [],
      healed: [],
      estimate: none,
      effort: none
    )
  }

  private func foldBeside(_ before: FoldedContents) throws(StoreFailure) -> FoldedContents {
    let beside = AppliedSchema(
      schema: proposed,
      file: current.file,
      number: current.number + 1,
      position: end.position,
      recordedTime: current.recordedTime,
      reason: nil,
      rollbackOf: nil
    )
    return try Folding(log: store.log, schema: beside, end: end)
      .contents(after: before.base, from: nil, progress: progress)
  }

  // MARK: What the log has

  /// How many events of each kind the log has, from the image as far as it goes.
  private func eventCounts() throws(StoreFailure) -> [(kind: EventKind, count: Int)] {
    var counts: [EventKind: Int] = [:]
    var position = EventPosition(0)
    let folding = Folding(log: store.log, schema: current, end: end)
    if let known = folding.usableAccount(of: store.imageFile) {
      position = known.position
      for entry in known.account.entries { counts[entry.kind] = entry.eventCount }
    }
    let reader = EventKindReader()
    do {
      let rest = Int(end.position.rawValue) - Int(position.rawValue)
      try store.log.read(from: EventPosition(position.rawValue + 1), limit: rest) { record in
        counts[reader.kind(of: FoldInput(record)), default: 0] += 1
      }
    } catch {
      throw StoreFailure(any: error)
    }
    return counts.sorted { $0.key < $1.key }.map { (kind: $0.key, count: $0.value) }
  }

  // MARK: Quarantine

  private func refusals(
    _ before: FoldedContents,
    _ after: FoldedContents
  ) throws(StoreFailure) -> (quarantined: [SchemaPlan.Refused], healed: [SchemaPlan.Refused]) {
    let old = Set(before.contents.quarantined.array)
    let new = Set(after.contents.quarantined.array)
    return (
      try store.refusals(of: new.subtracting(old).sorted(), by: proposed),
      try store.refusals(of: old.subtracting(new).sorted(), by: current.schema)
    )
  }

  // MARK: Effort

  /// Figures of this machine would be better than these, which were measured on another; what the
  /// sample takes is of this one.
  private static let sampleCount = 1_000
  /// Deciding what an event says is about this share of folding it.
  private static let foldingFactor = 3.0
  private static let bytesPerSecond = 400e6

  private func estimate(
    _ reach: SchemaReach,
    _ before: FoldedContents
  ) throws(StoreFailure) -> SchemaPlan.Effort {
    let kinds = before.contents.eventKinds
    let isFull = reach.patchableKinds == nil
    let reached = kinds.positions(ofKinds: kinds.kinds.map { isFull || reach.kinds.contains($0) })
    let stride = max(1, reached.count / Self.sampleCount)
    let sample = reached.indices.filter { $0 % stride == 0 }.map { reached[$0] }
    let start = monotonicSeconds()
    let builder = GraphBuilder()
    let projection = Projection(schema: proposed, builder: builder)
    do {
      try store.log.read(at: sample) { _ = projection.fold(FoldInput($0)) }
    } catch {
      throw StoreFailure(any: error)
    }
    let perEvent = (monotonicSeconds() - start) / Double(max(sample.count, 1))
    let graphByteCount = Double(before.contents.byteCount)
    let passes = isFull ? 2.0 : 3.0
    return SchemaPlan.Effort(
      seconds: perEvent * Double(reached.count) + passes * graphByteCount / Self.bytesPerSecond,
      byteCount: peakMemoryByteCount() + Int(graphByteCount * 1.5)
    )
  }
}
