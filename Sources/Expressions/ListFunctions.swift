import GraphModel
import OrderedCollections

/// Functions of lists and maps, and those that take any value.
enum ListFunctions {
  private static func elements(_ value: Value) -> [Value] {
    if case .list(let elements) = value { return elements }
    return []
  }

  static let all: [ScalarFunction] = [
    ScalarFunction(
      "size",
      1...1,
      of: [[.string, .list]],
      to: .integer,
      "the number of elements of a list, or of characters (code points) of a string"
    ) { values throws(EvaluationError) in
      switch values[0] {
      case .string(let text): .integer(Int64(UTF8Text.count(text)))
      default: .integer(Int64(elements(values[0]).count))
      }
    },
    ScalarFunction(
      "length",
      1...1,
      of: [[.path, .string, .list]],
      to: .integer,
      "the number of edges of a path, of elements or of characters"
    ) { values throws(EvaluationError) in
      switch values[0] {
      case .path(let path): .integer(Int64(path.edges.count))
      case .string(let text): .integer(Int64(UTF8Text.count(text)))
      default: .integer(Int64(elements(values[0]).count))
      }
    },
    ScalarFunction(
      "reverse",
      1...1,
      of: [[.string, .list]],
      to: [.string, .list],
      "the list or the string from its end"
    ) { values throws(EvaluationError) in
      switch values[0] {
      case .string(let text):
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: text.unicodeScalars.reversed())
        return .string(String(scalars))
      default: return .list(elements(values[0]).reversed())
      }
    },
    ScalarFunction("head", 1...1, of: [.list], to: .any, "the first element, or null") {
      values throws(EvaluationError) in
      elements(values[0]).first ?? .null
    },
    ScalarFunction("last", 1...1, of: [.list], to: .any, "the last element, or null") {
      values throws(EvaluationError) in
      elements(values[0]).last ?? .null
    },
    ScalarFunction("tail", 1...1, of: [.list], to: .list, "all elements but the first") {
      values throws(EvaluationError) in
      .list(Array(elements(values[0]).dropFirst()))
    },
    ScalarFunction(
      "range",
      2...3,
      of: [.integer],
      to: .list,
      "the integers from the first to the second, both included, by steps",
      mismatchKind: .invalidArgument
    ) { values throws(EvaluationError) in
      try range(values)
    },
    ScalarFunction("keys", 1...1, of: [.map], to: .list, "the keys of a map") {
      values throws(EvaluationError) in
      guard case .map(let map) = values[0] else { return .null }
      return .list(map.keys.map { .string($0) })
    },
    ScalarFunction("properties", 1...1, of: [.map], to: .map, "the map itself") {
      values throws(EvaluationError) in
      values[0]
    },
    ScalarFunction(
      "isEmpty",
      1...1,
      of: [[.string, .list, .map]],
      to: .boolean,
      "whether a list, a map or a string has nothing in it"
    ) { values throws(EvaluationError) in
      switch values[0] {
      case .string(let text): .boolean(text.isEmpty)
      case .map(let map): .boolean(map.isEmpty)
      default: .boolean(elements(values[0]).isEmpty)
      }
    },
    ScalarFunction(
      "coalesce",
      1...Int.max,
      of: [.any],
      to: .any,
      "the first argument that is not null",
      returnsNullForNull: false
    ) { values throws(EvaluationError) in
      values.first { !$0.isNull } ?? .null
    },
    ScalarFunction(
      "nullIf",
      2...2,
      of: [.any],
      to: .any,
      "null if both are equal, else the first",
      returnsNullForNull: false
    ) { values throws(EvaluationError) in
      ValueOperations.equals(values[0], values[1]) == true ? .null : values[0]
    },
    ScalarFunction(
      "exists",
      1...1,
      of: [.any],
      to: .boolean,
      "whether the value is not null",
      returnsNullForNull: false
    ) { values throws(EvaluationError) in
      .boolean(!values[0].isNull)
    },
  ]

  private static func range(_ values: [Value]) throws(EvaluationError) -> Value {
    guard case .integer(let first) = values[0], case .integer(let last) = values[1] else {
      return .null
    }
    var step: Int64 = 1
    if values.count > 2, case .integer(let written) = values[2] { step = written }
    if step == 0 {
      throw EvaluationError(.argumentOutOfRange, "the step of \"range\" is zero")
    }
    if step > 0 ? first > last : first < last { return .list([]) }
    let distance = step > 0 ? Int128(last) - Int128(first) : Int128(first) - Int128(last)
    let count = distance / Int128(step.magnitude) + 1
    guard count <= Int128(ExpressionLimits.listCount) else {
      throw EvaluationError(
        .limitExceeded,
        "\"range\" would make \(count) elements, more than \(ExpressionLimits.listCount)"
      )
    }
    var elements: [Value] = []
    elements.reserveCapacity(Int(count))
    for index in 0..<Int64(count) { elements.append(.integer(first &+ index &* step)) }
    return .list(elements)
  }
}
