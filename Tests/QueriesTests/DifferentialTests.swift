import Conformance
import GraphModel
import GraphStorage
import Queries
import SourceText
import Testing

@Suite struct `Random patterns on random graphs` {
  private struct Case {
    var matcher: ReferenceMatcher
    var engine: QueryEngine
    var random: RandomQuery.Generator

    init(seed: UInt64) {
      var random = RandomQuery.Generator(seed: seed)
      var fixture = GraphFixture()
      let nodeCount = Int.random(in: 2...6, using: &random)
      var labels: [[String]] = []
      for number in 0..<nodeCount {
        let own = ["A", "B"].filter { _ in Bool.random(using: &random) }
        labels.append(own)
        fixture.node(own, ["number": .integer(Int64(number)), "id": .string("id\(number)")])
      }
      var edges: [ReferenceMatcher.Edge] = []
      for number in 0..<Int.random(in: 1...9, using: &random) {
        let type = ["X", "Y"].randomElement(using: &random) ?? "X"
        let from = Int.random(in: 0..<nodeCount, using: &random)
        let to = Int.random(in: 0..<nodeCount, using: &random)
        let weight = Int64.random(in: 0...2, using: &random)
        edges.append(.init(type: type, from: from, to: to, weight: weight))
        fixture.edge(
          fixture.nodes[from],
          type,
          fixture.nodes[to],
          ["number": .integer(Int64(number)), "weight": .integer(weight)]
        )
      }
      matcher = ReferenceMatcher(labels: labels, edges: edges)
      engine = fixture.engine()
      self.random = random
    }

    mutating func pattern(steps: ClosedRange<Int>, first: Int? = nil) -> ReferenceMatcher.Pattern {
      var next = 1
      var result = ReferenceMatcher.Pattern(
        firstNode: first ?? 0,
        firstLabel: label(),
        steps: []
      )
      for _ in 0..<Int.random(in: steps, using: &random) {
        let node: Int
        if Int.random(in: 0..<5, using: &random) == 0, let old = result.nodes.randomElement() {
          node = old
        } else {
          node = next
          next += 1
        }
        var length: ClosedRange<Int>?
        if Int.random(in: 0..<4, using: &random) == 0 {
          let lower = Int.random(in: 0...2, using: &random)
          length = lower...(lower + Int.random(in: 0...2, using: &random))
        }
        result.steps.append(
          .init(
            type: [nil, "X", "Y"].randomElement(using: &random) ?? nil,
            direction: ReferenceMatcher.Pattern.Direction.allCases
              .randomElement(using: &random) ?? .right,
            length: length,
            label: label(),
            node: node
          )
        )
      }
      return result
    }

    mutating func label() -> String? { ["A", "B", nil, nil].randomElement(using: &random) ?? nil }

    func rows(_ query: String) throws -> [String] {
      try engine.texts(query).map { $0.joined(separator: ",") }.sorted()
    }
  }

  private func text(_ match: ReferenceMatcher.Match, _ pattern: ReferenceMatcher.Pattern) -> String
  {
    let nodes = pattern.nodes.map { String(match.nodes[$0] ?? -1) }
    let edges = zip(match.edges, pattern.steps).map { edges, step in
      step.length == nil
        ? String(edges[0]) : "[" + edges.map(String.init).joined(separator: ", ") + "]"
    }
    return (nodes + edges).joined(separator: ",")
  }

  private func columns(_ pattern: ReferenceMatcher.Pattern) -> String {
    let nodes = pattern.nodes.map { "n\($0).number" }
    let edges = pattern.steps.enumerated().map { index, step in
      step.length == nil ? "e\(index).number" : "[x IN e\(index) | x.number]"
    }
    return (nodes + edges).joined(separator: ", ")
  }

  @Test(arguments: [UInt64](1...400))
  func `MATCH returns the rows that trying everything finds`(seed: UInt64) throws {
    var sample = Case(seed: seed)
    let pattern = sample.pattern(steps: 0...3)
    let query = "MATCH \(pattern.text(edgePrefix: "e")) RETURN \(columns(pattern))"
    let expected = sample.matcher.matches(pattern).map { text($0, pattern) }.sorted()
    #expect(try sample.rows(query) == expected, "\(query)")
  }

  @Test(arguments: [UInt64](1...200))
  func `count(*) counts those rows without making them`(seed: UInt64) throws {
    var sample = Case(seed: seed &+ 10_000)
    let pattern = sample.pattern(steps: 1...3)
    let query = "MATCH \(pattern.text()) RETURN count(*)"
    let expected = [String(sample.matcher.matches(pattern).count)]
    #expect(try sample.rows(query) == expected, "\(query)")
  }

  @Test(arguments: [UInt64](1...200))
  func `a start by id, in either place, changes nothing`(seed: UInt64) throws {
    var sample = Case(seed: seed &+ 20_000)
    let pattern = sample.pattern(steps: 1...3)
    let node = pattern.nodes.randomElement(using: &sample.random) ?? 0
    let query =
      "MATCH \(pattern.text(edgePrefix: "e")) WHERE n\(node).id = 'id1' RETURN \(columns(pattern))"
    let expected = sample.matcher.matches(pattern).filter { $0.nodes[node] == 1 }
      .map { text($0, pattern) }.sorted()
    #expect(try sample.rows(query) == expected, "\(query)")
  }

