/// The nodes of one family of types, as rows, with their property columns.
///
/// A schema's family is a node type and its subtypes; a graph that is built
/// without a schema has a table for each set of labels.
public struct NodeTable: Sendable {
  public let name: String
  /// The node of each row.
  public internal(set) var nodes = FlatArray<UInt32>()
  /// The properties that any row has had, as indices into ``GraphContents/propertyKeys``.
  public internal(set) var keys: [UInt16] = []
  /// Aligned with ``keys``.
  public internal(set) var columns: [PropertyColumn] = []
  /// Aligned with ``keys``; `nil` for properties that are not TEXT.
  public internal(set) var texts: [TextColumn?] = []
  /// Where nodes are found by id; `nil` until the graph is published.
  var idIndex: IDIndex?
  /// For each property key the index of its column plus one, or 0.
  private var columnOfKey = FlatArray<UInt16>()

  init(name: String) {
    self.name = name
  }

  public var rowCount: Int { nodes.count }

  /// The index of a property's column, or `nil` where no row has had the property.
  public func column(for key: UInt16) -> Int? {
    guard Int(key) < columnOfKey.count, columnOfKey[Int(key)] != 0 else { return nil }
    return Int(columnOfKey[Int(key)]) - 1
  }

  mutating func makeColumn(for key: UInt16, kind: PropertyColumn.Kind) -> Int {
    if let existing = column(for: key) { return existing }
    keys.append(key)
    columns.append(PropertyColumn(kind: kind))
    texts.append(nil)
    columnOfKey.grow(to: Int(key) + 1, with: 0)
    columnOfKey[Int(key)] = UInt16(keys.count)
    return keys.count - 1
  }

  /// Gives the rows a new order.
  ///
  /// - Parameters:
  ///   - formerRows: what each row was before.
  ///   - nodes: the node of each row.
  mutating func reorder(_ formerRows: [UInt32], nodes: [UInt32]) {
    self.nodes = FlatArray(nodes)
    for index in columns.indices {
      columns[index] = columns[index].permuted(formerRows)
      texts[index] = texts[index]?.permuted(formerRows)
    }
  }

  /// Drops columns without a value, and gives each the kind that its values have.
  mutating func normalizeColumns(_ strings: inout StringPool) {
    let former = self
    setColumns(
      columns.indices.compactMap { index in
        former.columns[index].normalized(&strings).map {
          (former.keys[index], $0, former.texts[index].flatMap { $0.isEmpty ? nil : $0 })
        }
      }
    )
  }

  /// Puts the columns into the order of their keys.
  mutating func sortColumns() {
    guard !zip(keys, keys.dropFirst()).allSatisfy(<) else { return }
    let order = keys.indices.sorted { keys[$0] < keys[$1] }
    setColumns(order.map { (keys[$0], columns[$0], texts[$0]) })
  }

  private mutating func setColumns(_ all: [(UInt16, PropertyColumn, TextColumn?)]) {
    keys = all.map(\.0)
    columns = all.map(\.1)
    texts = all.map(\.2)
    columnOfKey = FlatArray()
    for (index, key) in keys.enumerated() {
      columnOfKey.grow(to: Int(key) + 1, with: 0)
      columnOfKey[Int(key)] = UInt16(index + 1)
    }
  }

  /// Names the properties by other numbers.
  mutating func renumberKeys(_ numbers: [UInt16]) {
    setColumns(keys.indices.map { (numbers[Int(keys[$0])], columns[$0], texts[$0]) })
    sortColumns()
  }
}
