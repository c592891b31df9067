import GraphModel
import GraphStorage
import SourceText

/// Compares one property of two nodes by the nodes' numbers, where those are in its order.
///
/// That is so of ids which were given in the order in which things were registered.
final class NodeOrderEvaluator: Evaluator {
  private let comparison: CompareOperator
  private let key: UInt16
  private let left: Int
  private let right: Int
  /// For all other rows.
  private let other: Evaluator
  /// By label set, whether its nodes are in the order of the property.
  private var isAscending: [Bool?]

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ comparison: CompareOperator,
    _ key: UInt16,
    _ left: Int,
    _ right: Int,
    _ other: Evaluator
  ) {
    self.comparison = comparison
    self.key = key
    self.left = left
    self.right = right
    self.other = other
    isAscending = Array(repeating: nil, count: context.view.labelSetCounts.count)
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    guard let (first, second) = orderedNodes(chunk, rows) else {
      return try other.evaluate(chunk, rows)
    }
    let result = result(for: rows)
    for index in 0..<rows.count {
      let row = rows[index]
      let order = orderOf(first.word(row), second.word(row))
      result.set(row, Tag.boolean, comparison.holds(order) ? 1 : 0)
    }
    return result
  }

  override func select(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Selection {
    guard let (first, second) = orderedNodes(chunk, rows) else {
      return try other.select(chunk, rows)
    }
    let (ones, twos) = (first.words, second.words)
    let (oneMask, twoMask) = (first.mask, second.mask)
    return comparison.select(rows) { orderOf(ones[$0 & oneMask], twos[$0 & twoMask]) }
  }

  /// The two columns, where all nodes have one label set, whose nodes are in the order of the
  /// property.
  private func orderedNodes(_ chunk: Chunk, _ rows: Rows) -> (Vector, Vector)? {
    let first = chunk.column(left)
    let second = chunk.column(right)
    guard rows.count > 0, first.uniform == Tag.node, second.uniform == Tag.node else { return nil }
    let sets = context.view.nodeLabelSets
    let set = sets[Int(truncatingIfNeeded: first.word(rows[0]))]
    if !isAscending(Int(set)) { return nil }
    var others: UInt16 = 0
    for index in 0..<rows.count {
      let row = rows[index]
      others |= sets[Int(truncatingIfNeeded: first.word(row))] ^ set
      others |= sets[Int(truncatingIfNeeded: second.word(row))] ^ set
    }
    return others == 0 ? (first, second) : nil
  }

  private func isAscending(_ set: Int) -> Bool {
    if let known = isAscending[set] { return known }
    let found = context.caches.isAscending(key, labelSet: set, in: context.view)
    isAscending[set] = found
    return found
  }
}

/// Compares the id of nodes with a constant, by the nodes' numbers.
final class NodeIdentityEvaluator: Evaluator {
  private let comparison: CompareOperator
  private let slot: Int
  private let id: Evaluator
  /// For all other rows.
  private let other: Evaluator
  /// A few ids are read sooner than the node is found.
  private static let rowCountMin = 128
  /// The only node with the id that was looked for last; `.max` for none.
  private var wanted: (id: UInt64, node: UInt64)?

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ comparison: CompareOperator,
    _ slot: Int,
    _ id: Evaluator,
    _ other: Evaluator
  ) {
    self.comparison = comparison
    self.slot = slot
    self.id = id
    self.other = other
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    guard let node = try wantedNode(chunk, rows) else { return try other.evaluate(chunk, rows) }
    let nodes = chunk.column(slot)
    let result = result(for: rows)
    for index in 0..<rows.count {
      let row = rows[index]
      let order = nodes.word(row) == node ? 0 : 1
      result.set(row, Tag.boolean, comparison.holds(order) ? 1 : 0)
    }
    return result
  }

  override func select(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Selection {
    guard let node = try wantedNode(chunk, rows) else { return try other.select(chunk, rows) }
    let nodes = chunk.column(slot)
    let (words, mask) = (nodes.words, nodes.mask)
    return comparison.select(rows) { words[$0 & mask] == node ? 0 : 1 }
  }

  /// The node with the id, `.max` for none; `nil` where numbers do not decide.
  private func wantedNode(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> UInt64? {
    guard rows.count >= Self.rowCountMin || wanted != nil,
      chunk.column(slot).uniform == Tag.node
    else { return nil }
    let ids = try id.evaluate(chunk, rows)
    guard ids.isConstant, ids.tag(0) == Tag.string else { return nil }
    if let wanted, wanted.id == ids.word(0) { return wanted.node }
    let isKnown = ids.word(0) < QueryStrings.localBase
    let code = StringCode(truncatingIfNeeded: ids.word(0))
    let nodes = isKnown ? context.view.graph.nodes(withIDOf: code) : []
    if nodes.count > 1 { return nil }
    let node = nodes.first.map { UInt64($0.rawValue) } ?? .max
    wanted = (ids.word(0), node)
    return node
  }
}
