import GraphModel
import GraphStorage

/// Finds the nodes that several bound nodes have as neighbours, by intersecting sorted lists.
///
/// Rows mostly differ from those before them in one of the bound nodes; what the lists of the
/// others have in common is kept from row to row.
final class IntersectOperator: UnaryOperator {
  private let intersection: Intersection
  private let lists: [AdjacencyView]
  private let checks: [EdgeChecks?]
  /// Whether a common neighbour makes one row, or none, without a look at its edges.
  private let isPlain: Bool
  private var chunk: Chunk?
  private var rowIndex = 0
  /// The bound node of each arm in the row before.
  private var nodes: [UInt32]
  private var isFirst = true
  /// The arm whose list is not part of ``common``.
  private var varying = 0
  /// What the other lists have in common.
  private var common: [UInt32] = []
  private var found: [UInt32] = []
  /// How many rows ``common`` has served.
  private var rowsOfCommon = 0
  /// The varying arm's neighbours of what is in ``common``, once enough rows have asked.
  private lazy var reached = ReachedNodes(nodeCount: context.view.nodeCount)
  private var hasReached = false
  private let opposites: [AdjacencyView]

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ input: Operator,
    _ intersection: Intersection
  ) {
    self.intersection = intersection
    lists = intersection.arms.map { arm in
      let table = context.view.edgeTypes[Int(arm.type)]
      return arm.direction == .right ? table.outgoing : table.incoming
    }
    opposites = intersection.arms.map { arm in
      let table = context.view.edgeTypes[Int(arm.type)]
      return arm.direction == .right ? table.incoming : table.outgoing
    }
    checks = intersection.arms.map { EdgeChecks(context, arm: $0) }
    let arms = intersection.arms
    isPlain =
      !intersection.needsEdges && checks.allSatisfy { $0 == nil }
      && intersection.rivals.allSatisfy { arms[$0].direction == arms[$1].direction }
      && arms.allSatisfy { !context.view.edgeTypes[Int($0.type)].hasParallelEdges }
    nodes = Array(repeating: 0, count: arms.count)
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
      let output = Output(armCount: intersection.arms.count)
      let rows = chunk.rows
      while rowIndex < rows.count, output.nodes.count < Chunk.rowCountMax {
        let row = rows[rowIndex]
        rowIndex += 1
        guard load(chunk, row) else { continue }
        findCommon()
        try context.count(rows: found.count)
        for node in found where isWanted(node) { emit(node, row, output) }
      }
      if rowIndex == rows.count { self.chunk = nil }
      if output.nodes.count > 0 { return result(chunk, output) }
    }
  }

  /// The rows to be, before they have a chunk.
  private final class Output {
    let nodes = Vector(capacity: Chunk.rowCountMax)
    let parents = Vector(capacity: Chunk.rowCountMax)
    let edges: [Vector]

    init(armCount: Int) {
      edges = (0..<armCount).map { _ in Vector(capacity: Chunk.rowCountMax) }
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

  // MARK: Intersecting

  /// Reads the row's bound nodes and sees to it that ``common`` fits them; `false` where one is none.
  private func load(_ chunk: Chunk, _ row: Int) -> Bool {
    let arms = intersection.arms
    var changed: Int?
    var changedCount = 0
    for index in arms.indices {
      let column = chunk.column(arms[index].from)
      guard column.tag(row) == Tag.node else {
        isFirst = true
        return false
      }
      let node = UInt32(truncatingIfNeeded: column.word(row))
      if isFirst || nodes[index] != node {
        nodes[index] = node
        changed = index
        changedCount += 1
      }
    }
    if isPlain, intersection.rivals.contains(where: { nodes[$0] == nodes[$1] }) {
      // Both would take the one edge that there is.
      isFirst = true
      return false
    }
    guard let changed else { return true }
    if isFirst || changedCount > 1 || changed != varying {
      isFirst = false
      varying = changed
      intersectOthers()
    }
    return true
  }

  private func intersectOthers() {
    rowsOfCommon = 0
    hasReached = false
    var isStarted = false
    for index in lists.indices where index != varying {
      let slice = neighbours(index)
      if isStarted {
        var both: [UInt32] = []
        common.withUnsafeBufferPointer { Self.intersect($0, slice, into: &both) }
        common = both
      } else {
        common.removeAll(keepingCapacity: true)
        // Of parallel edges one is enough: they are told apart when rows are made.
        var last: UInt32?
        for node in slice where node != last {
          common.append(node)
          last = node
        }
        isStarted = true
      }
    }
  }

  private func findCommon() {
    found.removeAll(keepingCapacity: true)
    rowsOfCommon += 1
    if !hasReached, rowsOfCommon > 2 { reachIfWorthIt() }
    if hasReached {
      reached.appendOrigins(of: nodes[varying], to: &found)
      return
    }
    let slice = neighbours(varying)
    common.withUnsafeBufferPointer { Self.intersect($0, slice, into: &found) }
  }

  /// Turns the search round where that costs less than what the rows so far have cost.
  private func reachIfWorthIt() {
    let list = opposites[varying]
    let budget = rowsOfCommon * 8
    var edgeCount = 0
    for node in common {
      edgeCount += list.end(Int(node)) - list.start(Int(node))
      if edgeCount > budget { return }
    }
    reached.removeAll()
    for node in common.reversed() {
      let start = list.start(Int(node))
      reached.add(
        UnsafeBufferPointer(
          start: list.neighbours + start,
          count: list.end(Int(node)) - start
        ),
        from: node
      )
    }
    hasReached = true
  }

  private func neighbours(_ arm: Int) -> UnsafeBufferPointer<UInt32> {
    let list = lists[arm]
    let start = list.start(Int(nodes[arm]))
    return UnsafeBufferPointer(
      start: list.neighbours + start,
      count: list.end(Int(nodes[arm])) - start
    )
  }

  /// Appends each number that is in both, once; `left` holds none twice.
  ///
  /// The shorter list is gone through, the longer one searched by galloping from the last find on.
  private static func intersect(
    _ left: UnsafeBufferPointer<UInt32>,
    _ right: UnsafeBufferPointer<UInt32>,
    into result: inout [UInt32]
  ) {
    let isLeftShorter = left.count <= right.count
    let short = isLeftShorter ? left : right
    let long = isLeftShorter ? right : left
    var place = 0
    var last: UInt32?
    for node in short {
      place = firstPlace(of: node, in: long, from: place)
      if place == long.count { return }
      if long[place] == node, node != last {
        result.append(node)
        last = node
      }
    }
  }

  /// The first place from `start` on whose number is not less than `node`.
  @inline(__always)
  private static func firstPlace(
    of node: UInt32,
    in list: UnsafeBufferPointer<UInt32>,
    from start: Int
  ) -> Int {
    var low = start
    var step = 1
    while low &+ step < list.count, list[low &+ step] < node {
      low &+= step
      step &*= 2
    }
    var high = min(low &+ step, list.count)
    while low < high {
      let middle = (low &+ high) >> 1
      if list[middle] < node { low = middle &+ 1 } else { high = middle }
    }
    return low
  }

  // MARK: Making rows

  private func isWanted(_ node: UInt32) -> Bool {
    guard let wanted = intersection.labelSets else { return true }
    return wanted[Int(context.view.nodeLabelSets[Int(node)])]
  }

  /// Adds a row for each way to choose an edge of every arm.
  private func emit(_ node: UInt32, _ row: Int, _ output: Output) {
    if isPlain {
      output.nodes.append(Tag.node, UInt64(node))
      output.parents.append(Tag.integer, UInt64(row))
      return
    }
    var chosen: [UInt64] = []
    choose(node, row, &chosen, output)
  }

  private func choose(_ node: UInt32, _ row: Int, _ chosen: inout [UInt64], _ output: Output) {
    let index = chosen.count
    if index == lists.count {
      output.nodes.append(Tag.node, UInt64(node))
      output.parents.append(Tag.integer, UInt64(row))
      for (edges, edge) in zip(output.edges, chosen) { edges.append(Tag.edge, edge) }
      return
    }
    let list = lists[index]
    let slice = neighbours(index)
    var place = Self.firstPlace(of: node, in: slice, from: 0)
    let start = list.start(Int(nodes[index]))
    while place < slice.count, slice[place] == node {
      let edge = edgeWord(intersection.arms[index].type, list.edges[start + place])
      place += 1
      if intersection.rivals.contains(where: { $1 == index && chosen[$0] == edge }) { continue }
      if let check = checks[index], check.excluded(row).contains(edge) { continue }
      chosen.append(edge)
      choose(node, row, &chosen, output)
      chosen.removeLast()
    }
  }
}
