import Foundation
import Testing

/// Lines that are no events, or not those of the schema.
@Suite struct `Bad events` {
  struct Bad: Sendable, CustomTestStringConvertible {
    let name: String
    let line: Data
    /// Parts of the message.
    let parts: [String]

    var testDescription: String { name }

    init(_ name: String, _ line: String, _ parts: String...) {
      self.init(name, Data(line.utf8), parts)
    }

    init(_ name: String, _ line: Data, _ parts: [String]) {
      self.name = name
      self.line = line
      self.parts = parts
    }
  }

  static let bad: [Bad] = [
    Bad("malformed JSON", #"{"type":"person.registered","data":{"#),
    Bad("words", "not an event at all"),
    Bad("an array instead of an object", "[1, 2]", "object"),
    Bad("two values on a line", SampleEvents.person(2) + SampleEvents.person(3)),
    Bad(
      "invalid UTF-8",
      Data(SampleEvents.person(2, name: "Ada ").utf8).replacing("Ada ", by: [0xC3, 0x28, 0xFF]),
      ["UTF-8"]
    ),
    Bad(
      "a NUL byte",
      Data(SampleEvents.person(2, name: "Ada ").utf8).replacing("Ada ", by: [0x41, 0x00, 0x42]),
      []
    ),
    Bad("a NUL byte before the event", Data([0]) + Data(SampleEvents.person(2).utf8), []),
    Bad(
      "a line of ten megabytes",
      SampleEvents.person(2, name: String(repeating: "a", count: 10_000_000)),
      "1048576"
    ),
    Bad(
      "deep nesting",
      SampleEvents.event(
        "person.registered",
        id: "deep",
        data: #"{"id":"p","name":\#(String(repeating: "[", count: 100_000))"#
          + #"\#(String(repeating: "]", count: 100_000))}"#
      ),
      "64"
    ),
    Bad(
      "a number instead of an id",
      SampleEvents.event("person.registered", id: "x", data: #"{"id":5,"name":"Ada"}"#),
      "data.id"
    ),
    Bad(
      "null instead of an id in a list",
      SampleEvents.event(
        "meeting.held",
        id: "x",
        data: #"{"id":"m","date":"2022-07-21","attendees":[{"person":"a"},{"person":7}]}"#
      ),
      "data.attendees[1].person"
    ),
    Bad(
      "a date that is none",
      SampleEvents.event("meeting.held", id: "x", data: #"{"id":"m","date":"2022-02-30"}"#),
      "data.date",
      "2022-02-30"
    ),
    Bad(
      "a year of the Buddhist era without its calendar",
      SampleEvents.event("meeting.held", id: "x", data: #"{"id":"m","date":"2565"}"#),
      "data.date",
      "buddhist"
    ),
    Bad(
      "a missing field",
      SampleEvents.event("person.registered", id: "x", data: #"{"name":"Ada"}"#),
      "id"
    ),
    Bad(
      "an unknown event type",
      SampleEvents.event("person.registred", id: "x", data: #"{"id":"p","name":"Ada"}"#),
      "person.registred",
      "person.registered"
    ),
    Bad("no type", #"{"data":{"id":"p","name":"Ada"}}"#, "type"),
    Bad("no data", #"{"type":"person.registered"}"#, "data"),
    Bad(
      "a position, which the store gives",
      #"{"type":"person.registered","position":7,"data":{"id":"p","name":"Ada"}}"#,
      "position"
    ),
    Bad(
      "an id with other content",
      SampleEvents.person(1, name: "Somebody else"),
      "e1",
      "Person 1",
      "Somebody else"
    ),
  ]

  @Test(arguments: bad)
  func `end ingestion with their place and the exit code 65`(_ bad: Bad) throws {
    let store = try TestStore()
    let lines =
      Data((SampleEvents.person(1) + "\n").utf8) + bad.line + Data("\n".utf8)
      + Data((SampleEvents.person(9) + "\n").utf8)
    let file = try store.folder.write("events.ndjson", lines)
    let run = try rapport("ingest", store.path, file)
    #expect(run.exitCode == 65, run.comment)
    #expect(run.errors.hasPrefix("rapport: "), run.comment)
    #expect(run.errors.contains("events.ndjson:2"), run.comment)
    for part in bad.parts { #expect(run.errors.contains(part), run.comment) }
    #expect(run.errors.utf8.count < 10_000, "the message repeats the input")
    #expect(try store.testEventIDs() == ["e1"])
  }

  @Test(arguments: bad)
  func `are left out and kept with their reason when they are to be skipped`(_ bad: Bad) throws {
    let store = try TestStore()
    let lines =
      Data((SampleEvents.person(1) + "\n").utf8) + bad.line + Data("\n".utf8)
      + Data((SampleEvents.person(9) + "\n").utf8)
    let file = try store.folder.write("events.ndjson", lines)
    let rejects = store.folder.path("rejects.ndjson")
    let run = try rapport(
      "ingest",
      store.path,
      file,
      "--on-error",
      "skip",
      "--rejects",
      rejects
    )
    try run.expectSuccess()
    #expect(run.output.hasPrefix("2 events ingested (0 already there, 1 rejected)"), run.comment)
    #expect(try store.testEventIDs() == ["e1", "e9"])
    let rejected = try Data(contentsOf: URL(filePath: rejects))
    let reject = try #require(try JSONSerialization.jsonObject(with: rejected) as? [String: Any])
    #expect(reject["line"] as? Int == 2)
    #expect((reject["error"] as? String)?.isEmpty == false)
  }
}

extension Data {
  /// The data with other bytes in the place of a text.
  fileprivate func replacing(_ text: String, by bytes: [UInt8]) -> Data {
    guard let range = range(of: Data(text.utf8)) else { return self }
    var copy = self
    copy.replaceSubrange(range, with: bytes)
    return copy
  }
}
