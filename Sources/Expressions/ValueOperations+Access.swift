public import GraphModel
import OrderedCollections

extension ValueOperations {
  /// `value.name`: an entry of a map, a part of a date, datetime or duration; null of null.
  ///
  /// Entities are the engine's: nodes and stored edges are an error here.
  public static func property(of value: Value, named name: String) throws(EvaluationError) -> Value
  {
    switch value {
    case .null: return .null
    case .map(let map): return map[name] ?? .null
    case .derivedEdge(let edge): return edge.properties[name] ?? .null
    case .date(let date): return try TemporalParts.part(name, of: date)
    case .dateTime(let moment): return try TemporalParts.part(name, of: moment)
    case .duration(let amount): return try TemporalParts.part(name, of: amount)
    case .node, .edge:
      throw EvaluationError(.unsupported, "\"\(name)\" of \(value.typeName) needs the graph")
    default:
      throw EvaluationError(.typeMismatch, "\(value.typeName) has no property \"\(name)\"")
    }
  }

  /// `base[index]`: of a list, from its end where negative, null beyond it; or of a map by key.
  public static func element(of base: Value, at index: Value) throws(EvaluationError) -> Value {
    switch (base, index) {
    case (.null, _): return .null
    case (.list(let elements), .integer(let index)):
      let position = index < 0 ? index + Int64(elements.count) : index
      return position >= 0 && position < Int64(elements.count) ? elements[Int(position)] : .null
    case (.list, .null), (.map, .null), (.date, .null), (.dateTime, .null), (.duration, .null),
      (.node, .null), (.edge, .null), (.derivedEdge, .null):
      return .null
    case (.list, _): throw .mismatch("the index of a list", expected: "an integer", found: index)
    case (.boolean, _), (.integer, _), (.float, _), (.string, _), (.path, _):
      throw EvaluationError(.typeMismatch, "\(base.typeName) has no elements")
    case (_, .string(let name)): return try property(of: base, named: name)
    default: throw .mismatch("the key of \(base.typeName)", expected: "a string", found: index)
    }
  }

  /// `list[from..to]`, where `nil` is an end that was not written and a null makes null.
  public static func slice(
    of base: Value,
    from: Value?,
    to: Value?
  ) throws(EvaluationError) -> Value {
    if base.isNull { return .null }
    guard case .list(let elements) = base else {
      throw .mismatch("a slice", expected: "a list", found: base)
    }
    func bound(_ value: Value?, _ other: Int) throws(EvaluationError) -> Int? {
      switch value {
      case nil: return other
      case .null?: return nil
      case .integer(let index)?:
        let count = Int64(elements.count)
        let position = index < 0 ? max(index, -count) + count : min(index, count)
        return Int(position)
      case let value?: throw .mismatch("a bound of a slice", expected: "an integer", found: value)
      }
    }
    let start = try bound(from, 0)
    let end = try bound(to, elements.count)
    guard let start, let end else { return .null }
    return .list(start < end ? Array(elements[start..<end]) : [])
  }
}

/// The parts of dates, datetimes and durations by name.
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

  static func part(_ name: String, of moment: DateTime) throws(EvaluationError) -> Value {
    let local = LocalMoment(moment, offsetSeconds: moment.offsetSeconds)
    let fraction = local.microseconds % 1_000_000
    let seconds = local.microseconds / 1_000_000
    switch name {
    case "hour": return .integer(seconds / 3600)
    case "minute": return .integer(seconds / 60 % 60)
    case "second": return .integer(seconds % 60)
    case "millisecond": return .integer(fraction / 1000)
    case "microsecond": return .integer(fraction)
    case "nanosecond": return .integer(fraction * 1000)
    case "timezone", "offset": return .string(TemporalText.offset(moment.offsetSeconds))
    case "offsetMinutes": return .integer(Int64(moment.offsetSeconds) / 60)
    case "offsetSeconds": return .integer(Int64(moment.offsetSeconds))
    case "epochSeconds":
      return .integer(Calendar.floorDivide(moment.microseconds, 1_000_000).quotient)
    case "epochMillis": return .integer(Calendar.floorDivide(moment.microseconds, 1000).quotient)
    case "earliest", "latest", "precision":
      throw unknown(name, "a datetime", "year to nanosecond, offset and epochMillis")
    default: return try part(name, of: local.date)
    }
  }

  static func part(_ name: String, of amount: Duration) throws(EvaluationError) -> Value {
    let seconds = amount.wholeSeconds
    let fraction = amount.signedNanoseconds
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
