public import GraphModel

/// An event as the log keeps it: the value of its position in the table of events.
///
/// All integers are little-endian. The format version is at this place in every version.
///
///     OFFSET  SIZE  DESCRIPTION
///          0     8  Checksum: XXH64 of all bytes behind it, with the position as the seed, so
///                   that a record found under another position does not pass for it
///          8     1  Record format version, 1
///          9     1  Flags, zero: bit 0 is kept for redaction
///         10     1  Certainty: 0 stated, 1 inferred, 2 hedged
///         11     1  Zero
///         12     4  Version of the data: where the event gave none, the one current then; or 0
///         16     8  Recorded time, microseconds since 1970-01-01T00:00:00Z
///         24     8  Time of the event, the same; the recorded time where it gave none
///         32    16  Id of the batch it came in; zero
///         48     8  Position that the batch's writer had read; zero
///         56     …  What the event says: see `EventContent`
///
/// A view of mapped bytes: valid in the read transaction that found it. What outlives that
/// is an ``Event``.
@frozen
public struct EventRecord {
  public let position: EventPosition
  public let content: EventContent
  @usableFromInline let bytes: UnsafeRawBufferPointer

  static let formatVersion: UInt8 = 1
  static let headerByteCount = 56

  @inlinable public var type: UnsafeRawBufferPointer { content.type }
  @inlinable public var source: UnsafeRawBufferPointer { content.source }
  @inlinable public var id: UnsafeRawBufferPointer { content.id }
  /// RFC 3339 text as it came, or empty where the event gave no time.
  @inlinable public var timeText: UnsafeRawBufferPointer { content.timeText }
  /// A JSON object, or empty where the event has no further attribute.
  @inlinable public var extensions: UnsafeRawBufferPointer { content.extensions }
  /// A JSON object, minified.
  @inlinable public var data: UnsafeRawBufferPointer { content.data }

  /// Version of the data, or 0 where the event gave none.
  @inlinable public var dataVersion: UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
  }

  /// When the log learned it, in microseconds since 1970-01-01T00:00:00Z.
  @inlinable public var recordedTime: Int64 {
    Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self))
  }

  /// When it happened or was stated, in microseconds since 1970-01-01T00:00:00Z.
  @inlinable public var eventTime: Int64 {
    Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: Int64.self))
  }

  @inlinable public var certainty: Certainty { Certainty(rawValue: bytes[10]) ?? .stated }

  /// Bytes of the record.
  @inlinable public var byteCount: Int { bytes.count }
}

/// What is wrong with a record's bytes.
enum RecordDamage: Error, Hashable {
  case tooShort(byteCount: Int)
  case unknownVersion(UInt8)
  case checksum
  case lengths

  var message: String {
    switch self {
    case .tooShort(let count): "it has \(count) bytes, fewer than any record"
    case .unknownVersion(let version): "it is of format version \(version), unknown here"
    case .checksum: "its checksum does not fit its bytes"
    case .lengths: "its lengths do not add up to its size"
    }
  }
}

extension EventRecord {
  /// Makes a view of `bytes`, after checking that they are this position's record, unchanged.
  init(_ bytes: UnsafeRawBufferPointer, at position: EventPosition) throws(RecordDamage) {
    guard bytes.count >= Self.headerByteCount + EventContent.headerByteCount else {
      throw .tooShort(byteCount: bytes.count)
    }
    let stored = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard stored == Self.checksum(of: bytes, at: position) else { throw .checksum }
    guard bytes[8] == Self.formatVersion else { throw .unknownVersion(bytes[8]) }
    let content = EventContent(UnsafeRawBufferPointer(rebasing: bytes[Self.headerByteCount...]))
    guard let content else { throw .lengths }
    self.bytes = bytes
    self.position = position
    self.content = content
  }

