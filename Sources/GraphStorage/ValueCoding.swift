import GraphModel
import OrderedCollections

extension Value {
  func encode(into sink: inout some ContentsSink) {
    switch self {
    case .null: sink.write(0)
    case .boolean(let flag):
      sink.write(1)
      sink.write(flag ? 1 : 0)
    case .integer(let number):
      sink.write(2)
      sink.write(UInt64(bitPattern: number))
    case .float(let number):
      sink.write(3)
      sink.write(number.bitPattern)
    case .string(let text):
      sink.write(4)
      sink.write(text)
    case .date, .dateTime, .localDateTime, .time, .localTime, .duration:
      encodeTemporal(into: &sink)
    case .list(let values):
      sink.write(8)
      sink.write(values.count)
      for value in values { value.encode(into: &sink) }
    case .map(let entries):
      sink.write(9)
      sink.write(entries.count)
      for (key, value) in entries {
        sink.write(key)
        value.encode(into: &sink)
      }
    case .node, .edge, .path, .derivedEdge:
      preconditionFailure("a property holds no part of the graph")
    }
  }

  /// What most graphs hold has codes of its own, 5 and 6, which are shorter and older.
  private func encodeTemporal(into sink: inout some ContentsSink) {
    func word(_ number: Int32) -> UInt64 { UInt64(UInt32(bitPattern: number)) }
    func word(_ number: Int64) -> UInt64 { UInt64(bitPattern: number) }
    switch self {
    case .date(let date):
      if let stored = date.storedPacked {
        for number in [5, word(stored)] { sink.write(number) }
      } else {
        for number in [10, word(date.packed)] { sink.write(number) }
      }
    case .dateTime(let moment):
      if moment.zone == nil, moment.nanosecond % 1000 == 0, let time = moment.microseconds {
        for number in [6, word(time), word(moment.offsetSeconds)] { sink.write(number) }
      } else {
        for number in [
          11, word(moment.seconds), word(moment.nanosecond), word(moment.offsetSeconds),
        ] { sink.write(number) }
        sink.write(moment.zone ?? "")
      }
    case .localDateTime(let moment):
      for number in [12, word(Int64(moment.epochDay)), word(moment.nanoseconds)] {
        sink.write(number)
      }
    case .time(let time):
      for number in [13, word(time.nanoseconds), word(time.offsetSeconds)] { sink.write(number) }
    case .localTime(let time):
      for number in [14, word(time.nanoseconds)] { sink.write(number) }
    case .duration(let amount):
      for number in [
        7, word(amount.months), word(amount.days), word(amount.seconds), word(amount.nanoseconds),
      ] { sink.write(number) }
    default: preconditionFailure("not a value of time")
    }
  }

  init(decoding source: inout ContentsSource) throws(ImageError) {
    let code = try source.number()
    switch code {
    case 0: self = .null
    case 1: self = .boolean(try source.number() != 0)
    case 2: self = .integer(Int64(bitPattern: try source.number()))
    case 3: self = .float(Double(bitPattern: try source.number()))
    case 4: self = .string(try source.string())
    case 5, 6, 7, 10...14: self = try Self.temporal(code, decoding: &source)
    case 8:
      var values: [Value] = []
      for _ in 0..<(try source.count()) { values.append(try Value(decoding: &source)) }
      self = .list(values)
    case 9:
      var entries: OrderedDictionary<String, Value> = [:]
      for _ in 0..<(try source.count()) {
        let key = try source.string()
        entries[key] = try Value(decoding: &source)
      }
      self = .map(entries)
    default: throw .damaged
    }
  }

  private static func temporal(
    _ code: UInt64,
    decoding source: inout ContentsSource
  ) throws(ImageError) -> Value {
    func long() throws(ImageError) -> Int64 { Int64(bitPattern: try source.number()) }
    func short() throws(ImageError) -> Int32 { Int32(truncatingIfNeeded: try source.number()) }
    switch code {
    case 5: return .date(PartialDate(storedPacked: try short()))
    case 6: return .dateTime(DateTime(microseconds: try long(), offsetSeconds: try short()))
    case 7:
      return .duration(
        Duration(
          months: try long(),
          days: try long(),
          seconds: try long(),
          nanoseconds: try short()
        )
      )
    case 10: return .date(PartialDate(packed: try long()))
    case 11:
      var moment = DateTime(
        seconds: try long(),
        nanosecond: try short(),
        offsetSeconds: try short()
      )
      let zone = try source.string()
      if !zone.isEmpty { moment.zone = zone }
      return .dateTime(moment)
    case 12:
      let day = Int(try long())
      return .localDateTime(LocalDateTime(epochDay: day, nanoseconds: try long()))
    case 13: return .time(ZonedTime(nanoseconds: try long(), offsetSeconds: try short()))
    default: return .localTime(LocalTime(nanoseconds: try long()))
    }
  }
}
