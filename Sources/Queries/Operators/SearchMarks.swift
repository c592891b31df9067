import Glibc

/// What two searches from both ends note of the nodes that they reach.
///
/// There is room for every node of the graph, of which a search touches few: memory that nobody has
/// touched costs nothing, and whoever searches next uses what is there. Marks are made anew by
/// raising the stamp.
final class SearchMarks: @unchecked Sendable {
  struct Mark {
    var stamp: UInt32 = 0
    /// How many edges the node is away from where the search began.
    var depth: Int32 = 0
    /// The node before it.
    var node: UInt32 = 0
    /// The edge that reached it.
    var edge: UInt64 = 0
  }

  /// The second search's marks lie behind those of the first.
  private let marks: UnsafeMutablePointer<Mark>
  private let count: Int
  private var stamp: UInt32 = 0

  init(nodeCount: Int) {
    count = max(nodeCount * 2, 1)
    guard let memory = calloc(count, MemoryLayout<Mark>.stride) else {
      fatalError("there is not enough memory")
    }
    marks = memory.bindMemory(to: Mark.self, capacity: count)
  }

  deinit { free(marks) }

  /// Takes all marks back.
  func start() {
    stamp &+= 1
    if stamp == 0 {
      marks.update(repeating: Mark(), count: count)
      stamp = 1
    }
  }

  /// The mark at a place, or `nil` where there is none.
  @inline(__always)
  subscript(place: Int) -> Mark? {
    let mark = marks[place]
    return mark.stamp == stamp ? mark : nil
  }

  @inline(__always)
  func set(_ place: Int, depth: Int32, edge: UInt64 = 0, from node: UInt32 = 0) {
    marks[place] = Mark(stamp: stamp, depth: depth, node: node, edge: edge)
  }
}
