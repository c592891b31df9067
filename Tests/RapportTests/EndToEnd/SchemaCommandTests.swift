import Foundation
import Testing

private let shipped = PackagePaths.file("Schema/meetings.rapport").path

private func shippedText() throws -> String {
  try String(contentsOf: URL(filePath: shipped), encoding: .utf8)
}

/// A schema with an optional field more, and a type of nodes less.
private let first = """
  SCHEMA s VERSION 1

  NODE Person { name TEXT }
  NODE Club { name TEXT }

  EVENT person.registered VERSION 1 {
    id   ID,
    name TEXT
  }

  ON person.registered AS e
    NODE (:Person { id: e.id, name: e.name })

  """

private let second =
  first.replacing("NODE Club { name TEXT }\n", with: "")
  .replacing("name TEXT\n}", with: "name TEXT,\n  note TEXT?\n}")

@Suite struct `Comparing schemas` {
  @Test func `tells each change with its class, aligned, and exits with 2`() throws {
    let folder = try TemporaryFolder()
    let old = try folder.write("old.rapport", first)
    let new = try folder.write("new.rapport", second)
    let run = try rapport("schema", "diff", old, new)
    #expect(run.exitCode == 2, run.comment)
    #expect(
      run.output == """
        - node Club                                  [breaking]
        + event person.registered, field note TEXT?  [additive]
        1 additive, 1 breaking

        """,
      run.comment
    )
  }

  @Test func `shows the lines of a rule that are different, and versions in one line`() throws {
    let folder = try TemporaryFolder()
    let old = try folder.write("old.rapport", first)
    let changed = first.replacing("name: e.name }", with: "name: e.id }")
      .replacing("s VERSION 1", with: "s VERSION 2")
    let new = try folder.write("new.rapport", changed)
    let run = try rapport("schema", "diff", old, new)
    #expect(
      run.output == """
        ~ schema s VERSION 1 -> 2  [additive]
        ~ rule person.registered   [recompute]
            -   NODE (:Person { id: e.id, name: e.name })
            +   NODE (:Person { id: e.id, name: e.id })
        1 additive, 1 recompute

        """,
      run.comment
    )
  }

  @Test func `finds none between a file, standard input, and the store made with it`() throws {
    let store = try TestStore()
    for reference in [store.path, store.path + "@1"] {
      let run = try rapport("schema", "diff", reference, shipped)
      #expect(run.exitCode == 0, run.comment)
      #expect(run.output == "no difference\n")
    }
    let run = try rapport("schema", "diff", "-", store.path, input: "// new\n" + shippedText())
    #expect(run.exitCode == 0, run.comment)
  }

  @Test func `is JSON on request`() throws {
    let folder = try TemporaryFolder()
    let old = try folder.write("old.rapport", first)
    let new = try folder.write("new.rapport", second)
    let run = try rapport("schema", "diff", old, new, "--format", "json")
    #expect(run.exitCode == 2, run.comment)
    let json = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any]
    let changes = try #require(json?["changes"] as? [[String: String]])
    #expect(changes.map { $0["classification"] } == ["breaking", "additive"])
    #expect(changes.first?["before"] == "NODE Club { name TEXT }")
    #expect(changes.last?["part"] == "field note")
    #expect(json?["breaking"] as? Int == 1)
  }

  @Test func `shows the errors of both schemas`() throws {
    let folder = try TemporaryFolder()
    let old = try folder.write("old.rapport", first.replacing("TEXT }", with: "TEXD }"))
    let new = try folder.write("new.rapport", second.replacing(":Person", with: ":Persn"))
    let run = try rapport("schema", "diff", old, new)
    #expect(run.exitCode == 65, run.comment)
    #expect(run.errors.contains("old.rapport:3:20"), run.comment)
    #expect(run.errors.contains("old.rapport:4:18"), run.comment)
    #expect(run.errors.contains("new.rapport:12:"), run.comment)
  }

  @Test func `says which schemas a store has where it has not that many`() throws {
    let store = try TestStore()
    let run = try rapport("schema", "diff", store.path + "@7", shipped)
    #expect(run.exitCode == 66, run.comment)
    #expect(run.errors.contains("no schema number 7"), run.comment)
    #expect(run.errors.contains("rapport schema history"), run.comment)
  }
}

@Suite struct `The history of schemas` {
  /// A store whose schema was changed, and brought back.
  private func store() throws -> TestStore {
    let store = try TestStore()
    func applied(_ number: Int, _ text: String, _ more: String) throws -> String {
      let quoted = try JSONEncoder().encode(text)
      return #"{"type":"rapport.schema.applied","source":"rapport","id":"schema/\#(number)","#
        + #""data":{"name":"\#(number).rapport","text":\#(String(decoding: quoted, as: UTF8.self))"#
        + "\(more)}}\n"
    }
    let changed = try shippedText().replacing("NODE Topic {", with: "NODE Topic {\n  note TEXT,")
    let events =
      try applied(2, changed, #","reason":"notes \"of\" topics""#)
      + applied(3, shippedText(), #","rollbackof":1"#)
    try rapport("ingest", store.path, "-", input: events).expectSuccess()
    return store
  }

  @Test func `lists each with what it changed and why, and marks the one in force`() throws {
    let store = try store()
    let run = try rapport("schema", "history", store.path)
    try run.expectSuccess()
    #expect(run.lines.count == 3, run.comment)
    #expect(run.lines[0].hasPrefix("1  position 1  2"), run.comment)
    #expect(run.lines[0].contains("Z  meetings version 1  "), run.comment)
    #expect(run.lines[0].hasSuffix("…  meetings.rapport  the first"), run.comment)
    #expect(
      run.lines[1].hasSuffix("…  2.rapport         1 additive; “notes \"of\" topics”"),
      run.comment
    )
    #expect(
      run.lines[2].hasSuffix("…  3.rapport         1 breaking; rollback to 1; in force"),
      run.comment
    )
  }

