import Foundation
import Testing

/// Stores that are none, are newer, damaged, locked or on the wrong disk.
@Suite struct `Bad stores` {
  private static let readers = [
    ["info"], ["log"], ["verify"], ["rebuild"], ["met"], ["schema", "show"],
  ]

  private func expect(_ run: CommandRun, exitCode: Int32, _ parts: String...) {
    #expect(run.exitCode == exitCode, run.comment)
    #expect(run.errors.hasPrefix("rapport: "), run.comment)
    #expect(run.output.isEmpty, run.comment)
    for part in parts { #expect(run.errors.contains(part), run.comment) }
  }

  @Test(arguments: readers)
  func `that are not there are no input`(_ command: [String]) throws {
    let folder = try TemporaryFolder()
    expect(try rapport(command + [folder.path("nothing")]), exitCode: 66, "nothing")
  }

  @Test(arguments: readers)
  func `that are something else are bad data`(_ command: [String]) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("letter.txt", "Dear all")
    expect(try rapport(command + [folder.url.path]), exitCode: 65, "not a store")
    expect(try rapport(command + [file]), exitCode: 65, "not a store")
  }

  @Test func `whose log is another file are damaged`() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("log.mdb", String(repeating: "no log at all ", count: 1000))
    expect(try rapport("info", folder.url.path), exitCode: 74, "log.mdb", "damaged")
  }

  @Test func `an empty folder is not a store`() throws {
    let folder = try TemporaryFolder()
    let run = try rapport("info", folder.url.path)
    #expect(run.exitCode == 65 || run.exitCode == 66, run.comment)
    #expect(run.errors.contains("rapport init"), run.comment)
  }

  @Test func `a store is not made over another`() throws {
    let store = try TestStore(events: SampleEvents.people(1...3))
    expect(try rapport("init", store.path), exitCode: 65, "store already")
    #expect(try store.testEventIDs() == ["e1", "e2", "e3"])
  }

  @Test func `a store of a newer format says so`() throws {
    let store = try TestStore()
    let url = URL(filePath: store.path + "/log.mdb")
    var bytes = try Data(contentsOf: url)
    let magic = Data("Rapport\n".utf8)
    var found = 0
    var start = bytes.startIndex
    while let range = bytes.range(of: magic, in: start..<bytes.endIndex) {
      // The version that wrote the store, and the oldest that can read it.
      for offset in 0..<2 { bytes[range.upperBound + offset * 4] = 200 }
      found += 1
      start = range.upperBound
    }
    try #require(found > 0)
    try bytes.write(to: url)
    expect(try rapport("info", store.path), exitCode: 65, "format", "200")
  }

  @Test func `a damaged event is named by verify`() throws {
    let store = try TestStore(events: SampleEvents.person(1, name: "Adalbert") + "\n")
    let url = URL(filePath: store.path + "/log.mdb")
    var bytes = try Data(contentsOf: url)
    let name = Data("Adalbert".utf8)
    var start = bytes.startIndex
    while let range = bytes.range(of: name, in: start..<bytes.endIndex) {
      bytes[range.lowerBound] = UInt8(ascii: "B")
      start = range.upperBound
    }
    try bytes.write(to: url)
    let run = try rapport("verify", store.path)
    #expect(run.exitCode == 74, run.comment)
    #expect(run.errors.contains("2"), run.comment)
  }

  @Test func `a missing file of events is no input, and nothing is written`() throws {
    let store = try TestStore()
    let before = try store.exported()
    expectNoInput(
      try rapport("ingest", store.path, store.folder.path("missing.ndjson")),
      "missing.ndjson"
    )
    #expect(try store.exported() == before)
  }

  private func expectNoInput(_ run: CommandRun, _ part: String) {
    #expect(run.exitCode == 66, run.comment)
    #expect(run.errors.contains(part), run.comment)
  }

  @Test func `a folder is no file of events`() throws {
    let store = try TestStore()
    expectNoInput(try rapport("ingest", store.path, store.folder.url.path), "directory")
  }

  @Test func `a folder that cannot be written to is an input or output error`() throws {
    let folder = try TemporaryFolder()
    let store = folder.path("closed/store")
    try FileManager.default.createDirectory(
      atPath: folder.path("closed"),
      withIntermediateDirectories: true
    )
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o555],
      ofItemAtPath: folder.path("closed")
    )
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.url.path)
    let run = try runWithoutPrivileges(["init", store])
    #expect(run.exitCode == 74, run.comment)
    #expect(run.errors.contains("closed"), run.comment)
  }

  @Test func `a store that cannot be written to can be read`() throws {
    let store = try TestStore(events: SampleEvents.people(1...3))
    for (path, permissions) in [
      (store.folder.url.path, 0o755), (store.path + "/log.mdb", 0o444), (store.path, 0o555),
    ] {
      try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
    }
    let query = "MATCH (p:Person) RETURN count(p) AS n"
    let read = try runWithoutPrivileges(["query", store.path, query, "--format", "tsv"])
    #expect(read.output == "n\n3\n", read.comment)
    let file = try store.folder.write("more.ndjson", SampleEvents.people(4...5))
    let write = try runWithoutPrivileges(["ingest", store.path, file])
    #expect(write.exitCode == 74, write.comment)
    #expect(write.errors.contains("cannot be written"), write.comment)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: store.path)
  }

  /// Runs the program as somebody whom permissions bind.
  private func runWithoutPrivileges(_ arguments: [String]) throws -> CommandRun {
    guard getuid() == 0 else { return try rapport(arguments) }
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", PackagePaths.program.path]
    let probe = try? run("/usr/bin/setpriv", nobody + ["--version"])
    guard probe?.exitCode == 0 else {
      try Test.cancel("root is bound by no permissions, and nobody else can run the program")
    }
    return try run("/usr/bin/setpriv", nobody + arguments)
  }

  /// A program that failed while it opened the store leaves its lock file like that, and those who
  /// opened it meanwhile keep it: LMDB would read the commit before the last, and write over it.
  @Test func `a store whose lock file does not know the last commit is left alone`() throws {
    let store = try TestStore(events: SampleEvents.people(1...3))
    let file = try store.folder.write("more.ndjson", SampleEvents.people(4...4))
    let requests = Pipe()
    let reader = try RunningCommand(
      PackagePaths.program.path,
      ["query", store.path, "--batch"],
      input: .pipe(requests)
    )
    try requests.fileHandleForWriting.write(contentsOf: Data("{\"query\": \"RETURN 1\"}\n".utf8))
    for _ in 0..<1000 where reader.output.isEmpty { usleep(10_000) }
    #expect(reader.output.contains("[1]"))
    let lock = try FileHandle(forUpdating: URL(filePath: store.path + "/log.mdb-lock"))
    // Behind LMDB's mark, its format and a mutex is the number of the last commit.
    try lock.seek(toOffset: UInt64(8 + MemoryLayout<pthread_mutex_t>.size))
    try lock.write(contentsOf: Data(count: 8))
    try lock.close()

    for command in [["log", store.path], ["ingest", store.path, file]] {
      expect(try rapport(command), exitCode: 75, "lock file", "try again")
    }
    try requests.fileHandleForWriting.close()
    #expect(try reader.wait().exitCode == 0)
    #expect(try rapport("ingest", store.path, file).exitCode == 0)
    #expect(try store.testEventIDs() == ["e1", "e2", "e3", "e4"])
  }
}
