public import JSONTape

/// Checks lines of NDJSON, one event each in the JSON form of CloudEvents 1.0, and adds the
/// events to a batch.
///
/// It knows the envelope; whether `data` fits an event type is for others to say, for whom it
/// leaves the parsed line. Not for more than one thread at a time.
public final class EnvelopeParser {
  /// How lines are read.
  public struct Options: Sendable {
    public static let defaultLineByteCountMax = 1 << 20
    /// A record, and so a line, stays below LMDB's comfortable limit of 16 MiB.
    public static let lineByteCountLimit = 15 << 20

    /// The source of events that name none.
    public var defaultSource: String
    /// The longest line that is accepted, in bytes.
    public var lineByteCountMax = defaultLineByteCountMax
    /// Whether lines are of an export, and keep their `position` and `recordedtime`.
    public var isRestoring = false

    public init(defaultSource: String) {
      self.defaultSource = defaultSource
    }
  }

  /// A line that was added to a batch, parsed.
  ///
  /// Valid until the parser parses another.
  public struct ParsedEvent {
    public let tape: JSONTape
    /// The tape's index of the value of `data`, an object.
    public let data: Int
    /// The tape's index of the value of `evidence`, an object, where there is one.
    public let evidence: Int?
    /// Version of the data, or 0 where the event gave none.
    public let dataVersion: UInt32
    /// The event's type.
    public let type: UnsafeRawBufferPointer
    /// When it happened or was stated, in microseconds since 1970; `nil` where it gave no time.
    public let time: Int64?
  }

  /// The longest type, source or id, in bytes.
  public static let nameByteCountMax = 512

  public let options: Options
  private let parser = JSONParser()
  private var envelope = Envelope()

  public init(options: Options) {
    precondition(
      !options.defaultSource.isEmpty
        && options.defaultSource.utf8.count <= Self.nameByteCountMax
        && options.defaultSource.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F },
      "a default source is 1 to 512 bytes without control characters"
    )
    self.options = options
  }

  /// Adds the event of one line to `batch`; returns `nil` for a blank line, which adds nothing.
  ///
  /// The line has no line feed; a carriage return at its end is white space.
  ///
  /// - Parameter isPadded: whether ``JSONParser/paddingByteCount`` more bytes may be read behind
  ///   the line, which spares a copy of it.
  public func parse(
    _ line: UnsafeRawBufferPointer,
    into batch: inout EventBatch,
    isPadded: Bool = false
  ) throws(EventError) -> ParsedEvent? {
    guard line.count <= min(options.lineByteCountMax, Options.lineByteCountLimit) else {
      let limit = min(options.lineByteCountMax, Options.lineByteCountLimit)
      throw EventError(.lineTooLong(limit: limit), at: limit, in: line)
    }
    let start = RawJSON.skipWhitespace(line, from: 0)
    if start == line.count { return nil }
    let tape: JSONTape
    do throws(JSONError) {
      tape = isPadded ? try parser.parse(paddedBytes: line) : try parser.parse(line)
    } catch {
      throw Self.explain(error, line)
    }
    guard tape.kind(at: tape.root) == .object else {
      throw EventError(
        .expected("an event, a JSON object", found: tape.kind(at: tape.root).phrase),
        at: start,
        in: line
      )
    }
    if !LimitChecker.isWithinLimits(tape, at: tape.root)
      || line.offset(of: UInt8(ascii: "\\")) != nil
    {
      var scanner = LineScanner(line)
      try scanner.scan()
    }
    return try add(tape, of: line, to: &batch)
  }

  /// Adds an event that a program made.
  public func add(
    _ event: IncomingEvent,
    to batch: inout EventBatch
  ) throws(EventError) -> ParsedEvent? {
    let line = event.line
    // Not `withUnsafeBytes`: its closure would lose the type of the error.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: line.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: line)
    return try parse(UnsafeRawBufferPointer(copy), into: &batch)
  }

  private static func explain(_ error: JSONError, _ line: UnsafeRawBufferPointer) -> EventError {
    var scanner = LineScanner(line)
    do throws(EventError) {
      try scanner.scan()
    } catch {
      return error
    }
    return EventError(.syntax(expected: "JSON", found: error.message), at: 0, in: line)
  }

  private func add(
    _ tape: JSONTape,
    of line: UnsafeRawBufferPointer,
    to batch: inout EventBatch
  ) throws(EventError) -> ParsedEvent {
    // Taken out of the object while it changes, which spares a check at each access.
    var envelope = Envelope(unallocated: ())
    swap(&envelope, &self.envelope)
    defer { swap(&envelope, &self.envelope) }
    envelope.removeAll()
    try envelope.collect(tape, of: line)
    let type = try envelope.name(.type, tape, line)
    guard let type else { throw envelope.missing(.type, line) }
    envelope.eventType = type
    guard let data = envelope[.data] else { throw envelope.missing(.data, line) }
    try envelope.checkRest(tape, line)
    let time = try envelope.time(tape, line)
    let certainty = try envelope.certainty(tape, line)
    let dataVersion = try envelope.dataVersion(tape, line)
    let restored = try envelope.restored(tape, line, isRestoring: options.isRestoring)
    envelope.collectExtensions(of: line)
    let givenSource = try envelope.name(.source, tape, line)
    let givenID = try envelope.name(.id, tape, line)
    let extensions = envelope.extensions
    var defaultSource = options.defaultSource
    defaultSource.withUTF8 { utf8 in
      let source = givenSource ?? UnsafeRawBufferPointer(utf8)
      envelope.withData(data, of: line) { minified in
        extensions.withUnsafeBytes { extensions in
          func append(id: UnsafeRawBufferPointer) {
            batch.append(
              EventBatch.Parts(
                type: type,
                source: source,
                id: id,
                time: time?.text ?? UnsafeRawBufferPointer(start: nil, count: 0),
                extensions: extensions,
                data: minified,
                eventTime: time?.microseconds,
                dataVersion: dataVersion,
                certainty: certainty,
                restored: restored
              )
            )
          }
          if let givenID {
            append(id: givenID)
          } else {
            Self.digest(type: type, source: source, data: minified)
              .withUnsafeBytes(append(id:))
          }
        }
      }
    }
    return ParsedEvent(
      tape: tape,
      data: data.tapeIndex,
      evidence: envelope[.evidence]?.tapeIndex,
      dataVersion: dataVersion,
      type: type,
      time: time?.microseconds
    )
  }

  /// The id of an event that has none: the hexadecimal SHA-256 of type, source and minified
  /// data, each but the last with a zero byte behind it.
  private static func digest(
    type: UnsafeRawBufferPointer,
    source: UnsafeRawBufferPointer,
    data: UnsafeRawBufferPointer
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(type.count + source.count + data.count + 2)
    bytes.append(contentsOf: type)
    bytes.append(0)
    bytes.append(contentsOf: source)
    bytes.append(0)
    bytes.append(contentsOf: data)
    let hash = bytes.withUnsafeBytes { TreeHash(hashing: $0) }
    return hash.withUnsafeBytes { Hexadecimal.digits(of: $0) }
  }
}
