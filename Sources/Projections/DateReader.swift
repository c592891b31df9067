import GraphModel
import JSONTape

/// What was read in the place of a value, or why it cannot be.
enum Reading<Value> {
  case value(Value)
  case failure(expected: String, found: String, hint: String?)
}

/// The first year that is taken for one of the Buddhist Era where nothing else is said.
private let plainYearMax = 2399
/// Years of the Buddhist Era are this much ahead.
private let buddhistEraOffset = 543
/// Before 1941 the Thai year began in April, so a Thai date names no certain day.
private let thaiYearReform = 1941

/// Reads DATE values: `"2022-07-21"`, `{"date":…,"calendar":…}`, `{"text":…,"lang":…}`.
enum DateReader {
  static func read(at index: Int, of tape: JSONTape) -> Reading<PartialDate> {
    switch tape.kind(at: index) {
    case .string:
      let text = tape.string(at: index)
      if let date = day(text) { return .value(date) }
      return plain(text)
    case .object: return object(at: index, of: tape)
    default: return .failure(expected: "a date", found: found(at: index, of: tape), hint: nil)
    }
  }

  /// `YYYY-MM-DD`, by far the most frequent form; `nil` for everything else.
  @inline(__always)
  private static func day(_ text: UnsafeRawBufferPointer) -> PartialDate? {
    guard text.count == 10, text[4] == 0x2D, text[7] == 0x2D else { return nil }
    var wrong: UInt8 = 0
    @inline(__always)
    func digit(_ index: Int) -> Int {
      let value = text[index] &- 0x30
      wrong |= value > 9 ? 1 : 0
      return Int(value)
    }
    let year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3)
    let month = digit(5) * 10 + digit(6)
    let day = digit(8) * 10 + digit(9)
    guard wrong == 0, month > 0, day > 0, year <= plainYearMax else { return nil }
    return PartialDate(year: year, month: month, day: day)
  }

  private static func plain(_ text: UnsafeRawBufferPointer) -> Reading<PartialDate> {
    let string = String(decoding: text, as: UTF8.self)
    let failure = quoted(string)
    guard let parts = DateParts(string) else {
      return .failure(expected: "a date", found: failure, hint: hint(for: string))
    }
    guard parts.year <= plainYearMax else {
      return .failure(
        expected: "a date of the Gregorian calendar",
        found: failure,
        hint: "is it \(parts.year - buddhistEraOffset) CE? say"
          + " {\"date\":\"\(string)\",\"calendar\":\"buddhist\"},"
          + " or \"calendar\":\"gregorian\" if the year is meant as it stands"
      )
    }
    return date(parts, found: failure)
  }

  /// What to do about a text that is no date.
  private static func hint(for text: String) -> String? {
    if text.utf8.count > 10, DateParts(String(text.prefix(10))) != nil {
      return "a date has no time of day: \"\(text.prefix(10))\""
    }
    if text.unicodeScalars.contains(where: { (0x0E00...0x0E7F).contains($0.value) }) {
      return "a Thai date as written goes into {\"text\":…,\"lang\":\"th\"}"
    }
    return "write 2022-07-21, 2022-07 or 2022"
  }

  private static func date(_ parts: DateParts, found: String) -> Reading<PartialDate> {
    guard let date = PartialDate(year: parts.year, month: parts.month, day: parts.day) else {
      return .failure(
        expected: "a date that exists",
        found: found,
        hint: nil
      )
    }
    return .value(date)
  }

  // MARK: Dates with a calendar, and dates as written

  private static func object(at index: Int, of tape: JSONTape) -> Reading<PartialDate> {
    var members: [String: Int] = [:]
    var child = tape.firstChild(of: index)
    let end = tape.end(of: index)
    while child < end {
      let name = String(decoding: tape.string(at: child), as: UTF8.self)
      guard ["date", "calendar", "text", "lang"].contains(name) else {
        return .failure(
          expected: "\"date\", \"calendar\", \"text\" or \"lang\" in a date",
          found: quoted(name),
          hint: nil
        )
      }
      guard tape.kind(at: child + 1) == .string else {
        return .failure(
          expected: "a string as the date's \(quoted(name))",
          found: found(at: child + 1, of: tape),
          hint: nil
        )
      }
      members[name] = child + 1
      child = tape.index(after: child + 1)
    }
    func member(_ name: String) -> String? {
      members[name].map { String(decoding: tape.string(at: $0), as: UTF8.self) }
    }
    if let date = member("date") {
      return dated(date, calendar: member("calendar"), plain: members["date"] ?? index, of: tape)
    }
    guard let text = member("text") else {
      return .failure(
        expected: "a date",
        found: found(at: index, of: tape),
        hint: "write {\"date\":…,\"calendar\":…} or {\"text\":…,\"lang\":…}"
      )
    }
    return written(text, language: member("lang"))
  }

  private static func dated(
    _ text: String,
    calendar: String?,
    plain index: Int,
    of tape: JSONTape
  ) -> Reading<PartialDate> {
    let failure = quoted(text)
    guard let calendar else { return plain(tape.string(at: index)) }
    guard var parts = DateParts(text) else {
      return .failure(
        expected: "a date",
        found: failure,
        hint: "write 2565-07-21, 2565-07 or 2565"
      )
    }
    switch calendar {
    case "gregorian": return date(parts, found: failure)
    case "buddhist":
      parts.year -= buddhistEraOffset
      return date(parts.withoutUncertainParts, found: failure)
    default:
      return .failure(
        expected: "the calendar \"gregorian\" or \"buddhist\"",
        found: quoted(calendar),
        hint: nil
      )
    }
  }

  private static func written(_ text: String, language: String?) -> Reading<PartialDate> {
    let failure = quoted(text)
    if let parts = DateParts(text), parts.year <= plainYearMax {
      return date(parts, found: failure)
    }
    let isThai = language.map { $0 == "th" || $0.hasPrefix("th-") } ?? true
    guard isThai, let parts = ThaiDate.parts(of: text) else {
      return .failure(
        expected: "a date that can be read",
        found: failure,
        hint: "say what it means in a member \"date\" beside the text"
      )
    }
    return date(parts, found: failure)
  }
}

