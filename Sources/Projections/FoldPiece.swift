public import GraphModel
import GraphStorage
import JSONTape

/// Some events that were read and decoded, on their way to a ``Projection``.
///
/// One thread fills it and hands it over to another: it is never used by two at once.
public final class FoldPiece: @unchecked Sendable {
  struct Entry {
    var position: EventPosition
    var time: Int64
    var dataVersion: UInt32
    /// The number of the type's plan; `nil` where the event is kept as it came.
    var plan: Int?
    /// Where its slots, tape, strings and hashes start.
    var slots = 0
    var words = 0
    var strings = 0
    var hashes = 0..<0
    /// Of an event that is kept as it came: how long its type, source and data are.
    var counts = (type: 0, source: 0, data: 0)
  }

  var entries: [Entry] = []
  var slots = GrowingBuffer<Slot>()
  var words = GrowingBuffer<UInt64>()
  var bytes = GrowingBuffer<UInt8>()
  /// The hashes of the strings that the program of the event may intern.
  var hashes = GrowingBuffer<UInt32>()

  public init() {}

  public var count: Int { entries.count }

  public func removeAll() {
    entries.removeAll(keepingCapacity: true)
    slots.removeAll()
    words.removeAll()
    bytes.removeAll()
    hashes.removeAll()
  }

  /// An event that is kept as it came.
  func input(_ entry: Entry) -> FoldInput {
    let start = UnsafeRawPointer(bytes.start + entry.strings)
    let counts = entry.counts
    return FoldInput(
      position: entry.position,
      time: entry.time,
      type: UnsafeRawBufferPointer(start: start, count: counts.type),
      source: UnsafeRawBufferPointer(start: start + counts.type, count: counts.source),
      dataVersion: entry.dataVersion,
      data: UnsafeRawBufferPointer(
        start: start + counts.type + counts.source,
        count: counts.data
      )
    )
  }
}

/// Decodes events into pieces; not for more than one thread at a time.
public final class FoldDecoder {
  private let reader: EventReader
  private let revisions: Revisions
  private let parser = JSONParser()

  /// Longer strings are hashed when they are asked for: few of them are.
  private static let hashedByteCountMax = 64

  public init(schema: Schema, revisions: Revisions) {
    reader = EventReader(plans: schema.plans)
    self.revisions = revisions
  }

  /// Adds an event; its bytes are read during the call only.
  public func add(_ event: FoldInput, to piece: FoldPiece) {
    let isExcluded = revisions.isExcluded(event.position, source: event.source)
    if !isExcluded, let number = reader.plan(of: event.type),
      decode(event, number, into: piece)
    {
      return
    }
    var entry = FoldPiece.Entry(
      position: event.position,
      time: event.time,
      dataVersion: event.dataVersion
    )
    entry.strings = piece.bytes.count
    entry.counts = (event.type.count, event.source.count, event.data.count)
    piece.bytes.append(event.type.bindMemory(to: UInt8.self))
    piece.bytes.append(event.source.bindMemory(to: UInt8.self))
    piece.bytes.append(event.data.bindMemory(to: UInt8.self))
    piece.entries.append(entry)
  }

  /// `false` where there is more to the event than decoding: what that is, the projection finds out.
  private func decode(_ event: FoldInput, _ number: Int, into piece: FoldPiece) -> Bool {
    let plan = reader.plans[number]
    guard event.dataVersion == 0 || Int(event.dataVersion) == plan.type.version,
      let tape = try? parser.parse(event.data),
      case .fits = reader.decoder.decode(plan.shape, tape, at: tape.root)
    else { return false }
    var entry = FoldPiece.Entry(
      position: event.position,
      time: event.time,
      dataVersion: event.dataVersion,
      plan: number
    )
    entry.slots = piece.slots.count
    entry.words = piece.words.count
    entry.strings = piece.bytes.count
    let hashStart = piece.hashes.count
    hashStrings(of: tape, into: piece)
    entry.hashes = hashStart..<piece.hashes.count
    let decoder = reader.decoder
    piece.slots.append(UnsafeBufferPointer(start: decoder.slots, count: decoder.count))
    piece.words.append(tape.allWords)
    piece.bytes.append(tape.allStrings(textByteCount: event.data.count))
    piece.entries.append(entry)
    return true
  }

  private func hashStrings(of tape: JSONTape, into piece: FoldPiece) {
    let slots = reader.decoder.slots
    for index in 0..<reader.decoder.count {
      let slot = slots[index]
      guard slot.tag == .tape, tape.kind(at: slot.index) == .string else { continue }
      let text = tape.string(at: slot.index)
      guard text.count <= Self.hashedByteCountMax else { continue }
      let hash = StringPool.hash(text)
      slots[index] = slot.hashed(hash)
      piece.hashes.append(hash)
    }
  }
}

extension Projection {
  /// How many events ahead memory is asked for, in each of the three steps to a string.
  private static let stepCount = 3
  private static let eventsPerStep = 4

  /// Folds the events of a piece, and says of each what became of it.
  public func fold(_ piece: FoldPiece, _ note: (EventPosition, FoldOutcome) -> Void = { _, _ in }) {
    for index in piece.entries.indices {
      for step in 0..<Self.stepCount {
        let ahead = index + (Self.stepCount - step) * Self.eventsPerStep
        if ahead < piece.entries.count {
          builder.prefetch(piece.hashes.slice(piece.entries[ahead].hashes), step: step)
        }
      }
      let entry = piece.entries[index]
      note(entry.position, fold(entry, of: piece))
    }
  }

  private func fold(_ entry: FoldPiece.Entry, of piece: FoldPiece) -> FoldOutcome {
    let event = piece.input(entry)
    guard let number = entry.plan else { return fold(event) }
    let tape = JSONTape(
      words: piece.words.start + entry.words,
      strings: UnsafeRawPointer(piece.bytes.start + entry.strings)
    )
    return fold(event, decoded: piece.slots.start + entry.slots, tape, plan: number)
  }
}

/// Values one behind the other, in memory that is kept when they go.
struct GrowingBuffer<Element: BitwiseCopyable>: ~Copyable {
  private(set) var start: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity = 1024

  init() {
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  mutating func removeAll() { count = 0 }

  @inline(__always)
  mutating func append(_ element: Element) {
    if count == capacity { grow(to: count + 1) }
    (start + count).initialize(to: element)
    count += 1
  }

  mutating func append(_ elements: UnsafeBufferPointer<Element>) {
    guard let source = elements.baseAddress else { return }
    if count + elements.count > capacity { grow(to: count + elements.count) }
    (start + count).initialize(from: source, count: elements.count)
    count += elements.count
  }

  func slice(_ range: Range<Int>) -> UnsafeBufferPointer<Element> {
    UnsafeBufferPointer(start: start + range.lowerBound, count: range.count)
  }

  private mutating func grow(to wanted: Int) {
    capacity = max(capacity * 2, wanted)
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
    larger.initialize(from: start, count: count)
    start.deallocate()
    start = larger
  }
}
