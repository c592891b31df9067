import GraphModel

/// The names that a schema declares, in its order.
public struct GraphVocabulary: Sendable {
  public var labels: [String]
  public var properties: [String]
  public var tables: [String]
  public var edgeTypes: [EdgeShape]

  /// How edges of a type are kept.
  public struct EdgeShape: Hashable, Sendable {
    public var type: String
    public var hasValidity: Bool
    /// As ``GraphBuilder/edgeType(named:hasValidity:keyIsText:)`` takes it.
    public var keyIsText: [Bool]

    public init(type: String, hasValidity: Bool, keyIsText: [Bool]) {
      self.type = type
      self.hasValidity = hasValidity
      self.keyIsText = keyIsText
    }
  }

  public init(
    labels: [String],
    properties: [String],
    tables: [String],
    edgeTypes: [EdgeShape]
  ) {
    self.labels = labels
    self.properties = properties
    self.tables = tables
    self.edgeTypes = edgeTypes
  }
}

extension GraphContents {
  /// Numbers names in the order of a vocabulary, and those that it lacks behind them.
  ///
  /// Rows come out of a graph in the order of its names, so the same schema has to number them
  /// alike whether a graph was folded just now or read from an image. Names of the vocabulary that
  /// the graph does not use are added.
  public mutating func adopt(_ vocabulary: GraphVocabulary) {
    let labelNumbers = Self.merge(&labels, into: vocabulary.labels)
    labelSets = labelSets.map { set in set.map { labelNumbers[Int($0)] }.sorted() }
    let keyNumbers = Self.merge(&propertyKeys, into: vocabulary.properties)
    addMissing(vocabulary)
    let (tableOrder, tableNumbers) = Self.order(tables.map(\.name), like: vocabulary.tables)
    let (typeOrder, typeNumbers) = Self.order(
      edgeTypes.map(\.type),
      like: vocabulary.edgeTypes.map(\.type)
    )
    if tableOrder != Array(tables.indices) {
      labelSetStatistics = nil
      tables = tableOrder.map { tables[$0] }
      nodeTables = nodeTables.mapped(tableNumbers)
    }
    if typeOrder != Array(edgeTypes.indices) { edgeTypes = typeOrder.map { edgeTypes[$0] } }
    for table in tables.indices { tables[table].renumberKeys(keyNumbers) }
    for type in edgeTypes.indices { edgeTypes[type].renumberKeys(keyNumbers) }
    let isSame =
      keyNumbers.enumerated().allSatisfy { $0.offset == $0.element }
      && typeNumbers.enumerated().allSatisfy { $0.offset == $0.element }
    if isSame { return }
    past = PastStore(
      claims: past.claims.map { claim in
        var claim = claim
        if case .edge(let edge) = claim.subject {
          let type = typeNumbers[Int(edge.type)]
          claim.subject = .edge(EdgeReference(type: type, number: edge.number))
        }
        switch claim.content {
        case .property(let key, let value):
          claim.content = .property(keyNumbers[Int(key)], value)
        case .form(let key, let form, let order):
          claim.content = .form(keyNumbers[Int(key)], form, order: order)
        default: break
        }
        return claim
      }
    )
  }

  private mutating func addMissing(_ vocabulary: GraphVocabulary) {
    for name in vocabulary.tables where !tables.contains(where: { $0.name == name }) {
      tables.append(NodeTable(name: name))
    }
    for shape in vocabulary.edgeTypes {
      guard let known = edgeTypes.firstIndex(where: { $0.type == shape.type }) else {
        edgeTypes.append(EdgeTable(shape))
        continue
      }
      if edgeTypes[known].count == 0 { edgeTypes[known] = EdgeTable(shape) }
    }
  }

  /// Replaces names by those wanted and the rest of them; returns the new number of each.
  private static func merge(_ names: inout [String], into wanted: [String]) -> [UInt16] {
    var merged = wanted
    var numbers: [UInt16] = []
    for name in names {
      if let known = merged.firstIndex(of: name) {
        numbers.append(UInt16(known))
      } else {
        numbers.append(UInt16(merged.count))
        merged.append(name)
      }
    }
    names = merged
    return numbers
  }

  /// The indices of names in the order wanted, and the new place of each.
  private static func order(_ names: [String], like wanted: [String]) -> ([Int], [UInt16]) {
    let order = names.indices.sorted { left, right in
      (wanted.firstIndex(of: names[left]) ?? .max, left)
        < (wanted.firstIndex(of: names[right]) ?? .max, right)
    }
    var numbers = [UInt16](repeating: 0, count: names.count)
    for (number, index) in order.enumerated() { numbers[index] = UInt16(number) }
    return (order, numbers)
  }
}

extension EdgeTable {
  fileprivate init(_ shape: GraphVocabulary.EdgeShape) {
    self.init(type: shape.type, hasValidity: shape.hasValidity)
    keyIsText = shape.keyIsText
    keyLength = shape.keyIsText.count
  }
}
