/// Finds nodes by table and id. Derived from the columns; never stored.
struct IdentityIndex {
  /// Open addressing; `entries` of slot: node plus one, or 0.
  private var nodes = [UInt32](repeating: 0, count: 1024)
  private var keys = [UInt64](repeating: 0, count: 1024)
  private var count = 0

  func find(table: UInt16, id: StringCode) -> UInt32? {
    let entry = nodes[slot(of: Self.key(table, id))]
    return entry == 0 ? nil : entry - 1
  }

  mutating func insert(_ node: UInt32, table: UInt16, id: StringCode) {
    let key = Self.key(table, id)
    let slot = slot(of: key)
    if nodes[slot] == 0 { count += 1 }
    nodes[slot] = node + 1
    keys[slot] = key
    if count * 4 > nodes.count * 3 { grow() }
  }

  private static func key(_ table: UInt16, _ id: StringCode) -> UInt64 {
    UInt64(table) << 32 | UInt64(id)
  }

  private func slot(of key: UInt64) -> Int {
    let mask = nodes.count - 1
    var slot = Int(truncatingIfNeeded: StringPool.mix(key ^ 0x9E37_79B9)) & mask
    while nodes[slot] != 0, keys[slot] != key { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let old = (nodes, keys)
    nodes = [UInt32](repeating: 0, count: old.0.count * 2)
    keys = [UInt64](repeating: 0, count: old.0.count * 2)
    for index in old.0.indices where old.0[index] != 0 {
      let slot = slot(of: old.1[index])
      nodes[slot] = old.0[index]
      keys[slot] = old.1[index]
    }
  }
}

/// Finds the edges of one type by their ends and key. Derived; never stored.
///
/// Edges with the same ends are chained, newest first; parallel edges are few.
struct EdgeIndex {
  /// Open addressing by ends: the newest edge plus one, or 0.
  private var heads = [UInt32](repeating: 0, count: 1024)
  private var ends = [UInt64](repeating: 0, count: 1024)
  private var pairCount = 0
  /// For each edge the next older edge with the same ends plus one, or 0.
  private var older: [UInt32] = []

  init() {}

  /// Makes the index of a table that was read from an image.
  init(of table: EdgeTable) {
    for edge in 0..<table.count {
      insert(source: table.sources[edge], target: table.targets[edge])
    }
  }

  /// The newest edge with those ends and that key; `words` are the keys of all edges.
  func find(
    source: UInt32,
    target: UInt32,
    key: [UInt32],
    among words: FlatArray<UInt32>
  ) -> UInt32? {
    var link = heads[slot(of: Self.pair(source, target))]
    while link != 0 {
      let edge = Int(link - 1)
      if hasKey(key, edge: edge, among: words) { return link - 1 }
      link = older[edge]
    }
    return nil
  }

  private func hasKey(_ key: [UInt32], edge: Int, among words: FlatArray<UInt32>) -> Bool {
    for index in key.indices where words[edge * key.count + index] != key[index] { return false }
    return true
  }

  /// All edges with those ends, oldest first.
  func edges(from source: UInt32, to target: UInt32) -> [UInt32] {
    var found: [UInt32] = []
    var link = heads[slot(of: Self.pair(source, target))]
    while link != 0 {
      found.append(link - 1)
      link = older[Int(link - 1)]
    }
    return found.reversed()
  }

  /// Adds the next edge of the table.
  mutating func insert(source: UInt32, target: UInt32) {
    let pair = Self.pair(source, target)
    let slot = slot(of: pair)
    older.append(heads[slot])
    let isNew = heads[slot] == 0
    heads[slot] = UInt32(older.count)
    ends[slot] = pair
    if isNew {
      pairCount += 1
      if pairCount * 4 > heads.count * 3 { grow() }
    }
  }

  private static func pair(_ source: UInt32, _ target: UInt32) -> UInt64 {
    UInt64(source) << 32 | UInt64(target)
  }

  private func slot(of pair: UInt64) -> Int {
    let mask = heads.count - 1
    var slot = Int(truncatingIfNeeded: StringPool.mix(pair ^ 0x9E37_79B9_7F4A_7C15)) & mask
    while heads[slot] != 0, ends[slot] != pair { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let old = (heads, ends)
    heads = [UInt32](repeating: 0, count: old.0.count * 2)
    ends = [UInt64](repeating: 0, count: old.0.count * 2)
    for index in old.0.indices where old.0[index] != 0 {
      let slot = slot(of: old.1[index])
      heads[slot] = old.0[index]
      ends[slot] = old.1[index]
    }
  }
}
