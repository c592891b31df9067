import EventStorage
import Foundation
import GraphModel
import GraphStorage
import Synchronization
import Testing

@testable import Rapport

/// The graph of many events is made while they are ingested: nothing of it shows.
@Suite struct `A graph that is made along` {
  private let folder: TemporaryFolder
  private let store: Store

  init() throws {
    folder = try TemporaryFolder()
    store = try Store.create(at: folder.path("store"))
  }

  private func ingest(
    _ lines: [String],
    _ change: (inout IngestOptions) -> Void = { _ in }
  ) throws -> IngestSummary {
    var options = IngestOptions()
    options.makesGraph = true
    options.lineCountBeforeGraph = 1500
    // A piece has 1,000 lines then.
    options.eventsPerCommit = 1000
    change(&options)
    let file = try folder.write("events.ndjson", lines.joined(separator: "\n"))
    return try store.ingest([.file(file)], options: options)
  }

  /// Whether the graph was made along, up to the last event, and is the one that a fold makes.
  private func expectWhole() throws {
    #expect(try store.ingestedPosition == store.end().position)
    try expectSame()
  }

  private func expectSame() throws {
    let digest = try store.graphDigest()
    #expect(store.ingestedPosition == nil, "it is in use")
    #expect(try store.rebuild().digest == digest)
  }

  private static func event(_ id: String, _ type: String, _ data: String) -> String {
    #"{"type":"\#(type)","id":"\#(id)","source":"urn:odd","time":"2024-01-01T00:00:00Z","#
      + #""data":\#(data)}"#
  }

  @Test(arguments: [1000, 700, 2300])
  func `is that of a fold, however many events a commit takes`(commit: Int) throws {
    var log = RandomLog(seed: UInt64(commit))
    let summary = try ingest(log.lines(4500)) { $0.eventsPerCommit = commit }
    #expect(summary.ingested == 4500)
    try expectWhole()
  }

  @Test func `goes on behind the events that were there`() throws {
    var log = RandomLog(seed: 2)
    let lines = log.lines(4000)
    let first = try ingest(Array(lines[..<900]))
    #expect(first.ingested == 900 && store.ingestedPosition == nil, "few lines are not worth it")
    _ = try ingest(Array(lines[900...]))
    try expectWhole()
  }

  @Test func `leaves out what is there, contradicts, or is wrong`() throws {
    var log = RandomLog(seed: 3)
    var lines = log.lines(4500)
    // The fourth piece begins with what is there, and the others have some of all.
    lines.insert(contentsOf: lines[200..<260], at: 3000)
    for index in stride(from: 2500, to: lines.count, by: 331) {
      lines.insert(lines[index - 1200], at: index)
      lines.insert(Self.event("wrong", "person.registered", #"{"id":7}"#), at: index + 3)
      let topic = #"{"id":"t\#(index)","name":"Topic"}"#
      lines.insert(Self.event("twice", "topic.defined", topic), at: index + 5)
    }
    let rejectedCount = Mutex(0)
    let summary = try ingest(lines) {
      $0.onError = .skip
      $0.onReject = { _ in rejectedCount.withLock { $0 += 1 } }
    }
    #expect(summary.rejected > 10 && summary.rejected == rejectedCount.withLock { $0 })
    #expect(summary.alreadyThere > 60)
    try expectWhole()
  }

  @Test func `has events of unknown types in quarantine, and the log's time where none was given`()
    throws
  {
    var log = RandomLog(seed: 4)
    var lines = log.lines(4000)
    for index in stride(from: 100, to: lines.count, by: 613) {
      lines[index] = Self.event("odd\(index)", "nobody.knows", #"{"what":"ครับ"}"#)
      for next in [index + 1, index + 2, index + 3] {
        lines[next].replace(/"time":"[^"]*",/, with: "")
      }
      lines[index + 4] = #"{"type":"nobody.knows","id":"late\#(index)","data":{}}"#
    }
    let summary = try ingest(lines) { $0.allowsUnknown = true }
    #expect(summary.waiting == 14)
    try expectWhole()
    #expect(try store.graph().graph.contents.quarantined.count == 14)
  }

  @Test func `takes in what others append meanwhile`() throws {
    var log = RandomLog(seed: 5)
    let eventLog = store.log
    let count = Mutex(0)
    let summary = try ingest(log.lines(4000)) {
      // Most pieces come into the log in two parts, with what others append between them.
      $0.eventsPerCommit = 700
      $0.onCommit = { _ in
        let number = count.withLock { count in
          count += 1
          return count
        }
        let line = Self.event("other\(number)", "topic.defined", #"{"id":"t1","name":"Another"}"#)
        var batch = EventBatch()
        let parser = EnvelopeParser(options: .init(defaultSource: "other"))
        let bytes = Array(line.utf8)
        _ = try? bytes.withUnsafeBytes { try parser.parse($0, into: &batch) }
        _ = try? eventLog.append(batch)
      }
    }
    #expect(summary.ingested == 4000)
    #expect(try store.end().position.rawValue == 4007)
    // The last is behind what the ingestion knows of.
    #expect(store.ingestedPosition?.rawValue == 4006)
    try expectSame()
  }

  @Test(arguments: [3321, 700])
  func `is given up where an event revises others`(place: Int) throws {
    var log = RandomLog(seed: 6)
    var lines = log.lines(4000)
    lines[place] = Self.event("back", "rapport.event.retracted", #"{"position":650}"#)
    _ = try ingest(lines)
    #expect(store.ingestedPosition == nil)
    try expectSame()
  }

  @Test func `is given up where a schema comes with the events`() throws {
    let other = try Store.create(at: folder.path("other"))
    var file = SchemaFile.shipped
    file.text.replace("NODE Topic {", with: "NODE Topic {\n  colour STRING,")
    _ = try other.apply(file, options: SchemaApplyOptions())
    var schemaLine: [UInt8] = []
    try other.log.read(from: EventPosition(2), limit: 1) { record in
      record.appendLine(to: &schemaLine, includesPlace: false)
    }
    var log = RandomLog(seed: 8)
    var lines = log.lines(4000)
    lines[2500] = String(decoding: schemaLine.dropLast(), as: UTF8.self)
    _ = try ingest(lines)
    #expect(try store.schema().number == 2)
    #expect(store.ingestedPosition == nil)
    try expectSame()
  }

  @Test func `is not made of what is one commit, of what fails, or behind many events`() throws {
    var log = RandomLog(seed: 7)
    _ = try ingest(log.lines(2500)) { $0.isAtomic = true }
    #expect(store.ingestedPosition == nil)
    _ = try ingest(log.lines(2500))
    #expect(store.ingestedPosition == nil, "there were many")
    let other = try Store.create(at: folder.path("other"))
    var options = IngestOptions()
    (options.makesGraph, options.lineCountBeforeGraph) = (true, 1000)
    options.eventsPerCommit = 1000
    let lines = log.lines(2500) + ["{"]
    let file = try folder.write("events.ndjson", lines.joined(separator: "\n"))
    let failed = try other.ingest([.file(file)], options: options)
    #expect(failed.failure != nil && failed.ingested == 2500)
    #expect(other.ingestedPosition == nil)
    #expect(try other.graphDigest() == other.rebuild().digest)
  }
}
