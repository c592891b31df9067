import Foundation
import Testing

/// Ingesting, seen from outside.
@Suite struct `Ingesting` {
  @Test func `tells how many events came, and where they are`() throws {
    let store = try TestStore()
    let run = try rapport("ingest", store.path, "-", input: SampleEvents.people(1...3))
    try run.expectSuccess()
    let start = "3 events ingested (0 already there, 0 rejected) at 2..4, root "
    #expect(run.output.hasPrefix(start), run.comment)
    #expect(run.errors.isEmpty, run.comment)
  }

  @Test func `says nothing when it is to be quiet`() throws {
    let store = try TestStore()
    let run = try rapport("ingest", store.path, "-", "--quiet", input: SampleEvents.people(1...3))
    try run.expectSuccess()
    #expect(run.output.isEmpty && run.errors.isEmpty, run.comment)
  }

  @Test func `the same events twice changes nothing`() throws {
    let events = SampleEvents.people(1...50)
    let store = try TestStore(events: events)
    let before = try store.exported()
    let run = try rapport("ingest", store.path, "-", input: events)
    try run.expectSuccess()
    #expect(run.output.hasPrefix("0 events ingested (50 already there, 0 rejected)"), run.comment)
    #expect(try store.exported() == before)
  }

  @Test func `events without an id are known again`() throws {
    let event = #"{"type":"person.registered","data":{"id":"p","name":"Ada"}}"# + "\n"
    let store = try TestStore()
    for count in [1, 0] {
      let run = try rapport("ingest", store.path, "-", "--source", "s", input: event)
      try run.expectSuccess()
      #expect(run.output.hasPrefix("\(count) event"), run.comment)
    }
  }

  @Test func `an export makes an equal log`() throws {
    let store = try TestStore()
    let sample = PackagePaths.file("Tools/samples/nbtc-anrt.ndjson").path
    try rapport("ingest", store.path, sample).expectSuccess()
    let export = try rapport("log", store.path, "--format", "ndjson").output
    let copy = try TestStore()
    try rapport("ingest", copy.path, "-", input: export).expectSuccess()
    #expect(try copy.exported() == store.exported())
    #expect(try root(of: copy) == root(of: store))
  }

  @Test func `a whole export is restored into a new store, recorded times and all`() throws {
    let store = try TestStore()
    try rapport("ingest", store.path, "-", input: SampleEvents.people(1...4)).expectSuccess()
    let export = try rapport("log", store.path, "--format", "ndjson", "--recorded")
    let copy = try TestStore()
    try FileManager.default.removeItem(atPath: copy.path)
    try rapport("ingest", copy.path, "-", "--restore", input: export.output).expectSuccess()
    let again = try rapport("log", copy.path, "--format", "ndjson", "--recorded")
    #expect(again.output == export.output)
    #expect(again.lines.count == 5, again.comment)
    try rapport("verify", copy.path).expectSuccess()
  }

  @Test func `the rest of a log is restored behind its beginning`() throws {
    let store = try TestStore()
    let copy = try TestStore()
    try FileManager.default.removeItem(atPath: copy.path)
    try FileManager.default.copyItem(atPath: store.path, toPath: copy.path)
    try rapport("ingest", store.path, "-", input: SampleEvents.people(1...3)).expectSuccess()
    let rest = try rapport("log", store.path, "--from", "2", "--format", "ndjson", "--recorded")
    try rapport("ingest", copy.path, "-", "--restore", input: rest.output).expectSuccess()
    let restored = try rapport("log", copy.path, "--from", "2", "--format", "ndjson", "--recorded")
    #expect(restored.output == rest.output)
    #expect(restored.lines.count == 3, restored.comment)
  }

  private func root(of store: TestStore) throws -> String? {
    let run = try rapport("verify", store.path)
    try run.expectSuccess()
    return run.output.split(separator: " ").last.map(String.init)
  }

  @Test func `all or nothing, when that is asked for`() throws {
    let store = try TestStore()
    let lines = SampleEvents.people(1...3) + "wrong\n"
    let run = try rapport("ingest", store.path, "-", "--atomic", input: lines)
    #expect(run.exitCode == 65, run.comment)
    #expect(try store.testEventIDs().isEmpty)
  }

  @Test func `what is before a wrong line is kept`() throws {
    let store = try TestStore()
    let lines = SampleEvents.people(1...3) + "wrong\n" + SampleEvents.people(4...5)
    let run = try rapport("ingest", store.path, "-", input: lines)
    #expect(run.exitCode == 65, run.comment)
    #expect(run.errors.contains("standard input:4"), run.comment)
    #expect(try store.testEventIDs() == ["e1", "e2", "e3"])
  }

