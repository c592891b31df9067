public import GraphModel

/// What one graph holds and another does not: nodes by family and id, edges by type, ends and key,
/// values by property.
///
/// Values of nodes and edges that appear or vanish are not listed beside them, and neither is which
/// event claimed what: the difference is of what the graphs say.
public struct GraphDifference: Hashable, Sendable {
  /// What an ``Entry`` counts.
  public enum Subject: Hashable, Sendable {
    /// Nodes with exactly these labels, ascending; a node changes where its labels do.
    case nodes(labels: [String])
    case edges(type: String)
    /// Values of a property, of nodes with these labels.
    case nodeValues(labels: [String], property: String)
    /// Values of a property of edges; `from` and `to` of their validity as well.
    case edgeValues(type: String, property: String)
  }

  /// One thing that is different, for a person to look at.
  public struct Sample: Hashable, Sendable {
    public enum Change: String, Hashable, Sendable {
      case appears, vanishes, changes
    }

    public var change: Change
    /// The id of the node, or of the node where the edge starts.
    public var id: String
    /// The id of the node where the edge ends.
    public var targetID: String?
    public var before: Value?
    public var after: Value?
  }

  public struct Entry: Hashable, Sendable {
    public var subject: Subject
    public var appeared = 0
    public var vanished = 0
    public var changed = 0
    /// The first few.
    public var samples: [Sample] = []
  }

  /// A type of edges that has another name now, and is otherwise as it was.
  public struct RenamedEdgeType: Hashable, Sendable {
    public var before: String
    public var after: String
    public var count: Int
  }

  public internal(set) var entries: [Entry] = []
  public internal(set) var renamedEdgeTypes: [RenamedEdgeType] = []

  /// No difference.
  public init() {}

  public var isEmpty: Bool { entries.isEmpty && renamedEdgeTypes.isEmpty }

  /// Sums over all entries of nodes, of edges, or of values.
  public func total(
    where isWanted: (Subject) -> Bool
  ) -> (appeared: Int, vanished: Int, changed: Int) {
    entries.filter { isWanted($0.subject) }.reduce((0, 0, 0)) {
      ($0.0 + $1.appeared, $0.1 + $1.vanished, $0.2 + $1.changed)
    }
  }

  static let sampleCountMax = 3
}

extension GraphDifference.Subject {
  public var isNodes: Bool { if case .nodes = self { true } else { false } }
  public var isEdges: Bool { if case .edges = self { true } else { false } }
  public var isValues: Bool { !isNodes && !isEdges }
}

/// Gathers entries in the order in which they first come up.
struct DifferenceGathering {
  private(set) var entries: [GraphDifference.Entry] = []
  private var numbers: [GraphDifference.Subject: Int] = [:]

  mutating func add(
    _ change: GraphDifference.Sample.Change,
    to subject: GraphDifference.Subject,
    sample: () -> GraphDifference.Sample
  ) {
    let number: Int
    if let known = numbers[subject] {
      number = known
    } else {
      number = entries.count
      numbers[subject] = number
      entries.append(GraphDifference.Entry(subject: subject))
    }
    switch change {
    case .appears: entries[number].appeared += 1
    case .vanishes: entries[number].vanished += 1
    case .changes: entries[number].changed += 1
    }
    let count = entries[number].samples.count { $0.change == change }
    if count < GraphDifference.sampleCountMax { entries[number].samples.append(sample()) }
  }
}
