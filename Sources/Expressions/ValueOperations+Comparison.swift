public import GraphModel
import OrderedCollections

extension ValueOperations {
  /// `a = b`: deep and three-valued; `nil` where a null or a partial date leaves it open.
  ///
  /// Values of different types differ, except that `1 = 1.0`. NaN equals nothing. Strings are
  /// equal if their code points are. Datetimes and times are equal if they are the same moment.
  public static func equals(_ lhs: Value, _ rhs: Value) -> Bool? {
    switch (lhs, rhs) {
    case (.null, _), (_, .null): return nil
    case (.integer(let a), .integer(let b)): return a == b
    case (.string(let a), .string(let b)): return UTF8Text.equal(a, b)
    case (.float(let a), .float(let b)): return a == b
    case (.integer(let a), .float(let b)): return compareExactly(a, b) == 0
    case (.float(let a), .integer(let b)): return compareExactly(b, a) == 0
    case (.date(let a), .date(let b)): return a.isSame(as: b)
    case (.list(let a), .list(let b)):
      guard a.count == b.count else { return false }
      var result: Bool? = true
      for index in a.indices {
        switch equals(a[index], b[index]) {
        case false?: return false
        case nil: result = nil
        case true?: break
        }
      }
      return result
    case (.map(let a), .map(let b)):
      guard a.count == b.count else { return false }
      var result: Bool? = true
      for (key, value) in a {
        guard let other = b[key] else { return false }
        switch equals(value, other) {
        case false?: result = false
        case nil: if result == true { result = nil }
        case true?: break
        }
      }
      return result
    default: return isEquivalent(lhs, rhs)
    }
  }

  /// The truth of `a <> b`.
  public static func notEquals(_ lhs: Value, _ rhs: Value) -> Bool? {
    not(equals(lhs, rhs))
  }

  /// What may be the case between two values; empty where they cannot be compared.
  private struct Possible: OptionSet {
    let rawValue: UInt8
    static let less = Possible(rawValue: 1)
    static let equal = Possible(rawValue: 2)
    static let greater = Possible(rawValue: 4)
    /// A NaN is involved: every comparison is false.
    static let unordered = Possible(rawValue: 8)

    func answer(_ asked: Possible) -> Bool? {
      if isEmpty { return nil }
      return isSubset(of: asked) ? true : isDisjoint(with: asked) ? false : nil
    }

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init<T: Comparable>(_ a: T, _ b: T) {
      self = a < b ? .less : b < a ? .greater : .equal
    }
  }

  /// `a < b`; `nil` where the two cannot be compared or it cannot be known.
  ///
  /// Numbers, strings (by code points), booleans (false first), lists (element by element),
  /// dates, times and datetimes compare, each with their like only. Partial dates compare by their
  /// intervals: certainly before, certainly after, else `nil`.
  public static func less(_ lhs: Value, _ rhs: Value) -> Bool? {
    possible(lhs, rhs).answer(.less)
  }

  /// `a <= b`: as ``less(_:_:)``, and true where the two are equal.
  public static func lessOrEqual(_ lhs: Value, _ rhs: Value) -> Bool? {
    if isSamePartialDate(lhs, rhs) { return true }
    return possible(lhs, rhs).answer([.less, .equal])
  }

  /// The truth of `a > b`.
  public static func greater(_ lhs: Value, _ rhs: Value) -> Bool? { less(rhs, lhs) }

  /// The truth of `a >= b`.
  public static func greaterOrEqual(_ lhs: Value, _ rhs: Value) -> Bool? { lessOrEqual(rhs, lhs) }

  private static func isSamePartialDate(_ lhs: Value, _ rhs: Value) -> Bool {
    guard case .date(let a) = lhs, case .date(let b) = rhs else { return false }
    return a.packed == b.packed
  }

