public import GraphModel
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
    let numbers = try IntegerRange(values)
    return .list((0..<numbers.count).map { .integer(numbers[$0]) })
  }
}

/// The integers that `range(first, last, step)` names, both ends included.
public struct IntegerRange: Sendable {
  private let first: Int64
  private let step: Int64
  /// How many they are, at most ``ExpressionLimits/listCount``.
  public let count: Int

  /// Reads the arguments of `range`; the step is 1 where there is none.
  public init(_ values: [Value]) throws(EvaluationError) {
    var numbers: [Int64] = []
    for value in values {
      guard case .integer(let number) = value else {
        throw EvaluationError(
          .invalidArgument,
          "\"range\" expects an integer as argument \(numbers.count + 1), not \(value.typeName)"
        )
      }
      numbers.append(number)
    }
    first = numbers[0]
    step = numbers.count > 2 ? numbers[2] : 1
    if step == 0 {
      throw EvaluationError(.argumentOutOfRange, "the step of \"range\" is zero")
    }
    let span = Int128(numbers[1]) - Int128(first)
    let count = max(0, (step > 0 ? span : -span) / Int128(step.magnitude) + 1)
    let isEmpty = step > 0 ? span < 0 : span > 0
    guard isEmpty || count <= Int128(ExpressionLimits.listCount) else {
      throw EvaluationError(
        .limitExceeded,
        "\"range\" would make \(count) elements, more than \(ExpressionLimits.listCount)"
      )
    }
    self.count = isEmpty ? 0 : Int(count)
  }

  public subscript(index: Int) -> Int64 { first &+ Int64(index) &* step }
}
