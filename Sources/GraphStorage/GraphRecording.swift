public import GraphModel

/// What events claim, noted apart from any graph; ``GraphBuilder/add(_:kind:)`` enters it into one.
///
/// Tables, label sets, properties and edge types have the numbers of the graph that it is meant
/// for. Strings and nodes are numbered in the recording, each once: the graph is asked for each
/// once, however many of the events name it. So several threads can record at once what one then
/// enters, column by column.
///
/// For one thread at a time.
public final class GraphRecording: ClaimTarget, @unchecked Sendable {
  struct Event: BitwiseCopyable {
    var position: UInt32
    /// What its kind is to whoever records.
    var kindTag: UInt32
    var time: Int64
    /// How many mentions and claims of nodes there are when it is over.
    var mentionEnd: UInt32 = 0
    var claimEnd: UInt32 = 0
  }

  struct Node: BitwiseCopyable {
    var id: StringCode
    var table: UInt16
    var labelSet: UInt16
    /// The index of the event that named it first.
    var event: UInt32
  }

  struct Claim: BitwiseCopyable {
    enum Kind: UInt8 {
      case cell, boxedCell, form, labels, validFrom, validTo, ended
    }

    var kind: Kind
    /// Of a cell, or of a form.
    var detail: UInt8 = 0
    /// A property, or a label set.
    var number: UInt16 = 0
    /// A node, or an edge among those of its type.
    var subject: UInt32
    /// The bits of a cell, the index of a boxed one, a date; of a form its text and, in the high
    /// half, its language.
    var bits: UInt64 = 0
  }

  /// Finds by its text or id what was recorded.
  ///
  /// Who makes one recording after another uses one index for all: it stays in the processor's
  /// cache.
  public struct Index: ~Copyable {
    fileprivate var strings = RecordedStringIndex()
    fileprivate var identities = IdentityIndex()

    public init() {}

    fileprivate mutating func removeAll() {
      strings.removeAll()
      identities.removeAll()
    }
  }

  /// Of who records, as long as it does.
  private var index: UnsafeMutablePointer<Index>

  // No access to what follows overlaps another.
  @exclusivity(unchecked) private(set) var strings = RecordedStrings()
  @exclusivity(unchecked) private(set) var nodes = GrowingBuffer<Node>()
  /// The labels that each node was given last.
  @exclusivity(unchecked) private var labelSets = GrowingBuffer<UInt16>()
  @exclusivity(unchecked) private(set) var events = GrowingBuffer<Event>()
  @exclusivity(unchecked) private(set) var mentionedNodes = GrowingBuffer<UInt32>()
  @exclusivity(unchecked) private(set) var mentionedLabelSets = GrowingBuffer<UInt16>()
  /// Of nodes.
  @exclusivity(unchecked) private(set) var claims = GrowingBuffer<Claim>()
  @exclusivity(unchecked) private(set) var boxedCells: [Cell] = []
  /// By edge type.
  let edges: UnsafeMutableBufferPointer<RecordedEdges>
  @exclusivity(unchecked) private var event: UInt32 = 0

  // What the graph has for strings and nodes, filled when they are entered.
  @exclusivity(unchecked) var graphCodes = GrowingBuffer<StringCode>()
  @exclusivity(unchecked) var graphNodes = GrowingBuffer<UInt32>()
  /// For each node the index of the event that made it; ``noEvent`` where none of these did.
  @exclusivity(unchecked) var makers = GrowingBuffer<UInt32>()

  static let noEvent = UInt32.max

  /// - Parameters:
  ///   - edgeTypeCount: how many edge types there are in the graph that it is meant for.
  ///   - index: see ``begin(with:)``.
  public init(edgeTypeCount: Int, _ index: UnsafeMutablePointer<Index>) {
    self.index = index
    index.pointee.removeAll()
    edges = .allocate(capacity: edgeTypeCount)
    for type in edges.indices { edges.initializeElement(at: type, to: RecordedEdges()) }
  }

  deinit {
    for type in edges.indices { edges.deinitializeElement(at: type) }
    edges.deallocate()
  }

  /// Begins to record, what is empty.
  ///
  /// - Parameter index: emptied and used until the last event has ended, and for no other recording.
  public func begin(with index: UnsafeMutablePointer<Index>) {
    precondition(events.count == 0, "a recording is begun that holds something")
    self.index = index
    index.pointee.removeAll()
  }

  public func removeAll() {
    strings.removeAll()
    nodes.removeAll()
    labelSets.removeAll()
    events.removeAll()
    mentionedNodes.removeAll()
    mentionedLabelSets.removeAll()
    claims.removeAll()
    boxedCells.removeAll(keepingCapacity: true)
    for type in edges.indices { edges[type].removeAll() }
    graphCodes.removeAll()
    graphNodes.removeAll()
    makers.removeAll()
  }

  // MARK: Events

  /// What follows is claimed by that event.
  ///
  /// - Parameter kindTag: what ``GraphBuilder/add(_:kind:)`` asks the kind for.
  public func begin(event position: EventPosition, time: Int64, kindTag: UInt32) {
    event = UInt32(events.count)
    events.append(Event(position: position.rawValue, kindTag: kindTag, time: time))
  }

