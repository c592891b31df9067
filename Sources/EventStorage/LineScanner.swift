import JSONTape

/// Finds what is wrong with a line that simdjson refused, or that exceeds a limit, and where.
///
/// Slow and exact: it runs only on lines that are wrong, and on those with escapes, whose
/// surrogates simdjson does not all check.
struct LineScanner {
  static let nestingMax = 64
  static let listItemCountMax = 10_000

  private enum PathPart {
    case key([UInt8])
    case item(Int)
  }

  private let line: UnsafeRawBufferPointer
  private var offset = 0
  private var path: [PathPart] = []
  private var depth = 0
  /// The string scanned last, unescaped.
  private var string: [UInt8] = []

  init(_ line: UnsafeRawBufferPointer) {
    self.line = line
  }

  /// Throws what is wrong with the line, if anything is.
  mutating func scan() throws(EventError) {
    skipWhitespace()
    try scanValue()
    skipWhitespace()
    if offset < line.count { throw syntax("the end of the line") }
  }

  private func error(_ reason: EventError.Reason, at offset: Int? = nil) -> EventError {
    EventError(reason, at: offset ?? self.offset, in: line, path: pathText)
  }

  private func syntax(_ expected: String) -> EventError {
    error(.syntax(expected: expected, found: found))
  }

  private var pathText: String {
    var text = ""
    for part in path {
      switch part {
      case .key(let key):
        if !text.isEmpty { text += "." }
        text += String(decoding: key, as: UTF8.self)
      case .item(let index): text += "[\(index)]"
      }
    }
    return text
  }

  private var found: String {
    guard offset < line.count else { return "the end of the line" }
    switch line[offset] {
    case 0: return "a NUL byte"
    case 0x22: return "a string"
    case 0..<0x20, 0x7F: return "the control character \(EventError.name(of: line[offset]))"
    case 0x21..<0x7F: return "\"\(Unicode.Scalar(line[offset]))\""
    default:
      let text = String(decoding: line[offset...].prefix(4), as: UTF8.self)
      return text.unicodeScalars.first.map { "\"\($0)\"" } ?? "a byte"
    }
  }

  private var current: UInt8? { offset < line.count ? line[offset] : nil }

  private mutating func skipWhitespace() {
    while let byte = current, RawJSON.isWhitespace(byte) { offset += 1 }
  }

  private mutating func scanValue() throws(EventError) {
    switch current {
    case UInt8(ascii: "{"): try scanContainer(closing: UInt8(ascii: "}"))
    case UInt8(ascii: "["): try scanContainer(closing: UInt8(ascii: "]"))
    case UInt8(ascii: "\""): try scanString()
    case UInt8(ascii: "-"): try scanNumber()
    case let byte? where RawJSON.isDigit(byte): try scanNumber()
    case UInt8(ascii: "t"): try scanWord("true")
    case UInt8(ascii: "f"): try scanWord("false")
    case UInt8(ascii: "n"): try scanWord("null")
    default: throw syntax("a value")
    }
  }

  private mutating func scanContainer(closing: UInt8) throws(EventError) {
    depth += 1
    if depth > Self.nestingMax { throw error(.nestingTooDeep(limit: Self.nestingMax)) }
    let isObject = closing == UInt8(ascii: "}")
    var keys: Set<[UInt8]> = []
    var count = 0
    offset += 1
    skipWhitespace()
    if current != closing {
      while true {
        if isObject {
          try scanKey(&keys)
        } else {
          path.append(.item(count))
        }
        count += 1
        if !isObject, count > Self.listItemCountMax {
          path.removeLast()
          throw error(.listTooLong(limit: Self.listItemCountMax))
        }
        skipWhitespace()
        try scanValue()
        path.removeLast()
        skipWhitespace()
        if current == closing { break }
        let end = isObject ? "\",\" or \"}\"" : "\",\" or \"]\""
        guard current == UInt8(ascii: ",") else { throw syntax(end) }
        offset += 1
        skipWhitespace()
      }
    }
    offset += 1
    depth -= 1
  }

  private mutating func scanKey(_ keys: inout Set<[UInt8]>) throws(EventError) {
    guard current == UInt8(ascii: "\"") else { throw syntax("a key in double quotes") }
    let start = offset
    try scanString()
    if !keys.insert(string).inserted {
      throw error(.duplicateKey(String(decoding: string, as: UTF8.self)), at: start)
    }
    path.append(.key(string))
    skipWhitespace()
    guard current == UInt8(ascii: ":") else { throw syntax("\":\"") }
    offset += 1
  }

