@_spi(_Unicode) import Swift

/// A name to search for, prepared once and matched with many folded names.
///
/// A name matches if every word of the needle is found in it, in any order: as a word, as the
/// start of a word (from 3 characters), or with a typo (one from 5 characters, two from 9; three in
/// one of several words, from 7, if it begins the same); words may be joined or split (`O Brien`, `O'Brien`). Or if both differ by such a typo as wholes. In
/// scripts without spaces between words the needle may stand anywhere. An empty needle matches nothing.
public struct NameMatcher: Sendable {
  /// A word of the needle, or two neighbours joined.
  private struct Unit: Sendable {
    var range: Range<Int>
    var letters: UInt64
    /// Which words of the needle it stands for.
    var covers: UInt64

    var isJoined: Bool { covers.nonzeroBitCount > 1 }
  }

  /// The needle as it is compared.
  public let folded: String
  /// The needle's code points without spaces.
  private let scalars: [UInt32]
  private let letters: UInt64
  private let units: [Unit]
  private let wordCount: Int
  private let isUnspaced: Bool

  /// The words that a needle is compared by; of longer needles only the whole is.
  private static let maximumWords = 32
  /// The characters that a word needs for three typos in it to be forgiven.
  private static let misheardLengthMin = 7
  /// The characters up to which texts are compared for typos.
  private static let maximumCompared = 256

  public init(_ needle: String) {
    folded = TextFolding.folded(Self.withoutRemarks(needle))
    var scalars: [UInt32] = []
    var ranges: [Range<Int>] = []
    for word in folded.unicodeScalars.split(separator: " ") {
      let start = scalars.count
      scalars += word.map(\.value)
      ranges.append(start..<scalars.count)
    }
    self.scalars = scalars
    letters = Self.letters(scalars)
    wordCount = ranges.count
    isUnspaced = scalars.contains(where: Self.isUnspaced)
    var units: [Unit] = []
    if ranges.count <= Self.maximumWords {
      for (index, range) in ranges.enumerated() {
        let letters = Self.letters(scalars[range])
        units.append(Unit(range: range, letters: letters, covers: 1 << UInt64(index)))
      }
      for index in ranges.indices.dropLast() {
        let range = ranges[index].lowerBound..<ranges[index + 1].upperBound
        let letters = Self.letters(scalars[range])
        units.append(Unit(range: range, letters: letters, covers: 3 << UInt64(index)))
      }
    }
    self.units = units
  }

  /// The needle without what stands in parentheses, unless that is all of it.
  private static func withoutRemarks(_ needle: String) -> String {
    guard needle.utf8.contains(UInt8(ascii: "(")) else { return needle }
    var rest = String.UnicodeScalarView()
    var depth = 0
    for scalar in needle.unicodeScalars {
      if scalar == "(" { depth += 1 }
      if depth == 0 { rest.append(scalar) }
      if scalar == ")" { depth = max(0, depth - 1) }
    }
    let text = String(rest)
    return TextFolding.folded(text).isEmpty ? needle : text
  }

  private static func letters(_ scalars: some Sequence<UInt32>) -> UInt64 {
    scalars.reduce(0) { $0 | 1 << UInt64($1 & 63) }
  }

  /// Thai, Lao, Myanmar, Khmer, kana, Han.
  private static func isUnspaced(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x3400...0x4DBF,
      0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF:
      true
    default: false
    }
  }

  /// How many typos a word of some length may have.
  private static func tolerance(_ count: Int) -> Int {
    count >= 9 ? 2 : count >= 5 ? 1 : 0
  }

  /// Whether `name`, as it is written, matches.
  public func matches(_ name: String) -> Bool {
    var folded: [UInt8] = []
    TextFolding.fold(name, appendingTo: &folded)
    return matches(folded: folded)
  }

  /// Whether a name that ``TextFolding`` folded matches; given as UTF-8.
  public func matches(folded name: [UInt8]) -> Bool {
    name.withUnsafeBufferPointer(matches(folded:))
  }

  /// Whether a name that ``TextFolding`` folded matches; given as UTF-8.
  public func matches(folded name: UnsafeBufferPointer<UInt8>) -> Bool {
    guard !scalars.isEmpty, !name.isEmpty else { return false }
    return withHaystack(name) { haystack in
      scalars.withUnsafeBufferPointer { needle in
        if matchesWords(needle, haystack) { return true }
        if isUnspaced, Self.contains(haystack.scalars, needle) { return true }
        if needle.elementsEqual(haystack.scalars) { return true }
        let limit = Self.tolerance(needle.count)
        return isNear(needle, letters, haystack.scalars, haystack.letters, limit: limit)
      }
    }
  }

  /// How alike `name`, as it is written, is: 1 for the same, 0 for nothing in common.
  public func similarity(to name: String) -> Double {
    var folded: [UInt8] = []
    TextFolding.fold(name, appendingTo: &folded)
    return folded.withUnsafeBufferPointer(similarity(toFolded:))
  }
}

