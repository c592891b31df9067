import LMDB

// A store is a directory:
//
//   log.mdb        the event log, an LMDB 0.9 environment: the only truth
//   log.mdb-lock   LMDB's lock file; may be deleted while nothing has the store open
//   image/         a copy of the graph, if any: may be deleted at any time
//
// The environment has four tables. Integers are little-endian, but for keys of tables with
// integer keys, which LMDB keeps in the byte order of the machine.
//
//   TABLE        KEY                              VALUE
//   events       position (integer key, 8 bytes)  record: see EventRecord
//   identities   identity, 16 bytes: the first    position, 8 bytes
//                of SHA-256(source ‖ 0x00 ‖ id)
//   commits      last position of a commit        root of the Merkle tree, 32 bytes;
//                (integer key, 8 bytes)           recorded time of the commit, 8 bytes
//   meta         "format", "head"                 see below
//
// The table of identities may lag behind the log: the head says up to which position it has
// all events. Of those behind, it may have any. Their records say what it lacks.
//
// Versions of the format:
//
//   1   the head had no indexed position, and the table of identities all events
//   2   as above; a program of version 1 would miss events that the table lacks, and so finds
//       a head that it cannot read, also where it had the store open before
//
// The first append to a store of version 1 makes it one of version 2.

/// The names in a store.
public enum StoreFormat {
  /// The format that this program writes, and the newest it reads.
  public static let version: UInt32 = 2

  public static let logFileName = "log.mdb"
  public static let lockFileName = "log.mdb-lock"
  public static let imageDirectoryName = "image"

  static let eventsTable = "events"
  static let identitiesTable = "identities"
  static let commitsTable = "commits"
  static let metaTable = "meta"
}

/// The value of "format" in the table `meta`.
///
///     OFFSET  SIZE  DESCRIPTION
///          0     8  "Rapport" and a line feed
///          8     4  Format version that wrote the store
///         12     4  Oldest version of a program's format that can read it
struct FormatHeader {
  static let key = "format"
  static let byteCount = 16
  private static let magic = Array("Rapport\n".utf8)

  var version: UInt32
  var readableFrom: UInt32

  static let current = FormatHeader(version: StoreFormat.version, readableFrom: 2)

  var bytes: [UInt8] {
    var bytes = Self.magic
    for number in [version, readableFrom] {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  init(version: UInt32, readableFrom: UInt32) {
    self.version = version
    self.readableFrom = readableFrom
  }

  /// Returns `nil` where the bytes are not such a header.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.byteCount, bytes.starts(with: Self.magic) else { return nil }
    version = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    readableFrom = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
  }
}

/// The end of the log, written by every commit: the value of "head" in the table `meta`.
///
///     OFFSET  SIZE  DESCRIPTION
///          0     8  Checksum: XXH64 of all bytes behind it, seed 0
///          8     8  Last position, which is the number of events
///         16     8  Recorded time of the last event
///         24     8  Bytes of all records
///         32    32  Root of the Merkle tree
///         64   32n  Roots of its complete subtrees, the largest first: as many as the number
///                   of events has one bits
///   64 + 32n     8  Indexed position: the table of identities has all events up to it; not
///                   there in version 1
struct LogHead {
  static let key = "head"
  private static let peaksOffset = 64

  var recordedTime: Int64
  var recordByteCount: UInt64
  var tree: MerkleAccumulator
  /// The root as it was stored, or as the tree's last change left it.
  var root: TreeHash
  /// The table of identities has all events up to this position.
  var indexedCount: UInt64
  /// The version of the format that it was stored in.
  private(set) var formatVersion = StoreFormat.version

  static let empty = LogHead(
    recordedTime: .min,
    recordByteCount: 0,
    tree: MerkleAccumulator(),
    root: MerkleTree.emptyRoot,
    indexedCount: 0
  )

  var count: UInt64 { tree.count }

  var bytes: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 8)
    func add<Number: FixedWidthInteger>(_ number: Number) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    add(tree.count)
    add(recordedTime)
    add(recordByteCount)
    bytes += root.bytes
    for peak in tree.peaks { bytes += peak.bytes }
    add(indexedCount)
    let checksum = bytes[8...].withUnsafeBytes { Checksum.of($0, seed: 0) }
    withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(0..<8, with: $0) }
    return bytes
  }

  init(
    recordedTime: Int64,
    recordByteCount: UInt64,
    tree: MerkleAccumulator,
    root: TreeHash,
    indexedCount: UInt64
  ) {
    self.recordedTime = recordedTime
    self.recordByteCount = recordByteCount
    self.tree = tree
    self.root = root
    self.indexedCount = indexedCount
  }

  /// Returns `nil` where the bytes are not such a head, unchanged.
  init?(_ bytes: UnsafeRawBufferPointer) {
    func number(at offset: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    let markByteCount = bytes.count % TreeHash.byteCount
    let hashEnd = bytes.count - markByteCount
    guard hashEnd >= Self.peaksOffset, markByteCount == 0 || markByteCount == 8,
      number(at: 0) == Checksum.of(UnsafeRawBufferPointer(rebasing: bytes[8...]), seed: 0)
    else { return nil }
    let hashes = stride(from: 32, to: hashEnd, by: TreeHash.byteCount).compactMap { offset in
      TreeHash(bytes: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + 32)]))
    }
    guard let root = hashes.first, number(at: 8) <= UInt64(UInt32.max),
      let tree = MerkleAccumulator(count: number(at: 8), peaks: Array(hashes.dropFirst()))
    else { return nil }
    self.tree = tree
    recordedTime = Int64(bitPattern: number(at: 16))
    recordByteCount = number(at: 24)
    self.root = root
    formatVersion = markByteCount == 0 ? 1 : 2
    indexedCount = markByteCount == 0 ? tree.count : number(at: hashEnd)
    if indexedCount > tree.count { return nil }
  }
}
