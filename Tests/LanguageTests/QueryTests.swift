import Language
import SourceText
import Testing

@Suite struct `Queries` {
  @Test(arguments: [
    ("match (n) return n", "MATCH (n)\nRETURN n"),
    ("EXPLAIN MATCH (n) RETURN n;", "EXPLAIN MATCH (n)\nRETURN n"),
    ("profile RETURN 1", "PROFILE RETURN 1"),
    ("WHY RETURN 1", "WHY RETURN 1"),
    (
      "MATCH (a:A:B)-[r:X|:Y]->(b)<-[:Z*]-(), (c)--(d)-->(e)<--(f)<-->(g) RETURN *",
      "MATCH (a:A&B)-[r:X|Y]->(b)<-[:Z*]-(), (c)--(d)-->(e)<--(f)--(g)\nRETURN *"
    ),
    (
      "MATCH (a IS A&!B WHERE a.x = 1)-[r IS X WHERE r.y]->(:% {z: 1}) RETURN a",
      "MATCH (a:A&!B WHERE a.x = 1)-[r:X WHERE r.y]->(:% {z: 1})\nRETURN a"
    ),
    (
      "MATCH (a)-[*2]-(b)-[*1..3]-(c)-[*..3]-(d)-[*0..]-(e)-[*..]-(f) RETURN a",
      "MATCH (a)-[*2]-(b)-[*1..3]-(c)-[*1..3]-(d)-[*0..]-(e)-[*]-(f)\nRETURN a"
    ),
    (
      "MATCH (a)-[:X]->{1,3}(b)-[:X]-{,3}(c)<-[:X]-{2}(d)-->+(e)-->*(f) RETURN a",
      "MATCH (a)-[:X*1..3]->(b)-[:X*0..3]-(c)<-[:X*2]-(d)-[*]->(e)-[*0..]->(f)\nRETURN a"
    ),
    ("MATCH (a)->(b)<-(c)-(d) RETURN a", "MATCH (a)-->(b)<--(c)--(d)\nRETURN a"),
    (
      "MATCH p = shortestPath((a)-[*]-(b)), ANY SHORTEST q = (a)-[*]-(b) RETURN p",
      "MATCH p = ANY SHORTEST (a)-[*]-(b), q = ANY SHORTEST (a)-[*]-(b)\nRETURN p"
    ),
    (
      "MATCH allShortestPaths((a)-[*]-(b)), p = SHORTEST 3 PATHS (a)--(b), ANY (c)--(d) RETURN p",
      """
      MATCH ALL SHORTEST (a)-[*]-(b), p = SHORTEST 3 (a)--(b), ANY SHORTEST (c)--(d)
      RETURN p
      """
    ),
    ("MATCH ((a)-->(b)) RETURN a", "MATCH (a)-->(b)\nRETURN a"),
    (
      "MATCH (a) AS OF date('2022') KNOWN AT 3 WHERE a.x RETURN a",
      "MATCH (a) AS OF date('2022') KNOWN AT 3 WHERE a.x\nRETURN a"
    ),
    (
      "OPTIONAL MATCH (a) WHERE a.x KNOWN AT $k AS OF $d RETURN a",
      "OPTIONAL MATCH (a) AS OF $d KNOWN AT $k WHERE a.x\nRETURN a"
    ),
    (
      "WITH DISTINCT 1 AS a, 2 AS b ORDER BY a DESCENDING, b ASC SKIP 1 LIMIT 2 WHERE a RETURN a",
      "WITH DISTINCT 1 AS a, 2 AS b ORDER BY a DESC, b SKIP 1 LIMIT 2 WHERE a\nRETURN a"
    ),
    ("RETURN *, 1 AS x OFFSET 2", "RETURN *, 1 AS x SKIP 2"),
    ("UNWIND [1, 2] AS x RETURN x", "UNWIND [1, 2] AS x\nRETURN x"),
    ("FOR x IN [1, 2] RETURN x", "UNWIND [1, 2] AS x\nRETURN x"),
    (
      "LET a = 1, b = a + 1 FILTER b > 1 FILTER WHERE a < 2 RETURN b",
      "LET a = 1, b = a + 1\nFILTER b > 1\nFILTER a < 2\nRETURN b"
    ),
    (
      "MATCH (x) CALL (x) { RETURN 1 AS y UNION ALL RETURN 2 AS y } RETURN y",
      "MATCH (x)\nCALL (x) { RETURN 1 AS y UNION ALL RETURN 2 AS y }\nRETURN y"
    ),
    (
      "OPTIONAL CALL { MATCH (n) RETURN n } RETURN n",
      "OPTIONAL CALL () { MATCH (n) RETURN n }\nRETURN n"
    ),
    ("RETURN 1 AS a UNION DISTINCT RETURN 2 AS a", "RETURN 1 AS a\nUNION\nRETURN 2 AS a"),
    (
      "MATCH (event)-[node]->(end) WHERE event.from = event.to RETURN event, key",
      "MATCH (event)-[node]->(`end`) WHERE event.from = event.to\nRETURN event, key"
    ),
    ("MATCH (n)–[:A]–>(m) RETURN n", "MATCH (n)-[:A]->(m)\nRETURN n"),
    ("\u{FEFF}RETURN\u{A0}1\r\n// done", "RETURN 1"),
  ])
  func `have one canonical form`(text: String, canonical: String) throws {
    let tree = try query(text)
    #expect(tree.description == canonical)
    #expect(shape(of: try query(tree.description)) == shape(of: tree))
  }

  @Test func `name columns by their exact text`() throws {
    let source = "MATCH (n) RETURN n . name, ( 1+2 )*3 , count( * ), n.x AS y, 'a' /* c */ + 'b'"
    guard case .return(let projection) = try query(source).body.queries[0].clauses.last else {
      Issue.record("no RETURN")
      return
    }
    #expect(
      projection.items.map(\.name)
        == ["n . name", "( 1+2 )*3", "count( * )", "y", "'a' /* c */ + 'b'"]
    )
  }

  @Test func `keep AS OF, KNOWN AT and WHERE apart in any order`() throws {
    let orders = [
      "WHERE a.x AS OF $d KNOWN AT $k", "AS OF $d WHERE a.x KNOWN AT $k",
      "KNOWN AT $k AS OF $d WHERE a.x",
    ]
    let trees = try orders.map { shape(of: try query("MATCH (a) \($0) RETURN a")) }
    #expect(Set(trees).count == 1)
  }

  @Test func `tell patterns from expressions in parentheses`() throws {
    #expect(
      shape(of: try expression("(a)-->(b)")).hasPrefix("patternPredicate")
    )
    #expect(shape(of: try expression("(a)-[b]-(c)")).hasPrefix("patternPredicate"))
    #expect(shape(of: try expression("(a)-[:X]->{1,3}(c)")).hasPrefix("patternPredicate"))
    #expect(shape(of: try expression("(a)-[1]-(c)")).hasPrefix("binary"))
    #expect(shape(of: try expression("(a + 1)--(c)")).hasPrefix("binary"))
    #expect(shape(of: try expression("[(a)-->(b) | 1]")).hasPrefix("patternComprehension"))
    #expect(shape(of: try expression("[(a)-->(b), true]")).hasPrefix("list"))
  }
}
