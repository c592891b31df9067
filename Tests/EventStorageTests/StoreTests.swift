import Foundation
import GraphModel
import LMDB
import Testing

@testable import EventStorage

@Suite struct `Opening a store` {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func reason(_ body: () throws(StoreError) -> EventLog) -> StoreError.Reason? {
    do throws(StoreError) {
      _ = try body()
      return nil
    } catch {
      #expect(!error.description.isEmpty)
      return error.reason
    }
  }

  private func open() -> StoreError.Reason? {
    reason { () throws(StoreError) in try EventLog.open(at: directory.store) }
  }

  private func create() -> StoreError.Reason? {
    reason { () throws(StoreError) in try EventLog.create(at: directory.store) }
  }

  private func makeStore(eventCount: Int = 500) throws {
    let log = try EventLog.create(at: directory.store)
    for start in stride(from: 0, to: eventCount, by: 100) {
      try log.append((start..<(start + 100)).map { line("\($0)", data: #"{"n":\#($0)}"#) })
    }
  }

  @Test func `needs one`() throws {
    #expect(open() == .missing)
    try directory.write([1], to: directory.path + "/file")
    #expect(
      reason { () throws(StoreError) in try EventLog.open(at: directory.path + "/file") }
        == .notAStore("it is a file, not a directory")
    )
    #expect(
      reason { () throws(StoreError) in try EventLog.open(at: directory.path + "/file/store") }
        == .notAStore("a part of its path is a file")
    )
    #expect(
      reason { () throws(StoreError) in try EventLog.open(at: directory.path) }
        == .notAStore(#"it has no file "log.mdb""#)
    )
  }

  @Test func `says what to do`() throws {
    let error = #expect(throws: StoreError.self) { _ = try EventLog.open(at: "/nowhere/s") }
    #expect(
      error?.description == #""/nowhere/s" does not exist; create a store with "rapport init""#
    )
  }

  @Test func `once in a process`() throws {
    let log = try EventLog.create(at: directory.store)
    #expect(open() == .alreadyOpen)
    #expect(create() == .alreadyOpen)
    withExtendedLifetime(log) {}
  }

  @Test func `keeps what is there`() throws {
    try makeStore()
    let end = try EventLog.open(at: directory.store).end()
    #expect(create() == .alreadyExists)
    #expect(end.position == EventPosition(500))
    #expect(try EventLog.open(at: directory.store).end() == end)
  }

