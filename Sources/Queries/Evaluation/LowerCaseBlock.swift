import GraphModel
import GraphStorage

/// The lower case of the strings in some rows of a column, one behind the other.
final class LowerCaseBlock: Sendable {
  /// How many rows a block has, but the last of a column.
  static let rowCount = 512

  /// Behind each string stands a byte that is in none.
  private let bytes: [UInt8]
  /// Where the string of each row begins, and the end.
  private let starts: [UInt32]

  private static let separator: UInt8 = 0xFF

  var byteCount: Int { bytes.count + starts.count * MemoryLayout<UInt32>.size }

  /// - Precondition: the column holds strings.
  init(_ column: ColumnCells, number: Int, in view: GraphView) {
    var bytes: [UInt8] = []
    var starts: [UInt32] = [0]
    for row in Self.rows(number, of: column) {
      if column.positions[row] != 0 {
        Self.append(view.bytes(Int(column.words32[row])), to: &bytes)
      }
      bytes.append(Self.separator)
      starts.append(UInt32(bytes.count))
    }
    self.bytes = bytes
    self.starts = starts
  }

  private static func rows(_ number: Int, of column: ColumnCells) -> Range<Int> {
    let first = number * rowCount
    return first..<max(first, min(first + rowCount, column.rowCount))
  }

  private static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
    if text.allSatisfy({ $0 < 0x80 }) {
      for byte in text { bytes.append(byte &- 0x41 < 26 ? byte | 0x20 : byte) }
    } else {
      bytes.append(contentsOf: String(decoding: text, as: UTF8.self).lowercased().utf8)
    }
  }

  /// A bit for each row, set where its string contains a text.
  ///
  /// - Parameter text: UTF-8, not empty.
  func rows(containing text: UnsafeRawBufferPointer) -> [UInt64] {
    var found = [UInt64](repeating: 0, count: Self.rowCount / 64)
    let places = EightPlaces(text)
    let last = bytes.count - text.count
    bytes.withUnsafeBytes { bytes in
      var row = 0
      var start = 0
      while start <= last {
        guard let place = Self.place(of: text, places, in: bytes, from: start, last) else { return }
        while starts[row + 1] <= place { row += 1 }
        found[row / 64] |= 1 << UInt64(row % 64)
        // Whether it is in there again does not matter.
        start = Int(starts[row + 1])
      }
    }
    return found
  }

  /// The first place from `start` to `last` where a text stands.
  @inline(__always)
  private static func place(
    of text: UnsafeRawBufferPointer,
    _ places: EightPlaces,
    in bytes: UnsafeRawBufferPointer,
    from start: Int,
    _ last: Int
  ) -> Int? {
    var start = start
    while start &+ 7 <= last {
      var candidates = places.candidates(in: bytes, from: start)
      while candidates != 0 {
        let place = start &+ candidates.trailingZeroBitCount / 8
        if isEqual(bytes, place, text) { return place }
        candidates &= candidates &- 1
      }
      start &+= 8
    }
    while start <= last {
      if isEqual(bytes, start, text) { return start }
      start &+= 1
    }
    return nil
  }

  @inline(__always)
  private static func isEqual(
    _ bytes: UnsafeRawBufferPointer,
    _ place: Int,
    _ text: UnsafeRawBufferPointer
  ) -> Bool {
    var index = 0
    while index < text.count {
      if bytes[place &+ index] != text[index] { return false }
      index &+= 1
    }
    return true
  }
}

/// The blocks of a column that were searched more than once.
struct LowerCaseColumn {
  private enum Block {
    case unknown
    /// One search is done sooner without.
    case asked
    case made(LowerCaseBlock)
  }

  private var blocks: [Block]

  init(_ column: ColumnCells) {
    let count = (column.rowCount + LowerCaseBlock.rowCount - 1) / LowerCaseBlock.rowCount
    blocks = Array(repeating: .unknown, count: count)
  }

  /// The block, where it is there or worth its while now; `isNew` where it was made.
  mutating func block(
    _ number: Int,
    make: () -> LowerCaseBlock
  ) -> (block: LowerCaseBlock, isNew: Bool)? {
    switch blocks[number] {
    case .unknown:
      blocks[number] = .asked
      return nil
    case .asked:
      let made = make()
      blocks[number] = .made(made)
      return (made, true)
    case .made(let known): return (known, false)
    }
  }
}

