internal import CMemory

/// The number of a string in a ``StringPool``.
public typealias StringCode = UInt32

/// All strings of a graph, each once, numbered in the order of their first appearance.
///
/// Equal strings have equal codes, so columns of codes are compared, grouped and
/// joined as integers. Bytes are kept as given: no normalisation.
public struct StringPool: Sendable {
  /// The code that stands for "no string".
  public static let none: StringCode = .max

  /// All strings, one behind the other.
  public private(set) var bytes = FlatArray<UInt8>()
  /// Where each string starts; one more entry than strings.
  public private(set) var offsets = FlatArray<UInt64>([0])
  /// The first eight bytes of each string, big-endian and zero-filled.
  ///
  /// Unequal prefixes order as their strings do, which saves most comparisons
  /// the way to the bytes.
  public private(set) var prefixes = FlatArray<UInt64>()
  /// Open addressing: a hash in the high half and a code plus one in the low, or zero.
  ///
  /// Its size is a power of two. A slot tells most other strings apart by itself,
  /// which saves a look at memory that is not in any cache.
  private var slots = FlatArray<UInt64>(repeating: 0, count: 1024)

  public init() {}

  public var count: Int { offsets.count - 1 }

  /// The code of a string, which is added if it is new.
  public mutating func intern(_ text: UnsafeRawBufferPointer) -> StringCode {
    intern(text, hash: Self.hash(text))
  }

  /// The same of a string whose ``hash(_:)`` is known.
  mutating func intern(_ text: UnsafeRawBufferPointer, hash: UInt32) -> StringCode {
    let slot = slot(of: text, hash: hash)
    if slots[slot] != 0 { return StringCode(truncatingIfNeeded: slots[slot]) - 1 }
    precondition(count < Int(StringPool.none) - 1, "a graph holds at most 4,294,967,294 strings")
    let code = StringCode(count)
    append(text)
    slots[slot] = UInt64(hash) << 32 | UInt64(code + 1)
    if count * 4 > slots.count * 3 { rehash() }
    return code
  }

  /// Asks memory for the slot of a string with that hash.
  @inline(__always)
  func prefetchSlot(of hash: UInt32) {
    rapport_prefetch(slots.address + (Int(hash) & (slots.count - 1)))
  }

  /// The code that a string with the hash most likely has, or `nil`.
  @inline(__always)
  func likelyCode(of hash: UInt32) -> StringCode? {
    let entry = slots.address[Int(hash) & (slots.count - 1)]
    return entry >> 32 == UInt64(hash) && UInt32(truncatingIfNeeded: entry) != 0
      ? StringCode(truncatingIfNeeded: entry) - 1 : nil
  }

  /// Asks memory for where the string is.
  @inline(__always)
  func prefetchPlace(of code: StringCode) { rapport_prefetch(offsets.address + Int(code)) }

  /// Asks memory for what tells the string from others.
  @inline(__always)
  func prefetchText(of code: StringCode) {
    let place = offsets.address + Int(code)
    if place[1] - place[0] <= UInt64(Self.prefixByteCount) {
      rapport_prefetch(prefixes.address + Int(code))
    } else {
      rapport_prefetch(bytes.address + Int(place[0]))
    }
  }

  /// Strings that are no longer are all in their ``prefixes``.
  static var prefixByteCount: Int { 8 }

  public mutating func intern(_ text: String) -> StringCode {
    var text = text
    return text.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
  }

  /// The code of a string, or `nil` where the graph does not hold it.
  public func code(of text: UnsafeRawBufferPointer) -> StringCode? {
    let entry = slots[slot(of: text, hash: Self.hash(text))]
    return entry == 0 ? nil : StringCode(truncatingIfNeeded: entry) - 1
  }

  public func code(of text: String) -> StringCode? {
    var text = text
    return text.withUTF8 { code(of: UnsafeRawBufferPointer($0)) }
  }

  /// The string with that code.
  ///
  /// Costs an allocation where it is longer than 15 bytes.
  public subscript(code: StringCode) -> String {
    withBytes(of: code) { String(decoding: $0, as: UTF8.self) }
  }

