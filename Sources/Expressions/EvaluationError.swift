import GraphModel
public import SourceText

/// Why an expression has no value.
public struct EvaluationError: Error, Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// An operand or argument of a type that the operation does not take.
    case typeMismatch
    /// A value of the right type that says nothing sensible: a date that does not exist, a
    /// pattern that cannot be read, a step of the wrong type.
    case invalidArgument
    /// A number outside of what the operation takes.
    case argumentOutOfRange
    case divisionByZero
    /// A result that its type cannot hold.
    case overflow
    case missingParameter
    case unknownVariable
    case unknownFunction
    case wrongArgumentCount
    /// Something that needs the graph, or an aggregate, where only values are at hand.
    case unsupported
    /// One of ``ExpressionLimits`` was reached.
    case limitExceeded
  }

  public var kind: Kind
  /// What is wrong, in one line: lower case, no final period.
  public var message: String
  /// Where in the source; `nil` until an evaluator that knows the place adds it.
  public var span: SourceSpan?
  /// What to do about it, in one line, or `nil`.
  public var hint: String?

  public init(_ kind: Kind, _ message: String, span: SourceSpan? = nil, hint: String? = nil) {
    self.kind = kind
    self.message = message
    self.span = span
    self.hint = hint
  }

  /// The same error as a diagnostic, at `place` where it has no span of its own.
  public func diagnostic(at place: SourceSpan) -> Diagnostic {
    Diagnostic(message, at: span ?? place, hint: hint)
  }
}

extension EvaluationError: CustomStringConvertible {
  public var description: String {
    hint.map { "\(message); \($0)" } ?? message
  }
}

extension EvaluationError {
  static func mismatch(_ operation: String, expected: String, found: Value) -> EvaluationError {
    EvaluationError(.typeMismatch, "\(operation) expects \(expected), not \(found.typeName)")
  }
}

/// The bounds that keep a hostile expression from exhausting the process.
public enum ExpressionLimits {
  /// How deep expressions may nest when they are evaluated.
  public static let depth = 300
  /// How deep lists and maps may nest in a value that `reduce` builds.
  public static let valueDepth = 500
  /// The elements of one list.
  public static let listCount = 10_000_000
  /// The UTF-8 bytes of one string.
  public static let stringBytes = 1 << 26
  /// The characters of one regular expression.
  public static let patternLength = 4096
  /// How deep groups may nest in a regular expression.
  public static let patternDepth = 100
  /// The characters, classes and choices of one regular expression, repetitions written out.
  public static let patternSize = 20_000
  /// How many steps matching one string with a regular expression may take; some seconds.
  public static let patternSteps = 100_000_000
}
