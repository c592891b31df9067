/// A date of the proleptic Gregorian calendar, as precise as its source gave it.
///
/// It stands for the interval of days from ``earliest`` to ``latest``. Missing
/// parts are zero. ISO 8601-2 (EDTF) prefix form: `2022`, `2022-07`, `2022-07-21`.
@frozen
public struct PartialDate: Hashable, Sendable {
  /// How much of a date its source gave.
  public enum Precision: UInt8, Hashable, Comparable, Sendable {
    case year, month, day

    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
  }

  /// The year in the high bits, then four bits of month and five of day.
  ///
  /// Packed values of day precision sort as the days do, so columns of dates
  /// are compared as integers.
  public let packed: Int64

  /// Trusts `packed`, which must come from ``packed`` of another date.
  @inlinable
  public init(packed: Int64) {
    self.packed = packed
  }

  /// Trusts `storedPacked`, which must come from ``storedPacked`` of another date.
  @inlinable
  public init(storedPacked: Int32) {
    packed = Int64(storedPacked)
  }

  /// ``packed`` as columns of graphs keep it; `nil` for a year that is millions away.
  @inlinable public var storedPacked: Int32? { Int32(exactly: packed) }

  public static let yearMin = -999_999_999
  public static let yearMax = 999_999_999

  /// Returns `nil` where the parts name no date, such as 30 February.
  public init?(year: Int, month: Int = 0, day: Int = 0) {
    guard (Self.yearMin...Self.yearMax).contains(year), (0...12).contains(month) else { return nil }
    if day != 0 {
      guard month != 0, day >= 1, day <= Self.days(inMonth: month, of: year) else { return nil }
    }
    packed = Int64(year << 9 | month << 5 | day)
  }

  @inlinable public var year: Int { Int(packed >> 9) }
  /// 1 to 12, or 0 where it is not known.
  @inlinable public var month: Int { Int(packed >> 5) & 0xF }
  /// 1 to 31, or 0 where it is not known.
  @inlinable public var day: Int { Int(packed) & 0x1F }

  public var precision: Precision {
    month == 0 ? .year : day == 0 ? .month : .day
  }

  /// The first day that this date may mean.
  public var earliest: PartialDate {
    PartialDate(packed: packed | (month == 0 ? 1 << 5 : 0) | (day == 0 ? 1 : 0))
  }

  /// The last day that this date may mean.
  public var latest: PartialDate {
    let month = self.month == 0 ? 12 : self.month
    let day = self.day == 0 ? Self.days(inMonth: month, of: year) : self.day
    return PartialDate(packed: Int64(year << 9 | month << 5 | day))
  }

  public static func isLeap(_ year: Int) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  public static func days(inMonth month: Int, of year: Int) -> Int {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 1970-01-01 of ``earliest``.
  ///
  /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  public var epochDay: Int {
    let first = earliest
    let shifted = first.year - (first.month <= 2 ? 1 : 0)
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let monthIndex = (first.month + 9) % 12
    let dayOfYear = (153 * monthIndex + 2) / 5 + first.day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// The day that is `epochDay` days after 1970-01-01.
  public init(epochDay: Int) {
    let shifted = epochDay + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    packed = Int64(year << 9 | month << 5 | day)
  }
}

extension PartialDate: Comparable {
  /// The total order of ORDER BY: by first day, the less precise first.
  ///
  /// What a query's `<` means is ``isBefore(_:)``.
  @inlinable
  public static func < (lhs: Self, rhs: Self) -> Bool { lhs.packed < rhs.packed }

  /// Whether this date certainly lies before `other`; `nil` where it cannot be known.
  public func isBefore(_ other: PartialDate) -> Bool? {
    if latest.packed < other.earliest.packed { return true }
    if earliest.packed >= other.latest.packed { return false }
    return nil
  }

  /// Whether both mean the same; `nil` where one is a part of the other.
  public func isSame(as other: PartialDate) -> Bool? {
    if precision == other.precision { return packed == other.packed }
    return overlaps(other) ? nil : false
  }

  /// Whether some day belongs to both.
  public func overlaps(_ other: PartialDate) -> Bool {
    earliest.packed <= other.latest.packed && other.earliest.packed <= latest.packed
  }
}

extension PartialDate: CustomStringConvertible {
  public var description: String {
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    var text = year < 0 ? "-" + padded(-year, 4) : year > 9999 ? "+\(year)" : padded(year, 4)
    if month != 0 { text += "-" + padded(month, 2) }
    if day != 0 { text += "-" + padded(day, 2) }
    return text
  }

  /// Reads the EDTF prefix form `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; nothing else.
  public init?(_ text: some StringProtocol) {
    var text = Array(text.utf8)[...]
    var sign = 1
    if text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+") {
      sign = text.first == UInt8(ascii: "-") ? -1 : 1
      text = text.dropFirst()
    }
    let parts = text.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count), parts[0].count >= 4 else { return nil }
    var numbers: [Int] = []
    for (index, part) in parts.enumerated() {
      guard index == 0 ? part.count <= 6 : part.count == 2,
        part.allSatisfy({ (0x30...0x39).contains($0) })
      else { return nil }
      numbers.append(part.reduce(0) { $0 * 10 + Int($1 - 0x30) })
    }
    guard numbers.dropFirst().allSatisfy({ $0 > 0 }) else { return nil }
    self.init(
      year: sign * numbers[0],
      month: numbers.count > 1 ? numbers[1] : 0,
      day: numbers.count > 2 ? numbers[2] : 0
    )
  }
}
