import Projections
import SourceText
import Testing

private func findings(_ text: String) throws -> [String] {
  let schema = try loadSchema("SCHEMA s VERSION 1\n" + text)
  return schema.findings().map { finding in
    let place = schema.source.location(of: finding.diagnostic.span.start)
    return "\(place.line):\(place.column): \(finding.diagnostic.message)"
  }
}

/// An event and a node that are free of findings, on lines 2 to 4.
private let sound = """
  NODE A { x STRING }
  EVENT e VERSION 1 { id ID, x STRING, o STRING? }
  ON e AS e NODE (a:A { id: e.id, x: coalesce(e.o, e.x) })

  """

@Suite struct `A schema is searched for what is most likely not meant` {
  @Test func `and the shipped one has none of it`() throws {
    #expect(try shippedSchema().findings().map(\.diagnostic.message) == [])
  }

  @Test func `a field that no rule and no upcast reads`() throws {
    #expect(
      try findings(
        """
        NODE A
        EVENT e VERSION 2 { id ID, a STRING?, b STRING?, c LIST<{ d STRING?, f ID? }> = [] }
        UPCAST e 1 TO 2 SET a = b EXAMPLE { id: 'a', b: 'b' } TO { id: 'a', a: 'b', b: 'b' }
        ON e AS e
          NODE (:A { id: e.id })
          FOR c IN e.c WHEN c.f IS NOT NULL NODE (:A { id: c.f })
        """
      ) == [
        "3:28: no rule reads the field \"a\" [unread-field]",
        "3:59: no rule reads the field \"d\" [unread-field]",
      ]
    )
  }

  @Test func `but not one that is read with what it is part of`() throws {
    #expect(
      try findings(
        """
        NODE A { n INTEGER, s MAP }
        EVENT e VERSION 1 { id ID, c LIST<{ d STRING?, f ID? }> = [], s { t STRING?, u STRING? } }
        ON e AS e
          NODE (:A { id: e.id, n: size([x IN e.c WHERE x.d IS NOT NULL]), s: e.s })
        """
      ) == []
    )
  }

  @Test func `properties and types that no rule sets or makes`() throws {
    #expect(
      try findings(
        """
        NODE B { y STRING }
        NODE C : D { z STRING, w STRING }
        NODE D
        EDGE (C)-[R]->(C) KEY EVENT { p STRING }
        EDGE (C)-[S]->(C)
        EVENT f VERSION 1 { id ID }
        ON f AS f
          NODE (c:C { id: f.id, z: 'z' })
          EDGE (c)-[:R]->(c)
        """
      ) == [
        "2:6: no rule makes a node of the type \"B\" [unmade-type]",
        "3:24: no rule gives \"C\" the property \"w\" [unset-property]",
        "5:31: no rule gives \"R\" the property \"p\" [unset-property]",
        "6:11: no rule makes an edge of the type \"S\" [unmade-type]",
      ]
    )
  }

  @Test func `edges that fall together, and keys that are not given`() throws {
    #expect(
      try findings(
        sound + """
          EDGE (A)-[R]->(A) { role STRING }
          EDGE (A)-[S]->(A) VALID KEY role, from { role STRING }
          ON e AS e
            NODE (a:A { id: e.id })
            EDGE (a)-[:R { role: 'x' }]->(a)
            EDGE (a)-[:S { role: 'x' }]->(a)
            EDGE (a)-[:S]->(a) FROM date('2020-01-01')
          """
      ) == [
        "5:11: two events that differ only in \"role\" make one edge \"R\" [collapsing-edge]",
        "10:14: the edge is made without \"from\", which is in the key of \"S\" [missing-key]",
        "11:14: the edge is made without \"role\", which is in the key of \"S\" [missing-key]",
      ]
    )
  }

  @Test func `ids that are texts, and ids that name nothing`() throws {
    #expect(
      try findings(
        """
        NODE A { x STRING, y STRING }
        EVENT e VERSION 1 { id ID, host_id STRING, other ID, more LIST<ID> = [] }
        ON e AS e
          NODE (:A { id: e.id, x: e.host_id, y: e.other })
          FOR m IN e.more NODE (:A { id: 'a:' + m })
        """
      ) == [
        "3:36: \"host_id\" is called an id and is STRING [id-as-text]",
        "3:44: the ID \"other\" is no node's id in any rule [unused-id]",
      ]
    )
  }

  @Test func `conditions that always hold, or never`() throws {
    #expect(
      try findings(
        sound + """
          EVENT f VERSION 1 { id ID, x STRING = 'x', o { p STRING }?, l LIST<{ p STRING, q ID? }> }
          ON f AS f
            NODE (a:A { id: f.id })
            WHEN f.x IS NOT NULL AND f.o.p IS NOT NULL SET a.x = f.x
            FOR l IN f.l {
              WHEN l.p IS NULL SET a.x = l.p
              WHEN l.q IS NOT NULL NODE (:A { id: l.q })
            }
          """
      ) == [
        "8:8: this is always true: \"f.x\" is never missing [constant-condition]",
        "10:10: this is always false: \"l.p\" is never missing [constant-condition]",
      ]
    )
  }

  @Test func `labels without a use, and ends without a start`() throws {
    #expect(
      try findings(
        sound + """
          NODE B : Ghost, Seen, Met { x STRING }
          EDGE (Seen)-[R]->(B) VALID
          DERIVE (a:Met)-[:D]-(b:Met) FROM (a)-[:R]-(b)
          ON e AS e
            NODE (b:B { id: e.id, x: e.x })
            END (b)-[:R]->(b)
          """
      ) == [
        "5:10: \"Ghost\" is a label that nothing but the types under it has or uses [label-only]",
        "6:14: no rule makes an edge of the type \"R\" [unmade-type]",
        "10:13: no rule makes the edge \"R\" that ends here [end-without-start]",
      ]
    )
  }
}
