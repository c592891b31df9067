import GraphModel

/// How the clocks of a zone are set every year, as POSIX writes it: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: POSIX.1-2017, section 8.3, with the wider hours of RFC 8536.
struct TimeZoneRule: Sendable {
  private var standard: Int32
  private var summer: (offset: Int32, start: Change, end: Change)?

  /// A day of the year and a time of that day.
  private struct Change {
    enum Day {
      /// `Jn`: 1…365, a 29 February is not counted.
      case julian(Int)
      /// `n`: 0…365.
      case ordinal(Int)
      /// `Mm.w.d`: weekday `d` (0 is Sunday) of week `w` (5 is the last) of month `m`.
      case weekday(month: Int, week: Int, day: Int)
    }

    var day: Day
    /// In seconds since midnight, by the clocks before the change.
    var time: Int64

    /// In seconds since 1970-01-01T00:00:00 of these clocks.
    func seconds(year: Int) -> Int64 {
      let newYear = Calendar.newYear(year)
      let epochDay: Int
      switch day {
      case .julian(let number):
        epochDay = newYear + number - 1 + (PartialDate.isLeap(year) && number >= 60 ? 1 : 0)
      case .ordinal(let number): epochDay = newYear + number
      case .weekday(let month, let week, let weekday):
        let first = PartialDate(year: year, month: month, day: 1)?.epochDay ?? newYear
        let firstWeekday = Calendar.dayOfWeek(first) % 7
        var day = (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
        if day >= PartialDate.days(inMonth: month, of: year) { day -= 7 }
        epochDay = first + day
      }
      return Int64(epochDay) * Calendar.secondsPerDay + time
    }
  }

  /// `nil` where `text` is no such rule.
  init?(_ text: String) {
    var scanner = TemporalScanner(text)
    guard Self.name(&scanner), let west = Self.time(&scanner) else { return nil }
    standard = Int32(-west)
    guard !scanner.isAtEnd else { return }
    guard Self.name(&scanner) else { return nil }
    var offset = standard + 3600
    if scanner.next != UInt8(ascii: ",") {
      guard let west = Self.time(&scanner) else { return nil }
      offset = Int32(-west)
    }
    guard scanner.skip(","), let start = Self.change(&scanner), scanner.skip(","),
      let end = Self.change(&scanner), scanner.isAtEnd
    else { return nil }
    summer = (offset, start, end)
  }

  /// The offset at a moment, in seconds since 1970-01-01T00:00:00Z.
  func offset(at seconds: Int64) -> Int32 {
    guard let summer else { return standard }
    let local = LocalDateTime(seconds: seconds, nanosecond: 0, offsetSeconds: standard)
    let year = local.date.year
    let start = summer.start.seconds(year: year) - Int64(standard)
    let end = summer.end.seconds(year: year) - Int64(summer.offset)
    let isSummer =
      start < end ? start <= seconds && seconds < end : seconds < end || start <= seconds
    return isSummer ? summer.offset : standard
  }

  /// Passes over `CET` or `<+07>`.
  private static func name(_ scanner: inout TemporalScanner) -> Bool {
    let isQuoted = scanner.skip("<")
    var count = 0
    while !scanner.isAtEnd, isQuoted ? scanner.next != UInt8(ascii: ">") : isLetter(scanner.next) {
      scanner.advance()
      count += 1
    }
    return count >= 3 && (!isQuoted || scanner.skip(">"))
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  /// Seconds written as `5`, `-3:30`, `26:00:00`.
  private static func time(_ scanner: inout TemporalScanner) -> Int64? {
    let isNegative = scanner.skip("-")
    if !isNegative { _ = scanner.skip("+") }
    guard let hours = scanner.number(min(scanner.digitCount, 3)) else { return nil }
    var seconds = Int64(hours) * 3600
    for unit in [60, 1] as [Int64] where scanner.skip(":") {
      guard let part = scanner.number(2) else { return nil }
      seconds += Int64(part) * unit
    }
    return isNegative ? -seconds : seconds
  }

  private static func change(_ scanner: inout TemporalScanner) -> Change? {
    func number(_ range: ClosedRange<Int>) -> Int? {
      scanner.number(min(scanner.digitCount, 3)).flatMap { range.contains($0) ? $0 : nil }
    }
    let day: Change.Day
    if scanner.skip("M") {
      guard let month = number(1...12), scanner.skip("."), let week = number(1...5),
        scanner.skip("."), let weekday = number(0...6)
      else { return nil }
      day = .weekday(month: month, week: week, day: weekday)
    } else if scanner.skip("J") {
      guard let count = number(1...365) else { return nil }
      day = .julian(count)
    } else {
      guard let count = number(0...365) else { return nil }
      day = .ordinal(count)
    }
    var time: Int64 = 7200
    if scanner.skip("/") {
      guard let written = Self.time(&scanner) else { return nil }
      time = written
    }
    return Change(day: day, time: time)
  }
}
