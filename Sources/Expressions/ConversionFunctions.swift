import GraphModel

enum ConversionFunctions {
  typealias Conversion = @Sendable (Value) throws(EvaluationError) -> Value

  /// The function and its variant that gives null for values of types that it does not take.
  private static func pair(
    _ name: String,
    of kinds: ValueKinds,
    to result: ValueKinds,
    _ summary: String,
    _ body: @escaping Conversion
  ) -> [ScalarFunction] {
    [
      ScalarFunction(name, 1...1, of: [kinds], to: result, summary) {
        values throws(EvaluationError) in
        try body(values[0])
      },
      ScalarFunction(
        name + "OrNull",
        1...1,
        of: [.any],
        to: result,
        summary + "; null where that makes no sense"
      ) { values throws(EvaluationError) in
        kinds.isSuperset(of: ValueKinds(of: values[0])) ? try body(values[0]) : .null
      },
    ]
  }

  static let all: [ScalarFunction] =
    pair(
      "toString",
      of: [.boolean, .number, .string, .temporal],
      to: .string,
      "the value as a string"
    ) { value throws(EvaluationError) in
      .string(ValueText.display(value))
    }
    + pair(
      "toInteger",
      of: [.boolean, .number, .string],
      to: .integer,
      "the value as an integer, cut towards zero; null for a string that writes no number"
    ) { value throws(EvaluationError) in
      switch value {
      case .boolean(let truth): return .integer(truth ? 1 : 0)
      case .float(let float):
        guard let integer = Int64(exactly: float.rounded(.towardZero)) else {
          throw EvaluationError(
            .overflow,
            "\(NumberText.float(float)) does not fit in a 64-bit integer"
          )
        }
        return .integer(integer)
      case .string(let text): return NumberText.parseInteger(text).map { .integer($0) } ?? .null
      default: return value
      }
    }
    + pair(
      "toFloat",
      of: [.number, .string],
      to: .float,
      "the value as a float; null for a string that writes no number"
    ) { value throws(EvaluationError) in
      switch value {
      case .string(let text): NumberText.parseFloat(text).map { .float($0) } ?? .null
      default: ValueOperations.number(value).map { .float($0) } ?? .null
      }
    }
    + pair(
      "toBoolean",
      of: [.boolean, .integer, .string],
      to: .boolean,
      "the value as a boolean; null for a string that is neither \"true\" nor \"false\""
    ) { value throws(EvaluationError) in
      switch value {
      case .integer(let integer): .boolean(integer != 0)
      case .string(let text):
        switch TextFunctions.trimmed(text).lowercased() {
        case "true": .boolean(true)
        case "false": .boolean(false)
        default: .null
        }
      default: value
      }
    }
}
