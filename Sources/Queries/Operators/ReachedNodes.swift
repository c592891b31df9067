/// For nodes that were reached from others, those others.
final class ReachedNodes {
  struct Origin {
    var node: UInt32
    /// Where the next origin of the same node is, plus one; 0 behind the last.
    var next: UInt32
  }

  /// For each node, where its first origin is in ``origins``, plus one.
  private let memory: RoundMemory<NodeMark>
  private let pool: Pool<RoundMemory<NodeMark>>
  private let origins = OriginList()

  init(_ context: ExecutionContext) {
    pool = context.caches.nodeMarks
    memory = pool.take { RoundMemory(count: context.view.nodeCount) }
    memory.startRound()
  }

  deinit { pool.giveBack(memory) }

  func removeAll() {
    memory.startRound()
    origins.removeAll()
  }

  /// Notes that sorted nodes are reached from `origin`; of equal ones the first counts.
  func add(_ nodes: UnsafeBufferPointer<UInt32>, from origin: UInt32) {
    let (marks, round) = (memory.marks, memory.round)
    var last: UInt32?
    for node in nodes where node != last {
      last = node
      let mark = marks[Int(node)]
      origins.append(Origin(node: origin, next: mark.round == round ? mark.value : 0))
      marks[Int(node)] = NodeMark(round: round, value: UInt32(truncatingIfNeeded: origins.count))
    }
  }

  /// What is there now, for loops: valid as long as nothing is added or removed.
  var view: View { View(marks: memory.marks, round: memory.round, origins: origins.start) }

  /// ``ReachedNodes`` without anything that is reference-counted; somebody else keeps them.
  struct View {
    fileprivate let marks: UnsafeMutablePointer<NodeMark>
    fileprivate let round: UInt32
    fileprivate let origins: UnsafeMutablePointer<Origin>

    /// Passes on the origins of a node, the last added first, until `body` returns `false`.
    @inline(__always)
    func forEachOrigin(of node: UInt32, _ body: (UInt32) -> Bool) {
      let mark = marks[Int(node)]
      if mark.round != round { return }
      var link = mark.value
      while link != 0 {
        let origin = origins[Int(link) &- 1]
        if !body(origin.node) { return }
        link = origin.next
      }
    }

    /// Appends the origins of a node, the last added first.
    @inline(__always)
    func appendOrigins(of node: UInt32, to result: NodeList) {
      forEachOrigin(of: node) { origin in
        result.append(origin)
        return true
      }
    }
  }
}
