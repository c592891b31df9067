import Expressions
import GraphModel
import GraphStorage

/// All nodes of some label sets, for each input row.
final class ScanOperator: UnaryOperator {
  private let slot: Int
  private let labelSets: [Bool]?
  private var chunk: Chunk?
  private var rowIndex = 0
  private var node = 0
  /// How many rows the next chunk has: few at first, for whoever needs no more.
  private var rowCountMax = ScanOperator.rowCountMin

  private static let rowCountMin = 256

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ input: Operator,
    slot: Int,
    labelSets: [Bool]?
  ) {
    self.slot = slot
    self.labelSets = labelSets
    super.init(context, plan, input)
  }

  override func restart() {
    chunk = nil
    super.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    while true {
      if chunk == nil {
        chunk = try input.next()
        rowIndex = 0
        node = 0
      }
      guard let chunk else { return nil }
      let nodes = Vector(capacity: Chunk.rowCountMax, uniform: Tag.node)
      let parents = Selection(capacity: Chunk.rowCountMax)
      while rowIndex < chunk.count, parents.count < rowCountMax {
        fill(nodes, parents, chunk.rows[rowIndex])
        if node == context.view.nodeCount {
          node = 0
          rowIndex += 1
        }
      }
      if rowIndex == chunk.count { self.chunk = nil }
      if parents.count > 0 {
        try context.count(rows: parents.count)
        rowCountMax = min(rowCountMax * 2, Chunk.rowCountMax)
        let result = expanded(chunk, parents)
        result.columns[slot] = nodes
        return result
      }
    }
  }

  private func fill(_ nodes: Vector, _ parents: Selection, _ parent: Int) {
    let nodeCount = context.view.nodeCount
    let words = nodes.words
    let rows = parents.pointer
    let parent = Int32(truncatingIfNeeded: parent)
    var count = parents.count
    var node = node
    if let labelSets {
      let sets = context.view.nodeLabelSets
      labelSets.withUnsafeBufferPointer { wanted in
        while node < nodeCount, count < rowCountMax {
          words[count] = UInt64(truncatingIfNeeded: node)
          rows[count] = parent
          count &+= wanted[Int(sets[node])] ? 1 : 0
          node &+= 1
        }
      }
    } else {
      while node < nodeCount, count < rowCountMax {
        words[count] = UInt64(truncatingIfNeeded: node)
        rows[count] = parent
        count &+= 1
        node &+= 1
      }
    }
    parents.count = count
    self.node = node
  }
}

/// The nodes with an id.
final class SeekOperator: UnaryOperator {
  private let slot: Int
  private let id: Evaluator
  private let labelSets: [Bool]?
  private var known: (word: UInt64, nodes: [NodeNumber])?

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ input: Operator,
    slot: Int,
    id: Evaluator,
    labelSets: [Bool]?
  ) {
    self.slot = slot
    self.id = id
    self.labelSets = labelSets
    super.init(context, plan, input)
  }

  override func next() throws(QueryError) -> Chunk? {
    while let chunk = try input.next() {
      let ids = try id.evaluate(chunk, chunk.rows)
      var parents: [Int] = []
      let nodes = Vector(capacity: chunk.count, uniform: Tag.mixed)
      for index in 0..<chunk.count {
        let row = chunk.rows[index]
        guard ids.tag(row) == Tag.string else { continue }
        for node in find(ids.word(row)) {
          nodes.append(Tag.node, UInt64(node.rawValue))
          parents.append(row)
        }
      }
      if parents.isEmpty { continue }
      nodes.uniform = Tag.node
      try context.count(rows: parents.count)
      let selection = Selection(capacity: parents.count)
      for parent in parents { selection.append(parent) }
      let result = expanded(chunk, selection)
      result.columns[slot] = nodes
      return result
    }
    return nil
  }

  private func find(_ word: UInt64) -> [NodeNumber] {
    if let known, known.word == word { return known.nodes }
    let nodes = context.view.graph.nodes(withID: context.strings.string(word)).filter { node in
      guard let labelSets else { return true }
      return labelSets[Int(context.view.nodeLabelSets[Int(node.rawValue)])]
    }
    known = (word, nodes)
    return nodes
  }
}

/// The edges of a type whose property has a constant value, found by reading the column.
final class EdgeSeekOperator: UnaryOperator {
  private let seek: EdgeSeek
  private let value: Evaluator
  private var found: ArraySlice<UInt32>?
  private var chunk: Chunk?
  private var rowIndex = 0
  private var edgeIndex = 0

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ seek: EdgeSeek) {
    self.seek = seek
    value = EvaluatorBuilder(context).make(seek.value)
    super.init(context, plan, input)
  }

  override func restart() {
    chunk = nil
    super.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    if found == nil { found = try find() }
    guard let found, !found.isEmpty else { return nil }
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
      let table = context.view.edgeTypes[Int(seek.type)]
      let count = min(Chunk.rowCountMax, found.count - edgeIndex)
      let edges = Vector(capacity: count, uniform: Tag.edge)
      let sources = Vector(capacity: count, uniform: Tag.node)
      let targets = Vector(capacity: count, uniform: Tag.node)
      let parents = Selection(capacity: count)
      for index in 0..<count {
        let edge = found[found.startIndex + edgeIndex + index]
        edges.words[index] = edgeWord(seek.type, edge)
        sources.words[index] = UInt64(table.sources[Int(edge)])
        targets.words[index] = UInt64(table.targets[Int(edge)])
        parents.append(chunk.rows[rowIndex])
      }
      edgeIndex += count
      if edgeIndex == found.count {
        edgeIndex = 0
        rowIndex += 1
      }
      try context.count(rows: count)
      let result = expanded(chunk, parents)
      result.columns[seek.edge] = edges
      result.columns[seek.source] = sources
      result.columns[seek.target] = targets
      return result
    }
  }

  private func find() throws(QueryError) -> ArraySlice<UInt32> {
    let row = Chunk(slotCount: context.slotCount, selection: Selection(all: 1))
    let wanted = try value.evaluate(row, row.rows)
    let table = context.view.edgeTypes[Int(seek.type)]
    guard let key = context.view.graph.propertyKey(named: seek.key),
      let number = table.column(for: key), wanted.tag(0) == Tag.string,
      wanted.word(0) < QueryStrings.localBase
    else { return [] }
    let column = table.columns[number].cells
    guard column.kind == .string else { return [] }
    let code = UInt32(truncatingIfNeeded: wanted.word(0))
    let days = try DayRange(seek.asOf, context)
    if let index = context.caches.edges(byValueOf: column, type: seek.type, key: key) {
      let all = index.edges(with: code)
      try context.count(rows: all.count / 8)
      if seek.sourceLabelSets == nil, seek.targetLabelSets == nil, days == nil { return all }
      return ArraySlice(all.filter { accepts(Int($0), table, days) })
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
    return ArraySlice(found)
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
    let row = Chunk(slotCount: context.slotCount, selection: Selection(all: 1))
    let evaluator = EvaluatorBuilder(context).make(bound)
    let value = context.value(try evaluator.evaluate(row, row.rows), 0)
    guard let date = ValueOperations.date(of: value) else {
      throw evaluator.error(
        .typeMismatch,
        "AS OF expects a date or a datetime, not \(value.typeName)"
      )
    }
    (first, last) = (date.earliest.packed, date.latest.packed)
  }

  /// Whether the edge may hold on one of the days; edges without validity always do.
  func mayHold(_ table: EdgeTypeView, _ edge: Int) -> Bool {
    !table.hasValidity || table.validity.mayHold(edge: edge, firstDay: first, lastDay: last)
  }
}
