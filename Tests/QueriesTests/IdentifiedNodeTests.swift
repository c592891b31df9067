import Conformance
import GraphModel
import GraphStorage
import Queries
import SourceText
import Testing

/// Where an id tells a node from all others, rows are grouped, compared and sorted by nodes instead;
/// that may not show.
@Suite struct `Nodes with ids of their own` {
  private static let hostCount = 40
  private static let talkCount = 5000

  private enum Ids: CaseIterable {
    /// Each host has its own.
    case unique
    /// Two hosts share each.
    case shared
    /// Some hosts have none.
    case missing
    /// Some are no strings.
    case numbers
  }

  private struct Talk {
    var host: Int
    var date: PartialDate?
  }

  private func id(of host: Int, _ ids: Ids) -> Value {
    switch ids {
    case .unique: .string("h\(host)")
    case .shared: .string("h\(host / 2)")
    case .missing: host % 5 == 2 ? .null : .string("h\(host)")
    case .numbers: host % 5 == 2 ? .integer(Int64(host / 10)) : .string("h\(host)")
    }
  }

  private func makeTalks() -> [Talk] {
    var random = RandomQuery.Generator(seed: 5)
    return (0..<Self.talkCount).map { number in
      let year = Int.random(in: -2...12, using: &random)
      return Talk(
        host: Int.random(in: 0..<Self.hostCount, using: &random),
        date: number % 9 == 4 ? nil : PartialDate(year: year, month: 1 + number % 12)
      )
    }
  }

  private func makeEngine(_ talks: [Talk], _ ids: Ids) -> QueryEngine {
    var fixture = GraphFixture()
    // What is no host has the id of one.
    fixture.node(["Room"], ["id": .string("h3")])
    for host in 0..<Self.hostCount {
      fixture.node(["Host"], ["id": id(of: host, ids), "name": .string("N\(host % 3)")])
    }
    let hosts = Array(fixture.nodes.dropFirst())
    for (number, talk) in talks.enumerated() {
      let date: Value = talk.date.map { .date($0) } ?? .null
      let node = fixture.node(["Talk"], ["id": .string("t\(number)"), "date": date])
      fixture.edge(hosts[talk.host], "HOSTED", node)
    }
    return fixture.engine()
  }

  private func rows(_ engine: QueryEngine, _ query: String) throws -> [[Value]] {
    let result = try engine.run(SourceText(name: "query", text: query))
    return (0..<result.rowCount).map { result.values(row: $0) }
  }

  @Test(arguments: Ids.allCases) private func `counts what there is of each`(ids: Ids) throws {
    let talks = makeTalks()
    let engine = makeEngine(talks, ids)
    // The order of groups is that of their first rows.
    var order: [[Value]] = []
    var expected: [[Value]: Int64] = [:]
    for talk in talks {
      let name = Value.string("N\(talk.host % 3)")
      let year = talk.date.map { Value.integer(Int64($0.year)) } ?? .null
      let key = [id(of: talk.host, ids), year, name]
      if expected[key] == nil { order.append(key) }
      expected[key, default: 0] += 1
    }
    let found = try rows(
      engine,
      "MATCH (h:Host)-[:HOSTED]->(t:Talk) "
        + "RETURN h.id AS id, t.date.year AS year, h.name AS name, count(*) AS n"
    )
    #expect(found == order.map { $0 + [.integer(expected[$0] ?? 0)] })
    let many = try rows(
      engine,
      "MATCH (h:Host)-[:HOSTED]->(t:Talk) WITH h.id AS id, count(*) AS n "
        + "RETURN count(*) AS c, sum(n) AS s"
    )
    let idCount = Set(talks.map { id(of: $0.host, ids) }).count
    #expect(many == [[.integer(Int64(idCount)), .integer(Int64(Self.talkCount))]])
  }

  @Test func `is by nodes where ids tell them apart, and only there`() throws {
    let talks = makeTalks()
    for ids in Ids.allCases {
      let explained = try makeEngine(talks, ids).run(
        SourceText(
          name: "query",
          text: "EXPLAIN MATCH (h:Host)-[:HOSTED]->(:Talk) RETURN h.id AS id, count(*) AS n"
        )
      )
      let text = explained.plan.map { String(describing: $0) } ?? ""
      #expect(text.contains("by h.id") == (ids != .unique), "\(text)")
    }
  }