extension NameMatcher {
  /// A word of a name that is searched.
  private struct Word {
    var start: Int32
    var end: Int32
    var letters: UInt64
  }

  /// A name that is searched: its code points without spaces, and where its words lie.
  private struct Haystack {
    var scalars: UnsafeBufferPointer<UInt32>
    var words: UnsafeBufferPointer<Word>
    var letters: UInt64
  }

  private func withHaystack<R>(
    _ name: UnsafeBufferPointer<UInt8>,
    _ body: (Haystack) -> R
  ) -> R {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: name.count) { scalars in
      withUnsafeTemporaryAllocation(of: Word.self, capacity: name.count / 2 + 1) { words in
        var count = 0
        var wordCount = 0
        var start = 0
        var letters: UInt64 = 0
        var allLetters: UInt64 = 0
        func endWord() {
          guard count > start else { return }
          words[wordCount] = Word(start: Int32(start), end: Int32(count), letters: letters)
          wordCount += 1
          start = count
          allLetters |= letters
          letters = 0
        }
        var index = 0
        while index < name.count {
          let byte = name[index]
          index += 1
          if byte == 0x20 {
            endWord()
            continue
          }
          var value = UInt32(byte)
          if byte >= 0x80 {
            let length = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1
            value &= 0x3F >> UInt32(length)
            for _ in 0..<length where index < name.count {
              value = value << 6 | UInt32(name[index] & 0x3F)
              index += 1
            }
          }
          scalars[count] = value
          letters |= 1 << UInt64(value & 63)
          count += 1
        }
        endWord()
        return body(
          Haystack(
            scalars: UnsafeBufferPointer(rebasing: scalars[..<count]),
            words: UnsafeBufferPointer(rebasing: words[..<wordCount]),
            letters: allLetters
          )
        )
      }
    }
  }

  private static func slice(
    _ scalars: UnsafeBufferPointer<UInt32>,
    _ range: Range<Int>
  ) -> UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(rebasing: scalars[range])
  }

  private static func hasPrefix(
    _ text: UnsafeBufferPointer<UInt32>,
    _ prefix: UnsafeBufferPointer<UInt32>
  ) -> Bool {
    guard text.count >= prefix.count else { return false }
    for index in 0..<prefix.count where text[index] != prefix[index] { return false }
    return true
  }

  private static func contains(
    _ text: UnsafeBufferPointer<UInt32>,
    _ part: UnsafeBufferPointer<UInt32>
  ) -> Bool {
    guard text.count >= part.count else { return false }
    for start in 0...(text.count - part.count)
    where text[start] == part[0] && hasPrefix(slice(text, start..<text.count), part) {
      return true
    }
    return false
  }

  /// Whether two words differ by no more than the typos that the needle's length allows.
  ///
  /// Letters that only one of them has rule most pairs out before distances are counted.
  private func isNear(
    _ needle: UnsafeBufferPointer<UInt32>,
    _ needleLetters: UInt64,
    _ word: UnsafeBufferPointer<UInt32>,
    _ wordLetters: UInt64,
    limit: Int
  ) -> Bool {
    guard limit > 0, needle.count <= Self.maximumCompared, abs(needle.count - word.count) <= limit,
      (needleLetters & ~wordLetters).nonzeroBitCount <= limit,
      (wordLetters & ~needleLetters).nonzeroBitCount <= limit
    else { return false }
    return EditDistance.between(needle, word, limit: limit) != nil
  }

  /// Whether a unit of the needle is found as the word or at its start.
  private func matches(
    _ unit: Unit,
    of needle: UnsafeBufferPointer<UInt32>,
    _ haystack: Haystack,
    _ word: Range<Int>,
    _ letters: UInt64
  ) -> Bool {
    let text = Self.slice(needle, unit.range)
    let candidate = Self.slice(haystack.scalars, word)
    if text.count == candidate.count || text.count >= 3, Self.hasPrefix(candidate, text) {
      return true
    }
    // Two words joined are long, and two typos would make most of the shorter one.
    let limit = Self.tolerance(text.count)
    return isNear(
      text,
      unit.letters,
      candidate,
      letters,
      limit: unit.isJoined ? min(limit, 1) : limit
    )
  }

  /// Whether the one word of the needle that is not found is a long one that somebody misheard.
  ///
  /// `Dohoghue` is `Donohoe`, where the other words say whose it is.
  private func isMisheard(
    _ needle: UnsafeBufferPointer<UInt32>,
    _ haystack: Haystack,
    missing: UInt64
  ) -> Bool {
    guard wordCount > 1, missing.nonzeroBitCount == 1 else { return false }
    let unit = units[missing.trailingZeroBitCount]
    let text = Self.slice(needle, unit.range)
    guard text.count >= Self.misheardLengthMin else { return false }
    return haystack.words.contains { word in
      let candidate = Self.slice(haystack.scalars, Int(word.start)..<Int(word.end))
      return candidate.count >= Self.misheardLengthMin
        && Self.hasPrefix(candidate, Self.slice(text, 0..<2))
        && isNear(text, unit.letters, candidate, word.letters, limit: 3)
    }
  }

  /// Whether all words of the needle are found, joined or split where need be.
  private func matchesWords(
    _ needle: UnsafeBufferPointer<UInt32>,
    _ haystack: Haystack
  ) -> Bool {
    guard !units.isEmpty else { return false }
    let all: UInt64 = (1 << UInt64(wordCount)) &- 1
    var covered: UInt64 = 0
    for unit in units where unit.covers & ~covered != 0 {
      // Joined units come after the single ones, and only help words that were not found.
      for word in haystack.words {
        let range = Int(word.start)..<Int(word.end)
        if matches(unit, of: needle, haystack, range, word.letters) {
          covered |= unit.covers
          break
        }
      }
    }
    if covered == all { return true }
    guard haystack.words.count > 1 else { return false }
    if isMisheard(needle, haystack, missing: all & ~covered) { return true }
    for unit in units where unit.covers & ~covered != 0 {
      for index in 0..<haystack.words.count - 1 {
        let (first, second) = (haystack.words[index], haystack.words[index + 1])
        let range = Int(first.start)..<Int(second.end)
        // Reaching into the second word is what makes it a joined match.
        guard unit.range.count > Int(first.end - first.start) else { continue }
        if matches(unit, of: needle, haystack, range, first.letters | second.letters) {
          covered |= unit.covers
          break
        }
      }
    }
    return covered == all
  }
}

