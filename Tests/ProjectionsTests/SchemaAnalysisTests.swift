import Projections
import SourceText
import Testing

/// A schema text and the mistakes that it has.
struct MistakeCase: CustomTestStringConvertible, Sendable {
  var name: String
  var text: String
  var mistakes: [String]

  var testDescription: String { name }
}

private let head = "SCHEMA s VERSION 1\n"

/// A graph and an event that most rules below are about; its lines are 2 to 6.
private let base =
  head + """
    NODE Person : Actor { name TEXT }
    NODE Meeting { title TEXT, date DATE, size INTEGER }
    EDGE (Actor)-[ATTENDED]->(Meeting) KEY role { role STRING }
    EDGE (Person)-[KNOWS]->(Person) VALID KEY from { note STRING }
    EVENT held VERSION 1 { id ID, title TEXT?, date DATE?, host ID?, n INTEGER, s STRING, who LIST<{ person ID?, role STRING? }> = [], inner { of ID }? }

    """

private func rule(_ body: String) -> String { base + "ON held AS e\n" + body }

private let declarationCases: [MistakeCase] = [
  .init(
    name: "duplicate declarations",
    text: head + """
      NODE A { x STRING, x STRING }
      NODE A
      EDGE (A)-[R]->(A)
      EDGE (A)-[R]->(A)
      EVENT e VERSION 1 { id ID, id ID }
      EVENT e VERSION 1 { id ID }
      ON e AS e NODE (:A { id: e.id })
      """,
    mistakes: [
      "2:20: the property \"x\" is declared twice",
      "3:6: the node type \"A\" is declared twice",
      "5:11: (A)-[R]->(A) is declared twice",
      "6:28: the field \"id\" is declared twice",
      "7:7: the event \"e\" is declared twice (the newest version is declared; UPCAST says how older"
        + " ones are read)",
    ]
  ),
  .init(
    name: "unknown types and labels, with suggestions",
    text: head + """
      NODE Person { name TEXTE, age LIST<INTEGR> }
      EDGE (Persn)-[KNOWS]->(Person)
      """,
    mistakes: [
      "2:20: unknown type \"TEXTE\" (did you mean \"TEXT\"?)",
      "2:36: unknown type \"INTEGR\" (did you mean \"INTEGER\"?)",
      "3:7: \"Persn\" is neither a node type nor a label (did you mean \"Person\"?)",
    ]
  ),
  .init(
    name: "cycles of supertypes",
    text: head + "NODE A : C\nNODE B : A\nNODE C : B\nNODE D : D",
    mistakes: [
      "2:10: \"A\" is its own supertype: A : C : B : A",
      "5:10: \"D\" is its own supertype: D : D",
    ]
  ),
  .init(
    name: "two families, and clashes within one",
    text: head + """
      NODE A { x STRING }
      NODE B
      NODE C : A, B
      NODE D : A { x STRING }
      NODE E : A { y DATE }
      NODE F : A { y STRING, id ID, z STRING = 'q', w { a STRING } }
      """,
    mistakes: [
      "4:6: \"C\" belongs to two families of ids, those of \"A\" and \"B\" (give them a common"
        + " supertype, or make one of them a label that no NODE declares)",
      "5:14: \"D\" has \"x\" from a supertype already",
      "7:14: \"y\" is STRING here and DATE in \"E\", which shares its nodes",
      "7:24: every node has an \"id\" already (leave it out: rules give it as { id: … })",
      "7:42: a property has no default (give the default to the field of the event)",
      "7:49: a property cannot be a structure (declare a MAP, or a node of its own)",
    ]
  ),
  .init(
    name: "keys",
    text: head + """
      NODE A
      EDGE (A)-[R]->(A) KEY titel { title STRING }
      EDGE (A)-[S]->(A) KEY from { title STRING }
      EDGE (A)-[T]->(A) VALID KEY from, to, from { to DATE }
      EDGE (A)-[U]->(A) VALID
      NODE B
      EDGE (A)-[U]->(B)
      """,
    mistakes: [
      "3:23: the key names \"titel\", which \"R\" does not have (did you mean \"title\"?)",
      "4:23: the key names \"from\", and the edge has no validity (write VALID before KEY)",
      "5:39: \"from\" is in the key twice",
      "5:46: \"to\" is part of the validity of a VALID edge (leave it out: rules give it as FROM and"
        + " TO)",
      "8:11: \"U\" was declared with VALID before (all declarations of an edge type have one"
        + " validity, one key and one set of properties)",
    ]
  ),
  .init(
    name: "events without rules, rules without events, reserved names, defaults",
    text: head + """
      NODE A
      EVENT meeting.held VERSION 1 { id ID, d DATE = '2022-13', n INTEGER = 'x', t LIST<ID> = [''] }
      EVENT rapport.mine VERSION 1 { id ID }
      ON meeting.hold AS e NODE (:A { id: e.id })
      """,
    mistakes: [
      "3:7: the event \"meeting.held\" has no rule (say what it means for the graph: ON meeting.held"
        + " AS e …)",
      "3:48: the default of \"d\" does not fit: expected a date that exists, found \"2022-13\"",
      "3:71: the default of \"n\" does not fit: expected an integer, found \"x\"",
      "3:89: the default of \"t\" does not fit at t[0]: expected an id, found an empty string",
      "4:7: \"rapport.mine\" is an event that every schema has (types that begin with \"rapport.\""
        + " cannot be declared)",
      "5:4: there is no event \"meeting.hold\" (did you mean \"meeting.held\"?)",
    ]
  ),
  .init(
    name: "derivations",
    text: base + """
      ON held AS e
        NODE (:Meeting { id: e.id })
      DERIVE (a:Actor)-[:MET { on: m.dat, x: z.y, r: r.rolle }]-(b:Actr)
        FROM (a)-[r:ATENDED]->(m:Meeting)<-[:ATTENDED]-(b)
      DERIVE (a:Actor)-[:ATTENDED]->(b:Actor) FROM (a)-[:ATTENDED]->(m)<-[:MET]-(c)
      DERIVE (a:Actor)-[:MET]->(b:Actor) FROM (a)-[:ATTENDED]->()<-[:ATTENDED]-(b)
      """,
    mistakes: [
      "9:32: no \"Meeting\" has a property \"dat\" (did you mean \"date\"?)",
      "9:40: there is no variable \"z\" here",
      "9:50: no edge has a property \"rolle\" (did you mean \"role\"?)",
      "9:62: unknown label \"Actr\" (did you mean \"Actor\"?)",
      "10:15: unknown edge type \"ATENDED\" (did you mean \"ATTENDED\"?)",
      "11:20: \"ATTENDED\" is an edge type already (give the derived edge another name)",
      "11:32: \"b\" does not occur in the pattern after FROM",
      "11:70: \"MET\" is derived, and cannot be derived from",
      "12:20: \"MET\" was derived without a direction before",
    ]
  ),
]

