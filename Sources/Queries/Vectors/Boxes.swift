import GraphModel

/// What does not fit into 64 bits.
enum Box {
  case value(Value)
  case list(CellList)
}

/// A list kept as cells, so that collecting and unwinding make no ``Value``s.
struct CellList {
  let cells: Vector
  private let first: UInt32
  private let length: UInt32

  init(_ cells: Vector, start: Int = 0, count: Int) {
    self.cells = cells
    first = UInt32(start)
    length = UInt32(count)
  }

  var start: Int { Int(first) }
  var count: Int { Int(length) }
  var range: Range<Int> { start..<(start + count) }
}

/// The boxes of a vector, by the words of its cells.
///
/// Lists that were collected together are parts of one vector, and are kept as its ends.
struct Boxes {
  /// Lists behind each other in one vector: list `n` ends at `ends[n]`, where the next one starts.
  struct Slices {
    let cells: Vector
    let ends: [UInt32]

    @inline(__always)
    func bounds(_ index: Int) -> (start: Int, end: Int) {
      (index == 0 ? 0 : Int(ends[index - 1]), Int(ends[index]))
    }
  }

  /// Where the boxes are just that.
  private(set) var slices: Slices?
  private var boxes: [Box] = []

  init() {}

  init(_ slices: Slices) { self.slices = slices }

  var count: Int { slices?.ends.count ?? boxes.count }
  var isEmpty: Bool { count == 0 }

  subscript(index: Int) -> Box {
    guard let slices else { return boxes[index] }
    let (start, end) = slices.bounds(index)
    return .list(CellList(slices.cells, start: start, count: end - start))
  }

  mutating func append(_ box: Box) {
    if slices != nil {
      boxes = (0..<count).map { self[$0] }
      slices = nil
    }
    boxes.append(box)
  }

  mutating func removeAll() {
    slices = nil
    boxes.removeAll(keepingCapacity: true)
  }
}
