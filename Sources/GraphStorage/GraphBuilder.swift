public import GraphModel

/// Grows a graph, event by event.
///
/// Numbers are given in the order of first appearance and nothing iterates over
/// hash tables, so one sequence of calls always makes one graph, byte for byte.
/// Not for more than one thread at a time.
public final class GraphBuilder: ClaimTarget {
  // No access to what follows overlaps another: no method hands a part of it to a closure. That is
  // not checked each time, since every claim of every event makes dozens of such accesses.
  @exclusivity(unchecked) public internal(set) var contents: GraphContents
  @exclusivity(unchecked) var identities = IdentityIndex()
  @exclusivity(unchecked) var edgeIndexes: [EdgeIndex] = []
  /// Whether adjacency and indexes are kept as the graph grows; they are made at its end otherwise.
  @exclusivity(unchecked) private(set) var isExtending = false
  /// Set while events that were folded before are folded again: see ``beginPatch(without:)``.
  @exclusivity(unchecked) var patch: GraphPatch?
  var kindNumbers: [EventKind: UInt16] = [:]
  var labelSetNumbers: [[UInt16]: UInt16] = [:]
  /// The unions of two label sets that were asked for; nodes are mentioned by their supertypes often.
  @exclusivity(unchecked) var labelUnions: [UInt32: UInt16] = [:]
  var labelNumbers: [String: UInt16] = [:]
  var keyNumbers: [String: UInt16] = [:]
  @exclusivity(unchecked) private(set) var position: UInt32 = 0
  @exclusivity(unchecked) private var time: Int64 = 0
  /// The id that stands for another, by table and id: of entities that were merged.
  @exclusivity(unchecked) private(set) var aliases: [UInt64: StringCode] = [:]
  /// How many claims of the past there were when the event was begun.
  private var pastCountAtBegin = 0
  /// The property that identifies nodes.
  public let idKey: UInt16

  public convenience init() {
    self.init(resuming: GraphContents())
  }

  /// Goes on from a graph.
  ///
  /// - Parameter isExtending: whether adjacency and indexes are kept as the graph grows. That costs
  ///   more for each event, and nothing for what is there: it is for few events on a large graph.
  ///   Otherwise all are made anew.
  public init(resuming contents: consuming GraphContents, isExtending: Bool = false) {
    self.contents = contents
    self.isExtending = isExtending
    if let known = self.contents.propertyKeys.firstIndex(of: "id") {
      idKey = UInt16(known)
    } else {
      idKey = UInt16(self.contents.propertyKeys.count)
      self.contents.propertyKeys.append("id")
    }
    noteNames()
    position = self.contents.position.rawValue
    if isExtending { beginExtension() } else { makeLookups() }
  }

  private func noteNames() {
    for (number, label) in contents.labels.enumerated() { labelNumbers[label] = UInt16(number) }
    for (number, set) in contents.labelSets.enumerated() { labelSetNumbers[set] = UInt16(number) }
    for (number, key) in contents.propertyKeys.enumerated() { keyNumbers[key] = UInt16(number) }
    for (index, kind) in contents.eventKinds.kinds.enumerated() {
      kindNumbers[kind] = UInt16(index + 1)
    }
  }

  /// What comes is looked up apart from what adjacency knows.
  private func beginExtension() {
    contents.makeDerived()
    edgeIndexes = contents.edgeTypes.map { EdgeIndex(from: $0.count) }
  }

  /// Enters what came into adjacency.
  private func settleExtension() {
    guard isExtending else { return }
    contents.indexEdges(from: edgeIndexes.map(\.firstEdge))
    beginExtension()
  }

  /// What was kept of the graph is made at its end from now on.
  func stopExtending() {
    guard isExtending else { return }
    isExtending = false
    makeLookups()
  }

