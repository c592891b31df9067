import GraphModel
import GraphStorage
import SourceText

/// ANY SHORTEST, ALL SHORTEST and SHORTEST k between two bound nodes.
final class ShortestPathOperator: UnaryOperator {
  private let shortest: ShortestPath
  private let walk: Walk
  private var stepper: EdgeStepper?
  private var chunk: Chunk?
  private var rowIndex = 0
  /// Paths found for the current row and not handed out yet, last first.
  private var pending: [[UInt64]] = []
  private let marks: SearchMarks

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ shortest: ShortestPath) {
    self.shortest = shortest
    walk = shortest.walk
    marks = SearchMarks(context)
    super.init(context, plan, input)
  }

  override func restart() {
    chunk = nil
    pending = []
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
        rowIndex = 0
      }
      guard let chunk else { return nil }
      let parents = Selection(capacity: Chunk.rowCountMax)
      let lists = Vector(capacity: Chunk.rowCountMax)
      while rowIndex < chunk.count, parents.count < Chunk.rowCountMax {
        let row = chunk.rows[rowIndex]
        if pending.isEmpty { pending = try paths(chunk, row, stepper).reversed() }
        while parents.count < Chunk.rowCountMax, let path = pending.popLast() {
          let reversed = walk.reversed
          lists.setBox(parents.count, .list(edgeList(path, reversed: reversed)))
          parents.append(row)
        }
        if pending.isEmpty { rowIndex += 1 }
      }
      if rowIndex == chunk.count { self.chunk = nil }
      if parents.count > 0 {
        try context.count(rows: parents.count)
        let result = expanded(chunk, parents)
        result.columns[walk.list] = lists
        return result
      }
    }
  }

  private func paths(
    _ chunk: Chunk,
    _ row: Int,
    _ stepper: EdgeStepper
  ) throws(QueryError) -> [[UInt64]] {
    let from = chunk.column(walk.expansion.from)
    let to = chunk.column(walk.expansion.to)
    guard from.tag(row) == Tag.node, to.tag(row) == Tag.node else { return [] }
    let source = UInt32(truncatingIfNeeded: from.word(row))
    let target = UInt32(truncatingIfNeeded: to.word(row))
    stepper.start(row: row)
    var count = 1
    var all = false
    switch shortest.selector {
    case .any: break
    case .all: all = true
    case .some(let bound): count = try rowCount(context, bound) ?? 1
    }
    if count == 0 { return [] }
    if source == target, walk.minimum == 0, all || count == 1 { return [[]] }
    if source == target || walk.minimum > 1 || count > 1 {
      return try enumerate(source, target, stepper, count: count, all: all)
    }
    if all { return try allShortest(source, target, stepper) }
    return try anyShortest(source, target, stepper).map { [$0] } ?? []
  }

  // MARK: Breadth first

  /// One side of a bidirectional search.
  private struct Front {
    var nodes: [UInt32]
    var offset: Int
    var depth: Int32 = 0
    var backwards: Bool
  }

  /// Searches from both ends, the smaller front first, until they meet.
  private func anyShortest(
    _ source: UInt32,
    _ target: UInt32,
    _ stepper: EdgeStepper
  ) throws(QueryError) -> [UInt64]? {
    marks.start()
    var forward = Front(nodes: [source], offset: 0, backwards: false)
    var backward = Front(nodes: [target], offset: context.view.nodeCount, backwards: true)
    for front in [forward, backward] { marks.set(front.offset + Int(front.nodes[0]), depth: 0) }
    let maximum = Int32(clamping: walk.maximum ?? Int(Int32.max))
    while !forward.nodes.isEmpty, !backward.nodes.isEmpty {
      if forward.depth + backward.depth >= maximum { return nil }
      let meeting =
        forward.nodes.count <= backward.nodes.count
        ? try advance(&forward, against: backward, stepper)
        : try advance(&backward, against: forward, stepper)
      if let meeting {
        return path(through: meeting, source, target)
      }
    }
    return nil
  }

  /// Takes one front a step further; returns a node where it meets the other by the fewest edges.
  private func advance(
    _ front: inout Front,
    against other: Front,
    _ stepper: EdgeStepper
  ) throws(QueryError) -> UInt32? {
    var next: [UInt32] = []
    var edges: [UInt64] = []
    var nodes: [UInt32] = []
    var meeting: (node: UInt32, depth: Int32)?
    for node in front.nodes {
      edges.removeAll(keepingCapacity: true)
      nodes.removeAll(keepingCapacity: true)
      try stepper.append(
        from: node,
        backwards: front.backwards,
        edges: &edges,
        nodes: &nodes
      )
      for index in 0..<nodes.count {
        let neighbour = nodes[index]
        let place = front.offset + Int(neighbour)
        if marks[place] != nil { continue }
        marks.set(place, depth: front.depth + 1, edge: edges[index], from: node)
        next.append(neighbour)
        if let opposite = marks[other.offset + Int(neighbour)],
          opposite.depth < meeting?.depth ?? .max
        {
          meeting = (neighbour, opposite.depth)
        }
      }
    }
    try context.count(rows: next.count)
    front.nodes = next
    front.depth += 1
    return meeting?.node
  }

  private func path(through meeting: UInt32, _ source: UInt32, _ target: UInt32) -> [UInt64] {
    var edges: [UInt64] = []
    var node = meeting
    while node != source, let mark = marks[Int(node)] {
      edges.append(mark.edge)
      node = mark.node
    }
    edges.reverse()
    node = meeting
    while node != target, let mark = marks[context.view.nodeCount + Int(node)] {
      edges.append(mark.edge)
      node = mark.node
    }
    return edges
  }

  /// Searches from the source to the target's depth, then collects every way back.
  private func allShortest(
    _ source: UInt32,
    _ target: UInt32,
    _ stepper: EdgeStepper
  ) throws(QueryError) -> [[UInt64]] {
    marks.start()
    marks.set(Int(source), depth: 0)
    var front = [source]
    var depth: Int32 = 0
    let maximum = Int32(clamping: walk.maximum ?? Int(Int32.max))
    // For each node the edges that reach it first, and from where.
    var arrivals: [UInt32: [(edge: UInt64, node: UInt32)]] = [:]
    while !front.isEmpty, marks[Int(target)] == nil, depth < maximum {
      var next: [UInt32] = []
      for node in front {
        var edges: [UInt64] = []
        var nodes: [UInt32] = []
        try stepper.append(from: node, edges: &edges, nodes: &nodes)
        for index in 0..<nodes.count {
          let place = Int(nodes[index])
          if marks[place] == nil {
            marks.set(place, depth: depth + 1)
            next.append(nodes[index])
          }
          if marks[place]?.depth == depth + 1 {
            arrivals[nodes[index], default: []].append((edges[index], node))
          }
        }
      }
      try context.count(rows: next.count)
      front = next
      depth += 1
    }
    guard marks[Int(target)] != nil else { return [] }
    var found: [[UInt64]] = []
    var open: [(node: UInt32, path: [UInt64])] = [(target, [])]
    while let (node, path) = open.popLast() {
      if node == source {
        found.append(path.reversed())
        continue
      }
      for arrival in (arrivals[node] ?? []).reversed() {
        open.append((arrival.node, path + [arrival.edge]))
      }
    }
    return found
  }

  // MARK: Enumeration

  /// Paths by growing length, where breadth first does not serve: cycles, minimum lengths, k paths.
  private func enumerate(
    _ source: UInt32,
    _ target: UInt32,
    _ stepper: EdgeStepper,
    count: Int,
    all: Bool
  ) throws(QueryError) -> [[UInt64]] {
    var found: [[UInt64]] = []
    var length = walk.minimum
    while length <= walk.maximum ?? .max {
      var isCut = false
      var path: [UInt64] = []
      try extend(source, target, length, &path, &found, &isCut, stepper)
      if found.count >= count || (all && !found.isEmpty) { break }
      if !isCut { break }
      length += 1
    }
    if !all, found.count > count { found.removeLast(found.count - count) }
    return found
  }

  /// Appends the paths of exactly `length` edges; `isCut` says that longer ones exist.
  private func extend(
    _ node: UInt32,
    _ target: UInt32,
    _ length: Int,
    _ path: inout [UInt64],
    _ found: inout [[UInt64]],
    _ isCut: inout Bool,
    _ stepper: EdgeStepper
  ) throws(QueryError) {
    if path.count == length {
      if node == target { found.append(path) }
      isCut = true
      return
    }
    // The recursion is as deep as the path is long.
    if path.count >= Self.enumeratedLengthMax {
      throw .limit(
        "paths of more than \(Self.enumeratedLengthMax) edges are not enumerated",
        hint: "bound the path's length"
      )
    }
    var edges: [UInt64] = []
    var nodes: [UInt32] = []
    try stepper.append(from: node, edges: &edges, nodes: &nodes)
    try context.count(rows: edges.count)
    for index in 0..<edges.count where !path.contains(edges[index]) {
      path.append(edges[index])
      try extend(nodes[index], target, length, &path, &found, &isCut, stepper)
      path.removeLast()
    }
  }

  private static let enumeratedLengthMax = 1000
}
