import Foundation
import Testing

/// Events of the shipped schema for tests, as lines.
enum SampleEvents {
  static func person(_ number: Int, name: String? = nil) -> String {
    let name = name ?? "Person \(number)"
    return #"{"type":"person.registered","id":"e\#(number)","source":"test","#
      + #""time":"2024-01-01T00:00:00Z","data":{"id":"person:\#(number)","name":"\#(name)"}}"#
  }

  static func people(_ numbers: ClosedRange<Int>) -> String {
    numbers.map { person($0) + "\n" }.joined()
  }

  /// A line of the type, with this data.
  static func event(_ type: String, id: String, data: String) -> String {
    #"{"type":"\#(type)","id":"\#(id)","source":"test","time":"2024-01-01T00:00:00Z","#
      + #""data":\#(data)}"#
  }
}

/// A store of a test, made by the program.
struct TestStore {
  let folder: TemporaryFolder
  var path: String { folder.path("store") }

  /// Makes a store with these events, one a line.
  init(events: String = "") throws {
    folder = try TemporaryFolder()
    try rapport("init", path).expectSuccess()
    if !events.isEmpty { try rapport("ingest", path, "-", input: events).expectSuccess() }
  }

  /// The events in the log, as the program exports them.
  func exported() throws -> [String] {
    let run = try rapport("log", path, "--format", "ndjson")
    try run.expectSuccess()
    return run.lines
  }

  /// The ids of the events that tests put there, in the order of the log.
  func testEventIDs() throws -> [String] {
    try exported().compactMap { line in
      let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return event?["source"] as? String == "test" ? event?["id"] as? String : nil
    }
  }

  /// The rows of a query, as tab-separated lines without the header.
  func rows(_ query: String, _ options: String...) throws -> [String] {
    let run = try rapport(["query", path, query, "--format", "tsv"] + options)
    try run.expectSuccess()
    return Array(run.lines.dropFirst())
  }
}

/// A run that should have gone well did not.
struct UnexpectedExit: Error, CustomStringConvertible {
  let run: CommandRun
  var description: String { run.comment.rawValue }
}

extension CommandRun {
  func expectSuccess() throws {
    guard exitCode == 0 else { throw UnexpectedExit(run: self) }
  }
}
