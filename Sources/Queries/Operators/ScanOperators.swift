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
  /// How many nodes there are of the label sets, and how many of them this row has had.
  private let wantedCount: Int
  private var foundCount = 0
  /// How many rows the next chunk has: few at first, for whoever needs no more.
  private var rowCountMax = ScanOperator.rowCountMin
  private var rowCount = 0

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
    let counts = context.view.labelSetCounts
    wantedCount = counts.indices.reduce(0) {
      $0 + (labelSets?[$1] == false ? 0 : counts[$1])
    }
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
        foundCount = 0
      }
      guard let chunk else { return nil }
      let nodes = Vector(capacity: Chunk.rowCountMax, uniform: Tag.node)
      let parents = Selection(capacity: Chunk.rowCountMax)
      while rowIndex < chunk.count, parents.count < rowCountMax {
        fill(nodes, parents, chunk.rows[rowIndex])
        if node == context.view.nodeCount {
          node = 0
          foundCount = 0
          rowIndex += 1
        }
      }
      if rowIndex == chunk.count { self.chunk = nil }
      if parents.count > 0 {
        try context.count(rows: parents.count)
        // Half of all so far: who stops after this has looked at half more than was needed.
        rowCount += parents.count
        rowCountMax = min(max(rowCount / 2, Self.rowCountMin), Chunk.rowCountMax)
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
    let start = parents.count
    let end = min(rowCountMax, start + wantedCount - foundCount)
    var count = start
    var node = node
    if let labelSets {
      let sets = context.view.nodeLabelSets
      labelSets.withUnsafeBufferPointer { wanted in
        while node < nodeCount, count < end {
          words[count] = UInt64(truncatingIfNeeded: node)
          rows[count] = parent
          count &+= wanted[Int(sets[node])] ? 1 : 0
          node &+= 1
        }
      }
    } else {
      while node < nodeCount, count < end {
        words[count] = UInt64(truncatingIfNeeded: node)
        rows[count] = parent
        count &+= 1
        node &+= 1
      }
    }
    parents.count = count
    foundCount += count - start
    // Behind the last of them there may be very many others.
    self.node = foundCount == wantedCount ? nodeCount : node
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
