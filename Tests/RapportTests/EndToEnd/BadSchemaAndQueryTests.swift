import Foundation
import Testing

/// Schemas and queries with errors.
@Suite struct `Bad schemas and queries` {
  @Test func `a schema with an error is shown with a caret and a suggestion`() throws {
    let folder = try TemporaryFolder()
    let schema = try folder.write(
      "bad.rapport",
      """
      SCHEMA bad VERSION 1
      NODE Person { name TEXT }
      EVENT person.registered VERSION 1 { id ID, name TEXT }
      ON person.registered AS e
        NODE (:Persn { id: e.id, name: e.name })

      """
    )
    let check = try rapport("schema", "check", schema)
    #expect(check.exitCode == 65, check.comment)
    #expect(check.errors.contains("bad.rapport:5:"), check.comment)
    #expect(check.errors.contains("^"), check.comment)
    #expect(check.errors.contains("Person"), check.comment)

    let initialise = try rapport("init", folder.path("store"), "--schema", schema)
    #expect(initialise.exitCode == 65, initialise.comment)
    #expect(!FileManager.default.fileExists(atPath: folder.path("store/log.mdb")))
  }

  @Test func `the shipped schema is correct`() throws {
    let run = try rapport("schema", "check", PackagePaths.file("Schema/meetings.rapport").path)
    try run.expectSuccess()
  }

  @Test func `a schema that is not there is no input`() throws {
    let run = try rapport("schema", "check", "nowhere.rapport")
    #expect(run.exitCode == 66, run.comment)
    #expect(run.errors.contains("nowhere.rapport"), run.comment)
  }

  @Test(arguments: [
    ("MATCH (p:Person) RETRN p", "RETRN"),
    ("MATCH (p:Persn) RETURN p.name", "Person"),
    ("MATCH (p:Person)-[:ATENDED]->(m) RETURN m", "ATTENDED"),
    ("MATCH (p:Person) RETURN q.name", "q"),
    ("RETURN 'open", "'"),
    ("RETURN 1 +", "expression"),
    ("", "query"),
    ("CREATE (p:Person {id: 'x'})", "rapport ingest"),
    ("RETURN $missing", "missing"),
    ("RETURN " + String(repeating: "(", count: 100_000) + "1", ""),
    ("RETURN " + String(repeating: "-", count: 100_000) + "1", ""),
    ("RETURN \u{0}", ""),
  ])
  func `a query with an error ends with the exit code 65`(_ query: String, part: String) throws {
    let store = try TestStore()
    let file = try store.folder.write("question.txt", query)
    let run = try rapport("query", store.path, "--file", file)
    #expect(run.exitCode == 65, run.comment)
    #expect(run.errors.hasPrefix("rapport: "), run.comment)
    if !part.isEmpty { #expect(run.errors.contains(part), run.comment) }
    #expect(run.output.isEmpty)
  }

  @Test(arguments: [
    [], ["nonsense"], ["query"], ["ingest"], ["query", "store", "RETURN 1", "--format", "xml"],
    ["query", "store", "RETURN 1", "--param", "x"], ["met", "store", "--from", "yesterday"],
    ["ingest", "store", "-", "--on-error", "ignore"], ["completions", "tcsh"],
    ["ingest", "store", "-", "--expect-position", "-1"],
  ])
  func `wrong usage ends with the exit code 64`(_ arguments: [String]) throws {
    let run = try rapport(arguments)
    // Without arguments the help is shown, which is what was asked for.
    #expect(run.exitCode == (arguments.isEmpty ? 0 : 64), run.comment)
    if !arguments.isEmpty { #expect(run.errors.hasPrefix("rapport: "), run.comment) }
  }

  @Test(arguments: [
    "init", "ingest", "query", "met", "log", "show", "schema check", "schema show",
    "schema diff", "schema history", "schema fmt", "schema lint", "rebuild",
    "info", "verify", "completions",
  ])
  func `every command has help with an example`(_ command: String) throws {
    let run = try rapport(command.split(separator: " ").map(String.init) + ["--help"])
    try run.expectSuccess()
    #expect(run.output.contains("\n  rapport \(command) "), run.comment)
  }
}
