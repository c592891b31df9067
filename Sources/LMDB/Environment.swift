import CLMDB
import Glibc
import Synchronization

/// An open LMDB file.
///
/// One file is open once in a process; a second attempt is refused. Not to be used across
/// `fork`. Transactions keep their environment alive; it closes when the last reference goes.
public final class Environment: Sendable {
  /// How a file is opened.
  public struct Options: Sendable {
    public var isReadOnly = false
    /// Whether a file that is missing or empty becomes a new one.
    public var createsFile = false
    /// Address space to reserve, in bytes: the size that the file cannot outgrow while open.
    public var mapByteCount = 64 << 30
    public var tableCountMax = 8
    /// Read transactions at a time, in all processes.
    public var readerCountMax = 1024
    /// Whether to open a file on a network file system, at the risk of damage.
    public var allowsNetworkFileSystem = false

    public init() {}
  }

  /// The transactions of this process, which must be none while the map is exchanged.
  private struct Gate {
    var transactionCount = 0
    var isResizing = false
  }

  nonisolated(unsafe) let handle: OpaquePointer
  public let path: String
  public let isReadOnly: Bool
  /// Whether the file is read without its lock file, because nothing here can write to either.
  public let isUnlocked: Bool
  private let identity: FileIdentity
  private let gate = Mutex(Gate())

  /// Opens the file at `path`; its lock file has the same path with `-lock` behind it.
  ///
  /// - Throws: ``LMDBError/invalid``, ``LMDBError/truncated`` or ``LMDBError/empty`` for a file
  ///   that LMDB would trust and crash on; codes of LMDB and the system for all else.
  public init(path: String, options: Options = Options()) throws(LMDBError) {
    let creates = options.createsFile && !options.isReadOnly
    let descriptor = try OwnedDescriptor(
      path: path,
      flags: options.isReadOnly ? O_RDONLY : O_RDWR | (creates ? O_CREAT : 0),
      mode: 0o664
    )
    let status = try descriptor.status()
    if status.st_mode & S_IFMT == S_IFDIR { throw .isDirectory }
    if status.st_mode & S_IFMT != S_IFREG { throw .invalid }
    if !options.allowsNetworkFileSystem, try FileSystem.isNetwork(descriptor) {
      throw .networkFileSystem
    }
    let identity = FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    try OpenFiles.insert(identity)
    let opened: (handle: OpaquePointer, isUnlocked: Bool)
    do throws(LMDBError) {
      if status.st_size > 0 || !creates { try PageFile.check(descriptor) }
      if !options.isReadOnly { try Self.reserveLockFile(beside: path) }
      opened = try Self.open(path: path, descriptor, options: options)
    } catch {
      // The descriptor is still open, and keeps the inode.
      OpenFiles.remove(identity) {}
      throw error
    }
    handle = opened.handle
    isUnlocked = opened.isUnlocked
    isReadOnly = options.isReadOnly
    self.path = path
    self.identity = identity
    checkReaders()
  }

  deinit {
    OpenFiles.remove(identity) { mdb_env_close(handle) }
  }

  /// Gives the lock file its blocks before LMDB maps it: on a full disk, a write to a mapped
  /// hole would end the process.
  private static func reserveLockFile(beside path: String) throws(LMDBError) {
    let descriptor = try OwnedDescriptor(
      path: path + "-lock",
      flags: O_RDWR | O_CREAT,
      mode: 0o664
    )
    let byteCount = 80 << 10
    if try descriptor.status().st_size >= byteCount { return }
    let code = posix_fallocate(descriptor.rawValue, 0, byteCount)
    // File systems that cannot reserve blocks say EOPNOTSUPP or EINVAL, and lose nothing by it.
    if code == ENOSPC || code == EDQUOT || code == EFBIG || code == EIO {
      throw LMDBError(rawValue: code)
    }
  }

