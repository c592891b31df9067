import GraphModel

extension GraphDifference {
  /// Compares two graphs of one log.
  ///
  /// Elements are matched by the event that made them, which is nearly always the same, and the
  /// rest by what identifies them; so the cost is little more than a look at every value.
  public init(from before: GraphContents, to after: GraphContents) {
    var comparison = GraphComparison(before, after)
    comparison.compareNodes()
    comparison.compareEdges()
    entries = comparison.gathering.entries
    renamedEdgeTypes = comparison.renamedEdgeTypes
  }
}

/// One comparison of two graphs.
struct GraphComparison {
  let before: GraphContents
  let after: GraphContents
  var gathering = DifferenceGathering()
  var renamedEdgeTypes: [GraphDifference.RenamedEdgeType] = []
  /// For each code of `after` that of the same string in `before`; `nil`: the same.
  private let codes: [UInt32]?
  /// For each node of `after` that of `before`; ``none`` where it is new.
  private(set) var nodes: [UInt32] = []
  let none = UInt32.max
  /// Whether ``nodes`` gives every node its own number.
  private(set) var nodesAreSame = false

  init(_ before: GraphContents, _ after: GraphContents) {
    self.before = before
    self.after = after
    codes = Self.codes(of: after.strings, in: before.strings)
  }

  /// How the strings of a graph are numbered in another.
  private static func codes(of strings: StringPool, in others: StringPool) -> [UInt32]? {
    if strings.hasPrefix(others) { return nil }
    return (0..<UInt32(strings.count)).map { code in
      strings.withBytes(of: code) { others.code(of: $0) } ?? StringPool.none - 1
    }
  }

  /// The code that a string of `after` has in `before`; one that no string has where it is new.
  @inline(__always)
  func formerCode(_ code: UInt32) -> UInt32 {
    guard let codes, code != StringPool.none else { return code }
    return codes[Int(code)]
  }

  // MARK: Nodes

  mutating func compareNodes() {
    matchNodes()
    var isKept = [Bool](repeating: false, count: before.nodeCount)
    let labelsBefore = labelNames(before)
    let labelsAfter = labelNames(after)
    for node in 0..<after.nodeCount {
      let labels = labelsAfter[Int(after.nodeLabelSets[node])]
      let former = nodes[node]
      guard former != none else {
        let id = id(of: UInt32(node), in: after)
        gathering.add(.appears, to: .nodes(labels: labels)) {
          GraphDifference.Sample(change: .appears, id: id)
        }
        continue
      }
      isKept[Int(former)] = true
      let formerLabels = labelsBefore[Int(before.nodeLabelSets[Int(former)])]
      if formerLabels != labels {
        let id = id(of: UInt32(node), in: after)
        gathering.add(.changes, to: .nodes(labels: labels)) {
          GraphDifference.Sample(
            change: .changes,
            id: id,
            before: .list(formerLabels.map { .string($0) }),
            after: .list(labels.map { .string($0) })
          )
        }
      }
    }
    for node in 0..<before.nodeCount where !isKept[node] {
      let id = id(of: UInt32(node), in: before)
      let labels = labelsBefore[Int(before.nodeLabelSets[node])]
      gathering.add(.vanishes, to: .nodes(labels: labels)) {
        GraphDifference.Sample(change: .vanishes, id: id)
      }
    }
    for table in after.tables { compareValues(of: table, labelsAfter) }
  }

  private func labelNames(_ contents: GraphContents) -> [[String]] {
    contents.labelSets.map { set in set.map { contents.labels[Int($0)] }.sorted() }
  }

  func id(of node: UInt32, in contents: GraphContents) -> String {
    guard let key = contents.propertyKeys.firstIndex(of: "id") else { return "" }
    let table = contents.tables[Int(contents.nodeTables[Int(node)])]
    guard let column = table.column(for: UInt16(key)) else { return "" }
    let row = Int(contents.nodeRows[Int(node)])
    if case .string(let id) = table.columns[column].value(at: row, in: contents.strings) {
      return id
    }
    return ""
  }

  private mutating func matchNodes() {
    if codes == nil, hasSameNodes {
      nodes = Array(0..<UInt32(after.nodeCount))
      nodesAreSame = true
      return
    }
    let names = Array(Set((before.tables + after.tables).map(\.name)))
    let keysBefore = NodeKeys(before, names, codes: nil)
    let keysAfter = NodeKeys(after, names, codes: codes)
    let matching = Matching(
      before: before.nodePositions,
      after: after.nodePositions,
      isSame: { keysBefore.key(of: $0, in: before) == keysAfter.key(of: $1, in: after) }
    )
    nodes = matching.pairs
    // What another event made first is found by its identity.
    var rest: [NodeKeys.Key: UInt32] = [:]
    for node in matching.unmatchedBefore { rest[keysBefore.key(of: node, in: before)] = node }
    for node in matching.unmatchedAfter {
      if let former = rest[keysAfter.key(of: node, in: after)] { nodes[Int(node)] = former }
    }
  }

