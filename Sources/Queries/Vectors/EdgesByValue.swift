import GraphStorage
import Synchronization

/// The edges of one type for each value of a property: the column the other way round.
final class EdgesByValue: Sendable {
  /// Edge numbers, by value and then ascending.
  private let edges: [UInt32]
  /// By the code of a value, where its edges start; one more entry than codes.
  private let starts: [UInt32]
  /// The sources, and the targets, of ``edges``, once somebody asked for them.
  private let sources = Mutex<[UInt32]>([])
  private let targets = Mutex<[UInt32]>([])

  init(_ column: ColumnCells) {
    var codeCount = 0
    Self.forEachEdge(column) { _, code in codeCount = max(codeCount, code + 1) }
    var starts = [UInt32](repeating: 0, count: codeCount + 1)
    starts.withUnsafeMutableBufferPointer { starts in
      Self.forEachEdge(column) { _, code in starts[code + 1] += 1 }
      for code in 0..<codeCount { starts[code + 1] += starts[code] }
    }
    var next = starts
    edges = [UInt32](unsafeUninitializedCapacity: Int(starts[codeCount])) { buffer, filled in
      next.withUnsafeMutableBufferPointer { next in
        Self.forEachEdge(column) { edge, code in
          buffer[Int(next[code])] = UInt32(truncatingIfNeeded: edge)
          next[code] += 1
        }
      }
      filled = Int(starts[codeCount])
    }
    self.starts = starts
  }

  /// The edges whose property is the string with that code, ascending.
  func edges(with code: UInt32) -> ArraySlice<UInt32> {
    let code = Int(code)
    guard code + 1 < starts.count else { return [] }
    return edges[Int(starts[code])..<Int(starts[code + 1])]
  }

  /// The sources of some of ``edges``: read one behind the other, and not from all over the table.
  func sources(of found: ArraySlice<UInt32>, in table: EdgeTypeView) -> ArraySlice<UInt32> {
    sources.withLock { ends(of: found, table.sources, &$0) }
  }

  func targets(of found: ArraySlice<UInt32>, in table: EdgeTypeView) -> ArraySlice<UInt32> {
    targets.withLock { ends(of: found, table.targets, &$0) }
  }

  private func ends(
    of found: ArraySlice<UInt32>,
    _ all: UnsafePointer<UInt32>,
    _ known: inout [UInt32]
  ) -> ArraySlice<UInt32> {
    if known.isEmpty { known = edges.map { all[Int($0)] } }
    return known[found.indices]
  }

  @inline(__always)
  private static func forEachEdge(_ column: ColumnCells, _ body: (Int, Int) -> Void) {
    var edge = 0
    while edge < column.rowCount {
      if column.positions[edge] != 0 { body(edge, Int(column.words32[edge])) }
      edge &+= 1
    }
  }
}
