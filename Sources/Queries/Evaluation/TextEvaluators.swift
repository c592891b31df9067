import Expressions
import GraphModel
import SourceText

/// STARTS WITH, ENDS WITH and CONTAINS, also over `toLower(…)` without making its strings.
final class TextMatchEvaluator: OperandEvaluator {
  let operation: TextOperator
  /// Whether the left side is compared in lower case.
  let lowerCase: Bool

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ operation: TextOperator,
    _ left: Evaluator,
    _ right: Evaluator,
    lowerCase: Bool
  ) {
    self.operation = operation
    self.lowerCase = lowerCase
    super.init(context, span, [left, right])
  }

  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    let text = operands[0]
    let part = operands[1]
    if part.isConstant, part.tag(0) == Tag.string {
      let needle = Array(context.strings.string(part.word(0)).utf8)
      needle.withUnsafeBytes { needle in fill(result, text, Needle(needle), rows) }
      return
    }
    for index in 0..<rows.count {
      let row = rows[index]
      guard text.tag(row) == Tag.string, part.tag(row) == Tag.string else {
        result.setNull(row)
        continue
      }
      let needle = Array(context.strings.string(part.word(row)).utf8)
      let found = needle.withUnsafeBytes { matches(text.word(row), Needle($0)) }
      result.setBoolean(row, found)
    }
  }

  private func fill(
    _ result: Vector,
    _ text: Vector,
    _ needle: Needle,
    _ rows: Rows
  ) {
    let strings = context.strings
    var index = 0
    while index < rows.count {
      // Texts are all over the memory: it is asked for them while others are looked at.
      if index &+ 16 < rows.count { strings.prefetchPlace(text.word(rows[index &+ 16])) }
      if index &+ 8 < rows.count { strings.prefetch(text.word(rows[index &+ 8])) }
      let row = rows[index]
      if text.tag(row) == Tag.string {
        result.set(row, Tag.boolean, matches(text.word(row), needle) ? 1 : 0)
      } else {
        result.setNull(row)
      }
      index &+= 1
    }
  }

  /// A text that is searched for.
  private struct Needle {
    let bytes: UnsafeRawBufferPointer
    let isASCII: Bool
    /// Whether it has letters that are the lower case of some beyond ASCII too.
    let hasOtherUpperCase: Bool
    /// Whether it is its own lower case.
    let isLowerCase: Bool

    init(_ bytes: UnsafeRawBufferPointer) {
      self.bytes = bytes
      isASCII = bytes.allSatisfy { $0 < 0x80 }
      isLowerCase =
        isASCII || String(decoding: bytes, as: UTF8.self).lowercased().utf8.elementsEqual(bytes)
      hasOtherUpperCase = bytes.contains(UInt8(ascii: "i")) || bytes.contains(UInt8(ascii: "k"))
    }
  }

  private func matches(_ code: UInt64, _ needle: Needle) -> Bool {
    let strings = context.strings
    if !lowerCase { return strings.withBytes(code) { matches($0, needle.bytes) } }
    // What is there in lower case, or in ASCII letters, is there in the lower case of the whole. It
    // is asked for only where something else may become what is searched for.
    let quick = strings.withBytes(code) { bytes -> Bool? in
      if !needle.isLowerCase { return nil }
      if matches(bytes, needle.bytes, lowering: true) { return true }
      let isSure =
        needle.isASCII
        ? !needle.hasOtherUpperCase || !mayBecomeASCII(bytes) : isCaseless(bytes)
      return isSure ? false : nil
    }
    if let quick { return quick }
    let make = { Array(strings.string(code).lowercased().utf8) }
    let lower =
      code < QueryStrings.localBase ? context.caches.lowerCase(code, make: make) : make()
    return lower.withUnsafeBytes { matches($0, needle.bytes) }
  }

  /// Whether text that is not ASCII may have ASCII letters in its lower case beside those that it
  /// has itself: of U+0130, an I with a dot, and of U+212A, the Kelvin sign.
  private func mayBecomeASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 1
    while index < bytes.count {
      let byte = bytes[index]
      if byte == 0xB0, bytes[index &- 1] == 0xC4 { return true }
      if byte == 0x84, bytes[index &- 1] == 0xE2 { return true }
      index &+= 1
    }
    return false
  }

  /// Whether everything in a text that is not ASCII is in scripts without upper case: U+05C0 to
  /// U+06FF with Hebrew and Arabic, and U+0800 to U+0FFF with those of India, Thai, Lao, Tibetan.
  private func isCaseless(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.allSatisfy { byte in
      // Bytes that do not begin a character, and those that begin one of these.
      byte < 0xC0 || (byte >= 0xD7 && byte <= 0xDB) || byte == 0xE0
    }
  }

  /// Whether the part is where the operation wants it.
  ///
  /// - Parameter lowering: whether ASCII letters of the text are read in lower case.
  @inline(__always)
  private func matches(
    _ text: UnsafeRawBufferPointer,
    _ part: UnsafeRawBufferPointer,
    lowering: Bool = false
  ) -> Bool {
    guard part.count <= text.count else { return false }
    if part.count == 0 { return true }
    let last = text.count - part.count
    let start = operation == .endsWith ? last : 0
    let end = operation == .startsWith ? 0 : last
    let search = TextSearch(part, lowering: lowering)
    return search.firstPlace(in: text, from: start, through: end) != nil
  }
}

