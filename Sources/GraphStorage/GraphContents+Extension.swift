import GraphModel

// What is derived from a graph's columns is kept as they grow, event by event: the first change to
// a large graph costs what it changes.

extension IDIndex {
  static var empty: IDIndex { IDIndex(rows: FlatArray(), isUnique: true, ascending: .all) }

  /// Where the rows with a code are in ``rows``; `codes` are the codes of all rows.
  func places(of code: StringCode, in codes: FlatArray<UInt32>) -> Range<Int> {
    guard let last = rows.last, codes[Int(last)] >= code else { return rows.count..<rows.count }
    // Codes come as rows do, so a place can be guessed, and is near.
    let (lowest, highest) = (codes[Int(rows[0])], codes[Int(last)])
    if code <= lowest { return extent(from: 0, code, codes) }
    let part = Double(code - lowest) / Double(highest - lowest)
    let guess = Int(part * Double(rows.count - 1))
    var (low, high, step) = (guess, guess, 1)
    while low > 0, codes[Int(rows[low])] >= code {
      high = low
      low = max(0, low - step)
      step *= 2
    }
    while high < rows.count, codes[Int(rows[high])] < code {
      low = high
      high = min(rows.count, high + step)
      step *= 2
    }
    while low < high {
      let middle = (low + high) / 2
      if codes[Int(rows[middle])] >= code { high = middle } else { low = middle + 1 }
    }
    return extent(from: low, code, codes)
  }

  private func extent(
    from start: Int,
    _ code: StringCode,
    _ codes: FlatArray<UInt32>
  ) -> Range<Int> {
    var end = start
    while end < rows.count, codes[Int(rows[end])] == code { end += 1 }
    return start..<end
  }

  fileprivate mutating func insert(row: UInt32, code: StringCode, in codes: FlatArray<UInt32>) {
    let places = places(of: code, in: codes)
    if !places.isEmpty { isUnique = false }
    rows.insert(row, at: places.upperBound)
  }
}

extension NodeTable {
  /// The first node with an id; the index is there.
  func firstNode(withID code: StringCode, _ idKey: UInt16) -> UInt32? {
    guard let index = idIndex, let column = column(for: idKey), columns[column].kind == .string
    else { return nil }
    let places = index.places(of: code, in: columns[column].words32)
    return places.isEmpty ? nil : nodes[Int(index.rows[places.lowerBound])]
  }

  /// How far the node before of the same label set is looked for.
  private static let rowsBackMax = 256

  /// Whether the id of the last row is greater than those of its label set, which ascend;
  /// `false` where that is not found out soon.
  private func isAfterOthers(
    of set: UInt16,
    _ code: StringCode,
    _ codes: FlatArray<UInt32>,
    _ strings: StringPool,
    _ labelSets: FlatArray<UInt16>
  ) -> Bool {
    let last = rowCount - 1
    for row in (max(0, last - Self.rowsBackMax)..<last).reversed()
    where labelSets[Int(nodes[row])] == set {
      return strings.compare(codes[row], code) < 0
    }
    return last <= Self.rowsBackMax
  }

  /// Notes the id of the last row, which is about to be written.
  mutating func indexLastRow(
    id code: StringCode,
    _ idKey: UInt16,
    _ strings: StringPool,
    _ labelSets: FlatArray<UInt16>
  ) {
    guard var index = idIndex else { return }
    let row = UInt32(rowCount - 1)
    idIndex = nil
    if let column = column(for: idKey) {
      // Ids that are not all strings are not indexed.
      if columns[column].kind == .string {
        let codes = columns[column].words32
        index.insert(row: row, code: code, in: codes)
        let set = labelSets[Int(nodes[Int(row)])]
        if index.ascending.contains(Int(set)),
          !isAfterOthers(of: set, code, codes, strings, labelSets)
        {
          index.ascending.remove(Int(set))
        }
      }
    } else {
      index.rows.append(row)
    }
    idIndex = index
  }
}

extension LabelSetStatistics {
  mutating func grow(to setCount: Int) {
    while nodeCounts.count < setCount {
      nodeCounts.append(0)
      tables.append(nil)
    }
  }

  mutating func add(labelSet: UInt16, table: UInt16) {
    let set = Int(labelSet)
    grow(to: set + 1)
    if nodeCounts[set] == 0 {
      tables[set] = table
    } else if tables[set] != table {
      tables[set] = nil
    }
    nodeCounts[set] += 1
  }

