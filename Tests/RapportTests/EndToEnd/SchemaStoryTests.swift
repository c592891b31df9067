import Foundation
import Testing

/// A schema's life, as somebody lives it who keeps meetings: each change is planned, applied, and
/// compared with what a fold of the whole log makes.
@Suite struct `A story of schemas` {
  private static let ukMeetings = "../shared/data/uk-ministers-meetings/MixedProcessedData.csv"

  @Test func `on the sample goes as planned`() throws {
    try Story(events: PackagePaths.file("Tools/samples/nbtc-anrt.ndjson").path).run()
  }

  @Test func `on eight thousand real meetings goes as planned`() throws {
    guard PackagePaths.exists(Self.ukMeetings) else {
      try Test.cancel("\(Self.ukMeetings) is not here")
    }
    let folder = try TemporaryFolder()
    let importer = PackagePaths.file("Tools/import-uk-meetings").path
    let imported = try run(
      "/usr/bin/env",
      ["python3", importer, PackagePaths.file(Self.ukMeetings).path]
    )
    try imported.expectSuccess()
    try Story(events: folder.write("uk.ndjson", imported.output)).run()
  }

  /// Any events of the shipped schema, such as those of a benchmark.
  @Test func `on the events that RAPPORT_STORY_EVENTS names goes as planned`() throws {
    guard let path = ProcessInfo.processInfo.environment["RAPPORT_STORY_EVENTS"] else {
      try Test.cancel("RAPPORT_STORY_EVENTS names no file")
    }
    try Story(events: path).run()
  }
}

/// One telling of it.
private struct Story {
  let store: TestStore
  let first: String

  init(events: String) throws {
    store = try TestStore()
    first = try String(contentsOf: PackagePaths.file("Schema/meetings.rapport"), encoding: .utf8)
    try rapport("ingest", store.path, events, "--quiet").expectSuccess()
    try rapport("rebuild", store.path, "--quiet").expectSuccess()
  }

