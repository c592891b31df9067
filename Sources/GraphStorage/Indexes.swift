internal import CMemory

/// Finds nodes by table and id.
///
/// Derived from the columns; never stored.
struct IdentityIndex {
  /// By the code of an id, the first node that has it: its table in the high half, its number plus
  /// one in the low one, or 0.
  ///
  /// Codes are given in the order of appearance, so those of ids that are used together lie
  /// together.
  private var first = FlatArray<UInt64>()
  /// The other nodes, where nodes of several tables have one id, by table and code.
  private var others: [UInt64: UInt32] = [:]

  func find(table: UInt16, id: StringCode) -> UInt32? {
    guard Int(id) < first.count else { return nil }
    let entry = first[Int(id)]
    if entry == 0 { return nil }
    if entry >> 32 == UInt64(table) { return UInt32(truncatingIfNeeded: entry) - 1 }
    return others[Self.key(table, id)]
  }

  /// Asks memory for the node with an id.
  @inline(__always)
  func prefetch(id: StringCode) {
    if Int(id) < first.count { rapport_prefetch(first.address + Int(id)) }
  }

  /// Some node with that id.
  @inline(__always)
  func likelyNode(id: StringCode) -> UInt32? {
    guard Int(id) < first.count else { return nil }
    let entry = first.address[Int(id)]
    return entry == 0 ? nil : UInt32(truncatingIfNeeded: entry) &- 1
  }

  mutating func insert(_ node: UInt32, table: UInt16, id: StringCode) {
    first.grow(to: Int(id) + 1, with: 0)
    let entry = first[Int(id)]
    if entry == 0 || entry >> 32 == UInt64(table) {
      first[Int(id)] = UInt64(table) << 32 | UInt64(node + 1)
    } else {
      others[Self.key(table, id)] = node
    }
  }

  /// Forgets all, and keeps its memory.
  mutating func removeAll() {
    first.removeAll()
    others.removeAll(keepingCapacity: true)
  }

  /// What nodes of a table with an id are found by.
  static func key(_ table: UInt16, _ id: StringCode) -> UInt64 {
    UInt64(table) << 32 | UInt64(id)
  }
}

/// Finds the edges of one type by their ends and key.
///
/// Derived; never stored.
///
/// Edges with the same ends are chained, newest first; parallel edges are few.
struct EdgeIndex {
  /// The newest edge plus one under its ends; 0 where free.
  private struct Entry {
    var ends: UInt64 = 0
    var head: UInt32 = 0
  }

  /// Open addressing; its size is a power of two, or 0 while there are no edges.
  private var entries: [Entry] = []
  private var pairCount = 0
  /// Edges before this one are somebody else's.
  let firstEdge: Int
  /// For each edge the next older edge with the same ends plus one, or 0.
  private var older: [UInt32] = []

  init(from firstEdge: Int = 0) {
    self.firstEdge = firstEdge
  }

  /// How many edges of the table it knows: it is brought up to date when it is asked.
  ///
  /// Many types never are, because their edges start or end at nodes that are as new as they.
  var edgeCount: Int { firstEdge + older.count }

  /// Adds the edges that were made since.
  mutating func catchUp(sources: FlatArray<UInt32>, targets: FlatArray<UInt32>) {
    for edge in edgeCount..<sources.count {
      insert(source: sources[edge], target: targets[edge])
    }
  }

  /// The newest edge with those ends and that key; `words` are the keys of all edges.
  func find(
    source: UInt32,
    target: UInt32,
    key: EdgeKey,
    among words: FlatArray<UInt32>
  ) -> UInt32? {
    var link = newest(from: source, to: target)
    while link != 0 {
      let edge = Int(link - 1)
      if key.isKey(ofEdge: edge, in: words.address) { return link - 1 }
      link = older[edge - firstEdge]
    }
    return nil
  }

  /// All edges with those ends, oldest first.
  func edges(from source: UInt32, to target: UInt32) -> [UInt32] {
    var found: [UInt32] = []
    var link = newest(from: source, to: target)
    while link != 0 {
      found.append(link - 1)
      link = older[Int(link - 1) - firstEdge]
    }
    return found.reversed()
  }

  /// The newest edge with those ends plus one, or 0.
  private func newest(from source: UInt32, to target: UInt32) -> UInt32 {
    entries.isEmpty ? 0 : entries[slot(of: Self.pair(source, target))].head
  }

  /// Adds the next edge of the table.
  private mutating func insert(source: UInt32, target: UInt32) {
    if (pairCount + 1) * 4 > entries.count * 3 { grow() }
    let pair = Self.pair(source, target)
    let slot = slot(of: pair)
    let former = entries[slot].head
    older.append(former)
    entries[slot] = Entry(ends: pair, head: UInt32(edgeCount))
    if former == 0 { pairCount += 1 }
  }

  private static func pair(_ source: UInt32, _ target: UInt32) -> UInt64 {
    UInt64(source) << 32 | UInt64(target)
  }

  private func slot(of pair: UInt64) -> Int {
    let mask = entries.count - 1
    var slot = Int(truncatingIfNeeded: StringPool.mix(pair ^ 0x9E37_79B9_7F4A_7C15)) & mask
    while entries[slot].head != 0, entries[slot].ends != pair { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let old = entries
    entries = [Entry](repeating: Entry(), count: max(old.count * 2, 64))
    for entry in old where entry.head != 0 { entries[slot(of: entry.ends)] = entry }
  }
}
