/// XXH64, the checksum of records.
///
/// Source: Yann Collet, "xxHash fast digest algorithm", version 0.1.1.
enum Checksum {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    var hash: UInt64
    guard var next = bytes.baseAddress else { return finished(seed &+ prime5) }
    // How many bytes are left; the bounds are checked by it alone.
    var rest = bytes.count
    if rest >= 32 {
      var lane1 = seed &+ prime1 &+ prime2
      var lane2 = seed &+ prime2
      var lane3 = seed
      var lane4 = seed &- prime1
      while rest >= 32 {
        lane1 = round(lane1, word(next))
        lane2 = round(lane2, word(next + 8))
        lane3 = round(lane3, word(next + 16))
        lane4 = round(lane4, word(next + 24))
        next += 32
        rest &-= 32
      }
      hash = rotated(lane1, 1) &+ rotated(lane2, 7) &+ rotated(lane3, 12) &+ rotated(lane4, 18)
      hash = merged(hash, lane1)
      hash = merged(hash, lane2)
      hash = merged(hash, lane3)
      hash = merged(hash, lane4)
    } else {
      hash = seed &+ prime5
    }
    hash &+= UInt64(bytes.count)
    while rest >= 8 {
      hash = rotated(hash ^ round(0, word(next)), 27) &* prime1 &+ prime4
      next += 8
      rest &-= 8
    }
    if rest >= 4 {
      let half = UInt32(littleEndian: next.loadUnaligned(as: UInt32.self))
      hash = rotated(hash ^ UInt64(half) &* prime1, 23) &* prime2 &+ prime3
      next += 4
      rest &-= 4
    }
    while rest > 0 {
      hash = rotated(hash ^ UInt64(next.load(as: UInt8.self)) &* prime5, 11) &* prime1
      next += 1
      rest &-= 1
    }
    return finished(hash)
  }

  private static func finished(_ start: UInt64) -> UInt64 {
    var hash = start
    hash = (hash ^ hash >> 33) &* prime2
    hash = (hash ^ hash >> 29) &* prime3
    return hash ^ hash >> 32
  }

  @inline(__always)
  private static func word(_ bytes: UnsafeRawPointer) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
  }

  @inline(__always)
  private static func rotated(_ word: UInt64, _ count: UInt64) -> UInt64 {
    word &<< count | word &>> (64 &- count)
  }

  @inline(__always)
  private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    rotated(lane &+ input &* prime2, 31) &* prime1
  }

  @inline(__always)
  private static func merged(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
    (hash ^ round(0, lane)) &* prime1 &+ prime4
  }
}
