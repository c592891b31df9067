import Glibc
public import GraphModel

/// What the operators mean, on values.
///
/// Null goes in, null comes out, unless an operation says otherwise. Integers are 64 bits
/// wide and overflow is an error; a float beside an integer makes a float.
public enum ValueOperations {}

extension ValueOperations {
  /// `a + b`: numbers, strings, lists (also with one element), dates and datetimes with durations.
  public static func add(_ lhs: Value, _ rhs: Value) throws(EvaluationError) -> Value {
    switch (lhs, rhs) {
    case (.null, _), (_, .null): return .null
    case (.integer(let a), .integer(let b)):
      let (sum, overflow) = a.addingReportingOverflow(b)
      return try checked(sum, overflow, "+", a, b)
    case (.float(let a), .float(let b)): return .float(a + b)
    case (.integer(let a), .float(let b)): return .float(Double(a) + b)
    case (.float(let a), .integer(let b)): return .float(a + Double(b))
    case (.string(let a), .string(let b)): return try concatenated(a, b)
    case (.list(let a), .list(let b)): return try concatenated(a, b)
    case (.list(let a), let element): return try concatenated(a, [element])
    case (let element, .list(let b)): return try concatenated([element], b)
    case (.date(let date), .duration(let amount)), (.duration(let amount), .date(let date)):
      return .date(try date.adding(amount))
    case (.dateTime(let moment), .duration(let amount)),
      (.duration(let amount), .dateTime(let moment)):
      return .dateTime(try moment.adding(amount))
    case (.localDateTime(let local), .duration(let amount)),
      (.duration(let amount), .localDateTime(let local)):
      return .localDateTime(try local.adding(amount))
    case (.time(let time), .duration(let amount)), (.duration(let amount), .time(let time)):
      return .time(time.adding(amount))
    case (.localTime(let time), .duration(let amount)),
      (.duration(let amount), .localTime(let time)):
      return .localTime(time.adding(amount))
    case (.duration(let a), .duration(let b)): return .duration(try a.adding(b))
    case (.string(let a), let other):
      if let b = scalarText(other) { return try concatenated(a, b) }
    case (let other, .string(let b)):
      if let a = scalarText(other) { return try concatenated(a, b) }
    default: break
    }
    throw noOperator("+", lhs, rhs)
  }

  /// `a - b`: numbers, dates and datetimes minus durations, durations.
  public static func subtract(_ lhs: Value, _ rhs: Value) throws(EvaluationError) -> Value {
    switch (lhs, rhs) {
    case (.null, _), (_, .null): return .null
    case (.integer(let a), .integer(let b)):
      let (difference, overflow) = a.subtractingReportingOverflow(b)
      return try checked(difference, overflow, "-", a, b)
    case (.float(let a), .float(let b)): return .float(a - b)
    case (.integer(let a), .float(let b)): return .float(Double(a) - b)
    case (.float(let a), .integer(let b)): return .float(a - Double(b))
    case (.date(let date), .duration(let amount)):
      return .date(try date.adding(try amount.negated()))
    case (.dateTime, .duration(let amount)), (.localDateTime, .duration(let amount)),
      (.time, .duration(let amount)), (.localTime, .duration(let amount)):
      return try add(lhs, .duration(try amount.negated()))
    case (.duration(let a), .duration(let b)): return .duration(try a.adding(try b.negated()))
    default:
      var error = noOperator("-", lhs, rhs)
      if ValueKinds.instant.isSuperset(of: ValueKinds(of: lhs).union(ValueKinds(of: rhs))) {
        error.hint = "use duration.between(from, to)"
      }
      throw error
    }
  }

  /// `a * b`: numbers, a duration with a number.
  public static func multiply(_ lhs: Value, _ rhs: Value) throws(EvaluationError) -> Value {
    switch (lhs, rhs) {
    case (.null, _), (_, .null): return .null
    case (.integer(let a), .integer(let b)):
      let (product, overflow) = a.multipliedReportingOverflow(by: b)
      return try checked(product, overflow, "*", a, b)
    case (.float(let a), .float(let b)): return .float(a * b)
    case (.integer(let a), .float(let b)): return .float(Double(a) * b)
    case (.float(let a), .integer(let b)): return .float(a * Double(b))
    case (.duration(let amount), .integer(let factor)),
      (.integer(let factor), .duration(let amount)):
      return .duration(try amount.scaled(by: Double(factor), dividing: false))
    case (.duration(let amount), .float(let factor)), (.float(let factor), .duration(let amount)):
      return .duration(try amount.scaled(by: factor, dividing: false))
    default: throw noOperator("*", lhs, rhs)
    }
  }

