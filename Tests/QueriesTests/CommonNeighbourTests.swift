import Conformance
import GraphModel
import Queries
import SourceText
import Testing

/// Nodes that several others have edges to, and groups by nodes: compared with loops over the same
/// edges.
///
/// Every query is asked again, since the first one leaves to the next what it has made.
@Suite(.serialized) struct `Common neighbours` {
  private static let personCount = 120
  private static let meetingCount = 700
  private static let topicCount = 6

  /// By meeting, without repetition; some meetings are parties.
  private let people: [Set<Int>]
  private let topics: [Set<Int>]
  private let engine: QueryEngine

  init() {
    var random = RandomQuery.Generator(seed: 5)
    var fixture = GraphFixture()
    for number in 0..<Self.personCount {
      fixture.node(["Person"], ["id": .string("p\(1000 + number)")])
    }
    for number in 0..<Self.meetingCount {
      fixture.node([Self.isParty(number) ? "Party" : "Meeting"], ["id": .string("m\(number)")])
    }
    for number in 0..<Self.topicCount { fixture.node(["Topic"], ["id": .string("t\(number)")]) }
    var (people, topics): ([Set<Int>], [Set<Int>]) = ([], [])
    for meeting in 0..<Self.meetingCount {
      let node = fixture.nodes[Self.personCount + meeting]
      // Few people come often.
      let guests = Set(
        (0..<Int.random(in: 0...5, using: &random)).map { _ in
          (0..<3).map { _ in Int.random(in: 0..<Self.personCount, using: &random) }.min() ?? 0
        }
      )
      for person in guests.sorted() { fixture.edge(fixture.nodes[person], "ATTENDED", node, [:]) }
      people.append(guests)
      // The first meetings have topics, those behind them none, the last ones again.
      let hasTopic = meeting < 300 || meeting > 500
      let own = Set(
        (0..<(hasTopic ? 2 : 0)).map { _ in
          Int.random(in: (meeting > 500 ? 0 : 1)..<Self.topicCount, using: &random)
        }
      )
      for topic in own.sorted() {
        let end = fixture.nodes[Self.personCount + Self.meetingCount + topic]
        fixture.edge(node, "ABOUT", end, [:])
      }
      topics.append(own)
    }
    (self.people, self.topics) = (people, topics)
    engine = fixture.engine()
  }

  private static func isParty(_ meeting: Int) -> Bool { meeting % 9 == 4 }

  private func meetings(about topic: Int) -> [Int] {
    topics.indices.filter { topics[$0].contains(topic) }
  }

  /// Those who met at a meeting of the kind about a topic.
  private func pairs(about topic: Int, where isWanted: (Int) -> Bool = { _ in true }) -> Set<[Int]>
  {
    var pairs: Set<[Int]> = []
    for meeting in meetings(about: topic) where isWanted(meeting) {
      for first in people[meeting] {
        for second in people[meeting] where first < second { pairs.insert([first, second]) }
      }
    }
    return pairs
  }

  private func rows(_ query: String) throws -> [[String]] {
    let rows = try engine.texts(query)
    var options = QueryOptions(threads: 3)
    options.threadThresholds = .none
    for _ in 0..<2 {
      #expect(try engine.texts(query) == rows, "\(query)")
      #expect(try engine.texts(query, options: options) == rows, "\(query)")
    }
    return rows
  }

  private func plan(_ query: String) throws -> String {
    try engine.texts("EXPLAIN " + query).joined().joined(separator: "\n")
  }

  private static let pairsOfTopic = """
    MATCH (t:Topic) WITH t
    MATCH (t)<-[:ABOUT]-(m)<-[:ATTENDED]-(a:Person), (m)<-[:ATTENDED]-(b:Person)
    WHERE a.id < b.id WITH DISTINCT t, a, b

    """
  private static let meetingOfPair =
    "MATCH (a)-[:ATTENDED]->(m2)<-[:ATTENDED]-(b), (m2)-[:ABOUT]->(t) "

  @Test func `are all that there are, whichever end stays`() throws {
    let query = Self.pairsOfTopic + Self.meetingOfPair + "RETURN t.id, a.id, b.id, m2.id"
    var expected: Set<[String]> = []
    for topic in 0..<Self.topicCount {
      for pair in pairs(about: topic) {
        for meeting in meetings(about: topic) where people[meeting].isSuperset(of: pair) {
          expected.insert([
            "t\(topic)", "p\(1000 + pair[0])", "p\(1000 + pair[1])", "m\(meeting)",
          ])
        }
      }
    }
    #expect(try plan(query).contains("intersect "))
    let found = try rows(query)
    #expect(found.count == expected.count && Set(found) == expected)
  }

