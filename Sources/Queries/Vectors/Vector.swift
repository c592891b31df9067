import Glibc
import GraphModel

/// What the 64 bits of a cell mean.
enum Tag {
  static let null: UInt8 = 0
  /// 0 or 1.
  static let boolean: UInt8 = 1
  /// An `Int64`, bit for bit.
  static let integer: UInt8 = 2
  /// A `Double`, bit for bit.
  static let float: UInt8 = 3
  /// A code of ``QueryStrings``; equal strings have equal codes.
  static let string: UInt8 = 4
  /// A packed ``PartialDate``, as an `Int64`.
  static let date: UInt8 = 5
  static let node: UInt8 = 6
  /// The edge type's number in the high half, the edge's number in the low one.
  static let edge: UInt8 = 7
  /// An index into the vector's boxes.
  static let boxed: UInt8 = 8
  /// Said of a whole vector: its cells may differ.
  static let mixed: UInt8 = 0xFF
}

/// A column of cells: of a chunk, of a buffered table, or of a result.
///
/// A cell is a tag and 64 bits. Kernels read `words` and `tags` through the
/// pointers; `uniform` lets them skip the tags where all rows are of one kind.
final class Vector {
  private(set) var capacity: Int
  private(set) var words: UnsafeMutablePointer<UInt64>
  private(set) var tags: UnsafeMutablePointer<UInt8>
  var boxes = Boxes()
  /// The tag of every row in use, or ``Tag/mixed``.
  var uniform: UInt8
  /// -1, or 0 where one cell stands for every row: rows are read at `row & mask`.
  let mask: Int
  /// How many rows are in use, where the vector is grown by appending.
  var count = 0

  init(capacity: Int, uniform: UInt8 = Tag.mixed) {
    self.capacity = max(capacity, 1)
    (words, tags) = Self.allocate(self.capacity)
    self.uniform = uniform
    mask = -1
    if uniform != Tag.mixed { tags.initialize(repeating: uniform, count: self.capacity) }
  }

  /// One cell that stands for every row.
  init(constantTag tag: UInt8, word: UInt64, box: Box? = nil) {
    capacity = 1
    (words, tags) = Self.allocate(1)
    words[0] = word
    tags[0] = tag
    uniform = tag
    mask = 0
    count = 1
    if let box { boxes.append(box) }
  }

  /// One cell of another vector.
  convenience init(constantFrom source: Vector, row: Int) {
    let tag = source.tag(row)
    let word = source.word(row)
    if tag == Tag.boxed {
      self.init(constantTag: tag, word: 0, box: source.boxes[Int(word)])
    } else {
      self.init(constantTag: tag, word: word)
    }
  }

  deinit { free(words) }

  /// Memory for cells, the tags behind the words: one block, which ``words`` begins.
  ///
  /// By `malloc`, as it takes half of what Swift's own way takes, which asks for an alignment.
  private static func allocate(
    _ capacity: Int
  ) -> (words: UnsafeMutablePointer<UInt64>, tags: UnsafeMutablePointer<UInt8>) {
    guard let block = malloc(capacity * (MemoryLayout<UInt64>.stride + 1)) else {
      fatalError("out of memory for \(capacity) cells")
    }
    let words = block.bindMemory(to: UInt64.self, capacity: capacity)
    let tags = UnsafeMutableRawPointer(words + capacity)
    return (words, tags.bindMemory(to: UInt8.self, capacity: capacity))
  }

  var isConstant: Bool { mask == 0 }

  @inline(__always) func tag(_ row: Int) -> UInt8 { tags[row & mask] }
  @inline(__always) func word(_ row: Int) -> UInt64 { words[row & mask] }
  @inline(__always) func isNull(_ row: Int) -> Bool { tags[row & mask] == Tag.null }

  @inline(__always)
  func set(_ row: Int, _ tag: UInt8, _ word: UInt64) {
    tags[row] = tag
    words[row] = word
  }

  @inline(__always)
  func setNull(_ row: Int) {
    tags[row] = Tag.null
    words[row] = 0
  }

  @inline(__always)
  func setBoolean(_ row: Int, _ value: Bool?) {
    if let value {
      tags[row] = Tag.boolean
      words[row] = value ? 1 : 0
    } else {
      setNull(row)
    }
  }

  /// Says of the first rows that all their cells are of one kind.
  func fillTags(_ tag: UInt8, count: Int) {
    tags.update(repeating: tag, count: count)
    uniform = tag
  }

  func setBox(_ row: Int, _ box: Box) {
    tags[row] = Tag.boxed
    words[row] = UInt64(boxes.count)
    boxes.append(box)
  }

  /// Takes out all cells.
  func removeAll() {
    count = 0
    boxes.removeAll()
  }

