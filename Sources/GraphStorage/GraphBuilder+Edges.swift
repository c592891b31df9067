public import GraphModel

// Claims of edges.

extension GraphBuilder {
  /// The edge of that type with those ends and that key; made if it is new.
  ///
  /// - Parameter key: the words of the properties that tell parallel edges
  ///   apart, from ``keyWord(for:)``; as many for every edge of a type.
  public func edge(
    type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    key: EdgeKey = EdgeKey(start: nil, count: 0)
  ) -> EdgeReference {
    let table = Int(type)
    let known: UInt32?
    switch recentEdge(table, from: source.rawValue, to: target.rawValue, key: key) {
    case .edge(let number): known = number
    case .none: known = nil
    case .unknown: known = knownEdge(table, from: source.rawValue, to: target.rawValue, key: key)
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
    key: EdgeKey
  ) -> RecentEdge {
    guard patch == nil,
      contents.nodePositions[Int(source)] == position
        || contents.nodePositions[Int(target)] == position
    else { return .unknown }
    let (found, isCertain) = contents.edgeTypes[table].lastEdges(
      ofEvent: position,
      from: source,
      to: target,
      key: key,
      countMax: Self.recentEdgeCountMax
    )
    return isCertain ? found.map { .edge($0) } ?? .none : .unknown
  }

  private func knownEdge(
    _ table: Int,
    from source: UInt32,
    to target: UInt32,
    key: EdgeKey
  ) -> UInt32? {
    catchUp(table)
    let found = edgeIndexes[table].find(
      source: source,
      target: target,
      key: key,
      among: contents.edgeTypes[table].keyWords
    )
    if found != nil || !isExtending { return found }
    return contents.edgeTypes[table].indexedEdges(from: source, to: target).last {
      contents.edgeTypes[table].hasKey(key, edge: Int($0))
    }
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
    key: EdgeKey = EdgeKey(start: nil, count: 0)
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
    key: EdgeKey
  ) -> EdgeReference {
    let table = Int(type)
    let number = UInt32(contents.edgeTypes[table].count)
    contents.edgeTypes[table].noteKey(length: key.count)
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

  /// The same with a key in an array.
  public func edge(
    type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    key: [UInt32]
  ) -> EdgeReference {
    key.withUnsafeBufferPointer { edge(type: type, from: source, to: target, key: $0) }
  }

  /// The word of an edge's key for a property's cell; missing properties are ``StringPool/none``.
  ///
  /// - Parameter isText: whether the word is the code of a text, as all of one property are. The
  ///   words of dates and booleans are what they are.
  public func keyWord(for cell: Cell?, isText: Bool = true) -> UInt32 {
    guard let cell else { return StringPool.none }
    if let word = cell.plain?.keyWord(isText: isText) { return word }
    return intern("\(cell.value(in: contents.strings))")
  }

  /// Claims a property of an edge, as ``set(_:key:of:)-(_,_,NodeNumber)`` does of a node.
  public func set(_ cell: PlainCell, key: UInt16, of edge: EdgeReference) {
    let table = Int(edge.type)
    let column = contents.edgeTypes[table].makeColumn(for: key, kind: cell.kind)
    let isFree = contents.edgeTypes[table].columns[column]
      .claimFreely(cell, at: Int(edge.number), position: position)
    if !isFree { claim(Cell(cell), key: key, of: edge) }
  }

  /// The same of any value.
  public func set(_ cell: Cell, key: UInt16, of edge: EdgeReference) {
    if let plain = cell.plain { return set(plain, key: key, of: edge) }
    claim(cell, key: key, of: edge)
  }

  private func claim(_ cell: Cell, key: UInt16, of edge: EdgeReference) {
    let table = Int(edge.type)
    let row = Int(edge.number)
    let column = contents.edgeTypes[table].makeColumn(for: key, kind: cell.kind)
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
    let held = contents.edgeTypes[table].validity.fromPositions[row]
    if held != 0, held != position {
      guard wins(over: held) else {
        remember(.from(date), of: .edge(edge), lost: position)
        return
      }
      let former = contents.edgeTypes[table].validity.from[row]
      remember(.from(PartialDate(storedPacked: former)), of: .edge(edge), lost: held)
    }
    contents.edgeTypes[table].validity.from[row] = ValidityColumns.word(date)
    contents.edgeTypes[table].validity.fromPositions[row] = position
  }

  /// Claims from when on the edge does not hold any more; `nil`: ended, unknown when.
  public func setValidTo(_ date: PartialDate?, of edge: EdgeReference) {
    let table = Int(edge.type)
    let row = Int(edge.number)
    let held = contents.edgeTypes[table].validity.toPositions[row]
    if held != 0, held != position {
      guard wins(over: held) else {
        remember(.to(date), of: .edge(edge), lost: position)
        return
      }
      let former = contents.edgeTypes[table].validity.to[row]
      let formerDate =
        former == ValidityColumns.unknownEnd ? nil : PartialDate(storedPacked: former)
      remember(.to(formerDate), of: .edge(edge), lost: held)
    }
    contents.edgeTypes[table].validity.to[row] =
      date.map(ValidityColumns.word) ?? ValidityColumns.unknownEnd
    contents.edgeTypes[table].validity.toPositions[row] = position
  }

  /// The edges of a type between two nodes, in the order in which they were claimed.
  public func edges(
    ofType type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber
  ) -> [EdgeReference] {
    let table = Int(type)
    catchUp(table)
    var edges: [UInt32] = []
    if isExtending {
      edges = contents.edgeTypes[table].indexedEdges(from: source.rawValue, to: target.rawValue)
    }
    edges += edgeIndexes[table].edges(from: source.rawValue, to: target.rawValue)
    return edges.map { EdgeReference(type: type, number: $0) }
  }
}
