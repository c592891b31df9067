import GraphModel
import GraphStorage

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
      if isSimple {
        countSimple(chunk.rows, from, matched, counts, selection)
        if selection.count == 0 { continue }
        let result = Chunk(columns: chunk.columns, selection: selection)
        if let slot = expansion.countSlot { result.columns[slot] = counts }
        return result
      }
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

  /// One type in one direction, and matched edges of that type only.
  private var isSimple: Bool { legs.count == 1 }

  private func countSimple(
    _ rows: Rows,
    _ from: Vector,
    _ matched: [Vector],
    _ counts: Vector,
    _ selection: Selection
  ) {
    let list = legs[0].adjacency
    let type = UInt64(legs[0].type)
    let table = context.view.edgeTypes[legs[0].type]
    let ends = expansion.direction == .right ? table.sources : table.targets
    var index = 0
    while index < rows.count {
      let row = rows[index]
      let isNode = from.tag(row) == Tag.node
      let node = isNode ? Int(truncatingIfNeeded: from.word(row)) : 0
      counts.words[row] = isNode ? UInt64(list.end(node) &- list.start(node)) : 0
      counts.tags[row] = Tag.integer
      index &+= 1
    }
    for column in matched {
      index = 0
      while index < rows.count {
        let row = rows[index]
        let edge = column.word(row)
        if column.tag(row) == Tag.edge, edge >> 32 == type,
          UInt64(ends[Int(UInt32(truncatingIfNeeded: edge))]) == from.word(row)
        {
          counts.words[row] &-= 1
        }
        index &+= 1
      }
    }
    index = 0
    var count = 0
    while index < rows.count {
      selection.pointer[count] = rows.pointer[index]
      count &+= Int64(bitPattern: counts.words[rows[index]]) > 0 ? 1 : 0
      index &+= 1
    }
    selection.count = count
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
