import Foundation
import LMDB
import Testing

private func creating(mapByteCount: Int = 64 << 20) -> Environment.Options {
  var options = Environment.Options()
  options.createsFile = true
  options.mapByteCount = mapByteCount
  return options
}

private func append(
  _ values: [UInt64: [UInt8]],
  to table: Table,
  of environment: Environment
) throws(LMDBError) {
  let transaction = try environment.beginWriting()
  try transaction.withCursor(on: table) { cursor throws(LMDBError) in
    for key in values.keys.sorted() {
      let value = values[key] ?? []
      let room = try cursor.append(key: key, byteCount: value.count)
      room.copyBytes(from: value)
    }
  }
  try transaction.commit()
}

private func keys(of table: Table, in environment: Environment) throws(LMDBError) -> [UInt64] {
  let transaction = try environment.beginReading()
  let cursor = try transaction.cursor(on: table)
  var keys: [UInt64] = []
  var entry = try cursor.first()
  while let found = entry {
    keys.append(found.integerKey ?? 0)
    entry = try cursor.next()
  }
  return keys
}

@Suite struct `Transactions` {
  let directory: TemporaryDirectory
  let environment: Environment
  let table: Table

  init() throws {
    directory = try TemporaryDirectory()
    environment = try Environment(path: directory.file("a.mdb"), options: creating())
    table = try environment.table(named: "t", hasIntegerKeys: true, creates: true)
  }

  @Test func `a commit is there after the file is opened again`() throws {
    do {
      let environment = try Environment(path: directory.file("b.mdb"), options: creating())
      let table = try environment.table(named: "t", hasIntegerKeys: true, creates: true)
      try append([1: [10, 11], 2: [20]], to: table, of: environment)
    }
    let environment = try Environment(path: directory.file("b.mdb"))
    let table = try environment.table(named: "t", hasIntegerKeys: true)
    let transaction = try environment.beginReading()
    #expect(try transaction.value(for: 1, in: table).map { Array($0) } == [10, 11])
    #expect(try transaction.value(for: 3, in: table) == nil)
  }

  @Test func `what is not committed is gone`() throws {
    do {
      let transaction = try environment.beginWriting()
      try transaction.withCursor(on: table) { cursor throws(LMDBError) in
        _ = try cursor.append(key: 1, byteCount: 3)
      }
    }
    #expect(try keys(of: table, in: environment).isEmpty)
    try append([1: [1]], to: table, of: environment)
    #expect(try keys(of: table, in: environment) == [1])
  }

  @Test func `appending refuses a key that is not the greatest`() throws {
    try append([5: [1]], to: table, of: environment)
    #expect(throws: LMDBError.keyExists) { try append([5: [2]], to: table, of: environment) }
    #expect(throws: LMDBError.keyExists) { try append([4: [2]], to: table, of: environment) }
    #expect(try keys(of: table, in: environment) == [5])
  }

  @Test func `integer keys are in the order of numbers`() throws {
    let wanted: [UInt64] = [1, 255, 256, 65_536, 1 << 40]
    for key in wanted { try append([key: [1]], to: table, of: environment) }
    #expect(try keys(of: table, in: environment) == wanted)
    let transaction = try environment.beginReading()
    let cursor = try transaction.cursor(on: table)
    #expect(try cursor.seek(257)?.integerKey == 65_536)
    #expect(try cursor.seek(256)?.integerKey == 256)
    #expect(try cursor.last()?.integerKey == 1 << 40)
    #expect(try cursor.previous()?.integerKey == 65_536)
    #expect(try cursor.seek(UInt64(1) << 41) == nil)
  }

  @Test func `a reader sees the commit it began at`() throws {
    try append([1: [1]], to: table, of: environment)
    let transaction = try environment.beginReading()
    try append([2: [2]], to: table, of: environment)
    #expect(try transaction.value(for: 2, in: table) == nil)
    #expect(try keys(of: table, in: environment) == [1, 2])
  }

