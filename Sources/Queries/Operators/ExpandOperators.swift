import CMemory
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
  private let distinctFrom: [Int]
  private let distinctFromLists: [Int]
  private let distinctFromNodes: [Int]
  private let days: DayRange?
  /// By edge type, where it has a validity.
  private let validities: [ValidityCells?]
  private var columns: [Vector] = []
  private var lists: [Vector] = []
  private var nodes: [Vector] = []
  private var excluded: [UInt64] = []
  let needsValidity: Bool
  let checksUniqueness: Bool

  init(_ context: ExecutionContext, _ expansion: Expansion) throws(QueryError) {
    self.context = context
    distinctFrom = expansion.distinctFrom
    distinctFromLists = expansion.distinctFromLists
    distinctFromNodes = expansion.distinctFromNodes
    days = try DayRange(expansion.asOf, context)
    let types = context.view.edgeTypes
    needsValidity = days != nil && expansion.types.contains { types[Int($0)].hasValidity }
    validities = needsValidity ? types.map { $0.hasValidity ? $0.validity : nil } : []
    checksUniqueness = !expansion.distinctFrom.isEmpty || !expansion.distinctFromLists.isEmpty
  }

  /// `nil` where an arm may take any edge.
  init?(_ context: ExecutionContext, arm: Intersection.Arm) {
    if arm.distinctFrom.isEmpty, arm.distinctFromLists.isEmpty { return nil }
    self.context = context
    distinctFrom = arm.distinctFrom
    distinctFromLists = arm.distinctFromLists
    distinctFromNodes = []
    days = nil
    validities = []
    needsValidity = false
    checksUniqueness = true
  }

  func start(_ chunk: Chunk) {
    columns = distinctFrom.map { chunk.column($0) }
    lists = distinctFromLists.map { chunk.column($0) }
    nodes = distinctFromNodes.map { chunk.column($0) }
  }

  /// Whether a row's edges may not lead to that node.
  func excludes(node: UInt32, _ row: Int) -> Bool {
    nodes.contains { $0.tag(row) == Tag.node && $0.word(row) == UInt64(node) }
  }

  var checksNodes: Bool { !distinctFromNodes.isEmpty }

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

  /// Asks memory for the validity of an edge of the type that `base` is for.
  @inline(__always)
  func prefetch(_ base: UInt64, _ edge: UInt32) {
    guard let validity = validities[Int(base >> 32)] else { return }
    rapport_prefetch(validity.from + Int(edge))
    rapport_prefetch(validity.to + Int(edge))
  }

  func mayHold(_ edge: UInt64) -> Bool {
    guard let days, let validity = validities[Int(edge >> 32)] else { return true }
    return validity.mayHold(Int(UInt32(truncatingIfNeeded: edge)), from: days.first, to: days.last)
  }
}

/// Follows edges from a bound node: one row for each edge.
final class ExpandOperator: UnaryOperator {
  private let expansion: Expansion
  private let legs: [Leg]
  /// One type, one direction, no labels to test and at most one edge, or node, to differ from.
  private let isSimple: Bool
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
    isSimple =
      legs.count == 1 && expansion.labelSets == nil && expansion.distinctFromLists.isEmpty
      && expansion.distinctFrom.count + expansion.distinctFromNodes.count < 2
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
      let edges = needsEdges ? Vector(capacity: Chunk.rowCountMax, uniform: Tag.edge) : nil
      let isDone =
        if isSimple, !checks.needsValidity {
          fillSimple(chunk, parents, nodes.words, edges?.words)
        } else {
          fill(chunk, checks, parents, nodes.words, edges?.words)
        }
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

  /// Whether somebody reads which edges there are, or they have to be compared.
  private var needsEdges: Bool { expansion.needsEdge || !expansion.distinctFrom.isEmpty }

