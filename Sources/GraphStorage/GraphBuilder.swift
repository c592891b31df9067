public import GraphModel

/// Grows a graph, event by event.
///
/// Numbers are given in the order of first appearance and nothing iterates over
/// hash tables, so one sequence of calls always makes one graph, byte for byte.
/// Not for more than one thread at a time.
public final class GraphBuilder {
  public internal(set) var contents: GraphContents
  private var identities = IdentityIndex()
  private var edgeIndexes: [EdgeIndex] = []
  /// Set while events that were folded before are folded again: see ``beginPatch(without:)``.
  var patch: GraphPatch?
  private var kindNumbers: [EventKind: UInt16] = [:]
  private var labelSetNumbers: [[UInt16]: UInt16] = [:]
  /// The unions of two label sets that were asked for; nodes are mentioned by their supertypes often.
  private var labelUnions: [UInt32: UInt16] = [:]
  private var labelNumbers: [String: UInt16] = [:]
  private var keyNumbers: [String: UInt16] = [:]
  private(set) var position: UInt32 = 0
  private var time: Int64 = 0
  /// How many claims of the past there were when the event was begun.
  private var pastCountAtBegin = 0
  /// The property that identifies nodes.
  public let idKey: UInt16

  public convenience init() {
    self.init(resuming: GraphContents())
  }

