public import GraphModel

extension ValueOperations {
  /// `a STARTS WITH b`; `nil` where one of them is no string.
  public static func startsWith(_ lhs: Value, _ rhs: Value) -> Bool? {
    strings(lhs, rhs).map { UTF8Text.hasPrefix($0.0, $0.1) }
  }

  /// `a ENDS WITH b`; `nil` where one of them is no string.
  public static func endsWith(_ lhs: Value, _ rhs: Value) -> Bool? {
    strings(lhs, rhs).map { UTF8Text.hasSuffix($0.0, $0.1) }
  }

  /// `a CONTAINS b`; `nil` where one of them is no string.
  public static func contains(_ lhs: Value, _ rhs: Value) -> Bool? {
    strings(lhs, rhs).map { UTF8Text.contains($0.0, $0.1) }
  }

  /// `a =~ b`: whether the regular expression `b` matches the whole of `a`.
  ///
  /// Throws as ``TextPattern`` does. Whoever matches many strings with one pattern
  /// keeps a ``TextPattern``.
  public static func matches(_ lhs: Value, _ rhs: Value) throws(EvaluationError) -> Bool? {
    guard let (text, pattern) = strings(lhs, rhs) else { return nil }
    return try TextPattern(pattern).matches(text)
  }

  /// `a ~ b`: whether the name `b` is found in `a`, forgivingly; in a list, in any element.
  ///
  /// Whoever matches many names with one needle keeps a ``NameMatcher``.
  public static func resembles(_ lhs: Value, _ rhs: Value) -> Bool? {
    guard case .string(let needle) = rhs else { return nil }
    let matcher = NameMatcher(needle)
    switch lhs {
    case .string(let text): return matcher.matches(text)
    case .list(let elements):
      var result: Bool? = false
      for element in elements {
        guard case .string(let text) = element else {
          result = nil
          continue
        }
        if matcher.matches(text) { return true }
      }
      return result
    default: return nil
    }
  }

  /// How alike two names are, 0…1, or null where one of them is no string.
  public static func similarity(_ lhs: Value, _ rhs: Value) -> Value {
    guard let (text, needle) = strings(lhs, rhs) else { return .null }
    return .float(NameMatcher(needle).similarity(to: text))
  }

  private static func strings(_ lhs: Value, _ rhs: Value) -> (String, String)? {
    guard case .string(let a) = lhs, case .string(let b) = rhs else { return nil }
    return (a, b)
  }
}
