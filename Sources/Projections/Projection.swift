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
  var decoder: DataDecoder { reader.decoder }
  /// Aligned with the schema's node types.
  let tables: [UInt16]
  let labelSets: [UInt16]
  /// Aligned with the schema's edge types.
  let edgeTypes: [UInt16]
  /// Aligned with the schema's stored property names.
  let keys: [UInt16]
  /// The id that stands for another, by table and id; of merged entities.
  private(set) var aliases: [UInt64: StringCode] = [:]

  // The state of the program that runs.
  var slots: UnsafeMutablePointer<Slot>
  let registers: UnsafeMutableBufferPointer<NodeNumber>
  let loops: UnsafeMutableBufferPointer<Loop>
  var results: [Value] = []
  var resultIndex = 0
  /// Kept so that an edge's key costs no allocation.
  var key: [UInt32] = []

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
    tables = schema.nodeTypes.map { builder.table(named: $0.family) }
    labelSets = schema.nodeTypes.map { builder.labelSet($0.labels) }
    edgeTypes = schema.edgeTypes.map {
      builder.edgeType(named: $0.name, hasValidity: $0.hasValidity)
    }
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
    if !revisions.isEmpty, revisions.isExcluded(event.position, source: event.source) {
      builder.begin(event: event.position, time: event.time)
      return .excluded
    }
    let tape: JSONTape
    do {
      tape = try parser.parse(event.data)
    } catch {
      return quarantine(
        event,
        DataError(path: "data", expected: "JSON", found: error.message)
      )
    }
    guard let number = reader.plan(of: event.type) else { return foldOther(event, tape) }
    let plan = reader.plans[number]
    return fold(
      event,
      time: event.time,
      plan,
      version: event.dataVersion == 0 ? plan.type.version : Int(event.dataVersion),
      tape,
      at: tape.root
    )
  }

  private func fold(
    _ event: FoldInput,
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
        var evaluation = Evaluation(plan: plan, tape: used, decoder: reader.decoder)
        try evaluation.run()
        results = evaluation.results
        resultIndex = 0
      }
    } catch {
      return quarantine(event, error)
    }
    builder.begin(event: event.position, time: time)
    slots = reader.decoder.slots
    apply(plan, used)
    return .folded
  }

  /// Folds an event that no schema declares.
  private func foldOther(_ event: FoldInput, _ tape: JSONTape) -> FoldOutcome {
    let type = String(decoding: event.type, as: UTF8.self)
    guard BuiltInEvents.plans.contains(where: { $0.type.name == type }) else {
      return quarantine(
        event,
        DataError(
          path: "type",
          expected: "an event type of the schema \"\(schema.name)\"",
          found: quoted(type)
        )
      )
    }
    guard type == BuiltInEvents.corrected else {
      // It claims nothing, so its time, often that of the machine, is no part of the graph.
      builder.begin(event: event.position, time: 0)
      return .ignored
    }
    guard let replacement = BuiltInEvents.Replacement(tape, at: tape.root),
      let number = reader.plan(of: replacement.type)
    else {
      return quarantine(
        event,
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
      time: replacement.time?.microseconds
        ?? revisions.originalTime(ofCorrection: event.position) ?? event.time,
      plan,
      version: replacement.version == 0 ? plan.type.version : Int(replacement.version),
      tape,
      at: replacement.dataIndex
    )
  }

  private func quarantine(_ event: FoldInput, _ error: DataError) -> FoldOutcome {
    builder.begin(event: event.position, time: event.time)
    builder.quarantine()
    return .quarantined(error)
  }
}
