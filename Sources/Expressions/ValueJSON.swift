public import GraphModel
import OrderedCollections

/// Values as JSON (RFC 8259), appended to bytes.
///
/// Dates, times and durations are ISO 8601 strings, partial dates their EDTF prefix form.
/// Floats keep a point or an exponent, so that they read back as floats; JSON has no NaN and no
/// infinity: they are the strings `"NaN"`, `"Infinity"`, `"-Infinity"`.
public enum ValueJSON {
  /// Writes a node, an edge or a path, which only the engine knows how to.
  public typealias EntityWriter = (Value, inout [UInt8]) -> Void

  /// Appends `value`; entities through `entity`, or as null without it.
  public static func write(
    _ value: Value,
    to output: inout [UInt8],
    entity: EntityWriter? = nil
  ) {
    switch value {
    case .null: output.append(contentsOf: "null".utf8)
    case .boolean(let truth): output.append(contentsOf: (truth ? "true" : "false").utf8)
    case .integer(let integer): write(integer, to: &output)
    case .float(let float): write(float, to: &output)
    case .string(let text): write(text, to: &output)
    case .date(let date): write(date, to: &output)
    case .dateTime(let moment): writeQuoted(TemporalText.dateTime(moment), to: &output)
    case .localDateTime(let local): writeQuoted(TemporalText.localDateTime(local), to: &output)
    case .time(let time): writeQuoted(TemporalText.time(time), to: &output)
    case .localTime(let time): writeQuoted(TemporalText.time(time.nanoseconds), to: &output)
    case .duration(let amount): writeQuoted(TemporalText.duration(amount), to: &output)
    case .list(let elements):
      output.append(UInt8(ascii: "["))
      var isFirst = true
      for element in elements {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        isFirst = false
        write(element, to: &output, entity: entity)
      }
      output.append(UInt8(ascii: "]"))
    case .map(let map):
      output.append(UInt8(ascii: "{"))
      var isFirst = true
      for (key, element) in map {
        if !isFirst { output.append(UInt8(ascii: ",")) }
        isFirst = false
        write(key, to: &output)
        output.append(UInt8(ascii: ":"))
        write(element, to: &output, entity: entity)
      }
      output.append(UInt8(ascii: "}"))
    case .node, .edge, .path, .derivedEdge:
      if let entity { entity(value, &output) } else { output.append(contentsOf: "null".utf8) }
    }
  }

  /// Appends an integer in decimal.
  public static func write(_ integer: Int64, to output: inout [UInt8]) {
    var magnitude = integer.magnitude
    if integer < 0 { output.append(UInt8(ascii: "-")) }
    if magnitude < 10 {
      output.append(0x30 + UInt8(magnitude))
      return
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var start = digits.count
      while magnitude > 0 {
        let (quotient, digit) = magnitude.quotientAndRemainder(dividingBy: 10)
        start -= 1
        digits[start] = 0x30 + UInt8(digit)
        magnitude = quotient
      }
      output.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }

  /// Appends a date in quotes.
  public static func write(_ date: PartialDate, to output: inout [UInt8]) {
    guard (0...9999).contains(date.year) else {
      return writeQuoted(date.description, to: &output)
    }
    func append(_ number: Int) {
      output.append(0x30 + UInt8(number / 10))
      output.append(0x30 + UInt8(number % 10))
    }
    output.append(UInt8(ascii: "\""))
    append(date.year / 100)
    append(date.year % 100)
    for part in [date.month, date.day] where part != 0 {
      output.append(UInt8(ascii: "-"))
      append(part)
    }
    output.append(UInt8(ascii: "\""))
  }

  /// Appends a float, as a string where JSON has no number for it.
  public static func write(_ float: Double, to output: inout [UInt8]) {
    let text = NumberText.float(float)
    if float.isFinite {
      output.append(contentsOf: text.utf8)
    } else {
      writeQuoted(text, to: &output)
    }
  }

  private static func writeQuoted(_ text: String, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    output.append(contentsOf: text.utf8)
    output.append(UInt8(ascii: "\""))
  }

  /// Appends a string in quotes, with the escapes that it needs.
  public static func write(_ text: String, to output: inout [UInt8]) {
    UTF8Text.withBytes(text) { write(utf8: UnsafeRawBufferPointer($0), to: &output) }
  }

  /// Appends a string in quotes, with the escapes that it needs.
  public static func write(utf8 bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    var start = 0
    for index in bytes.indices where mustEscape(bytes[index]) {
      output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
      escape(bytes[index], to: &output)
      start = index + 1
    }
    output.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start...]))
    output.append(UInt8(ascii: "\""))
  }

  private static func mustEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private static func escape(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
    case 0x0A: output.append(UInt8(ascii: "n"))
    case 0x0D: output.append(UInt8(ascii: "r"))
    case 0x09: output.append(UInt8(ascii: "t"))
    default:
      let hexadecimal = Array("0123456789abcdef".utf8)
      output.append(contentsOf: "u00".utf8)
      output.append(hexadecimal[Int(byte >> 4)])
      output.append(hexadecimal[Int(byte & 0xF)])
    }
  }
}
