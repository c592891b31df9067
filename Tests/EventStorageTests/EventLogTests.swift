import Foundation
import GraphModel
import Testing

@testable import EventStorage

@Suite struct `The event log` {
  let directory: TemporaryDirectory
  let log: EventLog

  init() throws {
    directory = try TemporaryDirectory()
    log = try EventLog.create(at: directory.store)
  }

  @Test func `is empty at first`() throws {
    #expect(try log.lastPosition() == EventPosition(0))
    #expect(try log.root() == MerkleTree.emptyRoot)
    #expect(try log.event(at: EventPosition(1)) == nil)
    #expect(try log.read { _ in Issue.record("there is no event") } == EventPosition(0))
    #expect(try log.verify().isIntact)
    #expect(try log.info().eventCount == 0)
    #expect(try log.append(EventBatch()).positions == nil)
  }

  @Test func `gives back what was appended`() throws {
    let text =
      #"{"type":"meeting.held","source":"s","id":"i","time":"2022-07-21T15:30:00+07:00","#
      + #""dataversion":2,"certainty":"inferred","evidence":{"page":3},"data":{"n":1.50}}"#
    let options = AppendOptions(recordedTime: 1_700_000_000_000_000)
    let result = try log.append([text, line("x")], options: options)
    #expect(result.outcomes == [.appended(EventPosition(1)), .appended(EventPosition(2))])
    #expect(result.positions == EventPosition(1)...EventPosition(2))
    let event = try #require(try log.event(at: EventPosition(1)))
    #expect(event.type == "meeting.held")
    #expect(event.source == "s")
    #expect(event.id == "i")
    #expect(event.timeText == "2022-07-21T15:30:00+07:00")
    #expect(event.eventTime == 1_658_392_200_000_000)
    #expect(event.recordedTime == 1_700_000_000_000_000)
    #expect(event.dataVersion == 2)
    #expect(event.certainty == .inferred)
    #expect(
      event.extensions == #"{"dataversion":2,"certainty":"inferred","evidence":{"page":3}}"#
    )
    #expect(event.data == #"{"n":1.50}"#)
    let second = try #require(try log.event(at: EventPosition(2)))
    #expect(second.timeText == nil)
    #expect(second.eventTime == second.recordedTime)
    #expect(second.dataVersion == nil)
    #expect(try log.position(ofSource: "s", id: "i") == EventPosition(1))
    #expect(try log.position(ofSource: "tests", id: "x") == EventPosition(2))
    #expect(try log.position(ofSource: "s", id: "x") == nil)
  }

  @Test func `takes an event once`() throws {
    let first = try log.append([line("a"), line("b", data: #"{"x":[1.0,"é"],"y":2}"#)])
    let again = try log.append([
      line("b", data: #"{ "y":2e0, "x":[1,"\u00e9"] }"#), line("c"), line("a"), line("c"),
    ])
    #expect(first.appendedCount == 2)
    #expect(
      again.outcomes == [
        .present(EventPosition(2)), .appended(EventPosition(3)), .present(EventPosition(1)),
        .present(EventPosition(3)),
      ]
    )
    #expect(again.presentCount == 3)
    #expect(try log.lastPosition() == EventPosition(3))
    let root = try log.root()
    let third = try log.append([line("a")])
    #expect(third.appendedCount == 0)
    #expect(third.end == LogEnd(position: EventPosition(3), root: root))
  }

  @Test func `agrees on a time only where the event gives one`() throws {
    func timed(_ time: String?) -> String {
      let attribute = time.map { #","time":"\#($0)""# } ?? ""
      return #"{"type":"t","id":"a"\#(attribute),"data":{}}"#
    }
    try log.append([timed("2022-07-21T08:30:00Z")])
    #expect(try log.append([timed(nil)]).presentCount == 1)
    #expect(try log.append([timed("2022-07-21T15:30:00+07:00")]).presentCount == 1)
    #expect(try log.append([timed("2022-07-21T08:30:01Z")]).conflicts.count == 1)
  }

  @Test(arguments: [
    #"{"type":"u","id":"a","subject":"s","data":{"x":1}}"#,
    #"{"type":"t","id":"a","subject":"s","data":{"x":2}}"#,
    #"{"type":"t","id":"a","subject":"s","data":{"x":9007199254740993}}"#,
    #"{"type":"t","id":"a","subject":"z","data":{"x":1}}"#,
    #"{"type":"t","id":"a","data":{"x":1}}"#,
    #"{"type":"t","id":"a","subject":"s","dataversion":1,"data":{"x":1}}"#,
    #"{"type":"t","id":"a","subject":"s","certainty":"hedged","data":{"x":1}}"#,
  ])
  func `refuses an event that says something else under the same id`(other: String) throws {
    let original = #"{"type":"t","id":"a","subject":"s","certainty":"stated","data":{"x":1}}"#
    try log.append([original])
    let result = try log.append([line("b"), other, line("c")])
    #expect(
      result.outcomes == [.appended(EventPosition(2)), .conflicting, .notReached]
    )
    let conflict = try #require(result.conflicts.first)
    #expect(conflict.index == 1)
    #expect(conflict.position == EventPosition(1))
    #expect(conflict.existing.data == #"{"x":1}"#)
    #expect(conflict.existing.recordedTime > 0)
    #expect(
      conflict.description
        == #"expected a new id, found "a" of source "tests", which has other content at position 1"#
    )
    #expect(try log.lastPosition() == EventPosition(2))
  }

  @Test func `leaves conflicts out where told to`() throws {
    try log.append([line("a")])
    let result = try log.append(
      [line("b"), line("a", type: "u"), line("c"), line("c", type: "u"), line("a"), line("d")],
      options: AppendOptions(onConflict: .skip)
    )
    #expect(
      result.outcomes == [
        .appended(EventPosition(2)), .conflicting, .appended(EventPosition(3)), .conflicting,
        .present(EventPosition(1)), .appended(EventPosition(4)),
      ]
    )
    #expect(result.conflicts.map(\.index) == [1, 3])
    #expect(result.conflicts[1].position == EventPosition(3))
    #expect(try log.verify().isIntact)
  }

  @Test func `writes all of an atomic batch or nothing`() throws {
    try log.append([line("a")])
    let end = try log.end()
    let options = AppendOptions(onConflict: .atomic)
    for lines in [
      [line("b"), line("a", type: "u"), line("c")], [line("b"), line("b", type: "u")],
    ] {
      let error = #expect(throws: AppendError.self) { try log.append(lines, options: options) }
      guard case .conflict(let conflict)? = error else {
        Issue.record("expected a conflict, found \(String(describing: error))")
        continue
      }
      #expect(conflict.index == 1)
      #expect(conflict.refused.type == "u")
    }
    #expect(try log.end() == end)
    #expect(try log.append([line("b"), line("c")], options: options).appendedCount == 2)
    #expect(try log.verify().isIntact)
  }

  @Test func `appends at the expected position only`() throws {
    try log.append([line("a")])
    let options = AppendOptions(expectedPosition: EventPosition(1))
    #expect(try log.append([line("b")], options: options).appendedCount == 1)
    #expect(throws: AppendError.positionMoved(expected: 1, actual: 2)) {
      try log.append([line("c")], options: options)
    }
    #expect(try log.lastPosition() == EventPosition(2))
  }

  @Test func `appends a batch of any size, but an atomic one only as large as a transaction`()
    throws
  {
    let filler = String(repeating: "x", count: 30_000)
    var batch = EventBatch()
    let lines = Lines()
    for index in 0..<3000 {
      try lines.add(line("\(index)", data: #"{"f":"\#(filler)"}"#), to: &batch)
    }
    let atomic = AppendOptions(onConflict: .atomic)
    #expect(throws: AppendError.batchTooLarge(eventCount: 3000)) {
      try log.append(batch, options: atomic)
    }
    #expect(try log.lastPosition() == EventPosition(0))
    let result = try log.append(batch)
    #expect(result.appendedCount == 3000)
    #expect(try log.info().commitCount > 1)
    #expect(try log.verify().isIntact)
    #expect(try log.append(batch).presentCount == 3000)
  }

  @Test func `records times that do not go back`() throws {
    func append(_ id: String, at time: Int64) throws {
      try log.append([line(id)], options: AppendOptions(recordedTime: time))
    }
    try append("a", at: 1000)
    try append("b", at: 2000)
    try append("c", at: 1500)
    try append("d", at: 3000)
    #expect(try log.allEvents().map(\.recordedTime) == [1000, 2000, 2000, 3000])
    #expect(try log.position(at: 999) == EventPosition(0))
    #expect(try log.position(at: 1000) == EventPosition(1))
    #expect(try log.position(at: 2500) == EventPosition(3))
    #expect(try log.position(at: .max) == EventPosition(4))
  }

  @Test func `is read from any position, as far as wanted`() throws {
    try log.append((1...10).map { line("\($0)") })
    func positions(from first: UInt32, limit: Int = .max) throws -> [UInt32] {
      var found: [UInt32] = []
      let last = try log.read(from: EventPosition(first), limit: limit) {
        found.append($0.position.rawValue)
      }
      #expect(last.rawValue == found.last ?? max(first, 1) - 1)
      return found
    }
    #expect(try positions(from: 0) == Array(1...10))
    #expect(try positions(from: 8) == [8, 9, 10])
    #expect(try positions(from: 3, limit: 2) == [3, 4])
    #expect(try positions(from: 3, limit: 0).isEmpty)
    #expect(try positions(from: 11).isEmpty)
    struct Stop: Error {}
    #expect(throws: Stop.self) { try log.read { _ in throw Stop() } }
    try log.append([line("after")])
  }

  @Test func `grows past the map that was reserved`() throws {
    var options = EventLog.Options()
    options.mapByteCount = 1 << 20
    let log = try EventLog.create(at: directory.path + "/small", options: options)
    let filler = String(repeating: "x", count: 10_000)
    for round in 0..<20 {
      try log.append((0..<30).map { line("\(round).\($0)", data: #"{"f":"\#(filler)"}"#) })
    }
    #expect(try log.info().mapByteCount > 1 << 20)
    #expect(try log.verify().recordCount == 600)
  }

  @Test func `is read by some threads and written by others at once`() throws {
    let log = log
    let writers = (0..<3).map { writer -> @Sendable () throws -> Void in
      {
        for index in 0..<40 { try log.append([line("\(writer).\(index)"), line("\(index)")]) }
      }
    }
    let reader: @Sendable () throws -> Void = {
      var seen: UInt32 = 0
      while seen < 160 {
        var count: UInt32 = 0
        try log.read {
          count += 1
          #expect($0.position.rawValue == count)
        }
        #expect(count >= seen)
        seen = count
      }
    }
    try onThreads(writers + [reader, reader])
    #expect(try log.lastPosition() == EventPosition(160))
    #expect(try log.verify().isIntact)
  }

  @Test func `equals a plain array after any batches`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    var log: EventLog? = try EventLog.create(at: directory.path + "/model")
    var model: [(id: String, type: String)] = []
    for _ in 0..<60 {
      let events = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
        (
          id: "\(Int.random(in: 0..<80, using: &generator))",
          type: Int.random(in: 0..<12, using: &generator) == 0 ? "u" : "t"
        )
      }
      let handling =
        [
          AppendOptions.ConflictHandling.stop, .skip, .atomic,
        ].randomElement(using: &generator) ?? .stop
      var next = model
      var isRefused = false
      for event in events {
        if let known = next.first(where: { $0.id == event.id }) {
          if known.type == event.type { continue }
          isRefused = true
          if handling == .skip { continue }
          break
        }
        next.append(event)
      }
      if isRefused, handling == .atomic { next = model }
      model = next
      let lines = events.map { line($0.id, type: $0.type) }
      _ = try? log?.append(lines, options: AppendOptions(onConflict: handling))
      if Int.random(in: 0..<6, using: &generator) == 0 {
        log = nil
        log = try EventLog.open(at: directory.path + "/model")
      }
    }
    let found = try #require(try log?.allEvents())
    #expect(found.map(\.id) == model.map(\.id), "seed \(seed)")
    #expect(found.map(\.type) == model.map(\.type), "seed \(seed)")
    #expect(found.map(\.position.rawValue) == (0..<UInt32(model.count)).map { $0 + 1 })
    #expect(try log?.verify().problems == [], "seed \(seed)")
  }
}

@Suite struct `An export` {
  private let directory: TemporaryDirectory
  private let log: EventLog

  init() throws {
    directory = try TemporaryDirectory()
    log = try EventLog.create(at: directory.store)
    try log.append(
      [
        #"{"type":"t","id":"1","time":"2022-07-21T15:30:00+07:00","data":{"n":1.50}}"#,
        #"{"type":"a \"b\"","source":"ü\\","id":"2","subject":"s","certainty":"hedged","data":{}}"#,
      ],
      options: AppendOptions(recordedTime: 1_658_392_200_123_456)
    )
    try log.append([line("3")])
  }

  private func restore(_ lines: [String], into store: EventLog) throws -> AppendResult {
    var batch = EventBatch()
    let reader = Lines(restoring: true)
    for line in lines { try reader.add(line, to: &batch) }
    return try store.append(batch)
  }

  @Test func `restores to an equal log`() throws {
    let lines = try log.exported()
    #expect(
      lines[0]
        == #"{"specversion":"1.0","type":"t","source":"tests","id":"1","#
        + #""time":"2022-07-21T15:30:00+07:00","data":{"n":1.50},"#
        + #""recordedtime":"2022-07-21T08:30:00.123456Z","position":1}"#
    )
    let copy = try EventLog.create(at: directory.path + "/copy")
    #expect(try restore(Array(lines.prefix(2)), into: copy).appendedCount == 2)
    // Doing it again finishes it.
    let result = try restore(lines, into: copy)
    #expect(result.presentCount == 2)
    #expect(result.appendedCount == 1)
    #expect(try copy.end() == log.end())
    #expect(try copy.allEvents() == log.allEvents())
    #expect(try copy.exported() == lines)
    #expect(try copy.verify().isIntact)
  }

  @Test func `restores its positions or nothing`() throws {
    let lines = try log.exported()
    let copy = try EventLog.create(at: directory.path + "/copy")
    #expect(throws: AppendError.restoreOutOfSequence(index: 0, expected: 1, found: 2)) {
      try restore([lines[1]], into: copy)
    }
    #expect(try copy.lastPosition() == EventPosition(0))
    let early = lines[2].replacing(
      /"recordedtime":"[^"]*"/,
      with: #""recordedtime":"1999-01-01T00:00:00Z""#
    )
    #expect(throws: AppendError.restoreBackInTime(index: 2)) {
      try restore([lines[0], lines[1], String(early)], into: copy)
    }
    var batch = EventBatch()
    let error = #expect(throws: EventError.self) {
      try Lines(restoring: true).add(line("a"), to: &batch)
    }
    #expect(error?.reason == .notRestorable("position"))
  }

  @Test func `is refused as ordinary events`() throws {
    var batch = EventBatch()
    let lines = try log.exported()
    #expect(throws: EventError.self) { try Lines().add(lines[0], to: &batch) }
  }
}