  /// ``fill`` for the common case, in one loop.
  private func fillSimple(
    _ chunk: Chunk,
    _ parents: Selection,
    _ nodes: UnsafeMutablePointer<UInt64>,
    _ edges: UnsafeMutablePointer<UInt64>?
  ) -> Bool {
    let from = chunk.column(expansion.from)
    let matched = (expansion.distinctFrom.first ?? expansion.distinctFromNodes.first)
      .map { chunk.column($0) }
    let matchedTag = expansion.distinctFrom.isEmpty ? Tag.node : Tag.edge
    let list = legs[0].adjacency
    let base = UInt64(legs[0].type) << 32
    let source = chunk.rows
    let rows = parents.pointer
    var count = 0
    var position = position
    var end = end
    var rowIndex = rowIndex
    // All ones name nothing, so that one comparison serves rows without one to differ from.
    var other = UInt64.max
    if let matched, position < end { other = matched.word(source[rowIndex]) }
    let above = expansion.above.map { chunk.column($0) }
    var least: UInt64 = 0
    if let above, position < end { least = Self.least(above, source[rowIndex]) }
    while true {
      let parent = position < end ? source.pointer[rowIndex] : 0
      if let edges {
        while position < end, count < Chunk.rowCountMax {
          let edge = base | UInt64(list.edges[position])
          let node = UInt64(list.neighbours[position])
          nodes[count] = node
          edges[count] = edge
          rows[count] = parent
          count &+= (matchedTag == Tag.node ? node : edge) != other && node >= least ? 1 : 0
          position &+= 1
        }
      } else {
        while position < end, count < Chunk.rowCountMax {
          let node = UInt64(list.neighbours[position])
          nodes[count] = node
          rows[count] = parent
          count &+= node != other && node >= least ? 1 : 0
          position &+= 1
        }
      }
      if position < end { break }
      rowIndex &+= 1
      if rowIndex == source.count { break }
      let row = source[rowIndex]
      if from.tag(row) != Tag.node {
        position = 0
        end = 0
        continue
      }
      let node = Int(truncatingIfNeeded: from.word(row))
      position = list.start(node)
      end = list.end(node)
      if let matched { other = matched.tag(row) == matchedTag ? matched.word(row) : .max }
      if let above { least = Self.least(above, row) }
    }
    parents.count = count
    self.position = position
    self.end = end
    self.rowIndex = rowIndex
    return rowIndex == source.count
  }

  /// The least node that is above the one of a row; none is above nothing.
  @inline(__always)
  private static func least(_ above: Vector, _ row: Int) -> UInt64 {
    above.tag(row) == Tag.node ? above.word(row) + 1 : .max
  }

