/// DISTINCT of one slot that waits for all rows: nodes leave in the order of their numbers, so that
/// what is read of them is read in the order of the memory.
final class GatherOperator: UnaryOperator {
  private let slot: Int
  private var nodes: NodeSet?
  /// Cells that are no nodes, each once.
  private var others: GroupTable
  private var isRead = false
  private var nextNode = 0
  private var nextOther = 0

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ slot: Int) {
    self.slot = slot
    others = GroupTable(context, keyCount: 1)
    super.init(context, plan, input)
  }

  override func restart() {
    nodes = nil
    others = GroupTable(context, keyCount: 1)
    isRead = false
    nextNode = 0
    nextOther = 0
    super.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    if !isRead { try read() }
    let cells = Vector(capacity: Chunk.rowCountMax, uniform: Tag.node)
    if let nodes {
      cells.count = nodes.fill(cells.words, max: Chunk.rowCountMax, from: &nextNode)
    }
    if cells.count > 0 { return try chunk(of: cells) }
    let count = min(Chunk.rowCountMax, others.count - nextOther)
    if count <= 0 { return nil }
    let rest = Vector(capacity: count)
    for index in nextOther..<(nextOther + count) { rest.append(from: others.keys[0], row: index) }
    nextOther += count
    return try chunk(of: rest)
  }

  private func chunk(of cells: Vector) throws(QueryError) -> Chunk {
    try context.count(rows: cells.count)
    let chunk = Chunk(slotCount: context.slotCount, selection: Selection(all: cells.count))
    chunk.columns[slot] = cells
    return chunk
  }

  private func read() throws(QueryError) {
    isRead = true
    while let chunk = try input.next() {
      try context.count(rows: chunk.count)
      let column = chunk.column(slot)
      let rows = chunk.rows
      if column.uniform == Tag.node {
        let nodes = nodes ?? NodeSet(nodeCount: context.view.nodeCount)
        self.nodes = nodes
        for index in 0..<rows.count {
          nodes.insert(Int(truncatingIfNeeded: column.word(rows[index])))
        }
      } else {
        readMixed(column, rows)
      }
    }
  }

  private func readMixed(_ column: Vector, _ rows: Rows) {
    for index in 0..<rows.count {
      if column.tag(rows[index]) == Tag.node {
        let nodes = nodes ?? NodeSet(nodeCount: context.view.nodeCount)
        self.nodes = nodes
        nodes.insert(Int(truncatingIfNeeded: column.word(rows[index])))
      } else {
        _ = others.group([column], rows[index])
      }
    }
  }
}

/// A set of nodes: a bit for each node of the graph.
final class NodeSet {
  private let bits: UnsafeMutablePointer<UInt64>
  private let wordCount: Int

  init(nodeCount: Int) {
    wordCount = nodeCount / 64 + 1
    bits = .allocate(capacity: wordCount)
    bits.initialize(repeating: 0, count: wordCount)
  }

  deinit { bits.deallocate() }

  @inline(__always)
  func insert(_ node: Int) { bits[node >> 6] |= 1 << UInt64(node & 63) }

  /// Writes the nodes from `next` on, ascending, and moves `next` behind them; returns how many.
  func fill(_ words: UnsafeMutablePointer<UInt64>, max: Int, from next: inout Int) -> Int {
    var count = 0
    var place = next >> 6
    while place < wordCount {
      var rest = bits[place]
      if place == next >> 6 { rest &= .max << UInt64(next & 63) }
      while rest != 0 {
        if count == max {
          next = place << 6 | rest.trailingZeroBitCount
          return count
        }
        words[count] = UInt64(place << 6 | rest.trailingZeroBitCount)
        count &+= 1
        rest &= rest &- 1
      }
      place &+= 1
    }
    next = wordCount << 6
    return count
  }
}