  private mutating func scanWord(_ word: StaticString) throws(EventError) {
    let bytes = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard line[offset...].starts(with: bytes) else { throw syntax("a value") }
    offset += bytes.count
    if let byte = current, byte | 0x20 >= 0x61, byte | 0x20 <= 0x7A { throw syntax("a value") }
  }

  // MARK: Numbers

  private mutating func scanNumber() throws(EventError) {
    let start = offset
    if current == UInt8(ascii: "-") { offset += 1 }
    if current == UInt8(ascii: "0") {
      offset += 1
      if let byte = current, RawJSON.isDigit(byte) {
        throw syntax("a number without leading zeros")
      }
    } else {
      try scanDigits()
    }
    var isInteger = true
    if current == UInt8(ascii: ".") {
      isInteger = false
      offset += 1
      try scanDigits()
    }
    if let byte = current, byte | 0x20 == 0x65 {
      isInteger = false
      offset += 1
      if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
      try scanDigits()
    }
    let text = String(decoding: line[start..<offset], as: UTF8.self)
    let fits =
      isInteger ? Int64(text) != nil || UInt64(text) != nil : Double(text)?.isFinite ?? false
    if !fits {
      let shown = text.utf8.count <= 40 ? text : "one of \(text.utf8.count) digits"
      throw error(.numberOutOfRange(shown), at: start)
    }
  }

  private mutating func scanDigits() throws(EventError) {
    let start = offset
    while let byte = current, RawJSON.isDigit(byte) { offset += 1 }
    if offset == start { throw syntax("a digit") }
  }

  // MARK: Strings

  private mutating func scanString() throws(EventError) {
    string.removeAll(keepingCapacity: true)
    offset += 1
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        offset += 1
        return
      case UInt8(ascii: "\\"): try scanEscape()
      case 0..<0x20: throw error(.controlCharacter(byte))
      case 0x20..<0x80:
        string.append(byte)
        offset += 1
      default: try scanScalar()
      }
    }
    throw syntax("the end of the string")
  }

  private mutating func scanEscape() throws(EventError) {
    let start = offset
    offset += 1
    guard let byte = current else { throw syntax("the end of the string") }
    if byte == UInt8(ascii: "u") {
      offset += 1
      var code = try scanHexadecimal()
      if code >> 10 == 0x36 {
        guard current == UInt8(ascii: "\\"), offset + 1 < line.count,
          line[offset + 1] == UInt8(ascii: "u")
        else { throw error(.loneSurrogate, at: start) }
        offset += 2
        let low = try scanHexadecimal()
        guard low >> 10 == 0x37 else { throw error(.loneSurrogate, at: start) }
        code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(code) else { throw error(.loneSurrogate, at: start) }
      string += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
      return
    }
    let escapes: [UInt8: UInt8] = [
      0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D,
      0x74: 0x09,
    ]
    guard let meant = escapes[byte] else { throw syntax("one of \"\\/bfnrtu after a backslash") }
    string.append(meant)
    offset += 1
  }

  private mutating func scanHexadecimal() throws(EventError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = current, let digit = Hexadecimal.value(of: byte) else {
        throw syntax("four hexadecimal digits after \"\\u\"")
      }
      code = code << 4 | UInt32(digit)
      offset += 1
    }
    return code
  }

  /// Scans a character of more than one byte.
  private mutating func scanScalar() throws(EventError) {
    let lead = line[offset]
    let count = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
    guard lead >= 0xC2, lead <= 0xF4, offset + count <= line.count else {
      throw error(.invalidUTF8)
    }
    var code = UInt32(lead) & (0x7F >> UInt32(count))
    for index in 1..<count {
      let byte = line[offset + index]
      guard byte & 0xC0 == 0x80 else { throw error(.invalidUTF8) }
      code = code << 6 | UInt32(byte & 0x3F)
    }
    let minimum: UInt32 = count == 2 ? 0x80 : count == 3 ? 0x800 : 0x10000
    guard code >= minimum, Unicode.Scalar(code) != nil else { throw error(.invalidUTF8) }
    string += line[offset..<(offset + count)]
    offset += count
  }
}
