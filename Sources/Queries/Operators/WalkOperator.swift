import GraphModel
import GraphStorage

/// The edges that lead on from a node: what walks and shortest paths step over.
final class EdgeStepper {
  let context: ExecutionContext
  let walk: Walk
  let legs: [Leg]
  private let checks: EdgeChecks
  private let predicate: Evaluator?
  private var chunk: Chunk?
  private var excluded: [UInt64] = []
  private var row = 0
  /// The slots that the predicate reads, beside the edge.
  private let outerSlots: [Int]

  init(_ context: ExecutionContext, _ walk: Walk) throws(QueryError) {
    self.context = context
    self.walk = walk
    legs = context.legs(of: walk.expansion)
    checks = try EdgeChecks(context, walk.expansion)
    predicate = walk.predicate.map { EvaluatorBuilder(context).make($0) }
    outerSlots =
      walk.predicate.map { $0.freeSlots.subtracting([walk.expansion.edge]).sorted() } ?? []
  }

  /// Whether every edge of the legs may be walked, so that callers may read them directly.
  var takesAll: Bool { predicate == nil && excluded.isEmpty && !checks.needsValidity }

  func start(_ chunk: Chunk) {
    self.chunk = chunk
    checks.start(chunk)
  }

  func start(row: Int) {
    self.row = row
    excluded = checks.checksUniqueness ? checks.excluded(row) : []
  }

  /// Appends the edges that lead on from a node, and where to; `backwards` against the pattern.
  func append(
    from node: UInt32,
    backwards: Bool = false,
    edges: inout [UInt64],
    nodes: inout [UInt32]
  ) throws(QueryError) {
    let start = edges.count
    for leg in legs {
      let list = backwards ? leg.opposite : leg.adjacency
      var position = list.start(Int(node))
      let end = list.end(Int(node))
      let base = UInt64(leg.type) << 32
      while position < end {
        let neighbour = list.neighbours[position]
        let edge = base | UInt64(list.edges[position])
        position &+= 1
        if leg.skipsLoops, neighbour == node { continue }
        if !excluded.isEmpty, excluded.contains(edge) { continue }
        if checks.needsValidity, !checks.mayHold(edge) { continue }
        edges.append(edge)
        nodes.append(neighbour)
      }
    }
    guard let predicate, edges.count > start, let chunk else { return }
    let count = edges.count - start
    let column = Vector(capacity: count, uniform: Tag.edge)
    for index in 0..<count { column.words[index] = edges[start + index] }
    let inner = Chunk(slotCount: context.slotCount, selection: Selection(all: count))
    inner.columns[walk.expansion.edge] = column
    for slot in outerSlots {
      let outer = chunk.column(slot)
      inner.columns[slot] =
        outer.isConstant
        ? outer
        : Vector(
          constantTag: outer.tag(row),
          word: outer.tag(row) == Tag.boxed ? 0 : outer.word(row),
          box: outer.tag(row) == Tag.boxed ? outer.boxes[Int(outer.word(row))] : nil
        )
    }
    let kept = try predicate.select(inner, inner.rows)
    for index in 0..<kept.count {
      edges[start + index] = edges[start + kept.rows[index]]
      nodes[start + index] = nodes[start + kept.rows[index]]
    }
    edges.removeLast(count - kept.count)
    nodes.removeLast(count - kept.count)
  }
}

