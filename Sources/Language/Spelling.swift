import SourceText

/// How names and strings are written in the language.
public enum Spelling {
  /// A name where any word will do: as it is, or in backquotes.
  public static func name(_ name: String) -> String {
    guard let kind = soleToken(of: name), kind.isWord, kind != .quotedIdentifier else {
      return quoted(name)
    }
    return name
  }

  /// A variable, which may not look like a reserved keyword.
  public static func variable(_ name: String) -> String {
    guard let kind = soleToken(of: name), kind.isWord, kind != .quotedIdentifier, kind != .end,
      !kind.isReserved
    else { return quoted(name) }
    return name
  }

  /// A variable before a brace, which may not look like COUNT either.
  static func projectedVariable(_ name: String) -> String {
    switch soleToken(of: name) {
    case .count, .collect: quoted(name)
    default: variable(name)
    }
  }

  /// A name with dots, such as a function's or an event type's.
  public static func dotted(_ name: String) -> String {
    name.split(separator: ".", omittingEmptySubsequences: false).map { Self.name(String($0)) }
      .joined(separator: ".")
  }

  static func function(_ name: String) -> String {
    switch soleToken(of: name) {
    case .all, .exists: name
    case .reduce: quoted(name)
    case let kind? where kind.isReserved: quoted(name)
    default: dotted(name)
    }
  }

  /// A parameter with its dollar sign.
  public static func parameter(_ name: String) -> String {
    soleToken(of: "$" + name) == .parameter && !name.hasPrefix("`")
      ? "$" + name : "$" + quoted(name)
  }

  /// A string in single quotes.
  public static func string(_ value: String) -> String {
    var result = "'"
    for scalar in value.unicodeScalars {
      switch scalar {
      case "'": result += "\\'"
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{8}": result += "\\b"
      case "\u{C}": result += "\\f"
      default:
        if scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) {
          let digits = String(scalar.value, radix: 16, uppercase: true)
          result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "'"
  }

  private static func quoted(_ name: String) -> String {
    var result = "`"
    for scalar in name.unicodeScalars {
      result.unicodeScalars.append(scalar)
      if scalar == "`" { result += "`" }
    }
    return result + "`"
  }

  /// The token that a text is the whole of.
  private static func soleToken(of text: String) -> Token.Kind? {
    let source = SourceText(name: "", text: text)
    var lexer = Lexer(source)
    let token = lexer.next(in: source.bytes.span)
    guard token.span.start == 0, Int(token.span.end) == source.bytes.count else { return nil }
    return token.kind == .endOfText ? nil : token.kind
  }
}
