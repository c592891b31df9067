import CLMDB
import Glibc

/// The state of the file at one commit.
///
/// Bytes that it gives out are the file's own, mapped: they are valid until it ends, which it
/// does when it goes out of scope.
public struct ReadTransaction: ~Copyable {
  let handle: OpaquePointer
  let environment: Environment

  deinit {
    mdb_txn_abort(handle)
    environment.leave()
  }

  /// The number of the commit that is read.
  public var identifier: Int { Int(mdb_txn_id(handle)) }

  /// Opens a cursor, which must not be moved after the transaction has ended.
  public func cursor(on table: Table) throws(LMDBError) -> Cursor {
    var cursor: OpaquePointer?
    try LMDBError.check(mdb_cursor_open(handle, table.identifier, &cursor))
    guard let cursor else { throw .panic }
    return Cursor(handle: cursor)
  }

  public func value(
    for key: UnsafeRawBufferPointer,
    in table: Table
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    try Access.value(for: key, in: table, of: handle)
  }

  public func value(
    for key: UInt64,
    in table: Table
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    try Access.value(for: key, in: table, of: handle)
  }

  public func statistics(of table: Table) throws(LMDBError) -> TableStatistics {
    try Access.statistics(of: table, in: handle)
  }
}

/// The right to change the file, held by one thread until it commits or aborts.
///
/// It cannot be copied, and `commit()` consumes it: writing after a commit, or committing
/// twice, does not compile. One that goes out of scope without a commit is aborted.
public struct WriteTransaction: ~Copyable {
  let handle: OpaquePointer
  /// Unmanaged, because `discard` allows no reference; balanced by `deinit` and `commit()`.
  private let environment: Unmanaged<Environment>

  init(handle: OpaquePointer, environment: Environment) {
    self.handle = handle
    self.environment = .passRetained(environment)
  }

  deinit {
    mdb_txn_abort(handle)
    environment.takeRetainedValue().leave()
  }

  /// Makes the changes durable: when it returns, they survive a loss of power.
  public consuming func commit() throws(LMDBError) {
    // LMDB frees the handle whether or not the commit succeeds, so `deinit` must not run.
    let handle = self.handle
    let environment = self.environment
    discard self
    let code = mdb_txn_commit(handle)
    let owner = environment.takeRetainedValue()
    owner.leave()
    // A write that a full disk cut short is an I/O error to LMDB.
    if code == EIO, owner.hasFullDisk { throw .noSpace }
    try LMDBError.check(code)
  }

  public func value(
    for key: UnsafeRawBufferPointer,
    in table: Table
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    try Access.value(for: key, in: table, of: handle)
  }

  public func value(
    for key: UInt64,
    in table: Table
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    try Access.value(for: key, in: table, of: handle)
  }

  /// Stores `value` under `key`, in place of what is there.
  public func put(
    _ value: UnsafeRawBufferPointer,
    for key: UnsafeRawBufferPointer,
    in table: Table
  ) throws(LMDBError) {
    var key = MDB_val(key)
    var value = MDB_val(value)
    try LMDBError.check(mdb_put(handle, table.identifier, &key, &value, 0))
  }

  public func statistics(of table: Table) throws(LMDBError) -> TableStatistics {
    try Access.statistics(of: table, in: handle)
  }

  /// Runs `body` with a cursor that is closed when it returns.
  public func withCursor<Result>(
    on table: Table,
    _ body: (borrowing WriteCursor) throws(LMDBError) -> Result
  ) throws(LMDBError) -> Result {
    var opened: OpaquePointer?
    try LMDBError.check(mdb_cursor_open(handle, table.identifier, &opened))
    guard let opened else { throw .panic }
    let cursor = WriteCursor(handle: opened)
    return try body(cursor)
  }

  /// Runs `body` with a cursor that only reads, and is closed when it returns.
  public func withReadingCursor<Result>(
    on table: Table,
    _ body: (borrowing Cursor) throws(LMDBError) -> Result
  ) throws(LMDBError) -> Result {
    var opened: OpaquePointer?
    try LMDBError.check(mdb_cursor_open(handle, table.identifier, &opened))
    guard let opened else { throw .panic }
    let cursor = Cursor(handle: opened)
    return try body(cursor)
  }
}

/// How large a table is.
public struct TableStatistics: Hashable, Sendable {
  public var entryCount: Int
  public var depth: Int
  public var branchPageCount: Int
  public var leafPageCount: Int
  public var overflowPageCount: Int
}

/// What both kinds of transaction can do.
enum Access {
  static func value(
    for key: UnsafeRawBufferPointer,
    in table: Table,
    of transaction: OpaquePointer
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    var key = MDB_val(key)
    var value = MDB_val()
    let code = mdb_get(transaction, table.identifier, &key, &value)
    if code == MDB_NOTFOUND { return nil }
    try LMDBError.check(code)
    return value.bytes
  }

  static func value(
    for key: UInt64,
    in table: Table,
    of transaction: OpaquePointer
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    var key = key
    var value = MDB_val()
    let code = withUnsafeMutableBytes(of: &key) { bytes in
      var key = MDB_val(UnsafeRawBufferPointer(bytes))
      return mdb_get(transaction, table.identifier, &key, &value)
    }
    if code == MDB_NOTFOUND { return nil }
    try LMDBError.check(code)
    return value.bytes
  }

  static func statistics(
    of table: Table,
    in transaction: OpaquePointer
  ) throws(LMDBError) -> TableStatistics {
    var statistics = MDB_stat()
    try LMDBError.check(mdb_stat(transaction, table.identifier, &statistics))
    return TableStatistics(
      entryCount: Int(statistics.ms_entries),
      depth: Int(statistics.ms_depth),
      branchPageCount: Int(statistics.ms_branch_pages),
      leafPageCount: Int(statistics.ms_leaf_pages),
      overflowPageCount: Int(statistics.ms_overflow_pages)
    )
  }
}

extension MDB_val {
  init(_ bytes: UnsafeRawBufferPointer) {
    self.init(
      mv_size: bytes.count,
      mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress)
    )
  }

  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: mv_data, count: mv_size)
  }
}