  @Test func `is JSON on request`() throws {
    let store = try store()
    let run = try rapport("schema", "history", store.path, "--format", "json")
    try run.expectSuccess()
    let json = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
    let schemas = try #require(json as? [[String: Any]])
    #expect(schemas.map { $0["position"] as? Int } == [1, 2, 3])
    #expect(schemas.map { $0["inforce"] as? Bool } == [false, false, true])
    #expect(schemas.map { $0["rollbackof"] as? Int } == [nil, nil, 1])
    #expect(schemas[1]["reason"] as? String == "notes \"of\" topics")
    #expect((schemas[1]["changes"] as? [String: Int])?["additive"] == 1)
    #expect(schemas[0]["digest"] as? String == schemas[2]["digest"] as? String)
    let diff = try rapport("schema", "diff", store.path + "@2", store.path)
    #expect(diff.exitCode == 2, diff.comment)
    #expect(diff.output.hasPrefix("- node Topic, property note TEXT"), diff.comment)
  }
}

@Suite struct `Laying out schema files` {
  private let untidy = "SCHEMA s VERSION 1 NODE A{name TEXT}// about A\nNODE B"
  private let tidy = "SCHEMA s VERSION 1\n\nNODE A { name TEXT }  // about A\nNODE B\n"

  @Test func `prints the canonical layout and leaves the file alone`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("a.rapport", untidy)
    let run = try rapport("schema", "fmt", file)
    try run.expectSuccess()
    #expect(run.output == tidy)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == untidy)
    #expect(try rapport("schema", "fmt", "-", input: untidy).output == tidy)
  }

  @Test func `checks which files have another layout`() throws {
    let folder = try TemporaryFolder()
    let one = try folder.write("a.rapport", untidy)
    let run = try rapport("schema", "fmt", one, shipped, "--check")
    #expect(run.exitCode == 2, run.comment)
    #expect(run.output == one + "\n")
    try rapport("schema", "fmt", shipped, "--check").expectSuccess()
  }

  @Test func `writes files in place, with their permissions, also through a link`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("a.rapport", untidy)
    let link = folder.path("link.rapport")
    let files = FileManager.default
    try files.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
    try files.createSymbolicLink(atPath: link, withDestinationPath: file)
    try rapport("schema", "fmt", link, "--write").expectSuccess()
    #expect(try String(contentsOfFile: file, encoding: .utf8) == tidy)
    #expect(try files.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o640)
    #expect(
      try files.attributesOfItem(atPath: link)[.type] as? FileAttributeType == .typeSymbolicLink
    )
    #expect(try files.contentsOfDirectory(atPath: folder.url.path).count == 2)
  }

  @Test func `tells the mistakes of a file and does the others all the same`() throws {
    let folder = try TemporaryFolder()
    let bad = try folder.write("bad.rapport", "SCHEMA s VERSION 1\nNODE A {")
    let good = try folder.write("good.rapport", untidy)
    let run = try rapport("schema", "fmt", bad, good, "--write")
    #expect(run.exitCode == 65, run.comment)
    #expect(run.errors.contains("bad.rapport:2:"), run.comment)
    #expect(try String(contentsOfFile: good, encoding: .utf8) == tidy)
  }
}

@Suite struct `Searching a schema for what is not meant` {
  @Test func `finds nothing in the shipped one`() throws {
    let run = try rapport("schema", "lint", shipped)
    try run.expectSuccess()
    #expect(run.output == "no findings\n")
  }

  @Test func `shows each finding with a caret and its rule, which may be switched off`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("s.rapport", second.replacing("SCHEMA s", with: "SCHEMA  s"))
    let run = try rapport("schema", "lint", file)
    #expect(run.exitCode == 2, run.comment)
    #expect(
      run.output == """
        \(file):8:3: warning: no rule reads the field "note" [unread-field]
          8 |   note TEXT?
            |   ^^^^
          hint: give it to a property, or leave it out of the event
        1 finding

        """,
      run.comment
    )
    try rapport("schema", "lint", file, "--allow", "unread-field").expectSuccess()
    let json = try rapport("schema", "lint", file, "--format", "json")
    let found = try JSONSerialization.jsonObject(with: Data(json.output.utf8))
    #expect((found as? [[String: Any]])?.first?["rule"] as? String == "unread-field")
    let unknown = try rapport("schema", "lint", file, "--allow", "unread")
    #expect(unknown.exitCode == 64, unknown.comment)
    #expect(unknown.errors.contains("unread-field"), unknown.comment)
  }
}