  @Test func `only at the position that is expected`() throws {
    let store = try TestStore()
    let late = try rapport(
      "ingest",
      store.path,
      "-",
      "--expect-position",
      "7",
      input: SampleEvents.people(1...3)
    )
    #expect(late.exitCode == 75, late.comment)
    #expect(try store.testEventIDs().isEmpty)
    let right = try rapport(
      "ingest",
      store.path,
      "-",
      "--expect-position",
      "1",
      input: SampleEvents.people(1...3)
    )
    try right.expectSuccess()
    #expect(try store.testEventIDs() == ["e1", "e2", "e3"])
  }

  @Test func `takes a byte order mark and lines that end as on Windows`() throws {
    let store = try TestStore()
    let lines = "\u{FEFF}" + SampleEvents.people(1...2).replacing("\n", with: "\r\n") + "\r\n"
    try rapport("ingest", store.path, "-", input: lines).expectSuccess()
    #expect(try store.testEventIDs() == ["e1", "e2"])
  }

  @Test func `acknowledges each commit when that is asked for`() throws {
    let store = try TestStore()
    let run = try rapport(
      "ingest",
      store.path,
      "-",
      "--acknowledge",
      "--commit-every",
      "2",
      "--quiet",
      input: SampleEvents.people(1...5)
    )
    try run.expectSuccess()
    #expect(run.lines == ["acknowledged 3", "acknowledged 5", "acknowledged 6"], run.comment)
  }

  @Test func `two writers at once both get all their events in`() async throws {
    let store = try TestStore()
    async let first = rapport("ingest", store.path, "-", input: SampleEvents.people(1...500))
    async let second = rapport("ingest", store.path, "-", input: SampleEvents.people(501...1000))
    try await first.expectSuccess()
    try await second.expectSuccess()
    #expect(try store.testEventIDs().count == 1000)
    try rapport("verify", store.path).expectSuccess()
  }

  @Test func `two writers at once of the same events get each in once`() async throws {
    // More than the index lags behind, so that both bring it up while the other appends.
    let count = 12_000
    let store = try TestStore()
    let file = try store.folder.write("events.ndjson", SampleEvents.people(1...count))
    let arguments = ["ingest", store.path, file, "--commit-every", "500"]
    async let first = rapport(arguments)
    async let second = rapport(arguments)
    let runs = try await [first, second]
    for run in runs { try run.expectSuccess() }
    let ingested = runs.compactMap { $0.output.split(separator: " ").first.flatMap { Int($0) } }
    #expect(ingested.reduce(0, +) == count, "\(ingested)")
    #expect(try store.testEventIDs() == (1...count).map { "e\($0)" })
    try rapport("verify", store.path).expectSuccess()
  }
}

/// Lines are read and checked in pieces, by several threads: nobody notices.
@Suite struct `Ingesting many lines` {
  /// More than three pieces that hold lines of a file.
  private static let lineCount = 35_000

  /// People, and other lines in the place of some.
  private func lines(_ others: [Int: String]) -> String {
    (1...Self.lineCount).map { (others[$0] ?? SampleEvents.person($0)) + "\n" }.joined()
  }

  @Test func `keeps their order, blank ones aside`() throws {
    let store = try TestStore()
    let file = try store.folder.write("events.ndjson", lines([3: "", 20_001: "  ", 35_000: ""]))
    try rapport("ingest", store.path, file, "--commit-every", "700").expectSuccess()
    let ids = (1...Self.lineCount).filter { ![3, 20_001, 35_000].contains($0) }.map { "e\($0)" }
    #expect(try store.testEventIDs() == ids)
    try rapport("verify", store.path).expectSuccess()
  }

  @Test func `keeps what is before a wrong line, and nothing from it on`() throws {
    let store = try TestStore()
    let file = try store.folder.write("events.ndjson", lines([24_007: "{", 24_009: "["]))
    let run = try rapport("ingest", store.path, file)
    #expect(run.exitCode == 65, run.comment)
    #expect(run.errors.contains("events.ndjson:24007:2: "), run.comment)
    #expect(run.errors.contains("everything before line 24007 is in the log"), run.comment)
    #expect(try store.testEventIDs() == (1...24_006).map { "e\($0)" })
  }

