import GraphStorage
import Synchronization

/// The strings that a running query computes, each once; for all threads of the query.
///
/// What was given a code stays where it is, so that it is read without a lock by whoever got the
/// code; only new ones are entered under one.
final class LocalStrings: @unchecked Sendable {
  private struct Entry {
    var bytes: UnsafeRawBufferPointer
  }

  private struct Index {
    var count = 0
    /// A hash in the high half and a code plus one in the low, or zero; by open addressing.
    var slots: [UInt64] = []
    /// Where the bytes of further strings go.
    var free = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    var owned: [UnsafeMutableRawPointer] = []
  }

  private let lock = Mutex(())
  /// Read and written under the lock.
  private var index = Index()
  /// Block `n` has room for 1024 · 2ⁿ strings and is never moved; there once there is a string.
  private var blocks: UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>?

  private static let firstBlockBits = 10
  private static let blockCountMax = 23
  private static let arenaByteCount = 1 << 16

  init() {}

  deinit {
    guard let blocks else { return }
    for block in 0..<Self.blockCountMax { blocks[block]?.deallocate() }
    blocks.deallocate()
    for memory in index.owned { memory.deallocate() }
  }

  /// The code of a string, which is added if it is new.
  func intern(_ text: UnsafeRawBufferPointer) -> UInt32 {
    let hash = StringPool.hash(text)
    return lock.withLock { _ in
      if index.slots.isEmpty { index.slots = Array(repeating: 0, count: 64) }
      let slot = slot(of: text, hash, in: index.slots)
      if index.slots[slot] != 0 { return UInt32(truncatingIfNeeded: index.slots[slot]) - 1 }
      let code = index.count
      precondition(code < 1 << 32 - 1, "a query computes at most 4,294,967,295 strings")
      enter(Entry(bytes: Self.copy(text, into: &index)), at: code)
      index.slots[slot] = UInt64(hash) << 32 | UInt64(code + 1)
      index.count += 1
      if index.count * 4 > index.slots.count * 3 { Self.grow(&index.slots) }
      return UInt32(code)
    }
  }

  @inline(__always)
  func bytes(of code: UInt32) -> UnsafeRawBufferPointer {
    let (block, place) = Self.place(of: Int(code))
    return blocks.unsafelyUnwrapped[block].unsafelyUnwrapped[place].bytes
  }

  @inline(__always)
  private static func place(of code: Int) -> (block: Int, place: Int) {
    let number = code &+ 1 << firstBlockBits
    let bit = Int.bitWidth &- 1 &- number.leadingZeroBitCount
    return (bit &- firstBlockBits, number &- 1 << bit)
  }

  private func enter(_ entry: Entry, at code: Int) {
    let (block, place) = Self.place(of: code)
    let blocks = self.blocks ?? Self.makeBlocks()
    self.blocks = blocks
    let memory = blocks[block] ?? .allocate(capacity: 1 << (block + Self.firstBlockBits))
    memory[place] = entry
    blocks[block] = memory
  }

  private static func makeBlocks() -> UnsafeMutablePointer<UnsafeMutablePointer<Entry>?> {
    let blocks = UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>.allocate(
      capacity: blockCountMax
    )
    blocks.initialize(repeating: nil, count: blockCountMax)
    return blocks
  }

  private static func copy(
    _ text: UnsafeRawBufferPointer,
    into index: inout Index
  ) -> UnsafeRawBufferPointer {
    if text.count > index.free.count {
      let size = max(text.count, arenaByteCount)
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)
      if let start = memory.baseAddress { index.owned.append(start) }
      index.free = memory
    }
    let target = UnsafeMutableRawBufferPointer(rebasing: index.free[..<text.count])
    target.copyMemory(from: text)
    index.free = UnsafeMutableRawBufferPointer(rebasing: index.free[text.count...])
    return UnsafeRawBufferPointer(target)
  }

  /// The slot that holds the text, or the free one where it belongs.
  private func slot(of text: UnsafeRawBufferPointer, _ hash: UInt32, in slots: [UInt64]) -> Int {
    let mask = slots.count - 1
    var slot = Int(hash) & mask
    while true {
      let entry = slots[slot]
      if entry == 0 { return slot }
      if entry >> 32 == UInt64(hash),
        compareBytes(bytes(of: UInt32(truncatingIfNeeded: entry) - 1), text) == 0
      {
        return slot
      }
      slot = (slot + 1) & mask
    }
  }

  private static func grow(_ slots: inout [UInt64]) {
    let mask = slots.count * 2 - 1
    var larger = [UInt64](repeating: 0, count: mask + 1)
    for entry in slots where entry != 0 {
      var slot = Int(entry >> 32) & mask
      while larger[slot] != 0 { slot = (slot + 1) & mask }
      larger[slot] = entry
    }
    slots = larger
  }
}
