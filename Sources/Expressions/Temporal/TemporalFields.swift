public import GraphModel
import OrderedCollections

/// The map from which `date({…})` and `datetime({…})` make their values.
struct TemporalFields {
  private let map: OrderedDictionary<String, Value>
  private let function: String

  init(
    _ map: OrderedDictionary<String, Value>,
    for function: String,
    allowed: Set<String>
  ) throws(EvaluationError) {
    for key in map.keys where !allowed.contains(key) {
      throw EvaluationError(
        .invalidArgument,
        "\"\(function)\" does not know the field \"\(key)\"",
        hint: "it knows " + allowed.sorted().joined(separator: ", ")
      )
    }
    self.map = map
    self.function = function
  }

  subscript(key: String) -> Value? {
    map[key].flatMap { $0.isNull ? nil : $0 }
  }

  func integer(_ key: String) throws(EvaluationError) -> Int? {
    guard let value = self[key] else { return nil }
    guard case .integer(let integer) = value else {
      throw .mismatch(
        "the field \"\(key)\" of \"\(function)\"",
        expected: "an integer",
        found: value
      )
    }
    return Int(integer)
  }

  func integer(
    _ key: String,
    in range: ClosedRange<Int>,
    default other: Int
  ) throws(EvaluationError) -> Int {
    guard let value = try integer(key) else { return other }
    guard range.contains(value) else {
      throw EvaluationError(
        .argumentOutOfRange,
        "the field \"\(key)\" of \"\(function)\" is \(value)",
        hint: "it lies in \(range.lowerBound)…\(range.upperBound)"
      )
    }
    return value
  }

  func has(_ keys: String...) -> Bool {
    keys.contains { self[$0] != nil }
  }

  func fail(_ message: String, hint: String? = nil) -> EvaluationError {
    EvaluationError(.invalidArgument, "\"\(function)\": \(message)", hint: hint)
  }
}

extension TemporalFields {
  static let dateFields: Set<String> = [
    "date", "year", "month", "day", "week", "dayOfWeek", "quarter", "dayOfQuarter", "ordinalDay",
  ]

  static let timeFields: Set<String> = [
    "hour", "minute", "second", "millisecond", "microsecond", "nanosecond",
  ]

  /// The date that the date fields name, on top of `base` where it is given.
  func date(base: PartialDate?) throws(EvaluationError) -> PartialDate {
    let base = base?.earliest
    guard let year = try integer("year") ?? base?.year else {
      throw fail("the field \"year\" is missing")
    }
    if has("week", "dayOfWeek") { return try weekDate(base: base) }
    if has("ordinalDay") {
      guard let ordinal = try integer("ordinalDay"),
        let day = Calendar.epochDay(year: year, ordinalDay: ordinal)
      else { throw fail("the year \(year) has no such \"ordinalDay\"") }
      return try .checked(epochDay: day)
    }
    if has("quarter", "dayOfQuarter") {
      let quarter = try integer("quarter") ?? base.map { Calendar.quarter(ofMonth: $0.month) }
      let day = try integer("dayOfQuarter") ?? base.map(Calendar.dayOfQuarter) ?? 1
      guard let quarter else { throw fail("\"dayOfQuarter\" without \"quarter\"") }
      guard let day = Calendar.epochDay(year: year, quarter: quarter, dayOfQuarter: day) else {
        throw fail("\(year) has no day \(day) in quarter \(quarter)")
      }
      return try .checked(epochDay: day)
    }
    let month = try integer("month")
    if month == nil, base == nil, has("day") { throw fail("\"day\" without \"month\"") }
    let day = try integer("day")
    guard month != 0, day != 0,
      let date = PartialDate(
        year: year,
        month: month ?? base?.month ?? 1,
        day: day ?? base?.day ?? 1
      )
    else {
      let text = "\(year)-\(month ?? base?.month ?? 1)-\(day ?? base?.day ?? 1)"
      throw EvaluationError(.argumentOutOfRange, "there is no date \"\(text)\"")
    }
    return date
  }

  private func weekDate(base: PartialDate?) throws(EvaluationError) -> PartialDate {
    let week = base.map { Calendar.week($0.epochDay) }
    guard let number = try integer("week") ?? week?.week else {
      throw fail("\"dayOfWeek\" without \"week\"")
    }
    let year = try integer("year") ?? week?.year ?? 0
    let day = try integer("dayOfWeek") ?? base.map { Calendar.dayOfWeek($0.epochDay) } ?? 1
    guard let epochDay = Calendar.epochDay(weekYear: year, week: number, dayOfWeek: day) else {
      throw fail("\(year) has no day \(day) in week \(number)")
    }
    return try .checked(epochDay: epochDay)
  }

