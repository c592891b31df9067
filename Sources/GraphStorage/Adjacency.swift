/// The neighbours of every node over the edges of one type, in one direction.
///
/// A node's neighbours are a slice of ``neighbours`` and ``edges``, sorted by neighbour and then by
/// edge number. The slice of node `n` is `offsets[n]..<offsets[n + 1]` (CSR), but for the nodes
/// that got an edge since that was made: their slices were moved behind the others, with room to
/// grow, and ``moved`` says where.
public struct Adjacency: Sendable {
  public private(set) var offsets = FlatArray<UInt32>([0])
  public private(set) var neighbours = FlatArray<UInt32>()
  /// The number of the edge to each neighbour.
  public private(set) var edges = FlatArray<UInt32>()
  /// The slices that are elsewhere.
  public private(set) var moved = MovedSlices()
  /// How many edges there are.
  private(set) var edgeCount = 0

  public init() {}

  init(
    offsets: FlatArray<UInt32>,
    neighbours: FlatArray<UInt32>,
    edges: FlatArray<UInt32>
  ) {
    self.offsets = offsets
    self.neighbours = neighbours
    self.edges = edges
    edgeCount = edges.count
  }

  /// How many nodes ``offsets`` knows of.
  public var nodeCount: Int { offsets.count - 1 }

  /// Whether every slice is where ``offsets`` says.
  var isCompact: Bool { moved.isEmpty }

  /// The places of a node's neighbours in ``neighbours`` and ``edges``.
  @inlinable
  public func range(of node: UInt32) -> Range<Int> {
    if let slice = moved.slice(of: node) { return slice }
    guard Int(node) + 1 < offsets.count else { return 0..<0 }
    return Int(offsets[Int(node)])..<Int(offsets[Int(node) + 1])
  }

  @inlinable
  public func degree(of node: UInt32) -> Int { range(of: node).count }

  /// The places of the edges to one neighbour, in the order of their numbers.
  func places(of neighbour: UInt32, of node: UInt32) -> Range<Int> {
    let slice = range(of: node)
    let start = firstPlace(in: slice) { $0 >= neighbour }
    return start..<firstPlace(in: start..<slice.upperBound) { $0 > neighbour }
  }

