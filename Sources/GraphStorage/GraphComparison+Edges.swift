import GraphModel

extension GraphComparison {
  mutating func compareEdges() {
    let names = (before.edgeTypes.filter { $0.count > 0 } + after.edgeTypes.filter { $0.count > 0 })
      .map(\.type)
    var seen: Set<String> = []
    let types = names.filter { seen.insert($0).inserted }
    let renamed = findRenamedTypes(types)
    for type in types where !renamed.contains(type) {
      compareEdges(
        type,
        before.edgeTypes.first { $0.type == type } ?? EdgeTable(type: type, hasValidity: false),
        after.edgeTypes.first { $0.type == type } ?? EdgeTable(type: type, hasValidity: false)
      )
    }
  }

  // MARK: Other names

  /// The types that are gone and those that hold the same edges under another name.
  private mutating func findRenamedTypes(_ types: [String]) -> Set<String> {
    func table(_ type: String, _ contents: GraphContents) -> EdgeTable? {
      contents.edgeTypes.first { $0.type == type && $0.count > 0 }
    }
    var found: Set<String> = []
    for type in types {
      guard let former = table(type, before), table(type, after) == nil else { continue }
      let successor = types.first { other in
        guard !found.contains(other), table(other, before) == nil,
          let current = table(other, after)
        else { return false }
        return isRenamed(former, current)
      }
      guard let successor else { continue }
      found.formUnion([type, successor])
      renamedEdgeTypes.append(
        GraphDifference.RenamedEdgeType(before: type, after: successor, count: former.count)
      )
    }
    return found
  }

  private func isRenamed(_ former: EdgeTable, _ current: EdgeTable) -> Bool {
    guard former.count == current.count, former.hasValidity == current.hasValidity else {
      return false
    }
    for edge in 0..<current.count
    where former.sources[edge] != nodes[Int(current.sources[edge])]
      || former.targets[edge] != nodes[Int(current.targets[edge])]
    {
      return false
    }
    var comparison = self
    comparison.gathering = DifferenceGathering()
    let rows = ElementRows(former: nil, count: current.count)
    comparison.compareValues(former.type, former, current, rows)
    return comparison.gathering.entries.isEmpty
  }

  // MARK: Edges of one type

  private mutating func compareEdges(_ type: String, _ former: EdgeTable, _ current: EdgeTable) {
    if hasSameEdges(former, current) {
      let rows = ElementRows(former: nil, count: current.count)
      return compareValues(type, former, current, rows)
    }
    let pairs = matchEdges(former, current)
    var isKept = [Bool](repeating: false, count: former.count)
    for (edge, old) in pairs.enumerated() {
      if old != none {
        isKept[Int(old)] = true
        continue
      }
      add(.appears, type, source: current.sources[edge], target: current.targets[edge], after)
    }
    for edge in 0..<former.count where !isKept[edge] {
      add(.vanishes, type, source: former.sources[edge], target: former.targets[edge], before)
    }
    compareValues(type, former, current, ElementRows(former: pairs, count: pairs.count))
  }

  /// Whether both tables have the same edges, number by number.
  private func hasSameEdges(_ former: EdgeTable, _ current: EdgeTable) -> Bool {
    nodesAreSame && former.keyIsText == current.keyIsText
      && former.sources.isEqual(to: current.sources)
      && former.targets.isEqual(to: current.targets)
      && former.keyWords.isEqual(to: current.keyWords)
  }

  private mutating func add(
    _ change: GraphDifference.Sample.Change,
    _ type: String,
    source: UInt32,
    target: UInt32,
    _ contents: GraphContents
  ) {
    let (from, to) = (id(of: source, in: contents), id(of: target, in: contents))
    gathering.add(change, to: .edges(type: type)) {
      GraphDifference.Sample(change: change, id: from, targetID: to)
    }
  }

  private func matchEdges(_ former: EdgeTable, _ current: EdgeTable) -> [UInt32] {
    let hasSameKey = former.keyIsText == current.keyIsText
    let (oldSources, oldTargets) = (former.sources, former.targets)
    let (sources, targets) = (current.sources, current.targets)
    let numbers = nodes
    let comparesWords = hasSameKey && former.keyLength > 0
    let matching = Matching(before: former.positions, after: current.positions) { old, new in
      oldSources[Int(old)] == numbers[Int(sources[Int(new)])]
        && oldTargets[Int(old)] == numbers[Int(targets[Int(new)])]
        && (!comparesWords || hasSameWords(former, old, current, new))
    }
    var pairs = matching.pairs
    var rest = matching.unmatchedBefore
    // By ends and key where another event claimed it first, then by ends alone: an edge whose key
    // says something else now is still the relation that it was.
    for withKey in [true, false] where !rest.isEmpty {
      if withKey, !hasSameKey { continue }
      var known: [EdgeKey: [UInt32]] = [:]
      for edge in rest.reversed() {
        let key = EdgeKey(
          source: former.sources[Int(edge)],
          target: former.targets[Int(edge)],
          words: withKey ? words(former, edge) { $0 } : []
        )
        known[key, default: []].append(edge)
      }
      for edge in matching.unmatchedAfter where pairs[Int(edge)] == none {
        let key = EdgeKey(
          source: nodes[Int(current.sources[Int(edge)])],
          target: nodes[Int(current.targets[Int(edge)])],
          words: withKey ? words(current, edge) { formerCode($0) } : []
        )
        if let old = known[key]?.popLast() { pairs[Int(edge)] = old }
      }
      let taken = Set(matching.unmatchedAfter.map { pairs[Int($0)] })
      rest = rest.filter { !taken.contains($0) }
    }
    return pairs
  }

