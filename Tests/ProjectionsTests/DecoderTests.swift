import Foundation
import GraphModel
import GraphStorage
import JSONTape
import OrderedCollections
import Testing

@testable import Projections

/// The dull way to read data: over values, for the decoder to be compared with.
private enum ReferenceDecoder {
  static func fits(_ value: Value, _ type: FieldType) -> Bool {
    switch (type, value) {
    case (.id, .string(let text)): (1...512).contains(text.utf8.count)
    case (.text, .string(let text)): !text.isEmpty
    case (.text, .list(let forms)):
      !forms.isEmpty && forms.allSatisfy { isFilledString($0) }
    case (.string, .string), (.integer, .integer), (.float, .integer), (.float, .float),
      (.boolean, .boolean), (.map, .map):
      true
    case (.date, .string(let text)):
      PartialDate(text).map { $0.year < 2400 && text.utf8.first != 0x2D && text.utf8.first != 0x2B }
        ?? false
    case (.any, _): true
    case (.list(let element), .list(let elements)): elements.allSatisfy { fits($0, element) }
    case (.structure(let fields), .map(let members)):
      fields.allSatisfy { field in
        guard let member = members[field.name], member != .null else {
          return field.isOptional || field.defaultValue != nil
        }
        return fits(member, field.type)
      }
    default: false
    }
  }

  private static func isFilledString(_ value: Value) -> Bool {
    if case .string(let text) = value { !text.isEmpty } else { false }
  }

  /// Fitting data as a rule's expression sees it.
  static func typed(_ value: Value, _ type: FieldType) -> Value {
    switch (type, value) {
    case (.date, .string(let text)): return PartialDate(text).map { .date($0) } ?? .null
    case (.text, .list(let forms)): return forms.first ?? .null
    case (.float, .integer(let number)): return .float(Double(number))
    case (.list(let element), .list(let elements)):
      return .list(elements.map { typed($0, element) })
    case (.structure(let fields), .map(let members)):
      var result: [(String, Value)] = []
      for field in fields {
        if let member = members[field.name], member != .null {
          result.append((field.name, typed(member, field.type)))
        } else {
          result.append((field.name, field.defaultValue ?? .null))
        }
      }
      return .map(.init(uniqueKeysWithValues: result))
    default: return value
    }
  }
}

@Suite struct DecoderTests {
  private static let fields: [Field] = [
    Field("id", .id),
    Field("title", .text, isOptional: true),
    Field("count", .integer, default: .integer(3)),
    Field("share", .float, isOptional: true),
    Field("on", .date, isOptional: true),
    Field("tags", .list(.string), default: .list([])),
    Field(
      "who",
      .list(
        .structure([
          Field("person", .id), Field("role", .string, isOptional: true),
          Field(
            "at",
            .structure([Field("place", .string), Field("days", .list(.date))]),
            isOptional: true
          ),
        ])
      ),
      isOptional: true
    ),
    Field("rest", .any, isOptional: true),
  ]

  /// A value that mostly fits a type.
  private func value(for type: FieldType, _ generator: inout SeededGenerator) -> Value {
    let roll = Int.random(in: 0..<40, using: &generator)
    if roll == 0 { return .null }
    if roll == 1 { return .integer(5) }
    if roll == 2 { return .string("") }
    if roll == 3 { return .list([.string("x")]) }
    switch type {
    case .id, .string, .text: return .string("s\(Int.random(in: 0..<9, using: &generator))")
    case .integer: return .integer(Int64.random(in: -9...9, using: &generator))
    case .float: return .float(Double(Int.random(in: 0..<9, using: &generator)) + 0.5)
    case .boolean: return .boolean(Bool.random(using: &generator))
    case .date:
      return .string(
        ["2022", "2022-07", "2022-07-21", "2022-02-30", "2565", "20"].randomElement(
          using: &generator
        ) ?? ""
      )
    case .dateTime: return .string("2022-07-21T00:00:00Z")
    case .map, .any: return .map(["k": .list([.boolean(true), .null])])
    case .list(let element):
      return .list(
        (0..<Int.random(in: 0..<4, using: &generator)).map { _ in value(for: element, &generator) }
      )
    case .structure(let fields):
      var members: [(String, Value)] = []
      for field in fields.shuffled(using: &generator)
      where !field.isOptional || Bool.random(using: &generator) {
        members.append((field.name, value(for: field.type, &generator)))
      }
      if Int.random(in: 0..<4, using: &generator) == 0 { members.append(("extra", .integer(1))) }
      return .map(.init(uniqueKeysWithValues: members))
    }
  }

  @Test func `the decoder agrees with a dull reading of values`() throws {
    let shape = DataShape(Self.fields)
    let decoder = DataDecoder()
    let parser = JSONParser()
    var generator = SeededGenerator(seed: 11)
    var fitCount = 0
    for round in 0..<4000 {
      let data = value(for: .structure(Self.fields), &generator)
      let expected = ReferenceDecoder.fits(data, .structure(Self.fields))
      let text = JSONText.bytes(of: data)
      try text.withUnsafeBytes { bytes in
        let tape = try parser.parse(bytes)
        switch decoder.decode(shape, tape, at: tape.root) {
        case .fits:
          #expect(expected, "round \(round): \(String(decoding: text, as: UTF8.self))")
          let reader = SlotReader(shape: shape, tape: tape, slots: decoder.slots)
          #expect(
            reader.value(0, type: shape.root)
              == ReferenceDecoder.typed(data, .structure(Self.fields))
          )
          fitCount += 1
        case .fails(let error):
          #expect(!expected, "round \(round): \(error) in \(String(decoding: text, as: UTF8.self))")
        case .needsDefaults: Issue.record("no default here needs rewriting")
        }
      }
    }
    #expect(fitCount > 400 && fitCount < 3600)
  }
}