/// `toLower(x.name) CONTAINS '…'` where `x` are many nodes that lie together, as a scan finds them.
final class LowerCaseSearchEvaluator: Evaluator {
  private let base: Evaluator
  private let columns: KeyColumns
  private let key: UInt16
  /// For everything else.
  private let other: TextMatchEvaluator
  /// What was searched for, and where it was found, by block of the table.
  private var search: Search?

  private struct Search {
    var word: UInt64
    var table: Int
    var found: [[UInt64]?]
  }

  private static let rowCountMin = 64
  /// Of so many rows of a table one has to be asked for at least.
  private static let rowsPerRowMax = 4

  /// `nil` where the text searched is no property.
  init?(_ context: ExecutionContext, _ other: TextMatchEvaluator) {
    guard other.operation == .contains, other.lowerCase, context.options.languages.isEmpty,
      let property = other.operands[0] as? PropertyEvaluator,
      let key = context.view.graph.propertyKey(named: property.reader.name)
    else { return nil }
    base = property.base
    columns = property.reader.columns
    self.key = key
    self.other = other
    super.init(context, other.span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    if rows.count >= Self.rowCountMin {
      let text = try other.operands[1].evaluate(chunk, rows)
      let nodes = try base.evaluate(chunk, rows)
      if text.isConstant, text.tag(0) == Tag.string, nodes.uniform == Tag.node,
        !nodes.isConstant, let result = find(text.word(0), nodes, rows)
      {
        return result
      }
    }
    return try other.evaluate(chunk, rows)
  }

  private func find(_ text: UInt64, _ nodes: Vector, _ rows: Rows) -> Vector? {
    let view = context.view
    let table = Int(view.nodeTables[Int(nodes.word(rows[0]))])
    guard table < columns.ofNodes.count, let column = columns.ofNodes[table]?.cells,
      column.kind == .string
    else { return nil }
    var (first, last) = (Int.max, 0)
    for index in 0..<rows.count {
      let node = Int(nodes.word(rows[index]))
      guard Int(view.nodeTables[node]) == table else { return nil }
      first = min(first, Int(view.nodeRows[node]))
      last = max(last, Int(view.nodeRows[node]))
    }
    guard last < column.rowCount, last - first < rows.count * Self.rowsPerRowMax,
      let found = find(
        text,
        column,
        table,
        first / LowerCaseBlock.rowCount...last / LowerCaseBlock.rowCount
      )
    else { return nil }
    let result = result(for: rows)
    for index in 0..<rows.count {
      let row = Int(view.nodeRows[Int(nodes.word(rows[index]))])
      if column.positions[row] == 0 {
        result.setNull(rows[index])
        continue
      }
      let bits = found[row / LowerCaseBlock.rowCount].unsafelyUnwrapped
      let place = row % LowerCaseBlock.rowCount
      result.set(rows[index], Tag.boolean, bits[place / 64] >> UInt64(place % 64) & 1)
    }
    return result
  }

  /// Where a text is found in blocks of a column, by block; `nil` where some of them are not there.
  private func find(
    _ text: UInt64,
    _ column: ColumnCells,
    _ table: Int,
    _ blocks: ClosedRange<Int>
  ) -> [[UInt64]?]? {
    var search = search.take() ?? Search(word: text, table: table, found: [])
    if search.word != text || search.table != table {
      search = Search(word: text, table: table, found: [])
    }
    defer { self.search = search }
    if search.found.count <= blocks.upperBound {
      search.found += Array(repeating: nil, count: blocks.upperBound + 1 - search.found.count)
    }
    let missing = blocks.filter { search.found[$0] == nil }
    if missing.isEmpty { return search.found }
    guard
      let made = context.caches.lowerCase(column, table, key, missing, in: context.view),
      context.strings.withBytes(text, { $0.count > 0 })
    else { return nil }
    context.strings.withBytes(text) { text in
      for (number, block) in zip(missing, made) {
        search.found[number] = block.rows(containing: text)
      }
    }
    return search.found
  }
}
