import _StringProcessing

/// What a regular expression consists of.
indirect enum PatternNode {
  case scalar(ScalarMatcher)
  case assertion(PatternAssertion)
  case sequence([PatternNode])
  case choice([PatternNode])
  /// Without a maximum any number of times.
  case repetition(PatternNode, minimum: Int, maximum: Int?)
}

/// What holds between two code points.
enum PatternAssertion {
  case textStart, textEnd, textEndOrFinalNewline, lineStart, lineEnd
  case wordBoundary, noWordBoundary
}

/// Whether one code point matches an atom of a pattern: a character, an escape or a class.
final class ScalarMatcher {
  private let only: Unicode.Scalar?
  private let regex: Regex<AnyRegexOutput>?
  private var known: [Unicode.Scalar: Bool] = [:]

  /// The most code points that are remembered.
  private static let knownCountMax = 4096

  init(_ only: Unicode.Scalar) {
    self.only = only
    regex = nil
  }

  /// An atom in the syntax of regular expressions; on a single code point nothing backtracks.
  init(atom: String) throws {
    only = nil
    regex = try Regex(atom).matchingSemantics(.unicodeScalar)
  }

  func matches(_ scalar: Unicode.Scalar) -> Bool {
    if let only { return scalar == only }
    if let answer = known[scalar] { return answer }
    let answer = (try? regex?.wholeMatch(in: String(scalar))) != nil
    if known.count >= Self.knownCountMax { known = [:] }
    known[scalar] = answer
    return answer
  }
}

/// Finds the structure of a regular expression: groups, choices and repetitions.
///
/// The pattern has been read by the parser of Swift's `Regex` without complaint.
struct PatternParser {
  private let text: [Unicode.Scalar]
  private var position = 0
  private var ignoresCase = false
  private var dotMatchesNewline = false
  private var isMultiline = false

  init(_ pattern: String) {
    text = Array(pattern.unicodeScalars)
  }

  mutating func parse() throws(EvaluationError) -> PatternNode {
    let node = try choice()
    guard position == text.count else { throw unsupported("an unmatched )") }
    return node
  }

  private mutating func choice() throws(EvaluationError) -> PatternNode {
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(EvaluationError) -> PatternNode {
    var parts: [PatternNode] = []
    while let next = peek(), next != "|", next != ")" {
      guard let atom = try atom() else { continue }
      parts.append(try repeated(atom))
    }
    return .sequence(parts)
  }

  // MARK: Repetitions

  private mutating func repeated(_ atom: PatternNode) throws(EvaluationError) -> PatternNode {
    var node = atom
    while let (minimum, maximum) = try quantifier() {
      // What a match of the whole text takes first makes no difference to whether there is one.
      if !take("?"), take("+") { throw unsupported("a possessive repetition") }
      node = .repetition(node, minimum: minimum, maximum: maximum)
    }
    return node
  }

  private mutating func quantifier() throws(EvaluationError) -> (Int, Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    guard peek() == "{", let end = text[position...].firstIndex(of: "}") else { return nil }
    let inner = String(String.UnicodeScalarView(text[(position + 1)..<end]))
    let bounds = inner.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.filter { $0 != " " } }
    guard (1...2).contains(bounds.count), bounds.contains(where: { !$0.isEmpty }),
      bounds.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
    else { return nil }
    position = end + 1
    let numbers = bounds.map { Int($0) }
    for (bound, number) in zip(bounds, numbers)
    where !bound.isEmpty && number ?? .max > ExpressionLimits.patternSize {
      throw PatternProgram.tooLarge
    }
    let minimum = numbers[0] ?? 0
    return (minimum, bounds.count == 1 ? minimum : numbers[1])
  }

  // MARK: Atoms

  /// `nil` for what matches nothing by itself, such as `(?i)`.
  private mutating func atom() throws(EvaluationError) -> PatternNode? {
    let start = position
    let first = text[position]
    position += 1
    switch first {
    case "(": return try group()
    case "[":
      try skipClass()
      return try matcher(from: start)
    case "\\": return try escape(from: start)
    case "^": return .assertion(isMultiline ? .lineStart : .textStart)
    case "$": return .assertion(isMultiline ? .lineEnd : .textEnd)
    case ".": return try matcher(from: start)
    default: return ignoresCase ? try matcher(from: start) : .scalar(ScalarMatcher(first))
    }
  }

