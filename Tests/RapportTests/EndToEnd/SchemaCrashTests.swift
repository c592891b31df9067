import Foundation
import Rapport
import Testing

/// A change of schema happens or it does not: nobody sees half of one.
@Suite struct `A change of schema` {
  private static let personCount = 2600

  /// A store that is worth an image, of events that the change reaches and more that it does not.
  private func makeStore(in folder: TemporaryFolder, at path: String) throws {
    try rapport("init", path).expectSuccess()
    let people = SampleEvents.people(1...Self.personCount)
    let topics = (1...2800).map { number in
      SampleEvents.event(
        "topic.defined",
        id: "t\(number)",
        data: #"{"id":"topic:\#(number)","name":"Topic \#(number)"}"#
      ) + "\n"
    }.joined()
    let file = try folder.write("events.ndjson", people + topics)
    try rapport("ingest", path, file, "--quiet").expectSuccess()
    try rapport("rebuild", path, "--quiet").expectSuccess()
  }

  private func changedSchema() throws -> String {
    let text = try String(contentsOf: PackagePaths.file("Schema/meetings.rapport"), encoding: .utf8)
    let changed = text.replacing(
      "NODE (:Person { id: e.id, name: e.name, honorific: e.honorific })",
      with: "NODE (:Person { id: e.id, name: e.name, honorific: coalesce(e.honorific, 'none') })"
    )
    try #require(changed != text)
    return changed
  }

  private static let query = "MATCH (p:Person) WHERE p.honorific = 'none' RETURN count(*) AS count"

