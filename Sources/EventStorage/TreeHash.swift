import Crypto

/// A SHA-256 digest: of an event, or of all events up to one.
///
/// Written as 64 hexadecimal digits.
@frozen
public struct TreeHash: Hashable, Sendable {
  // The bytes as they are in memory.
  @usableFromInline var word0: UInt64
  @usableFromInline var word1: UInt64
  @usableFromInline var word2: UInt64
  @usableFromInline var word3: UInt64

  public static let byteCount = 32

  /// Returns `nil` unless there are 32 bytes.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount else { return nil }
    word0 = bytes.loadUnaligned(as: UInt64.self)
    word1 = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
    word2 = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
    word3 = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
  }

  /// So many bytes are sooner copied together than hashed one piece after the other.
  private static let copiedByteCountMax = 1024

  /// The digest of these pieces, one after another.
  init(
    hashing first: UnsafeRawBufferPointer,
    _ second: UnsafeRawBufferPointer,
    _ third: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) {
    let byteCount = first.count + second.count + third.count
    if byteCount <= Self.copiedByteCountMax {
      self = withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 1) { whole in
        whole.copyMemory(from: first)
        UnsafeMutableRawBufferPointer(rebasing: whole[first.count...]).copyMemory(from: second)
        UnsafeMutableRawBufferPointer(rebasing: whole[(byteCount - third.count)...])
          .copyMemory(from: third)
        return TreeHash(hashing: UnsafeRawBufferPointer(whole))
      }
      return
    }
    var hasher = SHA256()
    hasher.update(bufferPointer: first)
    hasher.update(bufferPointer: second)
    hasher.update(bufferPointer: third)
    self.init(hasher.finalize())
  }

  init(hashing bytes: UnsafeRawBufferPointer) {
    var hasher = SHA256()
    hasher.update(bufferPointer: bytes)
    self.init(hasher.finalize())
  }

  private init(_ digest: SHA256.Digest) {
    (word0, word1, word2, word3) = digest.withUnsafeBytes { bytes in
      (
        bytes.loadUnaligned(as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
        bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
      )
    }
  }

  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    Swift.withUnsafeBytes(of: (word0, word1, word2, word3), body)
  }

  public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension TreeHash: CustomStringConvertible, LosslessStringConvertible {
  public var description: String {
    withUnsafeBytes { String(decoding: Hexadecimal.digits(of: $0), as: UTF8.self) }
  }

  /// Reads 64 hexadecimal digits.
  public init?(_ description: String) {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in description.utf8 {
      guard let value = Hexadecimal.value(of: digit) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    guard high == nil else { return nil }
    let hash = bytes.withUnsafeBytes { TreeHash(bytes: $0) }
    guard let hash else { return nil }
    self = hash
  }
}

enum Hexadecimal {
  static func digits(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var digits: [UInt8] = []
    digits.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      digits.append(digit(byte >> 4))
      digits.append(digit(byte & 0xF))
    }
    return digits
  }

  static func digits(_ byte: UInt8) -> [UInt8] { [digit(byte >> 4), digit(byte & 0xF)] }

  static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 + value : 0x57 + value
  }

  static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x37
    case 0x61...0x66: digit - 0x57
    default: nil
    }
  }
}
