import Expressions
import GraphModel

/// A hash table of rows of cells, by equivalence: null is null, 1 is 1.0, NaN is NaN.
///
/// Groups are numbered in the order in which they appear. A key is a word: the
/// cell's tag in the high byte, its payload below; what does not fit is numbered.
final class GroupTable {
  let context: ExecutionContext
  let keyCount: Int
  private(set) var count = 0
  /// The cells of each group as they were first seen, by key.
  let keys: [Vector]
  /// Open addressing: a hash in the high half, a group plus one in the low half, or 0.
  private var slots: UnsafeMutablePointer<UInt64>
  private var slotMask: Int
  /// `keyCount` words for each group.
  private var words: UnsafeMutablePointer<UInt64>
  private var capacity = 16
  private var boxes: [EquivalenceKey: UInt64] = [:]
  /// For a key that is a node, as long as it is: then ``slots`` is not kept.
  private var nodes: NodeGroups?
  private var hasAskedForNodes = false
  private var rowCount = 0
  /// For two keys with few values each, as long as they have: then ``slots`` is not kept.
  private var pairs: PairIndex?
  private var hasTriedPairs = false
  /// Whether ``words`` and ``slots`` know all groups; where they do not, ``slots`` is empty.
  private var isIndexed = true
  // One chunk's hashes, its canonical words, by key, and its rows that begin new groups: one block
  // of memory, which the hashes begin.
  private var scratchHashes: UnsafeMutablePointer<UInt64>
  private var scratchWords: UnsafeMutablePointer<UInt64>
  private var newRows: UnsafeMutablePointer<Int32>
  private var newCount = 0
  private var scratchCapacity = 1

  init(_ context: ExecutionContext, keyCount: Int) {
    self.context = context
    self.keyCount = keyCount
    keys = (0..<keyCount).map { _ in Vector(capacity: 16) }
    slots = .allocate(capacity: 64)
    slots.initialize(repeating: 0, count: 64)
    slotMask = 63
    words = .allocate(capacity: max(1, 16 * keyCount))
    (scratchHashes, scratchWords, newRows) = Self.scratch(1, keyCount)
  }

  deinit {
    slots.deallocate()
    words.deallocate()
    scratchHashes.deallocate()
  }

  /// Forgets all groups.
  func reset() {
    nodes?.removeAll()
    if isIndexed { slots.initialize(repeating: 0, count: slotMask + 1) }
    isIndexed = true
    for key in keys { key.removeAll() }
    boxes = [:]
    pairs = nil
    hasTriedPairs = false
    count = 0
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
    rowCount += rows.count
    newCount = 0
    growScratch(rows.count)
    if keyCount == 1, columns[0].uniform == Tag.node, let nodes = nodeGroups() {
      find(columns[0], rows, in: nodes, groups)
    } else {
      nodes = nil
      if !isIndexed { indexAll() }
      find(columns, rows, groups)
    }
    if newCount == 0 { return }
    let added = Rows(newRows, count: newCount)
    for (key, column) in columns.enumerated() { keys[key].append(from: column, rows: added) }
  }

  private func find(_ columns: [Vector], _ rows: Rows, _ groups: UnsafeMutablePointer<UInt32>) {
    if keyCount != 2 || !findPairs(columns, rows, groups) {
      scratchHashes.update(repeating: 0x9E37_79B9_7F4A_7C15, count: rows.count)
      for (key, column) in columns.enumerated() {
        canonicalize(column, rows, key: key)
      }
      switch keyCount {
      case 1: findOne(rows, groups)
      case 2: findTwo(rows, groups)
      default: findAny(rows, groups)
      }
    }
  }

  /// The same where each row marked in `starts` begins a new group, and the others belong to the
  /// group of the row before.
  func groups(
    _ columns: [Vector],
    _ rows: Rows,
    startingAt starts: UnsafePointer<UInt8>,
    into groups: UnsafeMutablePointer<UInt32>
  ) {
    growScratch(rows.count)
    nodes = nil
    var group = UInt32(count) &- 1
    newCount = 0
    var index = 0
    while index < rows.count {
      newRows[newCount] = rows.pointer[index]
      newCount &+= Int(starts[index])
      group &+= UInt32(starts[index])
      groups[index] = group
      index &+= 1
    }
    if newCount == 0 { return }
    let added = Rows(newRows, count: newCount)
    for (key, column) in columns.enumerated() { keys[key].append(from: column, rows: added) }
    count += newCount
    isIndexed = false
  }

