/// Events on their way into the log, checked and encoded.
///
/// ``EnvelopeParser`` fills it, ``EventLog/append(_:options:)`` writes it. Their digests are
/// computed as they are added, so several threads can each fill a batch of their own.
public struct EventBatch: Sendable {
  struct Entry: Sendable {
    /// Where the event's content starts in the batch's bytes.
    var offset: Int
    var byteCount: Int
    var identity: Identity
    var leaf: TreeHash
    /// `nil` where the event gave no time.
    var eventTime: Int64?
    /// 0 where the event gave none.
    var dataVersion: UInt32
    /// The version that a missing one stands for; 0 where nobody said.
    var currentVersion: UInt32 = 0
    var certainty: Certainty
    /// What an export says about the event's place; `nil` unless restoring.
    var restored: Restored?

    /// The version of the data as the log keeps it.
    var keptDataVersion: UInt32 { dataVersion == 0 ? currentVersion : dataVersion }
  }

  struct Restored: Hashable, Sendable {
    var position: UInt32
    var recordedTime: Int64
  }

  private(set) var entries: [Entry] = []
  private var bytes: [UInt8] = []

  public init() {}

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }

  /// Bytes that its events take.
  public var byteCount: Int { bytes.count }

  /// Takes back the event that was added last.
  public mutating func removeLast() {
    let entry = entries.removeLast()
    bytes.removeLast(bytes.count - entry.offset)
  }

  /// Says which version of its data the event that was added last has, if it gave none itself.
  public mutating func setCurrentVersionOfLast(_ version: UInt32) {
    precondition(!entries.isEmpty, "a batch without events has no last one")
    entries[entries.count - 1].currentVersion = version
  }

  /// Adds events of another batch, as they are there.
  public mutating func append(contentsOf other: EventBatch, in range: Range<Int>) {
    guard let first = range.first, let last = range.last else { return }
    let start = other.entries[first].offset
    let end = other.entries[last].offset + other.entries[last].byteCount
    let shift = bytes.count - start
    bytes += other.bytes[start..<end]
    for index in range {
      entries.append(other.entries[index])
      entries[entries.count - 1].offset += shift
    }
  }

  public mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
  }

  /// The version of the data of event `index` as the log keeps it; 0 where nobody said.
  public func dataVersion(at index: Int) -> UInt32 { entries[index].keptDataVersion }

  /// Gives the content of event `index` to `body`.
  public func withContent<Result>(
    at index: Int,
    _ body: (EventContent) -> Result
  ) -> Result {
    let entry = entries[index]
    return bytes.withUnsafeBytes { bytes in
      let slice = bytes[entry.offset..<(entry.offset + entry.byteCount)]
      guard let content = EventContent(UnsafeRawBufferPointer(rebasing: slice)) else {
        preconditionFailure("a batch holds content that its own encoder did not write")
      }
      return body(content)
    }
  }

  func withUnsafeBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let result: Swift.Result<Result, Failure> = bytes.withUnsafeBytes { bytes in
      do throws(Failure) {
        return .success(try body(bytes))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The parts of an event whose content is to be added.
  struct Parts {
    var type: UnsafeRawBufferPointer
    var source: UnsafeRawBufferPointer
    var id: UnsafeRawBufferPointer
    var time: UnsafeRawBufferPointer
    var extensions: UnsafeRawBufferPointer
    var data: UnsafeRawBufferPointer
    var eventTime: Int64?
    var dataVersion: UInt32
    var certainty: Certainty
    var restored: Restored?

    /// Gives what the leaf of the event is the hash of to `body`: a byte, and its content.
    fileprivate func withLeafInput<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
      let lengths = (
        UInt16(type.count).littleEndian, UInt16(source.count).littleEndian,
        UInt16(id.count).littleEndian, UInt16(time.count).littleEndian,
        UInt32(extensions.count).littleEndian, UInt32(data.count).littleEndian
      )
      let byteCount =
        1 + EventContent.headerByteCount + type.count + source.count + id.count + time.count
        + extensions.count + data.count
      return withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 8) { room in
        room[0] = MerkleTree.leafPrefix
        var end = Swift.withUnsafeBytes(of: lengths) { Self.copy($0, to: room, at: 1) }
        end = Self.copy(type, to: room, at: end)
        end = Self.copy(source, to: room, at: end)
        end = Self.copy(id, to: room, at: end)
        end = Self.copy(time, to: room, at: end)
        end = Self.copy(extensions, to: room, at: end)
        _ = Self.copy(data, to: room, at: end)
        return body(UnsafeRawBufferPointer(room))
      }
    }

    /// The offset behind the bytes where they are now.
    @inline(__always)
    private static func copy(
      _ bytes: UnsafeRawBufferPointer,
      to room: UnsafeMutableRawBufferPointer,
      at offset: Int
    ) -> Int {
      UnsafeMutableRawBufferPointer(rebasing: room[offset...]).copyMemory(from: bytes)
      return offset + bytes.count
    }
  }

  /// Adds an event; the parser has checked that lengths fit their fields.
  mutating func append(_ parts: Parts) {
    let offset = bytes.count
    let leaf = parts.withLeafInput { input in
      bytes.append(contentsOf: input[1...])
      return TreeHash(hashing: input)
    }
    entries.append(
      Entry(
        offset: offset,
        byteCount: bytes.count - offset,
        identity: Identity(source: parts.source, id: parts.id),
        leaf: leaf,
        eventTime: parts.eventTime,
        dataVersion: parts.dataVersion,
        certainty: parts.certainty,
        restored: parts.restored
      )
    )
  }
}

/// What tells an event from every other: the first 16 bytes of SHA-256(source ‖ 0x00 ‖ id).
///
/// Sorted as its bytes are, which is the order of the table of identities.
struct Identity: Hashable, Comparable, Sendable {
  private var high: UInt64
  private var low: UInt64

  init(source: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer) {
    let hash = Swift.withUnsafeBytes(of: UInt8(0)) { TreeHash(hashing: source, $0, id) }
    (high, low) = hash.withUnsafeBytes { bytes in
      (
        UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
  }

  /// Returns `nil` unless there are 16 bytes.
  init?(bytes: UnsafeRawBufferPointer) {
    guard bytes.count == 16 else { return nil }
    high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
    low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
  }

  /// No other sorts before it.
  static let first = Identity(high: 0, low: 0)

  private init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Where it stands among all that there could be, from 0 to 1.
  var fraction: Double { Double(high) / 0x1p64 }

  /// A number that is as good as any hash of it.
  var place: Int { Int(truncatingIfNeeded: high) }
  /// 32 bits that ``place`` does not have.
  var tag: UInt64 { low & 0xFFFF_FFFF }

  /// Its first bits, as a number: at least 1, at most 32.
  func prefix(bitCount: Int) -> Int { Int(high >> UInt64(64 - bitCount)) }

  static func < (left: Self, right: Self) -> Bool {
    left.high != right.high ? left.high < right.high : left.low < right.low
  }

  func withUnsafeBytes<Result, Failure>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var words = (high.bigEndian, low.bigEndian)
    return try Swift.withUnsafeBytes(of: &words, body)
  }
}
