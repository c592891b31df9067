import GraphModel

/// Reads ISO 8601 forms byte by byte.
struct TemporalScanner {
  private let bytes: [UInt8]
  private(set) var position = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  var isAtEnd: Bool { position == bytes.count }

  /// The byte at the reading position, 0 at the end.
  var next: UInt8 { position < bytes.count ? bytes[position] : 0 }

  mutating func advance() {
    if !isAtEnd { position += 1 }
  }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// How many digits follow.
  var digitCount: Int {
    var end = position
    while end < bytes.count, (0x30...0x39).contains(bytes[end]) { end += 1 }
    return end - position
  }

  /// The number that the next `count` digits write, at most 18.
  mutating func number(_ count: Int) -> Int? {
    guard count > 0, count <= 18, digitCount >= count else { return nil }
    var result = 0
    for _ in 0..<count {
      result = result * 10 + Int(bytes[position] - 0x30)
      position += 1
    }
    return result
  }

  /// A decimal fraction after its point, in units of 10⁻⁹; further digits are cut.
  mutating func nanoseconds() -> Int64? {
    let digits = digitCount
    guard digits > 0 else { return nil }
    var result: Int64 = 0
    for index in 0..<max(digits, 9) where index < 9 {
      let digit = index < digits ? Int64(bytes[position + index] - 0x30) : 0
      result = result * 10 + digit
    }
    position += digits
    return result
  }
}

extension TemporalScanner {
  /// A date in calendar, week, ordinal, month or year form, with or without hyphens.
  mutating func date() -> PartialDate? {
    let isNegative = next == UInt8(ascii: "-")
    let isSigned = isNegative || next == UInt8(ascii: "+")
    if isSigned { position += 1 }
    let digits = digitCount
    let isExtended =
      position + digits < bytes.count && bytes[position + digits] == UInt8(ascii: "-")
    let isWeek = position + 4 < bytes.count && bytes[position + 4] == UInt8(ascii: "W")
    guard digits >= 4 else { return nil }
    if isSigned || isExtended {
      guard let year = number(min(digits, 9)) else { return nil }
      return dateRest(year: isNegative ? -year : year, hasHyphens: true)
    }
    guard let year = number(4) else { return nil }
    return dateRest(year: year, hasHyphens: false, isWeek: isWeek)
  }

  private mutating func dateRest(
    year: Int,
    hasHyphens: Bool,
    isWeek: Bool = false
  ) -> PartialDate? {
    if hasHyphens, !skip("-") { return PartialDate(year: year, month: 1, day: 1) }
    if skip("W") {
      guard let week = number(2) else { return nil }
      var day = 1
      if hasHyphens ? skip("-") : digitCount > 0 {
        guard let written = number(1) else { return nil }
        day = written
      }
      return Calendar.epochDay(weekYear: year, week: week, dayOfWeek: day)
        .map(PartialDate.init(epochDay:))
    }
    switch digitCount {
    case 0 where !hasHyphens: return PartialDate(year: year, month: 1, day: 1)
    case 3:
      return number(3).flatMap { Calendar.epochDay(year: year, ordinalDay: $0) }
        .map(PartialDate.init(epochDay:))
    case 2:
      guard let month = number(2), month > 0 else { return nil }
      guard hasHyphens, skip("-") else { return PartialDate(year: year, month: month, day: 1) }
      guard digitCount == 2, let day = number(2), day > 0 else { return nil }
      return PartialDate(year: year, month: month, day: day)
    case 4 where !hasHyphens:
      guard let month = number(2), month > 0, let day = number(2), day > 0 else { return nil }
      return PartialDate(year: year, month: month, day: day)
    default: return nil
    }
  }

  /// A time of day in nanoseconds since midnight: `21:40:32.142`, `2140`, `21`.
  mutating func time() -> Int64? {
    guard let hour = number(2), hour < 24 else { return nil }
    var total = Int64(hour) * 3600
    var nanoseconds: Int64 = 0
    let hasColons = next == UInt8(ascii: ":")
    if hasColons ? skip(":") : digitCount >= 2 {
      guard let minute = number(2), minute < 60 else { return nil }
      total += Int64(minute) * 60
      if hasColons ? skip(":") : digitCount >= 2 {
        guard let second = number(2), second < 60 else { return nil }
        total += Int64(second)
        if skip(".") || skip(",") {
          guard let fraction = self.nanoseconds() else { return nil }
          nanoseconds = fraction
        }
      }
    }
    return total * Calendar.nanosecondsPerSecond + nanoseconds
  }

  /// A date, and a time of that day behind a `T`; midnight where there is none.
  mutating func localDateTime() -> LocalDateTime? {
    guard let date = date() else { return nil }
    var nanoseconds: Int64 = 0
    if skip("T") || skip("t") {
      guard let time = time() else { return nil }
      nanoseconds = time
    }
    return LocalDateTime(epochDay: date.epochDay, nanoseconds: nanoseconds)
  }