  /// Whether both graphs have the same nodes, number by number.
  private var hasSameNodes: Bool {
    guard before.nodeTables.isEqual(to: after.nodeTables),
      before.nodePositions.isEqual(to: after.nodePositions)
    else { return false }
    return (0..<max(before.tables.count, after.tables.count)).allSatisfy { number in
      let former = number < before.tables.count ? before.tables[number] : NodeTable(name: "")
      let current = number < after.tables.count ? after.tables[number] : NodeTable(name: "")
      if former.rowCount == 0, current.rowCount == 0 { return true }
      let old = former.values(of: "id", in: before)?.column.words32 ?? FlatArray()
      let new = current.values(of: "id", in: after)?.column.words32 ?? FlatArray()
      return former.name == current.name && old.isEqual(to: new)
    }
  }

  private mutating func compareValues(of table: NodeTable, _ labels: [[String]]) {
    let formerTable = before.tables.first { $0.name == table.name }
    let names = Set(
      table.keys.map { after.propertyKeys[Int($0)] }
        + (formerTable?.keys.map { before.propertyKeys[Int($0)] } ?? [])
    ).subtracting(["id"]).sorted()
    let rows = rows(of: table, formerTable)
    for name in names {
      let current = table.values(of: name, in: after)
      let former = formerTable?.values(of: name, in: before)
      compare(former, current, rows) { comparison, row, change, before, after in
        let node = table.nodes[Int(row.after)]
        let set = Int(comparison.after.nodeLabelSets[Int(node)])
        let id = comparison.id(of: node, in: comparison.after)
        comparison.gathering.add(
          change,
          to: .nodeValues(labels: labels[set], property: name)
        ) {
          GraphDifference.Sample(change: change, id: id, before: before, after: after)
        }
      }
    }
  }

  private func rows(of table: NodeTable, _ former: NodeTable?) -> ElementRows {
    if nodesAreSame { return ElementRows(former: nil, count: table.rowCount) }
    let number = before.tables.firstIndex { $0.name == former?.name }
    let rows = table.nodes.array.map { node in
      let old = Int(nodes[Int(node)])
      guard old != Int(none), let number, Int(before.nodeTables[old]) == number else { return none }
      return before.nodeRows[old]
    }
    return ElementRows(former: rows, count: rows.count)
  }

  // MARK: Values

  /// A row of an element that both graphs have.
  struct ElementRow {
    var before: UInt32
    var after: UInt32
  }

  /// The rows of the elements that both graphs have.
  struct ElementRows: Sequence {
    /// By number of the second graph, the number in the first; `nil`: all have the same.
    var former: [UInt32]?
    var count: Int

    var areSame: Bool { former == nil }

    struct Iterator: IteratorProtocol {
      let rows: ElementRows
      var index = 0

      mutating func next() -> ElementRow? {
        while index < rows.count {
          let row = UInt32(index)
          index += 1
          guard let former = rows.former else { return ElementRow(before: row, after: row) }
          if former[Int(row)] != .max { return ElementRow(before: former[Int(row)], after: row) }
        }
        return nil
      }
    }

    func makeIterator() -> Iterator { Iterator(rows: self) }
  }

  /// The values of a property: shown ones, and all forms of names.
  struct ColumnView {
    var column: PropertyColumn
    var texts: TextColumn?

    /// Whether both are one and the same memory.
    func isShared(with other: Self) -> Bool {
      guard column.isShared(with: other.column) else { return false }
      switch (texts, other.texts) {
      case (nil, nil): return true
      case (let one?, let two?): return one.texts.isShared(with: two.texts)
      default: return false
      }
    }
  }

  mutating func compare(
    _ former: ColumnView?,
    _ current: ColumnView?,
    _ rows: ElementRows,
    _ report: (
      inout GraphComparison, ElementRow, GraphDifference.Sample.Change, Value?, Value?
    ) -> Void
  ) {
    if let former, let current, codes == nil, former.isShared(with: current), rows.areSame {
      return
    }
    for row in rows {
      let had = former.map { $0.column.hasValue(at: Int(row.before)) } ?? false
      let has = current.map { $0.column.hasValue(at: Int(row.after)) } ?? false
      if !had, !has { continue }
      if had, has, let former, let current, isEqual(former, current, row) { continue }
      let change: GraphDifference.Sample.Change = had ? (has ? .changes : .vanishes) : .appears
      let old = had ? former?.column.value(at: Int(row.before), in: before.strings) : nil
      let new = has ? current?.column.value(at: Int(row.after), in: after.strings) : nil
      report(&self, row, change, old, new)
    }
  }

  @inline(__always)
  private func isEqual(_ former: ColumnView, _ current: ColumnView, _ row: ElementRow) -> Bool {
    isEqual(former.column, Int(row.before), current.column, Int(row.after))
      && (former.texts == nil && current.texts == nil || hasSameForms(former, current, row))
  }

