/// Strings as sequences of code points.
///
/// The language compares strings by code points, where Swift compares them by canonical
/// equivalence. UTF-8 sorts as code points do, so bytes are enough.
enum UTF8Text {
  static func withBytes<R>(_ string: String, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    if let result = string.utf8.withContiguousStorageIfAvailable(body) { return result }
    var copy = string
    return copy.withUTF8(body)
  }

  static func compare(_ a: String, _ b: String) -> Int {
    withBytes(a) { first in
      withBytes(b) { second in
        let common = min(first.count, second.count)
        var index = 0
        while index < common, first[index] == second[index] { index += 1 }
        if index < common { return first[index] < second[index] ? -1 : 1 }
        return first.count < second.count ? -1 : first.count > second.count ? 1 : 0
      }
    }
  }

  static func equal(_ a: String, _ b: String) -> Bool {
    a.utf8.count == b.utf8.count && compare(a, b) == 0
  }

  static func hash(_ string: String, into hasher: inout Hasher) {
    withBytes(string) { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  static func hasPrefix(_ string: String, _ prefix: String) -> Bool {
    let count = prefix.utf8.count
    guard count <= string.utf8.count else { return false }
    return string.utf8.prefix(count).elementsEqual(prefix.utf8)
  }

  static func hasSuffix(_ string: String, _ suffix: String) -> Bool {
    let count = suffix.utf8.count
    guard count <= string.utf8.count else { return false }
    return string.utf8.suffix(count).elementsEqual(suffix.utf8)
  }

  static func contains(_ string: String, _ part: String) -> Bool {
    withBytes(string) { bytes in
      withBytes(part) { find($0, in: bytes, from: 0) != nil }
    }
  }

  /// The offset of the first occurrence of `part` at or after `start`.
  static func find(
    _ part: UnsafeBufferPointer<UInt8>,
    in bytes: UnsafeBufferPointer<UInt8>,
    from start: Int
  ) -> Int? {
    guard let first = part.first else { return start <= bytes.count ? start : nil }
    var index = start
    while index + part.count <= bytes.count {
      if bytes[index] == first {
        var offset = 1
        while offset < part.count, bytes[index + offset] == part[offset] { offset += 1 }
        if offset == part.count { return index }
      }
      index += 1
    }
    return nil
  }

  /// The pieces of `string` between the occurrences of `separator`, which is not empty.
  static func split(_ string: String, by separator: String) -> [String] {
    withBytes(string) { bytes in
      withBytes(separator) { part in
        var pieces: [String] = []
        var start = 0
        while let found = find(part, in: bytes, from: start) {
          pieces.append(String(decoding: bytes[start..<found], as: UTF8.self))
          start = found + part.count
        }
        pieces.append(String(decoding: bytes[start...], as: UTF8.self))
        return pieces
      }
    }
  }

  /// How many code points `string` has.
  static func count(_ string: String) -> Int {
    withBytes(string) { bytes in
      var count = 0
      for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
      return count
    }
  }

  /// The code points `from..<to`, both within the string or beyond its end.
  static func substring(_ string: String, from: Int, to: Int) -> String {
    let scalars = string.unicodeScalars
    let start = scalars.index(scalars.startIndex, offsetBy: from, limitedBy: scalars.endIndex)
    guard let start, to > from else { return "" }
    let end = scalars.index(start, offsetBy: to - from, limitedBy: scalars.endIndex)
    return String(scalars[start..<(end ?? scalars.endIndex)])
  }
}