  @inlinable
  public func withBytes<Result>(
    of code: StringCode,
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let start = Int(offsets[Int(code)])
    let end = Int(offsets[Int(code) + 1])
    return try bytes.withUnsafeBuffer {
      try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer($0)[start..<end]))
    }
  }

  @inlinable
  public func byteCount(of code: StringCode) -> Int {
    Int(offsets[Int(code) + 1] - offsets[Int(code)])
  }

  /// Orders by Unicode code point, which is the order of the UTF-8 bytes.
  ///
  /// Returns less than, equal to or greater than zero.
  @inlinable
  public func compare(_ left: StringCode, _ right: StringCode) -> Int {
    if left == right { return 0 }
    let leftPrefix = prefixes[Int(left)]
    let rightPrefix = prefixes[Int(right)]
    if leftPrefix != rightPrefix { return leftPrefix < rightPrefix ? -1 : 1 }
    return compareBytes(left, right)
  }

  @usableFromInline
  func compareBytes(_ left: StringCode, _ right: StringCode) -> Int {
    withBytes(of: left) { left in
      withBytes(of: right) { right in
        let shared = min(left.count, right.count)
        for index in 0..<shared where left[index] != right[index] {
          return left[index] < right[index] ? -1 : 1
        }
        return left.count - right.count
      }
    }
  }

  /// The sort key of ``prefixes`` for any text.
  public static func prefix(of text: UnsafeRawBufferPointer) -> UInt64 {
    let count = text.count
    if count >= 8 { return UInt64(bigEndian: text.loadUnaligned(as: UInt64.self)) }
    var prefix: UInt64 = 0
    if count >= 4 {
      // The last four bytes overlap the first, with the same bits.
      let first = UInt32(bigEndian: text.loadUnaligned(as: UInt32.self))
      let last = text.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
      prefix = UInt64(first) << 32 | UInt64(UInt32(bigEndian: last)) << UInt64(64 - 8 * count)
    } else {
      for index in 0..<count { prefix |= UInt64(text[index]) << UInt64(56 - index * 8) }
    }
    return prefix
  }

  /// Whether another pool's strings have the same codes here.
  func hasPrefix(_ other: StringPool) -> Bool {
    guard other.count <= count, other.offsets[other.count] == offsets[other.count] else {
      return false
    }
    let byteCount = Int(offsets[other.count])
    return bytes.withUnsafeBuffer { own in
      other.bytes.withUnsafeBuffer { others in
        guard byteCount > 0, let left = own.baseAddress, let right = others.baseAddress else {
          return true
        }
        return memoryIsEqual(left, right, byteCount)
      }
    } && offsets.array.prefix(other.count + 1).elementsEqual(other.offsets.array)
  }

  func encodeImage(into sink: inout some ContentsSink) {
    sink.write(bytes)
    sink.write(offsets)
    sink.write(prefixes)
    sink.write(slots)
  }

  init(decodingImage source: inout ContentsSource) throws(ImageError) {
    bytes = try source.array()
    offsets = try source.array()
    prefixes = try source.array()
    slots = try source.array()
    let isWhole =
      offsets.count > 0 && prefixes.count == offsets.count - 1 && slots.count.nonzeroBitCount == 1
    if !isWhole { throw .damaged }
  }

  private mutating func append(_ text: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: text)
    offsets.append(UInt64(bytes.count))
    prefixes.append(Self.prefix(of: text))
  }

  /// The slot that holds the text, or the free one where it belongs.
  private func slot(of text: UnsafeRawBufferPointer, hash: UInt32) -> Int {
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while true {
      let entry = slots[slot]
      if entry == 0 { return slot }
      if entry >> 32 == UInt64(hash),
        isEqual(StringCode(truncatingIfNeeded: entry) - 1, text)
      {
        return slot
      }
      slot = (slot + 1) & mask
    }
  }

  private mutating func rehash() {
    let mask = slots.count * 2 - 1
    var larger = FlatArray<UInt64>(repeating: 0, count: mask + 1)
    for index in 0..<slots.count where slots[index] != 0 {
      var slot = Int(slots[index] >> 32) & mask
      while larger[slot] != 0 { slot = (slot + 1) & mask }
      larger[slot] = slots[index]
    }
    slots = larger
  }

  @inline(__always)
  private func isEqual(_ code: StringCode, _ text: UnsafeRawBufferPointer) -> Bool {
    let start = offsets[Int(code)]
    guard offsets[Int(code) + 1] - start == UInt64(text.count) else { return false }
    if text.count <= Self.prefixByteCount { return prefixes[Int(code)] == Self.prefix(of: text) }
    guard let other = text.baseAddress else { return true }
    return memoryIsEqual(bytes.address + Int(start), other, text.count)
  }

  /// Mixes eight bytes at a time; stable across processes and machines.
  public static func hash(_ text: UnsafeRawBufferPointer) -> UInt32 {
    var state = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: text.count)
    var index = 0
    while index + 8 <= text.count {
      state = mix(state ^ text.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian)
      index += 8
    }
    let rest = text.count - index
    var tail: UInt64 = 0
    if rest > 0, index > 0 {
      // The last eight bytes, without those that were mixed in already.
      let last = text.loadUnaligned(fromByteOffset: text.count - 8, as: UInt64.self)
      tail = UInt64(bigEndian: last) & (1 << UInt64(rest * 8) - 1)
    } else if rest > 0 {
      tail = prefix(of: text) >> UInt64(64 - rest * 8)
    }
    return UInt32(truncatingIfNeeded: mix(state ^ tail) >> 32)
  }

  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
  }
}
