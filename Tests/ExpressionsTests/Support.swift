import Expressions
import GraphModel
import Language
import OrderedCollections
import SourceText

/// The value of an expression that is given as text.
func evaluate(
  _ text: String,
  _ variables: [String: Value] = [:],
  parameters: [String: Value] = [:]
) throws -> Value {
  let expression = try Parser.parseExpression(SourceText(name: "expression", text: text))
  return try ScalarEvaluator.evaluate(
    expression,
    variables: { variables[$0] },
    parameters: parameters
  )
}

/// The error that evaluating an expression ends in, or `nil` where it has a value.
func failure(_ text: String, _ variables: [String: Value] = [:]) throws -> EvaluationError? {
  do {
    _ = try evaluate(text, variables)
    return nil
  } catch let error as EvaluationError {
    return error
  }
}

/// The value of an expression as the language writes it.
func literal(_ text: String, _ variables: [String: Value] = [:]) throws -> String {
  ValueText.literal(try evaluate(text, variables))
}

/// Numbers that look random and are the same in every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Values of all types that need no graph, drawn from few, so that equal ones are met.
struct ValueGenerator {
  var random: SplitMix

  init(seed: UInt64) {
    random = SplitMix(state: seed)
  }

  mutating func value(depth: Int = 2) -> Value {
    switch Int.random(in: 0..<(depth > 0 ? 14 : 11), using: &random) {
    case 0: return .null
    case 1: return .boolean(Bool.random(using: &random))
    case 2, 3: return .integer(pick([-1, 0, 1, 2, 9_007_199_254_740_993, .max, .min]))
    case 4, 5:
      return .float(
        pick([-1, -0.0, 0, 1, 1.5, .nan, .infinity, 9_007_199_254_740_992, 0x1p63, -0x1p63])
      )
    case 6: return .string(pick(["", "a", "b", "é", "e\u{301}", "ไทย"]))
    case 7, 8:
      return .date(
        pick(
          ["2022", "2022-07", "2022-07-21", "2022-08", "2023-01-01"].compactMap(PartialDate.init)
        )
      )
    case 9:
      return pick([
        .dateTime(DateTime(microseconds: pick([0, 1, 5]), offsetSeconds: pick([0, 3600]))),
        .localDateTime(LocalDateTime(epochDay: pick([0, 1]), nanoseconds: pick([0, 5]))),
        .time(
          ZonedTime(nanoseconds: pick([0, 3_600_000_000_000]), offsetSeconds: pick([0, 3600]))
        ),
        .localTime(LocalTime(nanoseconds: pick([0, 5]))),
      ])
    case 10: return .duration(Duration(months: pick([0, 1]), days: pick([0, 30]), seconds: 1))
    case 11, 12:
      let count = Int.random(in: 0...2, using: &random)
      return .list((0..<count).map { _ in value(depth: depth - 1) })
    default:
      var map: OrderedDictionary<String, Value> = [:]
      for key in ["x", "y"].shuffled(using: &random) where Bool.random(using: &random) {
        map[key] = value(depth: depth - 1)
      }
      return .map(map)
    }
  }

  private mutating func pick<T>(_ values: [T]) -> T {
    values[Int.random(in: values.indices, using: &random)]
  }
}
