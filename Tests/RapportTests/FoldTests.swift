import Foundation
import Rapport
import Testing

@Suite struct `Folding a log` {
  /// Ingests a random log in random pieces, with a graph made after each.
  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func `on top of any prefix's graph ends in the digest of one fold`(seed: UInt64) throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("store")
    var log = RandomLog(seed: seed)
    var generator = SeededGenerator(seed: seed ^ 0xFF)
    var store: Store? = try Store.create(at: path)
    for piece in 0..<6 {
      let lines = log.lines(Int.random(in: 0...40, using: &generator))
      let file = directory.file("piece\(piece).ndjson")
      try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
      let summary = try store?.ingest([.file(file)])
      #expect(summary?.failure == nil)
      #expect(summary?.ingested == lines.count)
      let incremental = try store?.graphDigest()
      // Opened anew, the store folds from its image, or from nothing.
      if Bool.random(using: &generator) {
        store = nil
        store = try Store.open(at: path)
      }
      let report = try store?.rebuild()
      #expect(report?.digest == incremental, "seed \(seed), piece \(piece)")
      #expect(report?.formerDigest == nil || report?.formerDigest == report?.digest)
    }
  }

  @Test func `of one log is the same in two stores, and differs for another log`() throws {
    let directory = try TemporaryDirectory()
    var digests: [[UInt8]] = []
    for (name, seed) in [("a", 1), ("b", 1), ("c", 2)] as [(String, UInt64)] {
      var log = RandomLog(seed: seed)
      let file = directory.file("\(name).ndjson")
      let text = log.lines(80).joined(separator: "\n")
      try text.write(toFile: file, atomically: true, encoding: .utf8)
      let store = try Store.create(at: directory.file(name))
      _ = try store.ingest([.file(file)])
      digests.append(try store.graphDigest())
    }
    #expect(digests[0] == digests[1])
    #expect(digests[0] != digests[2])
  }
}

/// A directory that goes away with the value.
final class TemporaryDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "/rapport-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String) -> String { path + "/" + name }
}
