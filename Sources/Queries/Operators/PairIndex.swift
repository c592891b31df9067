/// Groups of two keys that have few values each: a matrix of the groups of all pairs.
///
/// Values are small numbers: codes of strings, nodes, or integers such as years.
struct PairIndex {
  /// The number of each value plus one, in the order of appearance; 0 where it is new.
  private var rows = [UInt16](repeating: 0, count: 1024)
  private var columns = [UInt16](repeating: 0, count: 1024)
  private var rowCount = 0
  private var columnCount = 0
  /// A group plus one for each pair of numbers, or 0; a line for each number of the first key.
  ///
  /// Lines are as short as the second key allows, so that all of them stay in the caches.
  private var groups: [UInt32]
  private var width = 32
  private var height = 32
  private(set) var tags: (UInt8, UInt8)

  private static let valueCountMax = 1024
  private static let valueMax: UInt64 = 1 << 20

  /// `nil` where the cells are no small numbers.
  init?(_ first: Vector, _ second: Vector) {
    guard Self.isSmall(first.uniform), Self.isSmall(second.uniform) else { return nil }
    tags = (first.uniform, second.uniform)
    groups = [UInt32](repeating: 0, count: width * height)
  }

  private static func isSmall(_ tag: UInt8) -> Bool {
    tag == Tag.string || tag == Tag.node || tag == Tag.integer
  }

  /// Gives a value a number; `false` where there are too many, or it is too great.
  private static func number(
    _ value: UInt64,
    in numbers: inout [UInt16],
    _ count: inout Int
  ) -> Bool {
    if value > valueMax { return false }
    if numbers.count <= Int(value) {
      numbers += repeatElement(0, count: max(Int(value) + 1, numbers.count))
    }
    if numbers[Int(value)] != 0 { return true }
    if count == valueCountMax { return false }
    count += 1
    numbers[Int(value)] = UInt16(count)
    return true
  }

  /// Makes room for the numbers that there are.
  @inline(never)
  private mutating func grow() {
    while width < columnCount {
      var wider = [UInt32](repeating: 0, count: groups.count * 2)
      for row in 0..<height {
        for column in 0..<width { wider[row * width * 2 + column] = groups[row * width + column] }
      }
      groups = wider
      width *= 2
    }
    while height < rowCount {
      groups += repeatElement(0, count: groups.count)
      height *= 2
    }
  }

  /// Writes the group of each row; `add` makes a new one.
  ///
  /// Returns `false` at values that are too many or too great; groups that were added until then
  /// stay.
  mutating func find(
    _ first: Vector,
    _ second: Vector,
    _ rows: Rows,
    into result: UnsafeMutablePointer<UInt32>,
    add: (_ first: UInt64, _ second: UInt64, _ row: Int) -> UInt32
  ) -> Bool {
    guard first.uniform == tags.0, second.uniform == tags.1 else { return false }
    var index = 0
    while true {
      index = findKnown(first, second, rows, from: index, into: result)
      if index == rows.count { return true }
      let row = rows[index]
      let (one, two) = (first.word(row), second.word(row))
      guard Self.number(one, in: &self.rows, &rowCount),
        Self.number(two, in: &columns, &columnCount)
      else { return false }
      if width < columnCount || height < rowCount { grow() }
      let place = (Int(self.rows[Int(one)]) - 1) * width + Int(columns[Int(two)]) - 1
      if groups[place] == 0 { groups[place] = add(one, two, row) + 1 }
      result[index] = groups[place] - 1
      index += 1
    }
  }

  /// Writes groups up to the first row whose pair has none; returns that row's index.
  private func findKnown(
    _ first: Vector,
    _ second: Vector,
    _ rows: Rows,
    from start: Int,
    into result: UnsafeMutablePointer<UInt32>
  ) -> Int {
    let width = width
    let (ones, oneMask) = (first.words, first.mask)
    let (twos, twoMask) = (second.words, second.mask)
    return self.rows.withUnsafeBufferPointer { rowNumbers in
      columns.withUnsafeBufferPointer { columnNumbers in
        groups.withUnsafeBufferPointer { groups in
          var index = start
          while index < rows.count {
            let row = rows[index]
            let (one, two) = (ones[row & oneMask], twos[row & twoMask])
            guard one < UInt64(rowNumbers.count), two < UInt64(columnNumbers.count) else { break }
            let line = Int(rowNumbers[Int(truncatingIfNeeded: one)])
            let column = Int(columnNumbers[Int(truncatingIfNeeded: two)])
            guard line != 0, column != 0 else { break }
            let group = groups[(line &- 1) &* width &+ column &- 1]
            guard group != 0 else { break }
            result[index] = group &- 1
            index &+= 1
          }
          return index
        }
      }
    }
  }
}