  @Test func `an insert refuses a key that is there`() throws {
    let bytes = try environment.table(named: "bytes", creates: true)
    let transaction = try environment.beginWriting()
    try transaction.withCursor(on: bytes) { cursor throws(LMDBError) in
      let result = [UInt8]("key".utf8).withUnsafeBytes { key in
        Result { () throws(LMDBError) in
          try cursor.insert(key, for: key)
          try cursor.insert(key, for: key)
        }
      }
      #expect(throws: LMDBError.keyExists) { try result.get() }
    }
    #expect(try transaction.statistics(of: bytes).entryCount == 1)
  }

  @Test func `a full map is an error, and a larger one takes the rest`() throws {
    let options = creating(mapByteCount: 1 << 20)
    let environment = try Environment(path: directory.file("b.mdb"), options: options)
    let table = try environment.table(named: "t", hasIntegerKeys: true, creates: true)
    let value = [UInt8](repeating: 7, count: 100_000)
    for key in 1...5 { try append([UInt64(key): value], to: table, of: environment) }
    #expect(throws: LMDBError.mapFull) {
      for key in 6...20 { try append([UInt64(key): value], to: table, of: environment) }
    }
    let count = try keys(of: table, in: environment).count
    #expect(count >= 5)
    try environment.resizeMap(to: 8 << 20)
    try append([UInt64(count + 1): value], to: table, of: environment)
    #expect(try keys(of: table, in: environment).count == count + 1)
    #expect(try environment.info().mapByteCount == 8 << 20)
  }

  @Test func `a copy holds the same`() throws {
    try append([1: [1], 2: [2, 2]], to: table, of: environment)
    try environment.copy(to: directory.file("copy.mdb"))
    let copy = try Environment(path: directory.file("copy.mdb"))
    #expect(try keys(of: copy.table(named: "t", hasIntegerKeys: true), in: copy) == [1, 2])
    #expect(throws: LMDBError.self) { try environment.copy(to: directory.file("copy.mdb")) }
  }

  @Test func `threads read while one writes`() throws {
    let environment = environment
    let table = table
    let reader: @Sendable () throws -> Void = {
      var seenCount = 0
      while seenCount < 200 {
        let found = try keys(of: table, in: environment)
        // Every commit adds one key, so a reader sees 1 to n.
        #expect(found == (0..<UInt64(found.count)).map { $0 + 1 })
        #expect(found.count >= seenCount)
        seenCount = found.count
      }
    }
    try onThreads([
      reader, reader, reader,
      { for key in 1...200 { try append([UInt64(key): [1]], to: table, of: environment) } },
    ])
    #expect(try keys(of: table, in: environment).count == 200)
  }
}

@Suite struct `Opening` {
  let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func makeFile(eventCount: Int = 100) throws {
    let environment = try Environment(path: directory.file("a.mdb"), options: creating())
    let table = try environment.table(named: "t", hasIntegerKeys: true, creates: true)
    for key in 1...eventCount {
      try append([UInt64(key): [UInt8](repeating: 1, count: 300)], to: table, of: environment)
    }
  }

  private func open() throws(LMDBError) -> Environment {
    try Environment(path: directory.file("a.mdb"))
  }

