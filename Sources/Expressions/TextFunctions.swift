import GraphModel
@_spi(_Unicode) import Swift

/// Functions of strings; their characters are Unicode code points.
enum TextFunctions {
  static func string(_ value: Value) -> String {
    if case .string(let text) = value { return text }
    return ""
  }

  static func trimmed(_ text: String, start: Bool = true, end: Bool = true) -> String {
    var scalars = text.unicodeScalars[...]
    if start { scalars = scalars.drop { $0.properties.isWhitespace } }
    while end, let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(scalars)
  }

  /// A length or start that must not be negative.
  private static func count(
    _ value: Value,
    _ function: String
  ) throws(EvaluationError) -> Int {
    guard case .integer(let integer) = value, integer >= 0 else {
      throw EvaluationError(
        .argumentOutOfRange,
        "\"\(function)\" expects a number that is not negative, not \(ValueText.display(value))"
      )
    }
    return Int(min(integer, Int64(ExpressionLimits.stringBytes)))
  }

  private static func text(
    _ name: String,
    _ summary: String,
    _ body: @escaping @Sendable (String) -> String
  ) -> ScalarFunction {
    ScalarFunction(name, 1...1, of: [.string], to: .string, summary) {
      values throws(EvaluationError) in
      .string(body(string(values[0])))
    }
  }

  static let all: [ScalarFunction] = [
    text("toLower", "the string in lower case") { $0.lowercased() },
    text("toUpper", "the string in upper case") { $0.uppercased() },
    text("trim", "the string without white space at its ends") { trimmed($0) },
    text("ltrim", "the string without white space at its start") { trimmed($0, end: false) },
    text("rtrim", "the string without white space at its end") { trimmed($0, start: false) },
    text("normalize", "the string in Unicode normalization form C") { text in
      var result = String.UnicodeScalarView()
      for scalar in text._nfc { result.append(scalar) }
      return String(result)
    },
    ScalarFunction(
      "replace",
      3...3,
      of: [.string],
      to: .string,
      "the string with every occurrence of the second one replaced by the third"
    ) { values throws(EvaluationError) in
      try replace(string(values[0]), string(values[1]), string(values[2]))
    },
    ScalarFunction(
      "split",
      2...2,
      of: [.string, [.string, .list]],
      to: .list,
      "the pieces of the string between the separators"
    ) { values throws(EvaluationError) in
      try split(string(values[0]), by: values[1])
    },
    ScalarFunction(
      "substring",
      2...3,
      of: [.string, .integer],
      to: .string,
      "the part of the string from a place, counted from 0, and of a length"
    ) { values throws(EvaluationError) in
      let start = try count(values[1], "substring")
      let length = values.count > 2 ? try count(values[2], "substring") : Int.max - start
      return .string(UTF8Text.substring(string(values[0]), from: start, to: start + length))
    },
    ScalarFunction("left", 2...2, of: [.string, .integer], to: .string, "the first characters") {
      values throws(EvaluationError) in
      let length = try count(values[1], "left")
      return .string(UTF8Text.substring(string(values[0]), from: 0, to: length))
    },
    ScalarFunction("right", 2...2, of: [.string, .integer], to: .string, "the last characters") {
      values throws(EvaluationError) in
      let length = try count(values[1], "right")
      return .string(String(string(values[0]).unicodeScalars.suffix(length)))
    },
    ScalarFunction(
      "char_length",
      1...1,
      of: [.string],
      to: .integer,
      "the number of characters, which are code points"
    ) { values throws(EvaluationError) in
      .integer(Int64(UTF8Text.count(string(values[0]))))
    },
    ScalarFunction(
      "similarity",
      2...2,
      of: [.string],
      to: .float,
      "how alike two names are, 0 to 1"
    ) { values throws(EvaluationError) in
      ValueOperations.similarity(values[0], values[1])
    },
  ]

  private static func replace(
    _ text: String,
    _ part: String,
    _ replacement: String
  ) throws(EvaluationError) -> Value {
    if part.isEmpty { return .string(text) }
    let pieces = UTF8Text.split(text, by: part)
    let size = text.utf8.count + (pieces.count - 1) * replacement.utf8.count
    guard size <= ExpressionLimits.stringBytes else {
      throw EvaluationError(
        .limitExceeded,
        "a string would be longer than \(ExpressionLimits.stringBytes) bytes"
      )
    }
    return .string(pieces.joined(separator: replacement))
  }

  private static func split(_ text: String, by separator: Value) throws(EvaluationError) -> Value {
    var separators: [String] = []
    switch separator {
    case .list(let elements):
      for element in elements {
        guard case .string(let text) = element else {
          throw .mismatch("\"split\"", expected: "separators that are strings", found: element)
        }
        separators.append(text)
      }
    default: separators = [string(separator)]
    }
    var pieces = [text]
    for separator in separators {
      pieces = pieces.flatMap { piece in
        separator.isEmpty
          ? piece.unicodeScalars.map { String($0) } : UTF8Text.split(piece, by: separator)
      }
    }
    return .list(pieces.map { .string($0) })
  }
}
