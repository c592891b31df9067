import GraphModel
import OrderedCollections

/// `date.truncate` and `datetime.truncate`.
enum TemporalTruncation {
  static let dateUnits = [
    "millennium", "century", "decade", "year", "weekYear", "quarter", "month", "week", "day",
  ]

  /// The length in microseconds of the units of a day.
  private static let timeUnits: [(name: String, length: Int64)] = [
    ("hour", 3_600_000_000), ("minute", 60_000_000), ("second", 1_000_000),
    ("millisecond", 1000), ("microsecond", 1),
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

  private static func moment(_ value: Value) throws(EvaluationError) -> (LocalMoment, Int32) {
    switch value {
    case .date(let date): return (LocalMoment(epochDay: date.epochDay), 0)
    case .dateTime(let moment):
      let local = LocalMoment(moment, offsetSeconds: moment.offsetSeconds)
      return (local, moment.offsetSeconds)
    default: throw .mismatch("truncation", expected: "a date or a datetime", found: value)
    }
  }

  static func date(
    unit: String,
    of value: Value,
    fields: OrderedDictionary<String, Value>
  ) throws(EvaluationError) -> Value {
    let (local, _) = try moment(value)
    guard let start = truncated(local.date, to: unit.lowercased()) else {
      throw unknownUnit(unit, "date.truncate", dateUnits)
    }
    var fields = fields
    fields["date"] = .date(start)
    return try TemporalConstruction.date(.map(fields))
  }

  static func dateTime(
    unit: String,
    of value: Value,
    fields: OrderedDictionary<String, Value>
  ) throws(EvaluationError) -> Value {
    var (local, offset) = try moment(value)
    if let length = timeUnits.first(where: { $0.name == unit.lowercased() })?.length {
      local.microseconds -= local.microseconds % length
    } else if let start = truncated(local.date, to: unit.lowercased()) {
      local = LocalMoment(epochDay: start.epochDay)
    } else {
      throw unknownUnit(unit, "datetime.truncate", dateUnits + timeUnits.map(\.name))
    }
    if fields.isEmpty { return .dateTime(try local.dateTime(offsetSeconds: offset)) }
    let isSubsecond = ["millisecond", "microsecond"].contains(unit.lowercased())
    let kept = local.microseconds % 1_000_000
    let known = try TemporalFields(
      fields,
      for: "datetime.truncate",
      allowed: TemporalFields.dateFields.union(TemporalFields.timeFields).union(["timezone"])
    )
    offset = try known.offset() ?? offset
    let date = try known.date(base: local.date)
    var time = try known.time(base: local.microseconds)
    // Finer fields are set beside the part of the second that the truncation kept.
    if isSubsecond, !known.has("millisecond"), known.has("microsecond", "nanosecond") {
      time += kept
    }
    return .dateTime(
      try LocalMoment(epochDay: date.epochDay, microseconds: time)
        .dateTime(offsetSeconds: offset)
    )
  }
}
