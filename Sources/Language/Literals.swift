import SourceText

/// One scalar of UTF-8 text.
enum UTF8Scalar {
  /// The scalar at an offset and its length in bytes; `nil` where the bytes are no UTF-8.
  static func decode(_ bytes: Span<UInt8>, at offset: Int) -> (scalar: Unicode.Scalar, length: Int)?
  {
    let first = bytes[offset]
    let length: Int
    var value: UInt32
    switch first {
    case 0..<0x80: return (Unicode.Scalar(first), 1)
    case 0xC2..<0xE0: (length, value) = (2, UInt32(first & 0x1F))
    case 0xE0..<0xF0: (length, value) = (3, UInt32(first & 0x0F))
    case 0xF0..<0xF5: (length, value) = (4, UInt32(first & 0x07))
    default: return nil
    }
    guard offset + length <= bytes.count else { return nil }
    for position in (offset + 1)..<(offset + length) {
      guard bytes[position] & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(bytes[position] & 0x3F)
    }
    let isOverlong = length == 3 && value < 0x800 || length == 4 && value < 0x10000
    guard !isOverlong, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }
}

/// What the bytes of literals mean.
enum Literals {
  /// An integer's magnitude; `nil` where 64 bits do not hold it.
  static func magnitude(of text: ArraySlice<UInt8>) -> UInt64? {
    var digits = text
    var radix: UInt64 = 10
    if text.count > 2, let prefix = text.dropFirst().first {
      if prefix | 0x20 == UInt8(ascii: "x") { radix = 16 }
      if prefix | 0x20 == UInt8(ascii: "o") { radix = 8 }
      if radix != 10 { digits = text.dropFirst(2) }
    }
    var value: UInt64 = 0
    for byte in digits {
      let digit =
        byte <= UInt8(ascii: "9")
        ? byte - UInt8(ascii: "0") : (byte | 0x20) - UInt8(ascii: "a") + 10
      let (product, overflowed) = value.multipliedReportingOverflow(by: radix)
      let (sum, carried) = product.addingReportingOverflow(UInt64(digit))
      guard !overflowed, !carried else { return nil }
      value = sum
    }
    return value
  }

  /// A name without its backquotes, and with the doubled ones single.
  static func unquoted(_ text: ArraySlice<UInt8>) -> String {
    var bytes: [UInt8] = []
    var position = text.startIndex + 1
    while position < text.endIndex - 1 {
      bytes.append(text[position])
      position += text[position] == UInt8(ascii: "`") ? 2 : 1
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Why a string's text is none, and where in it.
  struct EscapeError: Error {
    var message: String
    var start: Int
    var end: Int
  }

  /// What a quoted string says, its escapes replaced.
  ///
  /// - Throws: ``EscapeError`` with offsets into the source.
  static func string(_ text: ArraySlice<UInt8>) throws(EscapeError) -> String {
    let body = text.dropFirst().dropLast()
    guard body.contains(UInt8(ascii: "\\")) else { return String(decoding: body, as: UTF8.self) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(body.count)
    var position = body.startIndex
    while position < body.endIndex {
      let byte = body[position]
      guard byte == UInt8(ascii: "\\"), position + 1 < body.endIndex else {
        bytes.append(byte)
        position += 1
        continue
      }
      switch body[position + 1] {
      case UInt8(ascii: "n"), UInt8(ascii: "N"): bytes.append(0x0A)
      case UInt8(ascii: "t"), UInt8(ascii: "T"): bytes.append(0x09)
      case UInt8(ascii: "b"), UInt8(ascii: "B"): bytes.append(0x08)
      case UInt8(ascii: "f"), UInt8(ascii: "F"): bytes.append(0x0C)
      case UInt8(ascii: "r"), UInt8(ascii: "R"): bytes.append(0x0D)
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
        bytes.append(body[position + 1])
      case UInt8(ascii: "u"):
        position = try appendScalar(of: body, at: position, digitCount: 4, to: &bytes)
        continue
      case UInt8(ascii: "U"):
        position = try appendScalar(of: body, at: position, digitCount: 8, to: &bytes)
        continue
      default:
        throw EscapeError(
          message: "unknown escape in a string",
          start: position,
          end: scalarEnd(in: body, from: position + 1)
        )
      }
      position += 2
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the scalar of `\uXXXX`, also of a surrogate pair of two; returns where the text goes on.
  private static func appendScalar(
    of body: ArraySlice<UInt8>,
    at start: Int,
    digitCount: Int,
    to bytes: inout [UInt8]
  ) throws(EscapeError) -> Int {
    var end = start + 2 + digitCount
    guard var value = hexadecimal(body, from: start + 2, to: end) else {
      throw EscapeError(
        message: "this escape needs \(digitCount) hexadecimal digits",
        start: start,
        end: min(start + 2, body.endIndex)
      )
    }
    if digitCount == 4, value & 0xFC00 == 0xD800, end + 6 <= body.endIndex,
      body[end] == UInt8(ascii: "\\"), body[end + 1] == UInt8(ascii: "u"),
      let low = hexadecimal(body, from: end + 2, to: end + 6), low & 0xFC00 == 0xDC00
    {
      value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
      end += 6
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw EscapeError(message: "this escape is no Unicode character", start: start, end: end)
    }
    bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    return end
  }

  private static func hexadecimal(
    _ text: ArraySlice<UInt8>,
    from start: Int,
    to end: Int
  )
    -> UInt32?
  {
    guard end <= text.endIndex else { return nil }
    var value: UInt32 = 0
    for byte in text[start..<end] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  private static func scalarEnd(in text: ArraySlice<UInt8>, from start: Int) -> Int {
    var end = start + 1
    while end < text.endIndex, text[end] & 0xC0 == 0x80 { end += 1 }
    return end
  }
}
