public import GraphModel
import LMDB

extension EventLog {
  /// A read transaction is over after this many records, or this long: one that lasts keeps
  /// the file from reusing pages.
  private static let sliceRecordCountMax = 65_536
  private static let sliceNanosecondsMax: Int64 = 500_000_000
  private static let recordsPerClockReading = 256

  /// The position of the last event; 0 in an empty log.
  public func lastPosition() throws(StoreError) -> EventPosition {
    EventPosition(UInt32(try head().count))
  }

  /// The number of the last commit, by whichever process.
  ///
  /// It is much sooner read than ``end()``: while it is the number of ``committedEnd()``, that is
  /// the end. It may be there before what was committed can be read, so that it must not be taken
  /// for the number of what is read after it.
  public var commitNumber: Int? { environment.lastCommit }

  /// The root of the Merkle tree over all events, which stands for the log's whole content.
  public func root() throws(StoreError) -> TreeHash { try head().root }

  /// The position of the last event, and the root over all up to it, of one commit.
  public func end() throws(StoreError) -> LogEnd { try committedEnd().end }

  /// ``end()``, and the number of the commit that it was read from.
  public func committedEnd() throws(StoreError) -> (end: LogEnd, commit: Int) {
    let (head, number) = try newestCommit()
    return (LogEnd(position: EventPosition(UInt32(head.count)), root: head.root), number)
  }

  /// Gives the records from `first` on to `body`, in order, and returns the last position read.
  ///
  /// At most `limit`, and none that is committed after the call. The records are valid while
  /// `body` runs. Each was checked against its checksum. Returns the position before `first`
  /// where there is none.
  /// - Throws: ``StoreError`` with ``StoreError/Reason/damaged(_:)`` for a damaged record, and
  ///   what `body` throws.
  @discardableResult
  public func read(
    from first: EventPosition = EventPosition(1),
    limit: Int = .max,
    body: (EventRecord) throws -> Void
  ) throws -> EventPosition {
    let start = max(1, UInt64(first.rawValue))
    let count = try head().count
    guard limit > 0, start <= count else { return EventPosition(UInt32(start - 1)) }
    let end = min(count, start - 1 + UInt64(limit))
    var next = start
    while next <= end {
      next = try readSlice(from: next, through: end) { bytes, position in
        try body(try record(bytes, at: position))
      }
    }
    return EventPosition(UInt32(end))
  }

  /// The positions up to `last` of the events whose type is wanted.
  ///
  /// Nothing but the types is looked at; no checksum is compared.
  public func positions(
    through last: EventPosition,
    whereType isWanted: (UnsafeRawBufferPointer) -> Bool
  ) throws -> [UInt32] {
    var positions: [UInt32] = []
    var next: UInt64 = 1
    while next <= UInt64(last.rawValue) {
      next = try readSlice(from: next, through: UInt64(last.rawValue)) { bytes, position in
        guard let type = EventRecord.type(inRecord: bytes) else {
          throw damaged("the record at position \(position) is cut off")
        }
        if isWanted(type) { positions.append(UInt32(position)) }
      }
    }
    return positions
  }

  /// Reads in one transaction, and returns the position to go on at.
  private func readSlice(
    from start: UInt64,
    through end: UInt64,
    _ body: (UnsafeRawBufferPointer, UInt64) throws -> Void
  ) throws -> UInt64 {
    let startTime = Timestamp.steadyNanoseconds()
    do {
      let transaction = try environment.beginReading()
      let cursor = try transaction.cursor(on: events)
      var entry = try cursor.seek(start)
      var next = start
      while true {
        guard let found = entry, found.integerKey == next else {
          throw damaged("no record at position \(next)")
        }
        try body(found.value, next)
        next += 1
        let count = Int(next - start)
        if next > end || count == Self.sliceRecordCountMax { return next }
        if count % Self.recordsPerClockReading == 0,
          Timestamp.steadyNanoseconds() - startTime > Self.sliceNanosecondsMax
        {
          return next
        }
        entry = try cursor.next()
      }
    } catch let error as LMDBError {
      throw storeError(error)
    }
  }

  /// Gives the records at some positions to `body`, in order.
  ///
  /// - Parameter positions: ascending, none past the end of the log.
  /// - Throws: as ``read(from:limit:body:)`` does.
  public func read(at positions: [UInt32], body: (EventRecord) throws -> Void) throws {
    var next = 0
    while next < positions.count { next = try readSlice(of: positions, from: next, body) }
  }

  /// Reads in one transaction, and returns the index of the position to go on at.
  private func readSlice(
    of positions: [UInt32],
    from start: Int,
    _ body: (EventRecord) throws -> Void
  ) throws -> Int {
    do {
      let transaction = try environment.beginReading()
      let cursor = try transaction.cursor(on: events)
      let end = min(positions.count, start + Self.sliceRecordCountMax)
      var previous: UInt32 = 0
      for index in start..<end {
        let position = positions[index]
        let isNext = index > start && position == previous + 1
        let entry = isNext ? try cursor.next() : try cursor.seek(UInt64(position))
        guard let found = entry, found.integerKey == UInt64(position) else {
          throw damaged("no record at position \(position)")
        }
        try body(try record(found.value, at: UInt64(position)))
        previous = position
      }
      return end
    } catch let error as LMDBError {
      throw storeError(error)
    }
  }

