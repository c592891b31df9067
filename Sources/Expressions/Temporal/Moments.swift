import GraphModel

extension LocalDateTime {
  /// What calendars and clocks show at `seconds` since 1970-01-01T00:00:00Z, at an offset.
  init(seconds: Int64, nanosecond: Int32, offsetSeconds: Int32) {
    let local = seconds + Int64(offsetSeconds)
    let (day, rest) = Calendar.floorDivide(local, Calendar.secondsPerDay)
    self.init(
      epochDay: Int(day),
      nanoseconds: rest * Calendar.nanosecondsPerSecond + Int64(nanosecond)
    )
  }

  /// How `moment` reads where it was told.
  init(_ moment: DateTime) {
    self.init(
      seconds: moment.seconds,
      nanosecond: moment.nanosecond,
      offsetSeconds: moment.offsetSeconds
    )
  }

  /// How `moment` reads in another zone.
  init(_ moment: DateTime, in zone: Zone) {
    self.init(
      seconds: moment.seconds,
      nanosecond: moment.nanosecond,
      offsetSeconds: zone.offset(at: moment.seconds)
    )
  }

  var date: PartialDate { PartialDate(epochDay: epochDay) }

  /// The seconds since 1970-01-01T00:00:00 of these clocks.
  var localSeconds: Int64 {
    Int64(epochDay) * Calendar.secondsPerDay + nanoseconds / Calendar.nanosecondsPerSecond
  }

  var nanosecond: Int32 { Int32(nanoseconds % Calendar.nanosecondsPerSecond) }

  /// The moment at which clocks of a zone show this.
  ///
  /// Where they show it twice it is the first, where they skip it as much later as they skip.
  func dateTime(in zone: Zone) -> DateTime {
    let offset = zone.offset(atLocal: localSeconds)
    let seconds = localSeconds - Int64(offset)
    return DateTime(
      seconds: seconds,
      nanosecond: nanosecond,
      offsetSeconds: zone.offset(at: seconds),
      zone: zone.name
    )
  }

  /// This later by a duration: months, then days, then time.
  func adding(_ amount: Duration) throws(EvaluationError) -> LocalDateTime {
    let day = try date.adding(Duration(months: amount.months, days: amount.days))
    let zone = Zone.offset(0)
    let later = try LocalDateTime(epochDay: day.epochDay, nanoseconds: nanoseconds)
      .dateTime(in: zone).adding(seconds: amount.seconds, nanoseconds: amount.nanoseconds, zone)
    return LocalDateTime(later)
  }
}

extension DateTime {
  /// The moment so long after 1970-01-01T00:00:00Z, or an error outside of the calendar.
  static func checked(
    seconds: Int64,
    nanoseconds: Int64,
    in zone: Zone
  ) throws(EvaluationError) -> DateTime {
    let (carry, rest) = Calendar.floorDivide(nanoseconds, Calendar.nanosecondsPerSecond)
    let (sum, overflow) = seconds.addingReportingOverflow(carry)
    // Far more than a year has, and far less than would overflow with an offset.
    if !overflow, sum.magnitude < 1 << 60 {
      let moment = DateTime(
        seconds: sum,
        nanosecond: Int32(rest),
        offsetSeconds: zone.offset(at: sum),
        zone: zone.name
      )
      if Calendar.epochDays.contains(LocalDateTime(moment).epochDay) { return moment }
    }
    throw EvaluationError(
      .argumentOutOfRange,
      "a datetime lies outside of the years \(PartialDate.yearMin) to \(PartialDate.yearMax)"
    )
  }

  func zoneOfIt() throws(EvaluationError) -> Zone {
    guard let zone else { return .offset(offsetSeconds) }
    return .named(try TimeZoneDatabase.rules(named: zone))
  }

  /// This moment later by a duration: months and days on the calendar of its zone, then time.
  func adding(_ amount: Duration) throws(EvaluationError) -> DateTime {
    let zone = try zoneOfIt()
    var base = self
    if amount.months != 0 || amount.days != 0 {
      let local = LocalDateTime(self)
      let day = try local.date.adding(Duration(months: amount.months, days: amount.days))
      base = LocalDateTime(epochDay: day.epochDay, nanoseconds: local.nanoseconds)
        .dateTime(in: zone)
    }
    return try base.adding(seconds: amount.seconds, nanoseconds: amount.nanoseconds, zone)
  }

  fileprivate func adding(
    seconds amount: Int64,
    nanoseconds: Int32,
    _ zone: Zone
  ) throws(EvaluationError) -> DateTime {
    let (sum, overflow) = seconds.addingReportingOverflow(amount)
    return try .checked(
      seconds: overflow ? .max : sum,
      nanoseconds: Int64(nanosecond) + Int64(nanoseconds),
      in: zone
    )
  }
}

extension LocalTime {
  /// This later by the clock time of a duration, past midnight from the start again.
  func adding(_ amount: Duration) -> LocalTime {
    let seconds = Calendar.floorDivide(amount.seconds, Calendar.secondsPerDay).remainder
    let sum =
      nanoseconds + seconds * Calendar.nanosecondsPerSecond + Int64(amount.nanoseconds)
    return LocalTime(
      nanoseconds: Calendar.floorDivide(sum, Calendar.nanosecondsPerDay).remainder
    )
  }
}

extension ZonedTime {
  /// This later by the clock time of a duration, past midnight from the start again.
  func adding(_ amount: Duration) -> ZonedTime {
    ZonedTime(
      nanoseconds: LocalTime(nanoseconds: nanoseconds).adding(amount).nanoseconds,
      offsetSeconds: offsetSeconds
    )
  }
}
