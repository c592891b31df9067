import GraphModel
import SourceText

/// A step of a plan and the steps that it draws rows from.
final class Plan {
  var operation: Operation
  var inputs: [Plan]
  /// How many rows the planner expects.
  var estimate: Double
  /// The slots of the inputs that somebody further up reads; set once the plan is whole.
  var live: [Int] = []
  /// Whether all rows are made before anybody looks at the first; set once the plan is whole.
  var isAwaited = false
  /// The order of the first input's rows, for steps that make use of it; set once the plan is whole.
  private var knownInputOrder: PlanOrder?
  /// Of an aggregation, the keys that come in runs; set once the plan is whole.
  private(set) var runKeys = RunKeys()

  init(_ operation: Operation, _ inputs: [Plan] = [], estimate: Double) {
    self.operation = operation
    self.inputs = inputs
    self.estimate = estimate
  }

  /// What is known of the order in which the rows of the first input come.
  func inputOrder(in view: GraphView) -> PlanOrder {
    knownInputOrder ?? inputs[0].order(in: view)
  }

  /// Finds out once what runs would otherwise find out each time.
  func noteInputOrder(in view: GraphView) {
    switch operation {
    case .distinct, .sort: knownInputOrder = inputs[0].order(in: view)
    case .aggregate(let aggregation):
      runKeys = RunKeys(aggregation, inputs[0].order(in: view))
    default: break
    }
    for input in inputs { input.noteInputOrder(in: view) }
  }

  /// How many rows all steps together are expected to make.
  var cost: Double { inputs.reduce(estimate) { $0 + $1.cost } }

  indirect enum Operation {
    /// One row without columns.
    case single
    /// The rows of the enclosing plan; what they carry is decided by `live`.
    case argument(rowSlot: Int)
    /// All nodes of some label sets, for each input row.
    case scan(slot: Int, labelSets: [Bool]?, text: String)
    /// The nodes with an id.
    case seek(slot: Int, id: Bound, labelSets: [Bool]?, text: String)
    /// The edges of a type with a property of a constant value, and their ends.
    case edgeSeek(EdgeSeek)
    case expand(Expansion)
    case intersect(Intersection)
    case edgeEnds(Expansion)
    case walk(Walk)
    case shortest(ShortestPath)
    case filter(Bound)
    case project([Assignment])
    case aggregate(Aggregation)
    case distinct([Int], partition: Int?)
    case sort(Sorting)
    case slice(skip: Bound?, limit: Bound?, partition: Int?)
    case unwind(Bound, slot: Int)
    case union
    /// The second input, run for the rows of the first.
    case apply(Application)
  }
}

struct Assignment {
  var slot: Int
  var value: Bound
  var name: String
}

/// Follows the edges of some types from a bound node.
struct Expansion {
  enum Direction: Hashable {
    case right, left, either
  }

  var from: Int
  var to: Int
  var edge: Int
  /// Ascending.
  var types: [UInt16]
  var direction: Direction
  /// Whether `to` is bound too, so that edges between the two are looked for.
  var into: Bool
  /// Which neighbours count; `nil` for all.
  var labelSets: [Bool]?
  /// Bound edges of the same MATCH, which may not be matched again.
  var distinctFrom: [Int]
  /// Bound lists of edges of the same MATCH.
  var distinctFromLists: [Int]
  /// Bound nodes that `to` differs from, because an edge to them would be one that is bound.
  var distinctFromNodes: [Int] = []
  /// The slot of a bound node whose number that of `to` is to be greater than.
  var above: Int?
  /// Whether somebody reads which edge it is; set once the plan is whole.
  var needsEdge = true
  var asOf: Bound?
  var text: String
  /// Where the edge itself is bound: which of its ends are bound too.
  var boundFrom = false
  var boundTo = false
  /// Instead of a row for each edge, one row for each input row, and how many there would be in
  /// this slot.
  var countSlot: Int?
  /// Of a counted expansion: bound edges that are certainly among those counted, beside
  /// ``distinctFrom``, which may be.
  var certainlyMatched = 0
  /// Of a counted expansion: how many rows each input row stands for already.
  var factorSlot: Int?
  /// Of a counted expansion: the one counted before that may count the same edges.
  var rival: Rival?

  /// Another counted expansion over the same type; both never take the same edge.
  struct Rival {
    var from: Int
    var direction: Direction
    /// Whether a bound edge is the only one that both could take.
    var isSettled: Bool
    /// Bound edges, which neither takes.
    var matched: [Int]
  }
}

/// Finds a node that has edges to several bound nodes, in what their neighbours have in common.
struct Intersection {
  /// An edge from a bound node.
  struct Arm {
    var from: Int
    var edge: Int
    var type: UInt16
    /// Seen from the bound node; never `either`.
    var direction: Expansion.Direction
    /// Bound edges, and lists of edges, of the same MATCH.
    var distinctFrom: [Int]
    var distinctFromLists: [Int]
    var text: String
  }

  var to: Int
  var arms: [Arm]
  /// Which neighbours count; `nil` for all.
  var labelSets: [Bool]?
  /// Arms, by index, that may not take the same edge.
  var rivals: [(Int, Int)]
  /// Whether somebody reads which edges there are; set once the plan is whole.
  var needsEdges = true
  /// Whether it matters only that there is such a node, and not which, nor how many; set once the
  /// plan is whole.
  var isAnyEnough = false
}

/// Follows edges again and again: `*m..n`.
struct Walk {
  var expansion: Expansion
  var minimum: Int
  var maximum: Int?
  /// The list of the edges walked.
  var list: Int
  /// What each edge must fulfil; `expansion.edge` is the edge.
  var predicate: Bound?
  /// Whether the list runs from `to` to `from`, because the pattern was walked backwards.
  var reversed: Bool
}

struct ShortestPath {
  enum Selector {
    case any
    case all
    case some(Bound)
  }

  var walk: Walk
  var selector: Selector
}

struct EdgeSeek {
  var edge: Int
  var source: Int
  var target: Int
  var type: UInt16
  /// A property that must have a constant value; `nil`: all edges of the type are wanted.
  var match: Match?
  var sourceLabelSets: [Bool]?
  var targetLabelSets: [Bool]?
  var asOf: Bound?
  var text: String
  /// What somebody reads of each edge; set once the plan is whole.
  var needs = Parts.all

  struct Parts: OptionSet {
    let rawValue: UInt8

    static let edge = Parts(rawValue: 1)
    static let source = Parts(rawValue: 2)
    static let target = Parts(rawValue: 4)
    static let all: Parts = [.edge, .source, .target]
  }

  struct Match {
    var key: String
    var value: Bound
  }
}

struct Aggregation {
  var keys: [Assignment]
  var aggregates: [AggregateAssignment]
  /// The outer row in a subquery; groups never mix rows of different ones.
  var partition: Int?
  /// The slot of how many rows each row stands for; see ``Expansion/countSlot``.
  var weight: Int?
}

struct AggregateAssignment {
  var slot: Int
  var aggregate: BoundAggregate
  var span: SourceSpan
}

struct Sorting {
  struct Key {
    var value: Bound
    var descending: Bool
  }

  var keys: [Key]
  var skip: Bound?
  var limit: Bound?
  var partition: Int?
  /// Whether nothing can go wrong in looking up the keys behind the first, so that this may be left
  /// out for rows that the first key decides about; set once the plan is whole.
  var hasSimpleLaterKeys = false
}

struct Application {
  /// Whether rows without inner rows stay, with nulls.
  var optional: Bool
  var rowSlot: Int
  /// The slots that the inner plan binds.
  var produced: [Int]
}
