/// The identities of the events behind some position of the log, in memory: of those that the
/// table of identities may lack.
///
/// A hash table over the identities, which are digests and so need no hashing themselves.
struct RecentIdentities {
  /// The events behind this position are here.
  private(set) var start: UInt64
  /// In the order of their positions, without gaps.
  private(set) var identities: [Identity] = []
  /// At an identity's place, or the next that was free: its low half, and the place in
  /// ``identities`` behind it, from 1; 0 where nothing is.
  private var slots: [UInt64] = []
  private var mask = 0

  private static let slotCountMin = 256

  init(start: UInt64) {
    self.start = start
  }

  /// The events up to this position are here.
  var end: UInt64 { start + UInt64(identities.count) }

  /// The position of an identity, or `nil` where it is not here.
  func position(of identity: Identity) -> UInt64? {
    if identities.isEmpty { return nil }
    var slot = identity.place & mask
    while slots[slot] != 0 {
      let found = Int(truncatingIfNeeded: slots[slot] & 0xFFFF_FFFF)
      if slots[slot] >> 32 == identity.tag, identities[found - 1] == identity {
        return start + UInt64(found)
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// Adds the identity of the event behind the last.
  ///
  /// Of two that are equal, which only a damaged log has, the first is found.
  mutating func append(_ identity: Identity) {
    if (identities.count + 1) * 2 > slots.count { grow() }
    identities.append(identity)
    insert(identity, number: identities.count)
  }

  /// Takes back all behind a position.
  mutating func removeAll(behind position: UInt64) {
    while end > position, let identity = identities.last {
      var slot = identity.place & mask
      // The last that came has displaced no other, so its slot can simply become free.
      while slots[slot] != 0, slots[slot] & 0xFFFF_FFFF != UInt64(identities.count) {
        slot = (slot + 1) & mask
      }
      slots[slot] = 0
      identities.removeLast()
    }
  }

  private mutating func insert(_ identity: Identity, number: Int) {
    var slot = identity.place & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = identity.tag << 32 | UInt64(number)
  }

  private mutating func grow() {
    let count = max(Self.slotCountMin, slots.count * 2)
    slots = [UInt64](repeating: 0, count: count)
    mask = count - 1
    for (index, identity) in identities.enumerated() { insert(identity, number: index + 1) }
  }
}
