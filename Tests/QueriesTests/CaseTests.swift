import Conformance
import GraphModel
import Queries
import SourceText
import Testing

/// A query and its rows, columns parted by `|`; in any order where `sorted`.
struct Case: CustomTestStringConvertible, Sendable {
  var query: String
  var rows: [String]
  var sorted = true

  init(_ query: String, _ rows: [String], sorted: Bool = true) {
    self.query = query
    self.rows = rows
    self.sorted = sorted
  }

  var testDescription: String { query }

  func check(_ engine: QueryEngine, _ parameters: [String: Value] = [:]) throws {
    let actual = try engine.texts(query, parameters).map { $0.joined(separator: "|") }
    #expect((sorted ? actual.sorted() : actual) == (sorted ? rows.sorted() : rows), "\(query)")
  }
}

@Suite struct `Queries about meetings` {
  static let time: [Case] = [
    Case(
      "MATCH (p)-[w:WORKS_FOR]->(o) AS OF date('2018-03-01') RETURN p.id, w.title",
      ["p1|engineer", "p2|secretary"]
    ),
    Case(
      "MATCH (p {id: 'p1'})-[w:WORKS_FOR]->(o) AS OF date('2021-03-01') RETURN w.title",
      ["director"]
    ),
    Case(
      // Until some day of June 2020, from some day of it: on its first day either may hold.
      "MATCH (p {id: 'p1'})-[w:WORKS_FOR]->(o) AS OF date('2020-06-01') RETURN w.title",
      ["director", "engineer"]
    ),
    Case(
      "MATCH (p {id: 'p1'})-[w:WORKS_FOR]->() AS OF edtf('2020') RETURN w.title",
      ["director", "engineer"]
    ),
    Case(
      "MATCH (p {id: 'p1'})-[w:WORKS_FOR]->(o) RETURN w.title, validity(w).from",
      ["engineer|2015", "director|2020-06"]
    ),
    Case(
      "MATCH (p)-[:WORKS_FOR]->(o) AS OF date('2010-01-01') MATCH (p)-[:ATTENDED]->(m) RETURN p.id, m.id",
      ["p2|m1"]
    ),
    Case("MATCH (m:Meeting) WHERE m.date >= date('2022-12-31') RETURN m.id", ["m2"]),
    // Whether some day of January is before the tenth cannot be known.
    Case("MATCH (m:Meeting) RETURN m.id, m.date < date('2023-01-10')", ["m1|true", "m2|null"]),
    Case(
      "MATCH (m:Meeting) RETURN m.date.year, m.date.month, m.date.day",
      ["2022|7|21", "2023|1|null"]
    ),
  ]

  @Test(arguments: time) func `about a day see what held on it`(sample: Case) throws {
    try sample.check(MeetingsFixture.engine())
  }

  static let derived: [Case] = [
    Case(
      "MATCH (a:Person {id: 'p1'})-[met:MET]-(b:Person) RETURN b.id, met.date, met.meeting",
      ["p2|2022-07-21|m1", "p3|2022-07-21|m1", "p3|2023-01|m2"]
    ),
    Case(
      "MATCH (a)-[met:MET]-(b) WHERE a.name ~ 'hassibi' AND met.date.year = 2023 RETURN b.id",
      ["p3"]
    ),
    Case(
      "MATCH (a {id: 'p1'})-[met:MET]-(b {id: 'p2'}) RETURN met.about, type(met)",
      ["['radio', 'spectrum']|MET"]
    ),
    Case("MATCH (a)-[met:MET {meeting: 'm2'}]-(b) RETURN a.id, b.id", ["p1|p3", "p3|p1"]),
    Case("MATCH (a)-[:MET]-(b) RETURN a.id, count(*)", ["p1|3", "p2|2", "p3|3"]),
    Case("MATCH (a)-[:CHAIRED]->(b) RETURN a.id, b.id", ["p1|p2", "p1|p3", "p3|p1"]),
    Case("MATCH (a)<-[:CHAIRED]-(b {id: 'p3'}) RETURN a.id", ["p1"]),
    Case(
      "MATCH (a {id: 'p1'})-[c:CHAIRED]-(b) RETURN b.id, c.date",
      ["p2|2022-07-21", "p3|2022-07-21", "p3|2023-01"]
    ),
    Case(
      "MATCH (a {id: 'p2'}) OPTIONAL MATCH (a)-[c:CHAIRED]->(b) RETURN a.id, c, c.date, b",
      ["p2|null|null|null"]
    ),
    Case("MATCH (a:Person) WHERE EXISTS { (a)-[:CHAIRED]->(:Person) } RETURN a.id", ["p1", "p3"]),
    Case(
      "MATCH (a {id: 'p1'})-[c:CHAIRED]->(b {id: 'p2'}) RETURN c",
      ["[:CHAIRED {date: 2022-07-21}]"]
    ),
  ]