  /// The event claims nothing more.
  public func endEvent() {
    events[Int(event)].mentionEnd = UInt32(mentionedNodes.count)
    events[Int(event)].claimEnd = UInt32(claims.count)
  }

  public var eventCount: Int { events.count }

  /// Gives the events their positions, from the first to the last.
  public func place(from first: EventPosition) {
    for index in 0..<events.count { events[index].position = first.rawValue + UInt32(index) }
  }

  public func setTime(_ time: Int64, ofEvent index: Int) {
    events[index].time = time
  }

  // MARK: Claims

  public func intern(_ text: UnsafeRawBufferPointer) -> StringCode {
    index.pointee.strings.intern(text, among: &strings)
  }

  public func intern(_ text: String) -> StringCode {
    var text = text
    return text.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
  }

  public func node(table: UInt16, id: StringCode, labelSet: UInt16) -> NodeNumber {
    let node: UInt32
    if let known = index.pointee.identities.find(table: table, id: id) {
      node = known
      if labelSets[Int(node)] != labelSet {
        labelSets[Int(node)] = labelSet
        claims.append(Claim(kind: .labels, number: labelSet, subject: node))
      }
    } else {
      node = UInt32(nodes.count)
      index.pointee.identities.insert(node, table: table, id: id)
      nodes.append(Node(id: id, table: table, labelSet: labelSet, event: event))
      labelSets.append(labelSet)
    }
    mentionedNodes.append(node)
    mentionedLabelSets.append(labelSet)
    return NodeNumber(node)
  }

  public func set(_ cell: PlainCell, key: UInt16, of node: NodeNumber) {
    claims.append(Claim(cell, key, of: node.rawValue))
  }

  public func set(_ cell: Cell, key: UInt16, of node: NodeNumber) {
    claims.append(claim(cell, key, of: node.rawValue))
  }

  private func claim(_ cell: Cell, _ key: UInt16, of subject: UInt32) -> Claim {
    if let plain = cell.plain { return Claim(plain, key, of: subject) }
    boxedCells.append(cell)
    let index = UInt64(boxedCells.count - 1)
    return Claim(kind: .boxedCell, number: key, subject: subject, bits: index)
  }

  public func addForm(
    _ text: StringCode,
    language: StringCode,
    kind: TextForm.Kind,
    key: UInt16,
    of node: NodeNumber
  ) {
    claims.append(
      Claim(
        kind: .form,
        detail: kind.rawValue,
        number: key,
        subject: node.rawValue,
        bits: UInt64(language) << 32 | UInt64(text)
      )
    )
  }

  public func edge(
    type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    key: EdgeKey
  ) -> EdgeReference {
    let number = edges[Int(type)].add(event, source.rawValue, target.rawValue, key)
    return EdgeReference(type: type, number: number)
  }

  public func newEdge(
    type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    key: EdgeKey
  ) -> EdgeReference {
    let number = edges[Int(type)].addOwn(event, source.rawValue, target.rawValue, key)
    return EdgeReference(type: type, number: number)
  }

  public func keyWord(for cell: Cell?, isText: Bool) -> UInt32 {
    guard let cell else { return StringPool.none }
    if let word = cell.plain?.keyWord(isText: isText) { return word }
    precondition(isText, "only dates and booleans are words that are no texts")
    return intern("\(cell.value { strings.text($0) })")
  }

  public func set(_ cell: PlainCell, key: UInt16, of edge: EdgeReference) {
    edges[Int(edge.type)].claim(Claim(cell, key, of: edge.number))
  }

  public func set(_ cell: Cell, key: UInt16, of edge: EdgeReference) {
    edges[Int(edge.type)].claim(claim(cell, key, of: edge.number))
  }

  public func setValidFrom(_ date: PartialDate, of edge: EdgeReference) {
    let bits = UInt64(bitPattern: date.packed)
    edges[Int(edge.type)].claim(Claim(kind: .validFrom, subject: edge.number, bits: bits))
  }

  public func setValidTo(_ date: PartialDate?, of edge: EdgeReference) {
    let bits = UInt64(bitPattern: date?.packed ?? 0)
    let kind: Claim.Kind = date == nil ? .ended : .validTo
    edges[Int(edge.type)].claim(Claim(kind: kind, subject: edge.number, bits: bits))
  }

  /// Which edges there are is not known here: events that end some are not recorded.
  public func endEdges(
    ofType type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    where properties: [(key: UInt16, value: Value)],
    at date: PartialDate?
  ) -> Bool {
    preconditionFailure("what an event ends depends on the graph")
  }
}

extension GraphRecording.Claim {
  fileprivate init(_ cell: PlainCell, _ key: UInt16, of subject: UInt32) {
    self.init(
      kind: .cell,
      detail: cell.kind.rawValue,
      number: key,
      subject: subject,
      bits: cell.bits
    )
  }

  /// The cell in a graph that has these codes for the strings of the recording.
  @inline(__always)
  func cell(_ codes: UnsafeMutablePointer<StringCode>) -> PlainCell {
    let kind = PropertyColumn.Kind(rawValue: detail).unsafelyUnwrapped
    return kind == .string ? .string(codes[Int(bits)]) : PlainCell(kind: kind, bits: bits)
  }
}