  private static func possible(_ lhs: Value, _ rhs: Value) -> Possible {
    switch (lhs, rhs) {
    case (.integer(let a), .integer(let b)): return Possible(a, b)
    case (.float(let a), .float(let b)):
      return a.isNaN || b.isNaN ? .unordered : Possible(a, b)
    case (.integer(let a), .float(let b)):
      return b.isNaN ? .unordered : Possible(compareExactly(a, b), 0)
    case (.float(let a), .integer(let b)):
      return a.isNaN ? .unordered : Possible(0, compareExactly(b, a))
    case (.string(let a), .string(let b)): return Possible(UTF8Text.compare(a, b), 0)
    case (.boolean(let a), .boolean(let b)): return Possible(a ? 1 : 0, b ? 1 : 0)
    case (.dateTime(let a), .dateTime(let b)):
      return a.seconds == b.seconds
        ? Possible(a.nanosecond, b.nanosecond) : Possible(a.seconds, b.seconds)
    case (.localDateTime(let a), .localDateTime(let b)): return Possible(a, b)
    case (.time(let a), .time(let b)): return Possible(a.instant, b.instant)
    case (.localTime(let a), .localTime(let b)): return Possible(a, b)
    case (.date(let a), .date(let b)):
      var result: Possible = []
      if a.earliest.packed < b.latest.packed { result.insert(.less) }
      if a.latest.packed > b.earliest.packed { result.insert(.greater) }
      if a.overlaps(b) { result.insert(.equal) }
      return result
    case (.list(let a), .list(let b)):
      for index in 0..<min(a.count, b.count) {
        switch equals(a[index], b[index]) {
        case true?: continue
        case false?: return possible(a[index], b[index])
        case nil: return []
        }
      }
      return Possible(a.count, b.count)
    default: return []
    }
  }

  /// `a IN b`: whether some element equals `a`; `nil` where a null leaves it open.
  public static func isIn(_ element: Value, _ list: Value) throws(EvaluationError) -> Bool? {
    switch list {
    case .null: return nil
    case .list(let elements):
      var result: Bool? = false
      for candidate in elements {
        switch equals(element, candidate) {
        case true?: return true
        case nil: result = nil
        case false?: break
        }
      }
      return result
    default: throw .mismatch("\"IN\"", expected: "a list on its right", found: list)
    }
  }

  /// How an integer compares with a float that is no NaN, without rounding: -1, 0 or 1.
  static func compareExactly(_ integer: Int64, _ float: Double) -> Int {
    if float.isNaN { return -1 }
    if float >= 0x1p63 { return -1 }
    if float < -0x1p63 { return 1 }
    let whole = Int64(float.rounded(.towardZero))
    if integer != whole { return integer < whole ? -1 : 1 }
    let fraction = float - Double(whole)
    return fraction > 0 ? -1 : fraction < 0 ? 1 : 0
  }
}

extension ValueOperations {
  /// The truth of `NOT a`.
  @inlinable
  public static func not(_ value: Bool?) -> Bool? { value.map { !$0 } }

  /// `a AND b`, by Kleene.
  @inlinable
  public static func and(_ lhs: Bool?, _ rhs: Bool?) -> Bool? {
    if lhs == false || rhs == false { return false }
    return lhs == nil || rhs == nil ? nil : true
  }

  /// `a OR b`, by Kleene.
  @inlinable
  public static func or(_ lhs: Bool?, _ rhs: Bool?) -> Bool? {
    if lhs == true || rhs == true { return true }
    return lhs == nil || rhs == nil ? nil : false
  }

  /// `a XOR b`; `nil` where one is.
  @inlinable
  public static func exclusiveOr(_ lhs: Bool?, _ rhs: Bool?) -> Bool? {
    guard let lhs, let rhs else { return nil }
    return lhs != rhs
  }

  /// The truth of a value: `nil` for null, an error for what is no boolean.
  public static func truth(
    _ value: Value,
    of operation: @autoclosure () -> String = "a condition"
  ) throws(EvaluationError) -> Bool? {
    switch value {
    case .boolean(let truth): return truth
    case .null: return nil
    default: throw .mismatch(operation(), expected: "a boolean", found: value)
    }
  }

  /// A three-valued truth as a value.
  @inlinable
  public static func value(_ truth: Bool?) -> Value { truth.map { .boolean($0) } ?? .null }
}