  @Test func `is there or not after thirty kills at random moments`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SplitMix(seed: seed)
    let folder = try TemporaryFolder()
    let path = folder.path("store")
    try makeStore(in: folder, at: path)
    let schema = try folder.write("changed.rapport", try changedSchema())
    var isChanged = false
    var number = 1
    var killed = 0
    var delayMicrosecondsMax: UInt32 = 400_000
    for round in 1...30 {
      let arguments =
        isChanged
        ? ["schema", "rollback", path, "--quiet"] : ["schema", "apply", path, schema, "--quiet"]
      let running = try RunningCommand(
        PackagePaths.program.path,
        arguments,
        input: .data(Data())
      )
      usleep(UInt32.random(in: 0...delayMicrosecondsMax, using: &random))
      running.signal(SIGKILL)
      let run = try running.wait()
      // The store opens, whatever happened, and is of one schema or of the other.
      let store = try Store.open(at: path)
      let found = try store.schema().number
      let place: Comment = "round \(round), seed \(seed), exit code \(run.exitCode)"
      #expect(found == number || found == number + 1, place)
      if found > number { isChanged.toggle() }
      number = found
      #expect(try count(store) == (isChanged ? Self.personCount : 0), place)
      if run.exitCode == 128 + SIGKILL { killed += 1 }
      if run.exitCode == 0 { delayMicrosecondsMax = max(delayMicrosecondsMax * 3 / 4, 1000) }
      if round % 10 == 0 {
        let report = try store.rebuild()
        #expect(report.formerDigest == report.digest, place)
      }
    }
    #expect(killed > 5, "seed \(seed)")
    // What the killed ones had begun to write is cleared away by the next that writes.
    try rapport("rebuild", path, "--quiet").expectSuccess()
    #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/image").count == 1)
    try rapport("verify", path).expectSuccess()
  }

  private func count(_ store: Store) throws -> Int {
    let answer = try store.query(Self.query)
    guard case .integer(let count) = answer.result.value(row: 0, column: 0) else { return -1 }
    return Int(count)
  }

  @Test func `is seen as a whole by readers in other processes`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("store")
    try makeStore(in: folder, at: path)
    let schema = try folder.write("changed.rapport", try changedSchema())
    let reader = try Store.open(at: path, readOnly: true)
    let former = hexadecimal(try reader.schema().schema.digest)
    #expect(try count(reader) == 0)
    let running = try RunningCommand(
      PackagePaths.program.path,
      ["schema", "apply", path, schema, "--quiet"],
      input: .data(Data())
    )
    var answers: [(digest: String, count: Int)] = []
    func ask() throws {
      let answer = try reader.query(Self.query)
      guard case .integer(let count) = answer.result.value(row: 0, column: 0) else { return }
      answers.append((answer.schemaDigest, Int(count)))
    }
    while running.isRunning { try ask() }
    try running.wait().expectSuccess()
    try ask()
    #expect(answers.allSatisfy { $0.count == ($0.digest == former ? 0 : Self.personCount) })
    #expect(answers.last?.digest != former)
  }

  @Test func `finds an ingestion that began before it, and no event gets in unchecked`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("store")
    try rapport("init", path).expectSuccess()
    let pipe = Pipe()
    let running = try RunningCommand(
      PackagePaths.program.path,
      [
        "ingest", path, "-", "--source", "test", "--acknowledge", "--quiet", "--commit-every", "10",
      ],
      input: .pipe(pipe)
    )
    try pipe.fileHandleForWriting.write(contentsOf: Data(SampleEvents.people(1...15).utf8))
    while running.isRunning, !running.output.contains("acknowledged 11") { usleep(10_000) }
    let schema = try folder.write("changed.rapport", try changedSchema())
    try rapport("schema", "apply", path, schema).expectSuccess()
    try pipe.fileHandleForWriting.write(contentsOf: Data(SampleEvents.people(16...40).utf8))
    try pipe.fileHandleForWriting.close()
    let run = try running.wait()
    #expect(run.exitCode == 75, run.comment)
    #expect(run.errors.contains("another schema was put in force meanwhile"), run.comment)
    let file = try folder.write("events.ndjson", SampleEvents.people(1...40))
    let again = try rapport("ingest", path, file, "--source", "test")
    #expect(again.output.contains("30 events ingested (10 already there"), again.comment)
    try rapport("verify", path).expectSuccess()
  }

  @Test func `beside an ingestion loses no event of it`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("store")
    try rapport("init", path).expectSuccess()
    let schema = try folder.write("changed.rapport", try changedSchema())
    let file = try folder.write("events.ndjson", SampleEvents.people(1...4000))
    let ingest = ["ingest", path, file, "--source", "test", "--quiet", "--commit-every", "20"]
    let ingesting = try RunningCommand(PackagePaths.program.path, ingest, input: .data(Data()))
    usleep(50_000)
    let applied = try rapport("schema", "apply", path, schema)
    let ingested = try ingesting.wait()
    #expect([0, 75].contains(applied.exitCode), applied.comment)
    #expect([0, 75].contains(ingested.exitCode), ingested.comment)
    try rapport(ingest).expectSuccess()
    if applied.exitCode == 75 { try rapport("schema", "apply", path, schema).expectSuccess() }
    let answer = try rapport("query", path, Self.query, "--format", "tsv")
    #expect(answer.lines.last == "4000", answer.comment)
    try rapport("verify", path).expectSuccess()
  }

  @Test func `that does not fit on the disk leaves everything as it was`() throws {
    let folder = try TemporaryFolder()
    let mount = folder.path("disk")
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
    let mounting = try? run("/bin/mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", mount])
    guard mounting?.exitCode == 0 else { try Test.cancel("mounting a small disk takes root") }
    defer { _ = try? run("/bin/umount", [mount]) }
    let path = mount + "/store"
    try makeStore(in: folder, at: path)
    let schema = try folder.write("changed.rapport", try changedSchema())
    // All but a little of the disk is taken.
    _ = try run("/bin/dd", ["if=/dev/zero", "of=\(mount)/filler", "bs=64k"])
    let full = try rapport("schema", "apply", path, schema)
    #expect(full.exitCode == 74, full.comment)
    #expect(full.errors.contains("are as they were"), full.comment)
    let before = try rapport("query", path, Self.query, "--format", "tsv")
    #expect(before.lines.last == "0", before.comment)
    #expect(try rapport("schema", "history", path).lines.count == 1)
    try FileManager.default.removeItem(atPath: mount + "/filler")
    try rapport("schema", "apply", path, schema).expectSuccess()
    let after = try rapport("query", path, Self.query, "--format", "tsv")
    #expect(after.lines.last == "\(Self.personCount)", after.comment)
  }

  @Test func `that takes something out of the graph asks first, and says what it takes`() throws {
    let store = try TestStore(events: SampleEvents.people(1...3))
    let text = try String(contentsOf: PackagePaths.file("Schema/meetings.rapport"), encoding: .utf8)
    let poorer = try store.folder.write(
      "poorer.rapport",
      text.replacing(", name: e.name, honorific: e.honorific })", with: " })")
    )
    let refused = try rapport("schema", "apply", store.path, poorer)
    #expect(refused.exitCode == 65, refused.comment)
    #expect(refused.errors.contains("Person.name: 3 vanish"), refused.comment)
    #expect(refused.errors.contains("--accept-loss"), refused.comment)
    #expect(try store.rows("MATCH (p:Person) RETURN count(p.name)") == ["3"])
    let plan = try rapport("schema", "plan", store.path, poorer, "--format", "json")
    let planFile = try store.folder.write("plan.json", plan.output)
    try rapport("ingest", store.path, "-", input: SampleEvents.person(4)).expectSuccess()
    let moved = try rapport(
      "schema",
      "apply",
      store.path,
      poorer,
      "--plan",
      planFile,
      "--accept-loss"
    )
    #expect(moved.exitCode == 75, moved.comment)
    #expect(moved.errors.contains("the log has moved"), moved.comment)
    try rapport("schema", "apply", store.path, poorer, "--accept-loss", "--reason", "try")
      .expectSuccess()
    #expect(try store.rows("MATCH (p:Person) RETURN count(*), count(p.name)") == ["4\t0"])
    try rapport("schema", "rollback", store.path).expectSuccess()
    #expect(try store.rows("MATCH (p:Person) RETURN count(p.name)") == ["4"])
    let nothing = try rapport("schema", "rollback", store.path, "--to", "9")
    #expect(nothing.exitCode == 65, nothing.comment)
  }
}
