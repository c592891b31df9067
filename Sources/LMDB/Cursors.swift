import CLMDB

/// A place in a table, read in the order of its keys.
public struct Cursor: ~Copyable {
  /// A key and its value; the bytes are valid until the transaction ends.
  public struct Entry {
    public var key: UnsafeRawBufferPointer
    public var value: UnsafeRawBufferPointer

    /// The key of a table with integer keys, or `nil` where damage left another size.
    public var integerKey: UInt64? {
      key.count == 8 ? key.loadUnaligned(as: UInt64.self) : nil
    }
  }

  let handle: OpaquePointer

  deinit {
    mdb_cursor_close(handle)
  }

  public func first() throws(LMDBError) -> Entry? { try move(MDB_FIRST) }
  public func next() throws(LMDBError) -> Entry? { try move(MDB_NEXT) }
  public func last() throws(LMDBError) -> Entry? { try move(MDB_LAST) }
  public func previous() throws(LMDBError) -> Entry? { try move(MDB_PREV) }

  /// Moves to `key`, or to the first key after it.
  public func seek(_ key: UInt64) throws(LMDBError) -> Entry? {
    var key = key
    var value = MDB_val()
    var found = MDB_val()
    let code = withUnsafeMutableBytes(of: &key) { bytes in
      found = MDB_val(UnsafeRawBufferPointer(bytes))
      return mdb_cursor_get(handle, &found, &value, MDB_SET_RANGE)
    }
    if code == MDB_NOTFOUND { return nil }
    try LMDBError.check(code)
    return Entry(key: found.bytes, value: value.bytes)
  }

  /// Moves to `key`, or to the first key after it.
  public func seek(_ key: UnsafeRawBufferPointer) throws(LMDBError) -> Entry? {
    var found = MDB_val(key)
    var value = MDB_val()
    let code = mdb_cursor_get(handle, &found, &value, MDB_SET_RANGE)
    if code == MDB_NOTFOUND { return nil }
    try LMDBError.check(code)
    return Entry(key: found.bytes, value: value.bytes)
  }

  private func move(_ operation: MDB_cursor_op) throws(LMDBError) -> Entry? {
    var key = MDB_val()
    var value = MDB_val()
    let code = mdb_cursor_get(handle, &key, &value, operation)
    if code == MDB_NOTFOUND { return nil }
    try LMDBError.check(code)
    return Entry(key: key.bytes, value: value.bytes)
  }
}

/// A place in a table that is being written.
///
/// It remembers its page, so that entries written or looked up in the order of their keys do
/// not each search the tree from its root.
public struct WriteCursor: ~Copyable {
  let handle: OpaquePointer

  deinit {
    mdb_cursor_close(handle)
  }

  /// The value of `key`; its bytes are valid until the next change.
  public func value(
    for key: UnsafeRawBufferPointer
  ) throws(LMDBError) -> UnsafeRawBufferPointer? {
    var key = MDB_val(key)
    var value = MDB_val()
    let code = mdb_cursor_get(handle, &key, &value, MDB_SET_KEY)
    if code == MDB_NOTFOUND { return nil }
    try LMDBError.check(code)
    return value.bytes
  }

  /// Stores a new entry.
  ///
  /// - Throws: ``LMDBError/keyExists`` where there is one with that key.
  public func insert(
    _ value: UnsafeRawBufferPointer,
    for key: UnsafeRawBufferPointer
  ) throws(LMDBError) {
    var key = MDB_val(key)
    var value = MDB_val(value)
    try LMDBError.check(mdb_cursor_put(handle, &key, &value, UInt32(MDB_NOOVERWRITE)))
  }

  /// Stores a new entry behind all others, and fills pages to the brim.
  ///
  /// - Throws: ``LMDBError/keyExists`` where `key` is not greater than every other.
  public func append(
    _ value: UnsafeRawBufferPointer,
    for key: UnsafeRawBufferPointer
  ) throws(LMDBError) {
    var key = MDB_val(key)
    var value = MDB_val(value)
    try LMDBError.check(mdb_cursor_put(handle, &key, &value, UInt32(MDB_APPEND)))
  }

  /// Stores a new entry behind all others, and returns the room for its value.
  ///
  /// The room must be filled before the next change.
  /// - Throws: ``LMDBError/keyExists`` where `key` is not greater than every other.
  public func append(
    key: UInt64,
    byteCount: Int
  ) throws(LMDBError) -> UnsafeMutableRawBufferPointer {
    var key = key
    var value = MDB_val(mv_size: byteCount, mv_data: nil)
    let code = withUnsafeMutableBytes(of: &key) { bytes in
      var key = MDB_val(UnsafeRawBufferPointer(bytes))
      return mdb_cursor_put(handle, &key, &value, UInt32(MDB_APPEND | MDB_RESERVE))
    }
    try LMDBError.check(code)
    return UnsafeMutableRawBufferPointer(start: value.mv_data, count: byteCount)
  }
}
