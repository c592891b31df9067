import Foundation
import Testing

/// Events that the schema cannot fold wait, are counted, and come back.
@Suite struct `The quarantine` {
  private static let unknown =
    SampleEvents.event("topic.noted", id: "n1", data: #"{"id":"topic:1","note":"สวัสดี"}"#) + "\n"
    + SampleEvents.event("topic.noted", id: "n2", data: #"{"id":"topic:2","note":"مرحبا"}"#) + "\n"
    + #"{"type":"person.registered","dataversion":7,"id":"p7","source":"test","#
    + #""time":"2024-01-01T00:00:00Z","data":{"id":"person:7"}}"# + "\n"

  private func schema(in store: TestStore) throws -> String {
    let text = try String(contentsOf: PackagePaths.file("Schema/meetings.rapport"), encoding: .utf8)
    return try store.folder.write(
      "noted.rapport",
      text + """

        EVENT topic.noted VERSION 1 { id ID, note STRING }

        ON topic.noted AS e
          NODE (:Topic { id: e.id, name: e.note })

        """
    )
  }

  @Test func `takes in unknown events when asked to, and nothing else that does not fit`() throws {
    let store = try TestStore()
    let refused = try rapport("ingest", store.path, "-", input: Self.unknown)
    #expect(refused.exitCode == 65, refused.comment)
    let taken = try rapport("ingest", store.path, "-", "--allow-unknown", input: Self.unknown)
    try taken.expectSuccess()
    #expect(taken.output.contains("3 of them wait in quarantine"), taken.comment)
    let again = try rapport("ingest", store.path, "-", "--allow-unknown", input: Self.unknown)
    #expect(again.output.contains("3 already there"), again.comment)
    #expect(!again.output.contains("wait in quarantine"), again.comment)
    for wrong in [
      SampleEvents.event("topic.defined", id: "w", data: #"{"id":"topic:1","name":7}"#),
      SampleEvents.event("rapport.unheard", id: "w", data: "{}"),
    ] {
      let run = try rapport("ingest", store.path, "-", "--allow-unknown", input: wrong)
      #expect(run.exitCode == 65, run.comment)
    }
  }

  @Test func `is listed by reason, and told of by every answer`() throws {
    let store = try TestStore(events: SampleEvents.people(1...2))
    #expect(try rapport("quarantine", store.path).output.contains("every event fits"))
    try rapport("ingest", store.path, "-", "--allow-unknown", input: Self.unknown).expectSuccess()
    let list = try rapport("quarantine", store.path)
    try list.expectSuccess()
    #expect(
      list.lines.first == #"3 events in quarantine, under "meetings" version 1"#,
      list.comment
    )
    #expect(list.output.contains("2 topic.noted"), list.comment)
    #expect(list.output.contains("1 person.registered version 7"), list.comment)
    #expect(list.output.contains(#"id "n1" of "test""#), list.comment)
    let json = try rapport("quarantine", store.path, "--format", "json")
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? NSDictionary
    #expect(object?["count"] as? Int == 3)
    for command in [
      ["query", store.path, "MATCH (n) RETURN count(*)"],
      ["query", store.path, "MATCH (n) RETURN count(*)", "--format", "json"],
      ["show", store.path, "person:1"], ["met", store.path],
    ] {
      let run = try rapport(command)
      #expect(run.errors.contains("note: 3 events do not fit the schema"), run.comment)
    }
    let batch = try rapport("query", store.path, "--batch", input: #"{"query":"RETURN 1 AS one"}"#)
    #expect(batch.output.contains(#""quarantined":3"#), batch.comment)
    #expect(try rapport("info", store.path).output.contains(/quarantined +3/))
  }

  @Test func `lets events go that a schema can fold, and the plan says so`() throws {
    let store = try TestStore()
    try rapport("ingest", store.path, "-", "--allow-unknown", input: Self.unknown).expectSuccess()
    let file = try schema(in: store)
    let plan = try rapport("schema", "plan", store.path, file)
    #expect(plan.exitCode == 2, plan.comment)
    #expect(plan.output.contains("events that leave the quarantine"), plan.comment)
    #expect(plan.output.contains("events that the schema does not read"), plan.comment)
    #expect(plan.output.contains("no UPCAST covers the version"), plan.comment)
    try rapport("schema", "apply", store.path, file).expectSuccess()
    #expect(try store.rows("MATCH (t:Topic) RETURN t.name ORDER BY t.id") == ["สวัสดี", "مرحبا"])
    #expect(try rapport("quarantine", store.path).output.hasPrefix("1 event in quarantine"))
  }

  @Test func `a query is answered under another schema, which stays where it is`() throws {
    let store = try TestStore()
    try rapport("ingest", store.path, "-", "--allow-unknown", input: Self.unknown).expectSuccess()
    let file = try schema(in: store)
    let query = "MATCH (t:Topic) RETURN count(*) AS count"
    let tried = try rapport("query", store.path, query, "--under", file, "--format", "tsv")
    try tried.expectSuccess()
    #expect(tried.lines.last == "2", tried.comment)
    #expect(tried.errors.contains("which is not in force"), tried.comment)
    let batch = try rapport(
      "query",
      store.path,
      "--batch",
      "--under",
      file,
      input: #"{"query":"\#(query)"}"#
    )
    #expect(batch.output.contains(#""rows":[[2]]"#), batch.comment)
    #expect(try store.rows(query) == ["0"])
    #expect(try rapport("schema", "history", store.path).lines.count == 1)
    let wrong = try store.folder.write("wrong.rapport", "SCHEMA x VERSION 1\nNODE\n")
    let refused = try rapport("query", store.path, query, "--under", wrong)
    #expect(refused.exitCode == 65, refused.comment)
    #expect(refused.errors.contains("wrong.rapport:"), refused.comment)
  }
}
