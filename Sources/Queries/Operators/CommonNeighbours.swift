/// Intersects the sorted lists of neighbours of several nodes, row after row.
///
/// Rows mostly differ from those before them in one of the nodes; what the lists of the others
/// have in common is kept from row to row.
struct CommonNeighbours {
  private let lists: [AdjacencyView]
  private let opposites: [AdjacencyView]
  private let rivals: [(Int, Int)]
  /// The node of each arm in the row that was moved to last.
  private let nodes = NodeList()
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
  private var reached: ReachedNodes.View?
  private var keptReached: ReachedNodes?
  private let anchor: Anchor?
  /// What reaches the neighbours of the anchor, once enough rows have asked.
  private var anchored: ReachedNodes.View?
  private var keptAnchored: ReachedNodes?
  private let context: ExecutionContext

  init(_ intersection: Intersection, _ context: ExecutionContext) {
    let view = context.view
    self.context = context
    lists = intersection.arms.map { arm in
      let table = view.edgeTypes[Int(arm.type)]
      return arm.direction == .right ? table.outgoing : table.incoming
    }
    opposites = intersection.arms.map { arm in
      let table = view.edgeTypes[Int(arm.type)]
      return arm.direction == .right ? table.incoming : table.outgoing
    }
    rivals = intersection.rivals
    for _ in lists { nodes.append(0) }
    anchor = Anchor(intersection)
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
    let nodes = nodes.start
    var changed = -1
    var changedCount = 0
    var index = 0
    while index < columns.count {
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
    for (one, other) in rivals where nodes.start[one] == nodes.start[other] { return true }
    return false
  }

  private mutating func intersectOthers() {
    rowsOfCommon = 0
    reached = nil
    if seekAnchor(), let anchored {
      intersectReached(anchored)
      return
    }
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

  /// Finds what all lists have in common; at least one of it unless it `wantsAll`.
  @inline(__always)
  mutating func find(wantsAll: Bool = true) {
    found.removeAll()
    if let anchored {
      if common.count > 0 { find(anchored, wantsAll: wantsAll) }
      return
    }
    rowsOfCommon += 1
    if reached == nil, rowsOfCommon > 2 { reachIfWorthIt() }
    if let reached {
      reached.appendOrigins(of: nodes.start[varying], to: found)
      return
    }
    Self.intersect(common.buffer, neighbours(varying), into: found)
  }

  /// Finds what is in ``common`` and reaches the varying arm's node.
  @inline(__always)
  private func find(_ reached: ReachedNodes.View, wantsAll: Bool) {
    let common = common.buffer
    var place = 0
    reached.forEachOrigin(of: nodes.start[varying]) { origin in
      while place < common.count, common[place] < origin { place &+= 1 }
      if place == common.count { return false }
      if common[place] != origin { return true }
      found.append(origin)
      return wantsAll
    }
  }

  /// Whether what all arms but ``varying`` have in common is found from what reaches the neighbours
  /// of an arm that stays the same.
  private mutating func seekAnchor() -> Bool {
    guard let anchor else { return false }
    let former = anchor.arm
    anchor.follow(nodes.buffer)
    guard let arm = anchor.arm, arm != varying else {
      anchored = nil
      return false
    }
    if anchored != nil, arm == former { return true }
    keptAnchored = reachedNeighbours(of: arm, budget: anchor.turnCount)
    anchored = keptAnchored?.view
    return anchored != nil
  }

  /// What reaches an arm's neighbours; `nil` where that costs more than going through them so often.
  private func reachedNeighbours(of arm: Int, budget turnCount: Int) -> ReachedNodes? {
    let slice = neighbours(arm)
    let list = opposites[arm == 0 ? 1 : 0]
    // Of two lists the shorter one is gone through.
    let turnCost = lists.indices.reduce(slice.count) { min($0, neighbours($1).count) }
    var budget = turnCount * turnCost
    if budget < slice.count { return nil }
    for node in slice {
      budget -= list.end(Int(node)) - list.start(Int(node))
      if budget < 0 { return nil }
    }
    let reached = ReachedNodes(context)
    var last: UInt32?
    for node in slice.reversed() where node != last {
      reached.add(Self.slice(of: Int(node), list), from: node)
      last = node
    }
    return reached
  }

  /// ``common`` from what reaches the neighbours of the anchor.
  private mutating func intersectReached(_ reached: ReachedNodes.View) {
    common.removeAll()
    var isStarted = false
    for index in lists.indices where index != varying && index != anchor?.arm {
      if !isStarted {
        isStarted = true
        reached.appendOrigins(of: nodes.start[index], to: common)
        continue
      }
      found.removeAll()
      reached.appendOrigins(of: nodes.start[index], to: found)
      spare.removeAll()
      Self.intersect(common.buffer, found.buffer, into: spare)
      swap(&common, &spare)
    }
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
    let reached = keptReached ?? ReachedNodes(context)
    reached.removeAll()
    for node in common.buffer.reversed() {
      reached.add(Self.slice(of: Int(node), list), from: node)
    }
    keptReached = reached
    self.reached = reached.view
  }

  /// The numbers of an arm's edges to a node.
  func edges(of arm: Int, to node: UInt32) -> UnsafeBufferPointer<UInt32> {
    let slice = neighbours(arm)
    let first = Self.firstPlace(of: node, in: slice, from: 0)
    var end = first
    while end < slice.count, slice[end] == node { end += 1 }
    let start = lists[arm].start(Int(nodes.start[arm]))
    return UnsafeBufferPointer(start: lists[arm].edges + start + first, count: end - first)
  }

  private func neighbours(_ arm: Int) -> UnsafeBufferPointer<UInt32> {
    Self.slice(of: Int(nodes.start[arm]), lists[arm])
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

/// Of three arms and more, the one that stays the same while others vary.
///
/// Where it is known what reaches its neighbours, the lists of the others, which may be long, need
/// not be gone through: a topic has few meetings, those at them may have been at many.
private final class Anchor {
  /// `nil` as long as none has stayed.
  private(set) var arm: Int?
  /// How often other arms have varied since each arm has.
  private var turnCounts: [Int]
  private var nodes: [UInt32] = []
  /// Whether all other arms follow edges of one type in one direction.
  private let hasUniformFellows: [Bool]

  private static let turnCountMin = 8

  /// `nil` where no arm can be one.
  init?(_ intersection: Intersection) {
    let arms = intersection.arms
    if arms.count < 3 { return nil }
    hasUniformFellows = arms.indices.map { arm in
      let kinds = arms.indices.filter { $0 != arm }.map { (arms[$0].type, arms[$0].direction) }
      return kinds.allSatisfy { $0 == kinds[0] }
    }
    if !hasUniformFellows.contains(true) { return nil }
    turnCounts = Array(repeating: 0, count: arms.count)
  }

  var turnCount: Int { arm.map { turnCounts[$0] } ?? 0 }

  /// Takes note of the nodes of the arms after some have changed.
  func follow(_ current: UnsafeBufferPointer<UInt32>) {
    if nodes.isEmpty { nodes = Array(current) }
    for index in current.indices {
      if current[index] == nodes[index] {
        turnCounts[index] += 1
        continue
      }
      nodes[index] = current[index]
      turnCounts[index] = 0
      if index == arm { arm = nil }
    }
    if arm == nil {
      arm = turnCounts.indices.first {
        turnCounts[$0] >= Self.turnCountMin && hasUniformFellows[$0]
      }
    }
  }
}
