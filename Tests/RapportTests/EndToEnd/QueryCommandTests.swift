import Foundation
import Testing

/// Queries and their answers, seen from outside.
@Suite struct `Asking` {
  private static let events =
    SampleEvents.person(1, name: "อารยา | \\\"A\\\"") + "\n" + SampleEvents.person(2, name: "فاطمة")
    + "\n" + SampleEvents.person(3, name: "田中, 太郎") + "\n"
  private static let query = "MATCH (p:Person) RETURN p.id AS id, p.name AS name ORDER BY id"

  @Test(arguments: [
    (
      "table",
      """
      id        name
      ────────  ───────────
      person:1  อารยา | "A"
      person:2  فاطمة
      person:3  田中, 太郎
      (3 rows)

      """
    ),
    (
      "csv",
      "id,name\r\nperson:1,\"อารยา | \"\"A\"\"\"\r\nperson:2,فاطمة\r\nperson:3,\"田中, 太郎\"\r\n"
    ),
    ("tsv", "id\tname\nperson:1\tอารยา | \"A\"\nperson:2\tفاطمة\nperson:3\t田中, 太郎\n"),
    (
      "ndjson",
      """
      {"id":"person:1","name":"อารยา | \\"A\\""}
      {"id":"person:2","name":"فاطمة"}
      {"id":"person:3","name":"田中, 太郎"}

      """
    ),
    (
      "markdown",
      """
      | id | name |
      | --- | --- |
      | person:1 | อารยา \\| "A" |
      | person:2 | فاطمة |
      | person:3 | 田中, 太郎 |

      """
    ),
  ])
  func `prints rows in the form that was asked for`(_ format: String, expected: String) throws {
    let store = try TestStore(events: Self.events)
    let run = try rapport("query", store.path, Self.query, "--format", format)
    try run.expectSuccess()
    #expect(run.output == expected, run.comment)
  }

