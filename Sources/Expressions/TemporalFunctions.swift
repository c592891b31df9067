import Glibc
import GraphModel
import OrderedCollections

extension DateTime {
  /// The time of the clock, in UTC.
  static func now() -> DateTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return DateTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
  }

  /// What is thrown where a value would lose the nanoseconds that it was given.
  static var tooFine: EvaluationError {
    EvaluationError(
      .invalidArgument,
      "a datetime keeps microseconds and cannot hold nanoseconds",
      hint: "leave out what is finer than a microsecond"
    )
  }
}

enum TemporalFunctions {
  private static func map(_ value: Value) -> OrderedDictionary<String, Value> {
    if case .map(let map) = value { return map }
    return [:]
  }

  private static let dateKinds: ValueKinds = [.string, .map, .date, .dateTime]

  /// `date`, and `date.transaction` and its kin, which differ in which clock they read.
  private static func constructors(
    _ name: String,
    to result: ValueKinds,
    _ summary: String,
    _ body: @escaping @Sendable (Value) throws(EvaluationError) -> Value
  ) -> [ScalarFunction] {
    [name, name + ".transaction", name + ".statement", name + ".realtime"].map { spelling in
      ScalarFunction(
        spelling,
        0...1,
        of: [dateKinds],
        to: result,
        summary,
        volatilityWithoutArguments: .stable
      ) { values throws(EvaluationError) in
        try body(values[0])
      }
    }
  }

  private static func between(
    _ name: String,
    _ summary: String,
    _ body: @escaping @Sendable (Value, Value) throws(EvaluationError) -> Duration
  ) -> ScalarFunction {
    ScalarFunction(name, 2...2, of: [[.date, .dateTime]], to: .duration, summary) {
      values throws(EvaluationError) in
      .duration(try body(values[0], values[1]))
    }
  }

  static let all: [ScalarFunction] =
    constructors("date", to: .date, "a date from a string or a map; today without arguments") {
      value throws(EvaluationError) in
      try TemporalConstruction.date(value)
    }
    + constructors(
      "datetime",
      to: .dateTime,
      "a datetime from a string or a map; now without arguments"
    ) { value throws(EvaluationError) in
      try TemporalConstruction.dateTime(value)
    }
    + [
      ScalarFunction(
        "edtf",
        1...1,
        of: [[.string, .date]],
        to: .date,
        "a date as precise as it is written: 2022, 2022-07 or 2022-07-21"
      ) { values throws(EvaluationError) in
        guard case .string(let text) = values[0] else { return values[0] }
        return .date(try TemporalConstruction.edtf(text))
      },
      ScalarFunction(
        "during",
        2...2,
        of: [[.date, .dateTime, .string], [.date, .string, .map]],
        to: .boolean,
        "whether a date lies within another, or within {from, to}; null where it is not known"
      ) { values throws(EvaluationError) in
        ValueOperations.value(try during(values[0], values[1]))
      },
      ScalarFunction(
        "duration",
        1...1,
        of: [[.string, .map, .duration]],
        to: .duration,
        "a duration from a string or a map"
      ) { values throws(EvaluationError) in
        try TemporalConstruction.duration(values[0])
      },
      between("duration.between", "the time between two dates, in months, days and seconds") {
        from,
        to throws(EvaluationError) in
        try DurationBetween.all(from, to)
      },
      between("duration.inMonths", "the whole months between two dates") {
        from,
        to throws(EvaluationError) in
        try DurationBetween.inMonths(from, to)
      },
      between("duration.inDays", "the whole days between two dates") {
        from,
        to throws(EvaluationError) in
        try DurationBetween.inDays(from, to)
      },
      between("duration.inSeconds", "the seconds between two dates") {
        from,
        to throws(EvaluationError) in
        try DurationBetween.inSeconds(from, to)
      },
      ScalarFunction(
        "date.truncate",
        2...3,
        of: [.string, [.date, .dateTime], .map],
        to: .date,
        "the first day of the unit that a date belongs to"
      ) { values throws(EvaluationError) in
        try TemporalTruncation.date(
          unit: TextFunctions.string(values[0]),
          of: values[1],
          fields: values.count > 2 ? map(values[2]) : [:]
        )
      },
      ScalarFunction(
        "datetime.truncate",
        2...3,
        of: [.string, [.date, .dateTime], .map],
        to: .dateTime,
        "the start of the unit that a datetime belongs to"
      ) { values throws(EvaluationError) in
        try TemporalTruncation.dateTime(
          unit: TextFunctions.string(values[0]),
          of: values[1],
          fields: values.count > 2 ? map(values[2]) : [:]
        )
      },
    ]

  /// The first and the last day that a value of time covers; a `nil` end is open.
  private static func interval(
    _ value: Value
  ) throws(EvaluationError) -> (from: PartialDate?, to: PartialDate?) {
    switch value {
    case .null: return (nil, nil)
    case .date(let date): return (date.earliest, date.latest)
    case .dateTime(let moment):
      let date = LocalMoment(moment, offsetSeconds: moment.offsetSeconds).date
      return (date, date)
    case .string(let text):
      let date = try TemporalConstruction.edtf(text)
      return (date.earliest, date.latest)
    default: throw .mismatch("\"during\"", expected: "a date", found: value)
    }
  }

  /// Whether all days that `value` may mean lie within `span`; `nil` where only some do.
  private static func during(_ value: Value, _ span: Value) throws(EvaluationError) -> Bool? {
    let (first, last) = try interval(value)
    guard let first, let last else { return nil }
    guard case .map(let bounds) = span else {
      let (from, to) = try interval(span)
      guard let from, let to else { return nil }
      if from <= first, last <= to { return true }
      return last < from || to < first ? false : nil
    }
    // A bound that is a partial date is itself some day of its interval.
    let from = try interval(bounds["from"] ?? .null)
    let to = try interval(bounds["to"] ?? .null)
    let isAfterStart: Bool? =
      from.to.map { $0 <= first } ?? true
      ? true : (from.from.map { last < $0 } ?? false) ? false : nil
    let isBeforeEnd: Bool? =
      to.from.map { last <= $0 } ?? true
      ? true : (to.to.map { $0 < first } ?? false) ? false : nil
    return ValueOperations.and(isAfterStart, isBeforeEnd)
  }
}
