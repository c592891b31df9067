import GraphModel
import GraphStorage

/// One direction of one edge type.
struct Leg {
  let adjacency: AdjacencyView
  /// The adjacency of the same edges seen from their other end.
  let opposite: AdjacencyView
  let type: Int
  /// Whether loops are left out, because the other direction has them already.
  let skipsLoops: Bool
}

extension ExecutionContext {
  func legs(of expansion: Expansion) -> [Leg] {
    var legs: [Leg] = []
    for type in expansion.types {
      let table = view.edgeTypes[Int(type)]
      if expansion.direction != .left {
        legs.append(
          Leg(
            adjacency: table.outgoing,
            opposite: table.incoming,
            type: Int(type),
            skipsLoops: false
          )
        )
      }
      if expansion.direction != .right {
        legs.append(
          Leg(
            adjacency: table.incoming,
            opposite: table.outgoing,
            type: Int(type),
            skipsLoops: expansion.direction == .either
          )
        )
      }
    }
    return legs
  }
}

/// Which edges an expansion passes over, for one input row at a time.
final class EdgeChecks {
  private let context: ExecutionContext
  private let expansion: Expansion
  private let days: DayRange?
  private var columns: [Vector] = []
  private var lists: [Vector] = []
  private var excluded: [UInt64] = []
  let needsValidity: Bool
  let checksUniqueness: Bool

  init(_ context: ExecutionContext, _ expansion: Expansion) throws(QueryError) {
    self.context = context
    self.expansion = expansion
    days = try DayRange(expansion.asOf, context)
    needsValidity =
      days != nil && expansion.types.contains { context.view.edgeTypes[Int($0)].hasValidity }
    checksUniqueness = !expansion.distinctFrom.isEmpty || !expansion.distinctFromLists.isEmpty
  }

  func start(_ chunk: Chunk) {
    columns = expansion.distinctFrom.map { chunk.column($0) }
    lists = expansion.distinctFromLists.map { chunk.column($0) }
  }

  /// The edges that the row has matched already.
  func excluded(_ row: Int) -> [UInt64] {
    excluded.removeAll(keepingCapacity: true)
    for column in columns where column.tag(row) == Tag.edge { excluded.append(column.word(row)) }
    for list in lists {
      let elements = Vector(capacity: 4)
      guard context.appendElements(of: list, row: row, to: elements) != nil else { continue }
      for index in 0..<elements.count where elements.tags[index] == Tag.edge {
        excluded.append(elements.words[index])
      }
    }
    return excluded
  }

  func mayHold(_ edge: UInt64) -> Bool {
    guard let days else { return true }
    return days.mayHold(
      context.view.edgeTypes[Int(edge >> 32)],
      Int(UInt32(truncatingIfNeeded: edge))
    )
  }
}

