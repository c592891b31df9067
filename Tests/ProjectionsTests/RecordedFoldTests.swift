import GraphModel
import GraphStorage
import JSONTape
import Projections
import Testing

/// A schema in which values, keys and nodes are of all kinds.
private let meetings = """
  SCHEMA s VERSION 1
  NODE Actor { name TEXT, note STRING, height FLOAT, born DATE, tags LIST<STRING> }
  NODE Person : Actor
  NODE Office : Actor
  NODE Meeting { title TEXT, date DATE, size INTEGER, open BOOLEAN, kind STRING, any ANY }
  EDGE (Actor)-[ATTENDED]->(Meeting) KEY role {
    role STRING, note STRING, count INTEGER, weight FLOAT, tags LIST<STRING>, any ANY
  }
  EDGE (Actor)-[SEEN]->(Meeting) KEY day, open { day DATE, open BOOLEAN, note STRING }
  EDGE (Office)-[SERVED]->(Meeting) VALID KEY from { note STRING }
  EDGE (Meeting)-[FOLLOWED]->(Meeting) KEY EVENT { minutes INTEGER }
  EDGE (Person)-[WORKS_FOR]->(Office) VALID KEY title, from { title STRING }
  EVENT person VERSION 1 {
    id ID, name TEXT?, note STRING?, height INTEGER?, born DATE?, tags LIST<STRING>?
  }
  ON person AS e
    NODE (:Person {
      id: e.id, name: e.name, note: e.note, height: e.height, born: e.born, tags: e.tags
    })
  EVENT office VERSION 1 { id ID, name TEXT = 'an office' }
  ON office AS e NODE (:Office { id: e.id, name: e.name })
  EVENT meeting VERSION 2 {
    id ID, title TEXT?, date DATE?, size INTEGER?, open BOOLEAN?, kind STRING = 'plain', any ANY?,
    attendees LIST<{
      actor ID, role STRING?, note STRING?, count INTEGER?, weight FLOAT?, tags LIST<STRING>?,
      any ANY?, from DATE?, to DATE?
    }> = [],
    next ID?, far STRING?
  }
  UPCAST meeting 1 TO 2 SET title = 'old'
    EXAMPLE { id: 'm' } TO { id: 'm', title: 'old' }
  ON meeting AS e
    NODE (m:Meeting {
      id: e.id, title: e.title, date: e.date, size: e.size, open: e.open, kind: e.kind, any: e.any
    })
    FOR a IN e.attendees {
      EDGE (:Person { id: a.actor })-[:ATTENDED {
        role: a.role, note: a.note, count: a.count, weight: a.weight, tags: a.tags, any: a.any
      }]->(m)
      EDGE (:Actor { id: a.actor })-[:SEEN { day: e.date, open: e.open, note: a.note }]->(m)
      WHEN a.from IS NOT NULL
        EDGE (:Office { id: a.actor })-[:SERVED { note: a.note }]->(m) FROM a.from TO a.to
    }
    WHEN e.next IS NOT NULL EDGE (m)-[:FOLLOWED { minutes: e.size }]->(:Meeting { id: e.next })
    WHEN e.far IS NOT NULL EDGE (:Actor { id: e.id })-[:SEEN { day: date(e.far) }]->(m)
    WHEN e.kind = 'odd' NODE (:Office { id: toUpper(e.kind) + e.id, note: 'odd' })
  EVENT appointed VERSION 1 { person ID, office ID, title STRING?, from DATE?, to DATE? }
  ON appointed AS e
    EDGE (:Person { id: e.person })-[:WORKS_FOR { title: e.title }]->(:Office { id: e.office })
      FROM e.from TO e.to
  EVENT ended VERSION 1 { person ID, office ID, at DATE? }
  ON ended AS e
    END (:Person { id: e.person })-[:WORKS_FOR]->(:Office { id: e.office }) AT e.at
  """

/// Random events of that schema, some of things that are new and some of few that come again.
private struct RandomMeetings {
  var generator: SeededGenerator
  /// How many in a hundred things are new.
  let newShare: Int
  private var newCount = 0

  init(seed: UInt64, newShare: Int) {
    generator = SeededGenerator(seed: seed)
    self.newShare = newShare
  }

