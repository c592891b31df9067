import Conformance
import GraphModel
import Queries
import SourceText
import Testing

/// What only shows where there are more rows than one chunk, or than a table in the caches holds:
/// compared with loops over the same edges.
@Suite(.serialized) struct `Graphs of some thousand edges` {
  private struct Visit {
    var person: Int
    var meeting: Int
    var office: String?
  }

  private static let personCount = 400
  private static let meetingCount = 6000
  private static let topicCount = 12

  private let visits: [Visit]
  /// By meeting.
  private let topics: [[Int]]
  private let years: [Int64?]
  private let engine: QueryEngine

  init() {
    var random = RandomQuery.Generator(seed: 11)
    var fixture = GraphFixture()
    // The ids of people ascend, those of meetings do not.
    for number in 0..<Self.personCount {
      fixture.node(
        ["Person"],
        ["id": .string("p\(1000 + number)"), "name": .string("N\(number % 7)")]
      )
    }
    var years: [Int64?] = []
    for number in 0..<Self.meetingCount {
      let year = number % 10 == 0 ? nil : Int64(2000 + Int.random(in: 0..<20, using: &random))
      years.append(year)
      fixture.node(
        ["Meeting"],
        [
          "id": .string("m\(number * 7919 % 10_007)"), "number": .integer(Int64(number)),
          "year": year.map { .integer($0) } ?? .null,
          // Of all nodes of the first chunks, and of none of the last.
          "era": number < 4500 ? .string("early") : .null,
        ]
      )
    }
    for number in 0..<Self.topicCount { fixture.node(["Topic"], ["id": .string("t\(number)")]) }
    var visits: [Visit] = []
    var topics: [[Int]] = []
    for meeting in 0..<Self.meetingCount {
      let node = fixture.nodes[Self.personCount + meeting]
      for _ in 0..<Int.random(in: 0...6, using: &random) {
        // Few people come often; some come twice to one meeting.
        let person = min(
          Int.random(in: 0..<Self.personCount, using: &random),
          Int.random(in: 0..<Self.personCount, using: &random)
        )
        let office = Int.random(in: 0..<30, using: &random)
        let visit = Visit(
          person: person,
          meeting: meeting,
          office: office == 0 ? nil : "o\(office)"
        )
        visits.append(visit)
        fixture.edge(
          fixture.nodes[person],
          "VISITED",
          node,
          visit.office.map { ["office": .string($0)] } ?? [:]
        )
      }
      let own = Set((0..<2).map { _ in Int.random(in: 0..<Self.topicCount, using: &random) })
      topics.append(own.sorted())
      for topic in own.sorted() {
        fixture.edge(
          node,
          "ABOUT",
          fixture.nodes[Self.personCount + Self.meetingCount + topic],
          [:]
        )
      }
    }
    self.visits = visits
    self.topics = topics
    self.years = years
    engine = fixture.engine()
  }