  @Test(arguments: derived) func `follow edges that the schema derives`(sample: Case) throws {
    try sample.check(MeetingsFixture.engine())
  }

  static let names: [Case] = [
    Case("MATCH (p:Person) WHERE p.name ~ 'ฮัสซีบี' RETURN p.id", ["p1"]),
    Case("MATCH (p:Person) WHERE p.name ~ 'TRAIRAT' RETURN p.id, p.name", ["p2|ไตรรัตน์"]),
    Case("MATCH (p:Person) WHERE 'Trairat' IN names(p) RETURN p.id", ["p2"]),
    Case(
      "MATCH (p {id: 'p2'}) RETURN text(p, 'name', 'en'), text(p, 'name', 'fr')",
      ["Trairat|null"]
    ),
    Case("MATCH (p:Person) WHERE toLower(p.name) CONTAINS 'quinn' RETURN p.id", ["p3"]),
    Case(
      "MATCH (p:Person) RETURN p.id ORDER BY similarity(p.name, 'nora quin') DESC LIMIT 1",
      ["p3"]
    ),
  ]

  @Test(arguments: names) func `find names in any of their forms`(sample: Case) throws {
    try sample.check(MeetingsFixture.engine())
  }

  @Test func `show names in the languages asked for`() throws {
    let engine = try MeetingsFixture.engine()
    let query = "MATCH (p:Person) RETURN p.name ORDER BY p.id"
    let english = try engine.texts(query, options: QueryOptions(languages: ["en"]))
    #expect(english == [["Az-El-Arabe HASSIBI"], ["Trairat"], ["Nora Quinn"]])
    let thai = try engine.texts(query, options: QueryOptions(languages: ["th", "en"]))
    #expect(thai[0] == ["อัซ-เอล-อาราบ ฮัสซีบี"])
  }

  @Test func `take a day for the whole query`() throws {
    let engine = try MeetingsFixture.engine()
    let query = "MATCH (:Person {id: 'p1'})-[w:WORKS_FOR]->() RETURN count(*)"
    let day = PartialDate(year: 2018, month: 1, day: 1)
    #expect(try engine.texts(query) == [["2"]])
    #expect(try engine.texts(query, options: QueryOptions(asOf: day)) == [["1"]])
  }

  static let mistakes: [(String, String)] = [
    (
      "MATCH (p:Persn) RETURN p",
      "«Persn» label \"Persn\" is not in the schema; did you mean \"Person\"?"
    ),
    (
      "MATCH (p)-[:ATENDED]->() RETURN p",
      "«ATENDED» edge type \"ATENDED\" is not in the schema; did you mean \"ATTENDED\"?"
    ),
    (
      "MATCH (p:Person) RETURN p.nmae",
      "«nmae» no node or edge of the schema has a property \"nmae\"; did you mean \"name\"?"
    ),
    ("MATCH (p:Person) RETURN q.name", "«q» variable \"q\" is not defined; in scope here: p"),
    (
      "MATCH (p:Person) RETURN toLowr(p.name)",
      "«toLowr» there is no function \"toLowr\"; did you mean \"toLower\"?"
    ),
    (
      "MATCH (a)-[m:MET]-(b) RETURN m.dte",
      "«dte» derived edge \"MET\" has no property \"dte\"; did you mean \"date\"?"
    ),
    (
      "MATCH (a)-[:MET*2]-(b) RETURN a",
      "«-[:MET*2]-» paths over derived edges are not supported yet"
    ),
    (
      "MATCH (a)-[:ATTENDED]->(m) KNOWN AT 12 RETURN a",
      "«12» KNOWN AT is not supported yet"
    ),
    (
      "MATCH (a) WHERE count(a) > 1 RETURN a",
      "«count(a)» \"count\" aggregates rows, which is not possible here; "
        + "aggregate in a WITH before, and use its result here"
    ),
    (
      "MATCH (a) RETURN 1 + $x",
      "run: «$x» parameter \"$x\" has no value; give one: --param x=VALUE, in the shell :param x VALUE"
    ),
    ("RETURN 1 / 0", "run: «1 / 0» division of 1 by zero"),
    (
      "MATCH (a)-[r]->(b)-[r]->(c) RETURN a",
      "«r» edge \"r\" stands twice in one MATCH, which matches each edge once; use two variables"
    ),
  ]