  @Test func `does not make one among other files, nor in a missing directory`() throws {
    try FileManager.default.createDirectory(
      atPath: directory.store,
      withIntermediateDirectories: false
    )
    try directory.write([1], to: directory.store + "/other")
    #expect(create() == .notAStore("it is a directory with other files in it"))
    let error = #expect(throws: StoreError.self) {
      _ = try EventLog.create(at: directory.path + "/a/b")
    }
    #expect(error?.reason == .missing)
    #expect(error?.path == directory.path + "/a")
  }

  @Test func `completes one whose creation was interrupted`() throws {
    try FileManager.default.createDirectory(
      atPath: directory.store,
      withIntermediateDirectories: false
    )
    #expect(create() == nil)
    try FileManager.default.removeItem(atPath: directory.store)
    try FileManager.default.createDirectory(
      atPath: directory.store,
      withIntermediateDirectories: false
    )
    try directory.write([], to: directory.logFile)
    #expect(open() == .damaged("the file is empty"))
    #expect(create() == nil)
    #expect(open() == nil)
  }

  @Test func `refuses a log that is none`() throws {
    try makeStore()
    let bytes = try directory.read(directory.logFile)
    try directory.write([UInt8](repeating: 0x5A, count: 50_000), to: directory.logFile)
    #expect(open() == .damaged("the file is not an LMDB file"))
    try directory.write(Array("{}".utf8), to: directory.logFile)
    #expect(open() == .damaged("the file is not an LMDB file"))
    for count in [100, 4096, 8192, 8200, bytes.count / 2, bytes.count - 1] {
      try directory.write(Array(bytes.prefix(count)), to: directory.logFile)
      #expect(open() == .damaged(LMDBError.truncated.description), "\(count) bytes")
    }
    try directory.write(bytes, to: directory.logFile)
    #expect(open() == nil)
  }

  @Test func `refuses an LMDB file that is no store`() throws {
    try FileManager.default.createDirectory(
      atPath: directory.store,
      withIntermediateDirectories: false
    )
    do {
      var options = Environment.Options()
      options.createsFile = true
      let environment = try Environment(path: directory.logFile, options: options)
      _ = try environment.table(named: "other", creates: true)
    }
    #expect(open() == .notAStore("its log has other tables"))
  }

  @Test func `refuses a newer format, and reads one that says it can`() throws {
    func write(_ header: FormatHeader) throws {
      let log = try EventLog.open(at: directory.store)
      let transaction = try log.environment.beginWriting()
      try transaction.put(header.bytes, named: FormatHeader.key, in: log.meta)
      try transaction.commit()
    }
    try makeStore()
    try write(FormatHeader(version: 3, readableFrom: 2))
    #expect(open() == nil)
    try write(FormatHeader(version: 3, readableFrom: 3))
    let error = #expect(throws: StoreError.self) { _ = try EventLog.open(at: directory.store) }
    #expect(error?.reason == .newerFormat(found: 3, supported: 2))
    #expect(
      error?.message
        == "\"\(directory.store)\" has store format 3, and this program reads formats up to 2"
    )
  }

  @Test func `only to read leaves the store as it is`() throws {
    try makeStore()
    var options = EventLog.Options()
    options.isReadOnly = true
    let log = try EventLog.open(at: directory.store, options: options)
    #expect(try log.allEvents().count == 500)
    let error = #expect(throws: AppendError.self) { try log.append([line("x")]) }
    guard case .store(let store)? = error else {
      Issue.record("expected a store error, found \(String(describing: error))")
      return
    }
    #expect(store.reason == .readOnly)
  }

  @Test func `takes a copy that was made while it was open`() throws {
    let log = try EventLog.create(at: directory.store)
    try log.append([line("a")])
    let copy = directory.path + "/copy"
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
    try log.copy(to: copy + "/log.mdb")
    try log.append([line("b")])
    let opened = try EventLog.open(at: copy)
    #expect(try opened.allEvents().map(\.id) == ["a"])
    #expect(try opened.verify().isIntact)
    try opened.append([line("c")])
    let error = #expect(throws: StoreError.self) { try log.copy(to: copy + "/log.mdb") }
    #expect(error?.code == EEXIST)
  }
}

