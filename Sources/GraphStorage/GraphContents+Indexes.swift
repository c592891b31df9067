// What is derived from a graph's columns and kept with them, so that opening an image need not look
// at every node and edge.

/// The rows of a table by the codes of their ids.
struct IDIndex: Sendable {
  /// Rows with an id, sorted by its code.
  var rows: FlatArray<UInt32>
  /// Whether no two rows have the same id.
  var isUnique: Bool
  /// The label sets whose nodes all have ids, each greater than that of the node before.
  var ascending = AscendingSets()
}

/// Some of the first label sets, as bits; those beyond are not told of.
struct AscendingSets: Sendable {
  private(set) var bits: UInt64 = 0

  /// How many bits an image has room for.
  private static let countMax = 62

  init(bits: UInt64 = 0) { self.bits = bits }

  static var all: AscendingSets { AscendingSets(bits: (1 << UInt64(countMax)) - 1) }

  func contains(_ set: Int) -> Bool { set < Self.countMax && bits >> UInt64(set) & 1 != 0 }

  mutating func remove(_ set: Int) {
    if set < Self.countMax { bits &= ~(1 << UInt64(set)) }
  }
}

/// How many nodes there are of each label set, and where.
public struct LabelSetStatistics: Sendable {
  public internal(set) var nodeCounts: [Int]
  /// The table of the nodes of each label set; `nil` where they are in several, or there are none.
  public internal(set) var tables: [UInt16?]
}

/// Exact counts of the edges of a type.
public struct EdgeStatistics: Sendable {
  /// How many edges start at, and end at, nodes of each label set.
  public internal(set) var sourceCounts: [Int]
  public internal(set) var targetCounts: [Int]
  /// How many nodes have any edge of the type going out, and coming in.
  public internal(set) var distinctSources: Int
  public internal(set) var distinctTargets: Int
  /// Whether two edges have the same source and the same target.
  public internal(set) var hasParallelEdges: Bool
}

extension GraphContents {
  /// Makes what is missing; adjacency is there.
  mutating func makeIndexes() {
    let setCount = labelSets.count
    let idKey = propertyKeys.firstIndex(of: "id").map { UInt16($0) }
    for table in tables.indices where tables[table].idIndex == nil {
      tables[table].idIndex = tables[table].makeIDIndex(idKey, strings, nodeLabelSets)
    }
    if labelSetStatistics == nil { labelSetStatistics = makeLabelSetStatistics() }
    labelSetStatistics?.grow(to: setCount)
    for type in edgeTypes.indices {
      if edgeTypes[type].statistics == nil {
        edgeTypes[type].statistics = edgeTypes[type].makeStatistics(self)
      }
      edgeTypes[type].statistics?.grow(to: setCount)
    }
  }

  /// Drops what changes to the columns would make wrong.
  mutating func dropIndexes() {
    for table in tables.indices { tables[table].idIndex = nil }
    labelSetStatistics = nil
    for type in edgeTypes.indices {
      edgeTypes[type].statistics = nil
      // They are made of adjacency as it comes from the edges.
      if !edgeTypes[type].outgoing.isCompact { edgeTypes[type].outgoing = Adjacency() }
      if !edgeTypes[type].incoming.isCompact { edgeTypes[type].incoming = Adjacency() }
    }
  }

  private func makeLabelSetStatistics() -> LabelSetStatistics {
    var counts = [Int](repeating: 0, count: labelSets.count)
    var tables = [UInt16?](repeating: nil, count: labelSets.count)
    var isMixed = [Bool](repeating: false, count: labelSets.count)
    nodeLabelSets.withUnsafeBuffer { sets in
      nodeTables.withUnsafeBuffer { tableOfNode in
        for node in sets.indices {
          let set = Int(sets[node])
          counts[set] += 1
          if tables[set] == tableOfNode[node] { continue }
          if tables[set] != nil { isMixed[set] = true }
          tables[set] = tableOfNode[node]
        }
      }
    }
    return LabelSetStatistics(
      nodeCounts: counts,
      tables: tables.indices.map { isMixed[$0] ? nil : tables[$0] }
    )
  }
}