  @Test func `keeps hosts apart from what is not there`() throws {
    let engine = makeEngine(makeTalks(), .unique)
    let found = try rows(
      engine,
      "MATCH (h:Host) OPTIONAL MATCH (h)-[:HOSTED]->(:Talk)<-[:HOSTED]-(x:Host) "
        + "RETURN x.id AS id, count(*) AS n"
    )
    #expect(found == [[.null, .integer(Int64(Self.hostCount))]])
  }

  @Test func `leaves rows in order that come in order`() throws {
    let talks = makeTalks()
    let engine = makeEngine(talks, .unique)
    for (order, isDescending) in [("id", false), ("id DESC", true)] {
      let found = try rows(
        engine,
        "MATCH (h:Host)-[:HOSTED]->(t:Talk) WITH h, count(*) AS n ORDER BY n "
          + "RETURN h.id AS id ORDER BY \(order)"
      )
      let ids = Set(talks.map { "h\($0.host)" }).sorted()
      #expect(found.map { $0[0] } == (isDescending ? ids.reversed() : ids).map { .string($0) })
    }
    // Those of one host come in order: of talks, and of nothing else.
    var fixture = GraphFixture()
    let host = fixture.node(["Host"], ["id": .string("h")])
    for number in 0..<3000 {
      let talk = fixture.node(
        ["Talk"],
        ["id": .string("t\(10_000 + number)"), "other": .string("o\(number * 7919 % 3001)")]
      )
      fixture.edge(host, "HOSTED", talk)
      if number % 3 == 0 { fixture.edge(host, "HOSTED", talk) }
    }
    let one = fixture.engine()
    let body =
      "MATCH (h:Host {id: 'h'})-[:HOSTED]->(t) RETURN t.id AS id, t.other AS other ORDER BY "
    let all = try rows(one, body + "id")
    #expect(all.count == 4000)
    #expect(all.map { "\($0[0])" } == all.map { "\($0[0])" }.sorted())
    let others = try rows(one, body + "other")
    #expect(others.map { "\($0[1])" } == all.map { "\($0[1])" }.sorted())
    let backwards = try rows(one, body + "id DESC, other")
    #expect(backwards.map { $0[0] } == all.map { $0[0] }.reversed())
  }

  // MARK: Comparing

  private struct Visit {
    var guest: Int
    var party: Int
    /// The year from which on it holds; some always do.
    var year: Int?
  }

  private static let guestCount = 60
  private static let partyCount = 300

  private func makeVisits() -> [Visit] {
    var random = RandomQuery.Generator(seed: 6)
    return (0..<Self.partyCount).flatMap { party in
      (0..<Self.guestCount).filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
        .map { guest in
          let year = Int.random(in: 2000..<2010, using: &random)
          return Visit(guest: guest, party: party, year: year % 3 == 0 ? nil : year)
        }
    }
  }

  /// The ids of guests, in the order of their nodes or in another.
  private func id(of guest: Int, isAscending: Bool) -> String {
    "g\(100 + (isAscending ? guest : guest * 7 % Self.guestCount))"
  }

  private func makeEngine(_ visits: [Visit], isAscending: Bool) -> QueryEngine {
    var fixture = GraphFixture()
    for guest in 0..<Self.guestCount {
      let id = Value.string(id(of: guest, isAscending: isAscending))
      fixture.node(["Guest"], ["id": id, "name": .string("N\(guest % 3)")])
    }
    for party in 0..<Self.partyCount {
      fixture.node(["Party"], ["id": .string("p\(party)")])
    }
    let nodes = fixture.nodes
    for visit in visits {
      let party = nodes[Self.guestCount + visit.party]
      let edge = fixture.edge(nodes[visit.guest], "CAME", party, hasValidity: true)
      if let year = visit.year, let date = PartialDate(year: year) {
        fixture.builder.setValidFrom(date, of: edge)
      }
    }
    return fixture.engine()
  }

