import ArgumentParser
import GraphModel
import JSONTape
import OrderedCollections

/// Reads the values of query parameters, which are JSON, or plain words where that is enough.
struct ParameterReader {
  private let parser = JSONParser(depthMax: 64)

  /// A parameter as the command line has it: `name=value`.
  ///
  /// A value that is JSON is taken as JSON; any other is a text.
  func parameter(_ argument: String) throws -> (name: String, value: Value) {
    guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
      throw ValidationError("--param \(argument): expected NAME=VALUE")
    }
    let name = String(argument[..<equals].drop { $0 == "$" })
    let text = String(argument[argument.index(after: equals)...])
    do {
      return (name, try value(json: Array(text.utf8)))
    } catch let problem as ParameterProblem {
      let looksLikeJSON = text.first.map { "[{\"".contains($0) } ?? false
      if looksLikeJSON || problem.isJSON {
        throw ValidationError(
          "--param \(argument): \(problem.message); a text that starts like JSON is written as a "
            + "JSON string"
        )
      }
      return (name, .string(text))
    }
  }

  /// The value of a JSON text.
  func value(json: [UInt8]) throws -> Value {
    let tape: JSONTape
    do {
      tape = try json.withUnsafeBytes { bytes in try parser.parse(bytes) }
    } catch let error as JSONError {
      throw ParameterProblem(message: error.message, isJSON: false)
    }
    return try Self.value(tape, tape.root)
  }

  /// Bounded in depth by the parser, which refuses deeper texts.
  static func value(_ tape: JSONTape, _ index: Int) throws -> Value {
    switch tape.kind(at: index) {
    case .null: return .null
    case .true: return .boolean(true)
    case .false: return .boolean(false)
    case .signed: return .integer(tape.signed(at: index))
    case .float: return .float(tape.float(at: index))
    case .unsigned:
      guard let number = Int64(exactly: tape.unsigned(at: index)) else {
        throw ParameterProblem(
          message: "\(tape.unsigned(at: index)) is larger than an integer can be",
          isJSON: true
        )
      }
      return .integer(number)
    case .string: return .string(string(tape, index))
    case .array: return .list(try list(tape, index))
    case .object: return .map(try map(tape, index))
    default:
      preconditionFailure("not the start of a value on a JSON tape")
    }
  }

  static func string(_ tape: JSONTape, _ index: Int) -> String {
    String(decoding: tape.string(at: index), as: UTF8.self)
  }

  private static func list(_ tape: JSONTape, _ array: Int) throws -> [Value] {
    var values: [Value] = []
    var index = tape.firstChild(of: array)
    while index < tape.end(of: array) {
      values.append(try value(tape, index))
      index = tape.index(after: index)
    }
    return values
  }

  static func map(_ tape: JSONTape, _ object: Int) throws -> OrderedDictionary<String, Value> {
    var members: OrderedDictionary<String, Value> = [:]
    var index = tape.firstChild(of: object)
    while index < tape.end(of: object) {
      let key = string(tape, index)
      guard members[key] == nil else {
        throw ParameterProblem(message: "the key \"\(key)\" is there twice", isJSON: true)
      }
      members[key] = try value(tape, index + 1)
      index = tape.index(after: index + 1)
    }
    return members
  }
}

/// Why a text is no value of a parameter.
struct ParameterProblem: Error {
  let message: String
  /// Whether the text is JSON, with something in it that a query cannot take.
  let isJSON: Bool
}