  @Test(arguments: mistakes) func `say what is wrong and where`(
    query: String,
    message: String
  ) throws {
    #expect(try MeetingsFixture.engine().mistake(query) == message, "\(query)")
  }
}

@Suite struct `Clauses and expressions` {
  static let cases: [Case] = [
    Case(
      "UNWIND [3, 1, null, 2] AS x RETURN x ORDER BY x DESC",
      ["null", "3", "2", "1"],
      sorted: false
    ),
    Case(
      "UNWIND range(1, 10) AS x RETURN x ORDER BY -x SKIP 2 LIMIT 3",
      ["8", "7", "6"],
      sorted: false
    ),
    Case("UNWIND [1, 1.0, 'a', null, null] AS x RETURN DISTINCT x", ["1", "a", "null"]),
    Case("UNWIND [1, 1, 2] AS x RETURN count(DISTINCT x), sum(x), collect(x)", ["2|4|[1, 1, 2]"]),
    Case(
      "UNWIND [] AS x RETURN count(*), sum(x), min(x), collect(x), avg(x)",
      ["0|0|null|[]|null"]
    ),
    Case(
      "UNWIND [1, 2, 3, 4] AS x WITH x % 2 AS odd, sum(x) AS s RETURN odd, s + 1",
      ["1|5", "0|7"]
    ),
    Case("RETURN [x IN range(1, 5) WHERE x % 2 = 1 | x * x]", ["[1, 9, 25]"]),
    Case("RETURN reduce(s = '', x IN ['a', 'b'] | s + x)", ["ab"]),
    Case("RETURN any(x IN [null, 1] WHERE x = 1), all(x IN [null, 1] WHERE x = 1)", ["true|null"]),
    Case("RETURN CASE 2 WHEN 1 THEN 'one' WHEN 2 THEN 'two' END", ["two"]),
    Case("UNWIND [1, 0] AS x RETURN CASE WHEN x = 0 THEN 'zero' ELSE 10 / x END", ["10", "zero"]),
    Case("RETURN 1 AS x UNION RETURN 1 AS x UNION RETURN 2 AS x", ["1", "2"]),
    Case("RETURN 1 AS x UNION ALL RETURN 1 AS x", ["1", "1"]),
    Case("LET x = 2 LET y = x + 1 RETURN x, y", ["2|3"]),
    Case("FOR x IN [1, 2, 3] FILTER x > 1 RETURN x", ["2", "3"]),
    Case(
      "UNWIND [1, 2, 3] AS x CALL (x) { UNWIND range(1, x) AS y RETURN sum(y) AS s } RETURN x, s",
      ["1|1", "2|3", "3|6"]
    ),
    Case("UNWIND [1, 2] AS x RETURN COUNT { UNWIND range(1, x) AS y RETURN y }", ["1", "2"]),
    Case(
      "UNWIND [1, 2, 3] AS x CALL (x) { UNWIND range(1, x) AS y RETURN y ORDER BY y DESC LIMIT 1 } RETURN x, y",
      ["1|1", "2|2", "3|3"]
    ),
    Case(
      "UNWIND [2, 3] AS x RETURN COLLECT { UNWIND [1, 2, 1] AS y WITH DISTINCT y RETURN y * x }",
      ["[2, 4]", "[3, 6]"]
    ),
    Case(
      "WITH {a: 1, b: {c: 2}} AS m RETURN m.b.c, m['a'], keys(m), m {.a, z: 3}",
      ["2|1|['a', 'b']|{a: 1, z: 3}"]
    ),
    Case("RETURN [1, 2, 3][-1], [1, 2, 3][1..], [1, 2, 3][5]", ["3|[2, 3]|null"]),
    Case("RETURN null AND false, null OR true, null XOR true, NOT null", ["false|true|null|null"]),
    Case(
      "RETURN 'abc' STARTS WITH 'ab', 'abc' ENDS WITH 'bc', 'ÀB' CONTAINS 'b', toLower('ÀB') CONTAINS 'àb'",
      ["true|true|false|true"]
    ),
    Case("RETURN 1 < 2 <= 2, 1 < 2 > 3, 2 IN [1, 2], 3 IN [1, null]", ["true|false|true|null"]),
    Case("RETURN coalesce(null, 2), size([1, 2]), size('ab')", ["2|2|2"]),
    Case("UNWIND [[1, 2], [1, 2], [2]] AS x RETURN x, count(*)", ["[1, 2]|2", "[2]|1"]),
    Case(
      "WITH [1, 2] AS xs UNWIND xs AS x UNWIND xs AS y WITH x, y WHERE x < y RETURN x, y",
      ["1|2"]
    ),
  ]