  private struct EdgeKey: Hashable {
    var source: UInt32
    var target: UInt32
    var words: [UInt32]
  }

  private func words(_ table: EdgeTable, _ edge: UInt32, _ code: (UInt32) -> UInt32) -> [UInt32] {
    (0..<table.keyLength).map { index in
      let word = table.keyWords[Int(edge) * table.keyLength + index]
      return table.keyIsText[index] ? code(word) : word
    }
  }

  @inline(__always)
  private func hasSameWords(
    _ former: EdgeTable,
    _ old: UInt32,
    _ current: EdgeTable,
    _ new: UInt32
  ) -> Bool {
    for index in 0..<former.keyLength {
      let word = current.keyWords[Int(new) * current.keyLength + index]
      let wanted = current.keyIsText[index] ? formerCode(word) : word
      if former.keyWords[Int(old) * former.keyLength + index] != wanted { return false }
    }
    return true
  }

  // MARK: Values

  private mutating func compareValues(
    _ type: String,
    _ former: EdgeTable,
    _ current: EdgeTable,
    _ rows: ElementRows
  ) {
    let names = Set(
      former.keys.map { before.propertyKeys[Int($0)] }
        + current.keys.map { after.propertyKeys[Int($0)] }
    ).sorted()
    for name in names {
      compareColumns(
        type,
        name,
        former.column(named: name, in: before),
        current.column(named: name, in: after),
        current,
        rows
      )
    }
    if rows.areSame, former.validity.isEqual(to: current.validity) { return }
    for (name, isFrom) in [("from", true), ("to", false)] {
      compareColumns(
        type,
        name,
        former.dates(isFrom: isFrom),
        current.dates(isFrom: isFrom),
        current,
        rows
      )
    }
  }

  /// A value as a person reads it.
  private static func shown(_ value: Value?) -> Value? {
    if case .date(let date) = value, date.storedPacked == ValidityColumns.unknownEnd {
      return .string("ended, nobody says when")
    }
    return value
  }

  private mutating func compareColumns(
    _ type: String,
    _ name: String,
    _ former: PropertyColumn?,
    _ current: PropertyColumn?,
    _ table: EdgeTable,
    _ rows: ElementRows
  ) {
    if former == nil, current == nil { return }
    compare(
      former.map { ColumnView(column: $0, texts: nil) },
      current.map { ColumnView(column: $0, texts: nil) },
      rows
    ) { comparison, row, change, old, new in
      let edge = Int(row.after)
      let source = comparison.id(of: table.sources[edge], in: comparison.after)
      let target = comparison.id(of: table.targets[edge], in: comparison.after)
      comparison.gathering.add(change, to: .edgeValues(type: type, property: name)) {
        GraphDifference.Sample(
          change: change,
          id: source,
          targetID: target,
          before: Self.shown(old),
          after: Self.shown(new)
        )
      }
    }
  }
}

extension ValidityColumns {
  fileprivate func isEqual(to other: ValidityColumns) -> Bool {
    from.isEqual(to: other.from) && to.isEqual(to: other.to)
      && fromPositions.isEqual(to: other.fromPositions)
      && toPositions.isEqual(to: other.toPositions)
  }
}

extension EdgeTable {
  fileprivate func column(named name: String, in contents: GraphContents) -> PropertyColumn? {
    contents.propertyKeys.firstIndex(of: name).flatMap { column(for: UInt16($0)) }
      .map { columns[$0] }
  }

  /// The validity as a column of dates; an end that nobody knows the date of is a date as well.
  fileprivate func dates(isFrom: Bool) -> PropertyColumn? {
    guard hasValidity else { return nil }
    let days = isFrom ? validity.from : validity.to
    return PropertyColumn(
      kind: .date,
      positions: isFrom ? validity.fromPositions : validity.toPositions,
      words32: FlatArray(days.array.map { UInt32(bitPattern: $0) }),
      words64: FlatArray(),
      values: []
    )
  }
}