  /// Makes up for groups that were added without being looked for.
  private func indexAll() {
    isIndexed = true
    growScratch(count)
    scratchHashes.update(repeating: 0, count: count)
    while capacity < count { growGroups() }
    // A temporary selection would be gone before its rows are read.
    let all = Selection(all: count)
    withExtendedLifetime(all) {
      for (key, column) in keys.enumerated() { canonicalize(column, all.rows, key: key) }
    }
    for group in 0..<count {
      for key in 0..<keyCount {
        words[group * keyCount + key] = scratchWords[key * count + group]
      }
    }
    rehash()
  }

  private func growScratch(_ count: Int) {
    guard count > scratchCapacity else { return }
    scratchHashes.deallocate()
    scratchCapacity = count
    (scratchHashes, scratchWords, newRows) = Self.scratch(count, keyCount)
  }

  private static func scratch(
    _ count: Int,
    _ keyCount: Int
  ) -> (
    hashes: UnsafeMutablePointer<UInt64>, words: UnsafeMutablePointer<UInt64>,
    newRows: UnsafeMutablePointer<Int32>
  ) {
    let wordCount = count * (1 + keyCount)
    let hashes = UnsafeMutablePointer<UInt64>.allocate(capacity: wordCount + (count + 1) / 2)
    let rows = UnsafeMutableRawPointer(hashes + wordCount)
    return (hashes, hashes + count, rows.bindMemory(to: Int32.self, capacity: count))
  }

  // MARK: Keys

  private static let payload: UInt64 = (1 << 56) - 1

  /// Writes a column's canonical words and mixes them into the hashes.
  private func canonicalize(_ column: Vector, _ rows: Rows, key: Int) {
    let words = scratchWords + key * rows.count
    let hashes = scratchHashes
    let source = column.words
    let tags = column.tags
    let mask = column.mask
    var index = 0
    while index < rows.count {
      let row = rows[index] & mask
      let tag = tags[row]
      var word = source[row]
      if tag == Tag.integer || tag == Tag.float || tag == Tag.boxed {
        word = number(column, row)
      } else if tag == Tag.null {
        word = 0
      } else {
        word = UInt64(tag) << 56 | word & Self.payload
      }
      words[index] = word
      let product = (word ^ hashes[index]).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
      hashes[index] = product.high ^ product.low
      index &+= 1
    }
  }

  /// The word of an integer, a float, or a value in a box.
  private func number(_ column: Vector, _ row: Int) -> UInt64 {
    let word = column.words[row]
    var integer: Int64?
    if column.tags[row] == Tag.integer {
      integer = Int64(bitPattern: word)
    } else if column.tags[row] == Tag.float {
      integer = Int64(exactly: Double(bitPattern: word))
    }
    if let integer, integer >> 55 == 0 || integer >> 55 == -1 {
      return UInt64(Tag.integer) << 56 | UInt64(bitPattern: integer) & Self.payload
    }
    let value = EquivalenceKey(context.value(column, row))
    if let known = boxes[value] { return known }
    let made = UInt64(Tag.boxed) << 56 | UInt64(boxes.count)
    boxes[value] = made
    return made
  }

  // MARK: Finding

  private func find(
    _ column: Vector,
    _ rows: Rows,
    in nodes: NodeGroups,
    _ groups: UnsafeMutablePointer<UInt32>
  ) {
    let (words, mask) = (column.words, column.mask)
    let (marks, round) = (nodes.marks, nodes.round)
    let known = count
    var group = UInt32(truncatingIfNeeded: count)
    var index = 0
    while index < rows.count {
      let row = rows.pointer[index]
      let node = Int(truncatingIfNeeded: words[Int(row) & mask])
      let mark = marks[node]
      let isNew = mark.round != round
      let found = isNew ? group : mark.value
      groups[index] = found
      marks[node] = NodeMark(round: round, value: found)
      newRows[Int(group) &- known] = row
      group &+= isNew ? 1 : 0
      index &+= 1
    }
    newCount = Int(group) - known
    count = Int(group)
    if newCount > 0 { isIndexed = false }
  }

