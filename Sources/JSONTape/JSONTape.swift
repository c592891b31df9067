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

  /// What a word of the tape stands for.
  ///
  /// simdjson's byte as it is, which is no enumeration: to make one of it takes as long as to read
  /// what stands there.
  @frozen
  public struct Kind: Hashable, Sendable {
    @usableFromInline let byte: UInt8

    @inlinable
    init(_ byte: UInt8) {
      self.byte = byte
    }

    @inlinable public static var object: Kind { Kind(0x7B) }
    @inlinable public static var array: Kind { Kind(0x5B) }
    @inlinable public static var string: Kind { Kind(0x22) }
    @inlinable public static var signed: Kind { Kind(0x6C) }
    @inlinable public static var unsigned: Kind { Kind(0x75) }
    @inlinable public static var float: Kind { Kind(0x64) }
    @inlinable public static var `true`: Kind { Kind(0x74) }
    @inlinable public static var `false`: Kind { Kind(0x66) }
    @inlinable public static var null: Kind { Kind(0x6E) }
  }

  /// Where in the text a token stands, counted from 0: a bracket, a comma, a colon, or the first
  /// byte of a string, a number or a word.
  @inlinable
  public func offset(ofToken token: Int) -> Int { Int(tokens[token]) }

  /// The index of the text's value.
  @inlinable public var root: Int { 1 }

  @inlinable
  public func kind(at index: Int) -> Kind {
    Kind(UInt8(truncatingIfNeeded: words[index] >> 56))
  }

  /// Whether the value at `index` is an object or an array.
  @inlinable
  public func isContainer(at index: Int) -> Bool {
    let kind = kind(at: index)
    return kind == .object || kind == .array
  }

  /// The index behind the value at `index`: of its next sibling, or of the end of its container.
  @inlinable
  public func index(after index: Int) -> Int {
    switch kind(at: index) {
    case .object, .array: Int(words[index] & 0xFFFF_FFFF)
    case .signed, .unsigned, .float: index + 2
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

  /// The first eight bytes of the string at `index`, the first of them the lowest; where it has
  /// fewer, zeros stand for the others.
  @inlinable
  public func prefix(at index: Int) -> UInt64 {
    let start = strings + Int(words[index] & 0x00FF_FFFF_FFFF_FFFF)
    let count = start.loadUnaligned(as: UInt32.self)
    // simdjson keeps room behind the last string.
    let bytes = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
    return count >= 8 ? bytes : bytes & (1 << UInt64(count * 8) &- 1)
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