  private func firstPlace(in slice: Range<Int>, where isPast: (UInt32) -> Bool) -> Int {
    var (low, high) = (slice.lowerBound, slice.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if isPast(neighbours[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  // MARK: Growing

  /// Adds edges of one node, sorted by neighbour and then by number, whose numbers are greater than
  /// those of all others.
  mutating func insert(_ new: ArraySlice<NumberedEnds>, of node: UInt32) {
    edgeCount += new.count
    let former = range(of: node)
    let slice = makeRoom(in: former, for: new.count, of: node)
    // From the end, so that nothing is overwritten that is still to be moved.
    var place = slice.upperBound
    var old = slice.lowerBound + former.count
    for end in new.reversed() {
      while old > slice.lowerBound, neighbours[old - 1] > end.far {
        old -= 1
        place -= 1
        neighbours[place] = neighbours[old]
        edges[place] = edges[old]
      }
      place -= 1
      neighbours[place] = end.far
      edges[place] = end.edge
    }
    moved.set(slice, of: node)
  }

  /// A node's slice with unused places at its end, moved where it had too few.
  ///
  /// The room of a moved slice is the next power of two of its length.
  private mutating func makeRoom(
    in slice: Range<Int>,
    for newCount: Int,
    of node: UInt32
  ) -> Range<Int> {
    let count = slice.count + newCount
    let room = Self.room(for: count)
    if moved.slice(of: node) != nil, room == Self.room(for: slice.count) {
      return slice.lowerBound..<(slice.lowerBound + count)
    }
    let start = neighbours.count
    precondition(start + room <= Int(UInt32.max), "an edge type has at most 4,294,967,295 edges")
    neighbours.appendCopy(of: slice)
    edges.appendCopy(of: slice)
    neighbours.grow(to: start + room, with: .max)
    edges.grow(to: start + room, with: .max)
    return start..<(start + count)
  }

  private static func room(for count: Int) -> Int {
    count <= 1 ? count : 1 << (Int.bitWidth - (count - 1).leadingZeroBitCount)
  }

  // MARK: Making

  /// Makes one direction of a type's edges, in linear time but for long slices that come unsorted.
  ///
  /// Events name things that are new with them, so that often one end of the edges ascends with
  /// their numbers; then there is less to sort.
  init(near: FlatArray<UInt32>, far: FlatArray<UInt32>, nodeCount: Int) {
    edgeCount = near.count
    if Self.isAscending(near) {
      offsets = Self.starts(of: near, nodeCount)
      neighbours = far
      edges = FlatArray(count: near.count) { edges in
        for edge in edges.indices { edges[edge] = UInt32(truncatingIfNeeded: edge) }
      }
      sortSlices()
      return
    }
    offsets = Self.starts(of: near, nodeCount)
    (edges, neighbours) = Self.placed(
      Self.isAscending(far) ? nil : Self.order(by: far, nodeCount),
      near: near,
      far: far,
      starts: offsets
    )
  }

  private static func isAscending(_ numbers: FlatArray<UInt32>) -> Bool {
    numbers.withUnsafeBuffer { numbers in
      for index in numbers.indices.dropFirst() where numbers[index] < numbers[index - 1] {
        return false
      }
      return true
    }
  }

  /// Where the slice of each node starts, and where the last ends.
  private static func starts(of ends: FlatArray<UInt32>, _ nodeCount: Int) -> FlatArray<UInt32> {
    FlatArray(count: nodeCount + 1) { starts in
      starts.update(repeating: 0)
      ends.withUnsafeBuffer { for end in $0 { starts[Int(end) + 1] += 1 } }
      for node in 0..<nodeCount { starts[node + 1] += starts[node] }
    }
  }

  /// The edges in the order of their far ends.
  private static func order(
    by far: FlatArray<UInt32>,
    _ nodeCount: Int
  ) -> FlatArray<UInt32> {
    var next = starts(of: far, nodeCount)
    let places = next.writableAddress
    return FlatArray(count: far.count) { order in
      far.withUnsafeBuffer { far in
        for (edge, end) in far.enumerated() {
          order[Int(places[Int(end)])] = UInt32(truncatingIfNeeded: edge)
          places[Int(end)] += 1
        }
      }
    }
  }

  /// The edges of each node one behind the other, and their far ends.
  ///
  /// - Parameter order: that of the far ends, which sorts each slice; `nil` where it is the order of
  ///   the numbers.
  private static func placed(
    _ order: FlatArray<UInt32>?,
    near: FlatArray<UInt32>,
    far: FlatArray<UInt32>,
    starts: FlatArray<UInt32>
  ) -> (edges: FlatArray<UInt32>, neighbours: FlatArray<UInt32>) {
    var next = FlatArray(starts.array)
    let places = next.writableAddress
    var neighbours = FlatArray<UInt32>()
    let (near, far) = (near.address, far.address)
    let count = Int(starts[starts.count - 1])
    let edges = FlatArray<UInt32>(count: count) { edges in
      neighbours = FlatArray(count: count) { neighbours in
        for index in 0..<count {
          let edge = order.map { Int($0[index]) } ?? index
          let place = Int(places[Int(near[edge])])
          places[Int(near[edge])] += 1
          edges[place] = UInt32(truncatingIfNeeded: edge)
          neighbours[place] = far[edge]
        }
      }
    }
    return (edges, neighbours)
  }

  /// Slices that are longer are not sorted by moving one edge after another to its place.
  private static let insertedCountMax = 32

  /// Sorts each slice, which is in the order of the numbers.
  private mutating func sortSlices() {
    let (far, edges) = (neighbours.writableAddress, edges.writableAddress)
    for node in 0..<nodeCount {
      let slice = Int(offsets[node])..<Int(offsets[node + 1])
      if slice.count > Self.insertedCountMax {
        let ends = slice.map { NumberedEnds(near: 0, far: far[$0], edge: edges[$0]) }.sorted()
        for (place, end) in zip(slice, ends) { (far[place], edges[place]) = (end.far, end.edge) }
        continue
      }
      for index in slice.dropFirst() {
        let (end, edge) = (far[index], edges[index])
        var place = index
        while place > slice.lowerBound, far[place - 1] > end {
          (far[place], edges[place]) = (far[place - 1], edges[place - 1])
          place -= 1
        }
        (far[place], edges[place]) = (end, edge)
      }
    }
  }
}

/// An edge seen from one of its ends.
struct NumberedEnds: Comparable {
  /// The node that it is seen from.
  var near: UInt32
  /// The node at its other end.
  var far: UInt32
  var edge: UInt32

  /// Some edges of a type, sorted by near end, far end and number.
  static func sorted(
    _ numbers: Range<Int>,
    near: FlatArray<UInt32>,
    far: FlatArray<UInt32>
  ) -> [NumberedEnds] {
    numbers
      .map { NumberedEnds(near: near[$0], far: far[$0], edge: UInt32($0)) }
      .sorted()
  }

  static func < (lhs: NumberedEnds, rhs: NumberedEnds) -> Bool {
    lhs.order < rhs.order || (lhs.order == rhs.order && lhs.edge < rhs.edge)
  }

  private var order: UInt64 { UInt64(near) << 32 | UInt64(far) }
}

/// Where the slices of some nodes are: a bit for each node that has one, and a hash table.
public struct MovedSlices: Sendable {
  /// A bit for each node; empty while there are no slices.
  public private(set) var bits = FlatArray<UInt64>()
  /// Open addressing, a power of two in size: a node plus one, or 0 where free.
  public private(set) var nodes = FlatArray<UInt32>()
  /// Aligned with ``nodes``: where the slice starts in the high half, its length in the low one.
  public private(set) var slices = FlatArray<UInt64>()
  public private(set) var count = 0

  @inlinable public var isEmpty: Bool { count == 0 }

  @inlinable
  public func slice(of node: UInt32) -> Range<Int>? {
    let word = Int(node >> 6)
    guard word < bits.count, bits[word] >> UInt64(node & 63) & 1 != 0 else { return nil }
    let slice = slices[Self.place(of: node, in: nodes)]
    let start = Int(slice >> 32)
    return start..<(start + Int(slice & 0xFFFF_FFFF))
  }

  mutating func set(_ slice: Range<Int>, of node: UInt32) {
    if count * 4 >= nodes.count * 3 { enlarge() }
    let place = Self.place(of: node, in: nodes)
    if nodes[place] == 0 {
      count += 1
      nodes[place] = node + 1
      let word = Int(node >> 6)
      // Many at once: a bit for each node that comes.
      if word >= bits.count { bits.grow(to: word + 1 + bits.count / 2, with: 0) }
      bits[word] |= 1 << UInt64(node & 63)
    }
    slices[place] = UInt64(slice.lowerBound) << 32 | UInt64(slice.count)
  }

  /// The place that holds the node, or the free one where it belongs.
  @inlinable
  static func place(of node: UInt32, in nodes: FlatArray<UInt32>) -> Int {
    let mask = nodes.count - 1
    var place = firstPlace(of: node) & mask
    while nodes[place] != 0, nodes[place] != node + 1 { place = (place + 1) & mask }
    return place
  }

  /// Where a search for a node begins, but for what is beyond the size of the table.
  @inlinable
  public static func firstPlace(of node: UInt32) -> Int { Int((node &* 0x9E37_79B1) >> 7) }

  private mutating func enlarge() {
    let former = self
    nodes = FlatArray(repeating: 0, count: max(former.nodes.count * 2, 64))
    slices = FlatArray(repeating: 0, count: nodes.count)
    for place in 0..<former.nodes.count where former.nodes[place] != 0 {
      let new = Self.place(of: former.nodes[place] - 1, in: nodes)
      nodes[new] = former.nodes[place]
      slices[new] = former.slices[place]
    }
  }
}
