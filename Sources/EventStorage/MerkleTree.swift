// The Merkle tree of RFC 9162, section 2.1, with SHA-256:
//
//   hash of no leaves        SHA-256()
//   hash of a leaf d         SHA-256(0x00 ‖ d)
//   hash of n > 1 leaves     SHA-256(0x01 ‖ hash of the first k ‖ hash of the rest),
//                            k the largest power of two smaller than n

/// The hash of all leaves so far, kept in as many hashes as the count has one bits.
public struct MerkleAccumulator: Hashable, Sendable {
  public private(set) var count: UInt64 = 0
  /// Roots of the complete subtrees, the largest first.
  private(set) var peaks: [TreeHash] = []

  public init() {}

  /// Returns `nil` unless there are as many peaks as that count needs.
  init?(count: UInt64, peaks: [TreeHash]) {
    guard peaks.count == count.nonzeroBitCount else { return nil }
    self.count = count
    self.peaks = peaks
  }

  /// Adds a leaf, given its hash.
  public mutating func append(_ leaf: TreeHash) {
    var hash = leaf
    var remaining = count
    while remaining & 1 == 1, let left = peaks.popLast() {
      hash = MerkleTree.hash(left, hash)
      remaining >>= 1
    }
    peaks.append(hash)
    count += 1
  }

  public var root: TreeHash {
    guard var hash = peaks.last else { return MerkleTree.emptyRoot }
    for peak in peaks.dropLast().reversed() { hash = MerkleTree.hash(peak, hash) }
    return hash
  }
}

/// Hashes and proofs of the tree.
public enum MerkleTree {
  public static let emptyRoot = TreeHash(hashing: UnsafeRawBufferPointer(start: nil, count: 0))

  static func hash(_ left: TreeHash, _ right: TreeHash) -> TreeHash {
    withUnsafeTemporaryAllocation(byteCount: 65, alignment: 1) { buffer in
      buffer[0] = 1
      left.withUnsafeBytes { buffer[1..<33].copyBytes(from: $0) }
      right.withUnsafeBytes { buffer[33..<65].copyBytes(from: $0) }
      return TreeHash(hashing: UnsafeRawBufferPointer(buffer))
    }
  }

  /// What stands before the bytes of a leaf where they are hashed.
  static let leafPrefix: UInt8 = 0

  /// The hash of a leaf that holds `bytes`.
  public static func leaf(_ bytes: UnsafeRawBufferPointer) -> TreeHash {
    withUnsafeBytes(of: leafPrefix) { TreeHash(hashing: $0, bytes) }
  }

  /// The largest power of two that is smaller than `count`, which is at least 2.
  private static func split(_ count: UInt64) -> UInt64 {
    1 << UInt64(63 - (count - 1).leadingZeroBitCount)
  }

  // MARK: Proofs

  /// The runs of leaves whose hashes prove that leaf `index` is among `count`, in the order of
  /// RFC 9162, section 2.1.3.1.
  static func inclusionRanges(of index: UInt64, in count: UInt64) -> [Range<UInt64>] {
    var ranges: [Range<UInt64>] = []
    var run = 0..<count
    while run.count > 1 {
      let middle = run.lowerBound + split(run.upperBound - run.lowerBound)
      if index < middle {
        ranges.append(middle..<run.upperBound)
        run = run.lowerBound..<middle
      } else {
        ranges.append(run.lowerBound..<middle)
        run = middle..<run.upperBound
      }
    }
    return ranges.reversed()
  }

  /// The runs of leaves whose hashes prove that the tree of `count` leaves extends that of its
  /// first `earlier`, in the order of RFC 9162, section 2.1.4.1.
  static func consistencyRanges(from earlier: UInt64, to count: UInt64) -> [Range<UInt64>] {
    guard earlier > 0, earlier < count else { return [] }
    var ranges: [Range<UInt64>] = []
    var run = 0..<count
    while run.upperBound != earlier {
      let middle = run.lowerBound + split(run.upperBound - run.lowerBound)
      if earlier <= middle {
        ranges.append(middle..<run.upperBound)
        run = run.lowerBound..<middle
      } else {
        ranges.append(run.lowerBound..<middle)
        run = middle..<run.upperBound
      }
    }
    // The verifier knows this run's hash where it is the whole of the earlier tree.
    if run.lowerBound != 0 { ranges.append(run) }
    return ranges.reversed()
  }

  /// Whether `proof` shows that `leaf` is leaf `index` of the `count` below `root`.
  ///
  /// Source: RFC 9162, section 2.1.3.2.
  public static func verifyInclusion(
    of leaf: TreeHash,
    at index: UInt64,
    in count: UInt64,
    root: TreeHash,
    proof: [TreeHash]
  ) -> Bool {
    guard index < count else { return false }
    var node = index
    var last = count - 1
    var hash = leaf
    for other in proof {
      if last == 0 { return false }
      if node & 1 == 1 || node == last {
        hash = Self.hash(other, hash)
        while node & 1 == 0, node != 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        hash = Self.hash(hash, other)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 && hash == root
  }

  /// Whether `proof` shows that the `count` leaves below `root` begin with the `earlier` ones
  /// below `earlierRoot`.
  ///
  /// Source: RFC 9162, section 2.1.4.2.
  public static func verifyConsistency(
    from earlier: UInt64,
    root earlierRoot: TreeHash,
    to count: UInt64,
    root: TreeHash,
    proof: [TreeHash]
  ) -> Bool {
    if earlier == count { return proof.isEmpty && earlierRoot == root }
    if earlier == 0 { return proof.isEmpty && earlierRoot == emptyRoot }
    guard earlier < count else { return false }
    var path = proof[...]
    if earlier & (earlier - 1) == 0 { path = [earlierRoot] + path }
    guard let first = path.popFirst() else { return false }
    var node = earlier - 1
    var last = count - 1
    while node & 1 == 1 {
      node >>= 1
      last >>= 1
    }
    var earlierHash = first
    var hash = first
    for other in path {
      if last == 0 { return false }
      if node & 1 == 1 || node == last {
        earlierHash = Self.hash(other, earlierHash)
        hash = Self.hash(other, hash)
        while node & 1 == 0, node != 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        hash = Self.hash(hash, other)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 && earlierHash == earlierRoot && hash == root
  }
}