  /// Makes room for `needed` rows.
  func reserve(_ needed: Int) {
    guard needed > capacity else { return }
    let larger = max(needed, capacity * 2)
    let (newWords, newTags) = Self.allocate(larger)
    newWords.update(from: words, count: count)
    newTags.update(from: tags, count: count)
    free(words)
    (words, tags) = (newWords, newTags)
    capacity = larger
  }

  /// Copies one cell, its box included.
  func copy(from source: Vector, row: Int, to target: Int) {
    let tag = source.tag(row)
    if tag == Tag.boxed {
      setBox(target, source.boxes[Int(source.word(row))])
    } else {
      set(target, tag, source.word(row))
    }
  }

  func append(from source: Vector, row: Int) {
    if count == capacity { reserve(count + 1) }
    copy(from: source, row: row, to: count)
    count += 1
  }

  func append(_ tag: UInt8, _ word: UInt64) {
    if count == capacity { reserve(count + 1) }
    set(count, tag, word)
    count += 1
  }

  func append(box: Box) {
    if count == capacity { reserve(count + 1) }
    setBox(count, box)
    count += 1
  }

  /// Appends the cells of the given rows.
  func append(from source: Vector, rows: Rows) {
    reserve(count + rows.count)
    gather(from: source, rows: rows, at: count)
    count += rows.count
  }

  /// Writes the cells of `rows` of a source behind each other, from row `start` on.
  func gather(from source: Vector, rows: Rows, at start: Int) {
    let mask = source.mask
    let sourceWords = source.words
    let sourceTags = source.tags
    let words = words + start
    let tags = tags + start
    if start == 0 {
      uniform = source.uniform
    } else if uniform != source.uniform {
      uniform = Tag.mixed
    }
    var index = 0
    // A vector without boxes can take over all of the other's, whichever its cells need.
    let sharesBoxes = source.boxes.isEmpty || (start == 0 && boxes.isEmpty)
    if sharesBoxes, start == 0, boxes.isEmpty { boxes = source.boxes }
    if sharesBoxes, source.uniform != Tag.mixed {
      tags.update(repeating: source.uniform, count: rows.count)
      while index < rows.count {
        words[index] = sourceWords[Int(rows.pointer[index]) & mask]
        index &+= 1
      }
      return
    }
    if sharesBoxes {
      while index < rows.count {
        let row = Int(rows.pointer[index]) & mask
        words[index] = sourceWords[row]
        tags[index] = sourceTags[row]
        index &+= 1
      }
      return
    }
    while index < rows.count {
      copy(from: source, row: Int(rows.pointer[index]), to: start + index)
      index += 1
    }
  }

  /// A vector of these rows only.
  func gathered(_ rows: Rows) -> Vector {
    if isConstant { return self }
    let result = Vector(capacity: rows.count)
    result.gather(from: self, rows: rows, at: 0)
    result.count = rows.count
    return result
  }
}

/// The numbers of some rows of a chunk, ascending; owned by somebody else.
struct Rows {
  let pointer: UnsafePointer<Int32>
  let count: Int

  init(_ pointer: UnsafePointer<Int32>, count: Int) {
    self.pointer = pointer
    self.count = count
  }

  @inline(__always) subscript(index: Int) -> Int { Int(pointer[index]) }

  /// Whether they are all rows from 0 on; only of rows that are all different.
  @inline(__always)
  var isWhole: Bool { count > 0 && Int(pointer[count - 1]) == count - 1 }
}

/// Owned row numbers.
final class Selection {
  let pointer: UnsafeMutablePointer<Int32>
  let capacity: Int
  var count: Int

  init(capacity: Int) {
    self.capacity = max(capacity, 1)
    pointer = .allocate(capacity: self.capacity)
    count = 0
  }

  /// All rows from 0 on.
  convenience init(all count: Int) {
    self.init(capacity: count)
    var row = 0
    while row < count {
      pointer[row] = Int32(truncatingIfNeeded: row)
      row &+= 1
    }
    self.count = count
  }

  deinit { pointer.deallocate() }

  var rows: Rows { Rows(pointer, count: count) }

  func append(_ row: Int) {
    pointer[count] = Int32(truncatingIfNeeded: row)
    count += 1
  }
}

/// Some rows of a running query: one vector for each variable that is still needed.
final class Chunk {
  static let rowCountMax = 2048

  /// By slot; `nil` where the variable is not bound or not needed any more.
  var columns: [Vector?]
  /// The rows that count.
  var selection: Selection

  init(slotCount: Int, selection: Selection) {
    columns = Array(repeating: nil, count: slotCount)
    self.selection = selection
  }

  init(columns: [Vector?], selection: Selection) {
    self.columns = columns
    self.selection = selection
  }

  var rows: Rows { selection.rows }
  var count: Int { selection.count }

  /// The column of a slot, which the planner keeps alive for whoever reads it.
  @inline(__always)
  func column(_ slot: Int) -> Vector {
    guard let vector = columns[slot] else {
      preconditionFailure("slot \(slot) is read after it died, or before it was bound")
    }
    return vector
  }
}
