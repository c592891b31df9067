import GraphModel
import GraphStorage

/// How many edges a bound node has, where nobody asks which.
final class DegreeOperator: UnaryOperator {
  private let expansion: Expansion
  private let legs: [Leg]
  /// Whether a row's count is the degree of its node, less those that are matched for certain, times
  /// what the row stands for.
  private let hasPlainDegrees: Bool

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ expansion: Expansion) {
    self.expansion = expansion
    legs = context.legs(of: expansion)
    hasPlainDegrees =
      legs.count == 1 && expansion.distinctFrom.isEmpty && expansion.rival?.isSettled ?? true
    super.init(context, plan, input)
  }

  override func next() throws(QueryError) -> Chunk? {
    guard let slot = expansion.countSlot else { preconditionFailure("it counts into a slot") }
    while let chunk = try input.next() {
      try context.count(rows: chunk.count)
      let counts = Vector(capacity: chunk.rows[chunk.count - 1] + 1, uniform: Tag.integer)
      let selection: Selection
      if hasPlainDegrees, chunk.column(expansion.from).uniform == Tag.node {
        selection = multiplyDegrees(chunk, into: counts)
      } else {
        count(chunk, into: counts)
        multiply(chunk, counts)
        selection = Self.positive(chunk.rows, counts)
      }
      if selection.count == 0 { continue }
      let result = Chunk(columns: chunk.columns, selection: selection)
      result.columns[slot] = counts
      return result
    }
    return nil
  }

  /// Writes plain counts in one pass; returns the rows that stand for any.
  private func multiplyDegrees(_ chunk: Chunk, into counts: Vector) -> Selection {
    let rows = chunk.rows
    let selection = Selection(capacity: rows.count)
    let from = chunk.column(expansion.from)
    let factor =
      expansion.factorSlot.map { chunk.column($0) }
      ?? Vector(constantTag: Tag.integer, word: 1)
    let (nodes, factors) = (from.words, factor.words)
    let (nodeMask, factorMask) = (from.mask, factor.mask)
    let (words, kept) = (counts.words, selection.pointer)
    let list = legs[0].adjacency
    let certain = expansion.certainlyMatched
    var index = 0
    var count = 0
    while index < rows.count {
      let row = rows[index]
      let node = Int(truncatingIfNeeded: nodes[row & nodeMask])
      let degree = list.degree(node) &- certain
      let product = degree &* Int(truncatingIfNeeded: factors[row & factorMask])
      words[row] = UInt64(bitPattern: Int64(product))
      kept[count] = Int32(truncatingIfNeeded: row)
      count &+= product > 0 ? 1 : 0
      index &+= 1
    }
    withExtendedLifetime(factor) {}
    selection.count = count
    return selection
  }

  /// Writes how many edges each row's node has beside those that are matched.
  private func count(_ chunk: Chunk, into counts: Vector) {
    let rows = chunk.rows
    let from = chunk.column(expansion.from)
    if legs.count == 1, from.uniform == Tag.node {
      let list = legs[0].adjacency
      let certain = expansion.certainlyMatched
      var index = 0
      while index < rows.count {
        let row = rows[index]
        let node = Int(truncatingIfNeeded: from.word(row))
        counts.words[row] = UInt64(
          bitPattern: Int64(list.degree(node) &- certain)
        )
        index &+= 1
      }
    } else {
      for index in 0..<rows.count {
        let row = rows[index]
        let count =
          from.tag(row) == Tag.node
          ? degree(Int(truncatingIfNeeded: from.word(row))) - expansion.certainlyMatched : 0
        counts.words[row] = UInt64(bitPattern: Int64(count))
      }
    }
    for slot in expansion.distinctFrom {
      let column = chunk.column(slot)
      for index in 0..<rows.count {
        let row = rows[index]
        guard from.tag(row) == Tag.node else { continue }
        if isAt(Int(truncatingIfNeeded: from.word(row)), column, row) { counts.words[row] &-= 1 }
      }
    }
  }

  /// Multiplies with how many rows each row stands for already, without the pairs that are one
  /// edge twice.
  private func multiply(_ chunk: Chunk, _ counts: Vector) {
    guard let factorSlot = expansion.factorSlot else { return }
    let factors = chunk.column(factorSlot)
    let rows = chunk.rows
    let rival = expansion.rival.flatMap { $0.isSettled ? nil : $0 }
    var index = 0
    while index < rows.count {
      let row = rows[index]
      let count = counts.words[row]
      var product = count &* factors.word(row)
      if let rival { product &-= shared(chunk, row, count, rival) }
      counts.words[row] = product
      index &+= 1
    }
  }

  /// How many edges both this and its rival count.
  private func shared(
    _ chunk: Chunk,
    _ row: Int,
    _ count: UInt64,
    _ rival: Expansion.Rival
  ) -> UInt64 {
    let node = UInt32(truncatingIfNeeded: chunk.column(expansion.from).word(row))
    let other = UInt32(truncatingIfNeeded: chunk.column(rival.from).word(row))
    if rival.direction == expansion.direction { return node == other ? count : 0 }
    // Edges from one to the other, except for those that are matched.
    let outgoing = context.view.edgeTypes[legs[0].type].outgoing
    let (source, target) = expansion.direction == .right ? (node, other) : (other, node)
    var place = outgoing.start(Int(source))
    let end = outgoing.end(Int(source))
    var shared: UInt64 = 0
    while place < end, outgoing.neighbours[place] <= target {
      if outgoing.neighbours[place] == target,
        !isMatched(edgeWord(UInt16(legs[0].type), outgoing.edges[place]), chunk, row)
      {
        shared += 1
      }
      place &+= 1
    }
    return shared
  }

  private func isMatched(_ edge: UInt64, _ chunk: Chunk, _ row: Int) -> Bool {
    for slot in expansion.rival?.matched ?? [] {
      let column = chunk.column(slot)
      if column.tag(row) == Tag.edge, column.word(row) == edge { return true }
    }
    return false
  }

  /// The rows that stand for any.
  private static func positive(_ rows: Rows, _ counts: Vector) -> Selection {
    let selection = Selection(capacity: rows.count)
    var index = 0
    var count = 0
    while index < rows.count {
      selection.pointer[count] = rows.pointer[index]
      count &+= Int64(bitPattern: counts.words[rows[index]]) > 0 ? 1 : 0
      index &+= 1
    }
    selection.count = count
    return selection
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