  /// The atom from `start` to here, with the options that are in force.
  private func matcher(from start: Int) throws(EvaluationError) -> PatternNode {
    let atom = String(String.UnicodeScalarView(text[start..<position]))
    let options = (ignoresCase ? "i" : "") + (dotMatchesNewline ? "s" : "")
    do {
      return .scalar(try ScalarMatcher(atom: (options.isEmpty ? "" : "(?\(options))") + atom))
    } catch {
      throw unsupported(atom)
    }
  }

  private mutating func group() throws(EvaluationError) -> PatternNode? {
    let outer = (ignoresCase, dotMatchesNewline, isMultiline)
    if take("?") {
      if take("P"), peek() != "<" { throw unsupported("a reference to a group") }
      if take("<") {
        if peek() == "=" || peek() == "!" { throw unsupported("lookbehind") }
        guard let end = text[position...].firstIndex(of: ">") else { throw unsupported("(?<") }
        position = end + 1
      } else if try !options() {
        return nil
      }
    } else if peek() == "*" {
      throw unsupported("(*")
    }
    let node = try choice()
    (ignoresCase, dotMatchesNewline, isMultiline) = outer
    guard take(")") else { throw unsupported("an unclosed group") }
    return node
  }

  /// Reads `i-sm:` or `i-sm)`; says whether a group follows.
  private mutating func options() throws(EvaluationError) -> Bool {
    var isOn = true
    while let letter = peek() {
      position += 1
      switch letter {
      case "i": ignoresCase = isOn
      case "s": dotMatchesNewline = isOn
      case "m": isMultiline = isOn
      case "-": isOn = false
      case ":": return true
      case ")": return false
      case "=", "!": throw unsupported("lookahead")
      case ">": throw unsupported("an atomic group")
      default: throw unsupported("(?\(letter)")
      }
    }
    throw unsupported("an unclosed group")
  }

  /// Goes behind the `]` that closes the class whose `[` has been read.
  private mutating func skipClass() throws(EvaluationError) {
    var depth = 1
    _ = take("^")
    if peek() == "]" { throw unsupported("a class that starts with ], which is written \\]") }
    while depth > 0, let next = peek() {
      position += 1
      switch next {
      case "[": depth += 1
      case "]": depth -= 1
      case "\\":
        if peek() == "Q" { throw unsupported("\\Q") }
        position += 1
      default: break
      }
    }
    guard depth == 0, position <= text.count else { throw unsupported("an unclosed class") }
  }

  private mutating func escape(from start: Int) throws(EvaluationError) -> PatternNode {
    guard let letter = peek() else { throw unsupported("\\ at the end") }
    position += 1
    switch letter {
    case "b": return .assertion(.wordBoundary)
    case "B": return .assertion(.noWordBoundary)
    case "A": return .assertion(.textStart)
    case "z": return .assertion(.textEnd)
    case "Z": return .assertion(.textEndOrFinalNewline)
    case "1"..."9", "k", "g": throw unsupported("a backreference")
    case "Q", "E", "G", "K", "R", "X", "y", "Y": throw unsupported("\\\(letter)")
    case "x", "u", "U", "o", "p", "P", "N":
      if peek() == "{", let end = text[position...].firstIndex(of: "}") {
        position = end + 1
      } else {
        skipDigits(of: letter)
      }
    case "0": skip(atMost: 2) { ("0"..."7").contains($0) }
    case "c": position = min(position + 1, text.count)
    default: break
    }
    return try matcher(from: start)
  }

  private mutating func skipDigits(of letter: Unicode.Scalar) {
    switch letter {
    case "x": skip(atMost: 2) { $0.properties.isASCIIHexDigit }
    case "u": skip(atMost: 4) { $0.properties.isASCIIHexDigit }
    case "U": skip(atMost: 8) { $0.properties.isASCIIHexDigit }
    case "p", "P": position = min(position + 1, text.count)
    default: break
    }
  }

  private mutating func skip(atMost count: Int, _ isMember: (Unicode.Scalar) -> Bool) {
    let end = min(position + count, text.count)
    while position < end, isMember(text[position]) { position += 1 }
  }

  // MARK: Reading

  private func peek() -> Unicode.Scalar? {
    position < text.count ? text[position] : nil
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek() == scalar else { return false }
    position += 1
    return true
  }

  private func unsupported(_ what: String) -> EvaluationError {
    EvaluationError(
      .unsupported,
      "a regular expression cannot have \(what) here",
      hint: "use characters, classes such as [a-z] and \\d, groups, |, *, +, ?, {2,5}, ^, $ and "
        + "(?i)"
    )
  }
}
