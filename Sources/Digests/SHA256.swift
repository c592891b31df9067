internal import CNettle

/// SHA-256 (FIPS 180-4) of bytes that come piece by piece.
///
/// By nettle, whose price for a digest is that of its blocks: events are short, and each takes
/// three.
public struct SHA256: Sendable {
  private var context = sha256_ctx()

  public init() { nettle_sha256_init(&context) }

  /// Takes in the next bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    nettle_sha256_update(&context, bytes.count, start.assumingMemoryBound(to: UInt8.self))
  }

  /// Takes in the next bytes.
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// The digest of all bytes so far; more may follow.
  public var digest: SHA256Digest {
    var context = context
    var digest = SHA256Digest()
    digest.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      rapport_sha256_digest(&context, start.assumingMemoryBound(to: UInt8.self))
    }
    return digest
  }

  /// The digest of these bytes.
  public static func digest(of bytes: UnsafeRawBufferPointer) -> SHA256Digest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.digest
  }

  /// The digest of these bytes.
  public static func digest(of bytes: [UInt8]) -> SHA256Digest {
    bytes.withUnsafeBytes { digest(of: $0) }
  }
}

/// The 32 bytes of a SHA-256 digest.
public struct SHA256Digest: Sendable {
  // As they are in memory.
  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  public static let byteCount = 32

  fileprivate init() {}

  /// Returns `nil` unless there are 32 bytes.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount else { return nil }
    Swift.withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: bytes) }
  }

  fileprivate mutating func withUnsafeMutableBytes(
    _ body: (UnsafeMutableRawBufferPointer) -> Void
  ) {
    Swift.withUnsafeMutableBytes(of: &words, body)
  }

  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    Swift.withUnsafeBytes(of: words, body)
  }

  public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension SHA256Digest: Hashable {
  public static func == (left: SHA256Digest, right: SHA256Digest) -> Bool {
    left.words == right.words
  }

  public func hash(into hasher: inout Hasher) {
    // Digests are as good as random.
    hasher.combine(words.0)
  }
}
