import GraphModel
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

  /// Microseconds since midnight, on top of `base` where it is given.
  func time(base: Int64?) throws(EvaluationError) -> Int64 {
    let baseSeconds = Int((base ?? 0) / 1_000_000)
    let hour = try integer("hour", in: 0...23, default: baseSeconds / 3600)
    let minute = try integer("minute", in: 0...59, default: baseSeconds / 60 % 60)
    let second = try integer("second", in: 0...59, default: baseSeconds % 60)
    var microseconds = Int((base ?? 0) % 1_000_000)
    if has("millisecond", "microsecond", "nanosecond") {
      let hasMilliseconds = has("millisecond")
      let hasMicroseconds = has("microsecond")
      let milli = try integer("millisecond", in: 0...999, default: 0)
      let microMaximum = hasMilliseconds ? 999 : 999_999
      let micro = try integer("microsecond", in: 0...microMaximum, default: 0)
      let nanoMaximum = hasMicroseconds ? 999 : hasMilliseconds ? 999_999 : 999_999_999
      let nano = try integer("nanosecond", in: 0...nanoMaximum, default: 0)
      if nano % 1000 != 0 { throw DateTime.tooFine }
      microseconds = milli * 1000 + micro + nano / 1000
    }
    return Int64(hour * 3600 + minute * 60 + second) * 1_000_000 + Int64(microseconds)
  }

  /// The offset of the field `timezone`; names of zones are not known.
  func offset() throws(EvaluationError) -> Int32? {
    guard let value = self["timezone"] else { return nil }
    guard case .string(let text) = value else {
      throw .mismatch("the field \"timezone\"", expected: "a string", found: value)
    }
    var scanner = TemporalScanner(text)
    guard let offset = scanner.offset(), scanner.isAtEnd else {
      throw EvaluationError(
        .invalidArgument,
        "the time zone \"\(text)\" is not an offset",
        hint: "write an offset from UTC, such as '+01:00' or 'Z'"
      )
    }
    return offset
  }
}