  @Test func `prints JSON that other programs read`() throws {
    let store = try TestStore(events: Self.events)
    let run = try rapport("query", store.path, Self.query, "--format", "json")
    let rows = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: String]]
    #expect(rows?.map { $0["id"] } == ["person:1", "person:2", "person:3"])
    #expect(rows?.first?["name"] == "อารยา | \"A\"")
  }

  @Test func `takes the query from a file and from standard input`() throws {
    let store = try TestStore(events: Self.events)
    let file = try store.folder.write("question.txt", Self.query)
    let direct = try rapport("query", store.path, Self.query)
    #expect(try rapport("query", store.path, "--file", file).output == direct.output)
    #expect(try rapport("query", store.path, input: Self.query).output == direct.output)
  }

  @Test func `tells the types of parameters by their spelling`() throws {
    let store = try TestStore()
    let run = try rapport(
      "query",
      store.path,
      "RETURN $a AS a, $b AS b, $c AS c, $d AS d, $e AS e, $f AS f",
      "--param",
      "a=42",
      "--param",
      "b=\"42\"",
      "--param",
      "c=plain words",
      "--param",
      "d=null",
      "--param",
      "e=[1, \"x\", true]",
      "--param",
      "f={\"k\": 1.5}",
      "--format",
      "ndjson"
    )
    try run.expectSuccess()
    let expected =
      #"{"a":42,"b":"42","c":"plain words","d":null,"e":[1,"x",true],"f":{"k":1.5}}"# + "\n"
    #expect(run.output == expected, run.comment)
  }

  @Test func `answers requests line by line, wrong ones too`() throws {
    let store = try TestStore(events: Self.events)
    let requests = """
      {"query": "MATCH (p:Person {id: $id}) RETURN p.id AS id, 1 AS one", "parameters": {"id": "person:2"}}
      not JSON

      {"query": "MATCH (p:Persn) RETURN p"}
      {"parameters": {}}
      {"query": "RETURN 1 AS x"}

      """
    let run = try rapport("query", store.path, "--batch", input: requests)
    try run.expectSuccess()
    let answers = try run.lines.map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    try #require(answers.count == 5, run.comment)
    #expect(answers[0]["columns"] as? [String] == ["id", "one"])
    #expect(run.lines[0].contains(#""rows":[["person:2",1]]"#), run.comment)
    #expect(answers[0]["ns"] is Int)
    for index in 1...3 {
      let error = answers[index]["error"] as? [String: Any]
      #expect(error?["kind"] as? String == "data", run.comment)
      #expect((error?["message"] as? String)?.isEmpty == false, run.comment)
    }
    #expect(run.lines[4].contains(#""rows":[[1]]"#), run.comment)
  }

  @Test func `answers a request before the next one comes`() throws {
    let store = try TestStore()
    let pipe = Pipe()
    let running = try RunningCommand(
      PackagePaths.program.path,
      ["query", store.path, "--batch"],
      input: .pipe(pipe)
    )
    for count in 1...3 {
      try pipe.fileHandleForWriting.write(contentsOf: Data("{\"query\":\"RETURN 1 AS x\"}\n".utf8))
      while running.isRunning, running.output.split(separator: "\n").count < count {
        usleep(5000)
      }
    }
    try pipe.fileHandleForWriting.close()
    let run = try running.wait()
    try run.expectSuccess()
    #expect(run.lines.count == 3)
  }

  @Test func `ends quietly when the reader ends`() throws {
    let store = try TestStore(events: SampleEvents.people(1...5000))
    let script = "\"$0\" log \"$1\" --format ndjson | head -n 1"
    let run = try run("/bin/bash", ["-c", script, PackagePaths.program.path, store.path])
    #expect(run.lines.count == 1, run.comment)
    #expect(run.errors.isEmpty, run.comment)
  }

  @Test func `prints the scripts that complete commands`() throws {
    for shell in ["bash", "zsh", "fish"] {
      let run = try rapport("completions", shell)
      try run.expectSuccess()
      #expect(run.output.contains("rapport"), run.comment)
    }
  }

  @Test func `shows the plan instead of rows when that is asked for`() throws {
    let store = try TestStore(events: Self.events)
    let run = try rapport("query", store.path, "EXPLAIN " + Self.query)
    try run.expectSuccess()
    #expect(!run.output.contains("person:1"), run.comment)
    #expect(!run.output.isEmpty)
  }

  @Test func `rebuilding makes an equal graph`() throws {
    let store = try TestStore(events: SampleEvents.people(1...100))
    for _ in 1...2 {
      let run = try rapport("rebuild", store.path)
      try run.expectSuccess()
      #expect(run.output.contains("101 events folded"), run.comment)
    }
    let second = try rapport("rebuild", store.path)
    #expect(second.output.contains("equal to the one before"), second.comment)
  }

  @Test func `tells what is in a store`() throws {
    let store = try TestStore(events: SampleEvents.people(1...100))
    let run = try rapport("info", store.path)
    try run.expectSuccess()
    #expect(run.output.contains("Person  100"), run.comment)
    #expect(run.output.contains("meetings version 1"), run.comment)
  }

  @Test func `draws the schema`() throws {
    let store = try TestStore()
    let dot = try rapport("schema", "show", store.path, "--format", "dot")
    #expect(dot.output.hasPrefix("digraph \"meetings\" {"), dot.comment)
    #expect(dot.output.contains("\"Meeting\" -> \"Topic\" [label=\"ABOUT"), dot.comment)
    let mermaid = try rapport("schema", "show", store.path, "--format", "mermaid")
    #expect(mermaid.output.contains("Meeting --> Topic : ABOUT"), mermaid.comment)
    let text = try rapport("schema", "show", store.path)
    let file = PackagePaths.file("Schema/meetings.rapport")
    #expect(text.output == (try String(contentsOf: file, encoding: .utf8)))
  }
}
