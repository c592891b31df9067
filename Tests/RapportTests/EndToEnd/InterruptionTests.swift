import Foundation
import Testing

/// What is acknowledged is safe, whatever happens then.
@Suite struct `Interrupted ingestion` {
  private static let eventCount = 3000
  private static let commitEventCount = 100

  /// The last position that a run acknowledged, or 0.
  private func acknowledged(_ run: CommandRun) -> Int {
    run.lines.compactMap { line in
      line.hasPrefix("acknowledged ") ? Int(line.dropFirst("acknowledged ".count)) : nil
    }.max() ?? 0
  }

  private func ingest(_ store: TestStore, _ file: String) -> [String] {
    [
      "ingest", store.path, file, "--acknowledge", "--quiet", "--commit-every",
      String(Self.commitEventCount),
    ]
  }

  @Test func `loses nothing acknowledged in fifty kills at random moments`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SplitMix(seed: seed)
    let events = SampleEvents.people(1...Self.eventCount)
    let ids = (1...Self.eventCount).map { "e\($0)" }
    var store = try TestStore()
    var file = try store.folder.write("events.ndjson", events)
    var killedInTheMiddle = 0
    // Follows the machine's speed, so that most kills hit a running ingestion.
    var delayMicrosecondsMax: UInt32 = 120_000
    for round in 1...50 {
      let running = try RunningCommand(
        PackagePaths.program.path,
        ingest(store, file),
        input: .data(Data())
      )
      usleep(UInt32.random(in: 0...delayMicrosecondsMax, using: &random))
      running.signal(SIGKILL)
      let run = try running.wait()
      let safe = acknowledged(run)
      let found = try store.testEventIDs()
      let place: Comment =
        "round \(round), seed \(seed), acknowledged \(safe), found \(found.count)"
      // The first position is the schema's.
      #expect(found.count >= safe - 1, place)
      #expect(found == Array(ids.prefix(found.count)), place)
      if run.exitCode == 128 + SIGKILL, safe > 0, found.count < ids.count {
        killedInTheMiddle += 1
      }
      if run.exitCode == 0 {
        delayMicrosecondsMax = max(delayMicrosecondsMax / 2, 1000)
      } else if safe == 0 {
        delayMicrosecondsMax += delayMicrosecondsMax / 8
      }
      if found.count == ids.count || round == 50 {
        try rapport(ingest(store, file)).expectSuccess()
        #expect(try store.testEventIDs() == ids, place)
        try rapport("verify", store.path).expectSuccess()
        store = try TestStore()
        file = try store.folder.write("events.ndjson", events)
      }
    }
    #expect(killedInTheMiddle > 0, "seed \(seed)")
  }

  @Test func `takes no event twice when it is killed while its index catches up`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SplitMix(seed: seed)
    let count = 30_000
    let store = try TestStore()
    let ids = (1...count).map { "e\($0)" }
    var last = 0
    for round in 1...12 {
      // Behind an index that was not brought up, there may be others that were.
      let end = min(count, last + Int.random(in: 1...8000, using: &random))
      let file = try store.folder.write("events.ndjson", SampleEvents.people(1...max(end, 1)))
      let running = try RunningCommand(
        PackagePaths.program.path,
        ["ingest", store.path, file, "--quiet", "--commit-every", "1000"],
        input: .data(Data())
      )
      usleep(UInt32.random(in: 50_000...600_000, using: &random))
      running.signal(SIGKILL)
      _ = try running.wait()
      let found = try store.testEventIDs()
      #expect(found == Array(ids.prefix(found.count)), "round \(round), seed \(seed)")
      try rapport("verify", store.path).expectSuccess()
      last = found.count
    }
    let file = try store.folder.write("events.ndjson", SampleEvents.people(1...count))
    try rapport("ingest", store.path, file).expectSuccess()
    #expect(try store.testEventIDs() == ids, "seed \(seed)")
    try rapport("verify", store.path).expectSuccess()
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `by a signal says what is safe`(_ signal: Int32) throws {
    let store = try TestStore()
    let pipe = Pipe()
    let running = try RunningCommand(
      PackagePaths.program.path,
      ingest(store, "-"),
      input: .pipe(pipe)
    )
    let lines = SampleEvents.people(1...250)
    try pipe.fileHandleForWriting.write(contentsOf: Data(lines.utf8))
    while running.isRunning, !running.output.contains("acknowledged 201") { usleep(10_000) }
    running.signal(signal)
    let run = try running.wait()
    try pipe.fileHandleForWriting.close()
    #expect(run.exitCode == 128 + signal, run.comment)
    let said = try #require(run.errors.firstMatch(of: /up to position (\d+) is safe/), run.comment)
    let safe = try #require(Int(said.1))
    #expect(safe >= 201, run.comment)
    // The first position is the schema's.
    #expect(try store.testEventIDs().count >= safe - 1)
    try rapport("ingest", store.path, "-", input: lines).expectSuccess()
    #expect(try store.testEventIDs().count == 250)
  }

  @Test func `by a limit on the size of files keeps what was acknowledged`() throws {
    let store = try TestStore()
    let file = try store.folder.write("events.ndjson", SampleEvents.people(1...20_000))
    // In blocks of 1024 bytes.
    let command = "ulimit -f 1024; exec \"$0\" \"$@\""
    let run = try run(
      "/bin/bash",
      ["-c", command, PackagePaths.program.path] + ingest(store, file)
    )
    try expectFull(run, store)
    try rapport("ingest", store.path, file).expectSuccess()
    #expect(try store.testEventIDs().count == 20_000)
  }

  @Test func `by a full disk keeps what was acknowledged`() throws {
    let folder = try TemporaryFolder()
    let mount = folder.path("disk")
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
    let mounting = try? run("/bin/mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", mount])
    guard mounting?.exitCode == 0 else { try Test.cancel("mounting a small disk takes root") }
    defer { _ = try? run("/bin/umount", [mount]) }
    let path = mount + "/store"
    try rapport("init", path).expectSuccess()
    let file = try folder.write("events.ndjson", SampleEvents.people(1...20_000))
    let run = try rapport("ingest", path, file, "--acknowledge", "--quiet", "--commit-every", "100")
    #expect(run.exitCode == 74, run.comment)
    #expect(run.errors.contains("space"), run.comment)
    let safe = acknowledged(run)
    #expect(safe > 1)
    let log = try rapport("log", path, "--format", "ndjson")
    try log.expectSuccess()
    #expect(log.lines.count >= safe)
    try rapport("verify", path).expectSuccess()
  }

  private func expectFull(_ run: CommandRun, _ store: TestStore) throws {
    #expect(run.exitCode == 74, run.comment)
    #expect(run.errors.hasPrefix("rapport: "), run.comment)
    let safe = acknowledged(run)
    #expect(safe > 1, run.comment)
    #expect(try store.testEventIDs().count >= safe - 1)
    try rapport("verify", store.path).expectSuccess()
  }
}

/// A generator whose numbers can be had again from the seed.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators".
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
