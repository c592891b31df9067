import Glibc

/// For nodes that were reached from others, those others.
final class ReachedNodes {
  /// The number of the round that reached a node last, and its first origin in ``origins``.
  private let rounds: UnsafeMutablePointer<UInt32>
  private let heads: UnsafeMutablePointer<UInt32>
  private var round: UInt32 = 1
  /// An origin, and where the next one of the same node is plus one, or 0.
  private var origins: [(node: UInt32, next: UInt32)] = []
  private let nodeCount: Int

  init(nodeCount: Int) {
    self.nodeCount = nodeCount
    // Zeros that the system hands out cost nothing until they are touched.
    rounds = Self.zeros(nodeCount)
    heads = Self.zeros(nodeCount)
  }

  deinit {
    free(rounds)
    free(heads)
  }

  private static func zeros(_ count: Int) -> UnsafeMutablePointer<UInt32> {
    guard let memory = calloc(max(count, 1), MemoryLayout<UInt32>.stride) else {
      fatalError("out of memory for \(count) nodes")
    }
    return memory.bindMemory(to: UInt32.self, capacity: max(count, 1))
  }

  func removeAll() {
    if round == .max {
      rounds.update(repeating: 0, count: nodeCount)
      round = 0
    }
    round += 1
    origins.removeAll(keepingCapacity: true)
  }

  /// Notes that sorted nodes are reached from `origin`; of equal ones the first counts.
  func add(_ nodes: UnsafeBufferPointer<UInt32>, from origin: UInt32) {
    var last: UInt32?
    for node in nodes where node != last {
      last = node
      let isKnown = rounds[Int(node)] == round
      origins.append((origin, isKnown ? heads[Int(node)] : 0))
      heads[Int(node)] = UInt32(truncatingIfNeeded: origins.count)
      rounds[Int(node)] = round
    }
  }

  /// Appends the origins of a node, the last added first.
  func appendOrigins(of node: UInt32, to result: inout [UInt32]) {
    if rounds[Int(node)] != round { return }
    var link = heads[Int(node)]
    while link != 0 {
      let origin = origins[Int(link) - 1]
      result.append(origin.node)
      link = origin.next
    }
  }
}
