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
  /// Aligned with the schema's node types.
  let tables: [UInt16]
  let labelSets: [UInt16]
  /// Aligned with the schema's edge types.
  let edgeTypes: [UInt16]
  let edgeKeyIsText: [[Bool]]
  /// Aligned with the schema's stored property names.
  let keys: [UInt16]
  /// The builder's numbers of kinds, by plan and version.
  private var kinds: [UInt64: UInt16] = [:]
  @exclusivity(unchecked) private var lastKind: (key: UInt64, number: UInt16) = (.max, 0)
  /// The id that stands for another, by table and id; of merged entities.
  @exclusivity(unchecked) private(set) var aliases: [UInt64: StringCode] = [:]

  // The state of the program that runs; no access to it overlaps another.
  @exclusivity(unchecked) var slots: UnsafeMutablePointer<Slot>
  let registers: UnsafeMutableBufferPointer<NodeNumber>
  let loops: UnsafeMutableBufferPointer<Loop>
  @exclusivity(unchecked) var results: [Value] = []
  @exclusivity(unchecked) var resultIndex = 0
  /// Kept so that an edge's key costs no allocation.
  @exclusivity(unchecked) var key: [UInt32] = []

  struct Loop {
    var base = 0
    var stride = 0
    var remaining = 0
  }

  /// How many END statements found no edge to end.
  public internal(set) var unmatchedEndCount = 0

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
    slots = reader.decoder.slots
    loops = .allocate(capacity: RuleProgram.levelCountMax)
    loops.initialize(repeating: Loop())
    let registerCount = schema.plans.map(\.program.registerCount).max() ?? 0
    registers = .allocate(capacity: max(1, registerCount))
    registers.initialize(repeating: NodeNumber(0))
    for label in schema.labels { _ = builder.label(named: label) }
    tables = schema.nodeTypes.map { builder.table(named: $0.family) }
    labelSets = schema.nodeTypes.map { builder.labelSet($0.labels) }
    edgeTypes = schema.edgeTypes.map {
      builder.edgeType(named: $0.name, hasValidity: $0.hasValidity, keyIsText: $0.keyIsText)
    }
    edgeKeyIsText = schema.edgeTypes.map(\.keyIsText)
    keys = schema.storedPropertyNames.map { builder.propertyKey(named: $0) }
    for alias in revisions.aliases {
      let merged = builder.intern(alias.merged)
      let kept = builder.intern(alias.kept)
      for (type, table) in zip(schema.nodeTypes, tables)
      where alias.family == nil || type.labels.contains(alias.family ?? "") {
        aliases[Self.aliasKey(table, merged)] = kept
      }
    }
  }

  deinit {
    loops.deallocate()
    registers.deallocate()
  }

  static func aliasKey(_ table: UInt16, _ id: StringCode) -> UInt64 {
    UInt64(table) << 32 | UInt64(id)
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
      plan,
      version: event.dataVersion == 0 ? plan.type.version : Int(event.dataVersion),
      tape,
      at: tape.root
    )
  }

  /// Folds an event whose data was decoded into those slots, which refer to the tape.
  func fold(
    _ event: FoldInput,
    decoded slots: UnsafeMutablePointer<Slot>,
    _ tape: JSONTape,
    plan number: Int
  ) -> FoldOutcome {
    let kind = kind(of: event, plan: number)
    let plan = reader.plans[number]
    if !plan.program.dynamics.isEmpty {
      var evaluation = Evaluation(plan: plan, tape: tape, slots: slots)
      do {
        try evaluation.run()
      } catch {
        return quarantine(event, kind, error)
      }
      results = evaluation.results
      resultIndex = 0
    }
    builder.begin(event: event.position, time: event.time, kind: kind)
    self.slots = slots
    apply(plan, tape)
    return .folded
  }

  /// The number of an event's kind, quick where kinds repeat.
  private func kind(of event: FoldInput, plan: Int?) -> UInt16 {
    guard let plan else {
      let type = String(decoding: event.type, as: UTF8.self)
      return builder.kind(EventKind(type: type, version: event.dataVersion))
    }
    let key = UInt64(plan) << 32 | UInt64(event.dataVersion)
    if lastKind.key == key { return lastKind.number }
    let number: UInt16
    if let known = kinds[key] {
      number = known
    } else {
      let type = reader.plans[plan].type.name
      number = builder.kind(EventKind(type: type, version: event.dataVersion))
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
    _ plan: EventPlan,
    version: Int,
    _ tape: JSONTape,
    at index: Int
  ) -> FoldOutcome {
    let used: JSONTape
    do {
      used = try reader.decode(plan, version: version, tape, at: index)
      if !plan.program.dynamics.isEmpty {
        var evaluation = Evaluation(plan: plan, tape: used, slots: reader.decoder.slots)
        try evaluation.run()
        results = evaluation.results
        resultIndex = 0
      }
    } catch {
      return quarantine(event, kind, error)
    }
    builder.begin(event: event.position, time: time, kind: kind)
    slots = reader.decoder.slots
    apply(plan, used)
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
      plan,
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