private let upcastCases: [MistakeCase] = [
  .init(
    name: "steps that are missing, repeated, backwards, too far or too long",
    text: head + """
      NODE A
      EVENT e VERSION 4 { id ID }
      ON e AS e NODE (:A { id: e.id })
      UPCAST e 1 TO 2 SET id = x EXAMPLE { x: 'a' } TO { id: 'a' }
      UPCAST e 1 TO 2 SET id = x EXAMPLE { x: 'a' } TO { id: 'a' }
      UPCAST e 3 TO 2 REMOVE x EXAMPLE { } TO { }
      UPCAST e 2 TO 4 REMOVE x EXAMPLE { } TO { }
      UPCAST e 4 TO 5 REMOVE x EXAMPLE { } TO { }
      UPCAST e 3 TO 4 REMOVE x
      UPCAST f 1 TO 2 REMOVE x EXAMPLE { } TO { }
      """,
    mistakes: [
      "3:7: \"e\" has no step from version 2 to 3 (write UPCAST e 2 TO 3 …)",
      "5:50: the example becomes {\"x\":\"a\",\"id\":\"a\"}, not {\"id\":\"a\"}"
        + " (mend the step, or what the example says after TO)",
      "6:8: UPCAST e 1 TO 2 is declared twice (there is one way from a version to the next: leave"
        + " out one of them)",
      "7:8: UPCAST e 3 TO 2 goes back (versions only grow: an upcast goes from one version to the"
        + " next)",
      "8:8: UPCAST e 2 TO 4 leaves out a version (write a step from each version to the next)",
      "9:8: UPCAST e 4 TO 5 goes past the declared version 4 (declare EVENT e VERSION 5, or leave"
        + " out the step)",
      "10:8: UPCAST e 3 TO 4 has no EXAMPLE (show data of version 3 and what it becomes: EXAMPLE {"
        + " … } TO { … })",
      "11:8: there is no event \"f\"",
    ]
  ),
  .init(
    name: "examples that come out otherwise, or do not fit",
    text: head + """
      NODE A
      EVENT e VERSION 2 { id ID, n INTEGER = 3 }
      ON e AS e NODE (:A { id: e.id })
      UPCAST e 1 TO 2 SET id = x + '!' REMOVE x
        EXAMPLE { x: 'a' } TO { id: 'a!' }
        EXAMPLE { x: 'a' } TO { id: 'a' }
        EXAMPLE { x: 'a', n: 'b' } TO { id: 'a!', n: 'b' }
        EXAMPLE { x: 1 / 0 } TO { id: 'a' }
      """,
    mistakes: [
      "7:25: the example becomes {\"id\":\"a!\",\"n\":3}, not {\"id\":\"a\",\"n\":3}"
        + " (mend the step, or what the example says after TO)",
      "8:33: the example becomes data that does not fit version 2: data.n: expected an integer,"
        + " found \"b\" (mend the step, or the declaration of the event)",
      "9:16: division of 1 by zero",
    ]
  ),
  .init(
    name: "expressions that are not pure, or not known",
    text: head + """
      NODE A
      EVENT e VERSION 2 { id ID }
      ON e AS e NODE (:A { id: e.id })
      UPCAST e 1 TO 2 SET id = toStrin(rand()), b = count(x), c = $p, d = [(a)-->(b) | a]
        EXAMPLE { x: 'a' } TO { id: 'a!' }
      """,
    mistakes: [
      "5:26: unknown function \"toStrin\" (did you mean \"toString\"?)",
      "5:34: \"rand\" gives another value each time (the graph is made of the events alone, so that"
        + " it can be made again)",
      "5:47: the aggregate \"count\" cannot stand in a schema's expression",
      "5:61: the parameter \"$p\" cannot stand in a schema's expression (it sees the event's data and"
        + " nothing else)",
      "5:69: a pattern cannot stand in a schema's expression (it sees the event's data and nothing"
        + " else)",
    ]
  ),
]

