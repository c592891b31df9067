import GraphModel
import Glibc

/// Moments as RFC 3339 writes them, in microseconds since 1970-01-01T00:00:00Z.
public enum Timestamp {
  /// Reads a full RFC 3339 date-time, such as `2022-07-21T08:30:00.5+07:00`.
  ///
  /// Years 0000 to 9999; digits past the microsecond are cut; second 60 is the first of the
  /// next minute. Returns `nil` for anything else.
  public static func microseconds(of text: UnsafeRawBufferPointer) -> Int64? {
    guard text.count >= 20, text[4] == 0x2D, text[7] == 0x2D, text[10] | 0x20 == 0x74,
      text[13] == 0x3A, text[16] == 0x3A,
      let century = twoDigits(text, 0), let yearOfCentury = twoDigits(text, 2),
      let month = twoDigits(text, 5), let day = twoDigits(text, 8), month > 0, day > 0,
      let hour = twoDigits(text, 11), hour < 24, let minute = twoDigits(text, 14), minute < 60,
      let second = twoDigits(text, 17), second <= 60,
      let date = PartialDate(year: century * 100 + yearOfCentury, month: month, day: day)
    else { return nil }
    var offset = 19
    var fraction = 0
    if text[offset] == 0x2E {
      offset += 1
      var unit = 100_000
      let start = offset
      while offset < text.count, (0x30...0x39).contains(text[offset]) {
        fraction += Int(text[offset] - 0x30) * unit
        unit /= 10
        offset += 1
      }
      guard offset > start else { return nil }
    }
    guard let zone = zoneMinutes(text, from: offset) else { return nil }
    let minutes = (date.epochDay * 24 + hour) * 60 + minute - zone
    return Int64((minutes * 60 + second) * 1_000_000 + fraction)
  }

  /// Writes a moment with six digits of fraction, in UTC.
  public static func text(of microseconds: Int64) -> String {
    let day = floorDivide(microseconds, 86_400_000_000)
    let rest = Int(microseconds - day * 86_400_000_000)
    let date = PartialDate(epochDay: Int(day))
    let seconds = rest / 1_000_000
    let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
    return "\(date)T\(time.joined(separator: ":")).\(padded(rest % 1_000_000, 6))Z"
  }

  /// The moment that it is now.
  public static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  /// Nanoseconds of a clock that only goes forward.
  static func steadyNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private static func twoDigits(_ text: UnsafeRawBufferPointer, _ offset: Int) -> Int? {
    let digits: ClosedRange<UInt8> = 0x30...0x39
    guard digits.contains(text[offset]), digits.contains(text[offset + 1]) else { return nil }
    return Int(text[offset] - 0x30) * 10 + Int(text[offset + 1] - 0x30)
  }

  private static func zoneMinutes(_ text: UnsafeRawBufferPointer, from offset: Int) -> Int? {
    guard offset < text.count else { return nil }
    if text[offset] | 0x20 == 0x7A { return offset + 1 == text.count ? 0 : nil }
    guard text[offset] == 0x2B || text[offset] == 0x2D, text.count == offset + 6,
      text[offset + 3] == 0x3A, let hours = twoDigits(text, offset + 1), hours < 24,
      let minutes = twoDigits(text, offset + 4), minutes < 60
    else { return nil }
    return (hours * 60 + minutes) * (text[offset] == 0x2B ? 1 : -1)
  }

  private static func floorDivide(_ number: Int64, _ divisor: Int64) -> Int64 {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