extension NodeTable {
  /// Whether nodes can be found by id: all ids are strings.
  func isIDIndexed(_ idKey: UInt16?) -> Bool {
    guard let column = idKey.flatMap({ column(for: $0) }) else { return true }
    return columns[column].kind == .string
  }

  fileprivate func makeIDIndex(
    _ idKey: UInt16?,
    _ strings: StringPool,
    _ labelSets: FlatArray<UInt16>
  ) -> IDIndex {
    guard let column = idKey.flatMap({ column(for: $0) }), columns[column].kind == .string else {
      return IDIndex(rows: FlatArray(), isUnique: true)
    }
    let ids = columns[column]
    return ids.words32.withUnsafeBuffer { codes in
      var rows = (0..<UInt32(ids.rowCount)).filter { ids.hasValue(at: Int($0)) }
      // Ids are mostly interned in the order of their rows, so this is mostly a check.
      var isUnique = zip(rows, rows.dropFirst()).allSatisfy { codes[Int($0)] < codes[Int($1)] }
      if !isUnique {
        rows.sort { codes[Int($0)] < codes[Int($1)] }
        isUnique = zip(rows, rows.dropFirst()).allSatisfy { codes[Int($0)] != codes[Int($1)] }
      }
      return IDIndex(
        rows: FlatArray(rows),
        isUnique: isUnique,
        ascending: ascendingSets(ids, strings, labelSets)
      )
    }
  }

  /// The label sets whose nodes are in the order of their ids.
  private func ascendingSets(
    _ ids: PropertyColumn,
    _ strings: StringPool,
    _ labelSets: FlatArray<UInt16>
  ) -> AscendingSets {
    var ascending = AscendingSets.all
    var lastOfSet: [StringCode?] = []
    for row in 0..<rowCount {
      let set = Int(labelSets[Int(nodes[row])])
      guard ascending.contains(set) else { continue }
      guard ids.hasValue(at: row), row == 0 || nodes[row - 1] < nodes[row] else {
        ascending.remove(set)
        continue
      }
      let code = ids.words32[row]
      while lastOfSet.count <= set { lastOfSet.append(nil) }
      if let last = lastOfSet[set], strings.compare(last, code) >= 0 { ascending.remove(set) }
      lastOfSet[set] = code
    }
    return ascending
  }
}

extension EdgeTable {
  fileprivate func makeStatistics(_ contents: GraphContents) -> EdgeStatistics {
    EdgeStatistics(
      sourceCounts: Self.counts(of: sources, contents),
      targetCounts: Self.counts(of: targets, contents),
      distinctSources: outgoing.nodeCountWithEdges,
      distinctTargets: incoming.nodeCountWithEdges,
      hasParallelEdges: outgoing.hasParallelEdges
    )
  }

  private static func counts(of ends: FlatArray<UInt32>, _ contents: GraphContents) -> [Int] {
    var counts = [Int](repeating: 0, count: contents.labelSets.count)
    counts.withUnsafeMutableBufferPointer { counts in
      ends.withUnsafeBuffer { ends in
        contents.nodeLabelSets.withUnsafeBuffer { sets in
          for end in ends { counts[Int(sets[Int(end)])] &+= 1 }
        }
      }
    }
    return counts
  }
}

extension Adjacency {
  fileprivate var nodeCountWithEdges: Int {
    precondition(isCompact, "statistics are made of adjacency that was just made, or kept with it")
    return offsets.withUnsafeBuffer { offsets in
      var count = 0
      for index in 1..<max(offsets.count, 1) where offsets[index] != offsets[index - 1] {
        count += 1
      }
      return count
    }
  }

  fileprivate var hasParallelEdges: Bool {
    precondition(isCompact, "statistics are made of adjacency that was just made, or kept with it")
    return offsets.withUnsafeBuffer { offsets in
      neighbours.withUnsafeBuffer { neighbours in
        for node in 0..<nodeCount {
          var place = Int(offsets[node]) + 1
          let end = Int(offsets[node + 1])
          while place < end {
            if neighbours[place] == neighbours[place - 1] { return true }
            place += 1
          }
        }
        return false
      }
    }
  }
}