  /// Groups by node, where they are at hand or there are so many rows that it pays to make them.
  private func nodeGroups() -> NodeGroups? {
    if let nodes { return nodes }
    guard count == 0 || keys[0].uniform == Tag.node else { return nil }
    let pool = context.caches.nodeMarks
    let make = { [view = context.view] in RoundMemory<NodeMark>(count: view.nodeCount) }
    var memory: RoundMemory<NodeMark>?
    if rowCount > max(4096, context.view.nodeCount / 32) {
      memory = pool.take(orMake: make)
    } else if !hasAskedForNodes {
      memory = pool.takeKept(orLeave: make)
    }
    hasAskedForNodes = true
    guard let memory else { return nil }
    let made = NodeGroups(memory, from: pool)
    for group in 0..<count {
      made.marks[Int(keys[0].word(group))] = NodeMark(round: made.round, value: UInt32(group))
    }
    if isIndexed, count > 0 {
      slots.initialize(repeating: 0, count: slotMask + 1)
      isIndexed = false
    }
    nodes = made
    return made
  }

  /// Finds groups by a matrix of all pairs; `false` where the keys have too many values for that.
  private func findPairs(
    _ columns: [Vector],
    _ rows: Rows,
    _ groups: UnsafeMutablePointer<UInt32>
  ) -> Bool {
    if !hasTriedPairs, rowCount > 1024 {
      hasTriedPairs = true
      pairs = makePairs(columns)
    }
    guard var index = pairs.take() else { return false }
    let marks = (UInt64(index.tags.0) << 56, UInt64(index.tags.1) << 56)
    let isFound = index.find(columns[0], columns[1], rows, into: groups) { first, second, row in
      if count == capacity { growGroups() }
      words[count * 2] = marks.0 | first
      words[count * 2 + 1] = marks.1 | second
      newRows[newCount] = Int32(truncatingIfNeeded: row)
      newCount += 1
      count += 1
      return UInt32(truncatingIfNeeded: count - 1)
    }
    if isFound { pairs = consume index } else { rehash() }
    return isFound
  }

  /// A matrix with the groups so far; `nil` where neither key looks as if it had few values.
  private func makePairs(_ columns: [Vector]) -> PairIndex? {
    guard var index = PairIndex(columns[0], columns[1], from: context.caches.pairMemory) else {
      return nil
    }
    if count == 0 { return consume index }
    guard fill(&index, upTo: count / 2) else { return nil }
    let early = index.valueCounts
    guard fill(&index, upTo: count) else { return nil }
    let all = index.valueCounts
    let isWorthwhile =
      PairIndex.hasFewValues(early.0, of: all.0) || PairIndex.hasFewValues(early.1, of: all.1)
    return isWorthwhile ? consume index : nil
  }

  /// Tells an index of the groups before `end`.
  private func fill(_ index: inout PairIndex, upTo end: Int) -> Bool {
    let selection = Selection(all: end)
    let groups = UnsafeMutablePointer<UInt32>.allocate(capacity: max(1, end))
    defer { groups.deallocate() }
    return withExtendedLifetime(selection) {
      index.find(keys[0], keys[1], selection.rows, into: groups) { _, _, group in UInt32(group) }
    }
  }

  private func findOne(_ rows: Rows, _ groups: UnsafeMutablePointer<UInt32>) {
    var index = 0
    while index < rows.count {
      let hash = scratchHashes[index]
      let word = scratchWords[index]
      var slot = Int(truncatingIfNeeded: hash) & slotMask
      while true {
        let entry = slots[slot]
        if entry == 0 {
          groups[index] = add(index, rows.count, hash: hash, row: rows.pointer[index])
          break
        }
        let group = Int(entry & 0xFFFF_FFFF) &- 1
        if entry >> 32 == hash >> 32, words[group] == word {
          groups[index] = UInt32(truncatingIfNeeded: group)
          break
        }
        slot = (slot &+ 1) & slotMask
      }
      index &+= 1
    }
  }

