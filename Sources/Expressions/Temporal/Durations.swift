import GraphModel

extension Duration {
  /// A duration whose nanoseconds lie in 0..<10⁹, so that equal durations have equal parts.
  static func normalized(
    months: Int64,
    days: Int64,
    seconds: Int64,
    nanoseconds: Int64
  ) throws(EvaluationError) -> Duration {
    let (carry, rest) = Calendar.floorDivide(nanoseconds, Calendar.nanosecondsPerSecond)
    let (sum, overflow) = seconds.addingReportingOverflow(carry)
    if overflow { throw tooLong }
    return Duration(months: months, days: days, seconds: sum, nanoseconds: Int32(rest))
  }

  private static var tooLong: EvaluationError {
    EvaluationError(.overflow, "a duration is longer than can be counted")
  }

  func adding(_ other: Duration) throws(EvaluationError) -> Duration {
    let (months, overflowOfMonths) = self.months.addingReportingOverflow(other.months)
    let (days, overflowOfDays) = self.days.addingReportingOverflow(other.days)
    let (seconds, overflowOfSeconds) = self.seconds.addingReportingOverflow(other.seconds)
    if overflowOfMonths || overflowOfDays || overflowOfSeconds { throw Self.tooLong }
    return try .normalized(
      months: months,
      days: days,
      seconds: seconds,
      nanoseconds: Int64(nanoseconds) + Int64(other.nanoseconds)
    )
  }

  func negated() throws(EvaluationError) -> Duration {
    guard months != .min, days != .min, seconds != .min else { throw Self.tooLong }
    return try .normalized(
      months: -months,
      days: -days,
      seconds: -seconds,
      nanoseconds: -Int64(nanoseconds)
    )
  }

  /// Each part multiplied or divided; what is left of a part goes into the finer ones.
  func scaled(by factor: Double, dividing: Bool) throws(EvaluationError) -> Duration {
    func scale(_ part: Int64) -> Double {
      dividing ? Double(part) / factor : Double(part) * factor
    }
    var builder = DurationBuilder()
    try builder.months.add(Quantity(scale(months)))
    try builder.days.add(Quantity(scale(days)))
    try builder.seconds.add(Quantity(scale(seconds)))
    builder.nanoseconds = scale(Int64(nanoseconds))
    return try builder.duration()
  }

  /// The seconds, cut towards zero where there are nanoseconds.
  var wholeSeconds: Int64 {
    seconds < 0 && nanoseconds > 0 ? seconds + 1 : seconds
  }

  /// The nanoseconds beyond ``wholeSeconds``, with its sign.
  var signedNanoseconds: Int64 {
    let nanoseconds = Int64(nanoseconds)
    return seconds < 0 && nanoseconds > 0
      ? nanoseconds - Calendar.nanosecondsPerSecond : nanoseconds
  }

  /// How long it is with average months, to sort by.
  var averageNanoseconds: Int128 {
    let seconds =
      Int128(months) * Int128(Calendar.secondsPerMonth) + Int128(days) * 86_400 + Int128(seconds)
    return seconds * Int128(Calendar.nanosecondsPerSecond) + Int128(nanoseconds)
  }
}

/// A number as a whole and a fraction, which keeps large wholes exact.
struct Quantity {
  var whole: Int64
  /// In -1..<1, with the sign of the number.
  var fraction: Double

  init(whole: Int64, fraction: Double = 0) {
    self.whole = whole
    self.fraction = fraction
  }

  init(_ number: Double) throws(EvaluationError) {
    let truncated = number.rounded(.towardZero)
    guard let whole = Int64(exactly: truncated) else {
      throw EvaluationError(.overflow, "a part of a duration is too large: \(number)")
    }
    self.init(whole: whole, fraction: number - truncated)
  }

  mutating func add(_ other: Quantity, times factor: Int64 = 1) throws(EvaluationError) {
    let part = other.fraction * Double(factor)
    let carry = part.rounded(.towardZero)
    let (product, overflow) = other.whole.multipliedReportingOverflow(by: factor)
    let (sum, overflowOfSum) = whole.addingReportingOverflow(product)
    let (total, overflowOfTotal) = sum.addingReportingOverflow(Int64(carry))
    if overflow || overflowOfSum || overflowOfTotal {
      throw EvaluationError(.overflow, "a duration is longer than can be counted")
    }
    whole = total
    fraction += part - carry
  }
}

extension Quantity {
  /// Moves what is whole in the fraction, after additions, into the whole.
  mutating func carry() throws(EvaluationError) {
    let carry = fraction.rounded(.towardZero)
    fraction -= carry
    try add(Quantity(whole: Int64(carry)))
  }
}

/// Adds up the parts of a duration; fractions go into the finer parts at the end.
struct DurationBuilder {
  var months = Quantity(whole: 0)
  var days = Quantity(whole: 0)
  var seconds = Quantity(whole: 0)
  var nanoseconds = 0.0

  /// A part that a unit counts in.
  enum Part {
    case months, days, seconds
  }

  /// The names of units in maps, and what they add.
  static let units: [(name: String, part: Part, factor: Int64)] = [
    ("years", .months, 12), ("quarters", .months, 3), ("months", .months, 1),
    ("weeks", .days, 7), ("days", .days, 1),
    ("hours", .seconds, 3600), ("minutes", .seconds, 60), ("seconds", .seconds, 1),
  ]

  static let subsecondUnits: [(name: String, nanoseconds: Double)] = [
    ("milliseconds", 1e6), ("microseconds", 1e3), ("nanoseconds", 1),
  ]

  static var unitNames: [String] { units.map(\.name) + subsecondUnits.map(\.name) }

  /// Returns whether `unit` is the name of a part.
  mutating func add(_ quantity: Quantity, unit: String) throws(EvaluationError) -> Bool {
    for candidate in Self.units where candidate.name == unit {
      switch candidate.part {
      case .months: try months.add(quantity, times: candidate.factor)
      case .days: try days.add(quantity, times: candidate.factor)
      case .seconds: try seconds.add(quantity, times: candidate.factor)
      }
      return true
    }
    for candidate in Self.subsecondUnits where candidate.name == unit {
      let perSecond = Int64(1e9 / candidate.nanoseconds)
      try seconds.add(Quantity(whole: quantity.whole / perSecond))
      nanoseconds += Double(quantity.whole % perSecond) * candidate.nanoseconds
      nanoseconds += quantity.fraction * candidate.nanoseconds
      return true
    }
    return false
  }

  func duration() throws(EvaluationError) -> Duration {
    var months = months
    var days = days
    var seconds = seconds
    try months.carry()
    let monthSeconds = months.fraction * Double(Calendar.secondsPerMonth)
    let monthDays = (monthSeconds / 86_400).rounded(.towardZero)
    try days.add(Quantity(whole: Int64(monthDays)))
    try seconds.add(try Quantity(monthSeconds - monthDays * 86_400))
    try days.carry()
    try seconds.add(try Quantity(days.fraction * 86_400))
    let exact = seconds.fraction * 1e9 + nanoseconds
    let nearest = exact.rounded()
    let total = abs(exact - nearest) < 1e-4 ? nearest : exact.rounded(.towardZero)
    guard let nanoseconds = Int64(exactly: total) else {
      throw EvaluationError(.overflow, "a duration is longer than can be counted")
    }
    return try .normalized(
      months: months.whole,
      days: days.whole,
      seconds: seconds.whole,
      nanoseconds: nanoseconds
    )
  }
}
