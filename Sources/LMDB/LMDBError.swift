import CLMDB
import Glibc

/// A failure reported by LMDB, by the operating system beneath it, or by this module.
///
/// Codes are kept as they came, so that one which this file does not name still reaches the
/// user intact: LMDB's are -30799 to -30780, the system's are positive, and this module's own
/// are -20001 and below.
public struct LMDBError: Error, RawRepresentable, Hashable, Sendable {
  public let rawValue: Int32

  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }
}

// LMDB's codes.
extension LMDBError {
  /// The key is already present, or sorts before the last one where appending was asked for.
  public static let keyExists = Self(rawValue: MDB_KEYEXIST)
  public static let notFound = Self(rawValue: MDB_NOTFOUND)
  /// A page that another page refers to is not there.
  public static let pageNotFound = Self(rawValue: MDB_PAGE_NOTFOUND)
  public static let corrupted = Self(rawValue: MDB_CORRUPTED)
  /// A commit failed half way: what the file holds is known only after it is opened again.
  public static let panic = Self(rawValue: MDB_PANIC)
  /// The file was written by another version of LMDB.
  public static let versionMismatch = Self(rawValue: MDB_VERSION_MISMATCH)
  /// The file is not an LMDB file.
  public static let invalid = Self(rawValue: MDB_INVALID)
  /// The file has outgrown the address space that was reserved for it.
  public static let mapFull = Self(rawValue: MDB_MAP_FULL)
  /// More than `readerCountMax` transactions are reading, in all processes.
  public static let readersFull = Self(rawValue: MDB_READERS_FULL)
  public static let transactionFull = Self(rawValue: MDB_TXN_FULL)
  /// Another process made the file larger than this process's map, and transactions kept it
  /// from being mapped anew.
  public static let mapResized = Self(rawValue: MDB_MAP_RESIZED)
}

// The operating system's codes.
extension LMDBError {
  public static let noSuchFile = Self(rawValue: ENOENT)
  public static let ioError = Self(rawValue: EIO)
  public static let noSpace = Self(rawValue: ENOSPC)
  public static let quotaExceeded = Self(rawValue: EDQUOT)
  public static let fileTooLarge = Self(rawValue: EFBIG)
  public static let readOnlyFileSystem = Self(rawValue: EROFS)
  public static let permissionDenied = Self(rawValue: EACCES)
  public static let isDirectory = Self(rawValue: EISDIR)
}

// This module's codes.
extension LMDBError {
  /// This process has the file open already; LMDB allows that only once.
  public static let alreadyOpen = Self(rawValue: -20_001)
  /// The file is on a network file system, where locks and mapped memory are not reliable.
  public static let networkFileSystem = Self(rawValue: -20_002)
  /// The file ends before its last page.
  public static let truncated = Self(rawValue: -20_003)
  /// The file holds no byte.
  public static let empty = Self(rawValue: -20_004)
  /// Another process has the file open by a lock file that does not say which commit is the last.
  public static let lockFileUnfinished = Self(rawValue: -20_005)
}

extension LMDBError {
  /// Whether the file, or the file system below it, cannot be written to.
  public var isReadOnly: Bool { self == .readOnlyFileSystem || self == .permissionDenied }

  /// Whether there is no room left on the device, or none for this user or process.
  public var isOutOfSpace: Bool {
    self == .noSpace || self == .quotaExceeded || self == .fileTooLarge
  }

  /// Whether the file's content is not what LMDB would have written.
  public var isDamage: Bool {
    switch self {
    case .corrupted, .pageNotFound, .invalid, .truncated, .empty, .versionMismatch: true
    default: false
    }
  }

  /// The system's code, where it is one.
  public var systemCode: Int32? { rawValue > 0 ? rawValue : nil }
}

extension LMDBError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .alreadyOpen: "the file is already open in this process"
    case .networkFileSystem: "the file is on a network file system"
    case .truncated: "the file is shorter than its own record of its length"
    case .empty: "the file is empty"
    case .lockFileUnfinished: "the lock file does not say which commit is the last"
    case .invalid: "the file is not an LMDB file"
    default: String(cString: mdb_strerror(rawValue))
    }
  }
}

extension LMDBError {
  /// Throws unless `code` is `MDB_SUCCESS`.
  @inline(__always)
  static func check(_ code: Int32) throws(LMDBError) {
    if code != MDB_SUCCESS { throw LMDBError(rawValue: code) }
  }

  /// The error of the system call that just failed.
  static var current: LMDBError { LMDBError(rawValue: errno) }
}