  private static func open(
    path: String,
    _ descriptor: borrowing OwnedDescriptor,
    options: Options
  ) throws(LMDBError) -> (handle: OpaquePointer, isUnlocked: Bool) {
    let mapByteCount = availableByteCount(upTo: options.mapByteCount, descriptor)
    var flags = UInt32(MDB_NOSUBDIR | MDB_NOTLS)
    if options.isReadOnly { flags |= UInt32(MDB_RDONLY) }
    for attempt in 1...attemptCountMax {
      do throws(LMDBError) {
        let handle = try open(path, flags: flags, mapByteCount: mapByteCount, options: options)
        let isUnlocked = flags & UInt32(MDB_NOLOCK) != 0
        if isUnlocked || knowsLastCommit(handle) { return (handle, isUnlocked) }
        mdb_env_close(handle)
        usleep(UInt32(attempt) * 1000)
      } catch {
        guard error.isReadOnly, options.isReadOnly, flags & UInt32(MDB_NOLOCK) == 0,
          access(path, W_OK) != 0, errno == EROFS || errno == EACCES
        else { throw error }
        flags |= UInt32(MDB_NOLOCK)
      }
    }
    throw .lockFileUnfinished
  }

  private static let attemptCountMax = 20

  /// How much of the address space the file can be given.
  ///
  /// Found out before LMDB asks for it: where it gets none, LMDB closes a lock file that it has
  /// only begun to fill in, and another process may already go by that.
  private static func availableByteCount(
    upTo wanted: Int,
    _ descriptor: borrowing OwnedDescriptor
  ) -> Int {
    var byteCount = wanted
    while byteCount > 1 << 30 {
      let place = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor.rawValue, 0)
      if let place, place != MAP_FAILED {
        munmap(place, byteCount)
        return byteCount
      }
      byteCount /= 2
    }
    return byteCount
  }

  /// Whether transactions begin at the file's last commit.
  ///
  /// They take its number from the lock file. The process that opens the file before all others
  /// puts it there, as the last it does; if it failed before that, and another has the file open
  /// since, they would take number 0 for the last, read the commit before it, and write over it.
  private static func knowsLastCommit(_ handle: OpaquePointer) -> Bool {
    var info = MDB_envinfo()
    guard mdb_env_info(handle, &info) == MDB_SUCCESS, info.me_last_txnid > 0 else { return true }
    var transaction: OpaquePointer?
    guard mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction) == MDB_SUCCESS else {
      return true
    }
    defer { mdb_txn_abort(transaction) }
    return mdb_txn_id(transaction) > 0
  }

  private static func open(
    _ path: String,
    flags: UInt32,
    mapByteCount: Int,
    options: Options
  ) throws(LMDBError) -> OpaquePointer {
    var created: OpaquePointer?
    try LMDBError.check(mdb_env_create(&created))
    guard let handle = created else { throw .panic }
    do throws(LMDBError) {
      try LMDBError.check(mdb_env_set_mapsize(handle, mapByteCount))
      try LMDBError.check(mdb_env_set_maxdbs(handle, UInt32(options.tableCountMax)))
      try LMDBError.check(mdb_env_set_maxreaders(handle, UInt32(options.readerCountMax)))
      try LMDBError.check(mdb_env_open(handle, path, flags, 0o664))
    } catch {
      mdb_env_close(handle)
      throw error
    }
    return handle
  }
}

extension Environment {
  /// Begins reading the file as of its last commit.
  ///
  /// It pins the pages of that commit: end it within seconds.
  public func beginReading() throws(LMDBError) -> ReadTransaction {
    ReadTransaction(handle: try begin(flags: UInt32(MDB_RDONLY)), environment: self)
  }

  /// Begins writing, after any other writer in any process has ended.
  ///
  /// It must end on the thread that began it; a thread that begins a second one waits for itself.
  @available(*, noasync, message: "a write transaction belongs to one thread")
  public func beginWriting() throws(LMDBError) -> WriteTransaction {
    WriteTransaction(handle: try begin(flags: 0), environment: self)
  }

  private func begin(flags: UInt32) throws(LMDBError) -> OpaquePointer {
    var attempts = 0
    while true {
      try enter()
      var transaction: OpaquePointer?
      let code = mdb_txn_begin(handle, nil, flags, &transaction)
      if code == MDB_SUCCESS, let transaction { return transaction }
      leave()
      attempts += 1
      guard attempts < 4 else { throw LMDBError(rawValue: code) }
      switch code {
      case MDB_MAP_RESIZED: try resizeMap(to: 0)
      case MDB_READERS_FULL where checkReaders() > 0: continue
      default: throw LMDBError(rawValue: code)
      }
    }
  }

  private func enter() throws(LMDBError) {
    try wait { gate in
      if gate.isResizing { return false }
      gate.transactionCount += 1
      return true
    }
  }

  func leave() {
    gate.withLock { $0.transactionCount -= 1 }
  }