private let ruleCases: [MistakeCase] = [
  .init(
    name: "unknown names",
    text: rule(
      """
      NODE (m:Meting { id: e.id })
      NODE (n:Meeting { id: e.ids, titel: e.title })
      NODE (:Actor { id: e.id })
      EDGE (n)-[:ATTENDS]->(q)
      SET x.title = e.title, e.title = 'x'
      """
    ),
    mistakes: [
      "8:9: unknown node type \"Meting\" (did you mean \"Meeting\"?)",
      "9:25: \"e\" has no field \"ids\" (did you mean \"id\"?)",
      "9:30: \"Meeting\" has no property \"titel\" (did you mean \"title\"?)",
      "10:8: \"Actor\" is a label only, and no node type (declare NODE Actor, or name one of its"
        + " subtypes)",
      "11:12: unknown edge type \"ATTENDS\" (did you mean \"ATTENDED\"?)",
      "11:23: there is no variable \"q\" here",
      "12:5: there is no variable \"x\" here",
      "12:24: \"e\" is no node (SET gives a property of a node: NODE (n:Type { id: … }) SET n.name ="
        + " …)",
    ]
  ),
  .init(
    name: "types that do not fit",
    text: rule(
      """
      NODE (m:Meeting { id: e.s, title: e.n, date: e.s, size: 'many' })
      NODE (n:Meeting { id: '', size: e.n + 'x', date: toString(e.n) })
      FOR x IN e.title NODE (:Meeting { id: x })
      FOR y IN e.who NODE (:Meeting { id: y })
      WHEN e.n + 1 > 2 AND 'x' NODE (n)
      """
    ),
    mistakes: [
      "8:23: expected an id, and \"e.s\" is STRING (declare the field as ID)",
      "8:35: \"title\" is TEXT, and \"e.n\" is INTEGER",
      "8:46: \"date\" is DATE, and \"e.s\" is STRING",
      "8:57: \"size\" is INTEGER, and 'many' is a string",
      "9:23: expected an id, found ''",
      "9:50: expected a date, and \"toString(e.n)\" is a string",
      "10:10: expected a list after IN, and \"e.title\" is TEXT",
      "11:37: expected an id, and \"y\" is { person ID?, role STRING? }",
      "12:22: expected a condition, and \"'x'\" is a string",
    ]
  ),
  .init(
    name: "ids that may be missing",
    text: rule(
      """
      NODE (:Person { id: e.host })
      WHEN e.host IS NOT NULL NODE (:Person { id: e.host })
      WHEN e.host IS NULL NODE (:Person { id: e.host })
      WHEN e.host IS NOT NULL AND e.n > 1 NODE (:Person { id: e.host })
      WHEN e.host IS NOT NULL OR e.n > 1 NODE (:Person { id: e.host })
      NODE (:Person { id: e.inner.of })
      WHEN e.inner IS NOT NULL NODE (:Person { id: e.inner.of })
      WHEN e.inner.of IS NOT NULL NODE (:Person { id: e.inner.of })
      FOR a IN e.who { WHEN a.person IS NOT NULL NODE (:Person { id: a.person }) NODE (:Person { id: a.person }) }
      """
    ),
    mistakes: [
      "8:21: \"e.host\" may be missing, and a node needs its id (put WHEN e.host IS NOT NULL before"
        + " the statement)",
      "10:41: \"e.host\" may be missing, and a node needs its id (put WHEN e.host IS NOT NULL before"
        + " the statement)",
      "12:56: \"e.host\" may be missing, and a node needs its id (put WHEN e.host IS NOT NULL before"
        + " the statement)",
      "13:21: \"e.inner.of\" may be missing, and a node needs its id (put WHEN e.inner.of IS NOT NULL"
        + " before the statement)",
      "16:96: \"a.person\" may be missing, and a node needs its id (put WHEN a.person IS NOT NULL"
        + " before the statement)",
    ]
  ),
  .init(
    name: "edges, validity and ids",
    text: rule(
      """
      NODE (m:Meeting { id: e.id })
      NODE (p:Person { id: e.id, id: e.id })
      NODE (m:Meeting { id: e.id })
      SET m.id = e.id
      EDGE (m)-[:ATTENDED]->(p)
      EDGE (p)-[:ATTENDED { role: e.s, roll: e.s }]->(m) FROM e.date
      EDGE (p)-[:KNOWS { from: e.date }]->(p) FROM e.s
      END (p)-[:ATTENDED]->(m)
      EDGE (p)-[:KNOWS]->(:Person)
      EDGE (p)-[:KNOWS]->(:Person { id: m })
      """
    ),
    mistakes: [
      "9:28: \"id\" is given twice",
      "10:7: \"m\" is bound already",
      "11:7: the node's id is given a second time (an id is given once, where the node is first"
        + " mentioned)",
      "12:6: no edge \"ATTENDED\" goes from \"Meeting\" to \"Person\" (it points the other way:"
        + " (Actor)-[ATTENDED]->(Meeting))",
      "13:34: \"ATTENDED\" has no property \"roll\" (did you mean \"role\"?)",
      "13:57: \"ATTENDED\" has no validity (declare the edge VALID, or leave out FROM)",
      "14:20: \"KNOWS\" has no property \"from\" (its validity stands behind the edge: FROM date TO"
        + " date)",
      "14:46: expected a date, and \"e.s\" is STRING",
      "15:11: \"ATTENDED\" has no validity that could end (declare the edge VALID)",
      "16:20: the node has no id (a rule names a node by its id: (:Person { id: … }))",
      "17:35: \"m\" is a node, and an expression of a rule sees the event only",
    ]
  ),
]