  @Test func `leaves wrong lines out, and names each in its order`() throws {
    let wrong = [5, 10_000, 10_001, 10_002, 21_111, 34_999]
    let store = try TestStore()
    let file = try store.folder.write(
      "events.ndjson",
      lines(Dictionary(uniqueKeysWithValues: wrong.map { ($0, "[\($0)]") }))
    )
    let rejects = store.folder.path("rejects")
    let run = try rapport(
      "ingest",
      store.path,
      file,
      "--on-error",
      "skip",
      "--rejects",
      rejects
    )
    try run.expectSuccess()
    #expect(run.output.contains("(0 already there, 6 rejected)"), run.comment)
    let said = try String(contentsOfFile: rejects, encoding: .utf8)
    let numbers = said.split(separator: "\n").compactMap { line in
      line.firstMatch(of: /"line":(\d+).*"text":"\[(\d+)\]"/).map { [$0.1, $0.2] }
    }
    #expect(numbers == wrong.map { ["\($0)", "\($0)"] })
    #expect(try store.testEventIDs().count == Self.lineCount - 6)
  }

  @Test func `names the line of an event that contradicts another`() throws {
    let store = try TestStore()
    let other = SampleEvents.person(9, name: "Somebody else")
    let file = try store.folder.write("events.ndjson", lines([31_234: other]))
    let run = try rapport("ingest", store.path, file)
    #expect(run.exitCode == 65, run.comment)
    #expect(run.errors.contains("events.ndjson:31234: person.registered: expected a new id"))
    #expect(try store.testEventIDs() == (1...31_233).map { "e\($0)" })
  }

  @Test func `names the file and its own lines, of several`() throws {
    let store = try TestStore()
    let first = try store.folder.write("first.ndjson", SampleEvents.people(1...15_000))
    let second = try store.folder.write(
      "second.ndjson",
      SampleEvents.people(15_001...26_000) + "wrong\n"
    )
    let run = try rapport("ingest", store.path, first, second, "--commit-every", "9999")
    #expect(run.exitCode == 65, run.comment)
    #expect(run.errors.contains("second.ndjson:11001:1: "), run.comment)
    #expect(try store.testEventIDs() == (1...26_000).map { "e\($0)" })
  }

  @Test func `commits as many at a time as was asked for`() throws {
    let store = try TestStore()
    let file = try store.folder.write("events.ndjson", lines([17: "", 2_000: "", 34_000: ""]))
    let run = try rapport(
      "ingest",
      store.path,
      file,
      "--acknowledge",
      "--quiet",
      "--commit-every",
      "3000"
    )
    try run.expectSuccess()
    let last = Self.lineCount - 3 + 1
    let expected = Array(stride(from: 3001, to: last, by: 3000)) + [last]
    #expect(run.lines == expected.map { "acknowledged \($0)" }, run.comment)
  }

  @Test func `counts those that wait for a schema, and came only now`() throws {
    func waiting(_ numbers: ClosedRange<Int>) -> String {
      numbers.map { SampleEvents.event("unknown", id: "u\($0)", data: "{}") + "\n" }.joined()
    }
    let store = try TestStore(events: "")
    let arguments = ["ingest", store.path, "-", "--allow-unknown"]
    try rapport(arguments, input: Data(waiting(1...50).utf8)).expectSuccess()
    // The blank line makes the first commit take events of two pieces.
    let events = "\n" + SampleEvents.people(1...10_500) + waiting(1...80)
    let file = try store.folder.write("events.ndjson", events)
    let run = try rapport("ingest", store.path, file, "--allow-unknown")
    try run.expectSuccess()
    #expect(run.output.hasPrefix("10530 events ingested (50 already there"), run.comment)
    #expect(run.output.contains("\n30 of them wait in quarantine"), run.comment)
  }

  @Test func `takes all as one commit where that is asked for`() throws {
    let store = try TestStore()
    let file = try store.folder.write("events.ndjson", lines([:]))
    let run = try rapport("ingest", store.path, file, "--atomic", "--acknowledge", "--quiet")
    try run.expectSuccess()
    #expect(run.lines == ["acknowledged \(Self.lineCount + 1)"], run.comment)
  }

  @Test func `says what is wrong before the writer of a pipe is done`() throws {
    let store = try TestStore()
    let pipe = Pipe()
    let running = try RunningCommand(
      PackagePaths.program.path,
      ["ingest", store.path, "-"],
      input: .pipe(pipe)
    )
    let lines = SampleEvents.people(1...3) + "wrong\n"
    try pipe.fileHandleForWriting.write(contentsOf: Data(lines.utf8))
    let run = try running.wait()
    try pipe.fileHandleForWriting.close()
    #expect(run.exitCode == 65, run.comment)
    #expect(run.errors.contains("standard input:4:1: "), run.comment)
    #expect(try store.testEventIDs() == ["e1", "e2", "e3"])
  }
}
