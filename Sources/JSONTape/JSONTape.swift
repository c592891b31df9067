/// A parsed JSON text: simdjson's tape, read in place.
///
/// A value is named by the index of its first word; the text's own value is at
/// ``root``. Source: simdjson, doc/tape.md.
@frozen
public struct JSONTape {
  @usableFromInline let words: UnsafePointer<UInt64>
  @usableFromInline let strings: UnsafeRawPointer
  @usableFromInline let tokens: UnsafePointer<UInt32>

  @inlinable
  init(words: UnsafePointer<UInt64>, strings: UnsafeRawPointer, tokens: UnsafePointer<UInt32>) {
    self.words = words
    self.strings = strings
    self.tokens = tokens
  }

  /// What a word of the tape stands for; the raw values are simdjson's.
  @frozen
  public enum Kind: UInt8, Sendable {
    case object = 0x7B
    case array = 0x5B
    case string = 0x22
    case signed = 0x6C
    case unsigned = 0x75
    case float = 0x64
    case `true` = 0x74
    case `false` = 0x66
    case null = 0x6E
    case endOfObject = 0x7D
    case endOfArray = 0x5D
    case root = 0x72
  }

  /// Where in the text a token stands, counted from 0: a bracket, a comma, a colon, or the first
  /// byte of a string, a number or a word.
  @inlinable
  public func offset(ofToken token: Int) -> Int { Int(tokens[token]) }

  /// The index of the text's value.
  @inlinable public var root: Int { 1 }

  @inlinable
  public func kind(at index: Int) -> Kind {
    Kind(rawValue: UInt8(truncatingIfNeeded: words[index] >> 56)).unsafelyUnwrapped
  }

  /// Whether the value at `index` is an object or an array.
  @inlinable
  public func isContainer(at index: Int) -> Bool {
    let tag = UInt8(truncatingIfNeeded: words[index] >> 56)
    return tag == Kind.object.rawValue || tag == Kind.array.rawValue
  }

  /// The index behind the value at `index`: of its next sibling, or of the end of its container.
  @inlinable
  public func index(after index: Int) -> Int {
    // Compared as they are: turning a byte into a kind costs as much as the rest.
    switch UInt8(truncatingIfNeeded: words[index] >> 56) {
    case Kind.object.rawValue, Kind.array.rawValue: Int(words[index] & 0xFFFF_FFFF)
    case Kind.signed.rawValue, Kind.unsigned.rawValue, Kind.float.rawValue: index + 2
    default: index + 1
    }
  }

  /// The elements of an array, or the members of an object; saturates at 16,777,215.
  @inlinable
  public func count(at index: Int) -> Int { Int(words[index] >> 32 & 0xFF_FFFF) }

  /// The index of the first element, or of the first member's key.
  ///
  /// In an object each key, a string, is followed by its value. Walk with
  /// ``index(after:)`` until ``end(of:)``.
  @inlinable
  public func firstChild(of index: Int) -> Int { index + 1 }

  /// The index of the closing word of an array or object.
  @inlinable
  public func end(of index: Int) -> Int { Int(words[index] & 0xFFFF_FFFF) - 1 }

  /// The UTF-8 bytes of the string at `index`, unescaped.
  @inlinable
  public func string(at index: Int) -> UnsafeRawBufferPointer {
    let start = strings + Int(words[index] & 0x00FF_FFFF_FFFF_FFFF)
    let count = start.loadUnaligned(as: UInt32.self)
    return UnsafeRawBufferPointer(start: start + 4, count: Int(count))
  }

  @inlinable
  public func signed(at index: Int) -> Int64 { Int64(bitPattern: words[index + 1]) }

  @inlinable
  public func unsigned(at index: Int) -> UInt64 { words[index + 1] }

  @inlinable
  public func float(at index: Int) -> Double { Double(bitPattern: words[index + 1]) }

  /// The index of the value of the member named `key`, or `nil`; of two, the first.
  public func member(_ key: StaticString, of object: Int) -> Int? {
    let wanted = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
    let end = end(of: object)
    var index = firstChild(of: object)
    while index < end {
      let name = string(at: index)
      if name.count == wanted.count, name.elementsEqual(wanted) { return index + 1 }
      index = self.index(after: index + 1)
    }
    return nil
  }
}
