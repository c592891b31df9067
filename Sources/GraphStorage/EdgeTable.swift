public import GraphModel

/// The edges of one type, numbered in the order in which they were claimed.
public struct EdgeTable: Sendable {
  public let type: String
  /// Whether the edges say from when to when they hold.
  public let hasValidity: Bool
  public internal(set) var sources = FlatArray<UInt32>()
  public internal(set) var targets = FlatArray<UInt32>()
  /// The event that first claimed each edge.
  public internal(set) var positions = FlatArray<UInt32>()
  /// Empty where the type has no validity.
  public internal(set) var validity = ValidityColumns()
  /// The words of the edges' keys, ``keyLength`` for each edge.
  public internal(set) var keyWords = FlatArray<UInt32>()
  /// How many words tell parallel edges apart.
  public internal(set) var keyLength = 0
  /// For each word of a key whether it is the code of a text.
  public internal(set) var keyIsText: [Bool] = []
  /// The properties that any edge has had, as indices into ``GraphContents/propertyKeys``.
  public internal(set) var keys: [UInt16] = []
  /// Aligned with ``keys``; rows are edge numbers.
  public internal(set) var columns: [PropertyColumn] = []
  /// Edges by their source, made when the graph is published.
  public internal(set) var outgoing = Adjacency()
  /// Edges by their target.
  public internal(set) var incoming = Adjacency()
  /// What planners know of the type; `nil` until the graph is published.
  public internal(set) var statistics: EdgeStatistics?

  init(type: String, hasValidity: Bool) {
    self.type = type
    self.hasValidity = hasValidity
  }

  public var count: Int { sources.count }

  public func column(for key: UInt16) -> Int? { keys.firstIndex(of: key) }

  /// How many edges the event made that claims now; they are the last ones.
  func count(ofEvent position: UInt32) -> UInt32 {
    var count: UInt32 = 0
    while count < UInt32(self.count), positions[self.count - 1 - Int(count)] == position {
      count += 1
    }
    return count
  }

  /// Looks for an edge among the last ones, which the event made that claims now.
  ///
  /// - Returns: the edge, if it is there, and whether it was looked at all of them.
  func lastEdges(
    ofEvent position: UInt32,
    from source: UInt32,
    to target: UInt32,
    key: EdgeKey,
    countMax: Int
  ) -> (found: UInt32?, isCertain: Bool) {
    let (positions, sources, targets) = (positions.address, sources.address, targets.address)
    var edge = count - 1
    let last = edge - countMax
    while edge >= 0, positions[edge] == position {
      guard edge > last else { return (nil, false) }
      if sources[edge] == source, targets[edge] == target, hasKey(key, edge: edge) {
        return (UInt32(edge), true)
      }
      edge -= 1
    }
    return (nil, true)
  }

  func hasKey(_ key: EdgeKey, edge: Int) -> Bool {
    key.isKey(ofEdge: edge, in: keyWords.address)
  }

  /// Keys of that length are appended.
  mutating func noteKey(length: Int) {
    if count == 0, keyIsText.count != length {
      keyIsText = Array(repeating: true, count: length)
      keyLength = length
    }
    precondition(keyLength == length, "keys of one type are alike")
  }

  mutating func makeColumn(for key: UInt16, kind: PropertyColumn.Kind) -> Int {
    if let existing = column(for: key) { return existing }
    keys.append(key)
    columns.append(PropertyColumn(kind: kind))
    return keys.count - 1
  }

  /// Names the properties by other numbers.
  mutating func renumberKeys(_ numbers: [UInt16]) {
    keys = keys.map { numbers[Int($0)] }
    sortColumns()
  }

  /// Puts the columns into the order of their keys.
  mutating func sortColumns() {
    guard !zip(keys, keys.dropFirst()).allSatisfy(<) else { return }
    let order = keys.indices.sorted { keys[$0] < keys[$1] }
    (keys, columns) = (order.map { keys[$0] }, order.map { columns[$0] })
  }
}

/// From when to when each edge of a VALID type holds in the world: `from` inclusive, `to` exclusive.
public struct ValidityColumns: Sendable {
  /// Packed dates; ``absent`` where not stated.
  public internal(set) var from = FlatArray<Int32>()
  /// Packed dates; ``absent`` where open, ``unknownEnd`` where ended nobody says when.
  public internal(set) var to = FlatArray<Int32>()
  /// The event that claimed each `from`, or 0.
  public internal(set) var fromPositions = FlatArray<UInt32>()
  /// The event that claimed each `to`, or 0.
  public internal(set) var toPositions = FlatArray<UInt32>()

  public static let absent = Int32.min
  public static let unknownEnd = Int32.min + 1

  public init() {}

  /// - Precondition: the date has a ``PartialDate/storedPacked``, as schemas ask of VALID.
  static func word(_ date: PartialDate) -> Int32 {
    guard let word = date.storedPacked else {
      preconditionFailure("a validity lies outside of the years that are stored")
    }
    return word
  }

  /// Whether an edge may hold on some of the days from `firstDay` to `lastDay`, packed dates.
  ///
  /// An unknown start may be any; an unknown end may be any, an open one is none.
  @inlinable
  public static func mayHold(
    from start: Int32,
    to end: Int32,
    firstDay: Int64,
    lastDay: Int64
  ) -> Bool {
    if start != absent, PartialDate(storedPacked: start).earliest.packed > lastDay { return false }
    if end == absent || end == unknownEnd { return true }
    return PartialDate(storedPacked: end).latest.packed > firstDay
  }
}
