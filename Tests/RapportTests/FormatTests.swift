import Foundation
import GraphStorage
import Rapport
import Testing

/// What was written once is read for ever.
@Suite struct `Stores of every released format` {
  static let folder = PackagePaths.file("Tests/RapportTests/Formats")

  static let names: [String] = {
    let all = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    return (all ?? []).filter { $0.hasPrefix("log-") }.sorted()
  }()

  @Test func `are there`() {
    #expect(Self.names.count >= 6)
  }

  @Test(arguments: names)
  func `open, verify, answer and rebuild`(name: String) throws {
    let copy = try Copy(of: name)
    let store = try Store.open(at: copy.path)
    let report = try store.verify()
    #expect(report.isIntact)
    #expect(report.recordCount == copy.expected.eventCount)
    #expect("\(try store.end().root)" == copy.expected.root)
    try copy.expectAnswers(of: store)
    let digest = try store.graphDigest()
    #expect(try store.rebuild().digest == digest)
    try copy.expectAnswers(of: store)
  }

  @Test(arguments: names)
  func `answer the same with an image of another format, or a damaged one, or none`(
    name: String
  ) throws {
    let copy = try Copy(of: name)
    let digest: [UInt8]
    do {
      digest = try Store.open(at: copy.path).rebuild().digest
    }
    let image = try Data(contentsOf: copy.image)
    var generator = SeededGenerator(seed: 1)
    for round in 0..<60 {
      var damaged = image
      if round == 0 {
        damaged[8] = 99
      } else {
        // The header is where damage could be believed.
        let end = round % 2 == 0 ? GraphImage.headerByteCount : damaged.count
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          let place = Int.random(in: 0..<end, using: &generator)
          damaged[place] ^= UInt8.random(in: 1...255, using: &generator)
        }
      }
      if round % 7 == 6 { damaged.removeLast(Int.random(in: 1..<damaged.count, using: &generator)) }
      try damaged.write(to: copy.image)
      #expect(try Store.open(at: copy.path).graphDigest() == digest, "round \(round)")
    }
    try FileManager.default.removeItem(at: copy.image)
    let store = try Store.open(at: copy.path)
    try copy.expectAnswers(of: store)
    #expect(try store.rebuild().digest == digest)
  }

  @Test(arguments: names)
  func `take in new events, and those they have only once`(name: String) throws {
    let copy = try Copy(of: name)
    var lines: [UInt8] = []
    do {
      let store = try Store.open(at: copy.path)
      try store.events { $0.appendLine(to: &lines, includesPlace: false) }
    }
    let file = try copy.folder.write("events.ndjson", Data(lines))
    let new = try copy.folder.write("new.ndjson", Data(#"{"type":"new","data":{}}"#.utf8))
    var options = IngestOptions()
    options.allowsUnknown = true
    for ingested in [1, 0] {
      let store = try Store.open(at: copy.path)
      let summary = try store.ingest([.file(file), .file(new)], options: options)
      #expect(summary.failure == nil)
      #expect(summary.ingested == ingested)
      #expect(summary.alreadyThere == copy.expected.eventCount + 1 - ingested)
      let report = try store.verify()
      #expect(report.isIntact && report.recordCount == copy.expected.eventCount + 1)
    }
  }

  /// A copy of a store, and what it should say.
  private struct Copy {
    let folder: TemporaryFolder
    let path: String
    let expected: Expected

    var image: URL { URL(filePath: path).appending(path: "image/graph.image") }

    init(of name: String) throws {
      folder = try TemporaryFolder()
      path = folder.path("store")
      let source = `Stores of every released format`.folder.appending(path: name)
      try FileManager.default.copyItem(at: source, to: URL(filePath: path))
      let file = URL(filePath: path).appending(path: "expected.txt")
      expected = try Expected(String(contentsOf: file, encoding: .utf8))
    }

    func expectAnswers(of store: Store) throws {
      for (query, rows) in expected.answers {
        let result = try store.query(query).result
        let found = (0..<result.rowCount).map { row in
          result.columns.indices.map { column in
            result.value(row: row, column: column).isNull
              ? "" : result.text(row: row, column: column)
          }.joined(separator: "\t")
        }
        #expect(found == rows, "\(query)")
      }
    }
  }

  /// The lines of `expected.txt`.
  private struct Expected {
    var eventCount = 0
    var root = ""
    var answers: [(query: String, rows: [String])] = []

    init(_ text: String) throws {
      for line in text.components(separatedBy: "\n") where !line.isEmpty {
        if let count = line.after("events ") {
          eventCount = try #require(Int(count))
        } else if let hash = line.after("root ") {
          root = hash
        } else if let query = line.after("query ") {
          answers.append((query, []))
        } else {
          answers[answers.count - 1].rows.append(line)
        }
      }
      try #require(answers.count >= 3)
    }
  }
}

extension String {
  fileprivate func after(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
