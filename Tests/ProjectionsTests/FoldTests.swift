import GraphModel
import GraphStorage
import Projections
import Testing

private let career = """
  SCHEMA s VERSION 1
  NODE Actor { name TEXT }
  NODE Person : Actor { born DATE, note STRING, height FLOAT }
  NODE Office : Actor
  EDGE (Person)-[WORKS_FOR]->(Office) VALID KEY title, from { title TEXT, status STRING }
  EDGE (Person)-[CALLED]->(Person) KEY EVENT { minutes INTEGER }
  EVENT person VERSION 1 { id ID, name TEXT?, born DATE?, note STRING?, height INTEGER? }
  ON person AS e NODE (:Person { id: e.id, name: e.name, born: e.born, note: e.note, height: e.height })
  EVENT appointed VERSION 1 { person ID, office ID, title TEXT?, status STRING?, from DATE?, to DATE? }
  ON appointed AS e
    EDGE (:Person { id: e.person })-[:WORKS_FOR { title: e.title, status: e.status }]->(:Office { id: e.office })
      FROM e.from TO e.to
  EVENT ended VERSION 1 { person ID, office ID, title TEXT?, at DATE? }
  ON ended AS e
    END (:Person { id: e.person })-[:WORKS_FOR { title: e.title }]->(:Office { id: e.office }) AT e.at
  EVENT called VERSION 1 { from ID, to ID, minutes INTEGER, tags LIST<STRING> = ['none'] }
  ON called AS e
    EDGE (:Person { id: e.from })-[:CALLED { minutes: e.minutes }]->(:Person { id: e.to })
    FOR t IN [x IN e.tags WHERE size(x) > 4 | toLower(x)]
      NODE (:Person { id: 'tag:' + t, note: t })
    WHEN e.minutes > 60 AND e.to = 'p1' NODE (:Office { id: 'long' })
  """

private func day(_ text: String) -> Int32 { PartialDate(text)?.storedPacked ?? 0 }

@Suite struct FoldTests {
  @Test func `rules make nodes, properties, forms and edges`() throws {
    let graph = graph(
      of: [
        TestEvent(
          "person",
          #"{"id":"p1","name":{"th":"สรณ","en":"Sarana"},"born":"1960","height":2}"#
        ),
        TestEvent("appointed", #"{"person":"p1","office":"o1","title":"Chair","from":"2022-04"}"#),
      ],
      try loadSchema(career)
    )
    #expect(
      facts(graph) == [
        "Actor/string(\"o1\") [\"Actor\", \"Office\"] id=string(\"o1\")",
        "Actor/string(\"p1\") -WORKS_FOR-> Actor/string(\"o1\") title=string(\"Chair\")"
          + " \(day("2022-04"))..\(ValidityColumns.absent)",
        "Actor/string(\"p1\") [\"Actor\", \"Person\"] born=date(1960) height=float(2.0)"
          + " id=string(\"p1\") name=string(\"สรณ\")",
      ]
    )
    let key = try #require(graph.propertyKey(named: "name"))
    #expect(graph.forms(ofProperty: key, of: NodeNumber(0)).map(\.form.language) == ["th", "en"])
  }

