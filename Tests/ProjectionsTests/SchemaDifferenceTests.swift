import Projections
import Testing

/// A schema with a bit of everything, and changes of it by replacing text.
private let base = """
  SCHEMA s VERSION 1
  NODE Actor { name TEXT }
  NODE Person : Actor { age INTEGER }
  NODE Club { name TEXT }
  EDGE (Person)-[ATTENDED]->(Club) KEY role { role STRING, note STRING }
  EDGE (Person)-[KNOWS]->(Person)
  DERIVE (a:Person)-[:MET { club: c.id }]-(b:Person)
    FROM (a)-[:ATTENDED]->(c:Club)<-[:ATTENDED]-(b)
  EVENT held VERSION 2 {
    id ID,
    title TEXT?,
    size INTEGER,
    mode STRING = 'onsite',
    who LIST<{ person ID, role STRING? }> = []
  }
  UPCAST held 1 TO 2
    SET size = 1
    EXAMPLE { id: 'c' } TO { id: 'c', size: 1 }
  ON held AS e
    NODE (c:Club { id: e.id, name: e.title })
    FOR w IN e.who
      EDGE (:Person { id: w.person })-[:ATTENDED { role: w.role }]->(c)
  EVENT left VERSION 1 { id ID, why TEXT? }
  ON left AS l
    NODE (:Club { id: l.id, name: l.why })
  """

/// The changes, each as `sign name: before -> after [class] (note)`; long texts are left out.
private func changes(_ replacements: (String, String)...) throws -> [String] {
  var text = base
  for (old, new) in replacements {
    #expect(text.contains(old), "\(old)")
    text = text.replacing(old, with: new)
  }
  let difference = SchemaDifference(from: try loadSchema(base), to: try loadSchema(text))
  return difference.changes.map { change in
    func shown(_ text: String?) -> String {
      text.map { $0.contains("\n") || $0.contains("NODE") ? "…" : $0 } ?? "·"
    }
    let texts = "\(shown(change.before)) -> \(shown(change.after))"
    return "\(change.kind) \(change.name): \(texts) [\(change.classification)]"
      + (change.note.map { " (\($0))" } ?? "")
  }
}

