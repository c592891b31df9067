/// A moment, and where it was told: a datetime of the language.
///
/// Two are the same moment where ``seconds`` and ``nanosecond`` agree; `Hashable` also compares
/// where they were told.
public struct DateTime: Hashable, Sendable {
  /// Since 1970-01-01T00:00:00Z, rounded down.
  public var seconds: Int64
  /// 0..<1 000 000 000, added to ``seconds``.
  public var nanosecond: Int32
  /// East of Greenwich; with a ``zone`` what that zone had at the moment.
  public var offsetSeconds: Int32
  /// The name of a zone of the IANA time zone database; `nil` where only the offset is known.
  public var zone: String?

  public init(seconds: Int64, nanosecond: Int32, offsetSeconds: Int32 = 0, zone: String? = nil) {
    self.seconds = seconds
    self.nanosecond = nanosecond
    self.offsetSeconds = offsetSeconds
    self.zone = zone
  }

  /// `microseconds` count from 1970-01-01T00:00:00Z.
  public init(microseconds: Int64, offsetSeconds: Int32 = 0) {
    let (quotient, remainder) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let isBefore = remainder < 0
    self.init(
      seconds: isBefore ? quotient - 1 : quotient,
      nanosecond: Int32(isBefore ? remainder + 1_000_000 : remainder) * 1000,
      offsetSeconds: offsetSeconds
    )
  }

  /// Since 1970-01-01T00:00:00Z, rounded down; `nil` for a moment that is too far away.
  public var microseconds: Int64? {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, overflowOfSum) = product.addingReportingOverflow(Int64(nanosecond / 1000))
    return overflow || overflowOfSum ? nil : sum
  }
}

/// A day and a time of that day, wherever that is.
public struct LocalDateTime: Hashable, Comparable, Sendable {
  /// Days since 1970-01-01.
  public var epochDay: Int
  /// Since midnight: 0..<86 400 000 000 000.
  public var nanoseconds: Int64

  public init(epochDay: Int, nanoseconds: Int64 = 0) {
    self.epochDay = epochDay
    self.nanoseconds = nanoseconds
  }

  public static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.epochDay, lhs.nanoseconds) < (rhs.epochDay, rhs.nanoseconds)
  }
}

/// A time of day, wherever that is.
public struct LocalTime: Hashable, Comparable, Sendable {
  /// Since midnight: 0..<86 400 000 000 000.
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  public static func < (lhs: Self, rhs: Self) -> Bool { lhs.nanoseconds < rhs.nanoseconds }
}

/// A time of day at an offset from Greenwich: a time of the language.
public struct ZonedTime: Hashable, Sendable {
  /// Since midnight at the offset: 0..<86 400 000 000 000.
  public var nanoseconds: Int64
  /// East of Greenwich.
  public var offsetSeconds: Int32

  public init(nanoseconds: Int64, offsetSeconds: Int32 = 0) {
    self.nanoseconds = nanoseconds
    self.offsetSeconds = offsetSeconds
  }

  /// What decides which of two times comes first: the nanoseconds since midnight in Greenwich,
  /// which may be negative.
  public var instant: Int64 { nanoseconds - Int64(offsetSeconds) * 1_000_000_000 }
}

/// An amount of calendar and clock time; the parts do not convert into each other.
public struct Duration: Hashable, Sendable {
  public var months: Int64
  public var days: Int64
  public var seconds: Int64
  public var nanoseconds: Int32

  public init(months: Int64 = 0, days: Int64 = 0, seconds: Int64 = 0, nanoseconds: Int32 = 0) {
    self.months = months
    self.days = days
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}