/// Events of the benchmark's types, whose counts are known.
@Suite struct BenchmarkEventsTests {
  private let regulatorCount = 20
  private let topicCount = 30
  private let personCount = 50
  private let meetingCount = 400

  private func events() -> (events: [TestEvent], attended: Int, about: Int) {
    var generator = SeededGenerator(seed: 7)
    var events: [TestEvent] = []
    for number in 1...regulatorCount {
      events.append(
        TestEvent(
          "regulator.registered",
          "{\"id\":\"r\(number)\",\"name\":\"Authority \(number)\"}"
        )
      )
    }
    for number in 1...topicCount {
      let parent = number > 4 ? ",\"part_of\":\"t\(number % 4 + 1)\"" : ""
      events.append(
        TestEvent("topic.defined", "{\"id\":\"t\(number)\",\"name\":\"topic \(number)\"\(parent)}")
      )
    }
    for number in 1...personCount {
      events.append(
        TestEvent("person.registered", "{\"id\":\"p\(number)\",\"name\":\"Person \(number)\"}")
      )
      events.append(
        TestEvent(
          "person.appointed",
          "{\"person\":\"p\(number)\",\"organization\":\"r\(number % regulatorCount + 1)\",\"title\":\"Director\",\"from\":\"2010-01-01\"}"
        )
      )
    }
    var attended = 0
    var about = 0
    for number in 1...meetingCount {
      let people = Array(1...personCount).shuffled(using: &generator).prefix(
        Int.random(in: 2...8, using: &generator)
      )
      let topics = Array(1...topicCount).shuffled(using: &generator).prefix(
        Int.random(in: 1...4, using: &generator)
      )
      attended += people.count
      about += topics.count
      let attendees = people.map {
        "{\"person\":\"p\($0)\",\"for\":\"r\($0 % regulatorCount + 1)\",\"role\":\"delegate\"}"
      }
      events.append(
        TestEvent(
          "meeting.held",
          "{\"id\":\"m\(number)\",\"title\":\"Meeting \(number)\",\"date\":\"2020-03-04\",\"mode\":\"online\",\"host\":\"r1\","
            + "\"attendees\":[\(attendees.joined(separator: ","))],\"topics\":[\(topics.map { "\"t\($0)\"" }.joined(separator: ","))]}",
          time: Int64(number)
        )
      )
    }
    return (events, attended, about)
  }

  @Test func `they fold into the counts that they were made with`() throws {
    let (events, attended, about) = events()
    let contents = graph(of: events, try shippedSchema()).contents
    let edges = contents.edgeTypes.filter { $0.count > 0 }.map { "\($0.type) \($0.count)" }
    #expect(contents.nodeCount == regulatorCount + topicCount + personCount + meetingCount)
    #expect(
      edges == [
        "ATTENDED \(attended)", "HOSTED \(meetingCount)", "ABOUT \(about)",
        "WORKS_FOR \(personCount)", "PART_OF \(topicCount - 4)",
      ]
    )
    let regulators = contents.labels.firstIndex(of: "Regulator").map { UInt16($0) } ?? .max
    let count = contents.nodeLabelSets.array.filter {
      contents.labelSets[Int($0)].contains(regulators)
    }.count
    #expect(count == regulatorCount)
  }

  @Test func `no expression of their rules is evaluated on values`() throws {
    let schema = try shippedSchema()
    for plan in schema.plans {
      #expect(plan.program.dynamics.isEmpty, "\(plan.type.name)")
      #expect(!plan.shape.hasCompositeDefaults, "\(plan.type.name)")
      let boxed = plan.program.instructions.contains { instruction in
        switch instruction {
        case .setNode(_, let value), .setEdge(let value):
          if case .slot = value.operand { value.conversion == .boxed } else { false }
        default: false
        }
      }
      #expect(!boxed, "\(plan.type.name)")
    }
  }

  @Test func `the press release folds without a loss`() throws {
    let url = packageRoot.appendingPathComponent("Tools/samples/nbtc-anrt.ndjson")
    let schema = try shippedSchema()
    let parser = JSONParser()
    var events: [TestEvent] = []
    for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") {
      try Array(line.utf8).withUnsafeBytes { bytes in
        let tape = try parser.parse(bytes)
        let type = try #require(tape.member("type", of: tape.root))
        let data = try #require(tape.member("data", of: tape.root))
        let text = JSONText.text(of: JSONText.value(at: data, of: tape))
        events.append(TestEvent(String(decoding: tape.string(at: type), as: UTF8.self), text))
      }
    }
    let graph = graph(of: events, schema)
    #expect(graph.contents.quarantined.count == 0)
    #expect(!graph.nodes(withID: "person:hassibi").isEmpty)
  }
}
