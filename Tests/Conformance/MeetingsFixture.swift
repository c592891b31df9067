import GraphModel
import GraphStorage
import Language
package import Queries
import SourceText

/// A small graph as a schema makes it: ids, names in several forms, validity, meetings.
package enum MeetingsFixture {
  package static let schema = """
    SCHEMA meetings VERSION 1
    NODE Organization { name TEXT }
    NODE Person { name TEXT }
    NODE Meeting { title STRING, date DATE }
    NODE Topic { name TEXT }
    EDGE (Person)-[WORKS_FOR]->(Organization) VALID KEY title { title STRING }
    EDGE (Person)-[ATTENDED]->(Meeting) { role STRING }
    EDGE (Meeting)-[ABOUT]->(Topic)
    EDGE (Topic)-[PART_OF]->(Topic)
    DERIVE (a:Person)-[:MET { date: m.date, meeting: m.id,
        about: [(m)-[:ABOUT]->(t:Topic) | t.name] }]-(b:Person)
      FROM (a)-[:ATTENDED]->(m:Meeting)<-[:ATTENDED]-(b)
    DERIVE (a:Person)-[:CHAIRED { date: m.date }]->(b:Person)
      FROM (a)-[r:ATTENDED]->(m:Meeting)<-[:ATTENDED]-(b) WHERE r.role = 'chair'
    """

  package static func engine() throws -> QueryEngine {
    let document = try Parser.parseSchema(SourceText(name: "schema", text: schema))
    let catalog = QueryCatalog(
      labels: document.nodes.map(\.name.name),
      edgeTypes: document.edges.map(\.type.name),
      validEdgeTypes: ["WORKS_FOR"],
      properties: ["id", "name", "title", "date", "role"],
      derivations: document.derivations
    )
    return QueryEngine(graph: graph(), catalog: catalog)
  }

  private static func graph() -> Graph {
    let builder = GraphBuilder()
    builder.begin(event: EventPosition(1), time: 1)
    let name = builder.propertyKey(named: "name")
    func node(_ label: String, _ id: String, _ names: [(String, String)] = []) -> NodeNumber {
      let node = builder.node(
        table: builder.table(named: label),
        id: builder.intern(id),
        labelSet: builder.labelSet([label])
      )
      for (text, language) in names {
        builder.addForm(
          builder.intern(text),
          language: builder.intern(language),
          kind: .name,
          key: name,
          of: node
        )
      }
      return node
    }
    func edge(
      _ from: NodeNumber,
      _ type: String,
      _ to: NodeNumber,
      _ property: (String, String)? = nil
    ) -> EdgeReference {
      let number = builder.edgeType(named: type, hasValidity: type == "WORKS_FOR")
      let cell = property.map { Cell(.string(builder.intern($0.1))) }
      let key = [builder.keyWord(for: cell)]
      let edge = builder.edge(type: number, from: from, to: to, key: key)
      if let property, let cell {
        builder.set(cell, key: builder.propertyKey(named: property.0), of: edge)
      }
      return edge
    }
    let hassibi = node(
      "Person",
      "p1",
      [("Az-El-Arabe HASSIBI", "fr"), ("อัซ-เอล-อาราบ ฮัสซีบี", "th")]
    )
    let trairat = node("Person", "p2", [("ไตรรัตน์", "th"), ("Trairat", "en")])
    let nora = node("Person", "p3", [("Nora Quinn", "en")])
    let anrt = node("Organization", "o1", [("ANRT", "fr")])
    let nbtc = node("Organization", "o2", [("NBTC", "en")])
    let kickOff = node("Meeting", "m1")
    let review = node("Meeting", "m2")
    let radio = node("Topic", "t1", [("radio", "en")])
    let spectrum = node("Topic", "t2", [("spectrum", "en")])
    func date(_ text: String) -> PartialDate { PartialDate(text) ?? PartialDate(storedPacked: 0) }
    builder.set(.date(date("2022-07-21")), key: builder.propertyKey(named: "date"), of: kickOff)
    builder.set(.date(date("2023-01")), key: builder.propertyKey(named: "date"), of: review)
    _ = edge(hassibi, "ATTENDED", kickOff, ("role", "chair"))
    _ = edge(trairat, "ATTENDED", kickOff, ("role", "guest"))
    _ = edge(nora, "ATTENDED", kickOff, ("role", "guest"))
    _ = edge(hassibi, "ATTENDED", review, ("role", "guest"))
    _ = edge(hassibi, "ATTENDED", review, ("role", "speaker"))
    _ = edge(nora, "ATTENDED", review, ("role", "chair"))
    _ = edge(kickOff, "ABOUT", radio)
    _ = edge(kickOff, "ABOUT", spectrum)
    _ = edge(spectrum, "PART_OF", radio)
    let former = edge(hassibi, "WORKS_FOR", anrt, ("title", "engineer"))
    builder.setValidFrom(date("2015"), of: former)
    builder.setValidTo(date("2020-06"), of: former)
    let current = edge(hassibi, "WORKS_FOR", anrt, ("title", "director"))
    builder.setValidFrom(date("2020-06"), of: current)
    _ = edge(trairat, "WORKS_FOR", nbtc, ("title", "secretary"))
    return builder.publish()
  }
}
