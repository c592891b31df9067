import CLMDB
import Glibc
import Synchronization

/// What a file is, whatever path leads to it.
struct FileIdentity: Hashable {
  var device: UInt64
  var inode: UInt64
}

/// The LMDB files that this process has open.
///
/// LMDB must not open one file twice in a process: closing either drops the other's file
/// locks, and its readers become invisible to writers.
enum OpenFiles {
  private static let identities = Mutex<Set<FileIdentity>>([])

  static func insert(_ identity: FileIdentity) throws(LMDBError) {
    let isNew = identities.withLock { $0.insert(identity).inserted }
    if !isNew { throw .alreadyOpen }
  }

  /// Removes a file that `close` closes.
  ///
  /// Both are one step for others: a new file may get the inode of one that was deleted as soon
  /// as it is closed.
  static func remove(_ identity: FileIdentity, closing close: () -> Void) {
    identities.withLock { identities in
      close()
      identities.remove(identity)
    }
  }
}

/// A file descriptor that closes itself.
struct OwnedDescriptor: ~Copyable {
  let rawValue: Int32

  init(path: String, flags: Int32, mode: mode_t = 0) throws(LMDBError) {
    rawValue = open(path, flags | O_CLOEXEC, mode)
    if rawValue < 0 { throw .current }
  }

  deinit {
    close(rawValue)
  }

  func status() throws(LMDBError) -> stat {
    var status = stat()
    if fstat(rawValue, &status) != 0 { throw .current }
    return status
  }

  /// Reads as many bytes as there are, at most `buffer.count`, from `offset`.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(LMDBError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(
        rawValue,
        buffer.baseAddress.map { $0 + done },
        buffer.count - done,
        offset + done
      )
      if count < 0 {
        if errno == EINTR { continue }
        throw .current
      }
      if count == 0 { break }
      done += count
    }
    return done
  }
}

enum FileSystem {
  /// Magic numbers of file systems that other machines may write to.
  ///
  /// Source: statfs(2).
  private static let networkTypes: Set<UInt32> = [
    0x6969,  // NFS
    0x517B,  // SMB
    0xFF53_4D42,  // CIFS
    0xFE53_4D42,  // SMB 2
    0x0102_1997,  // 9P
    0x00C3_6400,  // Ceph
    0x5346_414F,  // AFS
    0x6B41_4653,  // kAFS
    0x7375_7245,  // Coda
    0x564C,  // NCP
    0x0BD0_0BD0,  // Lustre
    0x0116_1970,  // GFS2
    0x7461_636F,  // OCFS2
    0x4750_4653,  // GPFS
    0x1983_0326,  // BeeGFS
  ]

  static func isNetwork(_ descriptor: borrowing OwnedDescriptor) throws(LMDBError) -> Bool {
    var status = statfs()
    if fstatfs(descriptor.rawValue, &status) != 0 { throw .current }
    return networkTypes.contains(UInt32(truncatingIfNeeded: status.f_type))
  }
}
