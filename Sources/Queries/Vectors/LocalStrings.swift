import GraphStorage
import Synchronization

/// The strings that a running query computes, each once; for all threads of the query.
///
/// What was given a code stays where it is, so that it is read without a lock by whoever got the
/// code; only new ones are entered under one.
final class LocalStrings: @unchecked Sendable {
  /// Bytes that somebody keeps.
  private struct Text: Hashable {
    let bytes: UnsafeRawBufferPointer

    static func == (left: Text, right: Text) -> Bool { compareBytes(left.bytes, right.bytes) == 0 }

    func hash(into hasher: inout Hasher) { hasher.combine(StringPool.hash(bytes)) }
  }

  private typealias Block = UnsafeMutablePointer<Text>

  private let lock = Mutex(())
  // What follows is changed under the lock.
  private var codes: [Text: UInt32] = [:]
  /// Block `n` has room for 1024 · 2ⁿ strings and is never moved; there once there is a string.
  private var blocks: UnsafeMutablePointer<Block?>?
  /// Where the bytes of further strings go.
  private var free = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var arenas: [UnsafeMutableRawBufferPointer] = []

  private static let firstBlockBits = 10
  private static let blockCountMax = 23
  private static let arenaByteCount = 1 << 16

  init() {}

  deinit {
    for arena in arenas { arena.deallocate() }
    guard let blocks else { return }
    for block in 0..<Self.blockCountMax { blocks[block]?.deallocate() }
    blocks.deallocate()
  }

  /// The code of a string, which is added if it is new.
  func intern(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    lock.withLock { _ in
      if let known = codes[Text(bytes: bytes)] { return known }
      precondition(codes.count < UInt32.max, "a query computes at most 4,294,967,295 strings")
      let code = UInt32(codes.count)
      let text = Text(bytes: copy(bytes))
      enter(text, at: Int(code))
      codes[text] = code
      return code
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

  /// Writes nothing that others may read now: they have no code of this string yet.
  private func enter(_ text: Text, at code: Int) {
    let (block, place) = Self.place(of: code)
    let blocks = blocks ?? makeBlocks()
    if blocks[block] == nil {
      blocks[block] = .allocate(capacity: 1 << (block + Self.firstBlockBits))
    }
    blocks[block].unsafelyUnwrapped[place] = text
  }

  private func makeBlocks() -> UnsafeMutablePointer<Block?> {
    let made = UnsafeMutablePointer<Block?>.allocate(capacity: Self.blockCountMax)
    made.initialize(repeating: nil, count: Self.blockCountMax)
    blocks = made
    return made
  }

  private func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    if bytes.count > free.count {
      let size = max(bytes.count, Self.arenaByteCount)
      free = .allocate(byteCount: size, alignment: 8)
      arenas.append(free)
    }
    let target = UnsafeMutableRawBufferPointer(rebasing: free[..<bytes.count])
    target.copyMemory(from: bytes)
    free = UnsafeMutableRawBufferPointer(rebasing: free[bytes.count...])
    return UnsafeRawBufferPointer(target)
  }
}
