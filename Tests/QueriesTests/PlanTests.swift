import Conformance
import Foundation
import GraphModel
import Queries
import SourceText
import Testing

@Suite struct `Plans` {
  private func plan(_ query: String) throws -> PlanDescription {
    let result = try MeetingsFixture.engine().run(SourceText(name: "query", text: query))
    return try #require(result.plan)
  }

  @Test func `explain how a query will run`() throws {
    let plan = try plan(
      """
      EXPLAIN MATCH (p:Person {id: 'p1'})-[w:ATTENDED]->(m:Meeting)
      WHERE EXISTS { (m)-[:ABOUT]->(t {name: p.name}) }
      OPTIONAL MATCH (m)<-[:ATTENDED*2..3]-(q)
      RETURN m.id, count(DISTINCT q) AS n ORDER BY n DESC LIMIT 3
      """
    )
    let lines = plan.table.split(separator: "\n").dropFirst().map { line in
      // Without the figures, which the size of the graph decides.
      line.replacing(/\ +[0-9]+$/, with: "")
    }
    #expect(
      lines == [
        "top 3 by n DESC",
        "aggregate count(DISTINCT q) by m.id",
        "for each row, if any:",
        "└─ walk (m)<-[:ATTENDED*2..3]-(q)",
        "filter EXISTS { … }",
        "└─ for each row: filter t.name = p.name",
        "   follow (m)-[:ABOUT]->(t)",
        "follow (p)-[w:ATTENDED]->(m)",
        "find (p:Person {id: 'p1'})",
      ]
    )
    #expect(plan.rows == nil && plan.time == nil)
  }

  @Test func `that were measured tell rows and time of every step`() throws {
    let plan = try plan(
      "PROFILE MATCH (p:Person) WHERE COUNT { (p)-[:ATTENDED]->() } > 0 RETURN count(*)"
    )
    #expect(plan.rows == 1)
    let filter = try #require(plan.inputs.first)
    let subquery = try #require(filter.subqueries.first)
    #expect(filter.step == "filter" && filter.inputs.first?.rows == 3)
    #expect((subquery.rows ?? 0) > 0)
    #expect(plan.totalTime > .zero)
    #expect(plan.table.split(separator: "\n").last?.hasPrefix("total ") == true)
  }

  @Test func `are those of their own query, whichever was asked before`() throws {
    let engine = try MeetingsFixture.engine()
    let query = "MATCH (:Person)-[:WORKS_FOR]->(o) RETURN count(o) AS n"
    let queries = [query, "RETURN 7 AS n", query + " LIMIT 0"]
    var later = QueryOptions()
    later.asOf = PartialDate(year: 2999)
    // Twice each, so that plans are found and not made; then each behind another.
    for number in [0, 0, 1, 1, 2, 2, 0, 1, 0, 2, 1] {
      let fresh = try MeetingsFixture.engine()
      for options in [QueryOptions(), later, QueryOptions()] {
        #expect(
          try engine.texts(queries[number], options: options)
            == fresh.texts(queries[number], options: options)
        )
      }
    }
  }

  @Test func `are JSON for tools`() throws {
    let text = try plan("PROFILE UNWIND ['\"'] AS x RETURN x + '\\n'").json
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    )
    #expect(object["step"] as? String == "compute")
    #expect(object["rows"] as? Int == 1)
    #expect((object["inputs"] as? [Any])?.count == 1)
    #expect(object["nanoseconds"] as? Int != nil)
  }
}