  private func makeLookups() {
    contents.dropIndexes()
    for (number, table) in contents.tables.enumerated() {
      guard let column = table.column(for: idKey), table.columns[column].kind == .string else {
        continue
      }
      for row in 0..<table.rowCount where table.columns[column].hasValue(at: row) {
        let code = table.columns[column].words32[row]
        identities.insert(table.nodes[row], table: UInt16(number), id: code)
      }
    }
    edgeIndexes = contents.edgeTypes.map { _ in EdgeIndex() }
  }

  // MARK: Folding

  /// What follows is claimed by that event.
  ///
  /// - Parameters:
  ///   - position: greater than that of every event before.
  ///   - time: when it happened or was stated, in microseconds since 1970.
  ///   - kind: what it is, from ``kind(_:)``; 0 in graphs that are built without a schema.
  public func begin(event position: EventPosition, time: Int64, kind: UInt16 = 0) {
    self.position = position.rawValue
    self.time = time
    pastCountAtBegin = contents.past.count
    if patch == nil {
      precondition(position.rawValue > contents.position.rawValue, "events are folded in order")
      contents.position = position
      contents.eventTimes.grow(to: Int(position.rawValue) + 1, with: 0)
      contents.mentions.begin(position.rawValue)
    } else {
      patch?.begin(position.rawValue)
    }
    contents.eventKinds.set(kind, at: position.rawValue)
    contents.eventTimes[Int(position.rawValue)] = time
  }

  /// What follows is claimed by that event, which was begun before others.
  func resume(_ event: GraphRecording.Event) {
    position = event.position
    time = event.time
    pastCountAtBegin = contents.past.count
  }

  /// The event that was begun last could not be folded and waits for a schema that can.
  public func quarantine() {
    if patch != nil {
      patch?.quarantined.append(position)
      return
    }
    let count = contents.quarantined.count
    if count > 0, contents.quarantined[count - 1] == position { return }
    contents.quarantined.append(position)
  }

  /// An event that was folded revises earlier ones; in their order.
  public func noteRevision(at position: EventPosition) {
    contents.revisions.append(position.rawValue)
  }

  /// Nodes of a table that one id names have another from now on.
  public func setAlias(of merged: StringCode, in table: UInt16, to kept: StringCode) {
    aliases[IdentityIndex.key(table, merged)] = kept
  }

  /// The node with that id in that table; made, with those labels, if it is new.
  ///
  /// A node that exists gains the labels that it lacks.
  public func node(table: UInt16, id: StringCode, labelSet: UInt16) -> NodeNumber {
    let node = namedNode(table: table, id: id, labelSet: labelSet).node
    mention(node, labelSet)
    return NodeNumber(node)
  }

  /// The same without noting that the event names it.
  func namedNode(
    table: UInt16,
    id: StringCode,
    labelSet: UInt16
  ) -> (node: UInt32, isNew: Bool) {
    let id = aliases.isEmpty ? id : aliases[IdentityIndex.key(table, id)] ?? id
    if let known = knownNode(table: table, id: id) {
      addLabels(of: labelSet, to: known)
      return (known, false)
    }
    let node = newNode(table: table, labelSet: labelSet)
    if isExtending {
      contents.tables[Int(table)]
        .indexLastRow(id: id, idKey, contents.strings, contents.nodeLabelSets)
    } else {
      identities.insert(node.rawValue, table: table, id: id)
    }
    write(Cell(.string(id)), key: idKey, node: node)
    return (node.rawValue, true)
  }

  private func knownNode(table: UInt16, id: StringCode) -> UInt32? {
    isExtending
      ? contents.tables[Int(table)].firstNode(withID: id, idKey)
      : identities.find(table: table, id: id)
  }

  @inline(__always)
  private func mention(_ node: UInt32, _ labelSet: UInt16) {
    if patch == nil {
      contents.mentions.add(node, labelSet: labelSet)
    } else {
      patch?.mentions.add(node, labelSet: labelSet)
    }
  }

  /// A new node without an id, as graphs have that are built without a schema.
  public func anonymousNode(labels: [String]) -> NodeNumber {
    let set = labelSet(labels)
    return newNode(table: table(named: "\(labels.sorted())"), labelSet: set)
  }

