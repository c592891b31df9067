/// Numbers as text and back.
enum NumberText {
  /// The shortest text that reads back as the same float: `2.0`, `0.1`, `1.0e20`, `NaN`.
  static func float(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    let text = number.description
    guard let marker = text.firstIndex(of: "e") else { return text }
    var mantissa = text[..<marker]
    if !mantissa.contains(".") { mantissa += ".0" }
    // Swift writes 1e+20 and 1e-05.
    let exponent = Int(text[text.index(after: marker)...]) ?? 0
    return "\(mantissa)e\(exponent)"
  }

  /// The integer that `text` writes in decimal, or that a written float is when cut; else `nil`.
  static func parseInteger(_ text: String) -> Int64? {
    let trimmed = TextFunctions.trimmed(text)
    if let integer = Int64(trimmed) { return integer }
    guard let number = parseFloat(trimmed), number.isFinite else { return nil }
    return Int64(exactly: number.rounded(.towardZero))
  }

  /// The float that `text` writes in decimal, `NaN` or `Infinity`; else `nil`.
  static func parseFloat(_ text: String) -> Double? {
    let trimmed = TextFunctions.trimmed(text)
    switch trimmed {
    case "NaN": return .nan
    case "Infinity", "+Infinity": return .infinity
    case "-Infinity": return -.infinity
    default:
      // Double also reads hexadecimal floats and more names, which the language has not.
      let isDecimal = trimmed.utf8.allSatisfy {
        (0x30...0x39).contains($0) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0)
      }
      return isDecimal ? Double(trimmed) : nil
    }
  }
}
