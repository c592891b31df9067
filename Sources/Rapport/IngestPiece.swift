import EventStorage
import JSONTape
import Projections

/// Some lines of an input, on their way through the threads that read, check and commit them.
///
/// It belongs to one thread at a time, and is used again.
final class IngestPiece: @unchecked Sendable {
  private struct Line {
    var number: Int
    var offset: Int
    var byteCount: Int
  }

  /// A line that was left out.
  struct Refusal {
    /// From 1.
    var line: Int
    var message: String
    var bytes: [UInt8]
  }

  /// What messages call the input.
  private(set) var inputName = ""
  /// The source of events that name none.
  private(set) var defaultSource = ""
  /// Bytes of all inputs that were read with these lines and before.
  var consumedByteCount = 0
  private var lines: [Line] = []
  private var buffer: UnsafeMutableRawBufferPointer
  private(set) var byteCount = 0
  /// How many lines came before these.
  private(set) var earlierLineCount = 0

  // What checking the lines found.

  /// The schema that they were checked against.
  var schemaNumber = 0
  /// Whether there is an event among them that puts a schema in force, at which checking stops
  /// where it is done ahead.
  var hasSchema = false
  var batch = EventBatch()
  /// The lines of the events of the batch.
  var lineNumbers: [Int] = []
  /// The indices of the events of the batch that the schema says nothing of.
  var unknown: [Int] = []
  /// The indices of the events of the batch that put a schema in force.
  var schemas: [(index: Int, number: Int)] = []
  var refusals: [Refusal] = []
  /// What the events of the batch claim, where a graph is made along.
  var claims: FoldPiece?

  init() {
    buffer = .allocate(byteCount: 1 << 20 + 1 << 16, alignment: 64)
  }

  deinit {
    buffer.deallocate()
  }

  var lineCount: Int { lines.count }

  /// Empties it for lines of an input.
  func begin(inputName: String, defaultSource: String, earlierLineCount: Int) {
    self.inputName = inputName
    self.defaultSource = defaultSource
    self.earlierLineCount = earlierLineCount
    lines.removeAll(keepingCapacity: true)
    byteCount = 0
  }

  func add(_ line: LineReader.Line) {
    let end = byteCount + line.bytes.count
    if end + JSONParser.paddingByteCount > buffer.count { grow(to: end) }
    UnsafeMutableRawBufferPointer(rebasing: buffer[byteCount...]).copyMemory(from: line.bytes)
    lines.append(Line(number: line.number, offset: byteCount, byteCount: line.bytes.count))
    byteCount = end
  }

  private func grow(to byteCount: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: byteCount * 2 + JSONParser.paddingByteCount,
      alignment: 64
    )
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<self.byteCount]))
    buffer.deallocate()
    buffer = larger
  }

  /// Gives the lines to `body`, until it says that it is enough; more bytes may be read behind
  /// each, as many as a parser of JSON does.
  func forEachLine(_ body: (LineReader.Line) -> Bool) {
    for line in lines {
      let bytes = buffer[line.offset..<(line.offset + line.byteCount)]
      let given = LineReader.Line(
        number: line.number,
        bytes: UnsafeRawBufferPointer(rebasing: bytes)
      )
      if !body(given) { return }
    }
  }

  /// Forgets what checking the lines found.
  func removeResults() {
    hasSchema = false
    batch.removeAll()
    lineNumbers.removeAll(keepingCapacity: true)
    unknown.removeAll(keepingCapacity: true)
    schemas.removeAll(keepingCapacity: true)
    refusals.removeAll(keepingCapacity: true)
    claims = nil
  }
}

/// The events that the next commit takes.
struct IngestBatch {
  private(set) var batch = EventBatch()
  /// The input and line of each event.
  private(set) var places: [(input: Int, line: Int)] = []
  private var inputNames: [String] = []
  /// The indices of the events that the schema says nothing of.
  private(set) var unknown: [Int] = []
  /// The number of the last schema among them, or 0.
  private(set) var schemaNumber = 0

  var count: Int { batch.count }
  var byteCount: Int { batch.byteCount }

  /// What messages call the input of an event, and its line there.
  func place(of index: Int) -> (input: String, line: Int) {
    (inputNames[places[index].input], places[index].line)
  }

  /// Takes events of a piece over; where they are all, the piece loses them.
  mutating func add(_ piece: IngestPiece, _ range: Range<Int>) {
    if inputNames.last != piece.inputName { inputNames.append(piece.inputName) }
    let shift = batch.count - range.lowerBound
    for index in piece.unknown where range.contains(index) { unknown.append(index + shift) }
    for schema in piece.schemas where range.contains(schema.index) { schemaNumber = schema.number }
    for index in range { places.append((inputNames.count - 1, piece.lineNumbers[index])) }
    if batch.isEmpty, range.count == piece.batch.count {
      swap(&batch, &piece.batch)
    } else {
      batch.append(contentsOf: piece.batch, in: range)
    }
  }

  mutating func removeAll() {
    batch.removeAll()
    places.removeAll(keepingCapacity: true)
    inputNames.removeAll(keepingCapacity: true)
    unknown.removeAll(keepingCapacity: true)
    schemaNumber = 0
  }
}
