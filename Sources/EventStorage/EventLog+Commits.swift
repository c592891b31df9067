public import GraphModel
import LMDB

extension EventLog {
  /// The root that the commit which ended at `position` left, or `nil` where no commit ended there.
  ///
  /// It is read, not computed: see ``root(at:)``.
  public func committedRoot(at position: EventPosition) throws(StoreError) -> TreeHash? {
    if position.rawValue == 0 { return MerkleTree.emptyRoot }
    return try reading { transaction throws(LMDBError) in
      let bytes = try transaction.value(for: UInt64(position.rawValue), in: commits)
      guard let bytes, bytes.count >= TreeHash.byteCount else { return nil }
      return TreeHash(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<TreeHash.byteCount]))
    }
  }
}