  @Test(arguments: [true, false])
  private func `compares ids as the texts that they are`(isAscending: Bool) throws {
    let visits = makeVisits()
    let engine = makeEngine(visits, isAscending: isAscending)
    let byParty = Dictionary(grouping: visits, by: \.party)
    for (sign, when) in [("<", ""), (">", ""), ("<", " AS OF date('2004-06-01')")] {
      for filter in ["", " AND b.name = 'N1'"] {
        var expected: [String: Int64] = [:]
        for one in visits {
          for other in byParty[one.party] ?? [] where one.guest != other.guest {
            let isValid = [one, other].allSatisfy { when.isEmpty || ($0.year ?? 0) <= 2004 }
            let (a, b) = (
              id(of: one.guest, isAscending: isAscending),
              id(of: other.guest, isAscending: isAscending)
            )
            guard isValid, sign == "<" ? a < b : a > b else { continue }
            if !filter.isEmpty, other.guest % 3 != 1 { continue }
            expected["\(a) \(b)", default: 0] += 1
          }
        }
        let query =
          "MATCH (a:Guest)-[:CAME]->(p:Party)<-[:CAME]-(b:Guest)\(when) "
          + "WHERE a.id \(sign) b.id\(filter) "
          + "RETURN a.id + ' ' + b.id AS pair, count(*) AS n"
        let found = try rows(engine, query)
        let pairs = found.map { row -> (String, Int64) in
          guard case .string(let pair) = row[0], case .integer(let count) = row[1] else {
            return ("", 0)
          }
          return (pair, count)
        }
        #expect(Dictionary(uniqueKeysWithValues: pairs) == expected, "\(query)")
        #expect(!expected.isEmpty)
      }
    }
  }

  @Test func `compares while it follows where nodes are in the order of their ids`() throws {
    let visits = makeVisits()
    for isAscending in [true, false] {
      let explained = try makeEngine(visits, isAscending: isAscending).run(
        SourceText(
          name: "query",
          text: "EXPLAIN MATCH (a:Guest)-[:CAME]->(p:Party)<-[:CAME]-(b:Guest) WHERE a.id < b.id "
            + "RETURN count(b.name) AS n"
        )
      )
      let text = explained.plan.map { String(describing: $0) } ?? ""
      #expect(text.contains("filter") == !isAscending, "\(text)")
    }
  }

  @Test(arguments: Ids.allCases) private func `finds those with an id, and the others`(
    ids: Ids
  ) throws {
    let talks = makeTalks()
    let engine = makeEngine(talks, ids)
    for id in ["h3", "h1", "h7", "none"] {
      let counts = ["=", "<>"].map { sign in
        talks.count { talk in
          switch self.id(of: talk.host, ids) {
          case .null: false
          case let own: (own == .string(id)) == (sign == "=")
          }
        }
      }
      for (sign, count) in zip(["=", "<>"], counts) {
        let query =
          "MATCH (t:Talk)<-[:HOSTED]-(h) WHERE coalesce(h.id, 1) IS NOT NULL WITH h, t "
          + "WHERE '\(id)' \(sign) h.id RETURN count(t.date IS NULL) AS n"
        #expect(try rows(engine, query) == [[.integer(Int64(count))]], "\(id) \(sign)")
      }
    }
  }

  @Test func `finds the first of an order as sorting all does`() throws {
    let visits = makeVisits()
    for isAscending in [true, false] {
      let engine = makeEngine(visits, isAscending: isAscending)
      let orders = ["n DESC, id", "n, id DESC", "id", "id DESC", "n DESC, name, id", "name, id"]
      for order in orders {
        let body =
          "MATCH (g:Guest)-[:CAME]->(p) RETURN g.id AS id, g.name AS name, count(*) % 5 AS n "
          + "ORDER BY \(order)"
        let all = try rows(engine, body)
        for (skip, limit) in [(0, 1), (0, 10), (5, 20), (0, 100)] {
          let some = try rows(engine, body + " SKIP \(skip) LIMIT \(limit)")
          #expect(some == Array(all.dropFirst(skip).prefix(limit)), "\(order) \(skip) \(limit)")
        }
      }
    }
  }

  @Test func `orders by what a subquery says of what is returned`() throws {
    let engine = makeEngine(makeVisits(), isAscending: false)
    let body =
      "MATCH (g:Guest) RETURN g.id AS id, g.name AS name "
      + "ORDER BY COUNT { MATCH (o:Guest) WHERE o.id < id } DESC"
    let all = try rows(engine, body)
    #expect(all.first?[0] == .string("g\(99 + Self.guestCount)"))
    #expect(try rows(engine, body + " LIMIT 7") == Array(all.prefix(7)))
  }
}
