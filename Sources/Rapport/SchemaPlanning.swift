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
      SchemaPlan.Events(
        kind: kind,
        count: count,
        isReached: reach.kinds.contains(kind),
        isReadable: proposed.reads(kind)
      )
    }
    let hasMerges = counts.contains { $0.kind.type == Revisions.mergeType }
    guard !reach.kinds.isEmpty || hasMerges else { return (unchanged(events), nil) }
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
    let beside = AppliedSchema(proposed: proposed, file: current.file, after: current)
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
      position = known.key.position
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
  ) throws(StoreFailure) -> (quarantined: [RefusedEvents], healed: [RefusedEvents]) {
    let old = Set(before.contents.quarantined.array)
    let new = Set(after.contents.quarantined.array)
    return (
      try store.refusals(of: new.subtracting(old).sorted(), by: proposed),
      try store.refusals(of: old.subtracting(new).sorted(), by: current.schema)
    )
  }

  // MARK: Effort

  private static let sampleCount = 1_000
  /// Taking back and comparing go through the graph about this fast, in bytes a second.
  private static let bytesPerSecond = 1.5e9

  private func estimate(
    _ reach: SchemaReach,
    _ before: FoldedContents
  ) throws(StoreFailure) -> SchemaPlan.Effort {
    let kinds = before.contents.eventKinds
    let isFull = reach.patchableKinds == nil
    let reached = kinds.positions(ofKinds: kinds.kinds.map { isFull || reach.kinds.contains($0) })
    let perEvent = try secondsPerEvent(sample(of: reached))
    let graphByteCount = Double(before.contents.byteCount)
    // A new graph beside the old one, or the columns of it that change.
    let copyShare = isFull ? 1.5 : 0.5
    return SchemaPlan.Effort(
      seconds: perEvent * Double(reached.count)
        + (isFull ? 2 : 2.5) * graphByteCount / Self.bytesPerSecond,
      byteCount: peakMemoryByteCount() + Int(graphByteCount * copyShare)
    )
  }

  private static let sampledPlaceCount = 8

  /// Some of the events, in runs from all over the log.
  private func sample(of positions: [UInt32]) -> [UInt32] {
    let runCount = Self.sampleCount / Self.sampledPlaceCount
    guard positions.count > Self.sampleCount else { return positions }
    return (0..<Self.sampledPlaceCount).flatMap { place in
      let start = place * (positions.count - runCount) / (Self.sampledPlaceCount - 1)
      return positions[start..<(start + runCount)]
    }
  }

  private func secondsPerEvent(_ sample: [UInt32]) throws(StoreFailure) -> Double {
    var seconds = 0.0
    do {
      // The first time is spent on reading the log from the disk and on waking up.
      for _ in 0..<2 {
        let projection = Projection(schema: proposed, builder: GraphBuilder())
        let start = monotonicSeconds()
        try store.log.read(at: sample) { _ = projection.fold(FoldInput($0)) }
        seconds = monotonicSeconds() - start
      }
    } catch {
      throw StoreFailure(any: error)
    }
    return seconds / Double(max(sample.count, 1))
  }
}