  /// Goes on from a graph; the indexes are made anew from its columns.
  public init(resuming contents: GraphContents) {
    self.contents = contents
    for (number, label) in contents.labels.enumerated() { labelNumbers[label] = UInt16(number) }
    for (number, set) in contents.labelSets.enumerated() { labelSetNumbers[set] = UInt16(number) }
    for (number, key) in contents.propertyKeys.enumerated() { keyNumbers[key] = UInt16(number) }
    for (index, kind) in contents.eventKinds.kinds.enumerated() {
      kindNumbers[kind] = UInt16(index + 1)
    }
    if let known = keyNumbers["id"] {
      idKey = known
    } else {
      idKey = UInt16(contents.propertyKeys.count)
      keyNumbers["id"] = idKey
      self.contents.propertyKeys.append("id")
    }
    position = contents.position.rawValue
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

  // MARK: Vocabulary

  public func label(named name: String) -> UInt16 {
    if let known = labelNumbers[name] { return known }
    let number = UInt16(contents.labels.count)
    contents.labels.append(name)
    labelNumbers[name] = number
    return number
  }

  /// The number of a set of labels, in whatever order they are given.
  public func labelSet(_ names: [String]) -> UInt16 {
    labelSet(numbers: names.map { label(named: $0) })
  }

  func labelSet(numbers: [UInt16]) -> UInt16 {
    var set: [UInt16] = []
    for number in numbers.sorted() where set.last != number { set.append(number) }
    if let known = labelSetNumbers[set] { return known }
    let number = UInt16(contents.labelSets.count)
    contents.labelSets.append(set)
    labelSetNumbers[set] = number
    return number
  }

  public func propertyKey(named name: String) -> UInt16 {
    if let known = keyNumbers[name] { return known }
    let number = UInt16(contents.propertyKeys.count)
    contents.propertyKeys.append(name)
    keyNumbers[name] = number
    return number
  }

  /// The number of the node table with that name, which is made if it is new.
  public func table(named name: String) -> UInt16 {
    if let known = contents.tables.firstIndex(where: { $0.name == name }) { return UInt16(known) }
    contents.tables.append(NodeTable(name: name))
    return UInt16(contents.tables.count - 1)
  }

  /// The number of an edge type, which is made if it is new.
  ///
  /// - Parameter keyIsText: for each part of the key whether it is a text, as ``keyWord(for:isText:)``
  ///   takes it; `nil`: all are.
  public func edgeType(
    named name: String,
    hasValidity: Bool,
    keyIsText: [Bool]? = nil
  ) -> UInt16 {
    var table = EdgeTable(type: name, hasValidity: hasValidity)
    table.keyIsText = keyIsText ?? []
    table.keyLength = table.keyIsText.count
    if let known = contents.edgeTypes.firstIndex(where: { $0.type == name }) {
      let present = contents.edgeTypes[known]
      let isAlike =
        present.hasValidity == hasValidity
        && (keyIsText == nil || present.keyIsText == table.keyIsText)
      if !isAlike { replaceEdges(ofType: known, by: table) }
      return UInt16(known)
    }
    contents.edgeTypes.append(table)
    edgeIndexes.append(EdgeIndex())
    return UInt16(contents.edgeTypes.count - 1)
  }

  /// Starts a type anew that is declared otherwise than its edges were made.
  private func replaceEdges(ofType number: Int, by table: EdgeTable) {
    let former = contents.edgeTypes[number]
    precondition(
      former.count == 0 || patch?.hasRetractedAll(of: former) == true,
      "edges of one type are all of one declaration"
    )
    contents.edgeTypes[number] = table
    edgeIndexes[number] = EdgeIndex()
    patch?.forgetEdges(ofType: number)
  }

  /// The number of a kind of events, for ``begin(event:time:kind:)``.
  public func kind(_ kind: EventKind) -> UInt16 {
    if let known = kindNumbers[kind] { return known }
    contents.eventKinds.kinds.append(kind)
    let number = UInt16(contents.eventKinds.kinds.count)
    kindNumbers[kind] = number
    return number
  }

  public func intern(_ text: UnsafeRawBufferPointer) -> StringCode {
    contents.strings.intern(text)
  }

  public func intern(_ text: String) -> StringCode { contents.strings.intern(text) }

  /// A value as a cell, its string interned.
  public func cell(for value: Value) -> Cell {
    if case .string(let text) = value { return .string(intern(text)) }
    return Cell(value)
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
    pastCountAtBegin = contents.past.claims.count
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

  /// The event that was begun last revises earlier ones.
  public func noteRevision() {
    contents.revisions.append(position)
  }

  /// The node with that id in that table; made, with those labels, if it is new.
  ///
  /// A node that exists gains the labels that it lacks.
  public func node(table: UInt16, id: StringCode, labelSet: UInt16) -> NodeNumber {
    if let known = identities.find(table: table, id: id) {
      mention(known, labelSet)
      let current = contents.nodeLabelSets[Int(known)]
      if current != labelSet { addLabels(of: labelSet, to: known, current: current) }
      return NodeNumber(known)
    }
    let node = newNode(table: table, labelSet: labelSet)
    mention(node.rawValue, labelSet)
    identities.insert(node.rawValue, table: table, id: id)
    write(.string(id), key: idKey, node: node)
    return node
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
    return NodeNumber(node)
  }

  private func addLabels(of labelSet: UInt16, to node: UInt32, current: UInt16) {
    let union = labelUnion(current, labelSet)
    if union != current { contents.nodeLabelSets[Int(node)] = union }
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
  public func set(_ cell: Cell, key: UInt16, of node: NodeNumber) {
    let table = Int(contents.nodeTables[Int(node.rawValue)])
    let row = Int(contents.nodeRows[Int(node.rawValue)])
    let column = contents.tables[table].makeColumn(for: key, kind: cell.kind)
    if contents.tables[table].columns[column].claimFreely(cell, at: row, position: position) {
      return
    }
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
      write(.string(text), key: key, node: node)
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

  /// The edge of that type with those ends and that key; made if it is new.
  ///
  /// - Parameter key: the words of the properties that tell parallel edges
  ///   apart, from ``keyWord(for:)``; as many for every edge of a type.
  public func edge(
    type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    key: [UInt32] = []
  ) -> EdgeReference {
    let table = Int(type)
    let known: UInt32?
    switch recentEdge(table, from: source.rawValue, to: target.rawValue, key: key) {
    case .edge(let number): known = number
    case .none: known = nil
    case .unknown:
      catchUp(table)
      known = edgeIndexes[table].find(
        source: source.rawValue,
        target: target.rawValue,
        key: key,
        among: contents.edgeTypes[table].keyWords
      )
    }
    guard let known else { return appendEdge(type: type, from: source, to: target, key: key) }
    let edge = EdgeReference(type: type, number: known)
    if patch != nil {
      patch?.claim(edge)
    } else if contents.edgeTypes[table].positions[Int(known)] != position {
      let order = contents.edgeTypes[table].count(ofEvent: position)
      remember(.existence(order: order), of: .edge(edge), lost: position)
    }
    return edge
  }

  /// An event with more edges of a type than this looks further ones up in the index.
  private static let recentEdgeCountMax = 256

  private enum RecentEdge {
    case edge(UInt32)
    case none
    case unknown
  }

  /// Looks for an edge among those of this event, where no other event can have made it.
  ///
  /// That is so where one of its ends is as new as the event. It saves a look into an index whose
  /// places are all over the memory.
  private func recentEdge(
    _ table: Int,
    from source: UInt32,
    to target: UInt32,
    key: [UInt32]
  ) -> RecentEdge {
    guard patch == nil,
      contents.nodePositions[Int(source)] == position
        || contents.nodePositions[Int(target)] == position
    else { return .unknown }
    var edge = contents.edgeTypes[table].count - 1
    let last = edge - Self.recentEdgeCountMax
    while edge >= 0, contents.edgeTypes[table].positions[edge] == position {
      guard edge > last else { return .unknown }
      if contents.edgeTypes[table].sources[edge] == source,
        contents.edgeTypes[table].targets[edge] == target,
        contents.edgeTypes[table].hasKey(key, edge: edge)
      {
        return .edge(UInt32(edge))
      }
      edge -= 1
    }
    return .none
  }

  private func catchUp(_ table: Int) {
    guard edgeIndexes[table].edgeCount < contents.edgeTypes[table].count else { return }
    edgeIndexes[table].catchUp(
      sources: contents.edgeTypes[table].sources,
      targets: contents.edgeTypes[table].targets
    )
  }

  /// A new edge, whatever others there are: `KEY EVENT`, and graphs without a schema.
  public func newEdge(
    type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    key: [UInt32] = []
  ) -> EdgeReference {
    if let former = patch?.formerEdge(type: type, from: source, to: target, in: contents) {
      return former
    }
    return appendEdge(type: type, from: source, to: target, key: key)
  }

  private func appendEdge(
    type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    key: [UInt32]
  ) -> EdgeReference {
    let table = Int(type)
    let number = UInt32(contents.edgeTypes[table].count)
    if number == 0, contents.edgeTypes[table].keyIsText.count != key.count {
      contents.edgeTypes[table].keyIsText = key.map { _ in true }
      contents.edgeTypes[table].keyLength = key.count
    }
    precondition(contents.edgeTypes[table].keyLength == key.count, "keys of one type are alike")
    for word in key { contents.edgeTypes[table].keyWords.append(word) }
    contents.edgeTypes[table].sources.append(source.rawValue)
    contents.edgeTypes[table].targets.append(target.rawValue)
    contents.edgeTypes[table].positions.append(position)
    if contents.edgeTypes[table].hasValidity {
      contents.edgeTypes[table].validity.appendOpen()
    }
    let edge = EdgeReference(type: type, number: number)
    patch?.claim(edge)
    return edge
  }

  /// The word of an edge's key for a property's cell; missing properties are ``StringPool/none``.
  ///
  /// - Parameter isText: whether the word is the code of a text, as all of one property are. The
  ///   words of dates and booleans are what they are.
  public func keyWord(for cell: Cell?, isText: Bool = true) -> UInt32 {
    guard let cell else { return StringPool.none }
    if (cell.kind == .string) == isText, let word = cell.keyWord { return word }
    return intern("\(cell.value(in: contents.strings))")
  }

  /// Claims a property of an edge, as ``set(_:key:of:)-(_,_,NodeNumber)`` does of a node.
  public func set(_ cell: Cell, key: UInt16, of edge: EdgeReference) {
    let table = Int(edge.type)
    let row = Int(edge.number)
    let column = contents.edgeTypes[table].makeColumn(for: key, kind: cell.kind)
    if contents.edgeTypes[table].columns[column].claimFreely(cell, at: row, position: position) {
      return
    }
    guard
      takesOver(
        cell,
        key: key,
        of: .edge(edge),
        from: contents.edgeTypes[table].columns[column],
        row: row
      )
    else { return }
    contents.edgeTypes[table].columns[column].set(
      cell,
      at: row,
      position: position,
      in: contents.strings
    )
  }

  /// Claims from when the edge holds in the world.
  public func setValidFrom(_ date: PartialDate, of edge: EdgeReference) {
    let table = Int(edge.type)
    let row = Int(edge.number)
    let validity = contents.edgeTypes[table].validity
    let held = validity.fromPositions[row]
    if held != 0, held != position {
      guard wins(over: held) else {
        remember(.from(date), of: .edge(edge), lost: position)
        return
      }
      remember(.from(PartialDate(packed: validity.from[row])), of: .edge(edge), lost: held)
    }
    contents.edgeTypes[table].validity.from[row] = date.packed
    contents.edgeTypes[table].validity.fromPositions[row] = position
  }

  /// Claims from when on the edge does not hold any more; `nil`: ended, unknown when.
  public func setValidTo(_ date: PartialDate?, of edge: EdgeReference) {
    let table = Int(edge.type)
    let row = Int(edge.number)
    let validity = contents.edgeTypes[table].validity
    let held = validity.toPositions[row]
    if held != 0, held != position {
      guard wins(over: held) else {
        remember(.to(date), of: .edge(edge), lost: position)
        return
      }
      let former = validity.to[row]
      let formerDate =
        former == ValidityColumns.unknownEnd ? nil : PartialDate(packed: former)
      remember(.to(formerDate), of: .edge(edge), lost: held)
    }
    contents.edgeTypes[table].validity.to[row] = date?.packed ?? ValidityColumns.unknownEnd
    contents.edgeTypes[table].validity.toPositions[row] = position
  }

  /// The edges of a type between two nodes, in the order in which they were claimed.
  public func edges(
    ofType type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber
  ) -> [EdgeReference] {
    catchUp(Int(type))
    return edgeIndexes[Int(type)]
      .edges(from: source.rawValue, to: target.rawValue)
      .map { EdgeReference(type: type, number: $0) }
  }

  // MARK: Publishing

  /// The graph as it stands.
  ///
  /// The builder may go on; the graph does not change.
  public func publish() -> Graph {
    precondition(patch == nil, "a patch is finished before its graph is published")
    contents.sortColumns()
    contents.makeAdjacency()
    return Graph(contents)
  }

  /// Whether a claim takes the place of what a cell holds; the one that loses goes to the past.
  private func takesOver(
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

  private func wins(over held: UInt32) -> Bool {
    (contents.eventTimes[Int(held)], held) < (time, position)
  }

  private func remember(
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
    let table = Int(contents.nodeTables[Int(node.rawValue)])
    let row = Int(contents.nodeRows[Int(node.rawValue)])
    let column = contents.tables[table].makeColumn(for: key, kind: cell.kind)
    if contents.tables[table].columns[column].claimFreely(cell, at: row, position: position) {
      return
    }
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