  private func newNode(table: UInt16, labelSet: UInt16) -> NodeNumber {
    let node = UInt32(contents.nodeCount)
    contents.nodeTables.append(table)
    contents.nodeRows.append(UInt32(contents.tables[Int(table)].rowCount))
    contents.nodeLabelSets.append(labelSet)
    contents.nodePositions.append(position)
    contents.tables[Int(table)].nodes.append(node)
    if isExtending { contents.labelSetStatistics?.add(labelSet: labelSet, table: table) }
    return NodeNumber(node)
  }

  func addLabels(of labelSet: UInt16, to node: UInt32) {
    let current = contents.nodeLabelSets[Int(node)]
    if current == labelSet { return }
    let union = labelUnion(current, labelSet)
    if union == current { return }
    contents.nodeLabelSets[Int(node)] = union
    if isExtending { contents.noteLabelSet(union, insteadOf: current, of: node) }
  }

  func labelUnion(_ first: UInt16, _ second: UInt16) -> UInt16 {
    let pair = UInt32(first) << 16 | UInt32(second)
    if let known = labelUnions[pair] { return known }
    let union = labelSet(numbers: contents.labelSets[Int(first)] + contents.labelSets[Int(second)])
    labelUnions[pair] = union
    return union
  }

  /// Claims a property of a node.
  ///
  /// Of two claims that of the later event time wins, ties by position.
  public func set(_ cell: PlainCell, key: UInt16, of node: NodeNumber) {
    if key == idKey || !claimFreely(cell, key, node) { claim(Cell(cell), key: key, of: node) }
  }

  /// The same of any value.
  public func set(_ cell: Cell, key: UInt16, of node: NodeNumber) {
    if let plain = cell.plain { return set(plain, key: key, of: node) }
    claim(cell, key: key, of: node)
  }

  /// Writes a cell where that is all there is to it.
  private func claimFreely(_ cell: PlainCell, _ key: UInt16, _ node: NodeNumber) -> Bool {
    let table = Int(contents.nodeTables[Int(node.rawValue)])
    let row = Int(contents.nodeRows[Int(node.rawValue)])
    let column = contents.tables[table].makeColumn(for: key, kind: cell.kind)
    return contents.tables[table].columns[column].claimFreely(cell, at: row, position: position)
  }

  private func claim(_ cell: Cell, key: UInt16, of node: NodeNumber) {
    // An id that is claimed as a value is found once the index is made again.
    if key == idKey { stopExtending() }
    let table = Int(contents.nodeTables[Int(node.rawValue)])
    let row = Int(contents.nodeRows[Int(node.rawValue)])
    let column = contents.tables[table].makeColumn(for: key, kind: cell.kind)
    guard
      takesOver(
        cell,
        key: key,
        of: .node(node),
        from: contents.tables[table].columns[column],
        row: row
      )
    else { return }
    write(cell, key: key, node: node)
  }

  /// Claims one form of a TEXT property of a node.
  ///
  /// The first form of kind *name* is what the property shows as a string; until
  /// there is one, the first form of any kind.
  public func addForm(
    _ text: StringCode,
    language: StringCode,
    kind: TextForm.Kind,
    key: UInt16,
    of node: NodeNumber
  ) {
    if patch != nil {
      patch?.addForm(text, language, kind, key: key, of: node.rawValue)
      return
    }
    let table = Int(contents.nodeTables[Int(node.rawValue)])
    let row = Int(contents.nodeRows[Int(node.rawValue)])
    let column = contents.tables[table].makeColumn(for: key, kind: .string)
    let isFirst = !contents.tables[table].columns[column].hasValue(at: row)
    let hasName = !isFirst && hasForm(ofKind: .name, row: row, column: column, table: table)
    if contents.tables[table].texts[column] == nil {
      contents.tables[table].texts[column] = TextColumn()
    }
    let isNew =
      contents.tables[table].texts[column]?.add(
        text: text,
        language: language,
        kind: kind,
        row: row,
        position: position
      ) ?? false
    if !isNew {
      rememberForm(text, language, kind, key: key, of: node, row: row, column: column)
    } else if isFirst || (kind == .name && !hasName) {
      write(Cell(.string(text)), key: key, node: node)
    }
  }

