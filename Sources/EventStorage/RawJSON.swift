import Glibc

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

  /// Finds the end of the value that starts at `start`.
  static func value(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Slice {
    var offset = start
    var depth = 0
    var hasWhitespace = false
    while offset < bytes.count {
      switch bytes[offset] {
      case 0x22:
        offset = skipString(bytes, from: offset)
        if depth == 0 { return Slice(start: start, end: offset, hasWhitespace: false) }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        // A scalar ends before the end of what it is in.
        if depth < 0 { return Slice(start: start, end: offset, hasWhitespace: false) }
        if depth == 0 { return Slice(start: start, end: offset + 1, hasWhitespace: hasWhitespace) }
      case UInt8(ascii: ",") where depth == 0:
        return Slice(start: start, end: offset, hasWhitespace: false)
      case 0x20, 0x09, 0x0D, 0x0A:
        if depth == 0 { return Slice(start: start, end: offset, hasWhitespace: false) }
        hasWhitespace = true
      default: break
      }
      offset += 1
    }
    return Slice(start: start, end: bytes.count, hasWhitespace: hasWhitespace)
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

  /// Whether both have the same bytes.
  func hasBytes(of other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count, let left = baseAddress, let right = other.baseAddress else {
      return count == other.count
    }
    return memcmp(left, right, count) == 0
  }
}
