import Foundation
import GraphModel
import LMDB
import Synchronization
import Testing

@testable import EventStorage

/// The table of identities lags behind the log, and nobody notices.
@Suite struct `The index of identities` {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    _ = try EventLog.create(at: directory.store)
  }

  private func open() throws -> EventLog { try EventLog.open(at: directory.store) }

  private func lines(_ numbers: some Sequence<Int>, type: String = "t") -> [String] {
    numbers.map { line("id-\($0)", type: type) }
  }

  /// Up to where it has all events, and how many entries it has.
  private func state(of log: EventLog) throws -> (indexed: Int, entries: Int) {
    let entries = try log.reading { transaction throws(LMDBError) in
      try transaction.statistics(of: log.identities).entryCount
    }
    return (Int(try log.head().indexedCount), entries)
  }

  /// Whether the log has events of ids 0, 1, 2, … at positions 1, 2, 3, … and no others.
  private func expectEvents(_ count: Int, in log: EventLog) throws {
    #expect(try log.allEvents().map(\.id) == (0..<count).map { "id-\($0)" })
    for number in [0, count / 2, count - 1] {
      let position = try log.position(ofSource: "tests", id: "id-\(number)")
      #expect(position == EventPosition(UInt32(number + 1)))
    }
    #expect(try log.position(ofSource: "tests", id: "id-\(count)") == nil)
    let report = try log.verify()
    #expect(report.isIntact, "\(report.problems)")
  }

  @Test func `lags, and each event is taken once and found`() throws {
    do {
      let log = try open()
      try log.append(lines(0..<300))
      #expect(try state(of: log) == (0, 0))
      #expect(try log.append(lines(200..<400)).presentCount == 100)
      try expectEvents(400, in: log)
    }
    let log = try open()
    #expect(try log.append(lines(0..<400)).presentCount == 400)
    #expect(try log.append(lines(399..<401, type: "u")).conflicts.map(\.index) == [0])
    try expectEvents(400, in: log)
    #expect(try state(of: log) == (0, 0))
  }

  @Test func `catches up when it lags too far`() throws {
    let log = try open()
    for start in stride(from: 0, to: 1000, by: 50) {
      try log.append(lines(start..<(start + 50)), lagMax: 120)
      let state = try state(of: log)
      #expect(state.indexed == state.entries)
      #expect(start + 50 - state.indexed <= 120)
      // The events before, some in the table and some not yet.
      #expect(try log.append(lines(0...start), lagMax: 120).presentCount == start + 1)
    }
    try log.settleIndex(lagMax: 0)
    #expect(try state(of: log) == (1000, 1000))
    try expectEvents(1000, in: log)
  }

  @Test func `is read again where its own process did not write the events`() throws {
    do { try open().append(lines(0..<500)) }
    do {
      let log = try open()
      #expect(try log.position(ofSource: "tests", id: "id-499") == EventPosition(500))
      try log.append(lines(450..<510), lagMax: 100)
      #expect(try state(of: log) == (510, 510))
    }
    try expectEvents(510, in: open())
  }

  @Test(arguments: [0, 200])
  func `is whole after a crash at any step of its catching up`(settled: Int) throws {
    do {
      let log = try open()
      if settled > 0 { try log.append(lines(0..<settled), lagMax: 0) }
      try log.append(lines(settled..<5000), lagMax: .max)
      #expect(try state(of: log) == (settled, settled))
    }
    var steps = 0
    var entered = 0
    while entered < 5000 - settled {
      do {
        // What the first steps do, and then the process is gone.
        let log = try open()
        var recent = RecentIdentities(start: 0)
        let transaction = try log.environment.beginWriting()
        let head = try log.head()
        try transaction.withReadingCursor(on: log.events) { cursor throws(LMDBError) in
          #expect(throws: Never.self) { try log.catchUp(&recent, with: head, cursor) }
        }
        let entries = IndexEntry.sorted(recent, behind: head.indexedCount)
        #expect(entries.count == 5000 - settled)
        entered = try log.enter(entries, from: entered, transaction, changedPageCountMax: 50)
        try transaction.commit()
      }
      steps += 1
      let log = try open()
      #expect(try state(of: log) == (settled, settled + entered))
      #expect(try log.append(lines(0..<5000), lagMax: .max).presentCount == 5000)
      try expectEvents(5000, in: log)
    }
    #expect(steps > 3)
    let log = try open()
    try log.append(lines(4990..<5001))
    try expectEvents(5001, in: log)
    #expect(try state(of: log) == (5001, 5001))
  }

  @Test func `that runs out of room half way goes on with more`() throws {
    let count = 5000
    let used: Int
    do {
      let log = try open()
      try log.append(lines(0..<count), lagMax: .max)
      used = try log.info().fileByteCount
    }
    var options = EventLog.Options()
    options.mapByteCount = used + 40 * 4096
    let log = try EventLog.open(at: directory.store, options: options)
    #expect(try log.append(lines(0..<1), lagMax: .max).presentCount == 1)
    func settle() -> StoreError? {
      log.appended.withLock { recent in
        do throws(StoreError) {
          try log.settle(&recent, lagMax: 0, changedPageCountMax: 40)
          return nil
        } catch {
          return error
        }
      }
    }
    let failure = settle()
    guard case .mapFull? = failure?.reason else {
      Issue.record("expected a full map, found \(String(describing: failure))")
      return
    }
    let half = try state(of: log)
    #expect(half.indexed == 0 && half.entries > 0 && half.entries < count, "\(half)")
    try expectEvents(count, in: log)
    #expect(settle() == nil)
    #expect(try state(of: log) == (count, count))
    try expectEvents(count, in: log)
  }

  @Test func `forgets what a refused batch would have been`() throws {
    let log = try open()
    try log.append(lines(0..<10))
    let atomic = AppendOptions(onConflict: .atomic)
    #expect(throws: AppendError.self) {
      try log.append(lines(10..<20) + lines([3], type: "u"), options: atomic)
    }
    #expect(try log.append(lines(10..<20)).appendedCount == 10)
    try expectEvents(20, in: log)
  }

  @Test func `is taken over from a store of format 1, which its programs read no more`() throws {
    do {
      let log = try open()
      try log.append(lines(0..<40), lagMax: 0)
      let head = try log.head().bytes
      var old = Array(head.dropLast(8))
      let checksum = old[8...].withUnsafeBytes { Checksum.of($0, seed: 0) }
      withUnsafeBytes(of: checksum.littleEndian) { old.replaceSubrange(0..<8, with: $0) }
      let transaction = try log.environment.beginWriting()
      try transaction.put(old, named: LogHead.key, in: log.meta)
      let header = FormatHeader(version: 1, readableFrom: 1)
      try transaction.put(header.bytes, named: FormatHeader.key, in: log.meta)
      try transaction.commit()
    }
    let log = try open()
    #expect(try log.info().formatVersion == 1)
    try expectEvents(40, in: log)
    #expect(try log.append(lines(0..<40)).presentCount == 40)
    #expect(try log.info().formatVersion == 1)
    #expect(try log.append(lines(35..<50)).presentCount == 5)
    #expect(try log.info().formatVersion == 2)
    try expectEvents(50, in: log)
    #expect(try state(of: log) == (40, 40))
    let header = try log.reading { transaction throws(LMDBError) in
      try transaction.value(named: FormatHeader.key, in: log.meta).flatMap(FormatHeader.init)
    }
    #expect(header?.version == 2 && header?.readableFrom == 2)
    // What format 1 asks of a head.
    #expect(try log.head().bytes.count % TreeHash.byteCount != 0)
  }

  /// Changes the table beneath the log's own interface, and verifies.
  private func tamper(_ id: String, _ position: UInt64?) throws -> [String] {
    let log = try open()
    let transaction = try log.environment.beginWriting()
    let identity = Identity(EventName(source: "tests", id: id))
    try identity.withUnsafeBytes { key in
      try withUnsafeBytes(of: position ?? 0) { value in
        try transaction.put(value, for: key, in: log.identities)
      }
    }
    try transaction.commit()
    return try log.verify().problems.map(\.description)
  }

  @Test func `that says something else of events behind its mark is found by verifying`() throws {
    try open().append(lines(0..<10), lagMax: 0)
    try open().append(lines(10..<20))
    #expect(try tamper("id-15", 16) == [])
    #expect(try tamper("other", 17) == ["position 17: the index has a damaged entry"])
    #expect(
      try tamper("id-15", 18) == [
        "position 16: the index of identities has position 18 for it",
        "position 17: the index has a damaged entry", "position 18: the index has a damaged entry",
      ]
    )
  }

  @Test func `that lacks events up to its mark is found by verifying`() throws {
    let log = try open()
    try log.append(lines(0..<10))
    var head = try log.head()
    head.indexedCount = 3
    let transaction = try log.environment.beginWriting()
    try transaction.put(head, in: log.meta)
    try transaction.commit()
    #expect(
      try log.verify().problems.map(\.description) == [
        "position 1: the index of identities lacks it",
        "position 2: the index of identities lacks it",
        "position 3: the index of identities lacks it", "the index has 0 entries for 3 events",
      ]
    )
  }
}

