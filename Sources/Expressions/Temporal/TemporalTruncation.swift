import GraphModel
import OrderedCollections

/// `date.truncate` and its kin.
enum TemporalTruncation {
  static let dateUnits = [
    "millennium", "century", "decade", "year", "weekYear", "quarter", "month", "week", "day",
  ]

  /// The length in nanoseconds of a day and its units.
  private static let timeUnits: [(name: String, length: Int64)] = [
    ("day", Calendar.nanosecondsPerDay), ("hour", 3_600_000_000_000), ("minute", 60_000_000_000),
    ("second", 1_000_000_000), ("millisecond", 1_000_000), ("microsecond", 1000),
  ]

  /// The first day of the unit that `date` belongs to; `nil` for an unknown unit.
  private static func truncated(_ date: PartialDate, to unit: String) -> PartialDate? {
    func year(_ step: Int) -> PartialDate? {
      PartialDate(
        year: Calendar.floorDivide(date.year, step).quotient * step,
        month: 1,
        day: 1
      )
    }
    switch unit {
    case "millennium": return year(1000)
    case "century": return year(100)
    case "decade": return year(10)
    case "year": return year(1)
    case "weekyear":
      let weekYear = Calendar.week(date.epochDay).year
      return Calendar.epochDay(weekYear: weekYear, week: 1, dayOfWeek: 1)
        .map(PartialDate.init(epochDay:))
    case "quarter":
      return PartialDate(
        year: date.year,
        month: Calendar.quarter(ofMonth: date.month) * 3 - 2,
        day: 1
      )
    case "month": return PartialDate(year: date.year, month: date.month, day: 1)
    case "week":
      return PartialDate(epochDay: date.epochDay - Calendar.dayOfWeek(date.epochDay) + 1)
    case "day": return date
    default: return nil
    }
  }

  private static func unknownUnit(
    _ unit: String,
    _ function: String,
    _ known: [String]
  ) -> EvaluationError {
    EvaluationError(
      .invalidArgument,
      "\"\(function)\" does not know the unit \"\(unit)\"",
      hint: "it knows " + known.joined(separator: ", ")
    )
  }

  static func date(
    unit: String,
    of value: Value,
    fields: OrderedDictionary<String, Value>
  ) throws(EvaluationError) -> Value {
    guard let date = TemporalComponents(value).date else {
      throw .mismatch("\"date.truncate\"", expected: "a value with a date", found: value)
    }
    guard let start = truncated(date, to: unit.lowercased()) else {
      throw unknownUnit(unit, "date.truncate", dateUnits)
    }
    let known = try TemporalFields(
      fields,
      for: "date.truncate",
      allowed: TemporalFields.dateFields
    )
    return .date(try known.date(base: start))
  }

  static func localTime(
    unit: String,
    of value: Value,
    fields: OrderedDictionary<String, Value>
  ) throws(EvaluationError) -> Value {
    let known = try TemporalFields(
      fields,
      for: "localtime.truncate",
      allowed: TemporalFields.timeFields
    )
    let time = try truncatedTime(unit, of: value, known, "localtime.truncate")
    return .localTime(LocalTime(nanoseconds: time))
  }

  static func time(
    unit: String,
    of value: Value,
    fields: OrderedDictionary<String, Value>
  ) throws(EvaluationError) -> Value {
    let known = try TemporalFields(
      fields,
      for: "time.truncate",
      allowed: TemporalFields.timeFields.union(["timezone"])
    )
    let time = try truncatedTime(unit, of: value, known, "time.truncate")
    let offset = try known.offset() ?? TemporalComponents(value).offsetSeconds ?? 0
    return .time(ZonedTime(nanoseconds: time, offsetSeconds: offset))
  }

  static func localDateTime(
    unit: String,
    of value: Value,
    fields: OrderedDictionary<String, Value>
  ) throws(EvaluationError) -> Value {
    let known = try TemporalFields(
      fields,
      for: "localdatetime.truncate",
      allowed: TemporalFields.dateFields.union(TemporalFields.timeFields)
    )
    return .localDateTime(try truncatedLocal(unit, of: value, known, "localdatetime.truncate"))
  }

  static func dateTime(
    unit: String,
    of value: Value,
    fields: OrderedDictionary<String, Value>
  ) throws(EvaluationError) -> Value {
    let known = try TemporalFields(
      fields,
      for: "datetime.truncate",
      allowed: TemporalFields.dateFields.union(TemporalFields.timeFields).union(["timezone"])
    )
    let local = try truncatedLocal(unit, of: value, known, "datetime.truncate")
    if let zone = try known.zone() { return .dateTime(local.dateTime(in: zone)) }
    let zone = try TemporalComponents(value).zone()
    return .dateTime(local.dateTime(in: zone ?? .offset(0)))
  }

  private static func truncatedTime(
    _ unit: String,
    of value: Value,
    _ fields: TemporalFields,
    _ function: String
  ) throws(EvaluationError) -> Int64 {
    guard let time = TemporalComponents(value).time else {
      throw .mismatch("\"\(function)\"", expected: "a value with a time", found: value)
    }
    guard let length = timeUnits.first(where: { $0.name == unit.lowercased() })?.length else {
      throw unknownUnit(unit, function, timeUnits.map(\.name))
    }
    return try changed(time - time % length, fields, unit)
  }

  private static func truncatedLocal(
    _ unit: String,
    of value: Value,
    _ fields: TemporalFields,
    _ function: String
  ) throws(EvaluationError) -> LocalDateTime {
    let components = TemporalComponents(value)
    guard let date = components.date else {
      throw .mismatch("\"\(function)\"", expected: "a value with a date", found: value)
    }
    let start: PartialDate
    var time: Int64 = 0
    if let first = truncated(date, to: unit.lowercased()) {
      start = first
    } else if let length = timeUnits.first(where: { $0.name == unit.lowercased() })?.length {
      start = date
      time = components.time ?? 0
      time -= time % length
    } else {
      throw unknownUnit(unit, function, dateUnits + timeUnits.dropFirst().map(\.name))
    }
    return LocalDateTime(
      epochDay: try fields.date(base: start).epochDay,
      nanoseconds: try changed(time, fields, unit)
    )
  }

  /// A truncated time with the parts that the fields name.
  ///
  /// Finer fields are set beside the part of the second that the truncation kept.
  private static func changed(
    _ time: Int64,
    _ fields: TemporalFields,
    _ unit: String
  ) throws(EvaluationError) -> Int64 {
    let result = try fields.time(base: time)
    let keepsPart = ["millisecond", "microsecond"].contains(unit.lowercased())
    guard keepsPart, !fields.has("millisecond"), fields.has("microsecond", "nanosecond") else {
      return result
    }
    return result + time % Calendar.nanosecondsPerSecond
  }
}