/// Follows edges from a bound node: one row for each edge.
final class ExpandOperator: UnaryOperator {
  private let expansion: Expansion
  private let legs: [Leg]
  private var checks: EdgeChecks?
  private var chunk: Chunk?
  private var rowIndex = 0
  private var legIndex = 0
  private var position = 0
  private var end = 0
  private var excluded: [UInt64] = []

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ expansion: Expansion) {
    self.expansion = expansion
    legs = context.legs(of: expansion)
    super.init(context, plan, input)
  }

  override func restart() {
    chunk = nil
    super.restart()
  }

  private func makeChecks() throws(QueryError) -> EdgeChecks {
    if let checks { return checks }
    let made = try EdgeChecks(context, expansion)
    checks = made
    return made
  }

  override func next() throws(QueryError) -> Chunk? {
    if legs.isEmpty { return nil }
    let checks = try makeChecks()
    while true {
      if chunk == nil {
        guard let drawn = try input.next() else { return nil }
        chunk = drawn
        checks.start(drawn)
        rowIndex = -1
        legIndex = legs.count
        position = 0
        end = 0
      }
      guard let chunk else { return nil }
      let parents = Selection(capacity: Chunk.rowCountMax)
      let nodes = Vector(capacity: Chunk.rowCountMax, uniform: Tag.node)
      let edges = Vector(capacity: Chunk.rowCountMax, uniform: Tag.edge)
      let isDone = fill(chunk, checks, parents, nodes.words, edges.words)
      if isDone { self.chunk = nil }
      if parents.count > 0 {
        try context.count(rows: parents.count)
        let result = expanded(chunk, parents)
        result.columns[expansion.to] = nodes
        result.columns[expansion.edge] = edges
        return result
      }
    }
  }

  /// Fills as many rows as there is room for; returns whether the chunk is used up.
  private func fill(
    _ chunk: Chunk,
    _ checks: EdgeChecks,
    _ parents: Selection,
    _ nodes: UnsafeMutablePointer<UInt64>,
    _ edges: UnsafeMutablePointer<UInt64>
  ) -> Bool {
    let from = chunk.column(expansion.from)
    let rows = chunk.rows
    while parents.count < Chunk.rowCountMax {
      if position < end {
        fillLeg(rows[rowIndex], from, checks, parents, nodes, edges)
        continue
      }
      legIndex += 1
      if legIndex >= legs.count {
        rowIndex += 1
        if rowIndex == rows.count { return true }
        legIndex = 0
        let row = rows[rowIndex]
        if from.tag(row) != Tag.node {
          legIndex = legs.count
          continue
        }
        if checks.checksUniqueness { excluded = checks.excluded(row) }
      }
      let node = Int(truncatingIfNeeded: from.word(rows[rowIndex]))
      position = legs[legIndex].adjacency.start(node)
      end = legs[legIndex].adjacency.end(node)
    }
    return false
  }

  private func fillLeg(
    _ row: Int,
    _ from: Vector,
    _ checks: EdgeChecks,
    _ parents: Selection,
    _ nodes: UnsafeMutablePointer<UInt64>,
    _ edges: UnsafeMutablePointer<UInt64>
  ) {
    let leg = legs[legIndex]
    let neighbours = leg.adjacency.neighbours
    let edgeNumbers = leg.adjacency.edges
    let base = UInt64(leg.type) << 32
    let parent = Int32(truncatingIfNeeded: row)
    let rows = parents.pointer
    var count = parents.count
    var position = position
    let end = end
    if expansion.labelSets == nil, !leg.skipsLoops, !checks.needsValidity, excluded.count < 2 {
      // All ones name no edge, so that one comparison serves either case.
      let other = excluded.first ?? .max
      while position < end, count < Chunk.rowCountMax {
        let edge = base | UInt64(edgeNumbers[position])
        nodes[count] = UInt64(neighbours[position])
        edges[count] = edge
        rows[count] = parent
        count &+= edge != other ? 1 : 0
        position &+= 1
      }
    } else {
      let sets = context.view.nodeLabelSets
      let node = from.word(row)
      while position < end, count < Chunk.rowCountMax {
        let neighbour = neighbours[position]
        let edge = base | UInt64(edgeNumbers[position])
        position &+= 1
        if let wanted = expansion.labelSets, !wanted[Int(sets[Int(neighbour)])] { continue }
        if leg.skipsLoops, UInt64(neighbour) == node { continue }
        if checks.checksUniqueness, excluded.contains(edge) { continue }
        if checks.needsValidity, !checks.mayHold(edge) { continue }
        nodes[count] = UInt64(neighbour)
        edges[count] = edge
        rows[count] = parent
        count &+= 1
      }
    }
    parents.count = count
    self.position = position
  }
}

/// The edges between two bound nodes.
final class ExpandIntoOperator: UnaryOperator {
  private let expansion: Expansion
  private let legs: [Leg]
  private var checks: EdgeChecks?

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ expansion: Expansion) {
    self.expansion = expansion
    legs = context.legs(of: expansion)
    super.init(context, plan, input)
  }

  private func makeChecks() throws(QueryError) -> EdgeChecks {
    if let checks { return checks }
    let made = try EdgeChecks(context, expansion)
    checks = made
    return made
  }

  override func next() throws(QueryError) -> Chunk? {
    let checks = try makeChecks()
    while let chunk = try input.next() {
      checks.start(chunk)
      let edges = Vector(capacity: chunk.count)
      var parents: [Int32] = []
      let from = chunk.column(expansion.from)
      let to = chunk.column(expansion.to)
      for index in 0..<chunk.count {
        let row = chunk.rows[index]
        guard from.tag(row) == Tag.node, to.tag(row) == Tag.node else { continue }
        let excluded = checks.checksUniqueness ? checks.excluded(row) : []
        for leg in legs {
          find(leg, from.word(row), to.word(row)) { edge in
            if excluded.contains(edge) { return }
            if checks.needsValidity, !checks.mayHold(edge) { return }
            edges.append(Tag.edge, edge)
            parents.append(Int32(truncatingIfNeeded: row))
          }
        }
      }
      try context.count(rows: chunk.count + parents.count)
      if parents.isEmpty { continue }
      edges.uniform = Tag.edge
      let selection = Selection(capacity: parents.count)
      for parent in parents { selection.append(Int(parent)) }
      let result = expanded(chunk, selection)
      result.columns[expansion.edge] = edges
      return result
    }
    return nil
  }

  /// Searches the shorter of the two sorted neighbour lists.
  private func find(_ leg: Leg, _ from: UInt64, _ to: UInt64, _ found: (UInt64) -> Void) {
    if leg.skipsLoops, from == to { return }
    let source = Int(truncatingIfNeeded: from)
    let target = Int(truncatingIfNeeded: to)
    var (list, wanted) = (leg.adjacency, UInt32(truncatingIfNeeded: to))
    var low = list.start(source)
    var high = list.end(source)
    let otherStart = leg.opposite.start(target)
    let otherEnd = leg.opposite.end(target)
    if otherEnd - otherStart < high - low {
      (list, wanted) = (leg.opposite, UInt32(truncatingIfNeeded: from))
      (low, high) = (otherStart, otherEnd)
    }
    let end = high
    while low < high {
      let middle = (low &+ high) >> 1
      if list.neighbours[middle] < wanted { low = middle &+ 1 } else { high = middle }
    }
    while low < end, list.neighbours[low] == wanted {
      found(UInt64(leg.type) << 32 | UInt64(list.edges[low]))
      low &+= 1
    }
  }
}