extension NameMatcher {
  /// How alike a name that ``TextFolding`` folded is: 1 for the same, 0 for nothing in common.
  ///
  /// Three quarters are how well the needle's words are found, one quarter how much of the name
  /// they leave over; or, where that is more, how alike both are as wholes.
  public func similarity(toFolded name: UnsafeBufferPointer<UInt8>) -> Double {
    guard !scalars.isEmpty, !name.isEmpty else { return 0 }
    return withHaystack(name) { haystack in
      scalars.withUnsafeBufferPointer { needle in
        let whole = Self.likeness(needle, haystack.scalars)
        let wordRanges = haystack.words.map { Int($0.start)..<Int($0.end) }
        let needleRanges = units.prefix(wordCount).map(\.range)
        let found = Self.share(of: needleRanges, needle, in: wordRanges, haystack.scalars)
        let used = Self.share(of: wordRanges, haystack.scalars, in: needleRanges, needle)
        return max(whole, 0.75 * found + 0.25 * used)
      }
    }
  }

  /// How much of some words is found in others, weighted by their lengths.
  private static func share(
    of words: [Range<Int>],
    _ text: UnsafeBufferPointer<UInt32>,
    in others: [Range<Int>],
    _ otherText: UnsafeBufferPointer<UInt32>
  ) -> Double {
    var total = 0.0
    var found = 0.0
    for word in words {
      let candidate = slice(text, word)
      var best = 0.0
      for other in others {
        best = max(best, likeness(candidate, slice(otherText, other)))
      }
      total += Double(word.count)
      found += Double(word.count) * best
    }
    return total > 0 ? found / total : 0
  }

  /// One minus the share of characters that differ; 0 where it is less than a half.
  private static func likeness(
    _ a: UnsafeBufferPointer<UInt32>,
    _ b: UnsafeBufferPointer<UInt32>
  ) -> Double {
    let longest = max(a.count, b.count)
    guard longest > 0, longest <= maximumCompared else { return 0 }
    guard let distance = EditDistance.between(a, b, limit: longest / 2) else { return 0 }
    return 1 - Double(distance) / Double(longest)
  }
}
