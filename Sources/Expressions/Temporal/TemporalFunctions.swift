import Glibc
public import GraphModel
import OrderedCollections

extension DateTime {
  /// The time of the clock, in UTC.
  public static func now() -> DateTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return DateTime(seconds: Int64(time.tv_sec), nanosecond: Int32(time.tv_nsec))
  }
}

enum TemporalFunctions {
  private static func map(_ value: Value) -> OrderedDictionary<String, Value> {
    if case .map(let map) = value { return map }
    return [:]
  }

  private static let dated: ValueKinds = [.date, .localDateTime, .dateTime]
  private static let timed: ValueKinds = [.localTime, .time, .localDateTime, .dateTime]

  /// `date`, and `date.transaction` and its kin, which differ in which clock they read.
  private static func constructors(
    _ name: String,
    of kinds: ValueKinds,
    to result: ValueKinds,
    _ summary: String,
    _ body: @escaping @Sendable (Value) throws(EvaluationError) -> Value
  ) -> [ScalarFunction] {
    [name, name + ".transaction", name + ".statement", name + ".realtime"].map { spelling in
      ScalarFunction(
        spelling,
        0...1,
        of: [kinds.union([.string, .map])],
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
    ScalarFunction(name, 2...2, of: [dated.union(timed)], to: .duration, summary) {
      values throws(EvaluationError) in
      .duration(try body(values[0], values[1]))
    }
  }

  static let all: [ScalarFunction] =
    constructors(
      "date",
      of: dated,
      to: .date,
      "a date from a string or a map; today without arguments"
    ) { value throws(EvaluationError) in
      try TemporalConstruction.date(value)
    }
    + constructors(
      "datetime",
      of: dated,
      to: .dateTime,
      "a moment from a string or a map; now without arguments"
    ) { value throws(EvaluationError) in
      try TemporalConstruction.dateTime(value)
    }
    + constructors(
      "localdatetime",
      of: dated,
      to: .localDateTime,
      "a date and time without a zone from a string or a map; now without arguments"
    ) { value throws(EvaluationError) in
      try TemporalConstruction.localDateTime(value)
    }
    + constructors(
      "time",
      of: timed,
      to: .time,
      "a time of day with its offset from a string or a map; now without arguments"
    ) { value throws(EvaluationError) in
      try TemporalConstruction.time(value)
    }
    + constructors(
      "localtime",
      of: timed,
      to: .localTime,
      "a time of day without an offset from a string or a map; now without arguments"
    ) { value throws(EvaluationError) in
      try TemporalConstruction.localTime(value)
    }
    + truncations + durations + [
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
        of: [dated.union(.string), [.date, .string, .map]],
        to: .boolean,
        "whether a date lies within another, or within {from, to}; null where it is not known"
      ) { values throws(EvaluationError) in
        ValueOperations.value(try during(values[0], values[1]))
      },
      ScalarFunction(
        "datetime.fromepoch",
        2...2,
        of: [.number],
        to: .dateTime,
        "the moment so many seconds and nanoseconds after 1970-01-01T00:00:00Z"
      ) { values throws(EvaluationError) in
        .dateTime(
          try .checked(
            seconds: whole(values[0]),
            nanoseconds: whole(values[1]),
            in: .offset(0)
          )
        )
      },
      ScalarFunction(
        "datetime.fromepochmillis",
        1...1,
        of: [.number],
        to: .dateTime,
        "the moment so many milliseconds after 1970-01-01T00:00:00Z"
      ) { values throws(EvaluationError) in
        let (seconds, rest) = Calendar.floorDivide(try whole(values[0]), 1000)
        return .dateTime(
          try .checked(seconds: seconds, nanoseconds: rest * 1_000_000, in: .offset(0))
        )
      },
    ]

  private static func whole(_ value: Value) throws(EvaluationError) -> Int64 {
    guard let number = ValueOperations.number(value),
      let whole = Int64(exactly: number.rounded(.towardZero))
    else { throw .mismatch("a count since 1970", expected: "a number", found: value) }
    if case .integer(let integer) = value { return integer }
    return whole
  }

  private static let durations: [ScalarFunction] = [
    ScalarFunction(
      "duration",
      1...1,
      of: [[.string, .map, .duration]],
      to: .duration,
      "a duration from a string or a map"
    ) { values throws(EvaluationError) in
      try TemporalConstruction.duration(values[0])
    },
    between("duration.between", "the time between two values, in months, days and seconds") {
      from,
      to throws(EvaluationError) in
      try DurationBetween.all(from, to)
    },
    between("duration.inMonths", "the whole months between two values") {
      from,
      to throws(EvaluationError) in
      try DurationBetween.inMonths(from, to)
    },
    between("duration.inDays", "the whole days between two values") {
      from,
      to throws(EvaluationError) in
      try DurationBetween.inDays(from, to)
    },
    between("duration.inSeconds", "the seconds between two values") {
      from,
      to throws(EvaluationError) in
      try DurationBetween.inSeconds(from, to)
    },
  ]

  private typealias Truncation =
    @Sendable (
      String, Value, OrderedDictionary<String, Value>
    ) throws(EvaluationError) -> Value

  private static func truncation(
    _ name: String,
    of kinds: ValueKinds,
    to result: ValueKinds,
    _ summary: String,
    _ body: @escaping Truncation
  ) -> ScalarFunction {
    ScalarFunction(name, 2...3, of: [.string, kinds, .map], to: result, summary) {
      values throws(EvaluationError) in
      try body(TextFunctions.string(values[0]), values[1], values.count > 2 ? map(values[2]) : [:])
    }
  }

  private static let truncations: [ScalarFunction] = [
    truncation(
      "date.truncate",
      of: dated,
      to: .date,
      "the first day of the unit that a date belongs to"
    ) { unit, value, fields throws(EvaluationError) in
      try TemporalTruncation.date(unit: unit, of: value, fields: fields)
    },
    truncation(
      "datetime.truncate",
      of: dated,
      to: .dateTime,
      "the start of the unit that a datetime belongs to"
    ) { unit, value, fields throws(EvaluationError) in
      try TemporalTruncation.dateTime(unit: unit, of: value, fields: fields)
    },
    truncation(
      "localdatetime.truncate",
      of: dated,
      to: .localDateTime,
      "the start of the unit that a local datetime belongs to"
    ) { unit, value, fields throws(EvaluationError) in
      try TemporalTruncation.localDateTime(unit: unit, of: value, fields: fields)
    },
    truncation(
      "time.truncate",
      of: timed,
      to: .time,
      "the start of the unit that a time belongs to"
    ) { unit, value, fields throws(EvaluationError) in
      try TemporalTruncation.time(unit: unit, of: value, fields: fields)
    },
    truncation(
      "localtime.truncate",
      of: timed,
      to: .localTime,
      "the start of the unit that a local time belongs to"
    ) { unit, value, fields throws(EvaluationError) in
      try TemporalTruncation.localTime(unit: unit, of: value, fields: fields)
    },
  ]

  /// The first and the last day that a value of time covers; a `nil` end is open.
  private static func interval(
    _ value: Value
  ) throws(EvaluationError) -> (from: PartialDate?, to: PartialDate?) {
    switch value {
    case .null: return (nil, nil)
    case .date(let date): return (date.earliest, date.latest)
    case .dateTime, .localDateTime:
      let date = TemporalComponents(value).date
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
