/// The cells of the last row of a run, to tell where the next one begins.
struct RunCells {
  private var words: [UInt64] = []
  private var isEmpty = true

  /// Columns without anything that is reference-counted, for loops; somebody else keeps them.
  struct Columns {
    fileprivate let cells: [(words: UnsafeMutablePointer<UInt64>, mask: Int)]

    /// `nil` where the columns' cells are not equal just where their words are.
    init?(_ columns: [Vector]) {
      let areComparable = columns.allSatisfy {
        $0.uniform == Tag.node || $0.uniform == Tag.edge || $0.uniform == Tag.string
      }
      if !areComparable { return nil }
      cells = columns.map { ($0.words, $0.mask) }
    }
  }

  /// Whether a row belongs to the run.
  @inline(__always)
  func contains(_ columns: Columns, _ row: Int) -> Bool {
    if isEmpty { return false }
    for index in columns.cells.indices {
      let column = columns.cells[index]
      if column.words[row & column.mask] != words[index] { return false }
    }
    return true
  }

  /// The run is that of this row now.
  @inline(__always)
  mutating func move(to columns: Columns, _ row: Int) {
    if words.count != columns.cells.count {
      words = Array(repeating: 0, count: columns.cells.count)
    }
    for index in columns.cells.indices {
      let column = columns.cells[index]
      words[index] = column.words[row & column.mask]
    }
    isEmpty = false
  }
}
