import GraphModel
import JSONTape

/// Reads DATETIME values: the moments of RFC 3339.
enum InstantText {
  static func read(at index: Int, of tape: JSONTape) -> Reading<DateTime> {
    guard tape.kind(at: index) == .string else {
      return .failure(expected: "a date and time", found: found(at: index, of: tape), hint: nil)
    }
    guard let moment = moment(tape.string(at: index)) else {
      return .failure(
        expected: "a date and time",
        found: found(at: index, of: tape),
        hint: "write it after RFC 3339: 2022-07-21T09:30:00+07:00"
      )
    }
    return .value(moment)
  }

  /// Reads `2022-07-21T09:30:00.25+07:00`; parts of a second past the sixth digit are cut.
  static func moment(_ text: UnsafeRawBufferPointer) -> DateTime? {
    var position = 0
    func number(_ count: Int) -> Int? {
      guard position + count <= text.count else { return nil }
      var value = 0
      for byte in text[position..<position + count] {
        guard (0x30...0x39).contains(byte) else { return nil }
        value = value * 10 + Int(byte - 0x30)
      }
      position += count
      return value
    }
    func skip(_ characters: StaticString) -> Bool {
      guard position < text.count else { return false }
      let isOne = characters.withUTF8Buffer { $0.contains(text[position]) }
      if isOne { position += 1 }
      return isOne
    }
    guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2),
      skip("Tt "), let hour = number(2), skip(":"), let minute = number(2), skip(":"),
      let second = number(2), month > 0, day > 0,
      let date = PartialDate(year: year, month: month, day: day),
      hour < 24, minute < 60, second <= 60
    else { return nil }
    var microseconds = 0
    if skip(".") {
      var digits = 0
      while let digit = number(1) {
        if digits < 6 { microseconds = microseconds * 10 + digit }
        digits += 1
      }
      guard digits > 0 else { return nil }
      while digits < 6 {
        microseconds *= 10
        digits += 1
      }
    }
    var offset = 0
    if !skip("Zz") {
      let isAhead = position < text.count && text[position] == UInt8(ascii: "+")
      guard skip("+-"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24,
        minutes < 60
      else { return nil }
      offset = (isAhead ? 1 : -1) * (hours * 3600 + minutes * 60)
    }
    guard position == text.count else { return nil }
    let seconds = date.epochDay * 86_400 + hour * 3600 + minute * 60 + second - offset
    return DateTime(
      microseconds: Int64(seconds) * 1_000_000 + Int64(microseconds),
      offsetSeconds: Int32(offset)
    )
  }
}
