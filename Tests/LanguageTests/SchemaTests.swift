import Foundation
import Language
import SourceText
import Testing

/// A schema that uses every declaration and statement, laid out in the canonical way.
private let canonical = """
  // The shipped domain.

  SCHEMA meetings VERSION 2

  NODE Organization : Actor { name TEXT, acronym TEXT, classification STRING }
  NODE Regulator : Organization, Actor
  NODE Topic

  NODE Meeting { title TEXT?, date DATE, mode STRING = 'onsite' }

  EDGE (Person)-[WORKS_FOR]->(Organization) VALID KEY title, from { title TEXT, unit STRING }
  EDGE (Person)-[ATTENDED]->(Meeting) { role STRING, on_behalf_of STRING }  // one each
  EDGE (Organization)-[SPOKE]->(Meeting) KEY EVENT

  // who met whom: two people in one meeting
  DERIVE (a:Person)-[:MET { date: m.date, meeting: m.id }]-(b:Person)
    FROM (a)-[:ATTENDED]->(m:Meeting)<-[:ATTENDED]-(b),
         (m)-[:ABOUT]->(t:Topic)
    WHERE a <> b

  DERIVE (a:Person)-[:KNOWS]->(b:Person)
    FROM (a)-[:MET]-(b)

  EVENT meeting.held VERSION 2 {
    id        ID,
    title     TEXT?,
    mode      STRING = 'onsite',
    // who came
    attendees LIST<{ person ID, role STRING?, for ID? }>,
    place     { city STRING, at { latitude FLOAT, longitude FLOAT }? }?,
    guests    LIST<{
      name                     TEXT?,
      organization             ID?,
      stands_for               LIST<ID>,
      as_stated_in_the_minutes STRING?
    }> = [],
    topics    LIST<ID> = []
  }

  EVENT agenda.item.recorded VERSION 1 {}

  UPCAST meeting.held 1 TO 2
    SET attendees = [p IN participants | { person: p }]
    SET mode = 'onsite'
    REMOVE participants
    EXAMPLE { id: 'm1', participants: ['p1'] }
         TO { id: 'm1', mode: 'onsite', attendees: [{ person: 'p1' }], topics: [] }

  ON meeting.held AS e
    NODE (m:Meeting { id: e.id, title: e.title, mode: e.mode })
    FOR a IN e.attendees
      // a person that no other event mentions exists by this
      EDGE (:Person { id: a.person })-[:ATTENDED { role: a.role }]->(m)
    FOR g IN e.guests {
      WHEN g.name IS NOT NULL
        EDGE (:Person { id: g.name })
          -[:ATTENDED {
            role: g.role, on_behalf_of: g.organization, as_stated: g.as_stated_in_the_minutes
          }]->(m)
      WHEN g.organization = 'x' {
        SET m.title = g.name
        SET m.mode = coalesce(m.mode, 'online')
      }
    }
    EDGE (m)-[:ABOUT]->(:Topic { id: e.topic }) FROM e.from TO e.to
    END (:Person { id: e.person })
      -[:WORKS_FOR { title: e.title }]->(:Organization { id: e.o })
      AT e.to
    END (m)-[:ABOUT]->(:Topic { id: e.topic })

  ON agenda.item.recorded AS e

  """

@Suite struct `Schema files` {
  @Test func `are laid out in one canonical way`() throws {
    #expect(try SchemaFormatter.format(SourceText(name: "s", text: canonical)) == canonical)
  }

  @Test func `are read alike however they are laid out`() throws {
    let document = try schema(canonical)
    let lines = canonical.split(separator: "\n").map { $0.prefix { $0 != "/" } }
    var tight = lines.joined(separator: " ")
    while tight.contains("  ") { tight = tight.replacing("  ", with: " ") }
    #expect(shape(of: try schema(tight)) == shape(of: document))
    #expect(SchemaFormatter.format(try schema(tight)) == SchemaFormatter.format(document))
    #expect(shape(of: try schema(SchemaFormatter.format(document))) == shape(of: document))
  }