  mutating func event() -> TestEvent {
    let time = Int64(number(1000))
    switch number(12) {
    case 0: return TestEvent("person", person(), time: time)
    case 1: return TestEvent("office", #"{"id":"\#(id("o"))"}"#, time: time, version: 1)
    case 2:
      let (from, to) = (date(), date())
      return TestEvent(
        "appointed",
        #"{"person":"\#(id("p"))","office":"\#(id("o"))"\#(some("title", "\"T\(number(2))\""))"#
          + #"\#(some("from", from))\#(some("to", to))}"#,
        time: time
      )
    case 3 where number(3) == 0:
      return TestEvent("ended", #"{"person":"\#(id("p"))","office":"\#(id("o"))"}"#, time: time)
    case 4 where number(8) == 0: return TestEvent("unheard.of", "{}", time: time)
    case 5 where number(4) == 0: return TestEvent("meeting", #"{"id":3}"#, time: time)
    default: return TestEvent("meeting", meeting(), time: time, version: UInt32(number(3)))
    }
  }

  private mutating func person() -> String {
    let name =
      number(2) == 0
      ? "\"Name \(number(4))\"" : #"{"th":"ชื่อ \#(number(3))","en":"A rather long name"}"#
    return #"{"id":"\#(id("p"))"\#(some("name", name))\#(some("note", "\"n\(number(3))\""))"#
      + #"\#(some("height", "\(number(3))"))\#(some("born", date()))\#(some("tags", "[\"x\"]"))}"#
  }

  private mutating func meeting() -> String {
    let attendeeCount = number(40) == 0 ? 300 : number(5)
    var attendees = (0..<attendeeCount).map { _ in attendee() }
    // The same again, of which the event must make one.
    if let first = attendees.first, number(30) == 0 || attendeeCount > 256 {
      attendees.append(first)
    }
    return #"{"id":"\#(id("m"))"\#(some("title", "\"On \(number(3))\""))\#(some("date", date()))"#
      + #"\#(some("size", "\(number(9))"))\#(some("open", "\(number(2) == 0)"))"#
      + #"\#(some("kind", number(5) == 0 ? "\"odd\"" : "\"usual\""))\#(some("any", any()))"#
      + #"\#(some("next", "\"\(id("m"))\""))"#
      + (number(9) == 0 ? #","far":"+99999\#(number(2))9-01-01""# : "")
      + #","attendees":[\#(attendees.joined(separator: ","))]}"#
  }

  private mutating func attendee() -> String {
    let actor = number(3) == 0 ? id("o") : id("p")
    return #"{"actor":"\#(actor)"\#(some("role", "\"role \(number(3))\""))"#
      + #"\#(some("note", "\"a note \(number(5))\""))\#(some("count", "\(number(4))"))"#
      + #"\#(some("weight", "1.\(number(4))"))\#(some("tags", "[\"x\",\"y\(number(2))\"]"))"#
      + #"\#(some("any", any()))\#(some("from", date()))\#(some("to", date()))}"#
  }

  private mutating func any() -> String {
    switch number(4) {
    case 0: "\"text\(number(2))\""
    case 1: "\(number(5))"
    case 2: "true"
    default: "[1,\"two\"]"
    }
  }

  /// A member, or nothing.
  private mutating func some(_ name: String, _ value: String) -> String {
    number(3) == 0 ? "" : #","\#(name)":\#(value)"#
  }

  private mutating func date() -> String { "\"20\(10 + number(9))-0\(1 + number(9))\"" }

  private mutating func id(_ kind: String) -> String {
    guard number(100) < newShare else { return "\(kind)\(number(6))" }
    newCount += 1
    return "\(kind)-new-\(newCount)"
  }

  private mutating func number(_ count: Int) -> Int {
    Int.random(in: 0..<count, using: &generator)
  }
}

/// Many events are recorded apart from the graph and entered column by column: nothing of it shows.
@Suite struct `Recorded events` {
  @Test(arguments: 1...12 as ClosedRange<UInt64>, [false, true])
  func `end in the graph of one event after another`(seed: UInt64, hasMerges: Bool) throws {
    let schema = try loadSchema(meetings)
    var random = RandomMeetings(seed: seed, newShare: Int(seed % 5) * 25)
    let events = (0..<400).map { _ in random.event() }
    let revisions = hasMerges ? try merges() : Revisions()

    let builder = GraphBuilder()
    let outcomes = fold(
      events,
      with: Projection(schema: schema, builder: builder, revisions: revisions)
    )
    #expect(outcomes.contains(.folded))
    let expected = builder.publish()

    // On a graph that is there already, as the log's tail is, in pieces of several sizes.
    let start = Int(seed) * 7
    let recorded = GraphBuilder()
    fold(
      events[..<start],
      with: Projection(schema: schema, builder: recorded, revisions: revisions)
    )
    let resumed =
      seed % 2 == 0
      ? recorded : GraphBuilder(resuming: recorded.publish().contents, isExtending: seed % 3 == 0)
    let projection = Projection(schema: schema, builder: resumed, revisions: revisions)
    let decoder = projection.makeDecoder()
    let piece = FoldPiece()
    for (index, event) in events.enumerated().dropFirst(start) {
      event.withInput(at: UInt32(index + 1)) { decoder.add($0, to: piece) }
      if index < events.count - 1, index % (3 + Int(seed) * 8) > 0 { continue }
      projection.fold(piece)
      piece.removeAll()
    }
    let graph = resumed.publish()
    #expect(GraphImage.digest(of: graph.contents) == GraphImage.digest(of: expected.contents))
    #expect(facts(graph) == facts(expected))
  }

  private func merges() throws -> Revisions {
    let parser = JSONParser()
    var records: [Revisions.Record] = []
    for (keep, merge) in [("p1", "p2"), ("o1", "o2"), ("m1", "m2")] {
      let event = TestEvent(Revisions.mergeType, #"{"keep":"\#(keep)","merge":"\#(merge)"}"#)
      try event.withInput(at: 401) { input in
        let record = try Revisions.Record(
          position: input.position,
          type: input.type,
          source: input.source,
          data: input.data,
          parser: parser
        )
        records.append(try #require(record))
      }
    }
    return Revisions(records) { _ in nil }
  }
}