@Suite struct `A difference of schemas` {
  @Test func `is empty for comments and layout`() throws {
    #expect(
      try changes(("SCHEMA s", "// new\nSCHEMA   s"), ("{ age INTEGER }", "{\n age INTEGER\n}"))
        .isEmpty
    )
  }

  @Test func `is empty where the digests are equal`() throws {
    let braces = base.replacing("FOR w IN e.who\n", with: "FOR w IN e.who {\n")
      .replacing("\nEVENT left", with: "\n}\nEVENT left")
    let (old, new) = (try loadSchema(base), try loadSchema(braces))
    #expect(old.digest == new.digest)
    #expect(SchemaDifference(from: old, to: new).isEmpty)
  }

  @Test func `tells what is added as additive`() throws {
    #expect(
      try changes(("NODE Club {", "NODE Topic { x TEXT }\nNODE Club { topic STRING,"))
        == [
          "added node Topic: · -> … [additive]",
          "added node Club, property topic: · -> STRING [additive]",
        ]
    )
    #expect(
      try changes(("title TEXT?,", "title TEXT?, note TEXT?,"))
        == ["added event held, field note: · -> TEXT? [additive]"]
    )
    #expect(
      try changes(("person ID,", "person ID, seat INTEGER = 1,"))
        == ["added event held, field who[].seat: · -> INTEGER = 1 [additive]"]
    )
    #expect(
      try changes(("size INTEGER,", "size INTEGER?,"))
        == ["changed event held, field size: INTEGER -> INTEGER? [additive]"]
    )
    #expect(
      try changes(
        ("DERIVE", "DERIVE (a:Person)-[:FRIEND]-(b:Person) FROM (a)-[:KNOWS]-(b)\nDERIVE")
      )
        == ["added derivation FRIEND: · -> … [additive]"]
    )
  }

  @Test func `tells ends of an edge by what they let in`() throws {
    #expect(
      try changes(("(Person)-[KNOWS]", "(Actor)-[KNOWS]"))
        == ["changed edge KNOWS, ends: (Person)->(Person) -> (Actor)->(Person) [additive]"]
    )
    #expect(
      try changes(("EDGE (Person)-[KNOWS]", "EDGE (Club)-[KNOWS]->(Club)\nEDGE (Person)-[KNOWS]"))
        == ["added edge KNOWS, ends: · -> (Club)->(Club) [additive]"]
    )
    #expect(
      try changes(("(Person)-[KNOWS]->(Person)", "(Club)-[KNOWS]->(Person)"))
        == [
          "removed edge KNOWS, ends: (Person)->(Person) -> · [breaking]",
          "added edge KNOWS, ends: · -> (Club)->(Person) [additive]",
        ]
    )
  }

  @Test func `tells what makes another graph of the same events`() throws {
    #expect(
      try changes(("age INTEGER", "age FLOAT"))
        == ["changed node Person, property age: INTEGER -> FLOAT [recompute]"]
    )
    #expect(
      try changes(("KEY role", "VALID KEY EVENT"))
        == [
          "added edge ATTENDED VALID: · -> VALID [recompute]",
          "changed edge ATTENDED KEY: role -> EVENT [recompute]",
        ]
    )
    #expect(
      try changes(("'onsite'", "'online'"))
        == [
          "changed event held, field mode: STRING = \"onsite\" -> STRING = \"online\" [recompute]"
        ]
    )
    #expect(
      try changes(("name: e.title", "name: coalesce(e.title, e.mode)"))
        == ["changed rule held: … -> … [recompute]"]
    )
    #expect(
      try changes(("SET size = 1", "SET size = 0 + 1"))
        == ["changed upcast held, 1 TO 2: … -> … [recompute]"]
    )
    #expect(
      try changes(("NODE Club {", "NODE Club : Place {"))
        == ["added node Club, supertype Place: · -> Place [recompute]"]
    )
    #expect(
      try changes(("club: c.id", "club: c.id, name: c.name"))
        == ["changed derivation MET: … -> … [recompute]"]
    )
  }

  @Test func `tells a field of a wider type from one of another type`() throws {
    #expect(
      try changes(("size INTEGER", "size FLOAT"))
        == ["changed event held, field size: INTEGER -> FLOAT [recompute]"]
    )
    #expect(
      try changes(("why TEXT?", "why STRING?"))
        == ["changed event left, field why: TEXT? -> STRING? [breaking]"]
    )
  }

  @Test func `tells a derivation without properties that is gone`() throws {
    let more = base + "\nDERIVE (a:Person)-[:FRIEND]-(b:Person) FROM (a)-[:KNOWS]-(b)"
    let difference = SchemaDifference(from: try loadSchema(more), to: try loadSchema(base))
    #expect(difference.changes.map(\.name) == ["derivation FRIEND"])
    #expect(difference.changes.map(\.classification) == [.breaking])
  }

  @Test func `tells what events and queries may not survive`() throws {
    #expect(
      try changes(("EDGE (Person)-[KNOWS]->(Person)\n", ""))
        == ["removed edge KNOWS: EDGE (Person)-[KNOWS]->(Person) -> · [breaking]"]
    )
    #expect(
      try changes((", note STRING", ""))
        == ["removed edge ATTENDED, property note: STRING -> · [breaking]"]
    )
    #expect(
      try changes(("why TEXT?", "why TEXT"))
        == ["changed event left, field why: TEXT? -> TEXT [breaking]"]
    )
    #expect(
      try changes(("why TEXT?", "why TEXT?, host ID"))
        == ["added event left, field host: · -> ID [breaking]"]
    )
    #expect(
      try changes(("mode STRING = 'onsite',", ""))
        == ["removed event held, field mode: STRING = \"onsite\" -> · [breaking]"]
    )
    #expect(
      try changes(("VERSION 2", "VERSION 1"), (base.upcast, ""))
        == [
          "changed event held VERSION: 2 -> 1 [breaking]",
          "removed upcast held, 1 TO 2: … -> · [breaking]",
        ]
    )
    #expect(
      try changes((" : Actor", ""))
        == ["removed node Person, supertype Actor: Actor -> · [breaking]"]
    )
    #expect(
      try changes(("DERIVE" + base.between("DERIVE", "EVENT"), ""))
        == ["removed derivation MET: … -> · [breaking]"]
    )
  }

  @Test func `lets a new version change fields, as its upcast says how`() throws {
    let upcast = """
      UPCAST held 2 TO 3
        SET host = 'h'
        EXAMPLE { id: 'c', size: 1 } TO { id: 'c', size: 1, host: 'h' }
      ON held
      """
    #expect(
      try changes(
        ("VERSION 2", "VERSION 3"),
        ("title TEXT?,", "title TEXT?, host ID,"),
        ("ON held", upcast)
      )
        == [
          "changed event held VERSION: 2 -> 3 [recompute]",
          "added event held, field host: · -> ID [recompute]",
          "added upcast held, 2 TO 3: · -> … [recompute]",
        ]
    )
  }

  @Test func `passes over an upcast's examples`() throws {
    #expect(
      try changes(("{ id: 'c' } TO { id: 'c',", "{ id: 'd' } TO { id: 'd',"))
        == ["changed upcast held, 1 TO 2: … -> … [additive]"]
    )
  }

  @Test func `notes what moved to a supertype`() throws {
    #expect(
      try changes(
        ("Actor { name TEXT", "Actor { name TEXT, age INTEGER"),
        (" { age INTEGER }\n", "\n")
      )
        == [
          "added node Actor, property age: · -> INTEGER [additive]",
          "removed node Person, property age: INTEGER -> · [additive] (inherited from a supertype now)",
        ]
    )
  }

  @Test func `notes what looks like a rename`() throws {
    #expect(
      try changes(("KNOWS", "IS_FRIEND_OF"))
        == [
          "removed edge KNOWS: EDGE (Person)-[KNOWS]->(Person) -> · [breaking]",
          "added edge IS_FRIEND_OF: · -> EDGE (Person)-[IS_FRIEND_OF]->(Person) [additive]"
            + " (looks like a rename of KNOWS)",
        ]
    )
    #expect(
      try changes(("age INTEGER", "years INTEGER")).last
        == "added node Person, property years: · -> INTEGER [additive]"
        + " (looks like a rename of property age)"
    )
  }

  @Test func `counts its changes by class`() throws {
    let new = base.replacing("age INTEGER", with: "years INTEGER").replacing(
      "'onsite'",
      with: "'x'"
    )
    let difference = SchemaDifference(from: try loadSchema(base), to: try loadSchema(new))
    #expect(difference.summary == "1 additive, 1 recompute, 1 breaking")
  }
}

extension String {
  fileprivate func between(_ start: String, _ end: String) -> String {
    guard let first = firstRange(of: start),
      let last = self[first.upperBound...].firstRange(of: end)
    else { return "" }
    return String(self[first.upperBound..<last.lowerBound])
  }

  fileprivate var upcast: String { "UPCAST" + between("UPCAST", "ON held") }
}
