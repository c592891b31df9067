import Digests

/// A SHA-256 digest: of an event, or of all events up to one.
///
/// Written as 64 hexadecimal digits.
public struct TreeHash: Hashable, Sendable {
  private let digest: SHA256Digest

  public static let byteCount = SHA256Digest.byteCount

  /// Returns `nil` unless there are 32 bytes.
  public init?(bytes: UnsafeRawBufferPointer) {
    guard let digest = SHA256Digest(bytes: bytes) else { return nil }
    self.digest = digest
  }

  /// The digest of these pieces, one after another.
  init(
    hashing first: UnsafeRawBufferPointer,
    _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
    _ third: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
  ) {
    var hash = SHA256()
    hash.update(first)
    hash.update(second)
    hash.update(third)
    digest = hash.digest
  }

  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    digest.withUnsafeBytes(body)
  }

  public var bytes: [UInt8] { digest.bytes }
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
