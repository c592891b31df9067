import GraphModel
import LMDB

/// The part of a batch that one transaction appends.
struct AppendInput {
  let entries: [EventBatch.Entry]
  /// The batch's bytes, which the entries refer to.
  let bytes: UnsafeRawBufferPointer
  let range: Range<Int>
  let options: AppendOptions

  func contentBytes(of index: Int) -> UnsafeRawBufferPointer {
    let entry = entries[index]
    return UnsafeRawBufferPointer(
      rebasing: bytes[entry.offset..<(entry.offset + entry.byteCount)]
    )
  }

  func content(of index: Int) -> EventContent {
    guard let content = EventContent(contentBytes(of: index)) else {
      preconditionFailure("a batch holds content that its own encoder did not write")
    }
    return content
  }

  func facts(of index: Int) -> EventComparison.Facts {
    let entry = entries[index]
    return EventComparison.Facts(
      eventTime: entry.eventTime,
      dataVersion: entry.dataVersion,
      certainty: entry.certainty
    )
  }

  /// An owned copy of an event of the batch.
  func event(of index: Int, position: UInt64, recordedTime: Int64) -> Event {
    let entry = entries[index]
    return Event(
      content(of: index),
      position: EventPosition(UInt32(position)),
      eventTime: entry.eventTime ?? recordedTime,
      recordedTime: recordedTime,
      dataVersion: entry.dataVersion,
      certainty: entry.certainty
    )
  }
}

/// One transaction that appends: finds what is known, decides about each event, writes.
struct Appending {
  private let log: EventLog
  private let input: AppendInput
  private(set) var head: LogHead
  private let recordedTime: Int64
  /// Positions that the table of identities has, or 0, by the event's index in the range; empty
  /// where it has none of them.
  private var indexed: [UInt64] = []
  /// The events that are new, by their index in the batch.
  private var newEvents: [Int] = []
  private var outcomes: [AppendResult.Outcome] = []
  private var conflicts: [EventConflict] = []
  private var comparison = EventComparison()

  init(log: EventLog, input: AppendInput, head: LogHead) {
    self.log = log
    self.input = input
    self.head = head
    recordedTime = max(input.options.recordedTime ?? Timestamp.now(), head.recordedTime)
    newEvents.reserveCapacity(input.range.count)
    outcomes.reserveCapacity(input.range.count)
  }

  var newCount: Int { newEvents.count }

  func checkExpectedPosition() throws(AppendFailure) {
    guard let expected = input.options.expectedPosition, UInt64(expected.rawValue) != head.count
    else { return }
    let actual = UInt32(head.count)
    throw .refused(.positionMoved(expected: expected.rawValue, actual: actual))
  }

  func checkAbsence(
    _ transaction: borrowing WriteTransaction,
    _ recent: RecentIdentities
  ) throws(AppendFailure) {
    guard let name = input.options.absentEvent else { return }
    let identity = Identity(name)
    var position = recent.position(of: identity)
    if position == nil {
      position = try AppendFailure.wrapping { () throws(LMDBError) in
        try transaction.withCursor(on: log.identities) { cursor throws(LMDBError) in
          try cursor.position(of: identity)
        }
      }
    }
    guard let position else { return }
    throw .refused(.eventPresent(name, position: UInt32(truncatingIfNeeded: position)))
  }

  /// Looks up every identity in the table, in their order, which keeps the lookups on the same
  /// pages.
  mutating func findIndexed(_ transaction: borrowing WriteTransaction) throws(LMDBError) {
    if head.indexedCount == 0 { return }
    let first = input.range.lowerBound
    let sorted = input.range.sorted { input.entries[$0].identity < input.entries[$1].identity }
    var found = [UInt64](repeating: 0, count: sorted.count)
    try transaction.withCursor(on: log.identities) { cursor throws(LMDBError) in
      for index in sorted {
        let position = try cursor.position(of: input.entries[index].identity)
        if let position { found[index - first] = position }
      }
    }
    indexed = found
  }

  /// Decides about every event, in the order of the batch; `recent` learns those that are new.
  mutating func decide(
    _ transaction: borrowing WriteTransaction,
    _ recent: inout RecentIdentities
  ) throws(AppendFailure) {
    var recordedTime = head.recordedTime
    for index in input.range {
      let identity = input.entries[index].identity
      var known = recent.position(of: identity)
      if known == nil, !indexed.isEmpty {
        let position = indexed[index - input.range.lowerBound]
        known = position == 0 ? nil : position
      }
      guard let position = known else {
        try assignPosition(to: index, after: &recordedTime)
        recent.append(identity)
        continue
      }
      let isSame =
        position > head.count
        ? compare(index, with: newEvents[Int(position - head.count) - 1], at: position)
        : try compare(index, withStored: position, transaction)
      if isSame {
        outcomes.append(.present(EventPosition(UInt32(truncatingIfNeeded: position))))
      } else if let conflict = conflicts.last, input.options.onConflict == .atomic {
        throw .refused(.conflict(conflict))
      } else if input.options.onConflict == .skip {
        outcomes.append(.conflicting)
      } else {
        outcomes.append(.conflicting)
        return
      }
    }
  }