  @Test(arguments: ["", ":Meeting"], [false, true])
  func `need not be told apart below a DISTINCT about others`(
    label: String,
    topicFirst: Bool
  ) throws {
    let met = "(a)-[:ATTENDED]->(m3\(label))<-[:ATTENDED]-(c)"
    let closing =
      topicFirst
      ? "(t)<-[:ABOUT]-(m3), (a)-[:ATTENDED]->(m3\(label)), (c)-[:ATTENDED]->(m3)"
      : "\(met), (m3)-[:ABOUT]->(t)"
    let query = """
      \(Self.pairsOfTopic) MATCH (b)-[:ATTENDED]->(m2)<-[:ATTENDED]-(c:Person), (m2)-[:ABOUT]->(t)
      WHERE b.id < c.id WITH DISTINCT t, a, b, c
      MATCH \(closing) WITH DISTINCT t, a, b, c RETURN t.id, count(*) AS n ORDER BY t.id
      """
    #expect(try plan(query).contains("intersect, any"))
    let expected = (0..<Self.topicCount).map { topic in
      let all = pairs(about: topic)
      let closed = pairs(about: topic) { label.isEmpty || !Self.isParty($0) }
      let count = all.reduce(0) { sum, pair in
        sum + all.count { $0[0] == pair[1] && closed.contains([pair[0], $0[1]]) }
      }
      return ["t\(topic)", "\(count)"]
    }
    #expect(try rows(query) == expected)
    #expect(expected.allSatisfy { $0[1] != "0" })
  }

  @Test func `are counted where a DISTINCT is about them`() throws {
    let query =
      Self.pairsOfTopic + Self.meetingOfPair + "WITH DISTINCT a, b, m2 RETURN count(*) AS n"
    #expect(try !plan(query).contains("intersect, any"))
    var expected: Set<[Int]> = []
    for topic in 0..<Self.topicCount {
      for pair in pairs(about: topic) {
        for meeting in meetings(about: topic) where people[meeting].isSuperset(of: pair) {
          expected.insert(pair + [meeting])
        }
      }
    }
    #expect(try rows(query) == [["\(expected.count)"]])
  }

  @Test func `of four`() throws {
    let query = """
      \(Self.pairsOfTopic) MATCH (b)-[:ATTENDED]->()<-[:ATTENDED]-(c:Person) WHERE b.id < c.id
      WITH DISTINCT t, a, b, c
      MATCH (a)-[:ATTENDED]->(m4)<-[:ATTENDED]-(b), (c)-[:ATTENDED]->(m4)-[:ABOUT]->(t)
      RETURN count(*) AS n
      """
    var expected = 0
    for topic in 0..<Self.topicCount {
      for meeting in meetings(about: topic) {
        let count = people[meeting].count
        expected += count * (count - 1) * (count - 2) / 6
      }
    }
    #expect(try rows(query) == [["\(expected)"]])
  }

  @Test func `of groups by node, with rows without one in between`() throws {
    let query = """
      MATCH (m) WHERE m.id STARTS WITH 'm' OPTIONAL MATCH (m)-[:ABOUT]->(t:Topic)
      WITH t, count(*) AS n RETURN t.id, n ORDER BY t.id
      """
    var expected = (0..<Self.topicCount).map { ["t\($0)", "\(meetings(about: $0).count)"] }
    expected.append(["null", "\(topics.count { $0.isEmpty })"])
    #expect(try rows(query) == expected)
  }

  @Test func `of groups by node, of which some are found among rows without one`() throws {
    // First rows that are all nodes, then nodes and nulls, then nodes again.
    let query = """
      CALL {
        MATCH (p:Person) WHERE p.id < 'p1040' RETURN p
        UNION ALL
        MATCH (p:Person) RETURN CASE WHEN p.id ENDS WITH '3' THEN null ELSE p END AS p
        UNION ALL
        MATCH (p:Person) RETURN p
      }
      WITH p, count(*) AS n RETURN p.id, n ORDER BY p.id
      """
    var expected = (0..<Self.personCount).map { person in
      ["p\(1000 + person)", "\((person < 40 ? 2 : 1) + (person % 10 == 3 ? 0 : 1))"]
    }
    expected.append(["null", "\(Self.personCount / 10)"])
    #expect(try rows(query) == expected)
  }

  @Test func `are told apart anew by each query`() throws {
    let query =
      "MATCH (t:Topic) WITH t MATCH (t)<-[:ABOUT]-(m) WITH DISTINCT t, m RETURN count(*)"
    let expected = (0..<Self.topicCount).reduce(0) { $0 + meetings(about: $1).count }
    #expect(try rows(query) == [["\(expected)"]])
  }
}
