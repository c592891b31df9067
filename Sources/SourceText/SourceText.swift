/// A range of UTF-8 offsets in a source text, half open.
@frozen
public struct SourceSpan: Hashable, Sendable {
  public var start: UInt32
  public var end: UInt32

  @inlinable
  public init(_ start: Int, _ end: Int) {
    self.start = UInt32(truncatingIfNeeded: start)
    self.end = UInt32(truncatingIfNeeded: end)
  }

  @inlinable
  public func joined(with other: SourceSpan) -> SourceSpan {
    SourceSpan(Int(min(start, other.start)), Int(max(end, other.end)))
  }
}

/// A text with a name: a query, or a schema file.
public struct SourceText: Sendable {
  /// What messages call it: a file's path, or `query`.
  public let name: String
  public let bytes: [UInt8]

  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  public init(name: String, text: String) {
    self.init(name: name, bytes: Array(text.utf8))
  }

  /// The text under a span.
  public subscript(span: SourceSpan) -> String {
    let start = min(Int(span.start), bytes.count)
    let end = min(max(Int(span.end), start), bytes.count)
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }
}

/// Something to tell about a place in a source text.
public struct Diagnostic: Error, Hashable, Sendable {
  public enum Severity: Hashable, Sendable {
    case error, warning
  }

  public var severity: Severity
  /// What is wrong, in one line: lower case, no final period.
  public var message: String
  public var span: SourceSpan
  /// What to do about it, in one line, or `nil`.
  public var hint: String?

  public init(
    _ message: String,
    at span: SourceSpan,
    hint: String? = nil,
    severity: Severity = .error
  ) {
    self.severity = severity
    self.message = message
    self.span = span
    self.hint = hint
  }
}

/// The diagnostics that end a parse or an analysis; never empty.
public struct Diagnostics: Error, Hashable, Sendable {
  public var all: [Diagnostic]

  public init(_ all: [Diagnostic]) {
    self.all = all
  }

  public init(_ one: Diagnostic) {
    all = [one]
  }
}