  /// What stands in brackets: the name of a zone.
  mutating func bracketed() -> String? {
    var copy = self
    guard copy.skip("[") else { return nil }
    let start = copy.position
    while !copy.isAtEnd, copy.next != UInt8(ascii: "]") { copy.advance() }
    let end = copy.position
    guard copy.skip("]") else { return nil }
    self = copy
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  /// An offset from UTC in seconds: `Z`, `+02`, `-0730`, `+01:00`; `nil` where it cannot be read.
  mutating func offset() -> Int32? {
    if skip("Z") || skip("z") { return 0 }
    let isNegative = next == UInt8(ascii: "-")
    guard skip("+") || skip("-"), let hours = number(2), hours <= 18 else { return nil }
    var seconds = hours * 3600
    if skip(":") || digitCount >= 2 {
      guard let minutes = number(2), minutes < 60 else { return nil }
      seconds += minutes * 60
      if skip(":") || digitCount >= 2 {
        guard let rest = number(2), rest < 60 else { return nil }
        seconds += rest
      }
    }
    return Int32(isNegative ? -seconds : seconds)
  }
}

/// How dates, moments and durations are written: ISO 8601.
enum TemporalText {
  static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// `12:31:14.645876`, without seconds where they are zero.
  static func time(_ nanoseconds: Int64) -> String {
    let seconds = Int(nanoseconds / Calendar.nanosecondsPerSecond)
    let fraction = Int(nanoseconds % Calendar.nanosecondsPerSecond)
    var text = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2))"
    if seconds % 60 != 0 || fraction != 0 { text += ":" + padded(seconds % 60, 2) }
    if fraction != 0 { text += "." + trimmed(padded(fraction, 9)) }
    return text
  }

  /// A time with its offset: `12:31:14+01:00`.
  static func time(_ time: ZonedTime) -> String {
    self.time(time.nanoseconds) + offset(time.offsetSeconds)
  }

  /// A date and a time: `1984-10-11T12:31:14.645876`.
  static func localDateTime(_ local: LocalDateTime) -> String {
    "\(local.date)T\(time(local.nanoseconds))"
  }

  /// `1984-10-11T12:31:14.645876+01:00`, and `[Europe/Stockholm]` where the zone has a name.
  static func dateTime(_ moment: DateTime) -> String {
    localDateTime(LocalDateTime(moment)) + offset(moment.offsetSeconds)
      + (moment.zone.map { "[\($0)]" } ?? "")
  }

  /// An offset from UTC: `Z` or `+01:00`.
  static func offset(_ seconds: Int32) -> String {
    if seconds == 0 { return "Z" }
    let absolute = Int(seconds.magnitude)
    var text = seconds < 0 ? "-" : "+"
    text += "\(padded(absolute / 3600, 2)):\(padded(absolute / 60 % 60, 2))"
    if absolute % 60 != 0 { text += ":" + padded(absolute % 60, 2) }
    return text
  }

  private static func trimmed(_ digits: String) -> String {
    var digits = digits
    while digits.last == "0" { digits.removeLast() }
    return digits
  }

  /// A duration, as `P12Y5M14DT16H13M10.000000001S`.
  static func duration(_ amount: Duration) -> String {
    var text = "P"
    func append(_ number: Int64, _ unit: String) {
      if number != 0 { text += "\(number)\(unit)" }
    }
    append(amount.months / 12, "Y")
    append(amount.months % 12, "M")
    append(amount.days, "D")
    let seconds = amount.wholeSeconds
    let nanoseconds = amount.signedNanoseconds
    if seconds != 0 || nanoseconds != 0 || text == "P" {
      text += "T"
      append(seconds / 3600, "H")
      append(seconds / 60 % 60, "M")
      let rest = seconds % 60
      if nanoseconds != 0 {
        let sign = rest < 0 || nanoseconds < 0 ? "-" : ""
        let fraction = trimmed(padded(Int(nanoseconds.magnitude), 9))
        text += "\(sign)\(rest.magnitude).\(fraction)S"
      } else if rest != 0 || text.hasSuffix("T") {
        text += "\(rest)S"
      }
    }
    return text
  }

  /// Reads `P12Y5M14DT16H12M70S`, with fractions and negative parts, and `P2012-02-02T14:37:21.5`.
  static func parseDuration(_ text: String) throws(EvaluationError) -> Duration? {
    var scanner = TemporalScanner(text)
    let isNegative = scanner.skip("-")
    guard scanner.skip("P"), !scanner.isAtEnd else { return nil }
    if !isNegative, let amount = try dateTimeForm(scanner) { return amount }
    var builder = DurationBuilder()
    var isTime = false
    var parts = 0
    while !scanner.isAtEnd {
      if scanner.skip("T") {
        if isTime || scanner.isAtEnd { return nil }
        isTime = true
      }
      let sign: Int64 = scanner.skip("-") != isNegative ? -1 : 1
      let digits = scanner.digitCount
      guard digits > 0, let whole = scanner.number(digits) else { return nil }
      var quantity = Quantity(whole: sign * Int64(whole))
      if scanner.skip(".") || scanner.skip(",") {
        guard let nanoseconds = scanner.nanoseconds() else { return nil }
        quantity.fraction = Double(sign) * Double(nanoseconds) / 1e9
      }
      let letters: [(Unicode.Scalar, String)] =
        isTime
        ? [("H", "hours"), ("M", "minutes"), ("S", "seconds")]
        : [("Y", "years"), ("M", "months"), ("W", "weeks"), ("D", "days")]
      guard let unit = letters.first(where: { scanner.skip($0.0) })?.1 else { return nil }
      _ = try builder.add(quantity, unit: unit)
      parts += 1
    }
    return parts > 0 ? try builder.duration() : nil
  }

  /// `2012-02-02T14:37:21.545` after the P.
  private static func dateTimeForm(
    _ start: TemporalScanner
  ) throws(EvaluationError) -> Duration? {
    var scanner = start
    guard let years = scanner.number(4), scanner.skip("-"), let months = scanner.number(2),
      scanner.skip("-"), let days = scanner.number(2)
    else { return nil }
    var nanoseconds: Int64 = 0
    if scanner.skip("T") {
      guard let time = scanner.time() else { return nil }
      nanoseconds = time
    }
    guard scanner.isAtEnd else { return nil }
    return try .normalized(
      months: Int64(years) * 12 + Int64(months),
      days: Int64(days),
      seconds: 0,
      nanoseconds: nanoseconds
    )
  }
}