  private func hasSameForms(
    _ former: ColumnView,
    _ current: ColumnView,
    _ row: ElementRow
  ) -> Bool {
    let formerForms = former.texts?.forms(ofRow: Int(row.before)) ?? []
    let forms = current.texts?.forms(ofRow: Int(row.after)) ?? []
    guard formerForms.count == forms.count else { return false }
    return zip(formerForms, forms).allSatisfy { left, right in
      guard let one = former.texts, let other = current.texts else { return false }
      return one.texts[left] == formerCode(other.texts[right])
        && one.languages[left] == formerCode(other.languages[right])
        && one.kinds[left] == other.kinds[right]
    }
  }

  @inline(__always)
  private func isEqual(
    _ former: PropertyColumn,
    _ old: Int,
    _ current: PropertyColumn,
    _ new: Int
  ) -> Bool {
    guard former.kind == current.kind, former.kind != .dynamic else {
      return former.value(at: old, in: before.strings) == current.value(at: new, in: after.strings)
    }
    if former.isWide { return former.words64[old] == current.words64[new] }
    let word = current.words32[new]
    return former.words32[old] == (former.kind == .string ? formerCode(word) : word)
  }
}

extension PropertyColumn {
  func isShared(with other: PropertyColumn) -> Bool {
    kind == other.kind && kind != .dynamic && positions.isShared(with: other.positions)
      && words32.isShared(with: other.words32) && words64.isShared(with: other.words64)
  }
}

extension NodeTable {
  fileprivate func values(
    of name: String,
    in contents: GraphContents
  ) -> GraphComparison.ColumnView? {
    guard let key = contents.propertyKeys.firstIndex(of: name),
      let column = column(for: UInt16(key))
    else { return nil }
    return GraphComparison.ColumnView(column: columns[column], texts: texts[column])
  }
}

/// What identifies the nodes of a graph.
private struct NodeKeys {
  struct Key: Hashable {
    var table: Int
    var id: UInt32
  }

  private let ids: [PropertyColumn?]
  /// The place of each table's name, the same in both graphs.
  private let tables: [Int]
  private let codes: [UInt32]?

  init(_ contents: GraphContents, _ names: [String], codes: [UInt32]?) {
    let key = contents.propertyKeys.firstIndex(of: "id").map { UInt16($0) }
    ids = contents.tables.map { table in
      key.flatMap { table.column(for: $0) }.map { table.columns[$0] }
    }
    tables = contents.tables.map { names.firstIndex(of: $0.name) ?? -1 }
    self.codes = codes
  }

  @inline(__always)
  func key(of node: UInt32, in contents: GraphContents) -> Key {
    let table = Int(contents.nodeTables[Int(node)])
    let row = Int(contents.nodeRows[Int(node)])
    guard let code = ids[table]?.words32[row] else { return Key(table: tables[table], id: .max) }
    return Key(table: tables[table], id: codes.map { $0[Int(code)] } ?? code)
  }
}

/// Pairs the elements of two graphs that the same event made and that are the same.
struct Matching {
  /// For each element of the second graph that of the first; `UInt32.max` where there is none.
  private(set) var pairs: [UInt32] = []
  private(set) var unmatchedBefore: [UInt32] = []
  private(set) var unmatchedAfter: [UInt32] = []

  /// - Parameters:
  ///   - before: the event of each element, ascending.
  ///   - isSame: whether an element of the first graph is one of the second.
  init(
    before: FlatArray<UInt32>,
    after: FlatArray<UInt32>,
    isSame: (UInt32, UInt32) -> Bool
  ) {
    pairs = [UInt32](repeating: .max, count: after.count)
    var old = 0
    var new = 0
    while old < before.count || new < after.count {
      let position = min(
        old < before.count ? before[old] : .max,
        new < after.count ? after[new] : .max
      )
      let firstOld = old
      while old < before.count, before[old] == position { old += 1 }
      let firstNew = new
      while new < after.count, after[new] == position { new += 1 }
      pair(firstOld..<old, firstNew..<new, isSame)
    }
  }

  private mutating func pair(
    _ old: Range<Int>,
    _ new: Range<Int>,
    _ isSame: (UInt32, UInt32) -> Bool
  ) {
    var isTaken = [Bool](repeating: false, count: old.count)
    var next = old.lowerBound
    for element in new {
      // Mostly they are in the same order.
      var found: Int?
      if next < old.upperBound, !isTaken[next - old.lowerBound],
        isSame(UInt32(next), UInt32(element))
      {
        found = next
      } else {
        found = old.first {
          !isTaken[$0 - old.lowerBound] && isSame(UInt32($0), UInt32(element))
        }
      }
      guard let found else {
        unmatchedAfter.append(UInt32(element))
        continue
      }
      isTaken[found - old.lowerBound] = true
      pairs[element] = UInt32(found)
      next = found + 1
    }
    for element in old where !isTaken[element - old.lowerBound] {
      unmatchedBefore.append(UInt32(element))
    }
  }
}
