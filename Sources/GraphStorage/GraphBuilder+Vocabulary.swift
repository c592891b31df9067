import GraphModel

// The names that a graph is made of, by number.

extension GraphBuilder {
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
    if isExtending { contents.makeIndexes() }
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
    if isExtending { contents.makeIndexes() }
    return UInt16(contents.edgeTypes.count - 1)
  }

  /// Starts a type anew that is declared otherwise than its edges were made.
  private func replaceEdges(ofType number: Int, by table: EdgeTable) {
    stopExtending()
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
}
