import GraphModel
import GraphStorage

/// A graph as kernels see it: raw pointers into its columns.
///
/// The pointers stay valid because the graph never changes and this object
/// keeps it alive; that is also why sharing it between threads is safe.
final class GraphView: @unchecked Sendable {
  let graph: Graph
  let nodeCount: Int
  let nodeTables: UnsafePointer<UInt16>
  let nodeRows: UnsafePointer<UInt32>
  let nodeLabelSets: UnsafePointer<UInt16>
  let tables: [TableView]
  let labelSets: [[UInt16]]
  let edgeTypes: [EdgeTypeView]
  /// By property key.
  private let keyColumns: [KeyColumns]
  let stringCount: Int
  let stringOffsets: UnsafePointer<UInt64>
  let stringBytes: UnsafePointer<UInt8>
  let stringPrefixes: UnsafePointer<UInt64>
  /// How many nodes have each label set.
  let labelSetCounts: [Int]
  /// The table of the nodes of each label set; `nil` where they are in several, or there are none.
  private let tableOfLabelSet: [UInt16?]
  /// The tables whose nodes have each an id of their own.
  private let identifiedTables: [Bool]

  init(_ graph: Graph) {
    self.graph = graph
    let contents = graph.contents
    nodeCount = contents.nodeCount
    nodeTables = pointer(contents.nodeTables)
    nodeRows = pointer(contents.nodeRows)
    nodeLabelSets = pointer(contents.nodeLabelSets)
    tables = contents.tables.map { TableView($0, keyCount: contents.propertyKeys.count) }
    stringCount = contents.strings.count
    stringOffsets = pointer(contents.strings.offsets)
    stringBytes = pointer(contents.strings.bytes)
    stringPrefixes = pointer(contents.strings.prefixes)
    guard let statistics = contents.labelSetStatistics else {
      preconditionFailure("a graph has its indexes")
    }
    labelSetCounts = statistics.nodeCounts
    tableOfLabelSet = statistics.tables
    edgeTypes = contents.edgeTypes.map { EdgeTypeView($0) }
    labelSets = contents.labelSets
    keyColumns = contents.propertyKeys.indices.map { [tables, edgeTypes] key in
      KeyColumns(UInt16(key), tables, edgeTypes)
    }
    let idKey = graph.propertyKey(named: "id").map { Int($0) }
    identifiedTables = zip(graph.areIdentified, tables).map { isIdentified, table in
      if table.rowCount == 0 { return true }
      let column = idKey.flatMap { table.columnOfKey[$0] }.map { table.columns[$0] }
      // What a text is read as depends on the languages that are asked for.
      return isIdentified && column?.cells.kind == .string && column?.texts == nil
    }
  }

  /// The columns of a property; without any where no node and no edge has it.
  func columns(ofPropertyNamed name: String) -> KeyColumns {
    graph.propertyKey(named: name).map { keyColumns[Int($0)] } ?? KeyColumns.none
  }

  /// The only table with nodes of those label sets, where there is one.
  func onlyTable(of labelSets: [Bool]?) -> Int? {
    var only: UInt16?
    for set in labelSetCounts.indices
    where labelSets?[set] != false && labelSetCounts[set] > 0 {
      guard let table = tableOfLabelSet[set], only == nil || only == table else { return nil }
      only = table
    }
    return only.map { Int($0) }
  }

  /// The only one of those label sets that nodes have.
  func onlyLabelSet(of labelSets: [Bool]) -> Int? {
    let used = labelSets.indices.filter { labelSets[$0] && labelSetCounts[$0] > 0 }
    return used.count == 1 ? used[0] : nil
  }

  /// Whether an id is that of one node of those label sets at most.
  func hasUniqueIDs(_ labelSets: [Bool]?) -> Bool {
    onlyTable(of: labelSets).map { graph.hasUniqueIDs[$0] } ?? false
  }

  /// Whether nodes of those label sets are of one only, and in the order of their ids.
  func areInOrderOfIDs(_ labelSets: [Bool]) -> Bool {
    guard let table = onlyTable(of: labelSets), let set = onlyLabelSet(of: labelSets) else {
      return false
    }
    return identifiedTables[table] && graph.haveAscendingIDs(labelSet: set, inTable: table)
  }

  /// Whether every node has an id that no other node of its table has.
  var areAllIdentified: Bool { identifiedTables.allSatisfy { $0 } }

  /// Whether all nodes of those label sets have an id that no other of them has.
  func areIdentified(_ labelSets: [Bool]) -> Bool {
    onlyTable(of: labelSets).map { identifiedTables[$0] } ?? false
  }

