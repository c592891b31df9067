import Expressions
import GraphModel

/// A hash table of rows of cells, by equivalence: null is null, 1 is 1.0, NaN is NaN.
///
/// Groups are numbered in the order in which they appear.
final class GroupTable {
  let context: ExecutionContext
  let keyCount: Int
  private(set) var count = 0
  /// The cells of each group as they were first seen, by key.
  let keys: [Vector]
  /// Open addressing: a group plus one, or 0.
  private var slots: UnsafeMutablePointer<UInt32>
  private var slotMask: Int
  private var hashes: UnsafeMutablePointer<UInt32>
  /// Canonical cells, `keyCount` for each group.
  private var words: UnsafeMutablePointer<UInt64>
  private var tags: UnsafeMutablePointer<UInt8>
  private var capacity = 16
  private var boxes: [EquivalenceKey: UInt64] = [:]
  // One row's, or one chunk's, canonical cells.
  private var scratchWords: UnsafeMutablePointer<UInt64>
  private var scratchTags: UnsafeMutablePointer<UInt8>
  private var scratchHashes: UnsafeMutablePointer<UInt32>
  private var scratchCapacity = 1

  init(_ context: ExecutionContext, keyCount: Int) {
    self.context = context
    self.keyCount = keyCount
    keys = (0..<keyCount).map { _ in Vector(capacity: 16) }
    slots = .allocate(capacity: 64)
    slots.initialize(repeating: 0, count: 64)
    slotMask = 63
    hashes = .allocate(capacity: 16)
    words = .allocate(capacity: max(1, 16 * keyCount))
    tags = .allocate(capacity: max(1, 16 * keyCount))
    scratchWords = .allocate(capacity: max(1, keyCount))
    scratchTags = .allocate(capacity: max(1, keyCount))
    scratchHashes = .allocate(capacity: 1)
  }

  deinit {
    slots.deallocate()
    hashes.deallocate()
    words.deallocate()
    tags.deallocate()
    scratchWords.deallocate()
    scratchTags.deallocate()
    scratchHashes.deallocate()
  }

  /// The group of one row.
  func group(_ columns: [Vector], _ row: Int) -> Int {
    var row32 = Int32(truncatingIfNeeded: row)
    var group: UInt32 = 0
    groups(columns, Rows(&row32, count: 1), into: &group)
    return Int(group)
  }

  /// Writes the group of each row.
  func groups(_ columns: [Vector], _ rows: Rows, into groups: UnsafeMutablePointer<UInt32>) {
    let count = rows.count
    growScratch(count)
    var index = 0
    while index < count {
      scratchHashes[index] = 0x9E37_79B9
      index &+= 1
    }
    for (key, column) in columns.enumerated() { canonicalize(column, rows, key: key) }
    index = 0
    while index < count {
      groups[index] = find(index, rowCount: count, columns, rows)
      index &+= 1
    }
  }

  private func growScratch(_ count: Int) {
    guard count > scratchCapacity else { return }
    scratchWords.deallocate()
    scratchTags.deallocate()
    scratchHashes.deallocate()
    scratchCapacity = count
    scratchWords = .allocate(capacity: max(1, keyCount * count))
    scratchTags = .allocate(capacity: max(1, keyCount * count))
    scratchHashes = .allocate(capacity: count)
  }

  /// Writes a column's canonical cells and mixes them into the hashes.
  private func canonicalize(_ column: Vector, _ rows: Rows, key: Int) {
    let words = scratchWords + key * rows.count
    let tags = scratchTags + key * rows.count
    var index = 0
    while index < rows.count {
      let row = rows[index]
      var tag = column.tag(row)
      var word = column.word(row)
      if tag == Tag.float {
        let number = Double(bitPattern: word)
        if let integer = Int64(exactly: number) {
          tag = Tag.integer
          word = UInt64(bitPattern: integer)
        } else if number.isNaN {
          word = Double.nan.bitPattern
        }
      } else if tag == Tag.boxed {
        let value = EquivalenceKey(context.value(column, row))
        if let known = boxes[value] {
          word = known
        } else {
          word = UInt64(boxes.count)
          boxes[value] = word
        }
      } else if tag == Tag.null {
        word = 0
      }
      words[index] = word
      tags[index] = tag
      let product =
        (word ^ UInt64(tag) << 56 ^ UInt64(scratchHashes[index]))
        &* 0xA076_1D64_78BD_642F
      scratchHashes[index] = UInt32(truncatingIfNeeded: (product ^ product >> 29) >> 16)
      index &+= 1
    }
  }

  private func find(_ index: Int, rowCount: Int, _ columns: [Vector], _ rows: Rows) -> UInt32 {
    let hash = scratchHashes[index]
    var slot = Int(hash) & slotMask
    while true {
      let entry = slots[slot]
      if entry == 0 { break }
      let group = Int(entry) - 1
      if hashes[group] == hash, isEqual(group, index, rowCount) { return entry - 1 }
      slot = (slot + 1) & slotMask
    }
    let group = count
    if group == capacity { growGroups() }
    slots[slot] = UInt32(group) + 1
    hashes[group] = hash
    var key = 0
    while key < keyCount {
      words[group &* keyCount &+ key] = scratchWords[key &* rowCount &+ index]
      tags[group &* keyCount &+ key] = scratchTags[key &* rowCount &+ index]
      let seen = keys[key]
      let tag = columns[key].tag(rows[index])
      if group == 0 { seen.uniform = tag } else if seen.uniform != tag { seen.uniform = Tag.mixed }
      seen.append(from: columns[key], row: rows[index])
      key &+= 1
    }
    count += 1
    if count * 2 > slotMask { rehash() }
    return UInt32(group)
  }

  @inline(__always)
  private func isEqual(_ group: Int, _ index: Int, _ rowCount: Int) -> Bool {
    var key = 0
    while key < keyCount {
      if words[group &* keyCount &+ key] != scratchWords[key &* rowCount &+ index]
        || tags[group &* keyCount &+ key] != scratchTags[key &* rowCount &+ index]
      {
        return false
      }
      key &+= 1
    }
    return true
  }

  private func growGroups() {
    let larger = capacity * 2
    let newHashes = UnsafeMutablePointer<UInt32>.allocate(capacity: larger)
    newHashes.update(from: hashes, count: count)
    hashes.deallocate()
    hashes = newHashes
    let newWords = UnsafeMutablePointer<UInt64>.allocate(capacity: max(1, larger * keyCount))
    newWords.update(from: words, count: count * keyCount)
    words.deallocate()
    words = newWords
    let newTags = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, larger * keyCount))
    newTags.update(from: tags, count: count * keyCount)
    tags.deallocate()
    tags = newTags
    capacity = larger
  }

  private func rehash() {
    let size = (slotMask + 1) * 4
    slots.deallocate()
    slots = .allocate(capacity: size)
    slots.initialize(repeating: 0, count: size)
    slotMask = size - 1
    for group in 0..<count {
      var slot = Int(hashes[group]) & slotMask
      while slots[slot] != 0 { slot = (slot + 1) & slotMask }
      slots[slot] = UInt32(group) + 1
    }
  }

  /// Roughly how much a group takes.
  var bytesPerGroup: Int { 20 + keyCount * 18 }
}
