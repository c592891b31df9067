import GraphModel

/// The time between two values of time.
///
/// What one of them lacks is taken from the other: its date, so that two times of one day are
/// compared, and its zone. A date without a time is its midnight.
enum DurationBetween {
  /// Both on the calendar of one zone, that of the first or else of the second.
  private struct Ends {
    var from: LocalDateTime
    var to: LocalDateTime
    /// `nil` where neither has one.
    var zone: Zone?
    /// Whether both have a date of their own.
    var haveDates: Bool

    init(_ from: Value, _ to: Value, _ name: String) throws(EvaluationError) {
      let first = try Self.components(from, name)
      let second = try Self.components(to, name)
      haveDates = first.date != nil && second.date != nil
      let firstDate = first.date ?? second.date ?? PartialDate(epochDay: 0)
      let secondDate = second.date ?? first.date ?? PartialDate(epochDay: 0)
      let own = try second.zone()
      zone = try first.zone()
      self.from = LocalDateTime(epochDay: firstDate.epochDay, nanoseconds: first.time ?? 0)
      self.to = LocalDateTime(epochDay: secondDate.epochDay, nanoseconds: second.time ?? 0)
      if let zone, let own {
        self.to = LocalDateTime(self.to.dateTime(in: own), in: zone)
      }
      zone = zone ?? own
    }

    private static func components(
      _ value: Value,
      _ name: String
    ) throws(EvaluationError) -> TemporalComponents {
      if case .date(let date) = value, date.precision != .day {
        throw EvaluationError(
          .invalidArgument,
          "\"\(name)\" expects full dates, not \"\(date)\"",
          hint: "choose a day with .earliest or .latest"
        )
      }
      return TemporalComponents(value)
    }

    /// Nanoseconds that pass from `from` to `to`, by the clocks' changes, too.
    func elapsed(from: LocalDateTime) -> Int128 {
      guard let zone else { return DurationBetween.nanoseconds(from, to) }
      let first = from.dateTime(in: zone)
      let second = to.dateTime(in: zone)
      return Int128(second.seconds - first.seconds) * Int128(Calendar.nanosecondsPerSecond)
        + Int128(second.nanosecond - first.nanosecond)
    }

    var elapsed: Int128 { elapsed(from: from) }
  }

  private static func months(_ from: LocalDateTime, _ to: LocalDateTime) -> Int64 {
    func index(_ date: PartialDate) -> Int { date.year * 12 + date.month }
    let first = from.date
    let second = to.date
    var count = index(second) - index(first)
    let rest = (second.day, to.nanoseconds)
    let start = (first.day, from.nanoseconds)
    if count > 0, rest < start { count -= 1 }
    if count < 0, rest > start { count += 1 }
    return Int64(count)
  }

  private static func nanoseconds(_ from: LocalDateTime, _ to: LocalDateTime) -> Int128 {
    Int128(to.epochDay - from.epochDay) * Int128(Calendar.nanosecondsPerDay)
      + Int128(to.nanoseconds - from.nanoseconds)
  }

  static func inMonths(_ from: Value, _ to: Value) throws(EvaluationError) -> Duration {
    let ends = try Ends(from, to, "duration.inMonths")
    return Duration(months: ends.haveDates ? months(ends.from, ends.to) : 0)
  }

  static func inDays(_ from: Value, _ to: Value) throws(EvaluationError) -> Duration {
    let ends = try Ends(from, to, "duration.inDays")
    let days = nanoseconds(ends.from, ends.to) / Int128(Calendar.nanosecondsPerDay)
    return Duration(days: ends.haveDates ? Int64(days) : 0)
  }

  static func inSeconds(_ from: Value, _ to: Value) throws(EvaluationError) -> Duration {
    let ends = try Ends(from, to, "duration.inSeconds")
    return try clockTime(ends.elapsed, months: 0, days: 0)
  }

  /// Whole months, then whole days, then the time that is left.
  static func all(_ from: Value, _ to: Value) throws(EvaluationError) -> Duration {
    let ends = try Ends(from, to, "duration.between")
    guard ends.haveDates else { return try clockTime(ends.elapsed, months: 0, days: 0) }
    let months = months(ends.from, ends.to)
    var reached = ends.from
    reached.epochDay = try ends.from.date.adding(months: months).epochDay
    let days = Int64(nanoseconds(reached, ends.to) / Int128(Calendar.nanosecondsPerDay))
    reached.epochDay += Int(days)
    return try clockTime(ends.elapsed(from: reached), months: months, days: days)
  }

  private static func clockTime(
    _ nanoseconds: Int128,
    months: Int64,
    days: Int64
  ) throws(EvaluationError) -> Duration {
    let perSecond = Int128(Calendar.nanosecondsPerSecond)
    return try .normalized(
      months: months,
      days: days,
      seconds: Int64(nanoseconds / perSecond),
      nanoseconds: Int64(nanoseconds % perSecond)
    )
  }
}