  func run() throws {
    let second = splittingRoles(first)
    let third = makingModes(second)
    let fourth = third.replacing("HOSTED", with: "HOST_OF")
      .replacing("SCHEMA meetings VERSION 3", with: "SCHEMA meetings VERSION 4")
    try change(to: second, "a role out of the title")
    try change(to: third, "a node type out of a field")
    let modes = try count("MATCH (n:Mode) RETURN count(*)")
    #expect(try count("MATCH ()-[r:HELD_AS]->() RETURN count(*)") >= modes)
    let hosts = try count("MATCH ()-[r:HOSTED]->() RETURN count(*)")
    let renamed = try change(to: fourth, "another name for an edge")
    #expect(try count("MATCH ()-[r:HOST_OF]->() RETURN count(*)") == hosts)
    if hosts > 0 { #expect(renamed.contains(#""before":"HOSTED","after":"HOST_OF""#)) }
    try refuseBroken(fourth)
    let back = try rapport("schema", "rollback", store.path, "--to", "3", "--format", "json")
    try back.expectSuccess()
    try expectFullFold("rolled back", wasFull: back.output.contains(#""full":true"#))
    #expect(try count("MATCH ()-[r:HOSTED]->() RETURN count(*)") == hosts)
    let history = try rapport("schema", "history", store.path)
    #expect(history.output.contains("rollback to 3"), history.comment)
    try rapport("verify", store.path).expectSuccess()
  }

  // MARK: The schemas

  /// Appointments of version 2 have the role apart from the rest of the title.
  private func splittingRoles(_ text: String) -> String {
    text.replacing("SCHEMA meetings VERSION 1", with: "SCHEMA meetings VERSION 2")
      .replacing(
        "EVENT person.appointed VERSION 1 {",
        with: "EVENT person.appointed VERSION 2 {\n  role STRING?,"
      )
      .replacing(
        "  title  TEXT,\n  status STRING,\n  unit   STRING",
        with: "  title  TEXT,\n  role STRING,\n  status STRING,\n  unit   STRING"
      )
      .replacing(
        "{ title: e.title, status: e.status, unit: e.unit }",
        with: "{ title: e.title, role: e.role, status: e.status, unit: e.unit }"
      )
        + """

        UPCAST person.appointed 1 TO 2
          SET role = split(toStringOrNull(title), ' ')[0]
          EXAMPLE { person: 'p', organization: 'o', title: 'Director General' }
               TO { person: 'p', organization: 'o', title: 'Director General', role: 'Director' }

        """
  }

  /// How a meeting was held becomes a node that meetings share.
  private func makingModes(_ text: String) -> String {
    text.replacing("SCHEMA meetings VERSION 2", with: "SCHEMA meetings VERSION 3")
      .replacing("NODE Topic {", with: "NODE Mode { name STRING }\n\nNODE Topic {")
      .replacing(
        "EDGE (Organization)-[HOSTED]->(Meeting)",
        with: "EDGE (Organization)-[HOSTED]->(Meeting)\nEDGE (Meeting)-[HELD_AS]->(Mode)"
      )
      .replacing(
        "ON meeting.described AS e",
        with: """
          ON meeting.held AS e
            WHEN e.classification IS NOT NULL
              EDGE (:Meeting { id: e.id })-[:HELD_AS]->
                (:Mode { id: 'mode:' + e.classification, name: e.classification })

          ON meeting.described AS e
          """
      )
  }

  // MARK: Changes

  /// Plans and applies a schema; returns the plan.
  @discardableResult
  private func change(to text: String, _ what: String) throws -> String {
    let file = try store.folder.write("next.rapport", text)
    let before = try totals()
    let plan = try rapport("schema", "plan", store.path, file, "--format", "json")
    #expect(plan.exitCode == 2, plan.comment)
    let planFile = try store.folder.write("plan.json", plan.output)
    let applied = try rapport(
      "schema",
      "apply",
      store.path,
      file,
      "--plan",
      planFile,
      "--format",
      "json"
    )
    try applied.expectSuccess()
    let (predicted, measured) = (try graph(plan.output), try graph(applied.output))
    #expect(predicted == measured, "\(what): what apply did is not what the plan said")
    let after = try totals()
    for kind in ["nodes", "edges"] {
      let counts = try #require(predicted[kind] as? NSDictionary)
      let appear = try #require(counts["appear"] as? Int)
      let vanish = try #require(counts["vanish"] as? Int)
      #expect(after[kind] == (before[kind] ?? 0) + appear - vanish, "\(what): \(kind)")
    }
    try expectFullFold(what, wasFull: plan.output.contains(#""full":true"#))
    let again = try rapport("schema", "plan", store.path, file)
    #expect(again.exitCode == 0, again.comment)
    return plan.output
  }

  private func refuseBroken(_ text: String) throws {
    let broken = text.replacing("e.host IS NOT NULL", with: "e.hots IS NOT NULL")
      .replacing("NODE Country {", with: "NODE Country { nane TEXT,")
      .replacing(
        "title: e.title, kind: e.kind, position",
        with: "titel: e.title, kind: e.kind, position"
      )
    let file = try store.folder.write("broken.rapport", broken)
    for verb in ["plan", "apply"] {
      let run = try rapport("schema", verb, store.path, file)
      #expect(run.exitCode == 65, run.comment)
      #expect(run.errors.contains("did you mean \"host\"?"), run.comment)
      #expect(run.errors.contains("did you mean \"title\"?"), run.comment)
    }
    let info = try rapport("info", store.path)
    #expect(info.output.contains("meetings version 4"), info.comment)
  }

  // MARK: Comparisons

  /// What was folded by halves is what a fold from nothing makes, digest for digest.
  ///
  /// Of a change that folded everything there is no other graph to compare with.
  private func expectFullFold(_ what: String, wasFull: Bool) throws {
    let rebuilt = try rapport("rebuild", store.path)
    try rebuilt.expectSuccess()
    if wasFull { return }
    #expect(rebuilt.output.contains("equal to the one before"), "\(what): \(rebuilt.comment)")
  }

  private func totals() throws -> [String: Int] {
    [
      "nodes": try count("MATCH (n) RETURN count(*)"),
      "edges": try count("MATCH ()-[r]->() RETURN count(*)"),
    ]
  }

  private func count(_ query: String) throws -> Int {
    try #require(Int(try store.rows(query).first ?? ""))
  }

  private func graph(_ json: String) throws -> NSDictionary {
    let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? NSDictionary
    return try #require(object?["graph"] as? NSDictionary)
  }
}
