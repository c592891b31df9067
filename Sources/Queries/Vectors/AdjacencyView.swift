import GraphModel
import GraphStorage

/// The neighbours of every node over the edges of one type, as raw pointers.
struct AdjacencyView {
  let nodeCount: Int
  let offsets: UnsafePointer<UInt32>
  let neighbours: UnsafePointer<UInt32>
  let edges: UnsafePointer<UInt32>
  /// How many nodes ``movedBits`` tells of; 0 where no slice was moved.
  private let movedNodeCount: Int
  private let movedBits: UnsafePointer<UInt64>
  private let movedNodes: UnsafePointer<UInt32>
  private let movedSlices: UnsafePointer<UInt64>
  private let movedMask: Int

  init(_ adjacency: Adjacency) {
    nodeCount = adjacency.nodeCount
    offsets = pointer(adjacency.offsets)
    neighbours = pointer(adjacency.neighbours)
    edges = pointer(adjacency.edges)
    movedNodeCount = adjacency.moved.bits.count * 64
    movedBits = pointer(adjacency.moved.bits)
    movedNodes = pointer(adjacency.moved.nodes)
    movedSlices = pointer(adjacency.moved.slices)
    movedMask = adjacency.moved.nodes.count - 1
  }

  @inline(__always)
  func start(_ node: Int) -> Int {
    if isMoved(node) { return Int(movedSlice(node) >> 32) }
    return node < nodeCount ? Int(offsets[node]) : 0
  }

  @inline(__always)
  func end(_ node: Int) -> Int {
    if isMoved(node) {
      let slice = movedSlice(node)
      return Int(slice >> 32) &+ Int(slice & 0xFFFF_FFFF)
    }
    return node < nodeCount ? Int(offsets[node &+ 1]) : 0
  }

  /// How many neighbours a node has, one as often as there are edges to it.
  @inline(__always)
  func degree(_ node: Int) -> Int {
    if isMoved(node) { return Int(movedSlice(node) & 0xFFFF_FFFF) }
    return node < nodeCount ? Int(offsets[node &+ 1] &- offsets[node]) : 0
  }

  @inline(__always)
  private func isMoved(_ node: Int) -> Bool {
    node < movedNodeCount && movedBits[node >> 6] >> UInt64(node & 63) & 1 != 0
  }

  /// Where a node's slice starts in the high half, its length in the low one.
  private func movedSlice(_ node: Int) -> UInt64 {
    let wanted = UInt32(truncatingIfNeeded: node &+ 1)
    var place = MovedSlices.firstPlace(of: wanted &- 1) & movedMask
    while movedNodes[place] != wanted { place = (place &+ 1) & movedMask }
    return movedSlices[place]
  }
}