  private func rows(_ query: String) throws -> [[Value]] {
    let rows = try rows(query, QueryOptions())
    // Threads change nothing, not even the order of rows that nobody asked to be in order.
    var options = QueryOptions(threads: 3)
    options.threadThresholds = .none
    for _ in 0..<3 { #expect(try self.rows(query, options) == rows, "\(query)") }
    return rows
  }

  private func rows(_ query: String, _ options: QueryOptions) throws -> [[Value]] {
    let result = try engine.run(SourceText(name: "query", text: query), options: options)
    return (0..<result.rowCount).map { result.values(row: $0) }
  }

  private func number(_ query: String) throws -> Int {
    let rows = try rows(query)
    guard case .integer(let number)? = rows.first?.first, rows.count == 1 else {
      Issue.record("\(rows.prefix(3))")
      return -1
    }
    return Int(number)
  }

  private var visitors: [[Int]] {
    var visitors = [[Int]](repeating: [], count: Self.meetingCount)
    for visit in visits { visitors[visit.meeting].append(visit.person) }
    return visitors
  }

  @Test func `tell rows apart within runs`() throws {
    struct Pair: Hashable { var meeting: Int; var office: String? }
    let pairs = Set(visits.map { Pair(meeting: $0.meeting, office: $0.office) })
    let query = "MATCH (m:Meeting)<-[v:VISITED]-() WITH DISTINCT m, v.office AS o RETURN count(*)"
    #expect(try number(query) == pairs.count)
    let named =
      "MATCH (m:Meeting)<-[v:VISITED]-() WHERE v.office IS NOT NULL "
      + "WITH DISTINCT m, v.office AS o RETURN count(*)"
    #expect(try number(named) == pairs.count { $0.office != nil })
  }

  @Test func `group runs, and unwind what was collected`() throws {
    var offices = [Set<String>](repeating: [], count: Self.meetingCount)
    for visit in visits { if let office = visit.office { offices[visit.meeting].insert(office) } }
    var expected: [String: Int64] = [:]
    for own in offices {
      for first in own {
        for second in own where first < second { expected["\(first) \(second)", default: 0] += 1 }
      }
    }
    let found = try rows(
      """
      MATCH (m:Meeting)<-[v:VISITED]-() WITH DISTINCT m, v.office AS o
      WITH m, collect(o) AS os UNWIND os AS a UNWIND os AS b
      WITH a, b WHERE a < b RETURN a + ' ' + b AS pair, count(*) AS n
      """
    )
    #expect(found.count == expected.count)
    for row in found {
      guard case .string(let pair) = row[0] else { continue }
      #expect(row[1] == .integer(expected[pair] ?? 0), "\(pair)")
    }
    let sums = "MATCH (m:Meeting)<-[v:VISITED]-() WITH m, count(*) AS n RETURN sum(n)"
    #expect(try number(sums) == visits.count)
  }

  @Test func `tell rows apart that different threads may have`() throws {
    struct Pair: Hashable { var name: Int; var office: String? }
    let pairs = Set(visits.map { Pair(name: $0.person % 7, office: $0.office) })
    let perOffice = Dictionary(grouping: pairs) { $0.office }.mapValues(\.count)
    let distinct =
      "MATCH (m:Meeting)<-[v:VISITED]-(p:Person) WITH DISTINCT p.name AS n, v.office AS o "
      + "RETURN o, count(*) AS c"
    let people = Dictionary(grouping: visits) { $0.office }
      .mapValues { Set($0.map(\.person)).count }
    let counted =
      "MATCH (m:Meeting)<-[v:VISITED]-(p:Person) RETURN v.office AS o, count(DISTINCT p) AS c"
    let names =
      "MATCH (m:Meeting)<-[v:VISITED]-(p:Person) RETURN v.office AS o, count(DISTINCT p.name) AS c"
    for (query, expected) in [(distinct, perOffice), (counted, people), (names, perOffice)] {
      let found = try rows(query)
      #expect(found.count == expected.count)
      for row in found {
        var office: String?
        if case .string(let text) = row[0] { office = text }
        #expect(row[1] == .integer(Int64(expected[office] ?? 0)), "\(query)")
      }
    }
  }

  @Test func `group runs whose keys are missing from some row on`() throws {
    var counts = [Int](repeating: 0, count: Self.meetingCount)
    for visit in visits { counts[visit.meeting] += 1 }
    let groupCount = counts.count { $0 > 0 }
    let found = try rows(
      """
      MATCH (m:Meeting)<-[:VISITED]-() WITH DISTINCT m WITH DISTINCT m, m.era AS e
      MATCH (m)<-[:VISITED]-(p) WITH m, e, count(*) AS c RETURN m.number AS n, c
      """
    )
    #expect(found.count == groupCount)
    for row in found {
      guard case .integer(let number) = row[0] else { continue }
      #expect(row[1] == .integer(Int64(counts[Int(number)])), "\(number)")
    }
  }

  @Test func `keep the first rows of an order as sorting all would`() throws {
    let orders = [
      "c DESC, p.id", "c, p.name DESC, p.id", "p.name, c DESC, p.id DESC", "c DESC", "m.year, m.id",
      "c, m.id", "c DESC, m.id DESC",
    ]
    for order in orders {
      let body =
        order.contains("m.")
        ? "MATCH (m:Meeting)<-[:VISITED]-() WITH m, count(*) AS c "
          + "RETURN m.id AS id, m.year AS y, c ORDER BY \(order)"
        : "MATCH (p:Person)-[:VISITED]->() WITH p, count(*) AS c "
          + "RETURN p.id AS id, p.name AS n, c ORDER BY \(order)"
      let all = try rows(body)
      let parts = [(0, 1), (0, 20), (7, 20), (390, 100), (0, 0), (2900, 1700), (1, Int.max)]
      for (skip, limit) in parts {
        let some = try rows(body + " SKIP \(skip) LIMIT \(limit)")
        #expect(some == Array(all.dropFirst(skip).prefix(limit)), "\(order) \(skip) \(limit)")
      }
    }
  }

  @Test func `stop at an error, or at a limit, in whichever thread`() throws {
    var options = QueryOptions(threads: 3)
    options.threadThresholds = .none
    // One row is wrong, and whichever thread has it.
    for number in stride(from: 100, to: Self.meetingCount, by: 300) {
      let query = "MATCH (m:Meeting) RETURN 7 / (m.number - \(number)) AS n, count(*) AS c"
      #expect(throws: QueryError.self, "\(number)") { try rows(query, options) }
    }
    options.stepCountMax = visits.count
    let pairs =
      "MATCH (m:Meeting)<-[v:VISITED]-(), (m)-[:ABOUT]->(t) RETURN t.id AS t, count(v) AS c"
    #expect(throws: QueryError.self) { try rows(pairs, options) }
  }

  @Test func `group by two keys with few values, some of them missing`() throws {
    struct Key: Hashable { var office: String?; var year: Int64? }
    var expected: [Key: Int64] = [:]
    for visit in visits {
      expected[Key(office: visit.office, year: years[visit.meeting]), default: 0] += 1
    }
    for filter in ["", "WHERE v.office IS NOT NULL AND m.year IS NOT NULL"] {
      let found = try rows(
        "MATCH (m:Meeting)<-[v:VISITED]-() \(filter) RETURN v.office AS o, m.year AS y, count(*) AS n"
      )
      let wanted = expected.filter {
        filter.isEmpty || ($0.key.office != nil && $0.key.year != nil)
      }
      #expect(found.count == wanted.count)
      for row in found {
        var key = Key()
        if case .string(let office) = row[0] { key.office = office }
        if case .integer(let year) = row[1] { key.year = year }
        #expect(row[2] == .integer(wanted[key] ?? 0), "\(key)")
      }
    }
  }

  @Test func `count chains by their degrees`() throws {
    var inDegrees = [Int](repeating: 0, count: Self.meetingCount)
    var outDegrees = [Int](repeating: 0, count: Self.personCount)
    var parallels: [[Int]: Int] = [:]
    for visit in visits {
      inDegrees[visit.meeting] += 1
      outDegrees[visit.person] += 1
      parallels[[visit.person, visit.meeting], default: 0] += 1
    }
    let chains = visits.reduce(0) { sum, visit in
      let twice = (parallels[[visit.person, visit.meeting]] ?? 1) - 1
      return sum + (inDegrees[visit.meeting] - 1) * (outDegrees[visit.person] - 1) - twice
    }
    let query = "MATCH (a)-[:VISITED]->(m)<-[:VISITED]-(b)-[:VISITED]->(n) RETURN count(*)"
    #expect(try number(query) == chains)
    let pairs = inDegrees.reduce(0) { $0 + $1 * ($1 - 1) }
    #expect(try number("MATCH (a)-[:VISITED]->(m)<-[:VISITED]-(b) RETURN count(*)") == pairs)
  }

  @Test func `find common neighbours, whichever changes from row to row`() throws {
    let visitors = visitors
    for topic in 0..<3 {
      let meetings = topics.indices.filter { topics[$0].contains(topic) }
      var pairs: Set<[Int]> = []
      for meeting in meetings {
        for a in visitors[meeting] {
          for b in visitors[meeting] where a < b { pairs.insert([a, b]) }
        }
      }
      var triangles = 0
      let followers = Dictionary(grouping: pairs) { $0[0] }.mapValues { $0.map { $0[1] } }
      for pair in pairs {
        triangles += (followers[pair[1]] ?? []).count { pairs.contains([pair[0], $0]) }
      }
      let query = """
        MATCH (t:Topic {id: 't\(topic)'})<-[:ABOUT]-(m:Meeting)<-[:VISITED]-(a:Person),
          (m)<-[:VISITED]-(b:Person) WHERE a.id < b.id WITH DISTINCT t, a, b
        MATCH (b)-[:VISITED]->(m2:Meeting)<-[:VISITED]-(c:Person), (m2)-[:ABOUT]->(t)
        WHERE b.id < c.id WITH DISTINCT t, a, b, c
        MATCH (a)-[:VISITED]->(m3:Meeting)<-[:VISITED]-(c), (m3)-[:ABOUT]->(t)
        WITH DISTINCT a, b, c RETURN count(*)
        """
      #expect(try number(query) == triangles, "topic \(topic)")
    }
  }

  @Test func `take no edge twice between the same neighbours`() throws {
    var shared = 0
    for own in topics where own.contains(0) { shared += own.count - 1 }
    let query =
      "MATCH (s:Topic {id: 't0'}), (t:Topic) WITH s, t MATCH (s)<-[:ABOUT]-(m)-[:ABOUT]->(t) RETURN count(*)"
    #expect(try number(query) == shared)
  }

  @Test func `compare ids that ascend`() throws {
    let visitors = visitors
    let count = visitors.reduce(0) { sum, own in
      sum + own.reduce(0) { sum, a in sum + (a % 7 == 0 ? own.count { a < $0 } : 0) }
    }
    let query =
      "MATCH (a:Person)-[:VISITED]->(m)<-[:VISITED]-(b:Person) "
      + "WHERE a.id < b.id AND a.name = 'N0' RETURN count(*)"
    #expect(try number(query) == count)
  }

  @Test func `find edges by a value, also when they are asked for again`() throws {
    for _ in 0..<3 {
      for office in ["o1", "o29", "o30"] {
        let query = "MATCH (p)-[v:VISITED {office: '\(office)'}]->(m) RETURN count(*)"
        #expect(try number(query) == visits.count { $0.office == office }, "\(office)")
        let meetings = Set(visits.filter { $0.office == office }.map(\.meeting))
        let distinct =
          "MATCH (m:Meeting) WHERE EXISTS { (m)<-[:VISITED {office: '\(office)'}]-() } "
          + "RETURN count(*)"
        #expect(try number(distinct) == meetings.count, "\(office)")
      }
    }
  }

  @Test func `count by values of both ends of all edges of a type`() throws {
    for (condition, accepts) in [
      ("", { _ in true }), (" WHERE v.office = 'o3'", { $0.office == "o3" }),
      (" WHERE m.year < 2005", { [years] visit in (years[visit.meeting] ?? 2010) < 2005 }),
    ] as [(String, (Visit) -> Bool)] {
      var expected: [String: Int64] = [:]
      for visit in visits.filter(accepts) {
        let year = years[visit.meeting].map { "\($0)" } ?? "null"
        expected["N\(visit.person % 7) \(year)", default: 0] += 1
      }
      let found = try rows(
        """
        MATCH (p:Person)-[v:VISITED]->(m:Meeting)\(condition)
        RETURN p.name AS name, m.year AS year, count(*) AS n
        """
      )
      var counts: [String: Int64] = [:]
      for row in found {
        guard case .string(let name) = row[0], case .integer(let count) = row[2] else { continue }
        let year = if case .integer(let year) = row[1] { "\(year)" } else { "null" }
        counts["\(name) \(year)"] = count
      }
      #expect(counts == expected, "\(condition)")
    }
    // For several rows, and where no edge has what is asked for.
    let many = "UNWIND [1, 2, 3] AS x MATCH (p:Person)-[:VISITED]->(m:Meeting) "
    let names = try rows(many + "RETURN x, p.name AS name, m.year > 2010 AS late, count(*) AS n")
    let total = names.reduce(0) { sum, row in
      if case .integer(let count) = row[3] { sum + Int(count) } else { sum }
    }
    #expect(total == visits.count * 3)
    let none = "MATCH (t:Topic)-[:VISITED]->(m:Meeting) RETURN t.id AS id, m.year AS y, count(*)"
    #expect(try rows(none).isEmpty)
    let plan = try engine.run(
      SourceText(
        name: "query",
        text: "EXPLAIN MATCH (p:Person)-[:VISITED]->(m:Meeting) RETURN p.name, m.year, count(*)"
      )
    ).plan
    #expect(plan?.table.contains("scan (p)-[:VISITED]->(m)") == true)
  }

  @Test func `count by values of both ends of the edges between some nodes`() throws {
    var random = RandomQuery.Generator(seed: 12)
    var fixture = GraphFixture()
    // So many guests that reading them from their callers on would be all over the memory.
    let (callerCount, guestCount) = (100, 55_000)
    for number in 0..<callerCount {
      fixture.node(
        [number % 3 == 0 ? "Robot" : "Person"],
        ["name": .string("N\(number % 7)")]
      )
    }
    for number in 0..<guestCount {
      fixture.node(["Guest"], ["name": .string("G\(number % 5)")])
    }
    var expected: [[Value]: Int64] = [:]
    for _ in 0..<60_000 {
      let from = Int.random(in: 0..<callerCount, using: &random)
      let to = Int.random(in: 0..<guestCount, using: &random)
      fixture.edge(fixture.nodes[from], "CALLED", fixture.nodes[callerCount + to], [:])
      if from % 3 == 0 { continue }
      expected[[.string("N\(from % 7)"), .string("G\(to % 5)")], default: 0] += 1
    }
    let text = "MATCH (a:Person)-[:CALLED]->(b:Guest) RETURN a.name, b.name, count(*)"
    let engine = fixture.engine()
    let plan = try engine.run(SourceText(name: "query", text: "EXPLAIN " + text)).plan
    #expect(plan?.table.contains("scan (a)-[:CALLED]->(b)") == true)
    let result = try engine.run(SourceText(name: "query", text: text))
    #expect(result.rowCount == expected.count)
    for row in 0..<result.rowCount {
      let values = result.values(row: row)
      #expect(values[2] == .integer(expected[Array(values[..<2])] ?? 0))
    }
  }

  @Test func `stop early where rows come in the order that is asked for, and only there`() throws {
    let people = (0..<Self.personCount).filter { $0 % 7 == 3 }.map { "p\(1000 + $0)" }
    let found = try rows(
      "MATCH (p:Person) WHERE toLower(p.name) CONTAINS 'n3' RETURN p.id AS id ORDER BY id LIMIT 5"
    )
    #expect(found.map { $0[0] } == people.prefix(5).map { .string($0) })
    let meetings = (0..<Self.meetingCount).map { "m\($0 * 7919 % 10_007)" }.sorted()
    let ordered = try rows("MATCH (m:Meeting) RETURN m.id AS id ORDER BY id SKIP 3 LIMIT 4")
    #expect(ordered.map { $0[0] } == meetings[3..<7].map { .string($0) })
    let pairs = try rows(
      """
      MATCH (p:Person)-[:VISITED]->(m:Meeting) RETURN p.id AS id, m.id AS meeting
      ORDER BY id, meeting DESC LIMIT 3
      """
    )
    let order = visits.map { ("p\(1000 + $0.person)", "m\($0.meeting * 7919 % 10_007)") }
      .sorted { ($0.0, $1.1) < ($1.0, $0.1) }
    for limit in [100, 2030, 2040, 2047, 2048, 2049, 4090] {
      let found = try rows(
        "MATCH (p:Person) WITH p MATCH (p)-[:VISITED]->(m) RETURN p.id AS id, m.id AS meeting "
          + "ORDER BY id, meeting DESC LIMIT \(limit)"
      )
      #expect(
        found == order.prefix(limit).map { [.string($0.0), .string($0.1)] },
        "\(limit) rows"
      )
    }
    let first = visits.filter { $0.person == 0 }.map { "m\($0.meeting * 7919 % 10_007)" }
    #expect(pairs.map { $0[1] } == first.sorted().reversed().prefix(3).map { .string($0) })
  }

  @Test func `hand out what is distinct once, whatever it is`() throws {
    let visited = Set(visits.map(\.meeting))
    let years = Dictionary(grouping: visited) { self.years[$0] }
    let found = try rows(
      "MATCH (:Person)-[:VISITED]->(m) WITH DISTINCT m RETURN m.year AS y, count(*) AS n"
    )
    #expect(found.count == years.count)
    for row in found {
      var year: Int64?
      if case .integer(let number) = row[0] { year = number }
      #expect(row[1] == .integer(Int64(years[year]?.count ?? 0)), "\(String(describing: year))")
    }
    let mixed =
      "MATCH (:Person)-[:VISITED]->(m) UNWIND [m, m.year, null] AS x "
      + "WITH DISTINCT x RETURN count(*)"
    #expect(try number(mixed) == visited.count + years.keys.count { $0 != nil } + 1)
  }
}
