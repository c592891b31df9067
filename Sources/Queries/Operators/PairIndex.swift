/// Groups of two keys that have few values each: a matrix of the groups of all pairs.
///
/// Values are small numbers: codes of strings, nodes, or integers such as years.
struct PairIndex {
  /// The number of each value plus one, in the order of appearance; 0 where it is new.
  private var rows = [UInt16](repeating: 0, count: 1024)
  private var columns = [UInt16](repeating: 0, count: 1024)
  private var rowCount = 0
  private var columnCount = 0
  /// A group plus one for each pair of numbers, or 0.
  private var groups: [UInt32]
  private var side = 64
  private(set) var tags: (UInt8, UInt8)

  private static let sideMax = 1024
  private static let valueMax: UInt64 = 1 << 20

  /// `nil` where the cells are no small numbers.
  init?(_ first: Vector, _ second: Vector) {
    guard Self.isSmall(first.uniform), Self.isSmall(second.uniform) else { return nil }
    tags = (first.uniform, second.uniform)
    groups = [UInt32](repeating: 0, count: side * side)
  }

  private static func isSmall(_ tag: UInt8) -> Bool {
    tag == Tag.string || tag == Tag.node || tag == Tag.integer
  }

  /// Makes room for all values of some rows; `false` where they are too many, or too great.
  mutating func prepare(_ first: Vector, _ second: Vector, _ rows: Rows) -> Bool {
    guard first.uniform == tags.0, second.uniform == tags.1,
      Self.number(first, rows, in: &self.rows, &rowCount),
      Self.number(second, rows, in: &columns, &columnCount)
    else { return false }
    while side < max(rowCount, columnCount) { grow() }
    return true
  }

  private static func number(
    _ column: Vector,
    _ rows: Rows,
    in numbers: inout [UInt16],
    _ count: inout Int
  ) -> Bool {
    var greatest: UInt64 = 0
    for index in 0..<rows.count { greatest = max(greatest, column.word(rows[index])) }
    if greatest > valueMax { return false }
    if numbers.count <= Int(greatest) {
      numbers += repeatElement(0, count: max(Int(greatest) + 1, numbers.count))
    }
    numbers.withUnsafeMutableBufferPointer { numbers in
      for index in 0..<rows.count {
        let value = Int(column.word(rows[index]))
        if numbers[value] != 0 || count > sideMax { continue }
        count += 1
        numbers[value] = UInt16(count)
      }
    }
    return count <= sideMax
  }

  private mutating func grow() {
    let larger = side * 2
    var wider = [UInt32](repeating: 0, count: larger * larger)
    for row in 0..<side {
      for column in 0..<side { wider[row * larger + column] = groups[row * side + column] }
    }
    groups = wider
    side = larger
  }

  /// Writes the group of each row; `add` makes a new one.
  mutating func find(
    _ first: Vector,
    _ second: Vector,
    _ rows: Rows,
    into result: UnsafeMutablePointer<UInt32>,
    add: (_ first: UInt64, _ second: UInt64, _ row: Int) -> UInt32
  ) {
    let side = side
    self.rows.withUnsafeBufferPointer { rowNumbers in
      columns.withUnsafeBufferPointer { columnNumbers in
        groups.withUnsafeMutableBufferPointer { groups in
          for index in 0..<rows.count {
            let row = rows[index]
            let (one, two) = (first.word(row), second.word(row))
            let place =
              (Int(rowNumbers[Int(one)]) &- 1) &* side &+ Int(columnNumbers[Int(two)]) &- 1
            if groups[place] == 0 { groups[place] = add(one, two, row) + 1 }
            result[index] = groups[place] &- 1
          }
        }
      }
    }
  }
}
