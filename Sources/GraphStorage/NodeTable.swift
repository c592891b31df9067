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
}
