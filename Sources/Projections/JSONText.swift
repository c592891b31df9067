import GraphModel
import JSONTape
import OrderedCollections

/// JSON as values, and values as JSON: for what is too rare to be read in place.
enum JSONText {
  /// The value at an index of a tape; of two members with one name, the first.
  static func value(at index: Int, of tape: JSONTape) -> Value {
    switch tape.kind(at: index) {
    case .string: return .string(String(decoding: tape.string(at: index), as: UTF8.self))
    case .signed: return .integer(tape.signed(at: index))
    case .unsigned:
      let number = tape.unsigned(at: index)
      return Int64(exactly: number).map { .integer($0) } ?? .float(Double(number))
    case .float: return .float(tape.float(at: index))
    case .true: return .boolean(true)
    case .false: return .boolean(false)
    case .array:
      var elements: [Value] = []
      var child = tape.firstChild(of: index)
      let end = tape.end(of: index)
      while child < end {
        elements.append(value(at: child, of: tape))
        child = tape.index(after: child)
      }
      return .list(elements)
    case .object: return .map(members(of: index, of: tape))
    case .null, .endOfObject, .endOfArray, .root: return .null
    }
  }

  /// The members of an object.
  static func members(of object: Int, of tape: JSONTape) -> OrderedDictionary<String, Value> {
    var members: OrderedDictionary<String, Value> = [:]
    var child = tape.firstChild(of: object)
    let end = tape.end(of: object)
    while child < end {
      let name = String(decoding: tape.string(at: child), as: UTF8.self)
      if members[name] == nil { members[name] = value(at: child + 1, of: tape) }
      child = tape.index(after: child + 1)
    }
    return members
  }

  static func text(of value: Value) -> String {
    var bytes: [UInt8] = []
    if !append(value, to: &bytes) { return "null" }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes a value as an event's data would say it.
  ///
  /// Returns `false` where JSON has no words for it: a node, a duration, infinity.
  static func append(_ value: Value, to bytes: inout [UInt8]) -> Bool {
    switch value {
    case .null: bytes += "null".utf8
    case .boolean(let flag): bytes += (flag ? "true" : "false").utf8
    case .integer(let number): bytes += String(number).utf8
    case .float(let number):
      guard number.isFinite else { return false }
      bytes += String(number).utf8
    case .string(let text): append(text, to: &bytes)
    case .date(let date):
      append("\(date)", to: &bytes)
    case .dateTime(let moment): append(InstantText.text(of: moment), to: &bytes)
    case .list(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        guard append(element, to: &bytes) else { return false }
      }
      bytes.append(UInt8(ascii: "]"))
    case .map(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        append(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        guard append(member.value, to: &bytes) else { return false }
      }
      bytes.append(UInt8(ascii: "}"))
    case .duration, .node, .edge, .path, .derivedEdge: return false
    }
    return true
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        bytes += "\\u00".utf8
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

/// What stands at an index of a tape, for a message.
func found(at index: Int, of tape: JSONTape) -> String {
  switch tape.kind(at: index) {
  case .string:
    let text = tape.string(at: index)
    return text.isEmpty ? "an empty string" : quoted(text)
  case .signed: return "the number \(tape.signed(at: index))"
  case .unsigned: return "the number \(tape.unsigned(at: index))"
  case .float: return "the number \(tape.float(at: index))"
  case .true: return "true"
  case .false: return "false"
  case .null, .root, .endOfArray, .endOfObject: return "null"
  case .array: return tape.count(at: index) == 0 ? "an empty list" : "a list"
  case .object: return tape.count(at: index) == 0 ? "an empty object" : "an object"
  }
}
