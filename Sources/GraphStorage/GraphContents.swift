import Dispatch
public import GraphModel
import Synchronization

/// Everything that a graph holds: what the builder grows and a ``Graph`` shows.
public struct GraphContents: Sendable {
  public internal(set) var strings = StringPool()
  /// Names of labels, by label number.
  public internal(set) var labels: [String] = []
  /// Sets of label numbers, ascending, by label set number.
  public internal(set) var labelSets: [[UInt16]] = []
  /// Names of properties, by key number.
  public internal(set) var propertyKeys: [String] = []
  public internal(set) var tables: [NodeTable] = []
  public internal(set) var edgeTypes: [EdgeTable] = []
  /// For each node its table, its row there, its label set, and the event that first named it.
  public internal(set) var nodeTables = FlatArray<UInt16>()
  public internal(set) var nodeRows = FlatArray<UInt32>()
  public internal(set) var nodeLabelSets = FlatArray<UInt16>()
  public internal(set) var nodePositions = FlatArray<UInt32>()
  /// How many nodes there are of each label set; `nil` until the graph is published.
  public internal(set) var labelSetStatistics: LabelSetStatistics?
  /// The time of each event in microseconds since 1970, by position; index 0 is unused.
  public internal(set) var eventTimes = FlatArray<Int64>([0])
  /// What each event is, by position.
  public internal(set) var eventKinds = EventKinds()
  /// The nodes that each event names.
  public internal(set) var mentions = Mentions()
  /// The events that the schema could not fold, ascending.
  public internal(set) var quarantined = FlatArray<UInt32>()
  /// The events that revise earlier ones, ascending; what they revise is not in the graph.
  public internal(set) var revisions = FlatArray<UInt32>()
  /// What was superseded, apart from the present.
  public internal(set) var past = PastStore()
  /// The last event that was folded in.
  public internal(set) var position = EventPosition(0)

  public init() {}

  public var nodeCount: Int { nodeTables.count }
  public var edgeCount: Int { edgeTypes.reduce(0) { $0 + $1.count } }

  /// Puts the columns of every table into the order of their properties' numbers.
  mutating func sortColumns() {
    for table in tables.indices { tables[table].sortColumns() }
    for type in edgeTypes.indices { edgeTypes[type].sortColumns() }
  }

  /// Makes the adjacency of every edge type that has grown.
  ///
  /// - Parameter isCompact: also of those whose slices were moved, so that none is.
  mutating func makeAdjacency(isCompact: Bool = false) {
    var wanted: [Int] = []
    for type in edgeTypes.indices {
      let table = edgeTypes[type]
      if table.count == 0 {
        (edgeTypes[type].outgoing, edgeTypes[type].incoming) = (Adjacency(), Adjacency())
        continue
      }
      let isCurrent =
        table.outgoing.edgeCount == table.count && table.incoming.edgeCount == table.count
      if isCurrent, !isCompact || (table.outgoing.isCompact && table.incoming.isCompact) {
        continue
      }
      wanted.append(type)
    }
    for (type, made) in zip(wanted, Self.adjacency(of: wanted.map { edgeTypes[$0] }, nodeCount)) {
      (edgeTypes[type].outgoing, edgeTypes[type].incoming) = made
    }
  }

  /// Fewer edges are done sooner than another thread begins.
  private static let edgeCountWorthAThread = 10_000

  /// The adjacency of some tables, several at once: of each table both directions.
  private static func adjacency(
    of tables: [EdgeTable],
    _ nodeCount: Int
  ) -> [(outgoing: Adjacency, incoming: Adjacency)] {
    @Sendable func make(_ task: Int) -> Adjacency {
      let table = tables[task / 2]
      let (near, far) =
        task % 2 == 0 ? (table.sources, table.targets) : (table.targets, table.sources)
      return Adjacency(near: near, far: far, nodeCount: nodeCount)
    }
    let tasks = 0..<tables.count * 2
    guard tables.reduce(0, { $0 + $1.count }) >= edgeCountWorthAThread else {
      return tables.indices.map { (make($0 * 2), make($0 * 2 + 1)) }
    }
    let made = Mutex([Adjacency?](repeating: nil, count: tasks.count))
    DispatchQueue.concurrentPerform(iterations: tasks.count) { task in
      let adjacency = make(task)
      made.withLock { $0[task] = adjacency }
    }
    let all = made.withLock { $0.compactMap { $0 } }
    return tables.indices.map { (all[$0 * 2], all[$0 * 2 + 1]) }
  }
}
