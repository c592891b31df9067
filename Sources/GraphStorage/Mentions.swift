/// Which nodes each event names, in the order in which its rules name them.
///
/// It says which events a node rests on, and so lets one event's part of the graph be taken back
/// without a look at the others: a node is there as long as some event names it, is as old as the
/// first that does, and has the labels that any of them gives.
public struct Mentions: Sendable {
  /// Where each event's mentions start, by position; index 0 is unused.
  public internal(set) var starts = FlatArray<UInt32>([0])
  /// The nodes, of one event after another.
  public internal(set) var nodes = FlatArray<UInt32>()
  /// Aligned with ``nodes``: the label set that the event gives.
  public internal(set) var labelSets = FlatArray<UInt16>()

  public init() {}

  init(starts: FlatArray<UInt32>, nodes: FlatArray<UInt32>, labelSets: FlatArray<UInt16>) {
    self.starts = starts
    self.nodes = nodes
    self.labelSets = labelSets
  }

  /// What follows is named by the event at that position.
  mutating func begin(_ position: UInt32) {
    starts.grow(to: Int(position) + 1, with: UInt32(nodes.count))
  }

  @inline(__always)
  mutating func add(_ node: UInt32, labelSet: UInt16) {
    nodes.append(node)
    labelSets.append(labelSet)
  }

  /// Adds some mentions of others.
  mutating func append(_ others: Mentions, _ indices: Range<Int>) {
    others.nodes.withUnsafeBuffer { nodes.append(contentsOf: .init(rebasing: $0[indices])) }
    others.labelSets.withUnsafeBuffer { labelSets.append(contentsOf: .init(rebasing: $0[indices])) }
  }

  /// The indices of an event's mentions.
  func range(of position: UInt32) -> Range<Int> {
    let index = Int(position)
    guard index < starts.count else { return nodes.count..<nodes.count }
    let end = index + 1 < starts.count ? Int(starts[index + 1]) : nodes.count
    return Int(starts[index])..<end
  }
}