/// What `date(…)`, `edtf(…)`, `datetime(…)`, `duration(…)` and the truncations make.
enum TemporalConstruction {
  static func date(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .date: return value
    case .dateTime(let moment):
      return .date(LocalMoment(moment, offsetSeconds: moment.offsetSeconds).date)
    case .string(let text):
      var scanner = TemporalScanner(text)
      guard let date = scanner.date(), scanner.isAtEnd else {
        throw EvaluationError(
          .invalidArgument,
          "\"\(text)\" is not a date",
          hint: "write it as 2022-07-21, 2022-07, 2022, 2022-W29-4 or 2022-202"
        )
      }
      return .date(date)
    case .map(let map):
      let fields = try TemporalFields(map, for: "date", allowed: TemporalFields.dateFields)
      return .date(try fields.date(base: try base(fields)))
    default:
      throw .mismatch("\"date\"", expected: "a string, a map, a date or a datetime", found: value)
    }
  }

  private static func base(_ fields: TemporalFields) throws(EvaluationError) -> PartialDate? {
    guard let value = fields["date"] else { return nil }
    switch value {
    case .date(let date): return date
    case .dateTime(let moment):
      return LocalMoment(moment, offsetSeconds: moment.offsetSeconds).date
    default: throw .mismatch("the field \"date\"", expected: "a date", found: value)
    }
  }

  static func edtf(_ text: String) throws(EvaluationError) -> PartialDate {
    guard let date = PartialDate(text) else {
      throw EvaluationError(
        .invalidArgument,
        "\"\(text)\" is not a date",
        hint: "write it as 2022-07-21, 2022-07 or 2022"
      )
    }
    return date
  }

  static func dateTime(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .dateTime: return value
    case .date(let date):
      return .dateTime(try LocalMoment(epochDay: date.epochDay).dateTime(offsetSeconds: 0))
    case .string(let text): return .dateTime(try dateTime(parsing: text))
    case .map(let map): return .dateTime(try dateTime(map))
    default:
      throw .mismatch(
        "\"datetime\"",
        expected: "a string, a map, a date or a datetime",
        found: value
      )
    }
  }

  private static func dateTime(parsing text: String) throws(EvaluationError) -> DateTime {
    var scanner = TemporalScanner(text)
    let failure = EvaluationError(
      .invalidArgument,
      "\"\(text)\" is not a datetime",
      hint: "write it as 2022-07-21T14:30:00Z or with an offset, 2022-07-21T14:30+07:00"
    )
    guard let date = scanner.date() else { throw failure }
    var nanoseconds: Int64 = 0
    var offset: Int32 = 0
    if scanner.skip("T") || scanner.skip("t") {
      guard let time = scanner.time() else { throw failure }
      nanoseconds = time
      if !scanner.isAtEnd {
        guard let written = scanner.offset() else { throw failure }
        offset = written
      }
    }
    guard scanner.isAtEnd else { throw failure }
    if nanoseconds % 1000 != 0 { throw DateTime.tooFine }
    return try LocalMoment(epochDay: date.epochDay, microseconds: nanoseconds / 1000)
      .dateTime(offsetSeconds: offset)
  }

  private static let dateTimeFields =
    TemporalFields.dateFields.union(TemporalFields.timeFields)
    .union(["datetime", "time", "timezone", "epochSeconds", "epochMillis"])

  private static func dateTime(
    _ map: OrderedDictionary<String, Value>
  ) throws(EvaluationError) -> DateTime {
    let fields = try TemporalFields(map, for: "datetime", allowed: dateTimeFields)
    let offset = try fields.offset()
    for (key, scale) in [("epochSeconds", 1_000_000), ("epochMillis", 1000)] as [(String, Int64)] {
      guard let count = try fields.integer(key) else { continue }
      let (microseconds, overflow) = Int64(count).multipliedReportingOverflow(by: scale)
      if overflow { throw EvaluationError(.overflow, "\"\(key)\" is too large: \(count)") }
      return DateTime(microseconds: microseconds, offsetSeconds: offset ?? 0)
    }
    var baseDate = try base(fields)
    var baseTime: Int64?
    var baseOffset: Int32?
    for key in ["time", "datetime"] {
      guard let value = fields[key] else { continue }
      guard case .dateTime(let moment) = value else {
        throw .mismatch("the field \"\(key)\"", expected: "a datetime", found: value)
      }
      // A moment that is moved into another offset stays the same moment.
      let local = LocalMoment(moment, offsetSeconds: offset ?? moment.offsetSeconds)
      baseTime = local.microseconds
      baseOffset = moment.offsetSeconds
      if key == "datetime" { baseDate = local.date }
    }
    let date = try fields.date(base: baseDate)
    return try LocalMoment(epochDay: date.epochDay, microseconds: try fields.time(base: baseTime))
      .dateTime(offsetSeconds: offset ?? baseOffset ?? 0)
  }

  static func duration(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .duration: return value
    case .string(let text):
      guard let amount = try TemporalText.parseDuration(text) else {
        throw EvaluationError(
          .invalidArgument,
          "\"\(text)\" is not a duration",
          hint: "write it as P1Y2M3DT4H5M6S, or P2W"
        )
      }
      return .duration(amount)
    case .map(let map):
      var builder = DurationBuilder()
      for (key, part) in map where !part.isNull {
        let quantity: Quantity
        switch part {
        case .integer(let whole): quantity = Quantity(whole: whole)
        case .float(let number): quantity = try Quantity(number)
        default: throw .mismatch("the field \"\(key)\"", expected: "a number", found: part)
        }
        guard try builder.add(quantity, unit: key) else {
          throw EvaluationError(
            .invalidArgument,
            "\"duration\" does not know the field \"\(key)\"",
            hint: "it knows " + DurationBuilder.unitNames.joined(separator: ", ")
          )
        }
      }
      return .duration(try builder.duration())
    default: throw .mismatch("\"duration\"", expected: "a string or a map", found: value)
    }
  }
}
