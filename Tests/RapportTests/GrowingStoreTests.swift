import Dispatch
import Foundation
import GraphModel
import Rapport
import Synchronization
import Testing

@testable import Rapport

/// A store that is open takes in what is committed, without folding anything again.
@Suite struct `A growing store` {
  private static let countOfMeetings = "MATCH (m:Meeting) RETURN count(m) AS n"
  private static let countOfPeople = "MATCH (p:Person) RETURN count(p) AS n"
  private static let busiest =
    "MATCH (p:Person)-[:ATTENDED]->(m:Meeting) RETURN p.id AS id, count(m) AS n "
    + "ORDER BY n DESC, id LIMIT 3"

  @Test func `answers as one that was folded whole, and leaves readers what they have`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("store")
    do {
      let start = try Store.create(at: path)
      try ingest(people(1...9000) + meetings(1...3000), into: start, folder)
      try start.prepare()
    }
    // The image is mapped: what changes is copied page by page.
    let store = try Store.open(at: path)
    #expect(try rows(store.query(Self.countOfMeetings)) == [[.integer(3000)]])
    var readers: [(view: StoreView, count: Int64)] = []
    for round in 0..<6 {
      if round % 2 == 0 {
        let view = StoreView(store: store, graph: try store.graph())
        readers.append((view, Int64(3000 + round * 50)))
      }
      let first = 3001 + round * 50
      try ingest(
        people(9001 + round...9001 + round) + meetings(first...first + 49),
        into: store,
        folder
      )
      #expect(try rows(store.query(Self.countOfMeetings)) == [[.integer(Int64(first + 49))]])
    }
    for reader in readers {
      #expect(try rows(reader.view.query(Self.countOfMeetings)) == [[.integer(reader.count)]])
    }
    let grown = try store.graphDigest()
    let busiest = try rows(store.query(Self.busiest))
    let report = try store.rebuild()
    #expect(report.digest == grown)
    #expect(try rows(store.query(Self.busiest)) == busiest)
    #expect(report.formerDigest == grown, "what another process makes of the image and the rest")
  }

  @Test func `knows when nodes are not in the order of their ids any more`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("store")
    do {
      let start = try Store.create(at: path)
      try ingest(people(10_001...16_000), into: start, folder)
      try start.prepare()
    }
    let store = try Store.open(at: path)
    let first = "MATCH (p:Person) RETURN p.id AS id ORDER BY id LIMIT 2"
    #expect(try ids(store.query(first)) == ["person:10001", "person:10002"])
    // Behind all others as a text, and then before them.
    try ingest(people(9999...9999), into: store, folder)
    #expect(try ids(store.query(first)) == ["person:10001", "person:10002"])
    let last = "MATCH (p:Person) RETURN p.id AS id ORDER BY id SKIP 5999"
    #expect(try ids(store.query(last)) == ["person:16000", "person:9999"])
    try ingest(people(10_000...10_000), into: store, folder)
    #expect(try ids(store.query(first)) == ["person:10000", "person:10001"])
    #expect(try store.rebuild().formerDigest == store.graphDigest())
    #expect(try ids(store.query(first)) == ["person:10000", "person:10001"])
  }

  private func ids(_ answer: QueryAnswer) -> [String] {
    rows(answer).map { row in
      if case .string(let id) = row[0] { id } else { "" }
    }
  }

  @Test func `folds nothing twice, however many ask while it grows`() throws {
    let folder = try TemporaryFolder()
    let store = try Store.create(at: folder.path("store"))
    try ingest(people(1...2500), into: store, folder)
    _ = try store.graph()
    let lines = people(2501...2700)
    let fullFoldCount = Shared(0)
    let isWritten = Shared(false)
    // Threads, since a queue would let no more of them run than there are cores.
    let readers = DispatchGroup()
    for _ in 0..<8 {
      readers.enter()
      Thread {
        defer { readers.leave() }
        while !isWritten.value {
          guard let graph = try? store.graph() else { return }
          // The first graph of all was folded whole.
          if graph.work.isFull, graph.end.position.rawValue > 2501 {
            fullFoldCount.value += 1
          }
        }
      }.start()
    }
    for line in lines { try ingest([line], into: store, folder) }
    isWritten.value = true
    readers.wait()
    #expect(fullFoldCount.value == 0)
    #expect(try store.graphDigest() == store.rebuild().digest)
  }

  @Test func `shows what others have acknowledged, also to who asked meanwhile`() throws {
    let store = try TestStore()
    let reader = try Store.open(at: store.path, readOnly: true)
    let pipe = Pipe()
    let running = try RunningCommand(
      PackagePaths.program.path,
      ["ingest", store.path, "-", "--acknowledge", "--quiet", "--commit-every", "1"],
      input: .pipe(pipe)
    )
    for number in 1...300 {
      let event = Data(SampleEvents.people(number...number).utf8)
      try pipe.fileHandleForWriting.write(contentsOf: event)
      let acknowledgement = "acknowledged \(number + 1)\n"
      while running.isRunning, !running.output.hasSuffix(acknowledgement) {
        for _ in 0..<50 { _ = try reader.query(Self.countOfPeople) }
      }
      try #require(running.isRunning)
      #expect(try rows(reader.query(Self.countOfPeople)) == [[.integer(Int64(number))]])
    }
    try pipe.fileHandleForWriting.close()
    try running.wait().expectSuccess()
  }

  @Test func `has its image written where that is worth it, and only there`() throws {
    let store = try TestStore()
    let image = store.path + "/image/graph.image"
    let many = SampleEvents.people(1...6000)
    try rapport("ingest", store.path, "-", "--no-graph", input: many).expectSuccess()
    #expect(!FileManager.default.fileExists(atPath: image))
    let more = SampleEvents.people(6001...6002)
    try rapport("ingest", store.path, "-", input: more).expectSuccess()
    let written = try Data(contentsOf: URL(filePath: image))
    // Two events are folded at each opening rather than written again.
    let two = SampleEvents.people(6003...6004)
    try rapport("ingest", store.path, "-", input: two).expectSuccess()
    #expect(try store.rows("MATCH (p:Person) RETURN count(p)") == ["6004"])
    #expect(try Data(contentsOf: URL(filePath: image)) == written)
  }

  @Test func `that is restored from nothing has no schema to make a graph by`() throws {
    let folder = try TemporaryFolder()
    let run = try rapport("ingest", folder.path("store"), "-", "--restore", input: "")
    #expect(run.exitCode == 0, run.comment)
    #expect(run.output.hasPrefix("0 events ingested"), run.comment)
  }

  // MARK: Events

  private func people(_ numbers: ClosedRange<Int>) -> [String] {
    numbers.map { SampleEvents.person($0) }
  }

  /// Each with some people, and sometimes one that no event has registered.
  private func meetings(_ numbers: ClosedRange<Int>) -> [String] {
    numbers.map { number in
      let attendees = (0...number % 5).map { index in
        let person = (number * 7919 + index * 104_729) % 9050 + 1
        return #"{"person":"person:\#(person)","for":"org:\#(person % 40)","role":"delegate"}"#
      }
      return SampleEvents.event(
        "meeting.held",
        id: "m\(number)",
        data: #"{"id":"meeting:\#(number)","title":"Meeting \#(number)","date":"2020-01-02","#
          + #""attendees":[\#(attendees.joined(separator: ","))]}"#
      )
    }
  }

  private func ingest(_ lines: [String], into store: Store, _ folder: TemporaryFolder) throws {
    let file = folder.path("events.ndjson")
    try lines.map { $0 + "\n" }.joined().write(toFile: file, atomically: true, encoding: .utf8)
    let summary = try store.ingest([.file(file)])
    if let failure = summary.failure { throw failure }
    #expect(summary.ingested == lines.count)
  }

  private func rows(_ answer: QueryAnswer) -> [[Value]] {
    (0..<answer.result.rowCount).map { row in
      answer.result.columns.indices.map { answer.result.value(row: row, column: $0) }
    }
  }
}

/// A value that threads share.
private final class Shared<Value: Sendable>: Sendable {
  private let held: Mutex<Value>

  init(_ value: Value) { held = Mutex(value) }

  var value: Value {
    get { held.withLock { $0 } }
    set { held.withLock { $0 = newValue } }
  }
}
