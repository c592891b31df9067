import Glibc
import GraphModel

enum NumberFunctions {
  private static func float(
    _ name: String,
    _ summary: String,
    _ body: @escaping @Sendable (Double) -> Double
  ) -> ScalarFunction {
    ScalarFunction(name, 1...1, of: [.number], to: .float, summary) {
      values throws(EvaluationError) in
      .float(body(number(values[0])))
    }
  }

  private static func number(_ value: Value) -> Double { ValueOperations.number(value) ?? .nan }

  private static func constant(
    _ name: String,
    _ summary: String,
    _ value: Double
  ) -> ScalarFunction {
    ScalarFunction(name, 0...0, of: [], to: .float, summary) { _ throws(EvaluationError) in
      .float(value)
    }
  }

  static let all: [ScalarFunction] = [
    ScalarFunction("abs", 1...1, of: [.number], to: .number, "the number without its sign") {
      values throws(EvaluationError) in
      switch values[0] {
      case .integer(let integer) where integer < 0: try ValueOperations.negate(values[0])
      case .float(let float): .float(float.magnitude)
      default: values[0]
      }
    },
    float("ceil", "the next whole number upwards") { $0.rounded(.up) },
    float("floor", "the next whole number downwards") { $0.rounded(.down) },
    ScalarFunction(
      "round",
      1...2,
      of: [.number, .integer],
      to: .float,
      "the nearest whole number, halves upwards; or to a number of decimal places"
    ) { values throws(EvaluationError) in
      try round(number(values[0]), places: values.count > 1 ? values[1] : nil)
    },
    ScalarFunction("sign", 1...1, of: [.number], to: .integer, "-1, 0 or 1") {
      values throws(EvaluationError) in
      let number = number(values[0])
      return .integer(number > 0 ? 1 : number < 0 ? -1 : 0)
    },
    ScalarFunction("isNaN", 1...1, of: [.number], to: .boolean, "whether it is not a number") {
      values throws(EvaluationError) in
      .boolean(number(values[0]).isNaN)
    },
    float("sqrt", "the square root") { $0.squareRoot() },
    float("exp", "e to the power of the number") { exp($0) },
    float("log", "the natural logarithm") { log($0) },
    float("log10", "the logarithm to base 10") { log10($0) },
    constant("e", "the base of the natural logarithm", M_E),
    constant("pi", "the ratio of a circle's circumference to its diameter", .pi),
    float("sin", "the sine of an angle in radians") { sin($0) },
    float("cos", "the cosine of an angle in radians") { cos($0) },
    float("tan", "the tangent of an angle in radians") { tan($0) },
    float("cot", "the cotangent of an angle in radians") { 1 / tan($0) },
    float("asin", "the angle of a sine, in radians") { asin($0) },
    float("acos", "the angle of a cosine, in radians") { acos($0) },
    float("atan", "the angle of a tangent, in radians") { atan($0) },
    float("haversin", "half the versine of an angle in radians") { (1 - cos($0)) / 2 },
    ScalarFunction("atan2", 2...2, of: [.number], to: .float, "the angle of a point (y, x)") {
      values throws(EvaluationError) in
      .float(atan2(number(values[0]), number(values[1])))
    },
    float("degrees", "radians as degrees") { $0 * 180 / .pi },
    float("radians", "degrees as radians") { $0 * .pi / 180 },
    ScalarFunction(
      "rand",
      0...0,
      of: [],
      to: .float,
      "a random number from 0 up to 1, not in schemas",
      volatilityWithoutArguments: .volatile
    ) { _ throws(EvaluationError) in
      .float(Double.random(in: 0..<1))
    },
  ]

  private static func round(_ number: Double, places: Value?) throws(EvaluationError) -> Value {
    guard case .integer(let places)? = places, places != 0 else {
      // Halves go upwards, also below zero.
      let lower = number.rounded(.down)
      return .float(number - lower >= 0.5 ? lower + 1 : lower)
    }
    guard (0...17).contains(places) else {
      throw EvaluationError(
        .argumentOutOfRange,
        "\"round\" takes 0 to 17 decimal places, not \(places)"
      )
    }
    let scale = pow(10, Double(places))
    let scaled = number * scale
    guard scaled.isFinite else { return .float(number) }
    return .float(scaled.rounded(.toNearestOrAwayFromZero) / scale)
  }
}
