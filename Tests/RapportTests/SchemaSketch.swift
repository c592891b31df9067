/// A small schema with many switches, to change at random.
struct SchemaSketch: Hashable {
  /// How edges between the same ends are told apart.
  enum Key: String, CaseIterable {
    case none = ""
    case role = "KEY role"
    case event = "KEY EVENT"
  }

  var version = 1
  var personIsActor = true
  var nameIsText = true
  var knowsHonorific = true
  var attended = "ATTENDED"
  var attendedKey = Key.role
  var attendedIsValid = false
  var noteIsRequired = false
  var knowsTopics = false
  var topicIsNode = false
  var knowsVisits = true
  var meetingVersion = 1
  var splitsTitle = false
  var skipsCancelled = false
  var endsPosts = true
  var hostFirst = false
  var rankIsFloat = false
  var mode = "onsite"
  /// A type that no rule names; merges within its family depend on it all the same.
  var knowsRegulators = false

  /// Changes one switch or two.
  mutating func change(_ generator: inout SeededGenerator) {
    version += 1
    for _ in 0..<Int.random(in: 1...2, using: &generator) { changeOne(&generator) }
  }

  private mutating func changeOne(_ generator: inout SeededGenerator) {
    switch Int.random(in: 0..<17, using: &generator) {
    case 0: personIsActor.toggle()
    case 1: nameIsText.toggle()
    case 2: knowsHonorific.toggle()
    case 3: attended = attended == "ATTENDED" ? "WAS_AT" : "ATTENDED"
    case 4: attendedKey = Key.allCases.randomElement(using: &generator) ?? .none
    case 5: attendedIsValid.toggle()
    case 6: noteIsRequired.toggle()
    case 7: knowsTopics.toggle()
    case 8: topicIsNode.toggle()
    case 9: knowsVisits.toggle()
    case 10: meetingVersion = meetingVersion == 1 ? 2 : 1
    case 11: splitsTitle.toggle()
    case 12: skipsCancelled.toggle()
    case 13: endsPosts.toggle()
    case 14: hostFirst.toggle()
    case 15: knowsRegulators.toggle()
    default: mode = mode == "onsite" ? "online" : "onsite"
    }
    if Int.random(in: 0..<6, using: &generator) == 0 { rankIsFloat.toggle() }
  }

  var text: String {
    """
    SCHEMA sketch VERSION \(version)
    \(nodes)
    \(edges)
    \(events)
    \(rules)
    """
  }

  private var nodes: String {
    """
    NODE Actor { name \(nameIsText ? "TEXT" : "STRING") }
    NODE Organization : Actor
    NODE Person\(personIsActor ? " : Actor" : "") {
      \(personIsActor ? "" : "name \(nameIsText ? "TEXT" : "STRING"), ")honorific STRING,
      rank \(rankIsFloat ? "FLOAT" : "INTEGER")
    }
    \(knowsRegulators ? "NODE Regulator : Organization" : "")
    NODE Meeting { title STRING, mode STRING, kind STRING }
    NODE Topic { label STRING }
    """
  }

  private var edges: String {
    """
    EDGE (Person)-[\(attended)]->(Meeting)\(attendedIsValid ? " VALID" : "") \(attendedKey.rawValue) {
      role STRING, note STRING
    }
    EDGE (Person)-[WORKS_FOR]->(Organization) VALID KEY title, from { title STRING }
    EDGE (Organization)-[HOSTED]->(Meeting)
    EDGE (Meeting)-[ABOUT]->(Topic)
    """
  }

  private var events: String {
    let topics = knowsTopics ? ", topics LIST<ID> = []" : ""
    let note = noteIsRequired ? "note STRING" : "note STRING?"
    let title = splitsTitle ? "title STRING?, kind STRING?" : "title STRING?"
    let upcast =
      meetingVersion == 1
      ? ""
      : """
      UPCAST meeting.held 1 TO 2
        SET title = coalesce(title, 'untitled') \(splitsTitle ? "SET kind = left(title, 3)" : "")
        EXAMPLE { id: 'm', title: 'abcd' } TO { id: 'm', title: 'abcd'\(splitsTitle ? ", kind: 'abc'" : "") }
      """
    let visits = "EVENT visit.made VERSION 1 { person ID, meeting ID }"
    return """
      EVENT person.seen VERSION 1 { id ID, name TEXT?, honorific STRING?, rank INTEGER? }
      EVENT meeting.held VERSION \(meetingVersion) {
        id ID, \(title), host ID?, mode STRING = '\(mode)', cancelled BOOLEAN?,
        attendees LIST<{ person ID, role STRING?, \(note) }> = []\(topics)
      }
      \(upcast)
      EVENT post.taken VERSION 1 { person ID, organization ID, title STRING, from DATE?, to DATE? }
      EVENT post.left VERSION 1 { person ID, organization ID, to DATE? }
      \(knowsVisits ? visits : "")
      """
  }

