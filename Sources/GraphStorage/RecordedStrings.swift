/// The strings of a ``GraphRecording``, each once.
struct RecordedStrings: ~Copyable {
  private var bytes = GrowingBuffer<UInt8>()
  private var starts = GrowingBuffer<UInt32>()
  /// The ``StringPool/hash(_:)`` of each string.
  private(set) var hashes = GrowingBuffer<UInt32>()

  init() { starts.append(0) }

  var count: Int { hashes.count }

  mutating func removeAll() {
    bytes.removeAll()
    starts.removeAll()
    starts.append(0)
    hashes.removeAll()
  }

  /// A string's bytes; valid until the next is added.
  subscript(code: Int) -> UnsafeRawBufferPointer {
    let start = Int(starts[code])
    return UnsafeRawBufferPointer(
      start: bytes.start + start,
      count: Int(starts[code + 1]) - start
    )
  }

  func text(_ code: StringCode) -> String { String(decoding: self[Int(code)], as: UTF8.self) }

  fileprivate mutating func append(_ text: UnsafeRawBufferPointer, hash: UInt32) {
    hashes.append(hash)
    bytes.append(contentsOf: text.bindMemory(to: UInt8.self))
    starts.append(UInt32(bytes.count))
  }

  /// - Parameter text: as long as the string with the code, and not empty.
  fileprivate func hasBytes(of text: UnsafeRawBufferPointer, _ code: StringCode) -> Bool {
    guard let start = text.baseAddress else { return true }
    return memoryIsEqual(bytes.start + Int(starts[Int(code)]), start, text.count)
  }
}

/// Finds the codes of ``RecordedStrings``.
///
/// Most are ids and names of roles that come again and again, and are short: those of up to eight
/// bytes are compared as one number.
struct RecordedStringIndex: ~Copyable {
  private struct Entry: BitwiseCopyable {
    /// The ``StringPool/prefix(of:)``, which is all of a short string; of others the hash.
    var key: UInt64
    var byteCount: UInt32
    /// The code plus one; 0 where the place is free.
    var number: UInt32
  }

  /// Open addressing; their number is a power of two.
  private var entries: UnsafeMutableBufferPointer<Entry>

  init() { entries = Self.freeEntries(1024) }

  deinit { entries.deallocate() }

  mutating func removeAll() {
    entries.update(repeating: Entry(key: 0, byteCount: 0, number: 0))
  }

  /// The code of a string, which is added to the others where it is new.
  mutating func intern(
    _ text: UnsafeRawBufferPointer,
    among strings: inout RecordedStrings
  ) -> StringCode {
    let isShort = text.count <= StringPool.prefixByteCount
    let key = isShort ? StringPool.prefix(of: text) : UInt64(StringPool.hash(text))
    let place = place(of: text, key, isShort: isShort, strings)
    let number = entries[place].number
    if number != 0 { return number - 1 }
    let code = UInt32(strings.count)
    strings.append(
      text,
      hash: isShort ? StringPool.hash(text) : UInt32(truncatingIfNeeded: key)
    )
    entries[place] = Entry(key: key, byteCount: UInt32(text.count), number: code + 1)
    if strings.count * 2 > entries.count { enlarge() }
    return code
  }

  /// The place that holds the text, or the free one where it belongs.
  @inline(__always)
  private func place(
    of text: UnsafeRawBufferPointer,
    _ key: UInt64,
    isShort: Bool,
    _ strings: borrowing RecordedStrings
  ) -> Int {
    let mask = entries.count - 1
    var place = Self.firstPlace(key, text.count) & mask
    while true {
      let entry = entries[place]
      if entry.number == 0 { return place }
      if entry.key == key, entry.byteCount == UInt32(text.count),
        isShort || strings.hasBytes(of: text, entry.number - 1)
      {
        return place
      }
      place = (place + 1) & mask
    }
  }

  @inline(__always)
  private static func firstPlace(_ key: UInt64, _ byteCount: Int) -> Int {
    Int(truncatingIfNeeded: StringPool.mix(key ^ UInt64(truncatingIfNeeded: byteCount) << 56))
  }

  private static func freeEntries(_ count: Int) -> UnsafeMutableBufferPointer<Entry> {
    let entries = UnsafeMutableBufferPointer<Entry>.allocate(capacity: count)
    entries.initialize(repeating: Entry(key: 0, byteCount: 0, number: 0))
    return entries
  }

  private mutating func enlarge() {
    let former = entries
    entries = Self.freeEntries(former.count * 2)
    let mask = entries.count - 1
    for entry in former where entry.number != 0 {
      var place = Self.firstPlace(entry.key, Int(entry.byteCount)) & mask
      while entries[place].number != 0 { place = (place + 1) & mask }
      entries[place] = entry
    }
    former.deallocate()
  }
}
