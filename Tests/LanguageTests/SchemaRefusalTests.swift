import Language
import SourceText
import Testing

@Suite struct `Schema files that are refused` {
  @Test func `report all mistakes at once`() {
    let text = """
      SCHEMA x VERSION 1
      NODE Person { name: TEXT, date }
      NDOE Foo { a INT }
      EDGE (:A)-[:B]->(C)
      EDGE (A)-[B]-(C)
      EVENT a.b { id ID }
      EVENT a.c VERSION 0 { id ID }
      EVENT meeting.held VERSION 1 {
        id ID
        date  DATE,
        x LIST<>,
        z [ID],
        w STRING = ,
        v STRING?
      }
      UPCAST a.b 1 TO
        SET x = 1
      ON a.b
        NODE (x:Y)
      ON a.b AS e
        NOED (x:Y)
      ON a.b AS e
        CREATE (x)
      ON a.b AS e
        FOR x IN e.y {
          NODE (x:A { id: x })
      EVENT fine VERSION 1 { id ID, }
      FOR x IN y NODE (x)
      NODE (x:Y)
      SCHEMA y VERSION 2
      """
    let refused = refusal(of: SourceText(name: "s", text: text), Parser.parseSchema)
    let source = SourceText(name: "s", text: text)
    let lines = refused?.all.map {
      "\(source.location(of: $0.span.start).line): \($0.message)"
    }
    #expect(
      lines == [
        #"2: a field's type follows its name without a colon"#,
        #"2: expected a type such as STRING, DATE or LIST<ID>, found "}""#,
        #"3: expected a declaration: NODE, EDGE, DERIVE, EVENT, UPCAST or ON, found "NDOE""#,
        #"4: types are declared without a colon"#,
        #"5: an edge points from one node to another"#,
        #"6: expected VERSION and a number, found "{""#,
        #"7: versions are counted from 1"#,
        #"9: expected "," between two fields"#,
        #"11: expected "<" and the type of the elements, found "<>""#,
        #"12: a list type is written LIST<TYPE>"#,
        #"13: expected an expression, found ",""#,
        #"17: expected the number of a version, found "SET""#,
        #"19: expected AS and a name for the event, found "NODE""#,
        #"21: expected a statement: NODE, EDGE, SET, END, FOR or WHEN, found "NOED""#,
        #"23: CREATE is no statement of a rule"#,
        #"25: "{" is never closed"#,
        #"28: FOR is a statement of a rule"#,
        #"29: NODE with parentheses is a statement of a rule"#,
        #"30: a file declares one schema"#,
      ]
    )
  }

  @Test(arguments: [
    Refusal(
      "«NODE» A",
      #"expected SCHEMA, found "NODE""#,
      hint: "a schema file begins with SCHEMA name VERSION 1"
    ),
    Refusal(
      "«SCHMEA» a VERSION 1",
      #"expected SCHEMA, found "SCHMEA""#,
      hint: #"did you mean "SCHEMA"?"#
    ),
    Refusal("SCHEMA a VERSION «one»", #"expected the number of a version, found "one""#),
    Refusal("SCHEMA a VERSION 1 «;»", "unexpected \";\"", hint: "declarations end by themselves"),
    Refusal(
      "SCHEMA a VERSION 1 EVENT x VERSION 1 { a ID, b «{» c ID ON x AS e",
      #""{" is never closed"#,
      hint: #"expected "," or "}", found "ON""#
    ),
    Refusal(
      "SCHEMA a VERSION 1 ON x AS e EDGE (m:A {id: 1})-[«ABOUT»]->(t)",
      "the type of an edge is written with a colon",
      hint: "write [:ABOUT]"
    ),
    Refusal(
      "SCHEMA a VERSION 1 ON x AS e NODE (m:A {id: 1}) EDGE (m)-[«ABOUT»]->(t)",
      "the type of an edge is written with a colon",
      hint: "write [:ABOUT]"
    ),
    Refusal(
      "SCHEMA a VERSION 1 ON x AS e NODE (m:A«:»B)",
      "a node of a rule has one type",
      hint: "supertypes are implied by the declaration of the type"
    ),
    Refusal(
      "SCHEMA a VERSION 1 ON x AS e EDGE (m:A)-«[:B]-»(c:C)",
      "an edge points from one node to another",
      hint: "write (a)-[…]->(b) or (b)<-[…]-(a)"
    ),
    Refusal(
      "SCHEMA a VERSION 1 ON x AS e «DELETE» m",
      "DELETE is no statement of a rule",
      hint: "END closes the validity of an edge; what was recorded stays"
    ),
    Refusal(
      "SCHEMA a VERSION 1 ON x AS e FOR y IN e.ys { «}»",
      #"expected a statement, found "}""#
    ),
    Refusal(
      "SCHEMA a VERSION 1 ON x AS e SET m«=» 1",
      #"expected "." and the name of a property, found "=""#
    ),
    Refusal(
      "SCHEMA a VERSION 1 ON x AS e EDGE (a:A)-[:B]->(b:C) TO 1 «FROM» 2",
      "FROM comes before TO"
    ),
    Refusal(
      "SCHEMA a VERSION 1 DERIVE (a)«-[x:MET]-»(b) FROM (a)-->(b)",
      "a derived edge has a type and properties, nothing else"
    ),
    Refusal(
      "SCHEMA a VERSION 1 DERIVE (a)«-[:A|B]-»(b) FROM (a)-->(b)",
      "a derived edge has one type",
      hint: "write -[:TYPE]-"
    ),
    Refusal(
      "SCHEMA a VERSION 1 DERIVE (a)-[:MET]-(b) «(»a)-->(b)",
      #"expected FROM and the pattern that it is derived from, found "(""#
    ),
    Refusal("SCHEMA a VERSION 1 EDGE (A)-[B]->(C) KEY x «VALID»", "VALID comes before KEY"),
    Refusal(
      "SCHEMA a VERSION 1 UPCAST x 1 TO 2 SET a = 1 «DROP» b",
      #"expected SET, REMOVE, EXAMPLE or a declaration, found "DROP""#
    ),
    Refusal(
      "SCHEMA a VERSION 1 UPCAST x 1 TO 2 EXAMPLE {a: 1} «{»a: 2}",
      #"expected TO and what it becomes, found "{""#
    ),
    Refusal("SCHEMA a VERSION 1 NODE A { b STRING = 1 «?» }", #""?" comes before the default"#),
    Refusal(
      "SCHEMA a VERSION 1 NODE A { b LIST<ID«?»> }",
      "the elements of a list cannot be missing"
    ),
    Refusal(
      "SCHEMA a VERSION 1 NODE A { b LIST<ID«}»",
      #"expected ">" at the end of the list type, found "}""#
    ),
    Refusal(
      "SCHEMA a VERSION 1 NODE A { b «'x'» }",
      "expected a type such as STRING, DATE or LIST<ID>, found the string 'x'"
    ),
  ])
  func `say what is wrong, where, and what to do`(refusal: Refusal) {
    refusal.check(Parser.parseSchema)
  }
}
