public import JSONTape

/// The canonical form of JSON of RFC 8785: equal values have equal bytes.
///
/// One difference: an integer past 2^53 keeps its digits, where RFC 8785 would round it to the
/// nearest double, because the log keeps numbers' digits and two of them are two values.
public enum CanonicalJSON {
  /// The canonical form of one JSON text.
  public static func bytes(
    of text: UnsafeRawBufferPointer,
    using parser: JSONParser
  ) throws(JSONError) -> [UInt8] {
    let tape = try parser.parse(text)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    append(tape, tape.root, to: &bytes)
    return bytes
  }

  /// Writes the value at `index`.
  ///
  /// The tape bounds the depth of the recursion: its parser refuses what is nested deeper.
  static func append(_ tape: JSONTape, _ index: Int, to bytes: inout [UInt8]) {
    switch tape.kind(at: index) {
    case .object: appendObject(tape, index, to: &bytes) { _ in true }
    case .array: appendArray(tape, index, to: &bytes)
    case .string: appendString(tape.string(at: index), to: &bytes)
    case .signed: bytes += String(tape.signed(at: index)).utf8
    case .unsigned: bytes += String(tape.unsigned(at: index)).utf8
    case .float: bytes += number(tape.float(at: index)).utf8
    case .true: bytes += "true".utf8
    case .false: bytes += "false".utf8
    case .null: bytes += "null".utf8
    default: preconditionFailure("no value starts here")
    }
  }

  /// Writes the object at `index`, with only those members whose name `includes` accepts.
  static func appendObject(
    _ tape: JSONTape,
    _ index: Int,
    to bytes: inout [UInt8],
    including includes: (UnsafeRawBufferPointer) -> Bool
  ) {
    var members: [(name: UnsafeRawBufferPointer, value: Int)] = []
    let end = tape.end(of: index)
    var member = tape.firstChild(of: index)
    while member < end {
      let name = tape.string(at: member)
      if includes(name) { members.append((name, member + 1)) }
      member = tape.index(after: member + 1)
    }
    members.sort { precedes($0.name, $1.name) }
    bytes.append(UInt8(ascii: "{"))
    for (number, member) in members.enumerated() {
      if number > 0 { bytes.append(UInt8(ascii: ",")) }
      appendString(member.name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      append(tape, member.value, to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  private static func appendArray(_ tape: JSONTape, _ index: Int, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "["))
    let end = tape.end(of: index)
    let first = tape.firstChild(of: index)
    var element = first
    while element < end {
      if element > first { bytes.append(UInt8(ascii: ",")) }
      append(tape, element, to: &bytes)
      element = tape.index(after: element)
    }
    bytes.append(UInt8(ascii: "]"))
  }

  /// Writes a string with its quotes; RFC 8785, section 3.2.2.2.
  public static func appendString(_ string: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in string {
      switch byte {
      case 0x22, 0x5C: bytes += [0x5C, byte]
      case 0x08: bytes += [0x5C, UInt8(ascii: "b")]
      case 0x09: bytes += [0x5C, UInt8(ascii: "t")]
      case 0x0A: bytes += [0x5C, UInt8(ascii: "n")]
      case 0x0C: bytes += [0x5C, UInt8(ascii: "f")]
      case 0x0D: bytes += [0x5C, UInt8(ascii: "r")]
      case 0..<0x20:
        bytes += "\\u00".utf8
        bytes += [Hexadecimal.digit(byte >> 4), Hexadecimal.digit(byte & 0xF)]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Whether `left` sorts before `right` by UTF-16 code units; both are UTF-8.
  ///
  /// The orders differ in one place: characters past U+FFFF, which UTF-16 writes with
  /// surrogates, come before U+E000 to U+FFFF.
  static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    for index in 0..<min(left.count, right.count) where left[index] != right[index] {
      func rank(_ byte: UInt8) -> UInt8 { byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte }
      return rank(left[index]) < rank(right[index])
    }
    return left.count < right.count
  }

  /// A finite number as ECMAScript writes it; ECMA-262, Number::toString.
  ///
  /// Swift's description has the same shortest digits in another layout.
  static func number(_ number: Double) -> String {
    if number == 0 { return "0" }
    var digits: [UInt8] = []
    var pointPlace = 0
    var exponent = 0
    var sawPoint = false
    var text = Array(number.magnitude.description.utf8)[...]
    if let mark = text.firstIndex(of: UInt8(ascii: "e")) {
      exponent = Int(String(decoding: text[(mark + 1)...], as: UTF8.self)) ?? 0
      text = text[..<mark]
    }
    for byte in text {
      if byte == UInt8(ascii: ".") {
        sawPoint = true
      } else if byte != UInt8(ascii: "0") || !digits.isEmpty {
        digits.append(byte)
        if !sawPoint { pointPlace += 1 }
      } else if sawPoint {
        pointPlace -= 1
      }
    }
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    return (number < 0 ? "-" : "") + layout(digits, pointPlace: pointPlace + exponent)
  }

  /// Writes a number: the digits behind a decimal point, times ten to the power of `place`.
  private static func layout(_ digits: [UInt8], pointPlace place: Int) -> String {
    let text = String(decoding: digits, as: UTF8.self)
    func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
    func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
    if digits.count <= place, place <= 21 { return text + zeros(place - digits.count) }
    if 0 < place, place <= 21 { return part(0..<place) + "." + part(place..<digits.count) }
    if -6 < place, place <= 0 { return "0." + zeros(-place) + text }
    let exponent = place > 0 ? "e+\(place - 1)" : "e-\(1 - place)"
    return digits.count == 1
      ? text + exponent : part(0..<1) + "." + part(1..<digits.count) + exponent
  }
}