  @Test(arguments: [UInt64](1...200))
  func `OPTIONAL MATCH pads what has no match`(seed: UInt64) throws {
    var sample = Case(seed: seed &+ 30_000)
    let pattern = sample.pattern(steps: 1...2)
    let query =
      "MATCH (n0) OPTIONAL MATCH \(pattern.text(edgePrefix: "e")) RETURN \(columns(pattern))"
    var expected: [String] = []
    for node in sample.matcher.labels.indices {
      let found = sample.matcher.matches(pattern, given: [0: node])
      expected += found.map { text($0, pattern) }
      if found.isEmpty {
        let nodes = pattern.nodes.map { $0 == 0 ? String(node) : "null" }
        expected.append((nodes + pattern.steps.map { _ in "null" }).joined(separator: ","))
      }
    }
    #expect(try sample.rows(query) == expected.sorted(), "\(query)")
  }

  @Test(arguments: [UInt64](1...300))
  func `EXISTS, COUNT and pattern predicates agree with their matches`(seed: UInt64) throws {
    var sample = Case(seed: seed &+ 40_000)
    let pattern = sample.pattern(steps: 1...2)
    let last = pattern.nodes.last ?? 0
    let outer = last == 0 ? "(n0)" : "(n0), (n\(last))"
    let body = pattern.text()
    let query =
      "MATCH \(outer) RETURN n0.number AS a, n\(last).number AS b, EXISTS { \(body) }, COUNT { \(body) }"
    var expected: [String] = []
    var existing: [String] = []
    for first in sample.matcher.labels.indices {
      for other in last == 0 ? [first] : Array(sample.matcher.labels.indices) {
        let count = sample.matcher.matches(pattern, given: [0: first].merging([last: other]) { $1 })
          .count
        expected.append("\(first),\(other),\(count > 0),\(count)")
        if count > 0 { existing.append("\(first),\(other)") }
      }
    }
    #expect(try sample.rows(query) == expected.sorted(), "\(query)")
    let semijoin =
      "MATCH \(outer) WHERE EXISTS { \(body) } RETURN n0.number AS a, n\(last).number AS b"
    #expect(try sample.rows(semijoin) == existing.sorted(), "\(semijoin)")
    let antijoin =
      "MATCH \(outer) WHERE NOT EXISTS { \(body) } RETURN count(*)"
    #expect(try sample.rows(antijoin) == [String(expected.count - existing.count)], "\(antijoin)")
  }

  @Test(arguments: [UInt64](1...200))
  func `two MATCHes may use an edge twice, one may not`(seed: UInt64) throws {
    var sample = Case(seed: seed &+ 50_000)
    let first = sample.pattern(steps: 1...2)
    let second = sample.pattern(steps: 1...1)
    let query = "MATCH \(first.text()) MATCH \(second.text()) RETURN count(*)"
    var count = 0
    for match in sample.matcher.matches(first) {
      count += sample.matcher.matches(second, given: match.nodes).count
    }
    #expect(try sample.rows(query) == [String(count)], "\(query)")
  }

  @Test(arguments: [UInt64](1...200))
  func `shortest paths are the shortest of all paths`(seed: UInt64) throws {
    var sample = Case(seed: seed &+ 60_000)
    let direction =
      ReferenceMatcher.Pattern.Direction.allCases.randomElement(using: &sample.random) ?? .right
    let step = ReferenceMatcher.Pattern.Step(
      type: nil,
      direction: direction,
      length: 1...9,
      label: nil,
      node: 1
    )
    let pattern = ReferenceMatcher.Pattern(firstNode: 0, firstLabel: nil, steps: [step])
    var lengths: [String: [Int]] = [:]
    for match in sample.matcher.matches(pattern) {
      let key = "\(match.nodes[0] ?? -1),\(match.nodes[1] ?? -1)"
      lengths[key, default: []].append(match.edges[0].count)
    }
    let best = lengths.map { "\($0.key),\($0.value.min() ?? 0)" }.sorted()
    let all = lengths.flatMap { key, lengths in
      lengths.filter { $0 == lengths.min() }.map { "\(key),\($0)" }
    }.sorted()
    let ends = "RETURN n0.number, n1.number, length(p)"
    let body = pattern.text()
    #expect(try sample.rows("MATCH p = ANY SHORTEST \(body) \(ends)") == best)
    #expect(try sample.rows("MATCH p = ALL SHORTEST \(body) \(ends)") == all)
    let two = lengths.flatMap { key, lengths in
      lengths.sorted().prefix(2).map { "\(key),\($0)" }
    }.sorted()
    #expect(try sample.rows("MATCH p = SHORTEST 2 \(body) \(ends)") == two)
  }

  /// A selector makes an edge a walk of length one, whose variable is still the edge.
  @Test(arguments: [UInt64](1...20))
  func `shortest paths of one edge are edges`(seed: UInt64) throws {
    let sample = Case(seed: seed &+ 80_000)
    let pairs = try sample.rows("MATCH (a)-->(b) RETURN DISTINCT a.number, b.number, 1")
    let ends = "RETURN a.number, b.number"
    #expect(try sample.rows("MATCH p = ANY (a)-->(b) \(ends), length(p)") == pairs)
    #expect(
      try sample.rows(
        "MATCH p = ANY (a)-[r]->(b) WHERE startNode(r) = a AND [r] = edges(p) \(ends), length(p)"
      ) == pairs
    )
    let all = try sample.rows("MATCH (a)-[r]->(b) RETURN a.number, b.number, id(r)")
    let selected = "MATCH ALL SHORTEST (a)-[r]->(b) RETURN a.number, b.number, id(r)"
    #expect(try sample.rows(selected) == all)
    let given = "MATCH ()-[r]->() MATCH ALL SHORTEST (a)-[r]->(b) \(ends), id(r)"
    #expect(try sample.rows(given) == all)
  }
}