  private func findTwo(_ rows: Rows, _ groups: UnsafeMutablePointer<UInt32>) {
    let count = rows.count
    var index = 0
    while index < count {
      let hash = scratchHashes[index]
      let first = scratchWords[index]
      let second = scratchWords[count &+ index]
      var slot = Int(truncatingIfNeeded: hash) & slotMask
      while true {
        let entry = slots[slot]
        if entry == 0 {
          groups[index] = add(index, count, hash: hash, row: rows.pointer[index])
          break
        }
        let group = Int(entry & 0xFFFF_FFFF) &- 1
        if entry >> 32 == hash >> 32, words[group &* 2] == first, words[group &* 2 &+ 1] == second {
          groups[index] = UInt32(truncatingIfNeeded: group)
          break
        }
        slot = (slot &+ 1) & slotMask
      }
      index &+= 1
    }
  }

  private func findAny(_ rows: Rows, _ groups: UnsafeMutablePointer<UInt32>) {
    for index in 0..<rows.count {
      let hash = scratchHashes[index]
      var slot = Int(truncatingIfNeeded: hash) & slotMask
      while true {
        let entry = slots[slot]
        if entry == 0 {
          groups[index] = add(index, rows.count, hash: hash, row: rows.pointer[index])
          break
        }
        let group = Int(entry & 0xFFFF_FFFF) - 1
        if entry >> 32 == hash >> 32, isEqual(group, index, rows.count) {
          groups[index] = UInt32(truncatingIfNeeded: group)
          break
        }
        slot = (slot + 1) & slotMask
      }
    }
  }

  private func isEqual(_ group: Int, _ index: Int, _ rowCount: Int) -> Bool {
    for key in 0..<keyCount
    where words[group * keyCount + key] != scratchWords[key * rowCount + index] {
      return false
    }
    return true
  }

  // MARK: Adding

  private func add(_ index: Int, _ rowCount: Int, hash: UInt64, row: Int32) -> UInt32 {
    if count == capacity { growGroups() }
    if count * 2 > slotMask { rehash() }
    let group = count
    for key in 0..<keyCount {
      words[group * keyCount + key] = scratchWords[key * rowCount + index]
    }
    insert(group, hash)
    newRows[newCount] = row
    newCount += 1
    count += 1
    return UInt32(truncatingIfNeeded: group)
  }

  private func insert(_ group: Int, _ hash: UInt64) {
    var slot = Int(truncatingIfNeeded: hash) & slotMask
    while slots[slot] != 0 { slot = (slot + 1) & slotMask }
    slots[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(group + 1)
  }

  private func growGroups() {
    let larger = capacity * 2
    let newWords = UnsafeMutablePointer<UInt64>.allocate(capacity: max(1, larger * keyCount))
    newWords.update(from: words, count: min(count, capacity) * keyCount)
    words.deallocate()
    words = newWords
    capacity = larger
  }

  private func rehash() {
    var size = (slotMask + 1) * 4
    while size < count * 2 { size *= 2 }
    slots.deallocate()
    slots = .allocate(capacity: size)
    slots.initialize(repeating: 0, count: size)
    slotMask = size - 1
    for group in 0..<count {
      var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
      for key in 0..<keyCount {
        let word = words[group * keyCount + key]
        let product = (word ^ hash).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        hash = product.high ^ product.low
      }
      insert(group, hash)
    }
  }

  /// Roughly how much a group takes.
  var bytesPerGroup: Int { 20 + keyCount * 18 }
}

/// The group of each node that has one.
private final class NodeGroups {
  private let memory: RoundMemory<NodeMark>
  private let pool: Pool<RoundMemory<NodeMark>>

  init(_ memory: RoundMemory<NodeMark>, from pool: Pool<RoundMemory<NodeMark>>) {
    self.memory = memory
    self.pool = pool
    memory.startRound()
  }

  deinit { pool.giveBack(memory) }

  var marks: UnsafeMutablePointer<NodeMark> { memory.marks }
  var round: UInt32 { memory.round }

  func removeAll() { memory.startRound() }
}
