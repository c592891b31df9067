/// What two searches from both ends note of the nodes that they reach.
final class SearchMarks {
  struct Mark {
    var round: UInt32 = 0
    /// How many edges the node is away from where the search began.
    var depth: Int32 = 0
    /// The node before it.
    var node: UInt32 = 0
    /// The edge that reached it.
    var edge: UInt64 = 0
  }

  /// The second search's marks lie behind those of the first.
  private let memory: RoundMemory<Mark>
  private let pool: Pool<RoundMemory<Mark>>

  init(_ context: ExecutionContext) {
    pool = context.caches.searchMarks
    memory = pool.take { RoundMemory(count: context.view.nodeCount * 2) }
  }

  deinit { pool.giveBack(memory) }

  /// Takes all marks back.
  func start() { memory.startRound() }

  /// The mark at a place, or `nil` where there is none.
  @inline(__always)
  subscript(place: Int) -> Mark? {
    let mark = memory.marks[place]
    return mark.round == memory.round ? mark : nil
  }

  @inline(__always)
  func set(_ place: Int, depth: Int32, edge: UInt64 = 0, from node: UInt32 = 0) {
    memory.marks[place] = Mark(round: memory.round, depth: depth, node: node, edge: edge)
  }
}