  private var rules: String {
    let host = """
        WHEN e.host IS NOT NULL
          EDGE (:Organization { id: e.host })-[:HOSTED]->(m)
      """
    let attendance = """
        FOR a IN e.attendees
          EDGE (:Person { id: a.person })-[:\(attended) { role: a.role, note: a.note }]->(m)
      """
    let topics = """
        FOR t IN e.topics
          \(topicIsNode ? "EDGE (m)-[:ABOUT]->(:Topic { id: t, label: t })" : "NODE (:Topic { id: t })")
      """
    let meeting = """
        NODE (m:Meeting { id: e.id, title: e.title, mode: e.mode\(splitsTitle ? ", kind: e.kind" : "") })
      \(hostFirst ? host : attendance)
      \(hostFirst ? attendance : host)
      \(knowsTopics ? topics : "")
      """
    return """
      ON person.seen AS e
        NODE (:Person {
          id: e.id, name: e.name, rank: e.rank\(knowsHonorific ? ", honorific: e.honorific" : "")
        })
      ON meeting.held AS e
      \(skipsCancelled ? "WHEN e.cancelled IS NULL {\n\(meeting)\n}" : meeting)
      ON post.taken AS e
        EDGE (:Person { id: e.person })-[:WORKS_FOR { title: e.title }]->
          (:Organization { id: e.organization }) FROM e.from TO e.to
      ON post.left AS e
        \(endsPosts ? "END (:Person { id: e.person })-[:WORKS_FOR]->(:Organization { id: e.organization }) AT e.to" : "NODE (:Person { id: e.person })")
      \(knowsVisits ? "ON visit.made AS e NODE (:Person { id: e.person }) NODE (:Meeting { id: e.meeting })" : "")
      """
  }
}

/// Random events for ``SchemaSketch``, over few ids so that they contradict each other.
struct SketchLog {
  private var generator: SeededGenerator
  private var count = 0
  /// Whether some events retract, correct or merge.
  var revises = false
  /// Whether some events end posts, which orders events as nothing else does.
  var ends = false

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  mutating func lines(_ count: Int, meetingVersions: ClosedRange<Int>) -> [String] {
    (0..<count).map { _ in line(meetingVersions) }
  }

  private mutating func line(_ versions: ClosedRange<Int>) -> String {
    count += 1
    let time = "20\(10 + number(10))-0\(1 + number(9))-1\(number(10))T00:00:00Z"
    var (type, data) = event()
    var version = ""
    if type == "meeting.held" {
      version = #""dataversion":\#(Int.random(in: versions, using: &generator)),"#
    }
    if revises, count > 8, number(12) == 0 {
      (type, data) = revision()
      version = ""
    }
    return
      #"{"type":"\#(type)","id":"e\#(count)","source":"urn:s\#(number(3))","time":"\#(time)",\#(version)"#
      + #""data":\#(data)}"#
  }

  private mutating func event() -> (type: String, data: String) {
    let person = "p\(number(7))"
    switch number(ends ? 9 : 8) {
    case 0, 1:
      let names = [
        #""name":"Name \#(number(4))","#, "",
        #""name":[{"text":"N\#(number(3))","lang":"fr","kind":"variant"},{"text":"M\#(number(3))"}],"#,
      ]
      return (
        "person.seen",
        #"{"id":"\#(person)",\#(names[number(3)])"honorific":"h\#(number(3))","rank":\#(number(4))}"#
      )
    case 2:
      return (
        "post.taken",
        #"{"person":"\#(person)","organization":"o\#(number(3))","title":"t\#(number(2))","#
          + #""from":"20\#(10 + number(4))"\#(number(2) == 0 ? "" : #","to":"20\#(15 + number(4))""#)}"#
      )
    case 3: return ("visit.made", #"{"person":"\#(person)","meeting":"m\#(number(6))"}"#)
    case 8:
      return (
        "post.left",
        #"{"person":"\#(person)","organization":"o\#(number(3))","to":"20\#(14 + number(4))"}"#
      )
    default: return ("meeting.held", meeting())
    }
  }

  private mutating func meeting() -> String {
    let attendees = (0..<number(4)).map { _ in
      let note = number(3) == 0 ? "" : #","note":"n\#(number(3))""#
      return #"{"person":"p\#(number(7))","role":"r\#(number(3))"\#(note)}"#
    }
    var data = #"{"id":"m\#(number(6))","attendees":[\#(attendees.joined(separator: ","))]"#
    if number(3) > 0 { data += #","title":"Title \#(number(5))""# }
    if number(2) > 0 { data += #","host":"o\#(number(3))""# }
    if number(5) == 0 { data += #","cancelled":true"# }
    if number(2) > 0 { data += #","topics":["t\#(number(4))","t\#(number(4))"]"# }
    if number(9) == 0 { data += #","kind":"k""# }
    return data + "}"
  }

  private mutating func revision() -> (type: String, data: String) {
    switch number(3) {
    case 0: ("rapport.event.retracted", #"{"position":\#(2 + number(6))}"#)
    case 1:
      (
        "rapport.event.corrected",
        #"{"position":\#(2 + number(6)),"replacement":{"type":"meeting.held","dataversion":1,"data":\#(meeting())}}"#
      )
    default: ("rapport.entity.merged", merge())
    }
  }

  private mutating func merge() -> String {
    let families = ["", #","family":"Person""#, #","family":"Regulator""#]
    let kind = ["p", "o"][number(2)]
    return #"{"keep":"\#(kind)\#(number(2))","merge":"\#(kind)2"\#(families[number(3)])}"#
  }

  private mutating func number(_ count: Int) -> Int {
    Int.random(in: 0..<count, using: &generator)
  }
}
