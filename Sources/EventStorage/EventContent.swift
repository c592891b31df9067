/// What an event says, as its record keeps it: the bytes below a leaf of the Merkle tree.
///
/// It holds nothing that a store gives to an event, so an event restored from an export has the
/// same leaf, and a log restored from one the same root. The layout is promised for ever. All
/// integers are little-endian.
///
///     OFFSET  SIZE  DESCRIPTION
///          0     2  Bytes of the type
///          2     2  Bytes of the source
///          4     2  Bytes of the id
///          6     2  Bytes of the time; 0 where the event gave none
///          8     4  Bytes of the extension attributes; 0 where the event has none
///         12     4  Bytes of the data
///         16     …  Type, source, id, time, extension attributes, data, without gaps: UTF-8
///
/// The time is the text that came, RFC 3339. The extension attributes are one JSON object of
/// all attributes but `specversion`, `type`, `source`, `id`, `time`, `data`, `position` and
/// `recordedtime`, in the order they came. They and the data are the bytes that came, without
/// white space outside of strings: numbers keep their digits, strings their escapes.
///
/// A view: valid as long as the bytes it was made of.
@frozen
public struct EventContent {
  @usableFromInline let bytes: UnsafeRawBufferPointer

  static let headerByteCount = 16

  /// Returns `nil` unless the lengths add up to the size of `bytes`.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.headerByteCount else { return nil }
    self.bytes = bytes
    // The sum cannot overflow: four lengths of 16 bits, and two of 32.
    if dataStart + Int(length(at: 12)) != bytes.count { return nil }
  }

  @inlinable public var type: UnsafeRawBufferPointer { slice(from: 16, to: sourceStart) }
  @inlinable public var source: UnsafeRawBufferPointer { slice(from: sourceStart, to: idStart) }
  @inlinable public var id: UnsafeRawBufferPointer { slice(from: idStart, to: timeStart) }
  /// RFC 3339 text, or empty where the event gave no time.
  @inlinable public var timeText: UnsafeRawBufferPointer {
    slice(from: timeStart, to: extensionsStart)
  }
  /// A JSON object, or empty where the event has no further attribute.
  @inlinable public var extensions: UnsafeRawBufferPointer {
    slice(from: extensionsStart, to: dataStart)
  }
  /// A JSON object.
  @inlinable public var data: UnsafeRawBufferPointer { slice(from: dataStart, to: bytes.count) }

  @inlinable var sourceStart: Int { 16 + shortLength(at: 0) }
  @inlinable var idStart: Int { sourceStart + shortLength(at: 2) }
  @inlinable var timeStart: Int { idStart + shortLength(at: 4) }
  @inlinable var extensionsStart: Int { timeStart + shortLength(at: 6) }
  @inlinable var dataStart: Int { extensionsStart + Int(length(at: 8)) }

  @inlinable
  func slice(from start: Int, to end: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[start..<end])
  }

  @inlinable
  func shortLength(at offset: Int) -> Int {
    Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
  }

  @inlinable
  func length(at offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The hash of this event's leaf in the Merkle tree.
  public var leaf: TreeHash { MerkleTree.leaf(bytes) }
}

/// How sure a source is of what it says.
public enum Certainty: UInt8, Hashable, CaseIterable, Sendable {
  case stated, inferred, hedged

  /// The spelling in events.
  public var spelling: StaticString {
    switch self {
    case .stated: "stated"
    case .inferred: "inferred"
    case .hedged: "hedged"
    }
  }
}
