@_spi(_Unicode) import Swift

/// The folded form of names, in which `~` compares them.
///
/// A folded name is words with single spaces between them, without case, accents, width,
/// punctuation and honorifics. Folding a folded name changes nothing that matters to
/// ``NameMatcher``. Apostrophes join (`O'Brien` is `obrien`), other punctuation separates.
/// Thai keeps its vowels and loses its tone marks; Arabic loses its vowel marks and the article,
/// and its variants of alef, yeh and heh become one. Letters that no decomposition splits
/// (`ø`, `ł`, `ß`) become their usual Latin spelling. Compatibility forms other than full width
/// are kept, except the Latin ligatures.
public enum TextFolding {
  /// The folded form of a name; empty where it has no letters and no digits.
  public static func folded(_ text: String) -> String {
    var output: [UInt8] = []
    fold(text, appendingTo: &output)
    return String(decoding: output, as: UTF8.self)
  }

  /// Appends the folded form of `text` to `output`, as UTF-8.
  public static func fold(_ text: String, appendingTo output: inout [UInt8]) {
    let start = output.count
    var writer = FoldWriter(output)
    output = []
    feed(text, to: &writer)
    output = writer.takeOutput()
    // A name that is nothing but honorifics is the last of them: `Mr Lord`.
    if output.count == start {
      output += writer.lastDropped
      return
    }
    // The space after the last word.
    if output.count > start { output.removeLast() }
  }

  private static func feed(_ text: String, to writer: inout FoldWriter) {
    let isASCII = UTF8Text.withBytes(text) { bytes in
      bytes.allSatisfy { $0 < 0x80 }
    }
    if isASCII {
      UTF8Text.withBytes(text) { bytes in
        for byte in bytes { writer.append(ascii: byte) }
      }
    } else {
      for scalar in text._nfd { append(scalar, to: &writer) }
    }
    writer.endWord()
  }

  private static func append(_ scalar: Unicode.Scalar, to writer: inout FoldWriter) {
    let value = scalar.value
    if value < 0x80 {
      writer.append(ascii: UInt8(value))
    } else if FoldingTables.isDropped(value) {
      return
    } else if let replacement = FoldingTables.replacement(value) {
      for byte in replacement.utf8 where byte < 0x80 { writer.append(ascii: byte) }
      for other in replacement.unicodeScalars where other.value >= 0x80 { writer.append(other) }
    } else if (0xFF01...0xFF5E).contains(value) {
      writer.append(ascii: UInt8(value - 0xFEE0))
    } else {
      appendOther(scalar, to: &writer)
    }
  }

  private static func appendOther(_ scalar: Unicode.Scalar, to writer: inout FoldWriter) {
    let properties = scalar.properties
    switch properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter:
      for lowered in properties.lowercaseMapping.unicodeScalars { writer.append(lowered) }
    case .decimalNumber:
      if let number = properties.numericValue, (0...9).contains(number) {
        writer.append(ascii: 0x30 + UInt8(number))
      }
    case .lowercaseLetter, .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark,
      .enclosingMark, .letterNumber, .otherNumber:
      writer.append(scalar)
    default: writer.endWord()
    }
  }
}

/// Writes folded words one after the other, and drops honorifics as they end.
struct FoldWriter {
  private(set) var output: [UInt8]
  /// The honorific that was dropped last; empty where none was.
  private(set) var lastDropped: [UInt8] = []
  private var wordStart: Int
  /// Whether no word was kept so far: titles stand in front.
  private var isLeading = true
  private var isASCIIWord = true

  init(_ output: [UInt8]) {
    self.output = output
    wordStart = output.count
  }

  /// Gives the output away, so that it has one owner and is not copied when it grows.
  mutating func takeOutput() -> [UInt8] {
    let result = output
    output = []
    return result
  }

  mutating func append(ascii byte: UInt8) {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      output.append(byte)
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): output.append(byte | 0x20)
    case UInt8(ascii: "'"), UInt8(ascii: "`"): break
    default: endWord()
    }
  }

  mutating func append(_ scalar: Unicode.Scalar) {
    isASCIIWord = false
    for byte in UTF8.encode(scalar).unsafelyUnwrapped { output.append(byte) }
  }

  /// Ends the word under way, if there is one.
  mutating func endWord() {
    guard output.count > wordStart else { return }
    if isHonorific() {
      lastDropped = Array(output[wordStart...])
      output.removeLast(lastDropped.count)
      isASCIIWord = true
      return
    }
    if !isASCIIWord { trimScript() }
    output.append(0x20)
    wordStart = output.count
    isLeading = false
    isASCIIWord = true
  }

  private func isHonorific() -> Bool {
    let hash = FoldingTables.hash(output[wordStart...])
    return isLeading
      ? FoldingTables.contains(FoldingTables.titles, hash)
      : FoldingTables.contains(FoldingTables.postnominals, hash)
  }

  /// Removes the Arabic article, and in front a Thai title that is written without a space.
  private mutating func trimScript() {
    let article: [UInt8] = [0xD8, 0xA7, 0xD9, 0x84]
    let minimumRest = 6
    let length = output.count - wordStart
    if length >= article.count + minimumRest, output[wordStart...].starts(with: article) {
      output.removeSubrange(wordStart..<wordStart + article.count)
      return
    }
    guard isLeading else { return }
    for prefix in FoldingTables.thaiTitles {
      // A Thai letter takes three bytes; shorter rests are words of their own.
      guard length >= prefix.count + 9, output[wordStart...].starts(with: prefix) else { continue }
      output.removeSubrange(wordStart..<wordStart + prefix.count)
      return
    }
  }
}