@Suite struct `Identities in memory` {
  private func identity(_ number: Int) -> Identity {
    Identity(EventName(source: "s", id: "\(number)"))
  }

  @Test func `are found at their positions, and not when they were taken back`() {
    var generator = SeededGenerator(seed: 3)
    var recent = RecentIdentities(start: 1000)
    var model: [Int] = []
    for round in 0..<300 {
      for _ in 0..<Int.random(in: 0..<20, using: &generator) {
        let number = round * 100 + model.count
        model.append(number)
        recent.append(identity(number))
      }
      if round % 3 == 0 {
        let kept = Int.random(in: 0...model.count, using: &generator)
        let gone = model[kept...]
        model.removeLast(model.count - kept)
        recent.removeAll(behind: 1000 + UInt64(kept))
        #expect(gone.allSatisfy { recent.position(of: identity($0)) == nil })
      }
      #expect(recent.end == 1000 + UInt64(model.count))
    }
    #expect(model.count > 100)
    for (index, number) in model.enumerated() {
      #expect(recent.position(of: identity(number)) == 1001 + UInt64(index))
    }
  }

  @Test(arguments: [1, 2, 7, 100, 5000])
  func `are sorted as the table sorts them`(count: Int) {
    var recent = RecentIdentities(start: 10)
    for number in 0..<count { recent.append(identity(number)) }
    let entries = IndexEntry.sorted(recent, behind: 10)
    let expected = recent.identities.enumerated().map {
      IndexEntry(identity: $1, position: UInt64($0) + 11)
    }.sorted { $0.identity < $1.identity }
    #expect(entries.map(\.position) == expected.map(\.position))
    #expect(entries.map(\.identity) == expected.map(\.identity))
  }
}