  /// The bytes of a string of the graph.
  @inline(__always)
  func bytes(_ code: Int) -> UnsafeBufferPointer<UInt8> {
    let start = Int(stringOffsets[code])
    return UnsafeBufferPointer(
      start: stringBytes + start,
      count: Int(stringOffsets[code + 1]) - start
    )
  }
}

/// The address of an array's elements, for as long as the array's owner lives unchanged.
func pointer<Element>(_ array: FlatArray<Element>) -> UnsafePointer<Element> {
  array.address
}

/// A property column of a node table or an edge type.
struct ColumnView: @unchecked Sendable {
  let cells: ColumnCells
  /// The values of a dynamic column.
  let values: [Value]
  let texts: TextColumn?

  init(_ column: PropertyColumn, texts: TextColumn?) {
    cells = ColumnCells(
      kind: column.kind,
      rowCount: column.rowCount,
      positions: pointer(column.positions),
      words32: pointer(column.words32),
      words64: pointer(column.words64)
    )
    values = column.values
    self.texts = texts
  }
}

/// A column without anything that is reference-counted, for loops.
struct ColumnCells {
  let kind: PropertyColumn.Kind
  let rowCount: Int
  let positions: UnsafePointer<UInt32>
  let words32: UnsafePointer<UInt32>
  let words64: UnsafePointer<UInt64>
}

/// The columns of one property.
final class KeyColumns: Sendable {
  /// By node table.
  let ofNodes: [ColumnView?]
  /// By edge type.
  let ofEdges: [ColumnView?]

  static let none = KeyColumns(ofNodes: [], ofEdges: [])

  private init(ofNodes: [ColumnView?], ofEdges: [ColumnView?]) {
    self.ofNodes = ofNodes
    self.ofEdges = ofEdges
  }

  convenience init(_ key: UInt16, _ tables: [TableView], _ edgeTypes: [EdgeTypeView]) {
    self.init(
      ofNodes: tables.map { table in table.columnOfKey[Int(key)].map { table.columns[$0] } },
      ofEdges: edgeTypes.map { type in type.column(for: key).map { type.columns[$0] } }
    )
  }
}

struct TableView {
  let name: String
  let rowCount: Int
  let nodes: UnsafePointer<UInt32>
  let columns: [ColumnView]
  /// By property key.
  let columnOfKey: [Int?]

  init(_ table: NodeTable, keyCount: Int) {
    name = table.name
    rowCount = table.rowCount
    nodes = pointer(table.nodes)
    columns = table.columns.indices.map { ColumnView(table.columns[$0], texts: table.texts[$0]) }
    columnOfKey = (0..<keyCount).map { table.column(for: UInt16($0)) }
  }
}

/// From when to when edges hold, without anything that is reference-counted, for loops.
struct ValidityCells {
  let from: UnsafePointer<Int32>
  let to: UnsafePointer<Int32>

  init(_ columns: ValidityColumns) {
    from = pointer(columns.from)
    to = pointer(columns.to)
  }

  @inline(__always)
  func mayHold(_ edge: Int, from firstDay: Int64, to lastDay: Int64) -> Bool {
    ValidityColumns.mayHold(from: from[edge], to: to[edge], firstDay: firstDay, lastDay: lastDay)
  }
}

struct EdgeTypeView {
  let name: String
  let hasValidity: Bool
  let count: Int
  let sources: UnsafePointer<UInt32>
  let targets: UnsafePointer<UInt32>
  let outgoing: AdjacencyView
  let incoming: AdjacencyView
  let keys: [UInt16]
  let columns: [ColumnView]
  let validity: ValidityCells
  /// How many edges start at, and end at, nodes of each label set.
  let sourceCounts: [Int]
  let targetCounts: [Int]
  /// How many nodes have any edge of the type going out, and coming in.
  let distinctSources: Int
  let distinctTargets: Int

  /// Whether two edges of the type have the same source and the same target.
  let hasParallelEdges: Bool

  init(_ table: EdgeTable) {
    guard let statistics = table.statistics else {
      preconditionFailure("a graph has its indexes")
    }
    name = table.type
    hasValidity = table.hasValidity
    count = table.count
    sources = pointer(table.sources)
    targets = pointer(table.targets)
    outgoing = AdjacencyView(table.outgoing)
    incoming = AdjacencyView(table.incoming)
    keys = table.keys
    columns = table.columns.map { ColumnView($0, texts: nil) }
    validity = ValidityCells(table.validity)
    sourceCounts = statistics.sourceCounts
    targetCounts = statistics.targetCounts
    distinctSources = statistics.distinctSources
    distinctTargets = statistics.distinctTargets
    hasParallelEdges = statistics.hasParallelEdges
  }

  func column(for key: UInt16) -> Int? { keys.firstIndex(of: key) }
}