  private mutating func assignPosition(
    to index: Int,
    after recordedTime: inout Int64
  ) throws(AppendFailure) {
    let position = head.count + UInt64(newCount) + 1
    guard position <= UInt64(UInt32.max) else {
      throw .refused(.store(StoreError(.positionsExhausted, path: log.filePath)))
    }
    if let restored = input.entries[index].restored {
      guard restored.position == position else {
        throw .refused(
          .restoreOutOfSequence(
            index: index,
            expected: UInt32(position),
            found: restored.position
          )
        )
      }
      guard restored.recordedTime >= recordedTime else {
        throw .refused(.restoreBackInTime(index: index))
      }
      recordedTime = restored.recordedTime
    }
    newEvents.append(index)
    outcomes.append(.appended(EventPosition(UInt32(position))))
  }

  /// Whether an event is the one at `position`; otherwise notes the conflict.
  private mutating func compare(
    _ index: Int,
    withStored position: UInt64,
    _ transaction: borrowing WriteTransaction
  ) throws(AppendFailure) -> Bool {
    let bytes = try AppendFailure.wrapping { () throws(LMDBError) in
      try transaction.value(for: position, in: log.events)
    }
    let record: EventRecord
    do throws(StoreError) {
      guard let bytes, position <= head.count else {
        throw log.damaged("the index refers to position \(position), which has no record")
      }
      record = try log.record(bytes, at: position)
    } catch {
      throw .refused(.store(error))
    }
    let facts = EventComparison.Facts(
      eventTime: record.eventTime,
      dataVersion: record.dataVersion,
      certainty: record.certainty
    )
    let isInPlace = input.entries[index].restored.map { $0.position == position } ?? true
    if isInPlace,
      comparison.isSame(input.content(of: index), input.facts(of: index), as: record.content, facts)
    {
      return true
    }
    conflicts.append(
      EventConflict(
        index: index,
        position: record.position,
        existing: Event(record),
        refused: input.event(of: index, position: 0, recordedTime: 0)
      )
    )
    return false
  }

  /// Whether an event is one earlier in the batch; otherwise notes the conflict.
  private mutating func compare(_ index: Int, with other: Int, at position: UInt64) -> Bool {
    let isSame = comparison.isSame(
      input.content(of: index),
      input.facts(of: index),
      as: input.content(of: other),
      input.facts(of: other)
    )
    if isSame, input.entries[index].restored == nil { return true }
    let isWritten = input.options.onConflict != .atomic
    conflicts.append(
      EventConflict(
        index: index,
        position: isWritten ? EventPosition(UInt32(position)) : nil,
        existing: input.event(
          of: other,
          position: isWritten ? position : 0,
          recordedTime: recordedTime
        ),
        refused: input.event(of: index, position: 0, recordedTime: 0)
      )
    )
    return false
  }

  /// Writes the new events; the log's new end is ``head``.
  mutating func write(_ transaction: borrowing WriteTransaction) throws(LMDBError) {
    var head = head
    let recordedTime = recordedTime
    try transaction.withCursor(on: log.events) { cursor throws(LMDBError) in
      for index in newEvents {
        let entry = input.entries[index]
        let content = input.contentBytes(of: index)
        let position = head.count + 1
        let room = try cursor.append(
          key: position,
          byteCount: EventRecord.headerByteCount + content.count
        )
        head.recordedTime = entry.restored?.recordedTime ?? recordedTime
        EventRecord.write(
          content,
          of: entry,
          recordedTime: head.recordedTime,
          at: EventPosition(UInt32(position)),
          into: room
        )
        head.tree.append(entry.leaf)
        head.recordByteCount += UInt64(room.count)
      }
    }
    head.root = head.tree.root
    self.head = head
  }

  /// What became of this part of the batch; its outcomes are those of the range only.
  var result: AppendResult {
    let end = LogEnd(position: EventPosition(UInt32(head.count)), root: head.root)
    var result = AppendResult(end: end)
    result.outcomes = outcomes
    result.appendedCount = newCount
    result.presentCount = outcomes.count - newCount - conflicts.count
    result.conflicts = conflicts
    return result
  }
}

extension WriteCursor {
  /// The position of an identity in the table of identities, or `nil` where it is not there.
  func position(of identity: Identity) throws(LMDBError) -> UInt64? {
    let bytes = try identity.withUnsafeBytes { key throws(LMDBError) in try value(for: key) }
    guard let bytes else { return nil }
    guard bytes.count == 8 else { throw .corrupted }
    return UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
  }
}

/// A value of the table of commits: see the tables of a store.
struct CommitRecord {
  static let byteCount = 40

  var root: TreeHash
  var recordedTime: Int64

  var bytes: [UInt8] {
    root.bytes + withUnsafeBytes(of: recordedTime.littleEndian) { Array($0) }
  }

  init(root: TreeHash, recordedTime: Int64) {
    self.root = root
    self.recordedTime = recordedTime
  }

  /// Returns `nil` unless there are 40 bytes.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Self.byteCount,
      let root = TreeHash(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<32]))
    else { return nil }
    self.root = root
    recordedTime = Int64(
      littleEndian: bytes.loadUnaligned(fromByteOffset: 32, as: Int64.self)
    )
  }
}
