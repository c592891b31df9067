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
    let search = TextSearch(text, lowering: false)
    let last = bytes.count - text.count
    bytes.withUnsafeBytes { bytes in
      var row = 0
      var start = 0
      while start <= last {
        guard let place = search.firstPlace(in: bytes, from: start, through: last) else { return }
        while starts[row + 1] <= place { row += 1 }
        found[row / 64] |= 1 << UInt64(row % 64)
        // Whether it is in there again does not matter.
        start = Int(starts[row + 1])
      }
    }
    return found
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
  ///
  /// - Parameter mayMake: whether there is room for another one.
  mutating func block(
    _ number: Int,
    mayMake: Bool,
    make: () -> LowerCaseBlock
  ) -> (block: LowerCaseBlock, isNew: Bool)? {
    switch blocks[number] {
    case .unknown:
      blocks[number] = .asked
      return nil
    case .asked:
      guard mayMake else { return nil }
      let made = make()
      blocks[number] = .made(made)
      return (made, true)
    case .made(let known): return (known, false)
    }
  }
}
