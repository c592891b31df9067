import Glibc
import Synchronization

/// A mark for each of many numbers, such as those of nodes, that counts in one round only.
///
/// There is room for every number, of which a query marks few: memory that nobody has touched costs
/// nothing. Marks of former rounds are not cleared but told by their round, so that whoever comes
/// next uses the memory as it is.
final class RoundMemory<Mark: BitwiseCopyable>: @unchecked Sendable {
  /// Zeros at first.
  ///
  /// A mark that counts says ``round``.
  let marks: UnsafeMutablePointer<Mark>
  let count: Int
  private(set) var round: UInt32 = 0

  /// `Mark` may be all zeros.
  init(count: Int) {
    self.count = max(count, 1)
    guard let zeros = calloc(self.count, MemoryLayout<Mark>.stride) else {
      fatalError("out of memory for \(count) marks")
    }
    marks = zeros.bindMemory(to: Mark.self, capacity: self.count)
  }

  deinit { free(marks) }

  /// Begins a round, of which there is no mark yet, with room for more to be counted by the user.
  func startRound() {
    if round >= .max / 2 {
      memset(marks, 0, count * MemoryLayout<Mark>.stride)
      round = 0
    }
    round += 1
  }

  /// Ends rounds that the user has counted itself.
  func take(roundsUntil last: UInt32) { round = max(round, last) }
}

/// What a query notes of a node.
struct NodeMark {
  /// The round of a ``RoundMemory`` that it belongs to.
  var round: UInt32
  var value: UInt32
}

/// Things that are over with, for those who want one like it.
final class Pool<Item: AnyObject & Sendable>: Sendable {
  private let items = Mutex<[Item]>([])
  private let countMax: Int

  init(countMax: Int) { self.countMax = countMax }

  func take(orMake make: () -> Item) -> Item {
    items.withLock { $0.popLast() } ?? make()
  }

  /// One that is there; where none is, the next one who asks finds a new one.
  ///
  /// For those who can do without, and ask again only in a process that asks much.
  func takeKept(orLeave make: () -> Item) -> Item? {
    if let kept = items.withLock({ $0.popLast() }) { return kept }
    giveBack(make())
    return nil
  }

  func giveBack(_ item: Item) {
    items.withLock { items in
      if items.count < countMax { items.append(item) }
    }
  }
}
