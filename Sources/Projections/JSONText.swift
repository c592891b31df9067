import Expressions
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
    default: return .null
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
    String(decoding: bytes(of: value), as: UTF8.self)
  }

  static func bytes(of value: Value) -> [UInt8] {
    var bytes: [UInt8] = []
    ValueJSON.write(value, to: &bytes)
    return bytes
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
  case .array: return tape.count(at: index) == 0 ? "an empty list" : "a list"
  case .object: return tape.count(at: index) == 0 ? "an empty object" : "an object"
  default: return "null"
  }
}