/// A year, a month and a day that have not been checked against a calendar; missing parts are 0.
struct DateParts {
  var year: Int
  var month = 0
  var day = 0

  init(year: Int, month: Int = 0, day: Int = 0) {
    self.year = year
    self.month = month
    self.day = day
  }

  /// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; nothing else.
  init?(_ text: String) {
    let parts = text.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count) else { return nil }
    var numbers: [Int] = []
    for (index, part) in parts.enumerated() {
      guard part.count == (index == 0 ? 4 : 2), part.allSatisfy({ (0x30...0x39).contains($0) })
      else { return nil }
      numbers.append(part.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }
    guard numbers.dropFirst().allSatisfy({ $0 > 0 }) else { return nil }
    self.init(
      year: numbers[0],
      month: numbers.count > 1 ? numbers[1] : 0,
      day: numbers.count > 2 ? numbers[2] : 0
    )
  }

  /// A Thai date from before the reform of its year, less its month and day.
  var withoutUncertainParts: DateParts {
    year < thaiYearReform ? DateParts(year: year) : self
  }
}

/// Reads dates as Thai texts write them: `21 กรกฎาคม 2565`, `๒๑ ก.ค. พ.ศ. ๒๕๖๕`.
enum ThaiDate {
  private static let months: [[String]] = [
    ["มกราคม", "มกรา", "ม.ค.", "มค."], ["กุมภาพันธ์", "กุมภา", "ก.พ.", "กพ."],
    ["มีนาคม", "มีนา", "มี.ค.", "มีค."], ["เมษายน", "เมษา", "เม.ย.", "เมย."],
    ["พฤษภาคม", "พฤษภา", "พ.ค.", "พค."], ["มิถุนายน", "มิถุนา", "มิ.ย.", "มิย."],
    ["กรกฎาคม", "กรกฎา", "ก.ค.", "กค."], ["สิงหาคม", "สิงหา", "ส.ค.", "สค."],
    ["กันยายน", "กันยา", "ก.ย.", "กย."], ["ตุลาคม", "ตุลา", "ต.ค.", "ตค."],
    ["พฤศจิกายน", "พฤศจิกา", "พ.ย.", "พย."], ["ธันวาคม", "ธันวา", "ธ.ค.", "ธค."],
  ]

