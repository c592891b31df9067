/// Intersects the sorted lists of neighbours of several nodes, row after row.
///
/// Rows mostly differ from those before them in one of the nodes; what the lists of the others
/// have in common is kept from row to row.
struct CommonNeighbours {
  private let lists: [AdjacencyView]
  private let opposites: [AdjacencyView]
  private let rivals: [(Int, Int)]
  /// The node of each arm in the row that was moved to last.
  private var nodes: [UInt32]
  private var isFirst = true
  /// The arm whose list is not part of ``common``.
  private var varying = 0
  /// What the other lists have in common, each once.
  private var common = NodeList()
  private var spare = NodeList()
  /// What all lists have in common, each once.
  let found = NodeList()
  /// Where the nodes of the arms are read.
  private var columns: [ArmColumn] = []
  /// How many rows ``common`` has served.
  private var rowsOfCommon = 0
  /// The varying arm's neighbours of what is in ``common``, once enough rows have asked.
  private var reached: ReachedNodes?
  private var hasReached = false
  private let nodeCount: Int

  init(_ intersection: Intersection, in view: GraphView) {
    lists = intersection.arms.map { arm in
      let table = view.edgeTypes[Int(arm.type)]
      return arm.direction == .right ? table.outgoing : table.incoming
    }
    opposites = intersection.arms.map { arm in
      let table = view.edgeTypes[Int(arm.type)]
      return arm.direction == .right ? table.incoming : table.outgoing
    }
    rivals = intersection.rivals
    nodes = Array(repeating: 0, count: intersection.arms.count)
    nodeCount = view.nodeCount
  }

  /// An arm's column without anything that is reference-counted; somebody else keeps it.
  private struct ArmColumn {
    let words: UnsafeMutablePointer<UInt64>
    let tags: UnsafeMutablePointer<UInt8>
    let mask: Int
    let areNodes: Bool

    init(_ column: Vector) {
      words = column.words
      tags = column.tags
      mask = column.mask
      areNodes = column.uniform == Tag.node
    }
  }

  /// The rows that come are those of a chunk with these columns, which somebody keeps.
  mutating func start(_ columns: [Vector]) { self.columns = columns.map(ArmColumn.init) }

  /// Reads a row's nodes and sees to it that ``common`` fits them; `false` where one is none.
  @inline(__always)
  mutating func move(to row: Int) -> Bool {
    var changed = -1
    var changedCount = 0
    var index = 0
    while index < nodes.count {
      let column = columns[index]
      guard column.areNodes || column.tags[row & column.mask] == Tag.node else {
        isFirst = true
        return false
      }
      let node = UInt32(truncatingIfNeeded: column.words[row & column.mask])
      if isFirst || nodes[index] != node {
        nodes[index] = node
        changed = index
        changedCount &+= 1
      }
      index &+= 1
    }
    if changed < 0 { return true }
    if isFirst || changedCount > 1 || changed != varying {
      isFirst = false
      varying = changed
      intersectOthers()
    }
    return true
  }

  /// Whether two arms that may not take the same edge start at the same node.
  @inline(__always)
  var hasEqualRivals: Bool {
    for (one, other) in rivals where nodes[one] == nodes[other] { return true }
    return false
  }

  private mutating func intersectOthers() {
    rowsOfCommon = 0
    hasReached = false
    var isStarted = false
    for index in lists.indices where index != varying {
      let slice = neighbours(index)
      if isStarted {
        spare.removeAll()
        Self.intersect(common.buffer, slice, into: spare)
        swap(&common, &spare)
        continue
      }
      isStarted = true
      common.removeAll()
      // Of parallel edges one is enough: they are told apart when rows are made.
      var last: UInt32?
      for node in slice where node != last {
        common.append(node)
        last = node
      }
    }
  }

  /// Finds what all lists have in common.
  mutating func find() {
    found.removeAll()
    rowsOfCommon += 1
    if !hasReached, rowsOfCommon > 2 { reachIfWorthIt() }
    if hasReached {
      reached?.appendOrigins(of: nodes[varying], to: found)
      return
    }
    Self.intersect(common.buffer, neighbours(varying), into: found)
  }

  /// Turns the search round where that costs less than what the rows so far have cost.
  private mutating func reachIfWorthIt() {
    let list = opposites[varying]
    let budget = rowsOfCommon * 8
    var edgeCount = 0
    for node in common.buffer {
      edgeCount += list.end(Int(node)) - list.start(Int(node))
      if edgeCount > budget { return }
    }
    var reached = self.reached ?? ReachedNodes(nodeCount: nodeCount)
    self.reached = nil
    reached.removeAll()
    for node in common.buffer.reversed() {
      reached.add(Self.slice(of: Int(node), list), from: node)
    }
    self.reached = reached
    hasReached = true
  }

  /// The numbers of an arm's edges to a node.
  func edges(of arm: Int, to node: UInt32) -> UnsafeBufferPointer<UInt32> {
    let slice = neighbours(arm)
    let first = Self.firstPlace(of: node, in: slice, from: 0)
    var end = first
    while end < slice.count, slice[end] == node { end += 1 }
    let start = lists[arm].start(Int(nodes[arm]))
    return UnsafeBufferPointer(start: lists[arm].edges + start + first, count: end - first)
  }

  private func neighbours(_ arm: Int) -> UnsafeBufferPointer<UInt32> {
    Self.slice(of: Int(nodes[arm]), lists[arm])
  }

  private static func slice(
    of node: Int,
    _ list: AdjacencyView
  ) -> UnsafeBufferPointer<UInt32> {
    let start = list.start(node)
    return UnsafeBufferPointer(start: list.neighbours + start, count: list.end(node) - start)
  }

  /// Appends each number that is in both, once; `left` holds none twice.
  ///
  /// The shorter list is gone through, the longer one searched by galloping from the last find on.
  private static func intersect(
    _ left: UnsafeBufferPointer<UInt32>,
    _ right: UnsafeBufferPointer<UInt32>,
    into result: NodeList
  ) {
    let isLeftShorter = left.count <= right.count
    let short = isLeftShorter ? left : right
    let long = isLeftShorter ? right : left
    var place = 0
    var last: UInt32?
    for node in short {
      place = firstPlace(of: node, in: long, from: place)
      if place == long.count { return }
      if long[place] == node, node != last {
        result.append(node)
        last = node
      }
    }
  }

  /// The first place from `start` on whose number is not less than `node`.
  @inline(__always)
  private static func firstPlace(
    of node: UInt32,
    in list: UnsafeBufferPointer<UInt32>,
    from start: Int
  ) -> Int {
    var low = start
    var step = 1
    while low &+ step < list.count, list[low &+ step] < node {
      low &+= step
      step &*= 2
    }
    var high = min(low &+ step, list.count)
    while low < high {
      let middle = (low &+ high) >> 1
      if list[middle] < node { low = middle &+ 1 } else { high = middle }
    }
    return low
  }
}

/// Nodes one behind the other, in memory that is kept when they go.
final class NodeList {
  @exclusivity(unchecked) private var start: UnsafeMutablePointer<UInt32>
  @exclusivity(unchecked) private(set) var count = 0
  private var capacity = 64

  init() {
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  var buffer: UnsafeBufferPointer<UInt32> { UnsafeBufferPointer(start: start, count: count) }

  func removeAll() { count = 0 }

  @inline(__always)
  func append(_ node: UInt32) {
    if count == capacity { grow() }
    start[count] = node
    count &+= 1
  }

  private func grow() {
    let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity * 2)
    larger.update(from: start, count: count)
    start.deallocate()
    start = larger
    capacity *= 2
  }
}
