import _StringProcessing

/// A regular expression that is matched with whole strings, code point by code point.
///
/// It is compiled once. It is not `Sendable`: each task that matches compiles its own.
public struct TextPattern {
  private let regex: Regex<AnyRegexOutput>
  public let pattern: String

  /// Throws ``EvaluationError/Kind/invalidArgument`` for a pattern that cannot be read.
  public init(_ pattern: String) throws(EvaluationError) {
    try Self.checkBounds(pattern)
    self.pattern = pattern
    do {
      regex = try Regex(pattern).matchingSemantics(.unicodeScalar)
    } catch {
      throw EvaluationError(
        .invalidArgument,
        "\"\(pattern)\" is not a regular expression: \(error)"
      )
    }
  }

  /// The pattern's parser recurses with its groups: both are bounded before it runs.
  private static func checkBounds(_ pattern: String) throws(EvaluationError) {
    var depth = 0
    var deepest = 0
    for byte in pattern.utf8 {
      if byte == UInt8(ascii: "(") || byte == UInt8(ascii: "[") {
        depth += 1
        deepest = max(deepest, depth)
      } else if byte == UInt8(ascii: ")") || byte == UInt8(ascii: "]") {
        depth -= 1
      }
    }
    guard pattern.utf8.count <= ExpressionLimits.patternLength,
      deepest <= ExpressionLimits.patternDepth
    else {
      throw EvaluationError(
        .limitExceeded,
        "a regular expression is longer than \(ExpressionLimits.patternLength) bytes or nests "
          + "deeper than \(ExpressionLimits.patternDepth) groups"
      )
    }
  }

  /// Whether the whole of `text` matches.
  public func matches(_ text: String) -> Bool {
    (try? regex.wholeMatch(in: text)) != nil
  }
}
