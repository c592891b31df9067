import Foundation
import Testing

/// Which fields events have, and who reads them.
@Suite struct `Coverage of a schema` {
  private static let schema = """
    SCHEMA visits VERSION 1
    NODE Person { name STRING }
    NODE Place
    EDGE (Person)-[WENT_TO]->(Place) KEY EVENT { why STRING }
    EVENT visit.made VERSION 2 {
      person { id ID, name STRING?, shoe INTEGER? },
      places LIST<{ id ID, why STRING? }> = [],
      guide ID?,
      mood STRING?
    }
    UPCAST visit.made 1 TO 2
      SET person = { id: who }
      REMOVE who
      EXAMPLE { who: 'a' } TO { person: { id: 'a' } }
    EVENT visit.cancelled VERSION 1 { id ID }
    ON visit.made AS e
      NODE (p:Person { id: e.person.id, name: e.person.name })
      FOR l IN e.places
        EDGE (p)-[:WENT_TO { why: l.why }]->(:Place { id: l.id })
    ON visit.cancelled AS e
      NODE (:Place { id: e.id })
    """

  /// A folder with a store in it.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let path = folder.path("store")
    try rapport("init", path, "--schema", folder.write("visits.rapport", Self.schema))
      .expectSuccess()
    let events = [
      #"{"type":"visit.made","id":"1","data":{"person":{"id":"a","shoe":44},"places":[{"id":"x"},{"id":"y"}],"mood":"good"}}"#,
      #"{"type":"visit.made","id":"2","data":{"person":{"id":"b"},"places":[{"id":"x"}],"extra":1}}"#,
      #"{"type":"visit.made","dataversion":1,"id":"3","data":{"who":"c","places":[],"person":{"id":"replaced"}}}"#,
    ]
    try rapport("ingest", path, "-", input: events.joined(separator: "\n")).expectSuccess()
    return folder
  }

  @Test func `counts fields by type and version, and names their readers`() throws {
    let folder = try folder()
    let run = try rapport("schema", "coverage", folder.path("store"))
    try run.expectSuccess()
    let lines = run.lines.map { $0.replacing(#/ +/#, with: " ") }
    for line in [
      "visit.made version 1: 1 event", "visit.made version 2: 2 events",
      " who 1 UPCAST 1 TO 2", " person.id 1 nobody", " person.id 2 ON at line 16",
      " person.shoe 1 nobody",
      " places[].id 2 ON at line 16", " mood 1 nobody", " extra 1 nobody",
      "fields that nobody reads", " visit.made version 2: mood (1 event)",
      "declared fields that no event has", " visit.made version 2: guide",
      " visit.made version 2: person.name", "rules that never fire",
      " ON visit.cancelled at line 20", "declared types without an event", " visit.cancelled",
    ] {
      #expect(lines.contains(line), "\(line)\n\(run.output)")
    }
  }

  @Test func `can be asked of another schema, and is JSON on request`() throws {
    let folder = try folder()
    let other = Self.schema.replacing("name: e.person.name }", with: "name: e.mood }")
    let file = try folder.write("other.rapport", other)
    let run = try rapport(
      "schema",
      "coverage",
      folder.path("store"),
      "--under",
      file,
      "--format",
      "json"
    )
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
    )
    let unread = try #require(object["unread"] as? [String])
    #expect(
      unread.contains { $0.contains("person.shoe") } && !unread.contains { $0.contains("mood") }
    )
    #expect(object["absent"] as? [String] == ["visit.cancelled"])
  }
}