  /// Reserves `byteCount` bytes of address space instead, or as many as the file says.
  ///
  /// Waits for the transactions of this process to end.
  /// - Throws: ``LMDBError/mapResized`` where they do not end within ten seconds.
  public func resizeMap(to byteCount: Int) throws(LMDBError) {
    try wait { gate in
      if gate.isResizing { return false }
      gate.isResizing = true
      return true
    }
    defer { gate.withLock { $0.isResizing = false } }
    try wait { $0.transactionCount == 0 }
    try LMDBError.check(mdb_env_set_mapsize(handle, byteCount))
  }

  private func wait(until condition: (inout Gate) -> Bool) throws(LMDBError) {
    for _ in 0..<10_000 {
      if gate.withLock({ condition(&$0) }) { return }
      usleep(1000)
    }
    throw .mapResized
  }
}

extension Environment {
  /// Frees the places of readers whose process died, and returns how many there were.
  @discardableResult
  public func checkReaders() -> Int {
    var count: Int32 = 0
    return mdb_reader_check(handle, &count) == MDB_SUCCESS ? Int(count) : 0
  }

  /// What the file is like now.
  public struct Info: Hashable, Sendable {
    public var pageByteCount: Int
    /// Pages that are in use or free for later use; the file is not larger than they are.
    public var pageCount: Int
    /// The address space that is reserved, in bytes; less than was asked for where the
    /// system refused that.
    public var mapByteCount: Int
    /// Places in the table of readers that were used at any time.
    public var readerCount: Int
    public var readerCountMax: Int
  }

  /// The number of the last commit, by whichever process; without a transaction.
  ///
  /// It is that of the newest meta page, which is mapped, so it is seen as soon as that page is
  /// written. Transactions that begin before the writer has synchronized it still read the
  /// commit before.
  public var lastCommit: Int? {
    var info = MDB_envinfo()
    return mdb_env_info(handle, &info) == MDB_SUCCESS ? Int(info.me_last_txnid) : nil
  }

  public func info() throws(LMDBError) -> Info {
    var info = MDB_envinfo()
    var statistics = MDB_stat()
    try LMDBError.check(mdb_env_info(handle, &info))
    try LMDBError.check(mdb_env_stat(handle, &statistics))
    return Info(
      pageByteCount: Int(statistics.ms_psize),
      pageCount: Int(info.me_last_pgno) + 1,
      mapByteCount: Int(info.me_mapsize),
      readerCount: Int(info.me_numreaders),
      readerCountMax: Int(info.me_maxreaders)
    )
  }

  /// Whether the disk has less room left than a commit may need.
  var hasFullDisk: Bool {
    var descriptor: Int32 = -1
    var status = statvfs()
    guard mdb_env_get_fd(handle, &descriptor) == MDB_SUCCESS, fstatvfs(descriptor, &status) == 0
    else { return false }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) < 1 << 20
  }

  /// Writes a copy without free pages to `path`, which must not exist, while others write.
  public func copy(to path: String) throws(LMDBError) {
    try enter()
    defer { leave() }
    try LMDBError.check(mdb_env_copy2(handle, path, UInt32(MDB_CP_COMPACT)))
  }

  /// Opens a table.
  ///
  /// Not while another call opens a table, nor on a thread that is writing.
  /// - Throws: ``LMDBError/notFound`` for a missing one unless it `creates`.
  public func table(
    named name: String,
    hasIntegerKeys: Bool = false,
    creates: Bool = false
  ) throws(LMDBError) -> Table {
    var identifier: MDB_dbi = 0
    var flags: UInt32 = hasIntegerKeys ? UInt32(MDB_INTEGERKEY) : 0
    if creates { flags |= UInt32(MDB_CREATE) }
    let transaction = try begin(flags: creates ? 0 : UInt32(MDB_RDONLY))
    defer { leave() }
    let code = mdb_dbi_open(transaction, name, flags, &identifier)
    guard code == MDB_SUCCESS else {
      mdb_txn_abort(transaction)
      throw LMDBError(rawValue: code)
    }
    // The table stays open only after a commit, also in a transaction that reads.
    try LMDBError.check(mdb_txn_commit(transaction))
    return Table(identifier: identifier)
  }
}

/// A table of an environment.
///
/// Only ``Environment/table(named:hasIntegerKeys:creates:)`` makes one: LMDB crashes when it is
/// given the identifier of a table that was not opened.
public struct Table: Sendable {
  let identifier: MDB_dbi
}
