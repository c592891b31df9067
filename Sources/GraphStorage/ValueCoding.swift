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
    case .date(let date):
      sink.write(5)
      sink.write(UInt64(UInt32(bitPattern: date.packed)))
    case .dateTime(let moment):
      sink.write(6)
      sink.write(UInt64(bitPattern: moment.microseconds))
      sink.write(UInt64(UInt32(bitPattern: moment.offsetSeconds)))
    case .duration(let duration):
      sink.write(7)
      sink.write(UInt64(bitPattern: duration.months))
      sink.write(UInt64(bitPattern: duration.days))
      sink.write(UInt64(bitPattern: duration.seconds))
      sink.write(UInt64(UInt32(bitPattern: duration.nanoseconds)))
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

  init(decoding source: inout ContentsSource) throws(ImageError) {
    switch try source.number() {
    case 0: self = .null
    case 1: self = .boolean(try source.number() != 0)
    case 2: self = .integer(Int64(bitPattern: try source.number()))
    case 3: self = .float(Double(bitPattern: try source.number()))
    case 4: self = .string(try source.string())
    case 5:
      self = .date(
        PartialDate(packed: Int32(bitPattern: UInt32(truncatingIfNeeded: try source.number())))
      )
    case 6:
      let microseconds = Int64(bitPattern: try source.number())
      let offset = Int32(bitPattern: UInt32(truncatingIfNeeded: try source.number()))
      self = .dateTime(DateTime(microseconds: microseconds, offsetSeconds: offset))
    case 7:
      let months = Int64(bitPattern: try source.number())
      let days = Int64(bitPattern: try source.number())
      let seconds = Int64(bitPattern: try source.number())
      let nanoseconds = Int32(bitPattern: UInt32(truncatingIfNeeded: try source.number()))
      self = .duration(
        Duration(months: months, days: days, seconds: seconds, nanoseconds: nanoseconds)
      )
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
}
