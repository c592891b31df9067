import Glibc

/// For nodes that were reached from others, those others.
struct ReachedNodes {
  /// The number of the round that reached a node last, and its first origin in ``origins``.
  private let rounds: UnsafeMutablePointer<UInt32>
  private let heads: UnsafeMutablePointer<UInt32>
  private let memory: Memory
  private var round: UInt32 = 1
  /// An origin, and where the next one of the same node is plus one, or 0.
  private var origins: [(node: UInt32, next: UInt32)] = []
  private let nodeCount: Int

  init(nodeCount: Int) {
    self.nodeCount = nodeCount
    memory = Memory(wordCount: nodeCount * 2)
    rounds = memory.words
    heads = memory.words + nodeCount
  }

  /// Zeros that the system hands out, which cost nothing until they are touched.
  private final class Memory {
    let words: UnsafeMutablePointer<UInt32>

    init(wordCount: Int) {
      guard let zeros = calloc(max(wordCount, 1), MemoryLayout<UInt32>.stride) else {
        fatalError("out of memory for \(wordCount) words")
      }
      words = zeros.bindMemory(to: UInt32.self, capacity: max(wordCount, 1))
    }

    deinit { free(words) }
  }

  mutating func removeAll() {
    if round == .max {
      rounds.update(repeating: 0, count: nodeCount)
      round = 0
    }
    round += 1
    origins.removeAll(keepingCapacity: true)
  }

  /// Notes that sorted nodes are reached from `origin`; of equal ones the first counts.
  mutating func add(_ nodes: UnsafeBufferPointer<UInt32>, from origin: UInt32) {
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
  func appendOrigins(of node: UInt32, to result: NodeList) {
    if rounds[Int(node)] != round { return }
    var link = heads[Int(node)]
    while link != 0 {
      let origin = origins[Int(link) - 1]
      result.append(origin.node)
      link = origin.next
    }
  }
}
