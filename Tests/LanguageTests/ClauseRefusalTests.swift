import Language
import SourceText
import Testing

@Suite struct `Clauses that are refused` {
  private static let refusals: [Refusal] = [
    Refusal(
      "«RETRUN» 1",
      #"expected a clause such as MATCH or RETURN, found "RETRUN""#,
      hint: #"did you mean "RETURN"?"#
    ),
    Refusal(
      "MATCH (n) «WERE» n.x = 1 RETURN n",
      #"expected an operator, a clause or the end of the query, found "WERE""#,
      hint: #"did you mean "WHERE"?"#
    ),
    Refusal(
      "MATCH (n) WHERE n.x «==» 1 RETURN n",
      #""==" is not an operator"#,
      hint: #"equality is written "=""#
    ),
    Refusal(
      "MATCH (n) WHERE n.x = 1 «&&» n.y = 2 RETURN n",
      #""&&" is not an operator"#,
      hint: "write AND"
    ),
    Refusal(
      "MATCH (n) WHERE n.x = 1 «||» n.y = 2 RETURN n",
      #""||" is not an operator"#,
      hint: "write OR, or + to join strings and lists"
    ),
    Refusal("MATCH (n) WHERE «!»n.x RETURN n", #""!" is not an operator"#, hint: "write NOT"),
    Refusal(
      "MATCH (n) WHERE n.name «CONTANS» 'x' RETURN n",
      #"expected an operator, a clause or the end of the query, found "CONTANS""#,
      hint: #"did you mean "CONTAINS"?"#
    ),
    Refusal(
      "MATCH «(»n RETURN n",
      #""(" is never closed"#,
      hint: #"expected ")" at the end of the node, found "RETURN""#
    ),
    Refusal(
      "MATCH «(»n:Person RETURN n",
      #""(" is never closed"#,
      hint: #"expected ")" at the end of the node, found "RETURN""#
    ),
    Refusal(
      "MATCH (n «{»name: 'x' ) RETURN n",
      #""{" is never closed"#,
      hint: #"expected "," or "}", found ")""#
    ),
    Refusal(
      "MATCH (n)-«[»:A->(m) RETURN n",
      #""[" is never closed"#,
      hint: #"expected "]" at the end of the edge, found "-""#
    ),
    Refusal(
      "MATCH (n)-[:A]«(»m) RETURN n",
      #"expected "-" or "->" at the end of the edge, found "(""#
    ),
    Refusal("MATCH (n)-[:A]-> «RETURN» n", #"expected a node such as (n:Label), found "RETURN""#),
    Refusal(
      "MATCH (n)«»",
      "the query has no RETURN",
      hint: "end it with RETURN and what it should answer"
    ),
    Refusal("«»", "the query is empty", hint: "a query reads MATCH (n:Label) RETURN n"),
    Refusal(
      "MATCH (n) RETURN n «MATCH» (m) RETURN m",
      "MATCH cannot follow RETURN, which ends a query",
      hint: "pass rows on with WITH instead of RETURN"
    ),
    Refusal(
      "«WHERE» true RETURN 1",
      "WHERE belongs to a MATCH or a WITH",
      hint: "FILTER condition stands alone"
    ),
    Refusal(
      "MATCH (n) «ORDER» BY n RETURN n",
      "ORDER BY belongs to a RETURN or a WITH",
      hint: "WITH * ORDER BY … passes all variables on"
    ),
    Refusal(
      "MATCH (n) RETURN n LIMIT 1 «ORDER» BY n",
      "ORDER BY comes too late here",
      hint: "the order is ORDER BY, SKIP, LIMIT, WHERE, each once"
    ),
    Refusal(
      "MATCH (n) RETURN n LIMIT 1 «SKIP» 1",
      "SKIP comes too late here",
      hint: "the order is ORDER BY, SKIP, LIMIT, WHERE, each once"
    ),
    Refusal(
      "WITH 1 AS «limit» RETURN 1",
      #"expected a name after "AS", found the keyword "limit""#,
      hint: "a name that is a keyword stands in backquotes: `limit`"
    ),
    Refusal("UNWIND [1,2] «RETURN» 1", #"expected AS and a variable, found "RETURN""#),
    Refusal(
      "MATCH (n) WHERE n.x «NOT» IN [1] RETURN n",
      "NOT stands before what it negates",
      hint: #"write "NOT x IN y" for "x NOT IN y""#
    ),
    Refusal(
      "MATCH (n) WHERE n.x IS «1» RETURN n",
      #"expected NULL, NOT NULL or LABELED after "IS", found "1""#
    ),
    Refusal(
      "MATCH (n) WHERE n.x STARTS «'a'» RETURN n",
      #"expected WITH after "STARTS", found the string 'a'"#
    ),
    Refusal("OPTIONAL «RETURN» 1", #"expected MATCH or CALL after "OPTIONAL", found "RETURN""#),
    Refusal(
      "MATCH (n)-[*«-»2]->(m) RETURN n",
      #"expected a number of edges, found "-""#,
      hint: "write *2, *1..3, *2.. or *..3"
    ),
    Refusal(
      "MATCH (n)-[*«1.5»]->(m) RETURN n",
      #"expected a number of edges, found "1.5""#,
      hint: "write *2, *1..3, *2.. or *..3"
    ),
    Refusal(
      "MATCH (n)-[:A]->«{3,1}»(m) RETURN n",
      "the least number of edges is greater than the most"
    ),
    Refusal(
      "MATCH (n)-[:A*1..2]->«{1,3}»(m) RETURN n",
      "this edge says twice how often it repeats"
    ),
    Refusal(
      "MATCH ((a)-->(b))«{»2} RETURN a",
      "a group of edges cannot be repeated",
      hint: "one edge can: (a)-[:TYPE]->{1,3}(b)"
    ),
    Refusal(
      "MATCH SHORTEST «(»a)-[*]->(b) RETURN a",
      #"expected how many paths, a number or a parameter, after "SHORTEST", found "(""#
    ),
    Refusal(
      "MATCH (n) AS OF date('2022') «AS» OF date('2023') RETURN n",
      "this MATCH has two AS OF",
      hint: "two MATCH clauses may look at two times"
    ),
    Refusal(
      "MATCH (n) WHERE a «WHERE» b RETURN n",
      "this MATCH has two WHERE",
      hint: "join the conditions with AND"
    ),
    Refusal("MATCH (n) RETURN n,«»", "expected an expression, found the end of the text"),
    Refusal("MATCH (n) RETURN«»", "expected an expression, found the end of the text"),
    Refusal("MATCH (n), «RETURN» n", #"expected a node such as (n:Label), found "RETURN""#),
    Refusal(
      "MATCH «n» RETURN n",
      #"expected a node such as (n:Label), found "n""#,
      hint: "nodes stand in parentheses: (n)"
    ),
    Refusal(
      "«SELECT» * FROM t",
      #"expected a clause such as MATCH or RETURN, found "SELECT""#,
      hint: "write MATCH (n:Label) RETURN n.property"
    ),
    Refusal(
      "WITH 1 AS x«»",
      "the query has no RETURN",
      hint: "end it with RETURN and what it should answer"
    ),
    Refusal("CALL (x) «RETURN» 1", #"expected "{" and a query, found "RETURN""#),
    Refusal("LET x «1» RETURN x", #"expected "=" after the variable "x", found "1""#),
    Refusal("FOR x «xs» RETURN x", #"expected IN, found "xs""#),
    Refusal("MATCH (a:«)» RETURN a", #"expected a label, found ")""#),
    Refusal("MATCH (a:A|«)» RETURN a", #"expected a label, found ")""#),
    Refusal(
      "EXPLAIN«»",
      "expected a query, found the end of the text",
      hint: "a query reads MATCH (n:Label) RETURN n"
    ),
    Refusal(
      "MATCH (ก:คน) WHERE ก.ชื่อ «==» 'x' RETURN ก",
      #""==" is not an operator"#,
      hint: #"equality is written "=""#
    ),
    Refusal(
      """
      MATCH (n)
        WHERE	n.x «&&»	n.y
      RETURN n
      """,
      #""&&" is not an operator"#,
      hint: "write AND"
    ),
    Refusal(
      "MATCH p = ANY SHORTEST «RETURN» p",
      #"expected a node such as (n:Label), found "RETURN""#
    ),
    Refusal("MATCH ALL «(»a)-->(b) RETURN a", #"expected SHORTEST after "ALL", found "(""#),
    Refusal(
      "WITH a.b AS c WHERE c > 1 «LIMIT» 3 RETURN c",
      "LIMIT comes too late here",
      hint: "the order is ORDER BY, SKIP, LIMIT, WHERE, each once"
    ),
    Refusal(
      "MATCH (n) KNOWN AT 3 «KNOWN» AT 4 RETURN n",
      "this MATCH has two KNOWN AT",
      hint: "two MATCH clauses may look at two times"
    ),
    Refusal("MATCH (a {x: 1} «{»y: 2}) RETURN a", #"expected ")", found "{""#),
    Refusal("MATCH (a)-[:A|«]»->(b) RETURN a", #"expected a label, found "]""#),
    Refusal(
      "MATCH (a)-[r:A {x: 1}«*»2]->(b) RETURN a",
      #"expected "]" at the end of the edge, found "*""#
    ),
  ]

  @Test(arguments: refusals)
  func `say what is wrong, where, and what to do`(refusal: Refusal) {
    refusal.check(Parser.parseQuery)
  }

  @Test(arguments: [
    "«CREATE» (n:Person)", "«MERGE» (n:Person {id: 1}) RETURN n", "MATCH (n) «SET» n.x = 1",
    "MATCH (n) «DELETE» n", "MATCH (n) «DETACH» DELETE n", "MATCH (n) «REMOVE» n.x",
    "«FOREACH» (x IN [1] | CREATE (n))", "«LOAD» CSV FROM 'x' AS row RETURN row",
    "«INSERT» (n:Person)", "RETURN 1 «CREATE» (n)", "RETURN EXISTS { MATCH (a) «DELETE» a }",
    "MATCH (a) CALL (a) { «SET» a.x = 1 } RETURN a",
  ])
  func `point to events where they would write`(marked: String) {
    let word = marked.split(separator: "«")[1 - (marked.hasPrefix("«") ? 1 : 0)]
      .split(separator: "»")[0]
    Refusal(
      marked,
      "\(word) is not possible: queries only read, and facts are written as events",
      hint: "write the fact as an event: rapport ingest STORE events.ndjson"
    ).check(Parser.parseQuery)
  }

  @Test(arguments: ["«CALL» db.labels()", "MATCH (n) «CALL» f(n) YIELD x RETURN x"])
  func `point to events where they would call a procedure`(marked: String) {
    Refusal(
      marked,
      "calling a procedure is not possible: queries only read, and facts are written as events",
      hint: "write the fact as an event: rapport ingest STORE events.ndjson"
    ).check(Parser.parseQuery)
  }
}