  /// `a / b`: integers divide towards zero; an integer divided by the integer zero is an error.
  public static func divide(_ lhs: Value, _ rhs: Value) throws(EvaluationError) -> Value {
    switch (lhs, rhs) {
    case (.null, _), (_, .null): return .null
    case (.integer(let a), .integer(let b)):
      if b == 0 { throw EvaluationError(.divisionByZero, "division of \(a) by zero") }
      let (quotient, overflow) = a.dividedReportingOverflow(by: b)
      return try checked(quotient, overflow, "/", a, b)
    case (.float(let a), .float(let b)): return .float(a / b)
    case (.integer(let a), .float(let b)): return .float(Double(a) / b)
    case (.float(let a), .integer(let b)): return .float(a / Double(b))
    case (.duration(let amount), .integer(let divisor)):
      return .duration(try amount.scaled(by: Double(divisor), dividing: true))
    case (.duration(let amount), .float(let divisor)):
      return .duration(try amount.scaled(by: divisor, dividing: true))
    default: throw noOperator("/", lhs, rhs)
    }
  }

  /// `a % b`, with the sign of `a`.
  public static func remainder(_ lhs: Value, _ rhs: Value) throws(EvaluationError) -> Value {
    switch (lhs, rhs) {
    case (.null, _), (_, .null): return .null
    case (.integer(let a), .integer(let b)):
      if b == 0 { throw EvaluationError(.divisionByZero, "remainder of \(a) by zero") }
      return .integer(b == -1 ? 0 : a % b)
    default:
      guard let a = number(lhs), let b = number(rhs) else { throw noOperator("%", lhs, rhs) }
      return .float(a.truncatingRemainder(dividingBy: b))
    }
  }

  /// `a ^ b`, always a float.
  public static func power(_ lhs: Value, _ rhs: Value) throws(EvaluationError) -> Value {
    if lhs.isNull || rhs.isNull { return .null }
    guard let a = number(lhs), let b = number(rhs) else { throw noOperator("^", lhs, rhs) }
    return .float(pow(a, b))
  }

  /// The value of `-a`.
  public static func negate(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .null: return .null
    case .integer(let a):
      let (negated, overflow) = Int64(0).subtractingReportingOverflow(a)
      return try checked(negated, overflow, "-", 0, a)
    case .float(let a): return .float(-a)
    case .duration(let amount): return .duration(try amount.negated())
    default: throw .mismatch("\"-\"", expected: "a number", found: value)
    }
  }

  /// The value of `+a`.
  public static func plus(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .null, .integer, .float, .duration: return value
    default: throw .mismatch("\"+\"", expected: "a number", found: value)
    }
  }

  /// The value of a number as a float; `nil` for what is no number.
  static func number(_ value: Value) -> Double? {
    switch value {
    case .integer(let integer): Double(integer)
    case .float(let float): float
    default: nil
    }
  }

  /// What string concatenation makes of a value that is no string; `nil` where it refuses.
  private static func scalarText(_ value: Value) -> String? {
    switch value {
    case .boolean, .integer, .float, .date, .dateTime, .duration: ValueText.display(value)
    default: nil
    }
  }

  private static func concatenated(_ a: String, _ b: String) throws(EvaluationError) -> Value {
    guard a.utf8.count + b.utf8.count <= ExpressionLimits.stringBytes else {
      throw EvaluationError(
        .limitExceeded,
        "a string would be longer than \(ExpressionLimits.stringBytes) bytes"
      )
    }
    return .string(a + b)
  }

  private static func concatenated(_ a: [Value], _ b: [Value]) throws(EvaluationError) -> Value {
    guard a.count + b.count <= ExpressionLimits.listCount else {
      throw EvaluationError(
        .limitExceeded,
        "a list would have more than \(ExpressionLimits.listCount) elements"
      )
    }
    return .list(a + b)
  }

  private static func checked(
    _ result: Int64,
    _ overflow: Bool,
    _ symbol: String,
    _ a: Int64,
    _ b: Int64
  ) throws(EvaluationError) -> Value {
    if overflow {
      throw EvaluationError(
        .overflow,
        "\(a) \(symbol) \(b) does not fit in a 64-bit integer",
        hint: "use a float: toFloat(…)"
      )
    }
    return .integer(result)
  }

  private static func noOperator(_ symbol: String, _ a: Value, _ b: Value) -> EvaluationError {
    EvaluationError(
      .typeMismatch,
      "\"\(symbol)\" is not defined for \(a.typeName) and \(b.typeName)"
    )
  }
}
