public import GraphModel
public import GraphStorage
import JSONTape

/// An event on its way into the graph; the bytes are read during the call only.
public struct FoldInput {
  public var position: EventPosition
  /// When it happened or was stated, in microseconds since 1970.
  public var time: Int64
  public var type: UnsafeRawBufferPointer
  /// What its source is called, for `rapport.source.withdrawn`.
  public var source: UnsafeRawBufferPointer
  /// 0 for the current one.
  public var dataVersion: UInt32
  /// JSON.
  public var data: UnsafeRawBufferPointer

  public init(
    position: EventPosition,
    time: Int64,
    type: UnsafeRawBufferPointer,
    source: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
    dataVersion: UInt32,
    data: UnsafeRawBufferPointer
  ) {
    self.position = position
    self.time = time
    self.type = type
    self.source = source
    self.dataVersion = dataVersion
    self.data = data
  }
}

/// What became of an event in the fold.
public enum FoldOutcome: Hashable, Sendable {
  case folded
  /// The schema cannot fold it; nothing of it is in the graph.
  case quarantined(DataError)
  /// It says nothing about the graph itself: `rapport.schema.applied` and its kin.
  case ignored
  /// A later event retracts, corrects or withdraws it.
  case excluded
}

/// The fold: makes events into a graph, by the rules of a schema.
///
/// The graph depends on the schema, the events and their revisions alone. Not for
/// more than one thread at a time.
public final class Projection {
  public let schema: Schema
  public let revisions: Revisions
  let builder: GraphBuilder
  private let parser = JSONParser()
  private let reader: EventReader
  private let numbers: RuleNumbers
  private let runner: RuleRunner<GraphBuilder>
  /// The builder's numbers of kinds, by plan and version.
  private var kinds: [UInt64: UInt16] = [:]
  @exclusivity(unchecked) private var lastKind: (key: UInt64, number: UInt16) = (.max, 0)

  /// How many END statements found no edge to end.
  public var unmatchedEndCount: Int { runner.unmatchedEndCount }

  /// Starts, or goes on where the builder stands.
  ///
  /// - Parameters:
  ///   - schema: its rules are run.
  ///   - builder: empty, or resuming what a projection of the same schema and the same
  ///     revisions has built.
  ///   - revisions: of the whole log, made before the fold.
  public init(schema: Schema, builder: GraphBuilder, revisions: Revisions = Revisions()) {
    self.schema = schema
    self.builder = builder
    self.revisions = revisions
    reader = EventReader(plans: schema.plans)
    for label in schema.labels { _ = builder.label(named: label) }
    numbers = RuleNumbers(
      tables: schema.nodeTypes.map { builder.table(named: $0.family) },
      labelSets: schema.nodeTypes.map { builder.labelSet($0.labels) },
      edgeTypes: schema.edgeTypes.map {
        builder.edgeType(named: $0.name, hasValidity: $0.hasValidity, keyIsText: $0.keyIsText)
      },
      edgeKeyIsText: schema.edgeTypes.map(\.keyIsText),
      keys: schema.storedPropertyNames.map { builder.propertyKey(named: $0) },
      edgeTypeCount: builder.contents.edgeTypes.count
    )
    runner = RuleRunner(schema.plans, numbers)
    for alias in revisions.aliases {
      let merged = builder.intern(alias.merged)
      let kept = builder.intern(alias.kept)
      for (type, table) in zip(schema.nodeTypes, numbers.tables)
      where alias.family == nil || type.labels.contains(alias.family ?? "") {
        builder.setAlias(of: merged, in: table, to: kept)
      }
    }
  }

  /// Decodes events for this projection, in a thread of its own.
  public func makeDecoder() -> FoldDecoder {
    FoldDecoder(schema: schema, revisions: revisions, numbers)
  }

  /// Folds the next event; positions only grow.
  public func fold(_ event: FoldInput) -> FoldOutcome {
    let number = reader.plan(of: event.type)
    var kind = kind(of: event, plan: number)
    let tape: JSONTape
    do {
      tape = try parser.parse(event.data)
    } catch {
      return quarantine(
        event,
        kind,
        DataError(path: "data", expected: "JSON", found: error.message)
      )
    }
    let replacement = number == nil ? replacement(of: event, tape) : nil
    if let replacement { kind = self.kind(of: event, replacement: replacement) }
    if !revisions.isEmpty, revisions.isExcluded(event.position, source: event.source) {
      builder.begin(event: event.position, time: event.time, kind: kind)
      return .excluded
    }
    guard let number else { return foldOther(event, kind, replacement, tape) }
    let plan = reader.plans[number]
    return fold(
      event,
      kind,
      time: event.time,
      plan: number,
      version: event.dataVersion == 0 ? plan.type.version : Int(event.dataVersion),
      tape,
      at: tape.root
    )
  }