  @Test(arguments: cases) func `give their rows`(sample: Case) throws {
    try sample.check(GraphFixture().engine())
  }

  @Test func `more rows than a chunk holds go through every step`() throws {
    let engine = GraphFixture().engine()
    let sums = "UNWIND range(1, 10000) AS x RETURN x % 7 AS r, sum(x) AS s, count(*) ORDER BY r"
    let rows = try engine.texts(sums)
    #expect(rows.count == 7)
    #expect(rows.compactMap { Int($0[1]) }.reduce(0, +) == 10000 * 10001 / 2)
    let top = try engine.texts(
      "UNWIND range(1, 20000) AS x RETURN x ORDER BY x % 1000 DESC, x LIMIT 2"
    )
    #expect(top == [["999"], ["1999"]])
    let pairs =
      "UNWIND range(1, 300) AS x UNWIND range(1, 300) AS y WITH x, y WHERE x <> y RETURN count(*)"
    #expect(try engine.texts(pairs) == [["89700"]])
    let distinct =
      "UNWIND range(1, 30000) AS x WITH DISTINCT toString(x % 5000) AS s RETURN count(s)"
    #expect(try engine.texts(distinct) == [["5000"]])
  }

  /// Functions of literals and parameters are evaluated before there is a row.
  @Test func `constants are the values of their calls, and fail where a row asks`() throws {
    let engine = GraphFixture().engine()
    let parameters: [String: Value] = [
      "day": .string("2024-02-29"), "word": .string("nonsense"), "none": .null,
    ]
    let row = try engine.texts(
      "UNWIND [1, 2] AS x RETURN date($day).year + x, toUpper(trim(' a ')), date($none), "
        + "replace('banana', 'an', 'x') LIMIT toInteger('1')",
      parameters
    )
    #expect(row == [["2025", "A", "null", "bxxa"]])
    #expect(try engine.texts("UNWIND [] AS x RETURN date($word)", parameters) == [])
    let guarded = "RETURN CASE WHEN false THEN date($word) ELSE 1 END"
    #expect(try engine.texts(guarded, parameters) == [["1"]])
    #expect(throws: QueryError.self) { try engine.texts("RETURN date($word)", parameters) }
    #expect(throws: QueryError.self) {
      try engine.texts("RETURN 1 LIMIT toUpper($word)", parameters)
    }
  }

  @Test func `each row has a random number of its own`() throws {
    let engine = GraphFixture().engine()
    let numbers = try engine.texts("UNWIND range(1, 3000) AS x RETURN DISTINCT rand()")
    #expect(numbers.count == 3000)
    let sums = try engine.texts(
      "UNWIND range(1, 20) AS x WITH x + rand() * 0.5 AS y RETURN y - floor(y)"
    )
    #expect(Set(sums).count == 20)
    var fixture = GraphFixture()
    for _ in 0..<200 { fixture.node(["Row"]) }
    for index in 1..<200 { fixture.edge(fixture.nodes[index - 1], "NEXT", fixture.nodes[index]) }
    for pattern in ["(a:Row)", "(a:Row)-[:NEXT]->()"] {
      let query = "MATCH \(pattern) WHERE rand() < 0.5 RETURN count(*)"
      let counts = try (0..<5).map { _ in Int(try fixture.engine().texts(query)[0][0]) ?? -1 }
      #expect(counts.allSatisfy { 1..<199 ~= $0 }, "\(pattern)")
    }
    let ascending = (1...200).map { [String($0)] }
    let shuffled = try engine.texts("UNWIND range(1, 200) AS x RETURN x ORDER BY rand()")
    #expect(shuffled != ascending && Set(shuffled) == Set(ascending))
  }

  @Test func `one engine serves many threads`() async throws {
    let engine = try MeetingsFixture.engine()
    await withTaskGroup(of: [[String]]?.self) { group in
      for _ in 0..<16 {
        group.addTask { try? engine.texts("MATCH (a:Person)-[:MET]-(b) RETURN count(*)") }
      }
      for await rows in group { #expect(rows == [["8"]]) }
    }
  }
}