@Suite struct `Verifying` {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    let log = try EventLog.create(at: directory.store)
    for start in stride(from: 0, to: 1000, by: 250) {
      try log.append(
        (start..<(start + 250)).map { line("id-\($0)", data: #"{"text":"event number \#($0)"}"#) }
      )
    }
  }

  private func verify() throws -> VerificationReport {
    try EventLog.open(at: directory.store).verify()
  }

  @Test func `finds nothing wrong with what was not touched`() throws {
    let report = try verify()
    #expect(report.isIntact)
    #expect(report.recordCount == 1000)
    #expect(report.end.position == EventPosition(1000))
  }

  @Test func `names the position of a changed byte`() throws {
    var bytes = try directory.read(directory.logFile)
    let wanted = Array("event number 617".utf8)
    var changed = 0
    for offset in 8192..<(bytes.count - wanted.count)
    where bytes[offset..<(offset + wanted.count)].elementsEqual(wanted) {
      bytes[offset + 3] ^= 0x10
      changed += 1
    }
    #expect(changed > 0)
    try directory.write(bytes, to: directory.logFile)
    let report = try verify()
    #expect(report.firstBadPosition == EventPosition(618))
    #expect(
      report.problems.first?.description
        == "position 618: the record is damaged: its checksum does not fit its bytes"
    )
    // Reading says so as well, and does not give out the record.
    let log = try EventLog.open(at: directory.store)
    var last: UInt32 = 0
    let error = #expect(throws: StoreError.self) { try log.read { last = $0.position.rawValue } }
    #expect(last == 617)
    #expect(
      error?.reason
        == .damaged("the record at position 618: its checksum does not fit its bytes")
    )
    #expect(throws: StoreError.self) { _ = try log.event(at: EventPosition(618)) }
    #expect(try log.event(at: EventPosition(619)) != nil)
  }

  @Test func `finds changed bits anywhere, and does not crash`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    let original = try directory.read(directory.logFile)
    let good = try EventLog.open(at: directory.store).allEvents()
    var missed: [Int] = []
    for _ in 0..<150 {
      var bytes = original
      let offset = Int.random(in: 0..<bytes.count, using: &generator)
      bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      try directory.write(bytes, to: directory.logFile)
      let isFound = (try? verify().isIntact) != true
      if isFound { continue }
      // What is not found is not of this commit: a free page, or a gap between entries.
      let log = try EventLog.open(at: directory.store)
      if try log.allEvents() != good { missed.append(offset) }
    }
    #expect(missed.isEmpty, "seed \(seed)")
  }

  @Test func `finds the pages changed that say which commit is the last`() throws {
    var generator = SeededGenerator(seed: 1)
    let original = try directory.read(directory.logFile)
    let good = try EventLog.open(at: directory.store).allEvents()
    for page in [0, 4096] {
      for offset in 16..<152 {
        var bytes = original
        bytes[page + offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        try directory.write(bytes, to: directory.logFile)
        guard let log = try? EventLog.open(at: directory.store) else { continue }
        if try log.verify().isIntact { #expect(try log.allEvents() == good, "byte \(offset)") }
      }
    }
  }

  /// Changes a store beneath the log's own interface.
  private func tamper(
    _ body: (EventLog, borrowing WriteTransaction) throws -> Void
  ) throws -> VerificationReport {
    let log = try EventLog.open(at: directory.store)
    let transaction = try log.environment.beginWriting()
    try body(log, transaction)
    try transaction.commit()
    return try log.verify()
  }

  @Test func `finds a record under another position`() throws {
    let report = try tamper { log, transaction in
      let record = Array(try #require(try transaction.value(for: 5, in: log.events)))
      try withUnsafeBytes(of: UInt64(7)) { key in
        try record.withUnsafeBytes { try transaction.put($0, for: key, in: log.events) }
      }
    }
    #expect(
      report.problems.first?.description
        == "position 7: the record is damaged: its checksum does not fit its bytes"
    )
  }

  @Test func `finds lengths that do not fit, though the checksum does`() throws {
    let report = try tamper { log, transaction in
      var record = Array(try #require(try transaction.value(for: 5, in: log.events)))
      for offset in [56, 64, 68] { record[offset] = 0xFF }
      let checksum = record[8...].withUnsafeBytes { Checksum.of($0, seed: 5) }
      withUnsafeBytes(of: checksum.littleEndian) { record.replaceSubrange(0..<8, with: $0) }
      try withUnsafeBytes(of: UInt64(5)) { key in
        try record.withUnsafeBytes { try transaction.put($0, for: key, in: log.events) }
      }
    }
    #expect(
      report.problems.first?.description
        == "position 5: the record is damaged: its lengths do not add up to its size"
    )
  }

  @Test func `finds a changed event with a right checksum by its root`() throws {
    let report = try tamper { log, transaction in
      var record = Array(try #require(try transaction.value(for: 300, in: log.events)))
      record[record.count - 3] ^= 1
      let checksum = record[8...].withUnsafeBytes { Checksum.of($0, seed: 300) }
      withUnsafeBytes(of: checksum.littleEndian) { record.replaceSubrange(0..<8, with: $0) }
      try withUnsafeBytes(of: UInt64(300)) { key in
        try record.withUnsafeBytes { try transaction.put($0, for: key, in: log.events) }
      }
    }
    // The commit of positions 251 to 500 is the first whose root is not that of its events.
    #expect(report.firstBadPosition == EventPosition(500))
    #expect(report.problems.last?.message == "the root of the log is not that of its events")
  }

  @Test func `finds an index that disagrees`() throws {
    let identity = Array("tests".utf8).withUnsafeBytes { source in
      Array("id-9".utf8).withUnsafeBytes { Identity(source: source, id: $0) }
    }
    do { try EventLog.open(at: directory.store).append([line("last")], lagMax: 0) }
    let report = try tamper { log, transaction in
      try identity.withUnsafeBytes { key in
        try withUnsafeBytes(of: UInt64(3)) {
          try transaction.put($0, for: key, in: log.identities)
        }
      }
      try Array(repeating: UInt8(7), count: 16).withUnsafeBytes { key in
        try withUnsafeBytes(of: UInt64(4)) {
          try transaction.put($0, for: key, in: log.identities)
        }
      }
    }
    #expect(
      report.problems.map(\.description) == [
        "position 10: the index of identities has position 3 for it",
        "the index has 1002 entries for 1001 events",
      ]
    )
  }
}

/// A small file system in memory.
final class SmallDisk {
  let path: String

  static var isAvailable: Bool { (try? SmallDisk(byteCount: 1 << 20)) != nil }

  init(byteCount: Int) throws {
    path = NSTemporaryDirectory() + "rapport-disk-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    if mount("tmpfs", path, "tmpfs", 0, "size=\(byteCount)") != 0 {
      let code = errno
      rmdir(path)
      throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EPERM)
    }
  }

  func makeReadOnly() throws {
    if mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) != 0 {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
    }
  }

  deinit {
    umount2(path, Int32(MNT_DETACH))
    rmdir(path)
  }
}