  private static let weekdays = [
    "จันทร์", "อังคาร", "พุธ", "พฤหัสบดี", "พฤหัส", "ศุกร์", "เสาร์", "อาทิตย์",
  ]

  /// The date that a text writes, in years of the common era, or `nil` where it writes none.
  ///
  /// A year past 2399 without an era is one of the Buddhist Era.
  static func parts(of text: String) -> DateParts? {
    var scanner = ScalarScanner(text)
    scanner.skipSpaces()
    scanner.skip("เมื่อ")
    scanner.skip("วัน")
    for weekday in weekdays where scanner.skip(weekday) { break }
    scanner.skip("ที่")
    scanner.skipSpaces()
    var numbers: [Int] = []
    let first = scanner.number()
    if let first { numbers.append(first.value) }
    scanner.skipSpaces()
    scanner.skip("เดือน")
    scanner.skipSpaces()
    guard let month = month(&scanner) else {
      guard let first else { return yearAlone(&scanner) }
      guard first.digitCount == 4, scanner.isAtEnd else { return nil }
      return converted(year: first.value, era: nil)
    }
    scanner.skipSpaces()
    scanner.skip("ปี")
    let era = era(&scanner)
    guard let year = scanner.number(), year.digitCount == 4 else { return nil }
    scanner.skipSpaces()
    guard scanner.isAtEnd else { return nil }
    let day = numbers.first ?? 0
    guard first == nil || (1...31).contains(day) else { return nil }
    return converted(year: year.value, month: month, day: day, era: era)
  }

  private enum Era {
    case buddhist, common
  }

  private static func yearAlone(_ scanner: inout ScalarScanner) -> DateParts? {
    scanner.skip("ปี")
    let era = era(&scanner)
    guard let year = scanner.number(), year.digitCount == 4 else { return nil }
    scanner.skipSpaces()
    guard scanner.isAtEnd else { return nil }
    return converted(year: year.value, era: era)
  }

  private static func month(_ scanner: inout ScalarScanner) -> Int? {
    for (index, names) in months.enumerated() {
      for name in names where scanner.skip(name) { return index + 1 }
    }
    return nil
  }

  private static func era(_ scanner: inout ScalarScanner) -> Era? {
    scanner.skipSpaces()
    defer { scanner.skipSpaces() }
    for name in ["พุทธศักราช", "พ.ศ.", "พศ."] where scanner.skip(name) { return .buddhist }
    for name in ["คริสต์ศักราช", "ค.ศ.", "คศ."] where scanner.skip(name) { return .common }
    return nil
  }

  private static func converted(
    year: Int,
    month: Int = 0,
    day: Int = 0,
    era: Era?
  ) -> DateParts? {
    if era == .common || (era == nil && year <= plainYearMax) {
      return DateParts(year: year, month: month, day: day)
    }
    let parts = DateParts(year: year - buddhistEraOffset, month: month, day: day)
    // Which day it was is uncertain, that it was one is not.
    guard PartialDate(year: 2000, month: month, day: day) != nil else { return nil }
    return parts.withoutUncertainParts
  }
}

/// Reads a text from left to right, scalar by scalar, because Thai vowels join their consonants.
private struct ScalarScanner {
  private var rest: Substring.UnicodeScalarView

  init(_ text: String) {
    rest = Substring(text).unicodeScalars
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skipSpaces() {
    while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
  }

  @discardableResult
  mutating func skip(_ word: String) -> Bool {
    guard rest.starts(with: word.unicodeScalars) else { return false }
    rest.removeFirst(word.unicodeScalars.count)
    return true
  }

  /// The digits that follow, ASCII or Thai, at most six.
  mutating func number() -> (value: Int, digitCount: Int)? {
    var value = 0
    var count = 0
    while let scalar = rest.first, count < 7 {
      switch scalar.value {
      case 0x30...0x39: value = value * 10 + Int(scalar.value - 0x30)
      case 0x0E50...0x0E59: value = value * 10 + Int(scalar.value - 0x0E50)
      default: return count > 0 && count < 7 ? (value, count) : nil
      }
      rest.removeFirst()
      count += 1
    }
    return count > 0 && count < 7 ? (value, count) : nil
  }
}
