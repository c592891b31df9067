import GraphModel

/// What is gathered while some events of a graph are folded again.
///
/// A graph is a function of the claims of its events, whatever the order in which they are made:
/// nodes are numbered in the order of their first mention, edges in that of their first claim, and
/// of two values of a property that of the later event time wins. So the claims of some events can
/// be taken back and made again, and the graph is the one that a fold of the whole log makes, byte
/// for byte. ``GraphBuilder/beginPatch(without:)`` takes back, the builder's usual calls gather
/// here what the events claim now, and ``GraphBuilder/finishPatch()`` puts both together.
struct GraphPatch {
  /// What a claim of a value is about.
  struct CellKey: Hashable {
    enum Part: Hashable {
      case property(UInt16)
      case from, to
    }

    var subject: PastClaim.Subject
    var part: Part

    init(subject: PastClaim.Subject, part: Part) {
      self.subject = subject
      self.part = part
    }

    init?(_ subject: PastClaim.Subject, _ content: PastClaim.Content) {
      self.subject = subject
      switch content {
      case .property(let key, _): part = .property(key)
      case .from: part = .from
      case .to: part = .to
      case .existence, .form: return nil
      }
    }
  }

  /// A form of a name as an event claims it.
  struct FormClaim {
    var position: UInt32
    var text: StringCode
    var language: StringCode
    var kind: UInt8

    func isSameForm(as other: Self) -> Bool {
      text == other.text && language == other.language && kind == other.kind
    }
  }

  /// The TEXT property of a node.
  struct TextKey: Hashable {
    var node: UInt32
    var key: UInt16
  }

  /// The claims that events make on the edges of one type, in their order.
  struct EdgeClaims {
    var edges: [UInt32] = []
    var positions: [UInt32] = []
    /// How many edges there were before the patch.
    var formerCount: Int
    /// Whether any claim of the type was taken back or made.
    var isTouched = false
  }

  /// By position: which events are folded again.
  let isTouched: [Bool]
  /// Of the events that are folded again; ``Mentions/starts`` is by their order.
  var mentions = Mentions()
  var positions: [UInt32] = []
  let formerNodeCount: Int
  var edgeClaims: [EdgeClaims] = []
  var forms: [TextKey: [FormClaim]] = [:]
  /// TEXT properties that lost a form.
  var changedTexts: Set<TextKey> = []
  /// Values of which a claim was taken back or made beside another.
  var changedCells: Set<CellKey> = []
  var quarantined: [UInt32] = []
  private var position: UInt32 = 0
  /// Where to go on looking for the event's former edges, by type.
  private var formerEdgeCursors: [UInt16: Int] = [:]

  init(isTouched: [Bool], contents: GraphContents) {
    self.isTouched = isTouched
    formerNodeCount = contents.nodeCount
    edgeClaims = contents.edgeTypes.map { EdgeClaims(formerCount: $0.count) }
    mentions.starts = FlatArray()
  }

  func touches(_ position: UInt32) -> Bool {
    Int(position) < isTouched.count && isTouched[Int(position)]
  }

  mutating func begin(_ position: UInt32) {
    precondition(touches(position), "only events that were taken back are folded again")
    precondition(position > self.position, "events are folded in order")
    self.position = position
    positions.append(position)
    mentions.starts.append(UInt32(mentions.nodes.count))
    if !formerEdgeCursors.isEmpty { formerEdgeCursors = [:] }
  }

  mutating func claim(_ edge: EdgeReference) {
    let type = Int(edge.type)
    while edgeClaims.count <= type { edgeClaims.append(EdgeClaims(formerCount: 0)) }
    edgeClaims[type].edges.append(edge.number)
    edgeClaims[type].positions.append(position)
    edgeClaims[type].isTouched = true
  }

  /// The next of the edges that the event made for itself before, where it has the same ends.
  ///
  /// Its number then needs no change.
  mutating func formerEdge(
    type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    in contents: GraphContents
  ) -> EdgeReference? {
    guard Int(type) < edgeClaims.count else { return nil }
    let table = contents.edgeTypes[Int(type)]
    let formerCount = edgeClaims[Int(type)].formerCount
    let cursor =
      formerEdgeCursors[type]
      ?? table.firstEdge(ofEvent: position, among: formerCount)
    guard cursor < formerCount, table.positions[cursor] == position,
      table.sources[cursor] == source.rawValue, table.targets[cursor] == target.rawValue
    else { return nil }
    formerEdgeCursors[type] = cursor + 1
    let edge = EdgeReference(type: type, number: UInt32(cursor))
    claim(edge)
    return edge
  }

  /// Whether no claim on the edges of a table is left.
  func hasRetractedAll(of table: EdgeTable) -> Bool {
    table.positions.withUnsafeBuffer { $0.allSatisfy { touches($0) } }
  }

  mutating func forgetEdges(ofType type: Int) {
    edgeClaims[type] = EdgeClaims(formerCount: 0, isTouched: true)
    changedCells = changedCells.filter { key in
      if case .edge(let edge) = key.subject { return Int(edge.type) != type }
      return true
    }
  }

  mutating func noteChange(of subject: PastClaim.Subject, _ content: PastClaim.Content) {
    if let key = CellKey(subject, content) { changedCells.insert(key) }
  }

  mutating func addForm(
    _ text: StringCode,
    _ language: StringCode,
    _ kind: TextForm.Kind,
    key: UInt16,
    of node: UInt32
  ) {
    forms[TextKey(node: node, key: key), default: []].append(
      FormClaim(position: position, text: text, language: language, kind: kind.rawValue)
    )
  }
}

extension EdgeTable {
  /// The first of the edges that an event made, among the first `count` of them.
  func firstEdge(ofEvent position: UInt32, among count: Int) -> Int {
    positions.withUnsafeBuffer { positions in
      var low = 0
      var high = count
      while low < high {
        let middle = (low + high) / 2
        if positions[middle] < position { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }
}
