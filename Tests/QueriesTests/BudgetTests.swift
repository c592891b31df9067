import Conformance
import Dispatch
import Queries
import SourceText
import Testing

@Suite(.serialized) struct `Budgets` {
  private func limit(_ query: String, _ options: QueryOptions) throws -> String? {
    do {
      _ = try MeetingsFixture.engine().run(
        SourceText(name: "query", text: query),
        options: options
      )
      return nil
    } catch QueryError.limit(let message, let hint) {
      return "\(message); \(hint)"
    }
  }

  @Test func `of rows, steps, memory and time say how to raise them`() throws {
    let query = "UNWIND range(1, 100000) AS x RETURN x"
    let rows = try #require(try limit(query, QueryOptions(rowCountMax: 10)))
    #expect(rows.contains("more than 10 rows") && rows.contains("--max-rows"))
    let steps = try #require(try limit(query, QueryOptions(stepCountMax: 1000)))
    #expect(steps.contains("more than 1000 steps") && steps.contains("--max-steps"))
    let memory = try #require(
      try limit(
        "UNWIND range(1, 10000000) AS x RETURN count(DISTINCT toString(x))",
        QueryOptions(byteCountMax: 40_000_000)
      )
    )
    #expect(memory.contains("more than 40 MB of memory") && memory.contains("--max-memory"))
    let time = try #require(try limit(query, QueryOptions(timeout: .zero)))
    #expect(time.contains("ran out of time") && time.contains("--timeout"))
  }

  /// Each of them would run for minutes or for ever.
  static let endless = [
    "UNWIND range(1, 10000000) AS x UNWIND range(1, 10000000) AS y RETURN count(*)",
    "RETURN size([x IN range(1, 1000000) WHERE any(y IN range(1, 1000000) WHERE y = -x)])",
    "RETURN reduce(list = [], x IN range(1, 1000000) | list + x)",
    "RETURN reduce(sum = 0, x IN range(1, 10000000) | sum + size(range(1, x)))",
    "UNWIND range(1, 10000000) AS x WITH x ORDER BY -x % 1000 UNWIND range(1, 1000) AS y RETURN sum(y)",
    "WITH range(1, 1000000) AS list UNWIND list AS x RETURN sum(CASE WHEN -x IN list THEN 1 END)",
    "UNWIND range(1, 10000000) AS x RETURN count(DISTINCT [x, {y: toString(x)}])",
    "UNWIND range(1, 10000000) AS x RETURN x, toString(x) ORDER BY toString(x) DESC",
    "MATCH (a), (b), (c), (d), (e), (f), (g), (h), (i), (j) RETURN count(a.name + j.name)",
    "MATCH p = (a)-[*]-(b), q = (c)-[*]-(d) RETURN count([p, q])",
    "UNWIND range(1, 1000000) AS x MATCH p = ANY SHORTEST (a)-[*]-(b) RETURN count(p)",
    "UNWIND range(1, 1000000) AS x RETURN count { MATCH (a)-[*]-(b) WHERE a <> b }",
  ]

  /// A query that is stopped ends soon after; the bound is generous for a debug build on a machine
  /// that does other things as well.
  @Test(arguments: endless) func `stop wherever a query is`(query: String) throws {
    let engine = try MeetingsFixture.engine()
    let cancellation = QueryCancellation()
    let start = ContinuousClock.now
    // A thread of its own: queries may take all that tasks have.
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(300)) {
      cancellation.cancel()
    }
    #expect(throws: QueryError.cancelled) {
      try engine.run(
        SourceText(name: "query", text: query),
        options: QueryOptions(
          rowCountMax: .max,
          stepCountMax: .max,
          cancellation: cancellation
        )
      )
    }
    #expect(ContinuousClock.now - start < .seconds(10), "\(query)")
  }
}
