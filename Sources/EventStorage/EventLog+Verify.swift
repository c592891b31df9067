public import GraphModel
import LMDB

/// What re-reading a whole log found.
public struct VerificationReport: Hashable, Sendable {
  /// Something that is not as it was written.
  public struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// The position that it is about, or `nil` where it is about no single one.
    public var position: EventPosition?
    public var message: String

    public var description: String {
      position.map { "position \($0.rawValue): \(message)" } ?? message
    }
  }

  public static let problemCountMax = 100

  /// The end of the log that was verified.
  public var end: LogEnd
  /// Records that were read.
  public var recordCount = 0
  /// The first problems, at most 100, in the order found.
  public var problems: [Problem] = []
  /// All problems.
  public var problemCount = 0

  public var isIntact: Bool { problemCount == 0 }

  /// The first position with a problem.
  public var firstBadPosition: EventPosition? { problems.compactMap(\.position).min() }

  mutating func note(_ message: String, at position: UInt64? = nil) {
    problemCount += 1
    if problems.count < Self.problemCountMax {
      let position = position.map { EventPosition(UInt32(truncatingIfNeeded: $0)) }
      problems.append(Problem(position: position, message: message))
    }
  }
}

extension EventLog {
  /// Re-reads the whole log: pages, checksums, positions, the index of identities, the root of
  /// every commit.
  ///
  /// Writing may go on; what is verified is the log as of the call. Pages are checked before
  /// LMDB follows them, so damage does not end the process unless it happens meanwhile.
  /// That the log still has the roots of `knownEnds`, written down earlier, proves that it
  /// extends what was there then.
  public func verify(knownEnds: [LogEnd] = []) throws(StoreError) -> VerificationReport {
    let head = try head()
    let end = LogEnd(position: EventPosition(UInt32(head.count)), root: head.root)
    var report = VerificationReport(end: end)
    for page in try damagedPages() {
      report.note("page \(page.pageNumber) of the file \(page.problem)")
    }
    guard report.isIntact else { return report }
    var verification = Verification(log: self, head: head, knownEnds: knownEnds, report: report)
    return try verification.run()
  }

  private func damagedPages() throws(StoreError) -> [PageDamage] {
    for _ in 0..<100 {
      let found = try reading { transaction throws(LMDBError) in
        try transaction.damagedPages()
      }
      if let found { return found }
    }
    throw storeError(.mapResized)
  }

  /// The root over all events up to `position`, computed from their records.
  ///
  /// - Returns: `nil` where the log does not reach that position.
  public func root(at position: EventPosition) throws -> TreeHash? {
    let count = try head().count
    if UInt64(position.rawValue) > count { return nil }
    if position.rawValue == 0 { return MerkleTree.emptyRoot }
    let stored = try reading { transaction throws(LMDBError) in
      try transaction.value(for: UInt64(position.rawValue), in: commits)
        .flatMap(CommitRecord.init)
    }
    if let stored { return stored.root }
    var tree = MerkleAccumulator()
    try read(limit: Int(position.rawValue)) { tree.append($0.content.leaf) }
    return tree.root
  }

  /// The hashes that prove that the event at `position` is in the log up to `end`; see
  /// ``MerkleTree/verifyInclusion(of:at:in:root:proof:)``, where the first event has index 0.
  ///
  /// - Returns: `nil` where the log does not reach `end`, or `end` not `position`.
  public func inclusionProof(
    of position: EventPosition,
    in end: EventPosition
  ) throws -> [TreeHash]? {
    guard position.rawValue >= 1, position <= end, UInt64(end.rawValue) <= (try head().count)
    else { return nil }
    let ranges = MerkleTree.inclusionRanges(
      of: UInt64(position.rawValue) - 1,
      in: UInt64(end.rawValue)
    )
    return try hashes(of: ranges)
  }

  /// The hashes that prove that the log up to `end` begins with the log up to `earlier`; see
  /// ``MerkleTree/verifyConsistency(from:root:to:root:proof:)``.
  ///
  /// - Returns: `nil` where the log does not reach `end`, or `end` not `earlier`.
  public func consistencyProof(
    from earlier: EventPosition,
    to end: EventPosition
  ) throws -> [TreeHash]? {
    guard earlier <= end, UInt64(end.rawValue) <= (try head().count) else { return nil }
    let ranges = MerkleTree.consistencyRanges(
      from: UInt64(earlier.rawValue),
      to: UInt64(end.rawValue)
    )
    return try hashes(of: ranges)
  }

  /// The hash of each run of leaves, numbered from 0.
  private func hashes(of ranges: [Range<UInt64>]) throws -> [TreeHash] {
    try ranges.map { range in
      var tree = MerkleAccumulator()
      try read(from: EventPosition(UInt32(range.lowerBound + 1)), limit: range.count) {
        tree.append($0.content.leaf)
      }
      return tree.root
    }
  }
}

/// One reading of a whole log, in slices.
private struct Verification {
  private static let sliceRecordCount: UInt64 = 20_000

  let log: EventLog
  let head: LogHead
  var report: VerificationReport
  private var tree = MerkleAccumulator()
  /// Whether every record so far could be read, without which no root can be computed.
  private var isComplete = true
  private let knownEnds: [UInt64: TreeHash]
  /// The events that the table of identities may lack.
  private var recent: RecentIdentities