@Suite(.enabled(if: SmallDisk.isAvailable, "only root can mount a file system"))
struct `On a disk` {
  @Test func `that is full, appending fails and loses nothing`() throws {
    let disk = try SmallDisk(byteCount: 4 << 20)
    let log = try EventLog.create(at: disk.path + "/store")
    let filler = String(repeating: "x", count: 1000)
    var failure: AppendError?
    var acknowledged: AppendResult?
    for round in 0..<100 where failure == nil {
      do {
        let lines = (0..<100).map { line("\(round).\($0)", data: #"{"f":"\#(filler)"}"#) }
        acknowledged = try log.append(lines)
      } catch let error as AppendError {
        failure = error
      }
    }
    guard case .store(let error)? = failure else {
      Issue.record("expected a store error, found \(String(describing: failure))")
      return
    }
    #expect(error.reason == .outOfSpace)
    #expect(error.code == ENOSPC)
    #expect(try log.end() == acknowledged?.end)
    #expect(try log.verify().isIntact)
  }

  @Test func `that is full from the start, opening fails with that reason`() throws {
    let disk = try SmallDisk(byteCount: 1 << 20)
    do { try EventLog.create(at: disk.path + "/store").append([line("a")]) }
    try? FileManager.default.removeItem(atPath: disk.path + "/store/log.mdb-lock")
    _ = FileManager.default.createFile(atPath: disk.path + "/filler", contents: nil)
    let filler = try FileHandle(forWritingTo: URL(fileURLWithPath: disk.path + "/filler"))
    while (try? filler.write(contentsOf: Data(count: 4096))) != nil {}
    let error = #expect(throws: StoreError.self) {
      _ = try EventLog.open(at: disk.path + "/store")
    }
    #expect(error?.reason == .outOfSpace)
    let creation = #expect(throws: StoreError.self) {
      _ = try EventLog.create(at: disk.path + "/other")
    }
    #expect(creation?.reason == .outOfSpace)
  }

  @Test func `that is read-only, the log is read without its lock`() throws {
    let disk = try SmallDisk(byteCount: 4 << 20)
    do { try EventLog.create(at: disk.path + "/store").append([line("a")]) }
    try disk.makeReadOnly()
    let error = #expect(throws: StoreError.self) {
      _ = try EventLog.open(at: disk.path + "/store")
    }
    #expect(error?.reason == .readOnly)
    var options = EventLog.Options()
    options.isReadOnly = true
    let log = try EventLog.open(at: disk.path + "/store", options: options)
    #expect(try log.allEvents().count == 1)
    #expect(try log.verify().isIntact)
    let creation = #expect(throws: StoreError.self) {
      _ = try EventLog.create(at: disk.path + "/other")
    }
    #expect(creation?.reason == .readOnly)
  }
}
