public import GraphModel

/// A graph that does not change: what queries run against.
///
/// Everything is reached by number. Names are resolved once per query.
public final class Graph: Sendable {
  public let contents: GraphContents
  private let labelNumbers: [String: UInt16]
  private let keyNumbers: [String: UInt16]
  private let edgeTypeNumbers: [String: UInt16]
  private let idKey: UInt16?

  public init(_ contents: GraphContents) {
    var contents = contents
    contents.makeIndexes()
    self.contents = contents
    labelNumbers = Self.numbers(of: contents.labels)
    keyNumbers = Self.numbers(of: contents.propertyKeys)
    edgeTypeNumbers = Self.numbers(of: contents.edgeTypes.map(\.type))
    idKey = keyNumbers["id"]
    isIDIndexed = contents.tables.allSatisfy { [idKey] in $0.isIDIndexed(idKey) }
  }

  /// A graph of contents that lack what can be derived.
  public convenience init(publishing contents: GraphContents) {
    var contents = contents
    contents.sortColumns()
    contents.makeAdjacency()
    self.init(contents)
  }

  private static func numbers(of names: [String]) -> [String: UInt16] {
    var numbers: [String: UInt16] = [:]
    for (number, name) in names.enumerated() { numbers[name] = UInt16(number) }
    return numbers
  }

  @inlinable public var strings: StringPool { contents.strings }
  @inlinable public var nodeCount: Int { contents.nodeCount }

  // MARK: Names

  public func label(named name: String) -> UInt16? { labelNumbers[name] }
  public func propertyKey(named name: String) -> UInt16? { keyNumbers[name] }
  public func edgeType(named name: String) -> UInt16? { edgeTypeNumbers[name] }

  // MARK: Nodes

  /// The names of a node's labels, in the order of their numbers.
  public func labels(of node: NodeNumber) -> [String] {
    contents.labelSets[Int(contents.nodeLabelSets[Int(node.rawValue)])].map {
      contents.labels[Int($0)]
    }
  }

  /// All nodes whose label set is marked, ascending.
  ///
  /// - Parameter isWanted: by label set number.
  public func nodes(withLabelSets isWanted: [Bool]) -> [UInt32] {
    var found: [UInt32] = []
    contents.nodeLabelSets.withUnsafeBuffer { sets in
      for node in sets.indices where isWanted[Int(sets[node])] {
        found.append(UInt32(truncatingIfNeeded: node))
      }
    }
    return found
  }

  /// Whether ``nodes(withID:)`` finds every node: all ids of the graph are strings.
  public let isIDIndexed: Bool

  /// Whether no two nodes of a table have the same id, by table number.
  public var hasUniqueIDs: [Bool] { contents.tables.map { $0.idIndex?.isUnique ?? false } }

  /// Whether every node of a table has an id that no other node of it has, by table number.
  public var areIdentified: [Bool] {
    contents.tables.map { table in
      table.idIndex.map { $0.isUnique && $0.rows.count == table.rowCount } ?? false
    }
  }

  /// Whether the nodes of a label set in a table all have ids, each greater than that of the node
  /// before; `false` also where that is not known.
  public func haveAscendingIDs(labelSet: Int, inTable table: Int) -> Bool {
    contents.tables[table].idIndex?.ascending.contains(labelSet) ?? false
  }

  /// The nodes with that id, of every table, ascending.
  ///
  /// In a graph with a schema an id is unique within a table.
  public func nodes(withID id: String) -> [NodeNumber] {
    strings.code(of: id).map { nodes(withIDOf: $0) } ?? []
  }

  /// The same by the code of the id.
  public func nodes(withIDOf code: StringCode) -> [NodeNumber] {
    guard let idKey else { return [] }
    var found: [NodeNumber] = []
    for table in contents.tables { table.appendNodes(withID: code, idKey, to: &found) }
    return found.sorted()
  }

  /// A property of a node; `null` where it has none.
  public func property(_ key: UInt16, of node: NodeNumber) -> Value {
    let table = contents.tables[Int(contents.nodeTables[Int(node.rawValue)])]
    guard let column = table.column(for: key) else { return .null }
    return table.columns[column].value(
      at: Int(contents.nodeRows[Int(node.rawValue)]),
      in: strings
    )
  }

  /// The properties that a node has, by key number in the order of the table's columns.
  public func properties(of node: NodeNumber) -> [(key: UInt16, value: Value)] {
    let table = contents.tables[Int(contents.nodeTables[Int(node.rawValue)])]
    let row = Int(contents.nodeRows[Int(node.rawValue)])
    return table.keys.indices.compactMap { index in
      guard table.columns[index].hasValue(at: row) else { return nil }
      return (table.keys[index], table.columns[index].value(at: row, in: strings))
    }
  }

  /// The event that claimed a node's property, or `nil` where it has none.
  public func position(ofProperty key: UInt16, of node: NodeNumber) -> EventPosition? {
    let table = contents.tables[Int(contents.nodeTables[Int(node.rawValue)])]
    let row = Int(contents.nodeRows[Int(node.rawValue)])
    guard let column = table.column(for: key), table.columns[column].hasValue(at: row) else {
      return nil
    }
    return EventPosition(table.columns[column].positions[row])
  }

  /// All forms of a TEXT property of a node, each with its event, in the order claimed.
  public func forms(
    ofProperty key: UInt16,
    of node: NodeNumber
  ) -> [(form: TextForm, position: EventPosition)] {
    let table = contents.tables[Int(contents.nodeTables[Int(node.rawValue)])]
    guard let column = table.column(for: key), let texts = table.texts[column] else { return [] }
    return texts.forms(ofRow: Int(contents.nodeRows[Int(node.rawValue)])).map {
      (texts.form(at: $0, in: strings), EventPosition(texts.positions[$0]))
    }
  }

  // MARK: Edges

  public func source(of edge: EdgeReference) -> NodeNumber {
    NodeNumber(contents.edgeTypes[Int(edge.type)].sources[Int(edge.number)])
  }

  public func target(of edge: EdgeReference) -> NodeNumber {
    NodeNumber(contents.edgeTypes[Int(edge.type)].targets[Int(edge.number)])
  }

  /// A property of an edge; `null` where it has none.
  public func property(_ key: UInt16, of edge: EdgeReference) -> Value {
    let table = contents.edgeTypes[Int(edge.type)]
    guard let column = table.column(for: key) else { return .null }
    return table.columns[column].value(at: Int(edge.number), in: strings)
  }

  /// The properties that an edge has, by key number.
  public func properties(of edge: EdgeReference) -> [(key: UInt16, value: Value)] {
    let table = contents.edgeTypes[Int(edge.type)]
    return table.keys.indices.compactMap { index in
      guard table.columns[index].hasValue(at: Int(edge.number)) else { return nil }
      return (table.keys[index], table.columns[index].value(at: Int(edge.number), in: strings))
    }
  }
}

extension NodeTable {
  fileprivate func appendNodes(
    withID code: StringCode,
    _ idKey: UInt16,
    to found: inout [NodeNumber]
  ) {
    guard let index = idIndex, let column = column(for: idKey) else { return }
    for place in index.places(of: code, in: columns[column].words32) {
      found.append(NodeNumber(nodes[Int(index.rows[place])]))
    }
  }
}
