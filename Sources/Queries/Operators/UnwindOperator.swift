import GraphModel

/// Makes a row of each element of a list.
final class UnwindOperator: UnaryOperator {
  private let list: Evaluator
  private let slot: Int
  private var chunk: Chunk?
  private var lists = Vector.nothing()
  private var rowIndex = 0
  private var elements = Vector(capacity: 1)
  private var elementIndex = 0
  private var elementEnd = 0
  /// The lists of a chunk, where they are all parts of one vector.
  private var shared: Boxes.Slices?

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ input: Operator,
    _ list: Evaluator,
    slot: Int
  ) {
    self.list = list
    self.slot = slot
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
        lists = try list.evaluate(drawn, drawn.rows)
        chunk = drawn
        rowIndex = -1
        elementIndex = 0
        elementEnd = 0
        findShared(drawn.rows)
      }
      guard let chunk else { return nil }
      let parents = Selection(capacity: Chunk.rowCountMax)
      let values = Vector(capacity: Chunk.rowCountMax)
      if let shared { fillShared(shared, chunk.rows, values, parents) }
      while shared == nil, parents.count < Chunk.rowCountMax {
        if elementIndex < elementEnd {
          fill(values, parents, chunk.rows[rowIndex])
          continue
        }
        rowIndex += 1
        if rowIndex == chunk.count { break }
        load(chunk.rows[rowIndex])
      }
      if rowIndex == chunk.count { self.chunk = nil }
      if parents.count > 0 {
        try context.count(rows: parents.count)
        let result = expanded(chunk, parents)
        result.columns[slot] = values
        return result
      }
    }
  }

  /// Finds out whether all lists are parts of one vector, as those are that were collected together.
  private func findShared(_ rows: Rows) {
    shared = nil
    guard let slices = lists.boxes.slices, slices.cells.boxes.isEmpty, !slices.cells.isConstant
    else { return }
    let isAll =
      lists.uniform == Tag.boxed || (0..<rows.count).allSatisfy { lists.tag(rows[$0]) == Tag.boxed }
    if isAll { shared = slices }
  }

  /// Copies elements of one list after another, as many as there is room for.
  private func fillShared(
    _ slices: Boxes.Slices,
    _ rows: Rows,
    _ values: Vector,
    _ parents: Selection
  ) {
    let cells = slices.cells
    let words = cells.words
    let tags = cells.tags
    let isUniform = cells.uniform != Tag.mixed
    if isUniform { values.fillTags(cells.uniform, count: Chunk.rowCountMax) }
    var count = 0
    while true {
      let row = rowIndex < 0 ? 0 : Int32(truncatingIfNeeded: rows[rowIndex])
      let end = min(elementEnd, elementIndex &+ Chunk.rowCountMax &- count)
      while elementIndex < end {
        values.words[count] = words[elementIndex]
        if !isUniform { values.tags[count] = tags[elementIndex] }
        parents.pointer[count] = row
        count &+= 1
        elementIndex &+= 1
      }
      if count == Chunk.rowCountMax { break }
      rowIndex &+= 1
      if rowIndex == rows.count { break }
      (elementIndex, elementEnd) = slices.bounds(Int(lists.word(rows[rowIndex])))
    }
    parents.count = count
  }

  /// Copies elements of the current list, as many as there is room for.
  private func fill(_ values: Vector, _ parents: Selection, _ row: Int) {
    let start = parents.count
    let count = min(elementEnd - elementIndex, Chunk.rowCountMax - start)
    if elements.boxes.isEmpty {
      (values.words + start).update(from: elements.words + elementIndex, count: count)
      (values.tags + start).update(from: elements.tags + elementIndex, count: count)
    } else {
      for index in 0..<count {
        values.copy(from: elements, row: elementIndex + index, to: start + index)
      }
    }
    (parents.pointer + start).update(repeating: Int32(truncatingIfNeeded: row), count: count)
    parents.count += count
    elementIndex += count
  }

  private func load(_ row: Int) {
    elementIndex = 0
    elementEnd = 0
    if lists.isNull(row) { return }
    if lists.tag(row) == Tag.boxed, case .list(let list) = lists.boxes[Int(lists.word(row))] {
      elements = list.cells
      elementIndex = list.start
      elementEnd = list.start + list.count
      return
    }
    elements = Vector(capacity: 4)
    if context.appendElements(of: lists, row: row, to: elements) == nil {
      // Whatever is no list is unwound as a list of itself.
      elements.append(from: lists, row: row)
    }
    elementEnd = elements.count
  }
}
