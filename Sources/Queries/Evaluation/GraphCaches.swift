import Expressions
import GraphModel
import GraphStorage
import Synchronization

/// What is computed once for a graph and serves all its queries.
final class GraphCaches: Sendable {
  /// Lower-case bytes of strings that are not ASCII, by their code.
  private let lowerCase = Mutex<[UInt64: [UInt8]]>([:])
  private let folded = Mutex<[UInt64: FoldedText]>([:])

  /// Whether the strings of a property ascend from node to node, by label set and key.
  private let ascending = Mutex<[UInt64: Bool]>([:])

  /// By edge type and property, the edges of each value; `nil` where it was asked for once only.
  private let edgesByValue = Mutex<[UInt32: EdgesByValue?]>([:])

  /// By table and property, the lower case of what the columns hold.
  private let lowerCaseColumns = Mutex<LowerCaseColumns>(LowerCaseColumns())

  private struct LowerCaseColumns {
    var columns: [UInt32: LowerCaseColumn] = [:]
    var byteCount = 0
  }

  /// How many bytes of text are kept in lower case; columns beyond that are searched as they are.
  private static let lowerCaseByteCountMax = 128 << 20

  /// Memory of queries that are over, for those that come.
  let searchMarks = Pool<RoundMemory<SearchMarks.Mark>>(countMax: 2)
  let nodeMarks = Pool<RoundMemory<NodeMark>>(countMax: 6)
  let runMarks = Pool<RoundMemory<UInt32>>(countMax: 4)
  let pairMemory = Pool<PairMemory>(countMax: 2)

  /// The most strings that each cache holds; it starts anew when it is full.
  private static let entryCountMax = 2_000_000

  func lowerCase(_ code: UInt64, make: () -> [UInt8]) -> [UInt8] {
    lowerCase.withLock { cache in
      if let known = cache[code] { return known }
      if cache.count >= Self.entryCountMax { cache = [:] }
      let made = make()
      cache[code] = made
      return made
    }
  }

  /// The blocks of a column of strings in lower case; `nil` where some are not there.
  ///
  /// Made when they are asked for the second time.
  func lowerCase(
    _ column: ColumnCells,
    _ table: Int,
    _ key: UInt16,
    _ numbers: [Int],
    in view: GraphView
  ) -> [LowerCaseBlock]? {
    lowerCaseColumns.withLock { cache in
      let place = UInt32(table) << 16 | UInt32(key)
      var known = cache.columns.removeValue(forKey: place) ?? LowerCaseColumn(column)
      defer { cache.columns[place] = known }
      var blocks: [LowerCaseBlock] = []
      for number in numbers {
        let found = known.block(number, mayMake: cache.byteCount < Self.lowerCaseByteCountMax) {
          LowerCaseBlock(column, number: number, in: view)
        }
        guard let (block, isNew) = found else { continue }
        if isNew { cache.byteCount += block.byteCount }
        blocks.append(block)
      }
      return blocks.count == numbers.count ? blocks : nil
    }
  }

  func folded(_ code: UInt64, make: () -> FoldedText) -> FoldedText {
    folded.withLock { cache in
      if let known = cache[code] { return known }
      if cache.count >= Self.entryCountMax { cache = [:] }
      let made = make()
      cache[code] = made
      return made
    }
  }

  /// The edges of a type by the value of a property whose column holds strings.
  ///
  /// Made when it is asked for the second time: one question is answered sooner without.
  func edges(byValueOf column: ColumnCells, type: UInt16, key: UInt16) -> EdgesByValue? {
    edgesByValue.withLock { cache in
      let place = UInt32(type) << 16 | UInt32(key)
      guard let known = cache[place] else {
        cache[place] = .some(nil)
        return nil
      }
      if let known { return known }
      let made = EdgesByValue(column)
      cache[place] = made
      return made
    }
  }

  /// Whether the nodes of a label set are in the order of a property: each has it, as a string that
  /// is greater than that of the node before.
  ///
  /// Then nodes compare as their numbers do.
  func isAscending(_ key: UInt16, labelSet: Int, in view: GraphView) -> Bool {
    ascending.withLock { cache in
      let place = UInt64(labelSet) << 16 | UInt64(key)
      if let known = cache[place] { return known }
      let found = Self.findAscending(key, labelSet, view)
      cache[place] = found
      return found
    }
  }

  private static func findAscending(_ key: UInt16, _ labelSet: Int, _ view: GraphView) -> Bool {
    let columns = view.tables.map { table in
      table.columnOfKey[Int(key)].map { table.columns[$0].cells }
    }
    var former: Int?
    for node in 0..<view.nodeCount where Int(view.nodeLabelSets[node]) == labelSet {
      let row = Int(view.nodeRows[node])
      guard let column = columns[Int(view.nodeTables[node])], column.kind == .string,
        row < column.rowCount, column.positions[row] != 0
      else { return false }
      let code = Int(column.words32[row])
      if let former {
        let (low, high) = (view.stringPrefixes[former], view.stringPrefixes[code])
        if low > high { return false }
        let strings = view.graph.strings
        if low == high, strings.compare(StringCode(former), StringCode(code)) >= 0 { return false }
      }
      former = code
    }
    return true
  }
}
