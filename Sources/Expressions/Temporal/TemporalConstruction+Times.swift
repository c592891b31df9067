import GraphModel
import OrderedCollections

// What `localtime(…)`, `time(…)`, `localdatetime(…)` and `datetime(…)` make.

extension TemporalConstruction {
  private static func malformed(_ text: String, _ type: String, _ hint: String) -> EvaluationError {
    EvaluationError(.invalidArgument, "\"\(text)\" is not \(type)", hint: hint)
  }

  private static func needsTime(_ function: String, _ value: Value) -> EvaluationError {
    .mismatch("\"\(function)\"", expected: "a string, a map or a value with a time", found: value)
  }

  // MARK: Times of day

  static func localTime(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .string(let text):
      var scanner = TemporalScanner(text)
      guard let time = scanner.time(), scanner.isAtEnd else {
        throw malformed(text, "a local time", "write it as 14:30, 14:30:15 or 14:30:15.25")
      }
      return .localTime(LocalTime(nanoseconds: time))
    case .map(let map):
      let fields = try TemporalFields(
        map,
        for: "localtime",
        allowed: TemporalFields.timeFields.union(["time"])
      )
      let base = try fields.base("time")
      return .localTime(LocalTime(nanoseconds: try fields.time(base: base.time, needsHour: true)))
    default:
      guard let time = TemporalComponents(value).time else { throw needsTime("localtime", value) }
      return .localTime(LocalTime(nanoseconds: time))
    }
  }

  static func time(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .string(let text):
      var scanner = TemporalScanner(text)
      let failure = malformed(text, "a time", "write it as 14:30:15+07:00, 14:30Z or 14:30")
      guard let time = scanner.time() else { throw failure }
      var offset: Int32 = 0
      if !scanner.isAtEnd {
        guard let written = scanner.offset(), scanner.isAtEnd else { throw failure }
        offset = written
      }
      return .time(ZonedTime(nanoseconds: time, offsetSeconds: offset))
    case .map(let map):
      return .time(
        try time(
          TemporalFields(
            map,
            for: "time",
            allowed: TemporalFields.timeFields.union(["time", "timezone"])
          )
        )
      )
    default:
      let components = TemporalComponents(value)
      guard let time = components.time else { throw needsTime("time", value) }
      return .time(ZonedTime(nanoseconds: time, offsetSeconds: components.offsetSeconds ?? 0))
    }
  }

  private static func time(_ fields: TemporalFields) throws(EvaluationError) -> ZonedTime {
    let base = try fields.base("time")
    let offset = try fields.offset()
    var baseTime = base.time
    if let time = base.time, let offset, let former = base.offsetSeconds {
      // A time that is moved to another offset stays the same moment.
      let shift = Int64(offset - former) * Calendar.nanosecondsPerSecond
      baseTime = Calendar.floorDivide(time + shift, Calendar.nanosecondsPerDay).remainder
    }
    return ZonedTime(
      nanoseconds: try fields.time(base: baseTime, needsHour: true),
      offsetSeconds: offset ?? base.offsetSeconds ?? 0
    )
  }

  // MARK: Datetimes

  private static let localDateTimeFields =
    TemporalFields.dateFields.union(TemporalFields.timeFields).union(["datetime", "time"])

  private static let dateTimeFields =
    localDateTimeFields.union(["timezone", "epochSeconds", "epochMillis"])

  static func localDateTime(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .string(let text):
      var scanner = TemporalScanner(text)
      guard let local = scanner.localDateTime(), scanner.isAtEnd else {
        throw malformed(text, "a local datetime", "write it as 2022-07-21T14:30:15")
      }
      return .localDateTime(local)
    case .map(let map):
      let fields = try TemporalFields(map, for: "localdatetime", allowed: localDateTimeFields)
      let base = try fields.base("date", "time", "datetime")
      return .localDateTime(
        LocalDateTime(
          epochDay: try fields.date(base: base.date).epochDay,
          nanoseconds: try fields.time(base: base.time)
        )
      )
    default:
      let components = TemporalComponents(value)
      guard let date = components.date else {
        throw .mismatch(
          "\"localdatetime\"",
          expected: "a string, a map or a value with a date",
          found: value
        )
      }
      return .localDateTime(
        LocalDateTime(epochDay: date.epochDay, nanoseconds: components.time ?? 0)
      )
    }
  }

  static func dateTime(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .dateTime: return value
    case .string(let text): return .dateTime(try dateTime(parsing: text))
    case .map(let map):
      return .dateTime(
        try dateTime(TemporalFields(map, for: "datetime", allowed: dateTimeFields))
      )
    default:
      guard case .localDateTime(let local) = try localDateTime(value) else { return .null }
      return .dateTime(local.dateTime(in: .offset(0)))
    }
  }

  private static func dateTime(parsing text: String) throws(EvaluationError) -> DateTime {
    var scanner = TemporalScanner(text)
    let failure = malformed(
      text,
      "a datetime",
      "write it as 2022-07-21T14:30:00Z, with an offset, 2022-07-21T14:30+07:00, "
        + "or with a zone, 2022-07-21T14:30[Asia/Bangkok]"
    )
    guard let local = scanner.localDateTime() else { throw failure }
    var offset: Int32?
    if !scanner.isAtEnd, scanner.next != UInt8(ascii: "[") {
      guard let written = scanner.offset() else { throw failure }
      offset = written
    }
    guard let name = scanner.bracketed() else {
      guard scanner.isAtEnd else { throw failure }
      return local.dateTime(in: .offset(offset ?? 0))
    }
    guard scanner.isAtEnd else { throw failure }
    let zone = Zone.named(try TimeZoneDatabase.rules(named: name))
    guard let offset else { return local.dateTime(in: zone) }
    var moment = local.dateTime(in: .offset(offset))
    guard zone.offset(at: moment.seconds) == offset else {
      throw EvaluationError(
        .invalidArgument,
        "the clocks of \(name) were not at \(TemporalText.offset(offset)) then",
        hint: "leave out the offset: they were at "
          + TemporalText.offset(local.dateTime(in: zone).offsetSeconds)
      )
    }
    moment.zone = name
    return moment
  }

  private static func dateTime(_ fields: TemporalFields) throws(EvaluationError) -> DateTime {
    let zone = try fields.zone()
    for (key, perSecond) in [("epochSeconds", 1), ("epochMillis", 1000)] as [(String, Int64)] {
      guard let count = try fields.integer(key) else { continue }
      let (seconds, rest) = Calendar.floorDivide(Int64(count), perSecond)
      let nanosecond = try fields.integer("nanosecond", in: 0...999_999_999, default: 0)
      return try .checked(
        seconds: seconds,
        nanoseconds: rest * (Calendar.nanosecondsPerSecond / perSecond) + Int64(nanosecond),
        in: zone ?? .offset(0)
      )
    }
    var base = try fields.base("date", "time", "datetime")
    let baseZone = try base.zone()
    if fields.has("datetime"), let zone, let moment = base.moment {
      // A moment that is moved into another zone stays the same moment.
      let local = LocalDateTime(moment, in: zone)
      base.date = local.date
      base.time = local.nanoseconds
    }
    let date = try fields.date(base: base.date)
    if !fields.has("datetime"), let zone, let baseZone, let time = base.time {
      // So does a time on the day that is made.
      let moment = LocalDateTime(epochDay: date.epochDay, nanoseconds: time).dateTime(in: baseZone)
      base.time = LocalDateTime(moment, in: zone).nanoseconds
    }
    return LocalDateTime(
      epochDay: date.epochDay,
      nanoseconds: try fields.time(base: base.time)
    ).dateTime(in: zone ?? baseZone ?? .offset(0))
  }
}