  @Test func `a node gains the labels that later events give it`() throws {
    let graph = graph(
      of: [
        TestEvent("meeting.attended", #"{"meeting":"m","organization":"r"}"#),
        TestEvent("regulator.registered", #"{"id":"r","name":"R"}"#),
      ],
      try shippedSchema()
    )
    let node = try #require(graph.nodes(withID: "r").first)
    #expect(graph.labels(of: node).sorted() == ["Actor", "Organization", "Regulator"])
    #expect(graph.nodes(withID: "r").count == 1)
  }

  @Test func `keys tell edges apart, and KEY EVENT makes one for each event`() throws {
    let graph = graph(
      of: [
        TestEvent("appointed", #"{"person":"p","office":"o","title":"A","from":"2010"}"#),
        TestEvent("appointed", #"{"person":"p","office":"o","title":"A","from":"2010"}"#),
        TestEvent("appointed", #"{"person":"p","office":"o","title":"A","from":"2015"}"#),
        TestEvent("appointed", #"{"person":"p","office":"o","title":"B","from":"2010"}"#),
        TestEvent("appointed", #"{"person":"p","office":"o"}"#),
        TestEvent("called", #"{"from":"p","to":"q","minutes":1}"#),
        TestEvent("called", #"{"from":"p","to":"q","minutes":1}"#),
      ],
      try loadSchema(career)
    )
    let counts = graph.contents.edgeTypes.map { "\($0.type) \($0.count)" }
    #expect(counts == ["WORKS_FOR 4", "CALLED 2"])
  }

  @Test func `defaults, loops over expressions and conditions are evaluated`() throws {
    let graph = graph(
      of: [
        TestEvent("called", #"{"from":"p","to":"p1","minutes":90,"tags":["URGENT","x"]}"#),
        TestEvent("called", #"{"from":"p","to":"p2","minutes":90}"#),
        TestEvent("called", #"{"from":"p","to":"p1","minutes":9,"tags":["Private"]}"#),
      ],
      try loadSchema(career)
    )
    let nodes = facts(graph).filter { !$0.contains("CALLED") }.map { $0.split(separator: " ")[0] }
    #expect(
      nodes == [
        "Actor/string(\"long\")", "Actor/string(\"p\")", "Actor/string(\"p1\")",
        "Actor/string(\"p2\")", "Actor/string(\"tag:private\")", "Actor/string(\"tag:urgent\")",
      ]
    )
  }

  @Test func `END closes the open edges that it names`() throws {
    let schema = try loadSchema(career)
    let builder = GraphBuilder()
    let projection = Projection(schema: schema, builder: builder)
    let start = [
      TestEvent("appointed", #"{"person":"p","office":"o","title":"A","from":"2010","to":"2012"}"#),
      TestEvent("appointed", #"{"person":"p","office":"o","title":"A","from":"2013"}"#),
      TestEvent("appointed", #"{"person":"p","office":"o","title":"B","from":"2014"}"#),
      TestEvent("appointed", #"{"person":"p","office":"o","title":"C","from":"2030"}"#),
      TestEvent("ended", #"{"person":"p","office":"o","title":"A","at":"2020-05"}"#),
      TestEvent("ended", #"{"person":"p","office":"o","title":"X"}"#),
      TestEvent("ended", #"{"person":"p","office":"o","at":"2025"}"#),
    ]
    fold(start, with: projection)
    let validity = builder.contents.edgeTypes[0].validity
    #expect(
      validity.to.array == [day("2012"), day("2020-05"), day("2025"), ValidityColumns.absent]
    )
    #expect(projection.unmatchedEndCount == 1)
    fold([TestEvent("ended", #"{"person":"p","office":"o"}"#)], with: projection, from: 8)
    #expect(builder.contents.edgeTypes[0].validity.to[3] == ValidityColumns.unknownEnd)
  }

  @Test func `the order of ingestion does not decide between conflicting claims`() throws {
    let schema = try loadSchema(career)
    let events = (0..<6).map {
      TestEvent(
        "person",
        "{\"id\":\"p\",\"note\":\"at \($0)\",\"born\":\"19\(50 + $0)\"}",
        time: Int64($0)
      )
    }
    let expected = facts(graph(of: events, schema))
    #expect(
      expected == [
        "Actor/string(\"p\") [\"Actor\", \"Person\"] born=date(1955) id=string(\"p\") note=string(\"at 5\")"
      ]
    )
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<20 {
      #expect(facts(graph(of: events.shuffled(using: &generator), schema)) == expected)
    }
  }

  @Test func `an event that cannot be folded leaves nothing and waits`() throws {
    let schema = try loadSchema(career)
    let builder = GraphBuilder()
    let projection = Projection(schema: schema, builder: builder)
    let before = builder.contents.strings.count
    let outcomes = fold(
      [
        TestEvent("nothing", #"{"id":"a"}"#),
        TestEvent("called", #"{"from":"a","to":7,"minutes":1}"#),
        TestEvent(
          "called",
          #"{"from":"a","to":"b","minutes":1,"tags":["\#(String(repeating: "x", count: 600))"]}"#
        ),
        TestEvent("person", #"{"id":"a"}"#, version: 9),
        TestEvent("person", #"{"id":"#),
        TestEvent("rapport.schema.applied", #"{"text":"SCHEMA x VERSION 1"}"#),
      ],
      with: projection
    )
    #expect(builder.contents.nodeCount == 0)
    #expect(builder.contents.edgeCount == 0)
    #expect(builder.contents.strings.count == before)
    #expect(builder.contents.quarantined.array == [1, 2, 3, 4, 5])
    #expect(outcomes[5] == .ignored)
    let reasons = outcomes.compactMap { outcome in
      if case .quarantined(let error) = outcome { "\(error.path): \(error.found)" } else { nil }
    }
    #expect(reasons.prefix(2) == ["type: \"nothing\"", "data.to: the number 7"])
    #expect(reasons.count == 5)
    #expect(builder.contents.position == EventPosition(6))
  }

  @Test func `older versions fold like newer ones`() throws {
    let schema = try loadSchema(
      """
      SCHEMA s VERSION 1
      NODE A { name TEXT, day DATE, tags LIST<STRING> }
      EVENT e VERSION 2 { id ID, name TEXT, day DATE, tags LIST<STRING> = ['a', 'b'] }
      ON e AS e NODE (:A { id: e.id, name: e.name, day: e.day, tags: e.tags })
      UPCAST e 1 TO 2 SET day = year + '-' + month, id = 'n' + key REMOVE year, month, key
        EXAMPLE { key: '1', year: '2022', month: '07', name: 'x' }
          TO { id: 'n1', day: '2022-07', name: 'x' }
      """
    )
    let old = graph(
      of: [
        TestEvent("e", #"{"key":"1","year":"2022","month":"07","name":{"th":"ก"}}"#, version: 1)
      ],
      schema
    )
    let new = graph(
      of: [TestEvent("e", #"{"id":"n1","day":"2022-07","name":{"th":"ก"},"tags":["a","b"]}"#)],
      schema
    )
    #expect(facts(old) == facts(new))
    #expect(facts(old).first?.contains("tags=list") == true)
  }

  // MARK: Determinism

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `two folds of one log, and a fold on top of any prefix, end in one graph`(
    _ seed: UInt64
  ) throws {
    let schema = try loadSchema(career)
    let events = randomEvents(seed: seed, count: 120)
    func digest(_ builder: GraphBuilder) -> [UInt8] { GraphImage.digest(of: builder.contents) }
    let whole = GraphBuilder()
    fold(events, with: Projection(schema: schema, builder: whole))
    let again = GraphBuilder()
    fold(events, with: Projection(schema: schema, builder: again))
    #expect(digest(whole) == digest(again))
    for cut in [0, 1, 17, 60, 119] {
      let first = GraphBuilder()
      fold(events.prefix(cut), with: Projection(schema: schema, builder: first))
      let second = GraphBuilder(resuming: first.contents)
      fold(
        events.dropFirst(cut),
        with: Projection(schema: schema, builder: second),
        from: UInt32(cut + 1)
      )
      #expect(digest(second) == digest(whole), "cut at \(cut)")
    }
  }

  private func randomEvents(seed: UInt64, count: Int) -> [TestEvent] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let person = "p\(Int.random(in: 0..<6, using: &generator))"
      let other = "p\(Int.random(in: 0..<6, using: &generator))"
      let year = 2000 + Int.random(in: 0..<20, using: &generator)
      let word = ["A", "B", "Long One"].randomElement(using: &generator) ?? ""
      let time = Int64.random(in: 0..<30, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0:
        return TestEvent(
          "person",
          "{\"id\":\"\(person)\",\"name\":{\"en\":\"\(word)\"},\"note\":\"\(year)\"}",
          time: time
        )
      case 1:
        return TestEvent(
          "appointed",
          "{\"person\":\"\(person)\",\"office\":\"o\",\"title\":\"\(word)\",\"from\":\"\(year)\"}",
          time: time
        )
      case 2:
        return TestEvent(
          "ended",
          "{\"person\":\"\(person)\",\"office\":\"o\",\"title\":\"\(word)\",\"at\":\"\(year)\"}",
          time: time
        )
      case 3: return TestEvent("ended", "{\"person\":\"\(person)\",\"office\":\"o\"}", time: time)
      case 4:
        return TestEvent(
          "called",
          "{\"from\":\"\(person)\",\"to\":\"\(other)\",\"minutes\":\(year),\"tags\":[\"\(word)\"]}",
          time: time
        )
      default: return TestEvent("called", "{\"from\":\"\(person)\",\"to\":null}", time: time)
      }
    }
  }
}

@Suite struct RevisionsTests {
  private func revised(_ events: [TestEvent], _ schema: Schema) throws -> Graph {
    let revisions = try Revisions(events)
    let builder = GraphBuilder()
    fold(events, with: Projection(schema: schema, builder: builder, revisions: revisions))
    return builder.publish()
  }

  @Test func `a retracted event says nothing, unless its retraction is retracted`() throws {
    let schema = try loadSchema(career)
    var events = [
      TestEvent("person", #"{"id":"p","note":"wrong"}"#),
      TestEvent("person", #"{"id":"q"}"#),
      TestEvent("rapport.event.retracted", #"{"position":1}"#),
    ]
    #expect(try revised(events, schema).nodes(withID: "p").isEmpty)
    events.append(TestEvent("rapport.event.retracted", #"{"position":3}"#))
    #expect(try revised(events, schema).nodes(withID: "p").count == 1)
  }

  @Test func `a correction takes the place and the time of the original`() throws {
    let events = [
      TestEvent("person", #"{"id":"p","note":"wrong"}"#, time: 10),
      TestEvent("person", #"{"id":"p","note":"later"}"#, time: 20),
      TestEvent(
        "rapport.event.corrected",
        #"{"position":1,"replacement":{"type":"person","data":{"id":"p","note":"right","height":2}}}"#,
        time: 99
      ),
    ]
    let graph = try revised(events, try loadSchema(career))
    #expect(
      facts(graph) == [
        "Actor/string(\"p\") [\"Actor\", \"Person\"] height=float(2.0) id=string(\"p\")"
          + " note=string(\"later\")"
      ]
    )
    #expect(graph.contents.eventTimes.array == [0, 10, 20, 10])
  }

  @Test func `withdrawing a source removes what it said before and nothing else`() throws {
    let events = [
      TestEvent("person", #"{"id":"p","note":"a"}"#, source: "paper"),
      TestEvent("person", #"{"id":"q"}"#, source: "book"),
      TestEvent("rapport.source.withdrawn", #"{"source":"paper"}"#),
      TestEvent("person", #"{"id":"r"}"#, source: "paper"),
    ]
    let graph = try revised(events, try loadSchema(career))
    #expect(["p", "q", "r"].map { graph.nodes(withID: $0).count } == [0, 1, 1])
  }

  @Test func `merged ids are one node until they are split`() throws {
    let schema = try loadSchema(career)
    var events = [
      TestEvent("person", #"{"id":"p","note":"a"}"#),
      TestEvent("person", #"{"id":"q","born":"1960"}"#),
      TestEvent("person", #"{"id":"r","height":2}"#),
      TestEvent("rapport.entity.merged", #"{"keep":"p","merge":"q"}"#),
      TestEvent("rapport.entity.merged", #"{"keep":"q","merge":"r"}"#),
    ]
    #expect(
      facts(try revised(events, schema)) == [
        "Actor/string(\"p\") [\"Actor\", \"Person\"] born=date(1960) height=float(2.0)"
          + " id=string(\"p\") note=string(\"a\")"
      ]
    )
    events.append(TestEvent("rapport.entity.split", #"{"keep":"q","merge":"r"}"#))
    #expect(try revised(events, schema).nodes(withID: "r").count == 1)
    #expect(try revised(events, schema).contents.nodeCount == 2)
  }
}
