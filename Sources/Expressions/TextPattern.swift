import _StringProcessing

/// A regular expression that is matched with whole strings, code point by code point.
///
/// Matching takes time in proportion to the text, whatever the pattern: all the ways in which a
/// pattern can go on are followed at once, none is tried again. What that cannot do, such as
/// backreferences and lookaround, is refused.
///
/// It is compiled once. It is not `Sendable`: each task that matches compiles its own.
public struct TextPattern {
  private let program: PatternProgram
  public let pattern: String

  /// Throws ``EvaluationError/Kind/invalidArgument`` for a pattern that cannot be read,
  /// ``EvaluationError/Kind/unsupported`` for one that only backtracking can match, and
  /// ``EvaluationError/Kind/limitExceeded`` for one that is too long, deep or repetitive.
  public init(_ pattern: String) throws(EvaluationError) {
    try Self.checkBounds(pattern)
    self.pattern = pattern
    do {
      // Only its parser is used, which knows the whole syntax and what is wrong with a pattern.
      _ = try Regex(pattern)
    } catch {
      throw EvaluationError(
        .invalidArgument,
        "\"\(pattern)\" is not a regular expression: \(error)"
      )
    }
    var parser = PatternParser(pattern)
    program = try PatternProgram(parser.parse())
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
  ///
  /// Throws ``EvaluationError/Kind/limitExceeded`` where text and pattern are both so long that
  /// matching them takes more than ``ExpressionLimits/patternSteps``.
  public func matches(_ text: String) throws(EvaluationError) -> Bool {
    try program.matches(text)
  }
}