@Suite struct SchemaAnalysisTests {
  @Test(arguments: declarationCases + upcastCases + ruleCases)
  func `every mistake of a schema is told, with its place`(_ mistakeCase: MistakeCase) {
    #expect(mistakes(in: mistakeCase.text) == mistakeCase.mistakes)
  }

  @Test func `a mistake is shown with its line and a caret`() throws {
    let source = SourceText(name: "a.rapport", text: head + "NODE A { d DAET }")
    let error = try #require(throws: Diagnostics.self) { try Schema.load(source) }
    #expect(
      error.rendered(in: source) == """
        a.rapport:2:12: error: unknown type "DAET"
          2 | NODE A { d DAET }
            |            ^^^^
          hint: did you mean "DATE"?
        """
    )
  }

  @Test func `types, families, labels and properties are what the file says`() throws {
    let schema = try shippedSchema()
    let regulator = try #require(schema.nodeType(named: "Regulator"))
    #expect(regulator.labels == ["Regulator", "Organization", "Actor"])
    #expect(regulator.family == "Actor")
    #expect(regulator.properties.map(\.name) == ["name", "acronym", "classification"])
    #expect(schema.families.prefix(2) == ["Actor", "Meeting"])
    let worksFor = try #require(schema.edgeType(named: "WORKS_FOR"))
    #expect(worksFor.hasValidity)
    #expect(worksFor.key == .properties(["title", "from"]))
    #expect(schema.edgeType(named: "ABOUT")?.ends.count == 4)
    #expect(schema.derivedEdgeTypes.map(\.name) == ["MET"])
    #expect(schema.derivedEdgeTypes.first?.declarations.count == 2)
    #expect(schema.propertyNames.first == "id")
    #expect(schema.propertyNames.contains("grade"))
    let held = try #require(schema.eventType(named: "meeting.held"))
    #expect(held.fields.first { $0.name == "topics" }?.description == "topics LIST<ID> = []")
    #expect(schema.digest.count == 32)
  }

  @Test func `the digest sees tokens and neither comments nor layout`() throws {
    let plain = try loadSchema(head + "NODE A { x STRING }")
    let same = try loadSchema(head + "// remark\nNODE A\n{ x   STRING } /* more */")
    let other = try loadSchema(head + "NODE A { y STRING }")
    #expect(plain.digest == same.digest)
    #expect(plain.digest != other.digest)
  }

  @Test func `a schema is drawn as Graphviz and as Mermaid`() throws {
    let schema = try loadSchema(base + "ON held AS e NODE (:Meeting { id: e.id })")
    let dot = SchemaDiagram.graphviz(schema)
    #expect(dot.contains("\"Person\" [label=\"{Person|name\\ TEXT\\l}\"];"))
    #expect(dot.contains("\"Actor\" [label=\"Actor\", style=dashed];"))
    #expect(dot.contains("\"Actor\" -> \"Meeting\" [label=\"ATTENDED\\nrole\"];"))
    let mermaid = SchemaDiagram.mermaid(schema)
    #expect(mermaid.contains("  Actor <|-- Person"))
    #expect(mermaid.contains("  Person --> Person : KNOWS VALID note"))
  }
}