/// Searches texts for a part, looking at eight places at once for its first and its last byte.
struct TextSearch {
  private let part: UnsafeRawBufferPointer
  private let lowering: Bool
  private let first: UInt64
  private let last: UInt64
  private let distance: Int

  /// - Parameters:
  ///   - part: not empty; somebody keeps it.
  ///   - lowering: whether ASCII letters of the texts are read in lower case.
  @inline(__always)
  init(_ part: UnsafeRawBufferPointer, lowering: Bool) {
    self.part = part
    self.lowering = lowering
    first = Self.ones &* UInt64(part[0] | 0x20)
    last = Self.ones &* UInt64(part[part.count - 1] | 0x20)
    distance = part.count - 1
  }

  /// The first place from `start` to `end` where the part stands.
  ///
  /// - Precondition: behind `end` the text has as many bytes as the part.
  @inline(__always)
  func firstPlace(in text: UnsafeRawBufferPointer, from start: Int, through end: Int) -> Int? {
    var start = start
    while start &+ 8 <= end {
      var candidates = candidates(in: text, from: start)
      while candidates != 0 {
        let place = start &+ candidates.trailingZeroBitCount / 8
        if isAt(place, in: text) { return place }
        candidates &= candidates &- 1
      }
      start &+= 8
    }
    while start <= end {
      if isAt(start, in: text) { return start }
      start &+= 1
    }
    return nil
  }

  @inline(__always)
  private func isAt(_ start: Int, in text: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    while index < part.count {
      let byte = text[start &+ index]
      let read = lowering && byte &- 0x41 < 26 ? byte | 0x20 : byte
      if read != part[index] { return false }
      index &+= 1
    }
    return true
  }

  private static var ones: UInt64 { 0x0101_0101_0101_0101 }

  /// The highest bit of each byte where the part may begin, and of some others: letters are taken
  /// for equal in upper and lower case, and so is what else differs by that bit.
  ///
  /// - Precondition: so many bytes and those of the part are behind the place.
  @inline(__always)
  private func candidates(in text: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
    let begin = text.loadUnaligned(fromByteOffset: start, as: UInt64.self)
    let end = text.loadUnaligned(fromByteOffset: start &+ distance, as: UInt64.self)
    return Self.zeros((begin | Self.ones &* 0x20) ^ first)
      & Self.zeros((end | Self.ones &* 0x20) ^ last)
  }

  /// The highest bit of each byte that is zero, and perhaps of some behind such a one.
  @inline(__always)
  private static func zeros(_ word: UInt64) -> UInt64 {
    (word &- ones) & ~word & (ones &* 0x80)
  }
}

/// `text =~ pattern`; a pattern is compiled once for as long as it stays the same.
final class PatternEvaluator: OperandEvaluator {
  private var compiled: (code: UInt64, pattern: TextPattern)?

  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    let texts = operands[0]
    let patterns = operands[1]
    for index in 0..<rows.count {
      let row = rows[index]
      guard texts.tag(row) == Tag.string, patterns.tag(row) == Tag.string else {
        result.setNull(row)
        continue
      }
      let text = context.strings.string(texts.word(row))
      try context.budget.work(1 + text.utf8.count / 16)
      let pattern = try pattern(patterns.word(row))
      do {
        result.setBoolean(row, try pattern.matches(text))
      } catch {
        throw error.queryError(at: span)
      }
    }
  }

  private func pattern(_ code: UInt64) throws(QueryError) -> TextPattern {
    if let compiled, compiled.code == code { return compiled.pattern }
    do {
      let pattern = try TextPattern(context.strings.string(code))
      compiled = (code, pattern)
      return pattern
    } catch {
      throw error.queryError(at: span)
    }
  }
}
