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
  private struct Known: Comparable {
    var identity: Identity
    var index: Int

    static func < (left: Self, right: Self) -> Bool {
      left.identity != right.identity
        ? left.identity < right.identity : left.index < right.index
    }
  }

  /// What the log or the batch has already under an event's identity.
  private enum Earlier {
    case none
    case inLog(UInt64)
    case inBatch(Int)
  }

  private let log: EventLog
  private let input: AppendInput
  private(set) var head: LogHead
  private let recordedTime: Int64
  /// The events in the order of their identities.
  private var sorted: [Known] = []
  /// By the event's index in the range.
  private var earlier: [Earlier]
  /// Positions of new events, or 0, by the index in the range.
  private var newPositions: [UInt64]
  private var outcomes: [AppendResult.Outcome] = []
  private var conflicts: [EventConflict] = []
  private(set) var newCount = 0
  private let comparison = EventComparison()

  init(log: EventLog, input: AppendInput, head: LogHead) {
    self.log = log
    self.input = input
    self.head = head
    recordedTime = max(input.options.recordedTime ?? Timestamp.now(), head.recordedTime)
    earlier = Array(repeating: .none, count: input.range.count)
    newPositions = Array(repeating: 0, count: input.range.count)
  }

  func checkExpectedPosition() throws(AppendFailure) {
    guard let expected = input.options.expectedPosition, UInt64(expected.rawValue) != head.count
    else { return }
    let actual = UInt32(head.count)
    throw .refused(.positionMoved(expected: expected.rawValue, actual: actual))
  }

  func checkAbsence(_ transaction: borrowing WriteTransaction) throws(AppendFailure) {
    guard let name = input.options.absentEvent else { return }
    let identity = Identity(name)
    let position = try AppendFailure.wrapping { () throws(LMDBError) in
      try transaction.withCursor(on: log.identities) { cursor throws(LMDBError) in
        try identity.withUnsafeBytes { key throws(LMDBError) in
          try cursor.value(for: key).map { $0.loadUnaligned(as: UInt64.self) }
        }
      }
    }
    guard let position else { return }
    let found = UInt32(truncatingIfNeeded: UInt64(littleEndian: position))
    throw .refused(.eventPresent(name, position: found))
  }

  /// Looks up every identity, in their order, which keeps the lookups on the same pages.
  mutating func findKnown(_ transaction: borrowing WriteTransaction) throws(LMDBError) {
    sorted = input.range.map { Known(identity: input.entries[$0].identity, index: $0) }
    sorted.sort()
    let first = input.range.lowerBound
    try transaction.withCursor(on: log.identities) { cursor throws(LMDBError) in
      var previous: Known?
      for known in sorted {
        if let previous, previous.identity == known.identity {
          if case .none = earlier[previous.index - first] {
            earlier[known.index - first] = .inBatch(previous.index)
          } else {
            earlier[known.index - first] = earlier[previous.index - first]
          }
          continue
        }
        let bytes = try known.identity.withUnsafeBytes { key throws(LMDBError) in
          try cursor.value(for: key)
        }
        if let bytes {
          guard bytes.count == 8 else { throw LMDBError.corrupted }
          let position = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
          earlier[known.index - first] = .inLog(position)
        }
        previous = known
      }
    }
  }

  /// Decides about every event, in the order of the batch.
  mutating func decide(_ transaction: borrowing WriteTransaction) throws(AppendFailure) {
    var recordedTime = head.recordedTime
    for index in input.range {
      let isSame: Bool
      let outcome: AppendResult.Outcome
      switch earlier[index - input.range.lowerBound] {
      case .none:
        try assignPosition(to: index, after: &recordedTime)
        continue
      case .inLog(let position):
        isSame = try compare(index, withStored: position, transaction)
        outcome = .present(EventPosition(UInt32(truncatingIfNeeded: position)))
      case .inBatch(let other):
        isSame = compare(index, with: other)
        let position = newPositions[other - input.range.lowerBound]
        outcome = .present(EventPosition(UInt32(position)))
      }
      if isSame {
        outcomes.append(outcome)
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
    newPositions[index - input.range.lowerBound] = position
    newCount += 1
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
  private mutating func compare(_ index: Int, with other: Int) -> Bool {
    let isSame = comparison.isSame(
      input.content(of: index),
      input.facts(of: index),
      as: input.content(of: other),
      input.facts(of: other)
    )
    if isSame, input.entries[index].restored == nil { return true }
    let position = newPositions[other - input.range.lowerBound]
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

  /// Writes the new events and their identities; the log's new end is ``head``.
  mutating func write(_ transaction: borrowing WriteTransaction) throws(LMDBError) {
    let first = input.range.lowerBound
    var head = head
    let recordedTime = recordedTime
    try transaction.withCursor(on: log.events) { cursor throws(LMDBError) in
      for index in input.range {
        let position = newPositions[index - first]
        if position == 0 { continue }
        let entry = input.entries[index]
        let content = input.contentBytes(of: index)
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
    try transaction.withCursor(on: log.identities) { cursor throws(LMDBError) in
      for known in sorted {
        let position = newPositions[known.index - first]
        if position == 0 { continue }
        try known.identity.withUnsafeBytes { key throws(LMDBError) in
          var value = position.littleEndian
          let done = withUnsafeBytes(of: &value) { bytes in
            Result { () throws(LMDBError) in try cursor.insert(bytes, for: key) }
          }
          try done.get()
        }
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