  /// The type of the event in a record that nobody has checked; `nil` where it is too short.
  static func type(inRecord bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    let start = headerByteCount + EventContent.headerByteCount
    guard bytes.count >= start else { return nil }
    let count = UInt16(
      littleEndian: bytes.loadUnaligned(fromByteOffset: headerByteCount, as: UInt16.self)
    )
    guard bytes.count >= start + Int(count) else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<(start + Int(count))])
  }

  private static func checksum(
    of bytes: UnsafeRawBufferPointer,
    at position: EventPosition
  ) -> UInt64 {
    Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[8...]), seed: UInt64(position.rawValue))
  }

  /// Writes a record into `room`, which has the size of the header and `content` together.
  static func write(
    _ content: UnsafeRawBufferPointer,
    of entry: EventBatch.Entry,
    recordedTime: Int64,
    at position: EventPosition,
    into room: UnsafeMutableRawBufferPointer
  ) {
    func store<Number: FixedWidthInteger>(_ number: Number, _ offset: Int) {
      room.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }
    store(formatVersion, 8)
    store(UInt8(0), 9)
    store(entry.certainty.rawValue, 10)
    store(UInt8(0), 11)
    store(entry.keptDataVersion, 12)
    store(recordedTime, 16)
    store(entry.eventTime ?? recordedTime, 24)
    for offset in stride(from: 32, to: headerByteCount, by: 8) { store(UInt64(0), offset) }
    UnsafeMutableRawBufferPointer(rebasing: room[headerByteCount...]).copyMemory(from: content)
    store(checksum(of: UnsafeRawBufferPointer(room), at: position), 0)
  }
}

extension EventRecord {
  /// Writes the event as a line of NDJSON, a CloudEvent, with a line feed behind it.
  ///
  /// - Parameter includesPlace: whether to write `position` and `recordedtime`, which only
  ///   restoring accepts: see ``EnvelopeParser/Options/isRestoring``.
  public func appendLine(to line: inout [UInt8], includesPlace: Bool) {
    line += "{\"specversion\":\"1.0\",\"type\":".utf8
    CanonicalJSON.appendString(type, to: &line)
    line += ",\"source\":".utf8
    CanonicalJSON.appendString(source, to: &line)
    line += ",\"id\":".utf8
    CanonicalJSON.appendString(id, to: &line)
    if !timeText.isEmpty {
      line += ",\"time\":".utf8
      CanonicalJSON.appendString(timeText, to: &line)
    }
    if extensions.count > 2 {
      line.append(UInt8(ascii: ","))
      line += extensions[1..<(extensions.count - 1)]
    }
    line += ",\"data\":".utf8
    line += data
    if includesPlace {
      line += ",\"recordedtime\":\"\(Timestamp.text(of: recordedTime))\"".utf8
      line += ",\"position\":\(position.rawValue)".utf8
    }
    line += "}\n".utf8
  }
}

/// An event of the log, on its own.
public struct Event: Hashable, Sendable {
  public var position: EventPosition
  public var type: String
  public var source: String
  public var id: String
  /// RFC 3339 text as it came, or `nil` where the event gave no time.
  public var timeText: String?
  /// When it happened or was stated, in microseconds since 1970-01-01T00:00:00Z.
  public var eventTime: Int64
  /// When the log learned it, in microseconds since 1970-01-01T00:00:00Z.
  public var recordedTime: Int64
  /// Version of the data, or `nil` where the event gave none.
  public var dataVersion: UInt32?
  public var certainty: Certainty
  /// A JSON object of the further attributes, or `nil` where there is none.
  public var extensions: String?
  /// A JSON object, minified.
  public var data: String

  public init(_ record: EventRecord) {
    self.init(
      record.content,
      position: record.position,
      eventTime: record.eventTime,
      recordedTime: record.recordedTime,
      dataVersion: record.dataVersion,
      certainty: record.certainty
    )
  }

  init(
    _ content: EventContent,
    position: EventPosition,
    eventTime: Int64,
    recordedTime: Int64,
    dataVersion: UInt32,
    certainty: Certainty
  ) {
    func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
    self.position = position
    type = text(content.type)
    source = text(content.source)
    id = text(content.id)
    timeText = content.timeText.isEmpty ? nil : text(content.timeText)
    self.eventTime = eventTime
    self.recordedTime = recordedTime
    self.dataVersion = dataVersion == 0 ? nil : dataVersion
    self.certainty = certainty
    extensions = content.extensions.isEmpty ? nil : text(content.extensions)
    data = text(content.data)
  }
}
