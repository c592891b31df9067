import GraphModel

/// The parts of values of time by name.
enum TemporalParts {
  private static func unknown(_ name: String, _ type: String, _ known: String) -> EvaluationError {
    EvaluationError(
      .invalidArgument,
      "\(type) has no property \"\(name)\"",
      hint: "it has " + known
    )
  }

  static func part(_ name: String, of date: PartialDate) throws(EvaluationError) -> Value {
    let hasMonth = date.month != 0
    let hasDay = date.day != 0
    func integer(_ number: @autoclosure () -> Int, known: Bool = true) -> Value {
      known ? .integer(Int64(number())) : .null
    }
    switch name {
    case "year": return integer(date.year)
    case "quarter": return integer(Calendar.quarter(ofMonth: date.month), known: hasMonth)
    case "month": return integer(date.month, known: hasMonth)
    case "day": return integer(date.day, known: hasDay)
    case "week": return integer(Calendar.week(date.epochDay).week, known: hasDay)
    case "weekYear": return integer(Calendar.week(date.epochDay).year, known: hasDay)
    case "weekDay", "dayOfWeek": return integer(Calendar.dayOfWeek(date.epochDay), known: hasDay)
    case "ordinalDay", "dayOfYear":
      return integer(date.epochDay - Calendar.newYear(date.year) + 1, known: hasDay)
    case "dayOfQuarter": return integer(Calendar.dayOfQuarter(date), known: hasDay)
    case "earliest": return .date(date.earliest)
    case "latest": return .date(date.latest)
    case "precision":
      switch date.precision {
      case .year: return .string("year")
      case .month: return .string("month")
      case .day: return .string("day")
      }
    default:
      throw unknown(
        name,
        "a date",
        "year, quarter, month, week, weekYear, day, dayOfWeek, dayOfYear, dayOfQuarter, "
          + "earliest, latest and precision"
      )
    }
  }

  /// Of a local datetime.
  static func part(_ name: String, of local: LocalDateTime) throws(EvaluationError) -> Value {
    if let part = clockPart(name, of: local.nanoseconds) { return part }
    guard !["earliest", "latest", "precision"].contains(name) else {
      throw unknown(name, "a local datetime", "year to nanosecond")
    }
    return try part(name, of: local.date)
  }

  /// Of a local time, in nanoseconds since midnight.
  static func part(_ name: String, of nanoseconds: Int64) throws(EvaluationError) -> Value {
    if let part = clockPart(name, of: nanoseconds) { return part }
    throw unknown(name, "a local time", clockParts)
  }

  static func part(_ name: String, of time: ZonedTime) throws(EvaluationError) -> Value {
    if let part = clockPart(name, of: time.nanoseconds) { return part }
    if name == "timezone" { return .string(TemporalText.offset(time.offsetSeconds)) }
    if let part = offsetPart(name, of: time.offsetSeconds) { return part }
    throw unknown(name, "a time", clockParts + ", timezone, " + offsetParts)
  }

  static func part(_ name: String, of moment: DateTime) throws(EvaluationError) -> Value {
    let local = LocalDateTime(moment)
    if let part = clockPart(name, of: local.nanoseconds) { return part }
    if let part = offsetPart(name, of: moment.offsetSeconds) { return part }
    switch name {
    case "timezone":
      return .string(moment.zone ?? TemporalText.offset(moment.offsetSeconds))
    case "epochSeconds": return .integer(moment.seconds)
    case "epochMillis":
      let (product, overflow) = moment.seconds.multipliedReportingOverflow(by: 1000)
      if overflow { throw EvaluationError(.overflow, "\"epochMillis\" is too large to be counted") }
      return .integer(product + Int64(moment.nanosecond / 1_000_000))
    case "earliest", "latest", "precision":
      throw unknown(name, "a datetime", "year to nanosecond, timezone, offset and epochMillis")
    default: return try part(name, of: local.date)
    }
  }

  private static let clockParts = "hour, minute, second, millisecond, microsecond, nanosecond"
  private static let offsetParts = "offset, offsetMinutes and offsetSeconds"

  private static func clockPart(_ name: String, of nanoseconds: Int64) -> Value? {
    let seconds = nanoseconds / Calendar.nanosecondsPerSecond
    let fraction = nanoseconds % Calendar.nanosecondsPerSecond
    return switch name {
    case "hour": .integer(seconds / 3600)
    case "minute": .integer(seconds / 60 % 60)
    case "second": .integer(seconds % 60)
    case "millisecond": .integer(fraction / 1_000_000)
    case "microsecond": .integer(fraction / 1000)
    case "nanosecond": .integer(fraction)
    default: nil
    }
  }

  private static func offsetPart(_ name: String, of offsetSeconds: Int32) -> Value? {
    switch name {
    case "offset": .string(TemporalText.offset(offsetSeconds))
    case "offsetMinutes": .integer(Int64(offsetSeconds) / 60)
    case "offsetSeconds": .integer(Int64(offsetSeconds))
    default: nil
    }
  }

  /// Of a duration; seconds count downwards, so that what is left of them is never negative.
  static func part(_ name: String, of amount: Duration) throws(EvaluationError) -> Value {
    let seconds = amount.seconds
    let fraction = Int64(amount.nanoseconds)
    func scaled(_ perSecond: Int64) throws(EvaluationError) -> Value {
      let (product, overflow) = seconds.multipliedReportingOverflow(by: perSecond)
      if overflow { throw EvaluationError(.overflow, "\"\(name)\" is too large to be counted") }
      return .integer(product + fraction / (Calendar.nanosecondsPerSecond / perSecond))
    }
    switch name {
    case "years": return .integer(amount.months / 12)
    case "quarters": return .integer(amount.months / 3)
    case "months": return .integer(amount.months)
    case "quartersOfYear": return .integer(amount.months / 3 % 4)
    case "monthsOfYear": return .integer(amount.months % 12)
    case "monthsOfQuarter": return .integer(amount.months % 3)
    case "weeks": return .integer(amount.days / 7)
    case "days": return .integer(amount.days)
    case "daysOfWeek": return .integer(amount.days % 7)
    case "hours": return .integer(seconds / 3600)
    case "minutes": return .integer(seconds / 60)
    case "seconds": return .integer(seconds)
    case "minutesOfHour": return .integer(seconds / 60 % 60)
    case "secondsOfMinute": return .integer(seconds % 60)
    case "milliseconds": return try scaled(1000)
    case "microseconds": return try scaled(1_000_000)
    case "nanoseconds": return try scaled(1_000_000_000)
    case "millisecondsOfSecond": return .integer(fraction / 1_000_000)
    case "microsecondsOfSecond": return .integer(fraction / 1000)
    case "nanosecondsOfSecond": return .integer(fraction)
    default:
      throw unknown(
        name,
        "a duration",
        "years, months, weeks, days, hours, minutes, seconds and finer"
      )
    }
  }
}
