import Glibc
import JSONTape

/// Finds values in the bytes of a text that is known to be JSON.
///
/// On bytes that are not JSON it finds nonsense, but reads only within them.
enum RawJSON {
  /// A value as it was written.
  struct Slice {
    var start: Int
    var end: Int
    /// Whether there is white space in it outside of strings.
    var hasWhitespace: Bool
  }

  @inline(__always)
  static func isWhitespace(_ byte: UInt8) -> Bool {
    byte <= 0x20 && (byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A)
  }

  @inline(__always)
  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  @inline(__always)
  static func skipWhitespace(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var offset = start
    while offset < bytes.count, isWhitespace(bytes[offset]) { offset += 1 }
    return offset
  }

  /// Returns the offset behind the string that starts, with its quote, at `start`.
  @inline(__always)
  static func skipString(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var offset = start + 1
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      if byte == 0x22 { return offset }
      if byte == 0x5C { offset += 1 }
    }
    return bytes.count
  }

  /// Finds the end of the value that starts at a token of a text, and the token behind it.
  static func value(
    _ bytes: UnsafeRawBufferPointer,
    _ tape: JSONTape,
    at token: inout Int
  ) -> Slice {
    let start = tape.offset(ofToken: token)
    token += 1
    guard bytes[start] == UInt8(ascii: "{") || bytes[start] == UInt8(ascii: "[") else {
      // Something stands behind every value but the text's own.
      var end = tape.offset(ofToken: token)
      while isWhitespace(bytes[end - 1]) { end -= 1 }
      return Slice(start: start, end: end, hasWhitespace: false)
    }
    var depth = 1
    var least = UInt8.max
    var offset = start
    while depth > 0 {
      offset = tape.offset(ofToken: token)
      // White space stands before tokens only, and nothing else that is as low.
      least = min(least, bytes[offset - 1])
      // The brackets of both kinds differ in one bit.
      let bracket = bytes[offset] | 0x20
      depth &+= bracket == UInt8(ascii: "{") ? 1 : 0
      depth &-= bracket == UInt8(ascii: "}") ? 1 : 0
      token += 1
    }
    return Slice(start: start, end: offset + 1, hasWhitespace: least <= 0x20)
  }

  /// Appends a value without its white space outside of strings.
  static func append(_ slice: Slice, of bytes: UnsafeRawBufferPointer, to target: inout [UInt8]) {
    if !slice.hasWhitespace {
      target.append(contentsOf: bytes[slice.start..<slice.end])
      return
    }
    var offset = slice.start
    var runStart = offset
    while offset < slice.end {
      let byte = bytes[offset]
      if byte == 0x22 {
        offset = skipString(bytes, from: offset)
      } else if isWhitespace(byte) {
        target.append(contentsOf: bytes[runStart..<offset])
        offset = skipWhitespace(bytes, from: offset)
        runStart = offset
      } else {
        offset += 1
      }
    }
    target.append(contentsOf: bytes[runStart..<slice.end])
  }
}

extension UnsafeRawBufferPointer {
  /// Where a byte is for the first time.
  func offset(of byte: UInt8) -> Int? {
    guard let baseAddress, let found = memchr(baseAddress, Int32(byte), count) else { return nil }
    return UnsafeRawPointer(found) - baseAddress
  }

  /// Looks for control characters by eights: `false` where there is none, and now and then `true`.
  var mayHaveControlCharacters: Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let highBits = ones << 7
    @inline(__always)
    func marks(_ word: UInt64) -> UInt64 {
      let deletes = word ^ ones &* 0x7F
      // Bytes below a bound borrow from their high bit where it was not set.
      return (word &- ones &* 0x20) & ~word & highBits | (deletes &- ones) & ~deletes & highBits
    }
    guard count >= 8 else { return contains { $0 < 0x20 || $0 == 0x7F } }
    var found: UInt64 = 0
    var offset = 0
    while offset + 8 <= count {
      found |= marks(loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    return found | marks(loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)) != 0
  }

  /// Whether both have the same bytes.
  func hasBytes(of other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count, let left = baseAddress, let right = other.baseAddress else {
      return count == other.count
    }
    return memcmp(left, right, count) == 0
  }
}
