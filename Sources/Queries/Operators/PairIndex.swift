import Glibc

/// Groups of two keys that have few values each: a matrix of the groups of all pairs.
///
/// Values are small numbers: codes of strings, nodes, or integers such as years. The memory comes
/// from a pool and goes back to it as it was.
struct PairIndex: ~Copyable {
  let tags: (UInt8, UInt8)
  private let memory: PairMemory
  private let pool: Pool<PairMemory>
  private var lines: ValueNumbers
  private var columns: ValueNumbers
  /// Lines are as short as the second key allows, so that all of them stay in the caches.
  private var width = 32
  /// The numbers of the values of each pair that has a group.
  private var pairs: [(line: UInt16, column: UInt16)] = []

  /// `nil` where the cells are no small numbers.
  init?(_ first: Vector, _ second: Vector, from pool: Pool<PairMemory>) {
    guard Self.isSmall(first.uniform), Self.isSmall(second.uniform) else { return nil }
    tags = (first.uniform, second.uniform)
    self.pool = pool
    memory = pool.take { PairMemory() }
    lines = ValueNumbers(memory.lines)
    columns = ValueNumbers(memory.columns)
  }

  deinit {
    for (line, column) in pairs { memory.groups[(Int(line) - 1) * width + Int(column) - 1] = 0 }
    lines.clear()
    columns.clear()
    pool.giveBack(memory)
  }

  private static func isSmall(_ tag: UInt8) -> Bool {
    tag == Tag.string || tag == Tag.node || tag == Tag.integer
  }

  /// How many values each key has had so far.
  var valueCounts: (Int, Int) { (lines.count, columns.count) }

  /// Whether a key that had `early` values in the first half of the rows, and `all` in both, looks
  /// as if it had few.
  ///
  /// Where `n` values are drawn at random in the first half and `m` more in the second, there are
  /// about `n² / (n - m)`. Rows that are in the order of a key look as if it had no end of them, and
  /// of very few values nothing can be said yet.
  static func hasFewValues(_ early: Int, of all: Int) -> Bool {
    all <= ValueNumbers.countMax / 16
      || early * early <= ValueNumbers.countMax * (early - (all - early))
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
      guard let line = lines.number(one), let column = columns.number(two) else { return false }
      while columns.count > width { widen() }
      let place = memory.groups + (line - 1) * width + column - 1
      if place.pointee == 0 {
        place.pointee = add(one, two, row) + 1
        pairs.append((UInt16(line), UInt16(column)))
      }
      result[index] = place.pointee - 1
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
    let (ones, oneMask) = (first.words, first.mask)
    let (twos, twoMask) = (second.words, second.mask)
    let (lines, columns) = (lines.numbers, columns.numbers)
    let (groups, width) = (memory.groups, width)
    var index = start
    while index < rows.count {
      let row = rows[index]
      let (one, two) = (ones[row & oneMask], twos[row & twoMask])
      guard one < ValueNumbers.valueEnd, two < ValueNumbers.valueEnd else { break }
      let line = Int(lines[Int(truncatingIfNeeded: one)])
      let column = Int(columns[Int(truncatingIfNeeded: two)])
      guard line != 0, column != 0 else { break }
      let group = groups[(line &- 1) &* width &+ column &- 1]
      guard group != 0 else { break }
      result[index] = group &- 1
      index &+= 1
    }
    return index
  }

  /// Moves lines apart, the last one first: none then stands in the way of one before it, and no
  /// line reaches into its own former place, as the width is at least doubled.
  @inline(never)
  private mutating func widen() {
    let wider = min(width * 4, ValueNumbers.countMax)
    for line in (1..<max(1, lines.count)).reversed() {
      let (old, new) = (memory.groups + line * width, memory.groups + line * wider)
      new.update(from: old, count: width)
      old.update(repeating: 0, count: width)
    }
    width = wider
  }
}

/// The memory of one ``PairIndex`` at a time, zeros between them.
final class PairMemory: @unchecked Sendable {
  fileprivate let lines = ValueNumbers.Memory()
  fileprivate let columns = ValueNumbers.Memory()
  /// A group plus one for each pair of numbers, or 0: a line for each value of the first key.
  fileprivate let groups: UnsafeMutablePointer<UInt32> = zeros(
    ValueNumbers.countMax * ValueNumbers.countMax
  )

  deinit { free(groups) }
}

/// The values of a key, each with its number, which begin with 1.
private struct ValueNumbers {
  /// How many values a key may have: a matrix of more is no quicker than a hash table.
  static let countMax = 512
  /// Values are less than this.
  static let valueEnd: UInt64 = 1 << 20

  /// Memory that nobody has touched costs nothing.
  final class Memory: @unchecked Sendable {
    let numbers: UnsafeMutablePointer<UInt16> = zeros(Int(valueEnd))
    let values: UnsafeMutablePointer<UInt32> = zeros(countMax)

    deinit {
      free(numbers)
      free(values)
    }
  }

  /// By value; 0 where it has none.
  let numbers: UnsafeMutablePointer<UInt16>
  /// In the order of their numbers.
  private let values: UnsafeMutablePointer<UInt32>
  private(set) var count = 0

  init(_ memory: Memory) { (numbers, values) = (memory.numbers, memory.values) }

  /// The number of a value, a new one where it has none; `nil` where that cannot be.
  mutating func number(_ value: UInt64) -> Int? {
    guard value < Self.valueEnd else { return nil }
    let known = Int(numbers[Int(value)])
    if known != 0 { return known }
    if count == Self.countMax { return nil }
    values[count] = UInt32(value)
    count += 1
    numbers[Int(value)] = UInt16(count)
    return count
  }

  func clear() {
    for index in 0..<count { numbers[Int(values[index])] = 0 }
  }
}

private func zeros<Number: FixedWidthInteger>(_ count: Int) -> UnsafeMutablePointer<Number> {
  guard let zeros = calloc(count, MemoryLayout<Number>.stride) else {
    fatalError("out of memory for \(count) numbers")
  }
  return zeros.bindMemory(to: Number.self, capacity: count)
}