  init(log: EventLog, head: LogHead, knownEnds: [LogEnd], report: VerificationReport) {
    self.log = log
    self.head = head
    self.report = report
    recent = RecentIdentities(start: head.indexedCount)
    var byPosition: [UInt64: TreeHash] = [:]
    for end in knownEnds {
      let position = UInt64(end.position.rawValue)
      if position > head.count {
        self.report.note("the log ends before position \(position), whose root is known")
      } else if let other = byPosition.updateValue(end.root, forKey: position), other != end.root {
        self.report.note("two different roots are given", at: position)
      }
    }
    self.knownEnds = byPosition
  }

  mutating func run() throws(StoreError) -> VerificationReport {
    checkKnownEnd(0)
    var next: UInt64 = 1
    while next <= head.count {
      let last = min(head.count, next - 1 + Self.sliceRecordCount)
      do throws(LMDBError) {
        let transaction = try log.environment.beginReading()
        try verifyRecords(next...last, transaction)
      } catch {
        guard error.isDamage else { throw log.storeError(error) }
        report.note("LMDB: \(error)", at: next)
        isComplete = false
      }
      next = last + 1
    }
    try verifyEnd()
    return report
  }

  private mutating func verifyRecords(
    _ positions: ClosedRange<UInt64>,
    _ transaction: borrowing ReadTransaction
  ) throws(LMDBError) {
    let cursor = try transaction.cursor(on: log.events)
    let commits = try transaction.cursor(on: log.commits)
    var entry = try cursor.seek(positions.lowerBound)
    var commit = try commits.seek(positions.lowerBound)
    for position in positions {
      while let found = entry?.integerKey, found < position { entry = try cursor.next() }
      if let found = entry, found.integerKey == position {
        try verifyRecord(found.value, at: position, transaction)
        entry = try cursor.next()
      } else {
        report.note("there is no record", at: position)
        isComplete = false
      }
      if let found = commit, found.integerKey == position {
        verifyCommit(found.value, at: position)
        commit = try commits.next()
      }
      checkKnownEnd(position)
    }
  }

  private mutating func verifyRecord(
    _ bytes: UnsafeRawBufferPointer,
    at position: UInt64,
    _ transaction: borrowing ReadTransaction
  ) throws(LMDBError) {
    report.recordCount += 1
    let record: EventRecord
    do throws(RecordDamage) {
      record = try EventRecord(bytes, at: EventPosition(UInt32(position)))
    } catch {
      report.note("the record is damaged: \(error.message)", at: position)
      isComplete = false
      return
    }
    if isComplete { tree.append(record.content.leaf) }
    let identity = Identity(source: record.source, id: record.id)
    let indexed = try transaction.position(of: identity, in: log.identities)
    if let indexed, indexed != position {
      report.note("the index of identities has position \(indexed) for it", at: position)
    }
    if position <= head.indexedCount {
      if indexed == nil { report.note("the index of identities lacks it", at: position) }
    } else {
      if let other = recent.position(of: identity) {
        report.note("it has the source and id of position \(other)", at: position)
      }
      recent.append(identity)
    }
  }

  private mutating func verifyCommit(_ bytes: UnsafeRawBufferPointer, at position: UInt64) {
    guard let commit = CommitRecord(bytes) else {
      report.note("the record of its commit is damaged", at: position)
      return
    }
    if isComplete, commit.root != tree.root {
      report.note("the root of its commit is not that of the events up to it", at: position)
    }
  }

  private mutating func checkKnownEnd(_ position: UInt64) {
    guard isComplete, let known = knownEnds[position] else { return }
    let root = tree.root
    if known != root { report.note("its root is \(root), not \(known)", at: position) }
  }

  /// Checks what is about the log as a whole.
  private mutating func verifyEnd() throws(StoreError) {
    if isComplete, tree.root != head.root || tree != head.tree {
      report.note("the root of the log is not that of its events")
    }
    try verifyIndex()
  }

  /// Checks that the table of identities has all that it should, and nothing else.
  private mutating func verifyIndex() throws(StoreError) {
    let head = head
    let log = log
    let recent = recent
    let isComplete = isComplete
    let found = try log.reading { transaction throws(LMDBError) in
      let cursor = try transaction.cursor(on: log.identities)
      var strays: [UInt64] = []
      var count: UInt64 = 0
      var entry = try cursor.first()
      while let found = entry {
        let value = found.value
        let position =
          value.count == 8 ? UInt64(littleEndian: value.loadUnaligned(as: UInt64.self)) : 0
        let identity = Identity(bytes: found.key)
        if position == 0 || identity == nil { strays.append(position) }
        if position <= head.indexedCount {
          count += 1
        } else if position <= head.count, isComplete, let identity,
          recent.position(of: identity) != position
        {
          strays.append(position)
        }
        // What is behind the end is of events that were appended meanwhile.
        entry = try cursor.next()
      }
      return (strays: strays, count: count)
    }
    for position in found.strays.sorted() {
      report.note("the index has a damaged entry", at: position)
    }
    if found.count != head.indexedCount {
      report.note("the index has \(found.count) entries for \(head.indexedCount) events")
    }
  }
}
