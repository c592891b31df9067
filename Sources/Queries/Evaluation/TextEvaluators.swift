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
      needle.withUnsafeBytes { needle in fill(result, text, needle, rows) }
      return
    }
    for index in 0..<rows.count {
      let row = rows[index]
      guard text.tag(row) == Tag.string, part.tag(row) == Tag.string else {
        result.setNull(row)
        continue
      }
      let needle = Array(context.strings.string(part.word(row)).utf8)
      let found = needle.withUnsafeBytes { matches(text.word(row), $0) }
      result.setBoolean(row, found)
    }
  }

  private func fill(
    _ result: Vector,
    _ text: Vector,
    _ needle: UnsafeRawBufferPointer,
    _ rows: Rows
  ) {
    var index = 0
    while index < rows.count {
      let row = rows[index]
      if text.tag(row) == Tag.string {
        result.set(row, Tag.boolean, matches(text.word(row), needle) ? 1 : 0)
      } else {
        result.setNull(row)
      }
      index &+= 1
    }
  }

  private func matches(_ code: UInt64, _ needle: UnsafeRawBufferPointer) -> Bool {
    let strings = context.strings
    if !lowerCase { return strings.withBytes(code) { matches($0, needle) } }
    // `nil` where the lower case of what is not ASCII has to be looked at.
    let quick = strings.withBytes(code) { bytes -> Bool? in
      if isASCII(bytes) || (isASCII(needle) && !mayBecomeASCII(bytes)) {
        return matchesLowerCase(bytes, needle)
      }
      return nil
    }
    if let quick { return quick }
    let make = { Array(strings.string(code).lowercased().utf8) }
    let lower =
      code < QueryStrings.localBase ? context.caches.lowerCase(code, make: make) : make()
    return lower.withUnsafeBytes { matches($0, needle) }
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

  private func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var index = 0
    var bits: UInt64 = 0
    while index &+ 8 <= bytes.count {
      bits |= bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      index &+= 8
    }
    while index < bytes.count {
      bits |= UInt64(bytes[index])
      index &+= 1
    }
    return bits & 0x8080_8080_8080_8080 == 0
  }

  private func matches(_ text: UnsafeRawBufferPointer, _ part: UnsafeRawBufferPointer) -> Bool {
    guard part.count <= text.count else { return false }
    switch operation {
    case .startsWith: return isEqual(text, 0, part)
    case .endsWith: return isEqual(text, text.count - part.count, part)
    case .contains, .matches:
      var start = 0
      while start <= text.count - part.count {
        if isEqual(text, start, part) { return true }
        start &+= 1
      }
      return false
    }
  }

  @inline(__always)
  private func isEqual(
    _ text: UnsafeRawBufferPointer,
    _ start: Int,
    _ part: UnsafeRawBufferPointer
  ) -> Bool {
    var index = 0
    while index < part.count {
      if text[start &+ index] != part[index] { return false }
      index &+= 1
    }
    return true
  }

  /// The same over ASCII text that is read in lower case on the way.
  private func matchesLowerCase(
    _ text: UnsafeRawBufferPointer,
    _ part: UnsafeRawBufferPointer
  ) -> Bool {
    guard part.count <= text.count else { return false }
    if part.count == 0 { return true }
    let last = text.count - part.count
    var start = operation == .endsWith ? last : 0
    let end = operation == .startsWith ? 0 : last
    let first = part[0]
    while start <= end {
      let byte = text[start]
      if (byte &- 0x41 < 26 ? byte | 0x20 : byte) != first {
        start &+= 1
        continue
      }
      var index = 0
      while index < part.count {
        let byte = text[start &+ index]
        let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
        if lower != part[index] { break }
        index &+= 1
      }
      if index == part.count { return true }
      start &+= 1
    }
    return false
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
