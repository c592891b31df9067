import Foundation
import GraphStorage
import Testing

@testable import Rapport

/// Random schemas after each other over a random log: what is folded again must not show.
@Suite struct `Changing the schema` {
  @Test(arguments: 0..<12 as Range<UInt64>)
  func `ends in the digest of a full fold, and does what the plan says`(part: UInt64) throws {
    var separateCount = 0
    for seed in part * 10..<part * 10 + 10 { separateCount += try changeAtRandom(seed) }
    #expect(separateCount > 10, "most changes are to be folded apart from the rest")
  }

  /// - Returns: how many changes folded some events again and left the others.
  private func changeAtRandom(_ seed: UInt64) throws -> Int {
    let directory = try TemporaryDirectory()
    let path = directory.file("store")
    var generator = SeededGenerator(seed: seed &* 977)
    var log = SketchLog(seed: seed)
    log.revises = seed % 4 == 0
    log.ends = seed % 3 == 0
    var sketch = SchemaSketch()
    var store: Store? = try Store.create(at: path, schema: file(sketch))
    var separate = 0
    for step in 0..<6 {
      let place: Comment = "seed \(seed), step \(step), \(sketch)"
      try ingest(log.lines(12, meetingVersions: 1...sketch.meetingVersion), into: store, directory)
      if Bool.random(using: &generator) { _ = try store?.rebuild() }
      if Bool.random(using: &generator) {
        store = nil
        store = try Store.open(at: path)
      }
      sketch.change(&generator)
      let open = try #require(store)
      let before = try fullGraph(open, open.schema())
      let plan = try open.plan(file(sketch))
      var options = SchemaApplyOptions()
      options.acceptsLoss = true
      let application = try open.apply(file(sketch), options: options)
      #expect(application.plan.graph == plan.graph, place)
      #expect(application.plan.refoldedCount == plan.refoldedCount, place)
      let after = try fullGraph(open, application.applied)
      #expect(
        Set(GraphDifference(from: before, to: after).counts) == Set(plan.graph.counts),
        place
      )
      #expect(try open.graphDigest() == GraphImage.digest(of: after), place)
      if plan.refoldedCount > 0, !plan.isFull { separate += 1 }
    }
    return separate
  }

  @Test func `and going back gives the graph of before`() throws {
    let directory = try TemporaryDirectory()
    var sketch = SchemaSketch()
    let store = try Store.create(at: directory.file("store"), schema: file(sketch))
    var log = SketchLog(seed: 5)
    try ingest(log.lines(60, meetingVersions: 1...1), into: store, directory)
    let first = try contents(store)
    sketch.version = 2
    sketch.attended = "WAS_AT"
    sketch.knowsHonorific = false
    var options = SchemaApplyOptions()
    #expect(throws: StoreFailure.self) { try store.apply(file(sketch), options: options) }
    options.acceptsLoss = true
    let application = try store.apply(file(sketch), options: options)
    #expect(application.applied.number == 2)
    #expect(application.plan.graph.renamedEdgeTypes.map(\.after) == ["WAS_AT"])
    #expect(GraphDifference(from: first, to: try contents(store)).isEmpty == false)
    let back = try store.rollback(options: SchemaApplyOptions())
    #expect(back.applied.number == 3)
    #expect(GraphDifference(from: first, to: try contents(store)).isEmpty)
    #expect(try store.graphDigest() == store.rebuild().digest)
  }

  private func file(_ sketch: SchemaSketch) -> SchemaFile {
    SchemaFile(name: "sketch.rapport", text: sketch.text)
  }

  private func contents(_ store: Store) throws -> GraphContents { try store.graph().graph.contents }

  private func fullGraph(_ store: Store, _ schema: AppliedSchema) throws -> GraphContents {
    try Folding(log: store.log, schema: schema, end: store.end())
      .graph(from: nil, progress: nil).graph.contents
  }

  private func ingest(
    _ lines: [String],
    into store: Store?,
    _ directory: TemporaryDirectory
  ) throws {
    let file = directory.file("events.ndjson")
    try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
    var options = IngestOptions()
    options.onError = .skip
    let summary = try store?.ingest([.file(file)], options: options)
    if let failure = summary?.failure { throw failure }
  }
}

extension GraphDifference {
  /// What differs and how much, without the samples, whose choice depends on the order.
  fileprivate var counts: [String] {
    entries.map { "\($0.subject) +\($0.appeared) -\($0.vanished) ~\($0.changed)" }
      + renamedEdgeTypes.map { "\($0)" }
  }
}