  @Test func `a file is open once in a process, under any name`() throws {
    try makeFile()
    let first = try open()
    #expect(throws: LMDBError.alreadyOpen) { _ = try open() }
    try FileManager.default.createSymbolicLink(
      atPath: directory.file("b.mdb"),
      withDestinationPath: directory.file("a.mdb")
    )
    #expect(throws: LMDBError.alreadyOpen) {
      _ = try Environment(path: directory.file("b.mdb"))
    }
    withExtendedLifetime(first) {}
  }

  @Test func `a file can be opened again once it is closed, or failed to open`() throws {
    #expect(throws: LMDBError.noSuchFile) { _ = try open() }
    try makeFile()
    do { _ = try open() }
    _ = try open()
  }

  @Test func `a file that is no LMDB file is refused`() throws {
    try directory.write([], to: "a.mdb")
    #expect(throws: LMDBError.empty) { _ = try open() }
    try directory.write(Array("not a database".utf8), to: "a.mdb")
    #expect(throws: LMDBError.invalid) { _ = try open() }
    try directory.write([UInt8](repeating: 0xAB, count: 100_000), to: "a.mdb")
    #expect(throws: LMDBError.invalid) { _ = try open() }
    #expect(throws: LMDBError.isDirectory) { _ = try Environment(path: directory.path) }
  }

  @Test func `a file of another version of LMDB is refused`() throws {
    try makeFile()
    var bytes = try directory.bytes(of: "a.mdb")
    bytes[20] = 2
    try directory.write(bytes, to: "a.mdb")
    #expect(throws: LMDBError.versionMismatch) { _ = try open() }
  }

  @Test func `a file that was cut anywhere is refused`() throws {
    try makeFile()
    let bytes = try directory.bytes(of: "a.mdb")
    for count in [30, 4096, 5000, 8191, 8192, 8193, 20_000, bytes.count / 2, bytes.count - 4096] {
      try directory.write(Array(bytes.prefix(count)), to: "a.mdb")
      #expect(throws: LMDBError.truncated, "\(count) of \(bytes.count) bytes") { _ = try open() }
    }
  }

  @Test func `a file whose first pages are damaged is refused`() throws {
    try makeFile()
    var bytes = try directory.bytes(of: "a.mdb")
    bytes.replaceSubrange(8192..., with: repeatElement(0xFF, count: bytes.count - 8192))
    try directory.write(bytes, to: "a.mdb")
    #expect(throws: LMDBError.corrupted) { _ = try open() }
  }

  @Test func `a missing table is not found`() throws {
    try makeFile()
    let environment = try open()
    #expect(throws: LMDBError.notFound) { _ = try environment.table(named: "missing") }
    #expect(try environment.table(named: "t", hasIntegerKeys: true).isUsable(in: environment))
  }

  @Test func `an environment that is read-only reads, and refuses to write`() throws {
    try makeFile()
    var options = Environment.Options()
    options.isReadOnly = true
    let environment = try Environment(path: directory.file("a.mdb"), options: options)
    let table = try environment.table(named: "t", hasIntegerKeys: true)
    #expect(try keys(of: table, in: environment).count == 100)
    #expect(throws: LMDBError.permissionDenied) { _ = try environment.beginWriting() }
  }

  @Test func `every damaged page header is found without a crash`() throws {
    try makeFile(eventCount: 3000)
    let environment = try open()
    do {
      let transaction = try environment.beginReading()
      #expect(try transaction.damagedPages() == [])
    }
    let pages = try directory.bytes(of: "a.mdb").count / 4096
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: directory.file("a.mdb")))
    var foundCount = 0
    for page in 2..<pages {
      try handle.seek(toOffset: UInt64(page * 4096))
      let header = try #require(try handle.read(upToCount: 16))
      try handle.seek(toOffset: UInt64(page * 4096))
      try handle.write(contentsOf: Data(repeating: 0xFF, count: 16))
      let transaction = try environment.beginReading()
      let damage = try transaction.damagedPages()
      // Pages that are free are not looked at.
      if damage?.isEmpty == false { foundCount += 1 }
      try handle.seek(toOffset: UInt64(page * 4096))
      try handle.write(contentsOf: header)
    }
    #expect(foundCount > 3000 * 300 / 4096)
    let transaction = try environment.beginReading()
    #expect(try transaction.damagedPages() == [])
  }
}

extension Table {
  fileprivate func isUsable(in environment: Environment) throws(LMDBError) -> Bool {
    let transaction = try environment.beginReading()
    return try transaction.statistics(of: self).entryCount > 0
  }
}