/// Paths of `*m..n` edges, none of them twice, depth first.
final class WalkOperator: UnaryOperator {
  private let walk: Walk
  private let needsList: Bool
  private var stepper: EdgeStepper?
  private var chunk: Chunk?
  private var rowIndex = -1
  // No access to what follows overlaps another: the stepper, which gets two of them, knows no walk.
  /// The edges of the path so far, and where each led.
  @exclusivity(unchecked) private var path: [UInt64] = []
  /// Edges still to try, of all depths, one depth behind the other.
  @exclusivity(unchecked) private var openEdges: [UInt64] = []
  @exclusivity(unchecked) private var openNodes: [UInt32] = []
  /// Where the edges of each depth begin.
  @exclusivity(unchecked) private var starts: [Int] = []
  private var isStarted = false

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ walk: Walk) {
    self.walk = walk
    needsList = plan.live.contains(walk.list)
    super.init(context, plan, input)
  }

  override func restart() {
    chunk = nil
    super.restart()
  }

  private func makeStepper() throws(QueryError) -> EdgeStepper {
    if let stepper { return stepper }
    let made = try EdgeStepper(context, walk)
    stepper = made
    return made
  }

  override func next() throws(QueryError) -> Chunk? {
    let stepper = try makeStepper()
    while true {
      if chunk == nil {
        guard let drawn = try input.next() else { return nil }
        chunk = drawn
        stepper.start(drawn)
        rowIndex = -1
        starts = []
        isStarted = false
      }
      guard let chunk else { return nil }
      let parents = Selection(capacity: Chunk.rowCountMax)
      let nodes = Vector(capacity: Chunk.rowCountMax, uniform: Tag.node)
      let lists = Vector(capacity: needsList ? Chunk.rowCountMax : 1)
      let isDone = try fill(chunk, stepper, parents, nodes, lists)
      if isDone { self.chunk = nil }
      if parents.count > 0 {
        try context.count(rows: parents.count)
        let result = expanded(chunk, parents)
        if !walk.expansion.into { result.columns[walk.expansion.to] = nodes }
        if needsList { result.columns[walk.list] = lists }
        return result
      }
    }
  }

  private func fill(
    _ chunk: Chunk,
    _ stepper: EdgeStepper,
    _ parents: Selection,
    _ nodes: Vector,
    _ lists: Vector
  ) throws(QueryError) -> Bool {
    let from = chunk.column(walk.expansion.from)
    let into = walk.expansion.into ? chunk.column(walk.expansion.to) : nil
    var steps = 0
    while parents.count < Chunk.rowCountMax {
      if starts.isEmpty {
        rowIndex += 1
        if rowIndex == chunk.count { return true }
        let row = chunk.rows[rowIndex]
        guard from.tag(row) == Tag.node, into.map({ $0.tag(row) == Tag.node }) ?? true else {
          continue
        }
        stepper.start(row: row)
        let node = UInt32(truncatingIfNeeded: from.word(row))
        path = []
        openEdges = []
        openNodes = []
        try descend(from: node, stepper)
        if walk.minimum == 0 { emit(node, row, into, parents, nodes, lists) }
        continue
      }
      steps += 1
      let depth = starts.count
      // Longer paths cost more: their edges are compared.
      try context.budget.work(1 + depth / 16)
      if steps & 0xFFF == 0 { try context.budget.count(steps: 0xFFF) }
      if openEdges.count == starts[depth - 1] {
        starts.removeLast()
        if path.count >= depth { path.removeLast(path.count - depth + 1) }
        continue
      }
      let edge = openEdges.removeLast()
      let node = openNodes.removeLast()
      if path.count >= depth { path.removeLast(path.count - depth + 1) }
      if path.contains(edge) { continue }
      path.append(edge)
      if depth >= walk.minimum {
        emit(node, chunk.rows[rowIndex], into, parents, nodes, lists)
      }
      try descend(from: node, stepper)
    }
    return false
  }

  /// Opens the edges that lead on, unless the path may not grow.
  private func descend(from node: UInt32, _ stepper: EdgeStepper) throws(QueryError) {
    if let maximum = walk.maximum, path.count >= maximum {
      if starts.isEmpty { starts = [openEdges.count] }
      return
    }
    starts.append(openEdges.count)
    try stepper.append(from: node, edges: &openEdges, nodes: &openNodes)
  }

  private func emit(
    _ node: UInt32,
    _ row: Int,
    _ into: Vector?,
    _ parents: Selection,
    _ nodes: Vector,
    _ lists: Vector
  ) {
    if let into {
      if into.word(row) != UInt64(node) { return }
    } else if let wanted = walk.expansion.labelSets,
      !wanted[Int(context.view.nodeLabelSets[Int(node)])]
    {
      return
    }
    let index = parents.count
    parents.append(row)
    nodes.words[index] = UInt64(node)
    if needsList { lists.setBox(index, .list(edgeList(path, reversed: walk.reversed))) }
  }
}

/// Edges as a list of cells.
func edgeList(_ edges: [UInt64], reversed: Bool) -> CellList {
  let cells = Vector(capacity: edges.count)
  for edge in reversed ? edges.reversed() : edges { cells.append(Tag.edge, edge) }
  return CellList(cells, count: edges.count)
}