  /// Notes one more mention of a form, unless the event itself was the first to mention it.
  private func rememberForm(
    _ text: StringCode,
    _ language: StringCode,
    _ kind: TextForm.Kind,
    key: UInt16,
    of node: NodeNumber,
    row: Int,
    column: Int
  ) {
    let table = Int(contents.nodeTables[Int(node.rawValue)])
    guard let texts = contents.tables[table].texts[column] else { return }
    var order: UInt32 = 0
    for form in texts.forms(ofRow: row) where texts.positions[form] == position {
      if texts.texts[form] == text, texts.languages[form] == language,
        texts.kinds[form] == kind.rawValue
      {
        return
      }
      order += 1
    }
    let strings = contents.strings
    let form = TextForm(text: strings[text], language: strings[language], kind: kind)
    remember(.form(key, form, order: order), of: .node(node), lost: position)
  }

  private func hasForm(ofKind kind: TextForm.Kind, row: Int, column: Int, table: Int) -> Bool {
    guard let forms = contents.tables[table].texts[column] else { return false }
    return forms.forms(ofRow: row).contains { forms.kinds[$0] == kind.rawValue }
  }

  // MARK: Publishing

  /// What was built, which is gone from here: the builder's work is done.
  public func takeContents() -> GraphContents {
    settleExtension()
    var taken = GraphContents()
    swap(&taken, &contents)
    return taken
  }

  /// The graph as it stands.
  ///
  /// The builder may go on; the graph does not change.
  public func publish() -> Graph {
    precondition(patch == nil, "a patch is finished before its graph is published")
    settleExtension()
    contents.sortColumns()
    contents.makeAdjacency()
    return Graph(contents)
  }

  /// Whether a claim takes the place of what a cell holds; the one that loses goes to the past.
  func takesOver(
    _ cell: Cell,
    key: UInt16,
    of subject: PastClaim.Subject,
    from column: PropertyColumn,
    row: Int
  ) -> Bool {
    guard column.hasValue(at: row), column.positions[row] != position else { return true }
    let held = column.positions[row]
    guard wins(over: held) else {
      remember(.property(key, cell.value(in: contents.strings)), of: subject, lost: position)
      return false
    }
    // The column is not kept: a second reference would make the caller's write copy it.
    let former = column.value(at: row, in: contents.strings)
    remember(.property(key, former), of: subject, lost: held)
    return true
  }

  func wins(over held: UInt32) -> Bool {
    (contents.eventTimes[Int(held)], held) < (time, position)
  }

  func remember(
    _ content: PastClaim.Content,
    of subject: PastClaim.Subject,
    lost: UInt32
  ) {
    patch?.noteChange(of: subject, content)
    let claim = PastClaim(
      subject: subject,
      content: content,
      position: EventPosition(lost),
      supersededAt: EventPosition(position)
    )
    if lost == position {
      contents.past.addOnce(claim, since: pastCountAtBegin)
    } else {
      contents.past.add(claim)
    }
  }

  private func write(_ cell: Cell, key: UInt16, node: NodeNumber) {
    if let plain = cell.plain, claimFreely(plain, key, node) { return }
    let table = Int(contents.nodeTables[Int(node.rawValue)])
    let row = Int(contents.nodeRows[Int(node.rawValue)])
    let column = contents.tables[table].makeColumn(for: key, kind: cell.kind)
    contents.tables[table].columns[column].set(
      cell,
      at: row,
      position: position,
      in: contents.strings
    )
  }
}

extension ValidityColumns {
  mutating func appendOpen() {
    from.append(Self.absent)
    to.append(Self.absent)
    fromPositions.append(0)
    toPositions.append(0)
  }
}