  @Test func `are laid out anew without losing a declaration or a comment, as the shipped one`()
    throws
  {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Schema/meetings.rapport")
    let text = try String(contentsOf: path, encoding: .utf8)
    let formatted = try SchemaFormatter.format(SourceText(name: "s", text: text))
    #expect(shape(of: try schema(formatted)) == shape(of: try schema(text)))
    #expect(try SchemaFormatter.format(SourceText(name: "s", text: formatted)) == formatted)
    func comments(_ text: String) -> [Substring] {
      text.split(separator: "\n").compactMap { line in
        line.firstRange(of: "//").map { line[$0.upperBound...] }
      }
    }
    #expect(comments(formatted) == comments(text))
  }

  @Test func `keep every comment where it belongs`() throws {
    let text = """
      /* head */ SCHEMA s VERSION 1 // version
      NODE A // about A
      // above B
      NODE B { // inside B
        a ID, // about a
        /* above b */
        b ID // about b
        // last in B
      } // after B
      ON e AS e // rule
        // above node
        NODE (a:A { id: e.id }) // node
        // the end of the rule
      // the end
      """
    let formatted = try SchemaFormatter.format(SourceText(name: "s", text: text))
    #expect(
      formatted == """
        /* head */
        SCHEMA s VERSION 1  // version

        NODE A  // about A

        // above B
        NODE B {  // inside B
          a ID,  // about a
          /* above b */
          b ID  // about b
          // last in B
        }  // after B

        ON e AS e  // rule
          // above node
          NODE (a:A { id: e.id })  // node

        // the end of the rule
        // the end

        """
    )
    #expect(try SchemaFormatter.format(SourceText(name: "s", text: formatted)) == formatted)
  }

  @Test func `store edges from source to target, whatever way the arrow points`() throws {
    let right = try schema(
      """
      SCHEMA s VERSION 1
      EDGE (A)-[T]->(B)
      DERIVE (a:A)-[:D]->(b:B) FROM (a)-[:T]->(b)
      ON e AS e
        EDGE (a:A { id: 1 })-[:T]->(:B { id: 2 })
      """
    )
    let left = try schema(
      """
      SCHEMA s VERSION 1
      EDGE (B)<-[T]-(A)
      DERIVE (b:B)<-[:D]-(a:A) FROM (a)-[:T]->(b)
      ON e AS e
        EDGE (:B { id: 2 })<-[:T]-(a:A { id: 1 })
      """
    )
    #expect(shape(of: left) == shape(of: right))
  }

  @Test func `name what they like, keywords included`() throws {
    let document = try schema(
      """
      SCHEMA event VERSION 1
      NODE Node { node STRING, edge STRING, event ID, on DATE, for ID, end DATE, from ID, to ID }
      EVENT event.on.end VERSION 1 {
        node STRING,
        on ID,
        for ID?,
        event LIST<LIST<ID>>= [],
      }
      ON event.on.end AS event
        NODE (node:Node { id: event.for, end: event.end })
        FOR key IN event.node WHEN key.at SET node.on = key.to
      """
    )
    #expect(document.nodes[0].properties.count == 8)
    #expect(document.events[0].type.name == "event.on.end")
    #expect(document.events[0].fields.map(\.name.name) == ["node", "on", "for", "event"])
    guard case .forEach(_, _, let body) = document.rules[0].statements[1], case .when = body[0]
    else {
      Issue.record("FOR does not hold WHEN")
      return
    }
  }

  @Test func `tell rules from declarations behind them`() throws {
    let document = try schema(
      """
      SCHEMA s VERSION 1
      ON a AS e
        NODE (x:X { id: e.id })
      EDGE (X)-[T]->(Y)
      NODE Y
      ON b AS e
        EDGE (x:X { id: e.id })-[:T]->(:Y { id: e.y })
      EVENT a VERSION 1 { id ID }
      """
    )
    #expect(document.rules.map(\.statements.count) == [1, 1])
    #expect(document.edges.count == 1)
    #expect(document.nodes.count == 1)
  }
}
