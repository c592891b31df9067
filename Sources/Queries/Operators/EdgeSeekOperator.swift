import Expressions
import GraphModel
import GraphStorage

/// The edges of a type, all of them or those whose property has a constant value.
final class EdgeSeekOperator: UnaryOperator {
  private let seek: EdgeSeek
  private let value: Evaluator?
  /// The edges, once they were looked for; `nil` for all.
  private var found: Found?
  private var hasSought = false
  private var days: DayRange?
  private var chunk: Chunk?
  private var rowIndex = 0
  private var edgeIndex = 0

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ seek: EdgeSeek) {
    self.seek = seek
    value = seek.match.map { EvaluatorBuilder(context).make($0.value) }
    super.init(context, plan, input)
  }

  override func restart() {
    chunk = nil
    super.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    if !hasSought {
      hasSought = true
      days = try DayRange(seek.asOf, context)
      if let match = seek.match, let value { found = try find(match.key, value) }
    }
    let end = found?.edges.count ?? context.view.edgeTypes[Int(seek.type)].count
    if end == 0 { return nil }
    while true {
      if chunk == nil {
        chunk = try input.next()
        rowIndex = 0
        edgeIndex = 0
      }
      guard let chunk else { return nil }
      if rowIndex == chunk.count {
        self.chunk = nil
        continue
      }
      let row = chunk.rows[rowIndex]
      let made =
        if let found { take(found, row) } else if isPicky { scan(end, row) } else {
          takeAll(end, row)
        }
      if edgeIndex == end {
        edgeIndex = 0
        rowIndex += 1
      }
      try context.count(rows: max(made.parents.count, 1))
      if made.parents.count == 0 { continue }
      let result = expanded(chunk, made.parents)
      result.columns[seek.edge] = made.edges
      result.columns[seek.source] = made.sources
      result.columns[seek.target] = made.targets
      return result
    }
  }

  private struct Found {
    var edges: ArraySlice<UInt32>
    /// Where they are known without a look at each edge.
    var sources: ArraySlice<UInt32>?
    var targets: ArraySlice<UInt32>?
  }

  private struct Made {
    let edges: Vector?
    let sources: Vector?
    let targets: Vector?
    let parents = Selection(capacity: Chunk.rowCountMax)

    init(_ needs: EdgeSeek.Parts) {
      func column(_ part: EdgeSeek.Parts, _ tag: UInt8) -> Vector? {
        needs.contains(part) ? Vector(capacity: Chunk.rowCountMax, uniform: tag) : nil
      }
      edges = column(.edge, Tag.edge)
      sources = column(.source, Tag.node)
      targets = column(.target, Tag.node)
    }
  }

  /// The next of the edges that were found.
  private func take(_ found: Found, _ parent: Int) -> Made {
    let made = Made(seek.needs)
    let table = context.view.edgeTypes[Int(seek.type)]
    let count = min(Chunk.rowCountMax, found.edges.count - edgeIndex)
    let numbers = Self.part(found.edges, edgeIndex, count)
    numbers.withUnsafeBufferPointer { numbers in
      if let words = made.edges?.words {
        for index in 0..<count { words[index] = edgeWord(seek.type, numbers[index]) }
      }
      Self.fill(made.sources, numbers, table.sources, found.sources, edgeIndex)
      Self.fill(made.targets, numbers, table.targets, found.targets, edgeIndex)
    }
    made.parents.pointer.update(repeating: Int32(truncatingIfNeeded: parent), count: count)
    made.parents.count = count
    edgeIndex += count
    return made
  }

  private static func part(
    _ slice: ArraySlice<UInt32>,
    _ start: Int,
    _ count: Int
  ) -> ArraySlice<UInt32> {
    slice[(slice.startIndex + start)..<(slice.startIndex + start + count)]
  }

  private static func fill(
    _ ends: Vector?,
    _ edges: UnsafeBufferPointer<UInt32>,
    _ all: UnsafePointer<UInt32>,
    _ known: ArraySlice<UInt32>?,
    _ start: Int
  ) {
    guard let words = ends?.words else { return }
    if let known {
      part(known, start, edges.count).withUnsafeBufferPointer { known in
        for index in 0..<known.count { words[index] = UInt64(known[index]) }
      }
    } else {
      for index in 0..<edges.count { words[index] = UInt64(all[Int(edges[index])]) }
    }
  }

  /// Whether not all edges are wanted.
  private var isPicky: Bool {
    seek.sourceLabelSets != nil || seek.targetLabelSets != nil || days != nil
  }

  /// The next of all edges, each of which is wanted.
  private func takeAll(_ end: Int, _ parent: Int) -> Made {
    let made = Made(seek.needs)
    let table = context.view.edgeTypes[Int(seek.type)]
    let count = min(Chunk.rowCountMax, end - edgeIndex)
    if let words = made.edges?.words {
      for index in 0..<count {
        words[index] = edgeWord(seek.type, UInt32(truncatingIfNeeded: edgeIndex &+ index))
      }
    }
    for (ends, all) in [(made.sources, table.sources), (made.targets, table.targets)] {
      guard let words = ends?.words else { continue }
      let next = all + edgeIndex
      for index in 0..<count { words[index] = UInt64(next[index]) }
    }
    made.parents.pointer.update(repeating: Int32(truncatingIfNeeded: parent), count: count)
    made.parents.count = count
    edgeIndex += count
    return made
  }

  /// The next of the edges that are wanted.
  private func scan(_ end: Int, _ parent: Int) -> Made {
    let made = Made(seek.needs)
    let table = context.view.edgeTypes[Int(seek.type)]
    let (edges, sources, targets) = (made.edges?.words, made.sources?.words, made.targets?.words)
    let parents = made.parents.pointer
    let parent = Int32(truncatingIfNeeded: parent)
    var (count, edge) = (0, edgeIndex)
    while edge < end, count < Chunk.rowCountMax {
      edges?[count] = edgeWord(seek.type, UInt32(truncatingIfNeeded: edge))
      sources?[count] = UInt64(table.sources[edge])
      targets?[count] = UInt64(table.targets[edge])
      parents[count] = parent
      if accepts(edge, table, days) { count &+= 1 }
      edge &+= 1
    }
    made.parents.count = count
    edgeIndex = edge
    return made
  }

  private func find(
    _ name: String,
    _ value: Evaluator
  ) throws(QueryError) -> Found {
    let row = Chunk(slotCount: context.slotCount, selection: Selection(all: 1))
    let wanted = try value.evaluate(row, row.rows)
    let table = context.view.edgeTypes[Int(seek.type)]
    guard let key = context.view.graph.propertyKey(named: name),
      let number = table.column(for: key), wanted.tag(0) == Tag.string,
      wanted.word(0) < QueryStrings.localBase
    else { return Found(edges: []) }
    let column = table.columns[number].cells
    guard column.kind == .string else { return Found(edges: []) }
    let code = UInt32(truncatingIfNeeded: wanted.word(0))
    if let index = context.caches.edges(byValueOf: column, type: seek.type, key: key) {
      let all = index.edges(with: code)
      try context.count(rows: all.count / 8)
      if isPicky {
        return Found(edges: ArraySlice(all.filter { accepts(Int($0), table, days) }))
      }
      return Found(
        edges: all,
        sources: seek.needs.contains(.source) ? index.sources(of: all, in: table) : nil,
        targets: seek.needs.contains(.target) ? index.targets(of: all, in: table) : nil
      )
    }
    var found: [UInt32] = []
    var edge = 0
    let words = column.words32
    let end = column.rowCount
    while edge < end {
      if words[edge] == code, column.positions[edge] != 0, accepts(edge, table, days) {
        found.append(UInt32(truncatingIfNeeded: edge))
      }
      edge &+= 1
    }
    try context.count(rows: column.rowCount / 8)
    return Found(edges: ArraySlice(found))
  }

  private func accepts(_ edge: Int, _ table: EdgeTypeView, _ days: DayRange?) -> Bool {
    let sets = context.view.nodeLabelSets
    if let wanted = seek.sourceLabelSets, !wanted[Int(sets[Int(table.sources[edge])])] {
      return false
    }
    if let wanted = seek.targetLabelSets, !wanted[Int(sets[Int(table.targets[edge])])] {
      return false
    }
    return days?.mayHold(table, edge) ?? true
  }
}

/// The days of AS OF: the first and the last that it may mean.
struct DayRange {
  let first: Int64
  let last: Int64

  /// `nil` where there is no AS OF.
  init?(_ bound: Bound?, _ context: ExecutionContext) throws(QueryError) {
    guard let bound else {
      guard let date = context.options.asOf else { return nil }
      (first, last) = (date.earliest.packed, date.latest.packed)
      return
    }
    let value = try context.value(of: bound)
    guard let date = ValueOperations.date(of: value) else {
      throw EvaluationError(
        .typeMismatch,
        "AS OF expects a date or a datetime, not \(value.typeName)"
      ).queryError(at: bound.span)
    }
    (first, last) = (date.earliest.packed, date.latest.packed)
  }

  /// Whether the edge may hold on one of the days; edges without validity always do.
  func mayHold(_ table: EdgeTypeView, _ edge: Int) -> Bool {
    !table.hasValidity || table.validity.mayHold(edge, from: first, to: last)
  }
}
