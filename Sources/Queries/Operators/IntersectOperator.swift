import GraphModel
import GraphStorage

/// Finds the nodes that several bound nodes have as neighbours, by intersecting sorted lists.
final class IntersectOperator: UnaryOperator {
  private let intersection: Intersection
  private let checks: [EdgeChecks?]
  /// Whether a common neighbour makes one row, or none, without a look at its edges.
  private let isPlain: Bool
  /// Whether rows are passed on as they are, those that have a common neighbour.
  private let isFilter: Bool
  private var search: CommonNeighbours
  private var chunk: Chunk?
  private var rowIndex = 0

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ input: Operator,
    _ intersection: Intersection
  ) {
    self.intersection = intersection
    checks = intersection.arms.map { EdgeChecks(context, arm: $0) }
    let arms = intersection.arms
    isPlain =
      !intersection.needsEdges && checks.allSatisfy { $0 == nil }
      && intersection.rivals.allSatisfy { arms[$0].direction == arms[$1].direction }
      && arms.allSatisfy { !context.view.edgeTypes[Int($0.type)].hasParallelEdges }
    isFilter = isPlain && intersection.isAnyEnough
    search = CommonNeighbours(intersection, context)
    super.init(context, plan, input)
  }

  override func restart() {
    chunk = nil
    super.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    while true {
      if chunk == nil {
        guard let drawn = try input.next() else { return nil }
        chunk = drawn
        rowIndex = 0
        for check in checks { check?.start(drawn) }
      }
      guard let chunk else { return nil }
      if isFilter {
        self.chunk = nil
        if let passed = try filtered(chunk, &search) { return passed }
        continue
      }
      let output = Output(armCount: isPlain ? 0 : intersection.arms.count)
      try fill(output, chunk, &search)
      if rowIndex == chunk.count { self.chunk = nil }
      if output.nodes.count > 0 { return result(chunk, output) }
    }
  }

  /// The rows that have a common neighbour; `nil` where none has.
  private func filtered(
    _ chunk: Chunk,
    _ search: inout CommonNeighbours
  ) throws(QueryError) -> Chunk? {
    let selection = Selection(capacity: chunk.count)
    let rows = chunk.rows
    let wantsAll = intersection.labelSets != nil
    search.start(intersection.arms.map { chunk.column($0.from) })
    for index in 0..<rows.count {
      let row = rows[index]
      // Both of two rivals would take the one edge that there is.
      guard search.move(to: row), !search.hasEqualRivals else { continue }
      search.find(wantsAll: wantsAll)
      if wantsAll ? search.found.buffer.contains(where: isWanted) : search.found.count > 0 {
        selection.append(row)
      }
    }
    try context.count(rows: rows.count)
    return selection.count > 0 ? Chunk(columns: chunk.columns, selection: selection) : nil
  }

  /// Goes through rows until there are enough.
  private func fill(
    _ output: Output,
    _ chunk: Chunk,
    _ search: inout CommonNeighbours
  ) throws(QueryError) {
    search.start(intersection.arms.map { chunk.column($0.from) })
    let rows = chunk.rows
    var index = rowIndex
    if isPlain, intersection.labelSets == nil {
      try fillPlain(output, rows, &search)
      return
    }
    while index < rows.count, output.nodes.count < Chunk.rowCountMax {
      let row = rows[index]
      index += 1
      guard search.move(to: row) else { continue }
      // Both of two rivals would take the one edge that there is.
      if isPlain, search.hasEqualRivals { continue }
      search.find()
      try context.count(rows: search.found.count)
      for node in search.found.buffer where isWanted(node) { emit(node, row, output, search) }
    }
    rowIndex = index
  }

  /// ``fill`` where every common neighbour makes a row.
  private func fillPlain(
    _ output: Output,
    _ rows: Rows,
    _ search: inout CommonNeighbours
  ) throws(QueryError) {
    var index = rowIndex
    while index < rows.count, output.nodes.count < Chunk.rowCountMax {
      let row = rows[index]
      index &+= 1
      // Both of two rivals would take the one edge that there is.
      guard search.move(to: row), !search.hasEqualRivals else { continue }
      search.find()
      if search.found.count > 0 { output.append(search.found.buffer, row: row) }
    }
    try context.count(rows: output.nodes.count + index - rowIndex)
    rowIndex = index
  }

  /// The rows to be, before they have a chunk.
  private final class Output {
    let nodes = Vector(capacity: Chunk.rowCountMax)
    let parents = Vector(capacity: Chunk.rowCountMax)
    let edges: [Vector]

    init(armCount: Int) {
      edges = (0..<armCount).map { _ in Vector(capacity: Chunk.rowCountMax) }
    }

    func append(_ found: UnsafeBufferPointer<UInt32>, row: Int) {
      let start = nodes.count
      nodes.reserve(start + found.count)
      parents.reserve(start + found.count)
      for index in 0..<found.count {
        nodes.set(start + index, Tag.node, UInt64(found[index]))
        parents.set(start + index, Tag.integer, UInt64(row))
      }
      nodes.count += found.count
      parents.count += found.count
    }
  }

  private func result(_ chunk: Chunk, _ output: Output) -> Chunk {
    let selection = Selection(capacity: output.nodes.count)
    for index in 0..<output.nodes.count { selection.append(Int(output.parents.words[index])) }
    let result = expanded(chunk, selection)
    output.nodes.uniform = Tag.node
    result.columns[intersection.to] = output.nodes
    if !isPlain {
      for (arm, edges) in zip(intersection.arms, output.edges) {
        edges.uniform = Tag.edge
        result.columns[arm.edge] = edges
      }
    }
    return result
  }

  // MARK: Making rows

  private func isWanted(_ node: UInt32) -> Bool {
    guard let wanted = intersection.labelSets else { return true }
    return wanted[Int(context.view.nodeLabelSets[Int(node)])]
  }

  /// Adds a row for each way to choose an edge of every arm.
  private func emit(
    _ node: UInt32,
    _ row: Int,
    _ output: Output,
    _ search: borrowing CommonNeighbours
  ) {
    if isPlain {
      output.nodes.append(Tag.node, UInt64(node))
      output.parents.append(Tag.integer, UInt64(row))
      return
    }
    var chosen: [UInt64] = []
    choose(node, row, &chosen, output, search)
  }

  private func choose(
    _ node: UInt32,
    _ row: Int,
    _ chosen: inout [UInt64],
    _ output: Output,
    _ search: borrowing CommonNeighbours
  ) {
    let index = chosen.count
    if index == intersection.arms.count {
      output.nodes.append(Tag.node, UInt64(node))
      output.parents.append(Tag.integer, UInt64(row))
      for (edges, edge) in zip(output.edges, chosen) { edges.append(Tag.edge, edge) }
      return
    }
    for number in search.edges(of: index, to: node) {
      let edge = edgeWord(intersection.arms[index].type, number)
      if intersection.rivals.contains(where: { $1 == index && chosen[$0] == edge }) { continue }
      if let check = checks[index], check.excluded(row).contains(edge) { continue }
      chosen.append(edge)
      choose(node, row, &chosen, output, search)
      chosen.removeLast()
    }
  }
}
