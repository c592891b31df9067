import GraphModel

/// Weeks, quarters and ordinal days of the ISO calendar, on days since 1970-01-01.
enum Calendar {
  static let secondsPerDay: Int64 = 86_400
  static let nanosecondsPerDay: Int64 = 86_400_000_000_000
  static let nanosecondsPerSecond: Int64 = 1_000_000_000
  /// The average month of the Gregorian calendar.
  static let secondsPerMonth: Int64 = 2_629_746

  static let epochDays: ClosedRange<Int> = {
    let first = PartialDate(year: PartialDate.yearMin, month: 1, day: 1)
    let last = PartialDate(year: PartialDate.yearMax, month: 12, day: 31)
    return (first?.epochDay ?? 0)...(last?.epochDay ?? 0)
  }()

  static func floorDivide<T: SignedInteger & FixedWidthInteger>(
    _ a: T,
    _ b: T
  ) -> (quotient: T, remainder: T) {
    let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
    return remainder < 0 ? (quotient - 1, remainder + b) : (quotient, remainder)
  }

  /// 1 for Monday to 7 for Sunday.
  static func dayOfWeek(_ epochDay: Int) -> Int {
    floorDivide(epochDay + 3, 7).remainder + 1
  }

  /// The ISO 8601 week that a day belongs to, and that week's year.
  static func week(_ epochDay: Int) -> (year: Int, week: Int) {
    let thursday = epochDay - dayOfWeek(epochDay) + 4
    let year = PartialDate(epochDay: thursday).year
    return (year, (thursday - newYear(year)) / 7 + 1)
  }

  /// The first of January of a year, which may lie just outside of those that dates have.
  static func newYear(_ year: Int) -> Int {
    PartialDate(packed: Int64(year << 9 | 1 << 5 | 1)).epochDay
  }

  /// `nil` where the year has no such week.
  static func epochDay(weekYear: Int, week: Int, dayOfWeek: Int) -> Int? {
    guard
      (1...53).contains(week), (1...7).contains(dayOfWeek),
      let fourth = PartialDate(year: weekYear, month: 1, day: 4)?.epochDay
    else { return nil }
    let monday = fourth - self.dayOfWeek(fourth) + 1 + (week - 1) * 7
    guard self.week(monday).year == weekYear else { return nil }
    return monday + dayOfWeek - 1
  }

  /// `nil` where the year has no such day.
  static func epochDay(year: Int, ordinalDay: Int) -> Int? {
    guard (PartialDate.yearMin...PartialDate.yearMax).contains(year),
      (1...(PartialDate.isLeap(year) ? 366 : 365)).contains(ordinalDay)
    else { return nil }
    return newYear(year) + ordinalDay - 1
  }

  /// `nil` where the quarter has no such day.
  static func epochDay(year: Int, quarter: Int, dayOfQuarter: Int) -> Int? {
    guard (1...4).contains(quarter), dayOfQuarter >= 1,
      let first = PartialDate(year: year, month: quarter * 3 - 2, day: 1)?.epochDay
    else { return nil }
    let lastMonth = quarter * 3
    let lastDay = PartialDate.days(inMonth: lastMonth, of: year)
    guard let last = PartialDate(year: year, month: lastMonth, day: lastDay)?.epochDay else {
      return nil
    }
    return dayOfQuarter <= last - first + 1 ? first + dayOfQuarter - 1 : nil
  }

  static func quarter(ofMonth month: Int) -> Int { (month + 2) / 3 }

  static func dayOfQuarter(_ date: PartialDate) -> Int {
    let first = PartialDate(
      year: date.year,
      month: quarter(ofMonth: date.month) * 3 - 2,
      day: 1
    )
    return date.epochDay - (first?.epochDay ?? date.epochDay) + 1
  }
}

extension PartialDate {
  /// The day that is `epochDay` days after 1970-01-01, or an error outside of the calendar.
  static func checked(epochDay: Int) throws(EvaluationError) -> PartialDate {
    guard Calendar.epochDays.contains(epochDay) else {
      throw EvaluationError(
        .argumentOutOfRange,
        "a date lies outside of the years \(yearMin) to \(yearMax)"
      )
    }
    return PartialDate(epochDay: epochDay)
  }

  /// This date some months later, on the last day of the month where the day does not exist.
  func adding(months: Int64) throws(EvaluationError) -> PartialDate {
    let (sum, overflow) = (Int64(year) * 12 + Int64(month == 0 ? 0 : month - 1))
      .addingReportingOverflow(months)
    let (newYear, monthIndex) = Calendar.floorDivide(sum, 12)
    guard !overflow, (Int64(Self.yearMin)...Int64(Self.yearMax)).contains(newYear) else {
      throw EvaluationError(
        .argumentOutOfRange,
        "a date lies outside of the years \(Self.yearMin) to \(Self.yearMax)"
      )
    }
    let newMonth = month == 0 ? 0 : Int(monthIndex) + 1
    let lastDay = Self.days(inMonth: newMonth, of: Int(newYear))
    return PartialDate(year: Int(newYear), month: newMonth, day: min(day, lastDay)) ?? self
  }

  /// This date later by a duration, whose clock time counts in whole days.
  ///
  /// A partial date takes only what its precision can tell: months, or years.
  func adding(_ amount: Duration) throws(EvaluationError) -> PartialDate {
    if precision != .day {
      let hasFinerParts = amount.days != 0 || amount.seconds != 0 || amount.nanoseconds != 0
      if hasFinerParts || (precision == .year && amount.months % 12 != 0) {
        throw EvaluationError(
          .invalidArgument,
          "a duration finer than the date's precision cannot be added to \"\(self)\"",
          hint: "choose a day with .earliest or .latest"
        )
      }
      return try adding(months: amount.months)
    }
    let shifted = try adding(months: amount.months)
    let (days, overflow) = amount.days.addingReportingOverflow(amount.wholeSeconds / 86_400)
    guard !overflow, let count = Int(exactly: days), abs(Double(count)) < 1e12 else {
      throw EvaluationError(.overflow, "a duration is too long to be added to a date")
    }
    return try .checked(epochDay: shifted.epochDay + count)
  }
}
