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
}