@Suite struct `The root of the log` {
  private let directory: TemporaryDirectory
  private let log: EventLog
  private var ends: [LogEnd] = []

  init() throws {
    directory = try TemporaryDirectory()
    log = try EventLog.create(at: directory.store)
    for round in 0..<5 {
      let lines = (0..<(round * 3 + 1)).map { line("\(round).\($0)") }
      ends.append(try log.append(lines).end)
    }
  }

  @Test func `is known for every commit, and computed for every position`() throws {
    for end in ends { #expect(try log.root(at: end.position) == end.root) }
    var tree = MerkleAccumulator()
    var roots: [TreeHash] = [tree.root]
    try log.read {
      tree.append($0.content.leaf)
      roots.append(tree.root)
    }
    for (position, root) in roots.enumerated() {
      #expect(try log.root(at: EventPosition(UInt32(position))) == root)
    }
    #expect(try log.root(at: EventPosition(UInt32(roots.count))) == nil)
  }

  @Test func `does not depend on times, nor on batches`() throws {
    let other = try EventLog.create(at: directory.path + "/other")
    for event in try log.allEvents() {
      try other.append([line(event.id)], options: AppendOptions(recordedTime: 5))
    }
    #expect(try other.end() == log.end())
  }

  @Test func `proves what was written down earlier`() throws {
    #expect(try log.verify(knownEnds: ends).isIntact)
    var wrong = ends
    wrong[2].root = MerkleTree.emptyRoot
    let report = try log.verify(knownEnds: wrong)
    #expect(report.firstBadPosition == ends[2].position)
    #expect(report.problemCount == 1)
    let future = LogEnd(position: EventPosition(1000), root: MerkleTree.emptyRoot)
    #expect(
      try log.verify(knownEnds: [future]).problems.map(\.description)
        == ["the log ends before position 1000, whose root is known"]
    )
  }

  @Test func `comes with proofs`() throws {
    let end = try log.end()
    let last = UInt64(end.position.rawValue)
    for event in try log.allEvents() {
      let proof = try #require(try log.inclusionProof(of: event.position, in: end.position))
      var leaf: TreeHash?
      try log.read(from: event.position, limit: 1) { leaf = $0.content.leaf }
      #expect(
        MerkleTree.verifyInclusion(
          of: try #require(leaf),
          at: UInt64(event.position.rawValue) - 1,
          in: last,
          root: end.root,
          proof: proof
        )
      )
    }
    for earlier in ends {
      let proof = try #require(try log.consistencyProof(from: earlier.position, to: end.position))
      #expect(
        MerkleTree.verifyConsistency(
          from: UInt64(earlier.position.rawValue),
          root: earlier.root,
          to: last,
          root: end.root,
          proof: proof
        )
      )
    }
    #expect(try log.inclusionProof(of: EventPosition(0), in: end.position) == nil)
    #expect(try log.consistencyProof(from: end.position, to: EventPosition(99)) == nil)
  }
}
