import Foundation
import EventStorage
import GraphModel
import GraphStorage
import Projections
import Testing

@testable import Rapport

/// Many events are decoded by one thread and applied by another: nothing of it shows.
@Suite struct `Folding in stages` {
  @Test(arguments: [false, true])
  func `ends in the graph of one event after another`(hasRevisions: Bool) throws {
    let directory = try TemporaryDirectory()
    let store = try Store.create(at: directory.file("store"))
    var log = RandomLog(seed: hasRevisions ? 31 : 30)
    var lines = log.lines(6000)
    // What only the projection can tell: other types, other versions, bad values in known ones.
    for index in stride(from: 100, to: lines.count, by: 613) {
      lines[index] = event("odd\(index)", "nobody.knows", #"{"what":"ครับ"}"#)
      lines[index + 1] = event("long\(index)", "topic.defined", Self.longTopic(index))
    }
    if hasRevisions {
      for index in [2500, 5500] {
        lines[index] = event(
          "revision\(index)",
          "rapport.event.retracted",
          #"{"position":\#(index - 7)}"#
        )
      }
    }
    let file = directory.file("events.ndjson")
    try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    var options = IngestOptions()
    options.allowsUnknown = true
    let summary = try store.ingest([.file(file)], options: options)
    #expect(summary.failure == nil)
    #expect(summary.ingested == lines.count)

    let schema = try store.schema()
    let end = try store.end()
    let folding = Folding(log: store.log, schema: schema, end: end)
    let revised = try store.log.positions(through: end.position, whereType: Revisions.isRevision)
    #expect(revised.count == (hasRevisions ? 2 : 0))
    let builder = GraphBuilder()
    let projection = Projection(
      schema: schema.schema,
      builder: builder,
      revisions: try folding.revisions(at: revised)
    )
    var quarantinedCount = 0
    try store.log.read { record in
      if case .quarantined = projection.fold(FoldInput(record)) { quarantinedCount += 1 }
      if Revisions.isRevision(record.type) { builder.noteRevision(at: record.position) }
    }
    #expect(quarantinedCount == 10)

    var progress: [Int] = []
    let staged = try folding.contents(from: nil) { progress.append($0.folded) }
    #expect(GraphImage.digest(of: staged.contents) == GraphImage.digest(of: builder.contents))
    #expect(staged.contents.quarantined.count == quarantinedCount)
    #expect(progress.count > 2 && progress == progress.sorted())
    #expect(progress.last == Int(end.position.rawValue))
  }

  @Test func `reads every event once, and stops when it is given up`() throws {
    let directory = try TemporaryDirectory()
    let store = try Store.create(at: directory.file("store"))
    var log = RandomLog(seed: 4)
    let file = directory.file("events.ndjson")
    try log.lines(5000).joined(separator: "\n")
      .write(toFile: file, atomically: true, encoding: .utf8)
    _ = try store.ingest([.file(file)])
    let schema = try store.schema().schema
    let pipeline = FoldPipeline(
      store.log,
      from: EventPosition(1),
      count: 5001,
      Projection(schema: schema, builder: GraphBuilder())
    )
    var count = 0
    while let piece = try pipeline.next() {
      count += piece.events.count
      pipeline.recycle(piece)
    }
    #expect(count == 5001)
    // One that is given up does not go on.
    let other = FoldPipeline(
      store.log,
      from: EventPosition(1),
      count: 5001,
      Projection(schema: schema, builder: GraphBuilder())
    )
    let first = try #require(try other.next())
    other.cancel()
    other.recycle(first)
    var rest = first.events.count
    do {
      while let piece = try other.next() {
        rest += piece.events.count
        other.recycle(piece)
      }
      Issue.record("it came to its end")
    } catch {
      #expect(rest < 5001)
    }
  }

  private func event(_ id: String, _ type: String, _ data: String) -> String {
    #"{"type":"\#(type)","id":"\#(id)","source":"urn:odd","time":"2024-01-01T00:00:00Z","#
      + #""data":\#(data)}"#
  }

  /// A name that is too long to be hashed beforehand, in two languages.
  private static func longTopic(_ index: Int) -> String {
    let name = String(repeating: "ก", count: 40) + "\(index)"
    return #"{"id":"t\#(index)","name":{"th":"\#(name)","en":"\#(name) \#(name)"}}"#
  }
}
