/// What the events of a ``GraphRecording`` claim of the edges of one type.
struct RecordedEdges: ~Copyable {
  /// By edge, in the order in which they were claimed; nodes and words are those of the recording.
  private(set) var sources = GrowingBuffer<UInt32>()
  private(set) var targets = GrowingBuffer<UInt32>()
  /// The indices of the events.
  private(set) var events = GrowingBuffer<UInt32>()
  /// As many for each edge.
  private(set) var keyWords = GrowingBuffer<UInt32>()
  private(set) var keyLength = 0
  /// Of the edges, by their places here, in their order.
  private(set) var claims = GrowingBuffer<GraphRecording.Claim>()
  /// Whether some edge may be one that its event has claimed before.
  private(set) var mayRepeat = false
  /// Whether each edge is new, whatever others there are.
  private(set) var areOwn = false

  var count: Int { sources.count }

  /// An edge behind so many others of its event is not looked for among them.
  private static let comparedEdgeCountMax = 256

  mutating func removeAll() {
    sources.removeAll()
    targets.removeAll()
    events.removeAll()
    keyWords.removeAll()
    claims.removeAll()
    mayRepeat = false
    areOwn = false
  }

  mutating func add(_ event: UInt32, _ source: UInt32, _ target: UInt32, _ key: EdgeKey) -> UInt32 {
    precondition(!areOwn, "all edges of a type have a key, or none")
    if !mayRepeat, isRepeated(event, source, target, key) { mayRepeat = true }
    return append(event, source, target, key)
  }

  mutating func addOwn(
    _ event: UInt32,
    _ source: UInt32,
    _ target: UInt32,
    _ key: EdgeKey
  ) -> UInt32 {
    precondition(areOwn || count == 0, "all edges of a type have a key, or none")
    areOwn = true
    return append(event, source, target, key)
  }

  private mutating func append(
    _ event: UInt32,
    _ source: UInt32,
    _ target: UInt32,
    _ key: EdgeKey
  ) -> UInt32 {
    precondition(count == 0 || key.count == keyLength, "keys of one type are alike")
    keyLength = key.count
    sources.append(source)
    targets.append(target)
    events.append(event)
    for word in key { keyWords.append(word) }
    return UInt32(sources.count - 1)
  }

  /// Whether an event may have claimed the edge before; certain, unless it claims very many.
  private func isRepeated(
    _ event: UInt32,
    _ source: UInt32,
    _ target: UInt32,
    _ key: EdgeKey
  ) -> Bool {
    let (sources, targets, events) = (sources.start, targets.start, events.start)
    let last = count - Self.comparedEdgeCountMax
    var edge = count - 1
    while edge >= 0, events[edge] == event {
      if edge < last { return true }
      if sources[edge] == source, targets[edge] == target,
        key.isKey(ofEdge: edge, in: keyWords.start)
      {
        return true
      }
      edge -= 1
    }
    return false
  }

  @inline(__always)
  mutating func claim(_ claim: GraphRecording.Claim) {
    precondition(Int(claim.subject) == count - 1, "what an edge is like is claimed when it is made")
    claims.append(claim)
  }
}