  func record(
    _ bytes: UnsafeRawBufferPointer,
    at position: UInt64
  ) throws(StoreError) -> EventRecord {
    do throws(RecordDamage) {
      return try EventRecord(bytes, at: EventPosition(UInt32(position)))
    } catch {
      throw damaged("the record at position \(position): \(error.message)")
    }
  }

  /// The event at a position, or `nil` where there is none.
  public func event(at position: EventPosition) throws(StoreError) -> Event? {
    let found = try reading { transaction throws(LMDBError) -> Result<Event, StoreError>? in
      let bytes = try transaction.value(for: UInt64(position.rawValue), in: events)
      return bytes.map { bytes in
        Result { () throws(StoreError) in
          Event(try record(bytes, at: UInt64(position.rawValue)))
        }
      }
    }
    return try found?.get()
  }

  /// The position of the event with that source and id, or `nil` where there is none.
  public func position(ofSource source: String, id: String) throws(StoreError) -> EventPosition? {
    let position = try position(of: Identity(EventName(source: source, id: id)))
    return position.map { EventPosition(UInt32(truncatingIfNeeded: $0)) }
  }

  /// The last position that the log had reached at a moment, in microseconds since
  /// 1970-01-01T00:00:00Z; 0 before the first event.
  public func position(at microseconds: Int64) throws(StoreError) -> EventPosition {
    let count = try head().count
    let position = try reading { transaction throws(LMDBError) in
      // Recorded times do not go back, so the events up to the moment are a prefix.
      var low: UInt64 = 0
      var high = count
      while low < high {
        let middle = (low + high + 1) / 2
        guard let bytes = try transaction.value(for: middle, in: events), bytes.count >= 24
        else { return low }
        let time = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: Int64.self))
        if time <= microseconds { low = middle } else { high = middle - 1 }
      }
      return low
    }
    return EventPosition(UInt32(position))
  }

  /// What the log is like now.
  public func info() throws(StoreError) -> LogInfo {
    let head = try head()
    return try reading { transaction throws(LMDBError) in
      let environment = try self.environment.info()
      let commitCount = try transaction.statistics(of: commits).entryCount
      let identityStatistics = try transaction.statistics(of: identities)
      return LogInfo(
        formatVersion: head.formatVersion,
        eventCount: Int(head.count),
        commitCount: commitCount,
        root: head.root,
        lastRecordedTime: head.count == 0 ? nil : head.recordedTime,
        recordByteCount: Int(head.recordByteCount),
        indexByteCount: environment.pageByteCount
          * (identityStatistics.leafPageCount + identityStatistics.branchPageCount),
        fileByteCount: environment.pageByteCount * environment.pageCount,
        mapByteCount: environment.mapByteCount,
        isUnlocked: self.environment.isUnlocked
      )
    }
  }

  /// Writes a copy of the log, without free pages, while others write.
  ///
  /// The file at `path` must not exist.
  public func copy(to path: String) throws(StoreError) {
    do throws(LMDBError) {
      try environment.copy(to: path)
    } catch {
      throw StoreError(error, path: path)
    }
  }
}

extension Identity {
  init(_ name: EventName) {
    self = Array(name.source.utf8).withUnsafeBytes { source in
      Array(name.id.utf8).withUnsafeBytes { Identity(source: source, id: $0) }
    }
  }
}

extension ReadTransaction {
  func position(of identity: Identity, in table: Table) throws(LMDBError) -> UInt64? {
    let bytes = try identity.withUnsafeBytes { key throws(LMDBError) in
      try value(for: key, in: table)
    }
    guard let bytes, bytes.count == 8 else { return nil }
    return UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
  }
}

/// A place in the log, and the root that stands for all events up to it.
///
/// Written down, it can be checked years later: see ``EventLog/verify(knownEnds:)``.
public struct LogEnd: Hashable, Sendable {
  public var position: EventPosition
  public var root: TreeHash

  public init(position: EventPosition, root: TreeHash) {
    self.position = position
    self.root = root
  }
}

/// What a log is like.
public struct LogInfo: Hashable, Sendable {
  public var formatVersion: UInt32
  public var eventCount: Int
  public var commitCount: Int
  public var root: TreeHash
  /// In microseconds since 1970-01-01T00:00:00Z; `nil` in an empty log.
  public var lastRecordedTime: Int64?
  /// Bytes of all records.
  public var recordByteCount: Int
  /// Bytes of the index that finds events by source and id.
  public var indexByteCount: Int
  /// Bytes of the log's file.
  public var fileByteCount: Int
  /// Address space reserved for the file, in bytes.
  public var mapByteCount: Int
  /// Whether the log is read without its lock, because nothing here can write to it.
  public var isUnlocked: Bool
}
