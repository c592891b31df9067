import Digests
import Dispatch
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
//       80    32  SHA-256 of the contents
//      112     8  Byte count of the contents
//      120     8  Byte count of the account
//      128    32  SHA-256 of the account
//      160     …  Account: how events of each kind were folded, as in FoldAccount.swift
//        …     …  Contents, as in ImageCoding.swift
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
  public static let formatVersion: UInt32 = 4
  public static let headerByteCount = 160
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
  public static func write<Failure: Error>(
    _ contents: GraphContents,
    key: ImageKey,
    account: FoldAccount,
    to write: (UnsafeRawBufferPointer, Int) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(key.root.count == 32 && key.schemaDigest.count == 32, "digests have 32 bytes")
    var contents = contents
    contents.sortColumns()
    contents.makeAdjacency(isCompact: true)
    contents.makeIndexes()
    let accountBytes = account.bytes
    try forwarding(accountBytes, to: write, at: headerByteCount)
    let start = headerByteCount + accountBytes.count
    let result: Result<([UInt8], Int), Failure> = withoutActuallyEscaping(write) { write in
      var sink = PieceSink<Failure>(start: start, write: write)
      contents.encodeImage(into: &sink)
      return sink.finish()
    }
    let (digest, byteCount) = try result.get()
    var header = magic
    header += littleEndian(formatVersion)
    header += littleEndian(key.position.rawValue)
    header += key.root
    header += key.schemaDigest
    header += digest
    header += littleEndian(UInt64(byteCount))
    header += littleEndian(UInt64(accountBytes.count))
    header += SHA256.digest(of: accountBytes).bytes
    try forwarding(header, to: write, at: 0)
  }

  /// What an image says of itself.
  public struct Header: Sendable {
    public var key: ImageKey
    var digest: [UInt8]
    var byteCount: UInt64
    /// How many bytes the account has, which follow the header.
    public var accountByteCount: Int
    var accountDigest: [UInt8]
  }

  /// Reads the header of an image.
  public static func readHeader(_ image: UnsafeRawBufferPointer) throws(ImageError) -> Header {
    guard image.count >= headerByteCount, image.prefix(8).elementsEqual(magic) else {
      throw .notAnImage
    }
    func number<Number: FixedWidthInteger>(at offset: Int, _: Number.Type) -> Number {
      Number(littleEndian: image.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
    let version = number(at: 8, UInt32.self)
    guard version == formatVersion else { throw .otherFormat(version) }
    let accountByteCount = number(at: 120, UInt64.self)
    guard accountByteCount <= 1 << 24 else { throw .damaged }
    return Header(
      key: ImageKey(
        position: EventPosition(number(at: 12, UInt32.self)),
        root: Array(image[16..<48]),
        schemaDigest: Array(image[48..<80])
      ),
      digest: Array(image[80..<112]),
      byteCount: number(at: 112, UInt64.self),
      accountByteCount: Int(accountByteCount),
      accountDigest: Array(image[128..<160])
    )
  }

  /// Reads the account, whose bytes follow those of the header.
  public static func readAccount(
    _ bytes: UnsafeRawBufferPointer,
    of header: Header
  ) throws(ImageError) -> FoldAccount {
    guard bytes.count == header.accountByteCount,
      SHA256.digest(of: bytes).bytes == header.accountDigest
    else { throw .damaged }
    return try FoldAccount(bytes)
  }

  /// Reads the contents of an image.
  ///
  /// - Parameters:
  ///   - owner: keeps the bytes in their place, unchanged, for as long as it lives; the contents
  ///     are then used where they are. With `nil` they are copied.
  ///   - isChecked: whether somebody has compared every byte with the image's digest already.
  public static func read(
    _ image: UnsafeRawBufferPointer,
    owner: (any ElementsOwner)? = nil,
    isChecked: Bool = false
  ) throws(ImageError) -> GraphContents {
    let header = try readHeader(image)
    let start = headerByteCount + header.accountByteCount
    guard image.count >= start else { throw .damaged }
    let body = UnsafeRawBufferPointer(rebasing: image[start...])
    guard UInt64(body.count) == header.byteCount else { throw .damaged }
    // What is not as it was written may not be used, not even to look at its counts.
    guard isChecked || Digesting(body).value().bytes == header.digest else {
      throw .damaged
    }
    var source = ContentsSource(body, owner: owner)
    return try GraphContents(decodingImage: &source)
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

/// Hashes bytes in a thread of its own; they stay in place until it is asked for the result.
private final class Digesting: @unchecked Sendable {
  private let bytes: UnsafeRawBufferPointer
  private var state: SHA256
  private let done = DispatchSemaphore(value: 0)

  /// Less than this is done sooner than another thread begins.
  private static let byteCountWorthAThread = 1 << 18

  init(_ bytes: UnsafeRawBufferPointer, after state: SHA256 = SHA256()) {
    self.bytes = bytes
    self.state = state
    if bytes.count < Self.byteCountWorthAThread {
      run()
    } else {
      DispatchQueue.global().async { self.run() }
    }
  }

  private func run() {
    state.update(bytes)
    done.signal()
  }

  func hasher() -> SHA256 {
    done.wait()
    return state
  }

  func value() -> SHA256Digest { hasher().digest }
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
    return hasher.digest.bytes
  }

  private mutating func flush() {
    gathered.withUnsafeBytes { hasher.update($0) }
    gathered.removeAll(keepingCapacity: true)
  }
}

/// Hashes bytes and passes them on in large pieces; after a failure only the failure counts.
private struct PieceSink<Failure: Error>: ContentsSink {
  private static var pieceByteCount: Int { 1 << 20 }

  private var hasher = SHA256()
  private var piece: [UInt8] = []
  private var offset: Int
  private let start: Int
  private let write: (UnsafeRawBufferPointer, Int) throws(Failure) -> Void
  private var failure: Failure?

  init(start: Int, write: @escaping (UnsafeRawBufferPointer, Int) throws(Failure) -> Void) {
    self.start = start
    offset = start
    self.write = write
    piece.reserveCapacity(Self.pieceByteCount * 2)
  }

  mutating func write(_ bytes: UnsafeRawBufferPointer) {
    if bytes.count >= Self.pieceByteCount {
      flush()
      pass(bytes)
      return
    }
    piece.append(contentsOf: bytes)
    if piece.count >= Self.pieceByteCount { flush() }
  }

  mutating func finish() -> Result<([UInt8], Int), Failure> {
    flush()
    if let failure { return .failure(failure) }
    return .success((hasher.digest.bytes, offset - start))
  }

  private mutating func flush() {
    let bytes = piece
    bytes.withUnsafeBytes { pass($0) }
    piece.removeAll(keepingCapacity: true)
  }

  private mutating func pass(_ bytes: UnsafeRawBufferPointer) {
    guard failure == nil, !bytes.isEmpty else { return }
    let digesting = Digesting(bytes, after: hasher)
    do throws(Failure) {
      try write(bytes, offset)
    } catch {
      failure = error
    }
    hasher = digesting.hasher()
    offset += bytes.count
  }
}
