/// Why an event's data does not fit its declaration.
public struct DataError: Error, Hashable, Sendable {
  /// Where in the event: `data.attendees[2].person`, or `type`.
  public var path: String
  /// What should have been there: `an id`.
  public var expected: String
  /// What is there: `null`.
  public var found: String
  /// What to do about it, in one line, or `nil`.
  public var hint: String?

  public init(path: String, expected: String, found: String, hint: String? = nil) {
    self.path = path
    self.expected = expected
    self.found = found
    self.hint = hint
  }
}

extension DataError: CustomStringConvertible {
  /// In one line: `data.attendees[2].person: expected an id, found null (…)`.
  public var description: String {
    "\(path): expected \(expected), found \(found)" + (hint.map { " (\($0))" } ?? "")
  }
}

/// A text as a message may repeat it: on one line, and short.
func quoted(_ text: String) -> String {
  var result = "\""
  for (count, scalar) in text.unicodeScalars.enumerated() {
    if count == 60 { return result + "…\"" }
    let isControl =
      scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
      || (0x2028...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
  }
  return result + "\""
}

func quoted(_ text: UnsafeRawBufferPointer) -> String {
  quoted(String(decoding: text, as: UTF8.self))
}

/// Names as a message lists them: `"a", "b" or "c"`.
func listed(_ names: [String], joinedBy word: String = "or") -> String {
  let quotedNames = names.map { quoted($0) }
  guard let last = quotedNames.last, quotedNames.count > 1 else { return quotedNames.first ?? "" }
  return quotedNames.dropLast().joined(separator: ", ") + " \(word) " + last
}