  mutating func remove(labelSet: UInt16) {
    nodeCounts[Int(labelSet)] -= 1
  }
}

extension EdgeStatistics {
  mutating func grow(to setCount: Int) {
    while sourceCounts.count < setCount {
      sourceCounts.append(0)
      targetCounts.append(0)
    }
  }
}

extension EdgeTable {
  /// Enters the edges from one on into adjacency and statistics.
  fileprivate mutating func indexEdges(from first: Int, _ labelSets: FlatArray<UInt16>) {
    for edge in first..<count {
      statistics?.sourceCounts[Int(labelSets[Int(sources[edge])])] += 1
      statistics?.targetCounts[Int(labelSets[Int(targets[edge])])] += 1
    }
    forEachNode(NumberedEnds.sorted(first..<count, near: sources, far: targets)) { table, new in
      let node = new[new.startIndex].near
      if table.outgoing.degree(of: node) == 0 { table.statistics?.distinctSources += 1 }
      if table.outgoing.hasParallel(new, of: node) { table.statistics?.hasParallelEdges = true }
      table.outgoing.insert(new, of: node)
    }
    forEachNode(NumberedEnds.sorted(first..<count, near: targets, far: sources)) { table, new in
      let node = new[new.startIndex].near
      if table.incoming.degree(of: node) == 0 { table.statistics?.distinctTargets += 1 }
      table.incoming.insert(new, of: node)
    }
  }

  private mutating func forEachNode(
    _ ends: [NumberedEnds],
    _ body: (inout EdgeTable, ArraySlice<NumberedEnds>) -> Void
  ) {
    var start = 0
    while start < ends.count {
      var end = start + 1
      while end < ends.count, ends[end].near == ends[start].near { end += 1 }
      body(&self, ends[start..<end])
      start = end
    }
  }

  /// A node has another label set now.
  fileprivate mutating func noteLabelSet(_ new: UInt16, insteadOf old: UInt16, of node: UInt32) {
    let (out, into) = (outgoing.degree(of: node), incoming.degree(of: node))
    if out == 0, into == 0 { return }
    statistics?.grow(to: Int(max(old, new)) + 1)
    statistics?.sourceCounts[Int(old)] -= out
    statistics?.sourceCounts[Int(new)] += out
    statistics?.targetCounts[Int(old)] -= into
    statistics?.targetCounts[Int(new)] += into
  }

  /// The edges with those ends that are in adjacency, in the order of their numbers.
  func indexedEdges(from source: UInt32, to target: UInt32) -> [UInt32] {
    let isShorter = outgoing.degree(of: source) <= incoming.degree(of: target)
    let places =
      isShorter
      ? outgoing.places(of: target, of: source) : incoming.places(of: source, of: target)
    return places.map { isShorter ? outgoing.edges[$0] : incoming.edges[$0] }
  }
}

extension Adjacency {
  /// Whether any of the edges of a node has the same other end as another of them.
  fileprivate func hasParallel(_ new: ArraySlice<NumberedEnds>, of node: UInt32) -> Bool {
    zip(new, new.dropFirst()).contains { $0.far == $1.far }
      || new.contains { !places(of: $0.far, of: node).isEmpty }
  }
}

extension GraphContents {
  /// Enters edges into adjacency and statistics.
  ///
  /// - Parameter first: for each type the first edge that is not there yet.
  mutating func indexEdges(from first: [Int]) {
    for type in edgeTypes.indices where first[type] < edgeTypes[type].count {
      edgeTypes[type].statistics?.grow(to: labelSets.count)
      edgeTypes[type].indexEdges(from: first[type], nodeLabelSets)
    }
  }

  /// Makes everything that ``GraphBuilder`` keeps as it extends a graph; quick where it is there.
  mutating func makeDerived() {
    makeAdjacency()
    makeIndexes()
  }

  /// A node has another label set now.
  mutating func noteLabelSet(_ new: UInt16, insteadOf old: UInt16, of node: UInt32) {
    labelSetStatistics?.remove(labelSet: old)
    labelSetStatistics?.add(labelSet: new, table: nodeTables[Int(node)])
    // It comes between others.
    tables[Int(nodeTables[Int(node)])].idIndex?.ascending.remove(Int(new))
    for type in edgeTypes.indices {
      edgeTypes[type].noteLabelSet(new, insteadOf: old, of: node)
    }
  }
}