  /// Folds what was recorded of events, the next ones.
  func fold(_ recording: GraphRecording) {
    builder.add(recording) { tag in
      let tag = FoldDecoder.KindTag(tag)
      let version = tag.saysVersion ? reader.plans[tag.plan].type.version : 0
      return kind(ofPlan: tag.plan, UInt32(truncatingIfNeeded: version))
    }
  }

  /// The number of an event's kind, quick where kinds repeat.
  private func kind(of event: FoldInput, plan: Int?) -> UInt16 {
    guard let plan else {
      let type = String(decoding: event.type, as: UTF8.self)
      return builder.kind(EventKind(type: type, version: event.dataVersion))
    }
    return kind(ofPlan: plan, event.dataVersion)
  }

  private func kind(ofPlan plan: Int, _ dataVersion: UInt32) -> UInt16 {
    let key = UInt64(plan) << 32 | UInt64(dataVersion)
    if lastKind.key == key { return lastKind.number }
    let number: UInt16
    if let known = kinds[key] {
      number = known
    } else {
      let type = reader.plans[plan].type.name
      number = builder.kind(EventKind(type: type, version: dataVersion))
      kinds[key] = number
    }
    lastKind = (key, number)
    return number
  }

  private func kind(
    of event: FoldInput,
    replacement: BuiltInEvents.Replacement
  ) -> UInt16 {
    builder.kind(
      EventKind(
        type: BuiltInEvents.corrected,
        version: replacement.version,
        replacementType: String(decoding: replacement.type, as: UTF8.self)
      )
    )
  }

  /// What a correction puts in another event's place.
  private func replacement(
    of event: FoldInput,
    _ tape: JSONTape
  ) -> BuiltInEvents.Replacement? {
    guard BuiltInEvents.corrected.utf8.elementsEqual(event.type) else { return nil }
    return BuiltInEvents.Replacement(tape, at: tape.root)
  }

  private func fold(
    _ event: FoldInput,
    _ kind: UInt16,
    time: Int64,
    plan number: Int,
    version: Int,
    _ tape: JSONTape,
    at index: Int
  ) -> FoldOutcome {
    let plan = reader.plans[number]
    let used: JSONTape
    let results: [Value]
    do {
      used = try reader.decode(plan, version: version, tape, at: index)
      results = try plan.evaluate(used, reader.decoder.slots)
    } catch {
      return quarantine(event, kind, error)
    }
    builder.begin(event: event.position, time: time, kind: kind)
    runner.run(plan: number, used, reader.decoder.slots, results: results, builder)
    return .folded
  }

  /// Folds an event that no schema declares.
  private func foldOther(
    _ event: FoldInput,
    _ kind: UInt16,
    _ replacement: BuiltInEvents.Replacement?,
    _ tape: JSONTape
  ) -> FoldOutcome {
    let type = String(decoding: event.type, as: UTF8.self)
    guard BuiltInEvents.plans.contains(where: { $0.type.name == type }) else {
      return quarantine(
        event,
        kind,
        DataError(
          path: "type",
          expected: "an event type of the schema \"\(schema.name)\"",
          found: quoted(type)
        )
      )
    }
    guard type == BuiltInEvents.corrected else {
      // It claims nothing, so its time, often that of the machine, is no part of the graph.
      builder.begin(event: event.position, time: 0, kind: kind)
      return .ignored
    }
    guard let replacement, let number = reader.plan(of: replacement.type) else {
      return quarantine(
        event,
        kind,
        DataError(
          path: "data.replacement.type",
          expected: "an event type of the schema \"\(schema.name)\"",
          found: "another"
        )
      )
    }
    let plan = reader.plans[number]
    return fold(
      event,
      kind,
      time: replacement.time?.microseconds
        ?? revisions.originalTime(ofCorrection: event.position) ?? event.time,
      plan: number,
      version: replacement.version == 0 ? plan.type.version : Int(replacement.version),
      tape,
      at: replacement.dataIndex
    )
  }

  private func quarantine(
    _ event: FoldInput,
    _ kind: UInt16,
    _ error: DataError
  ) -> FoldOutcome {
    builder.begin(event: event.position, time: event.time, kind: kind)
    builder.quarantine()
    return .quarantined(error)
  }
}
