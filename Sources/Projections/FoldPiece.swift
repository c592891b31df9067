public import GraphModel
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
  @exclusivity(unchecked) public private(set) var count = 0
  /// How many events the last part has, where it is a recording.
  @exclusivity(unchecked) private var recordedCount = 0
  /// The events that gave no time, by their place among all, ascending.
  public private(set) var timeless: [Int] = []
  /// Recordings that are used again.
  private var free: [GraphRecording] = []

  /// Of more events at once a recording's tables are beyond what a processor keeps near.
  private static let eventsPerRecording = 512

  public init() {}

  public func removeAll() {
    for case .recording(let recording) in parts {
      recording.removeAll()
      free.append(recording)
    }
    parts.removeAll(keepingCapacity: true)
    timeless.removeAll(keepingCapacity: true)
    (count, recordedCount) = (0, 0)
  }

  /// Where the next event is recorded.
  ///
  /// - Parameter index: of who records, for all recordings.
  func recording(
    edgeTypeCount: Int,
    _ index: UnsafeMutablePointer<GraphRecording.Index>
  ) -> GraphRecording {
    count += 1
    recordedCount += 1
    if recordedCount <= Self.eventsPerRecording, case .recording(let recording)? = parts.last {
      return recording
    }
    recordedCount = 1
    let recording: GraphRecording
    if let known = free.popLast() {
      recording = known
      recording.begin(with: index)
    } else {
      recording = GraphRecording(edgeTypeCount: edgeTypeCount, index)
    }
    parts.append(.recording(recording))
    return recording
  }

  /// Adds an event as it is, for the projection to look into.
  public func keep(_ event: FoldInput) {
    count += 1
    parts.append(.event(KeptEvent(event)))
  }

  // MARK: Events that are not in the log yet

  /// The log gives the event that was added last its time too.
  public func noteTimelessLast() {
    timeless.append(count - 1)
  }

  /// Gives its events the places in the log that they have come to: the next from `first` on.
  ///
  /// - Parameter times: those that the log gave to the ``timeless`` ones.
  public func place(from first: EventPosition, times: [Int64]) {
    precondition(times.count == timeless.count, "each has a time")
    var times = zip(timeless, times).map { ($0, $1) }[...]
    var start = 0
    for index in parts.indices {
      let position = EventPosition(first.rawValue + UInt32(start))
      switch parts[index] {
      case .recording(let recording):
        recording.place(from: position)
        while let (place, time) = times.first, place < start + recording.eventCount {
          recording.setTime(time, ofEvent: place - start)
          times.removeFirst()
        }
        start += recording.eventCount
      case .event(var event):
        event.position = position
        if let (place, time) = times.first, place == start {
          event.time = time
          times.removeFirst()
        }
        parts[index] = .event(event)
        start += 1
      }
    }
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
  private let index: UnsafeMutablePointer<GraphRecording.Index>

  init(schema: Schema, revisions: Revisions, _ numbers: RuleNumbers) {
    reader = EventReader(plans: schema.plans)
    self.revisions = revisions
    edgeTypeCount = numbers.edgeTypeCount
    runner = RuleRunner(schema.plans, numbers)
    index = .allocate(capacity: 1)
    index.initialize(to: GraphRecording.Index())
  }

  deinit {
    index.deinitialize(count: 1)
    index.deallocate()
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
    let recording = piece.recording(edgeTypeCount: edgeTypeCount, index)
    let tag = KindTag(plan: number, saysVersion: event.dataVersion != 0)
    recording.begin(event: event.position, time: event.time, kindTag: tag.number)
    runner.run(plan: number, tape, reader.decoder.slots, results: results, recording)
    recording.endEvent()
    return true
  }

  /// Adds the event that a validator has just found to fit, without reading it a second time.
  ///
  /// Its place comes with ``FoldPiece/place(from:times:)``.
  ///
  /// - Parameters:
  ///   - validator: of the same schema.
  ///   - time: `nil` where the log is to give it one.
  /// - Returns: `false` where there is more to the event, and nothing was added.
  public func add(checkedBy validator: EventValidator, time: Int64?, to piece: FoldPiece) -> Bool {
    guard let checked = validator.takeChecked(), reader.plans[checked.plan].canBeRecorded else {
      return false
    }
    let recording = piece.recording(edgeTypeCount: edgeTypeCount, index)
    // A log says of which version data is that fits the schema, also where the event did not.
    let tag = KindTag(plan: checked.plan, saysVersion: true)
    recording.begin(event: EventPosition(0), time: time ?? 0, kindTag: tag.number)
    runner.run(
      plan: checked.plan,
      checked.tape,
      validator.slots,
      results: checked.results,
      recording
    )
    recording.endEvent()
    if time == nil { piece.noteTimelessLast() }
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