/// How many edges a bound node has, where nobody asks which.
final class DegreeOperator: UnaryOperator {
  private let expansion: Expansion
  private let legs: [Leg]

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ expansion: Expansion) {
    self.expansion = expansion
    legs = context.legs(of: expansion)
    super.init(context, plan, input)
  }

  override func next() throws(QueryError) -> Chunk? {
    while let chunk = try input.next() {
      try context.count(rows: chunk.count)
      let from = chunk.column(expansion.from)
      let matched = expansion.distinctFrom.map { chunk.column($0) }
      let counts = Vector(capacity: chunk.rows[chunk.count - 1] + 1)
      let selection = Selection(capacity: chunk.count)
      for index in 0..<chunk.count {
        let row = chunk.rows[index]
        guard from.tag(row) == Tag.node else { continue }
        let node = Int(truncatingIfNeeded: from.word(row))
        var count = degree(node)
        for column in matched where isAt(node, column, row) { count -= 1 }
        if count <= 0 { continue }
        counts.set(row, Tag.integer, UInt64(count))
        selection.append(row)
      }
      if selection.count == 0 { continue }
      let result = Chunk(columns: chunk.columns, selection: selection)
      if let slot = expansion.countSlot { result.columns[slot] = counts }
      return result
    }
    return nil
  }

  private func degree(_ node: Int) -> Int {
    var count = 0
    for leg in legs {
      let start = leg.adjacency.start(node)
      let end = leg.adjacency.end(node)
      count += end - start
      if leg.skipsLoops {
        var position = start
        while position < end {
          if Int(leg.adjacency.neighbours[position]) == node { count -= 1 }
          position &+= 1
        }
      }
    }
    return count
  }

  /// Whether a matched edge is one of those that were counted at the node.
  private func isAt(_ node: Int, _ column: Vector, _ row: Int) -> Bool {
    guard column.tag(row) == Tag.edge else { return false }
    let word = column.word(row)
    let type = UInt16(truncatingIfNeeded: word >> 32)
    guard expansion.types.contains(type) else { return false }
    let table = context.view.edgeTypes[Int(type)]
    let edge = Int(UInt32(truncatingIfNeeded: word))
    return switch expansion.direction {
    case .right: Int(table.sources[edge]) == node
    case .left: Int(table.targets[edge]) == node
    case .either: Int(table.sources[edge]) == node || Int(table.targets[edge]) == node
    }
  }
}

/// The ends of an edge that is bound already.
final class EdgeEndsOperator: UnaryOperator {
  private let expansion: Expansion
  private var checks: EdgeChecks?

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ expansion: Expansion) {
    self.expansion = expansion
    super.init(context, plan, input)
  }

  private func makeChecks() throws(QueryError) -> EdgeChecks {
    if let checks { return checks }
    let made = try EdgeChecks(context, expansion)
    checks = made
    return made
  }

  override func next() throws(QueryError) -> Chunk? {
    let checks = try makeChecks()
    while let chunk = try input.next() {
      checks.start(chunk)
      let column = chunk.column(expansion.edge)
      let froms = Vector(capacity: chunk.count)
      let tos = Vector(capacity: chunk.count)
      var parents: [Int] = []
      let boundFrom = expansion.boundFrom ? chunk.column(expansion.from) : nil
      let boundTo = expansion.boundTo ? chunk.column(expansion.to) : nil
      for index in 0..<chunk.count {
        let row = chunk.rows[index]
        guard column.tag(row) == Tag.edge else { continue }
        let word = column.word(row)
        guard expansion.types.contains(UInt16(truncatingIfNeeded: word >> 32)),
          !checks.checksUniqueness || !checks.excluded(row).contains(word),
          !checks.needsValidity || checks.mayHold(word)
        else { continue }
        for (from, to) in ends(word) {
          if let boundFrom, boundFrom.tag(row) != Tag.node || boundFrom.word(row) != from {
            continue
          }
          if let boundTo, boundTo.tag(row) != Tag.node || boundTo.word(row) != to { continue }
          froms.append(Tag.node, from)
          tos.append(Tag.node, to)
          parents.append(row)
        }
      }
      if parents.isEmpty { continue }
      try context.count(rows: parents.count)
      let selection = Selection(capacity: parents.count)
      for parent in parents { selection.append(parent) }
      let result = expanded(chunk, selection)
      froms.uniform = Tag.node
      tos.uniform = Tag.node
      result.columns[expansion.from] = froms
      result.columns[expansion.to] = tos
      return result
    }
    return nil
  }

  private func ends(_ word: UInt64) -> [(UInt64, UInt64)] {
    let table = context.view.edgeTypes[Int(word >> 32)]
    let edge = Int(UInt32(truncatingIfNeeded: word))
    let source = UInt64(table.sources[edge])
    let target = UInt64(table.targets[edge])
    return switch expansion.direction {
    case .right: [(source, target)]
    case .left: [(target, source)]
    case .either: source == target ? [(source, target)] : [(source, target), (target, source)]
    }
  }
}
