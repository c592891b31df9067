import GraphModel
import GraphStorage
import JSONTape

/// Some events that were read, and whose rules were run, on their way to a ``Projection``.
///
/// One thread fills it and hands it over to another: it is never used by two at once.
public final class FoldPiece: @unchecked Sendable {
  enum Part {
    /// What the next events claim.
    case recording(GraphRecording)
    case event(KeptEvent)
  }

  /// An event as it came.
  struct KeptEvent {
    var position: EventPosition
    var time: Int64
    var dataVersion: UInt32
    var type: [UInt8]
    var source: [UInt8]
    var data: [UInt8]

    init(_ event: FoldInput) {
      position = event.position
      time = event.time
      dataVersion = event.dataVersion
      (type, source, data) = (Array(event.type), Array(event.source), Array(event.data))
    }

    func withInput<Result>(_ body: (FoldInput) -> Result) -> Result {
      type.withUnsafeBytes { type in
        source.withUnsafeBytes { source in
          data.withUnsafeBytes { data in
            body(
              FoldInput(
                position: position,
                time: time,
                type: type,
                source: source,
                dataVersion: dataVersion,
                data: data
              )
            )
          }
        }
      }
    }
  }

  @exclusivity(unchecked) private(set) var parts: [Part] = []
  public private(set) var count = 0
  /// Recordings that are used again.
  private var free: [GraphRecording] = []

  public init() {}

  public func removeAll() {
    for case .recording(let recording) in parts {
      recording.removeAll()
      free.append(recording)
    }
    parts.removeAll(keepingCapacity: true)
    count = 0
  }

  /// Where the next event is recorded.
  func recording(edgeTypeCount: Int) -> GraphRecording {
    count += 1
    if case .recording(let recording)? = parts.last { return recording }
    let recording = free.popLast() ?? GraphRecording(edgeTypeCount: edgeTypeCount)
    parts.append(.recording(recording))
    return recording
  }

  func keep(_ event: FoldInput) {
    count += 1
    parts.append(.event(KeptEvent(event)))
  }
}

/// Decodes events and runs their rules, apart from any graph; not for more than one thread at a
/// time.
public final class FoldDecoder {
  /// What the kind of a recorded event is found by.
  struct KindTag {
    var plan: Int
    /// Whether the event says of which version its data is: the schema's.
    var saysVersion: Bool

    init(plan: Int, saysVersion: Bool) {
      self.plan = plan
      self.saysVersion = saysVersion
    }

    init(_ number: UInt32) {
      self.init(plan: Int(number >> 1), saysVersion: number & 1 != 0)
    }

    var number: UInt32 { UInt32(plan) << 1 | (saysVersion ? 1 : 0) }
  }

  private let reader: EventReader
  private let revisions: Revisions
  private let parser = JSONParser()
  private let runner: RuleRunner<GraphRecording>
  private let edgeTypeCount: Int

  init(schema: Schema, revisions: Revisions, _ numbers: RuleNumbers) {
    reader = EventReader(plans: schema.plans)
    self.revisions = revisions
    edgeTypeCount = numbers.edgeTypeCount
    runner = RuleRunner(schema.plans, numbers)
  }

  /// Adds an event; its bytes are read during the call only.
  public func add(_ event: FoldInput, to piece: FoldPiece) {
    if !record(event, in: piece) { piece.keep(event) }
  }

  /// `false` where there is more to the event: what that is, the projection finds out.
  private func record(_ event: FoldInput, in piece: FoldPiece) -> Bool {
    guard revisions.isEmpty || !revisions.isExcluded(event.position, source: event.source),
      let number = reader.plan(of: event.type)
    else { return false }
    let plan = reader.plans[number]
    guard plan.canBeRecorded,
      event.dataVersion == 0 || Int(event.dataVersion) == plan.version,
      let tape = try? parser.parse(event.data),
      case .fits = reader.decoder.decode(plan.shape, tape, at: tape.root),
      let results = try? plan.evaluate(tape, reader.decoder.slots)
    else { return false }
    let recording = piece.recording(edgeTypeCount: edgeTypeCount)
    let tag = KindTag(plan: number, saysVersion: event.dataVersion != 0)
    recording.begin(event: event.position, time: event.time, kindTag: tag.number)
    runner.run(plan: number, tape, reader.decoder.slots, results: results, recording)
    recording.endEvent()
    return true
  }
}

extension Projection {
  /// Folds the events of a piece, the next ones.
  public func fold(_ piece: FoldPiece) {
    for part in piece.parts {
      switch part {
      case .recording(let recording): fold(recording)
      case .event(let event): _ = event.withInput { fold($0) }
      }
    }
  }
}