  /// Nanoseconds since midnight, on top of `base` where it is given.
  ///
  /// Without a base a part needs the coarser ones; where `needsHour` there is at least an hour.
  func time(base: Int64?, needsHour: Bool = false) throws(EvaluationError) -> Int64 {
    if base == nil { try checkCoarserParts(needsHour: needsHour) }
    let base = base ?? 0
    let baseSeconds = Int(base / Calendar.nanosecondsPerSecond)
    let hour = try integer("hour", in: 0...23, default: baseSeconds / 3600)
    let minute = try integer("minute", in: 0...59, default: baseSeconds / 60 % 60)
    let second = try integer("second", in: 0...59, default: baseSeconds % 60)
    var nanoseconds = Int(base % Calendar.nanosecondsPerSecond)
    if has("millisecond", "microsecond", "nanosecond") {
      let hasMilliseconds = has("millisecond")
      let hasMicroseconds = has("microsecond")
      let milli = try integer("millisecond", in: 0...999, default: 0)
      let microMaximum = hasMilliseconds ? 999 : 999_999
      let micro = try integer("microsecond", in: 0...microMaximum, default: 0)
      let nanoMaximum = hasMicroseconds ? 999 : hasMilliseconds ? 999_999 : 999_999_999
      let nano = try integer("nanosecond", in: 0...nanoMaximum, default: 0)
      nanoseconds = milli * 1_000_000 + micro * 1000 + nano
    }
    return Int64(hour * 3600 + minute * 60 + second) * Calendar.nanosecondsPerSecond
      + Int64(nanoseconds)
  }

  private func checkCoarserParts(needsHour: Bool) throws(EvaluationError) {
    if needsHour, !has("hour") { throw fail("the field \"hour\" is missing") }
    if has("minute"), !has("hour") { throw fail("\"minute\" without \"hour\"") }
    if has("second"), !has("minute") { throw fail("\"second\" without \"minute\"") }
    for part in ["millisecond", "microsecond", "nanosecond"] where has(part) && !has("second") {
      throw fail("\"\(part)\" without \"second\"")
    }
  }

  /// The zone of the field `timezone`; `nil` where there is none.
  func zone() throws(EvaluationError) -> Zone? {
    guard let value = self["timezone"] else { return nil }
    guard case .string(let text) = value else {
      throw .mismatch("the field \"timezone\"", expected: "a string", found: value)
    }
    var scanner = TemporalScanner(text)
    if let offset = scanner.offset(), scanner.isAtEnd { return .offset(offset) }
    return .named(try TimeZoneDatabase.rules(named: text))
  }

  /// The offset of the field `timezone`, for times, which have no date to ask a zone about.
  func offset() throws(EvaluationError) -> Int32? {
    switch try zone() {
    case nil: return nil
    case .offset(let offset)?: return offset
    case .named(let rules)?:
      throw EvaluationError(
        .invalidArgument,
        "a time has an offset, and that of \"\(rules.name)\" depends on the date",
        hint: "write an offset such as '+01:00', or make a datetime"
      )
    }
  }

  /// What the values in the fields `names` are made of, the last one first.
  func base(_ names: String...) throws(EvaluationError) -> TemporalComponents {
    var result = TemporalComponents()
    for name in names {
      guard let value = self[name] else { continue }
      let components = TemporalComponents(value)
      let needsDate = name != "time"
      let needsTime = name != "date"
      guard (!needsDate || components.date != nil) && (!needsTime || components.time != nil) else {
        let expected =
          needsDate && needsTime
          ? "a datetime or a local datetime"
          : needsDate ? "a value with a date" : "a value with a time"
        throw .mismatch(
          "the field \"\(name)\" of \"\(function)\"",
          expected: expected,
          found: value
        )
      }
      if needsDate { result.date = components.date }
      if needsTime {
        result.time = components.time
        result.offsetSeconds = components.offsetSeconds
        result.moment = components.moment
      }
    }
    return result
  }
}

extension ValueOperations {
  /// The date of a date, and of a datetime where it was told; `nil` for other values.
  public static func date(of value: Value) -> PartialDate? { TemporalComponents(value).date }
}

/// What a value of time is made of.
struct TemporalComponents {
  var date: PartialDate?
  /// Nanoseconds since midnight.
  var time: Int64?
  /// Of a time and of a datetime.
  var offsetSeconds: Int32?
  /// Of a datetime.
  var moment: DateTime?

  init() {}

  /// All parts are `nil` for a value that is not of time.
  init(_ value: Value) {
    switch value {
    case .date(let date): self.date = date
    case .localTime(let time): self.time = time.nanoseconds
    case .time(let time):
      self.time = time.nanoseconds
      offsetSeconds = time.offsetSeconds
    case .localDateTime(let local):
      date = local.date
      time = local.nanoseconds
    case .dateTime(let moment):
      let local = LocalDateTime(moment)
      date = local.date
      time = local.nanoseconds
      offsetSeconds = moment.offsetSeconds
      self.moment = moment
    default: break
    }
  }

  /// Where the value was told; `nil` where it does not say.
  func zone() throws(EvaluationError) -> Zone? {
    if let moment { return try moment.zoneOfIt() }
    return offsetSeconds.map { .offset($0) }
  }
}
