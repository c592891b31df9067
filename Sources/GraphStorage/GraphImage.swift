import Crypto
public import GraphModel

/// Why an image cannot be used; the log can always make another.
public enum ImageError: Error, Hashable, Sendable {
  case notAnImage
  case otherFormat(UInt32)
  case damaged
}

// An image is the contents of a graph at one position of the log.
//
//   OFFSET  SIZE  DESCRIPTION
//        0     8  Magic: 0x89 "RGI" CR LF 0x1A LF
//        8     4  Format version
//       12     4  Position of the last event folded in
//       16    32  Root of the log at that position
//       48    32  Digest of the schema that the log was folded with
//       80    32  SHA-256 of the contents: the graph's digest
//      112     8  Byte count of the contents
//      120     …  Contents, as in ContentsCoding.swift
//
// It is a cache: an image that is damaged, of another format or of another log
// is never an error for the user, only work to do again.

/// What an image is an image of.
public struct ImageKey: Hashable, Sendable {
  public var position: EventPosition
  /// The log's root at that position, 32 bytes.
  public var root: [UInt8]
  /// The digest of the schema that the log was folded with, 32 bytes.
  public var schemaDigest: [UInt8]

  public init(position: EventPosition, root: [UInt8], schemaDigest: [UInt8]) {
    self.position = position
    self.root = root
    self.schemaDigest = schemaDigest
  }
}

/// Reads and writes images.
public enum GraphImage {
  public static let formatVersion: UInt32 = 1
  public static let headerByteCount = 120
  private static let magic: [UInt8] = [0x89, 0x52, 0x47, 0x49, 0x0D, 0x0A, 0x1A, 0x0A]

  /// The SHA-256 of a graph's contents: equal for equal graphs, on every machine.
  public static func digest(of contents: GraphContents) -> [UInt8] {
    var sink = HashSink()
    contents.encode(into: &sink)
    return sink.finish()
  }

  /// Writes an image in pieces; the header comes last, with the offset 0.
  ///
  /// - Parameter write: receives bytes and the offset in the file where they belong.
  /// - Returns: the graph's digest.
  public static func write<Failure: Error>(
    _ contents: GraphContents,
    key: ImageKey,
    to write: (UnsafeRawBufferPointer, Int) throws(Failure) -> Void
  ) throws(Failure) -> [UInt8] {
    precondition(key.root.count == 32 && key.schemaDigest.count == 32, "digests have 32 bytes")
    var sink = BufferSink()
    contents.encode(into: &sink)
    let digest = sink.bytes.withUnsafeBytes { Array(SHA256.hash(data: $0)) }
    try forwarding(sink.bytes, to: write, at: headerByteCount)
    var header = magic
    header += littleEndian(formatVersion)
    header += littleEndian(key.position.rawValue)
    header += key.root
    header += key.schemaDigest
    header += digest
    header += littleEndian(UInt64(sink.bytes.count))
    try forwarding(header, to: write, at: 0)
    return digest
  }

  /// Reads the key and the digest of an image without its contents.
  public static func readHeader(
    _ image: UnsafeRawBufferPointer
  ) throws(ImageError) -> (key: ImageKey, digest: [UInt8]) {
    guard image.count >= headerByteCount, image.prefix(8).elementsEqual(magic) else {
      throw .notAnImage
    }
    let version = UInt32(littleEndian: image.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    guard version == formatVersion else { throw .otherFormat(version) }
    let position = UInt32(littleEndian: image.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
    let key = ImageKey(
      position: EventPosition(position),
      root: Array(image[16..<48]),
      schemaDigest: Array(image[48..<80])
    )
    return (key, Array(image[80..<112]))
  }

  /// Reads an image, after checking every byte of it.
  public static func read(_ image: UnsafeRawBufferPointer) throws(ImageError) -> GraphContents {
    let digest = try readHeader(image).digest
    let size = UInt64(
      littleEndian: image.loadUnaligned(fromByteOffset: 112, as: UInt64.self)
    )
    let body = UnsafeRawBufferPointer(rebasing: image[headerByteCount...])
    guard UInt64(body.count) == size, SHA256.hash(data: body).elementsEqual(digest) else {
      throw .damaged
    }
    var source = ContentsSource(body)
    var contents = try GraphContents(decoding: &source)
    contents.makeAdjacency()
    return contents
  }

  private static func forwarding<Failure: Error>(
    _ bytes: [UInt8],
    to write: (UnsafeRawBufferPointer, Int) throws(Failure) -> Void,
    at offset: Int
  ) throws(Failure) {
    let result: Result<Void, Failure> = bytes.withUnsafeBytes { buffer in
      Result { () throws(Failure) in try write(buffer, offset) }
    }
    try result.get()
  }

  private static func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}

private struct HashSink: ContentsSink {
  private var hasher = SHA256()
  /// Small writes are gathered: the hasher's cost is by the call.
  private var gathered: [UInt8] = []

  mutating func write(_ bytes: UnsafeRawBufferPointer) {
    gathered.append(contentsOf: bytes)
    if gathered.count > 1 << 16 { flush() }
  }

  mutating func finish() -> [UInt8] {
    flush()
    return Array(hasher.finalize())
  }

  private mutating func flush() {
    gathered.withUnsafeBytes { hasher.update(bufferPointer: $0) }
    gathered.removeAll(keepingCapacity: true)
  }
}

private struct BufferSink: ContentsSink {
  var bytes: [UInt8] = []

  mutating func write(_ bytes: UnsafeRawBufferPointer) {
    self.bytes.append(contentsOf: bytes)
  }
}