  /// Fills as many rows as there is room for; returns whether the chunk is used up.
  private func fill(
    _ chunk: Chunk,
    _ checks: EdgeChecks,
    _ parents: Selection,
    _ nodes: UnsafeMutablePointer<UInt64>,
    _ edges: UnsafeMutablePointer<UInt64>?
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

  /// Validities are all over the memory: it is asked for them while others are looked at.
  private static let edgesAhead = 16

  private func fillLeg(
    _ row: Int,
    _ from: Vector,
    _ checks: EdgeChecks,
    _ parents: Selection,
    _ nodes: UnsafeMutablePointer<UInt64>,
    _ edges: UnsafeMutablePointer<UInt64>?
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
    let above = expansion.above.flatMap { chunk?.column($0) }
    let least = above.map { Self.least($0, row) } ?? 0
    if expansion.labelSets == nil, !leg.skipsLoops, !checks.needsValidity, !checks.checksNodes,
      excluded.count < 2, least == 0
    {
      // All ones name no edge, so that one comparison serves either case.
      let other = excluded.first ?? .max
      while position < end, count < Chunk.rowCountMax {
        let edge = base | UInt64(edgeNumbers[position])
        nodes[count] = UInt64(neighbours[position])
        edges?[count] = edge
        rows[count] = parent
        count &+= edge != other ? 1 : 0
        position &+= 1
      }
    } else {
      let sets = context.view.nodeLabelSets
      let node = from.word(row)
      let ahead = checks.needsValidity ? Self.edgesAhead : end
      while position < end, count < Chunk.rowCountMax {
        if position &+ ahead < end { checks.prefetch(base, edgeNumbers[position &+ ahead]) }
        let neighbour = neighbours[position]
        let edge = base | UInt64(edgeNumbers[position])
        position &+= 1
        if UInt64(neighbour) < least { continue }
        if let wanted = expansion.labelSets, !wanted[Int(sets[Int(neighbour)])] { continue }
        if leg.skipsLoops, UInt64(neighbour) == node { continue }
        if checks.checksUniqueness, excluded.contains(edge) { continue }
        if checks.checksNodes, checks.excludes(node: neighbour, row) { continue }
        if checks.needsValidity, !checks.mayHold(edge) { continue }
        nodes[count] = UInt64(neighbour)
        edges?[count] = edge
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
  private var edges = Vector(capacity: 1)
  private var parents = Vector(capacity: 1)

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ expansion: Expansion) {
    self.expansion = expansion
    legs = context.legs(of: expansion)
    super.init(context, plan, input)
  }

  override func next() throws(QueryError) -> Chunk? {
    let checks = try makeChecks()
    while let chunk = try input.next() {
      checks.start(chunk)
      edges = Vector(capacity: chunk.count)
      parents = Vector(capacity: chunk.count)
      let from = chunk.column(expansion.from)
      let to = chunk.column(expansion.to)
      let checksEdges = checks.checksUniqueness || checks.needsValidity
      for leg in legs {
        findAll(leg, from, to, chunk.rows, checksEdges ? checks : nil)
      }
      try context.count(rows: chunk.count + parents.count)
      if parents.count == 0 { continue }
      edges.uniform = Tag.edge
      let selection = Selection(capacity: parents.count)
      for index in 0..<parents.count { selection.append(Int(parents.words[index])) }
      let result = expanded(chunk, selection)
      result.columns[expansion.edge] = edges
      return result
    }
    return nil
  }

  private func makeChecks() throws(QueryError) -> EdgeChecks {
    if let checks { return checks }
    let made = try EdgeChecks(context, expansion)
    checks = made
    return made
  }

  /// Searches the shorter of the two sorted neighbour lists of each row.
  private func findAll(
    _ leg: Leg,
    _ from: Vector,
    _ to: Vector,
    _ rows: Rows,
    _ checks: EdgeChecks?
  ) {
    let base = UInt64(leg.type) << 32
    let forwards = leg.adjacency
    let backwards = leg.opposite
    var index = 0
    while index < rows.count {
      let row = rows[index]
      index &+= 1
      guard from.tag(row) == Tag.node, to.tag(row) == Tag.node else { continue }
      let source = UInt32(truncatingIfNeeded: from.word(row))
      let target = UInt32(truncatingIfNeeded: to.word(row))
      if leg.skipsLoops, source == target { continue }
      var low = forwards.start(Int(source))
      var high = forwards.end(Int(source))
      let otherStart = backwards.start(Int(target))
      let otherEnd = backwards.end(Int(target))
      let isBackwards = otherEnd &- otherStart < high &- low
      if isBackwards { (low, high) = (otherStart, otherEnd) }
      let neighbours = isBackwards ? backwards.neighbours : forwards.neighbours
      let numbers = isBackwards ? backwards.edges : forwards.edges
      let wanted = isBackwards ? source : target
      let end = high
      while low < high {
        let middle = (low &+ high) >> 1
        if neighbours[middle] < wanted { low = middle &+ 1 } else { high = middle }
      }
      while low < end, neighbours[low] == wanted {
        let edge = base | UInt64(numbers[low])
        low &+= 1
        if let checks, !passes(edge, row, checks) { continue }
        edges.append(Tag.edge, edge)
        parents.append(Tag.integer, UInt64(row))
      }
    }
  }

  private func passes(_ edge: UInt64, _ row: Int, _ checks: EdgeChecks) -> Bool {
    if checks.checksUniqueness, checks.excluded(row).contains(edge) { return false }
    return !checks.needsValidity || checks.mayHold(edge)
  }
}
