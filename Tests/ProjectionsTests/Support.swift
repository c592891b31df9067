import Foundation
import GraphModel
import GraphStorage
import JSONTape
import Projections
import SourceText
import Testing

/// A seeded generator, so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

func loadSchema(_ text: String) throws -> Schema {
  let source = SourceText(name: "test", text: text)
  do {
    return try Schema.load(source)
  } catch {
    Issue.record("\(error.rendered(in: source))")
    throw error
  }
}

/// The mistakes of a schema, each as `line:column: message (hint)`.
func mistakes(in text: String) -> [String] {
  let source = SourceText(name: "test", text: text)
  do {
    _ = try Schema.load(source)
    return []
  } catch {
    return error.all.map { diagnostic in
      let place = source.location(of: diagnostic.span.start)
      return "\(place.line):\(place.column): \(diagnostic.message)"
        + (diagnostic.hint.map { " (\($0))" } ?? "")
    }
  }
}

let packageRoot = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func shippedSchema() throws -> Schema {
  let url = packageRoot.appendingPathComponent("Schema/meetings.rapport")
  return try loadSchema(try String(contentsOf: url, encoding: .utf8))
}

struct TestEvent {
  var type: String
  var time: Int64 = 0
  var source = "test"
  var version: UInt32 = 0
  var data: String

  init(
    _ type: String,
    _ data: String,
    time: Int64 = 0,
    source: String = "test",
    version: UInt32 = 0
  ) {
    self.type = type
    self.time = time
    self.source = source
    self.version = version
    self.data = data
  }
}

/// Folds events, the first of them as the one behind the builder's last.
@discardableResult
func fold(
  _ events: some Sequence<TestEvent>,
  with projection: Projection,
  from first: UInt32 = 1
) -> [FoldOutcome] {
  var position = first
  return events.map { event in
    defer { position += 1 }
    return event.withInput(at: position) { projection.fold($0) }
  }
}

extension TestEvent {
  /// The event as one of a log, for as long as `body` runs.
  func withInput<Result>(
    at position: UInt32,
    _ body: (FoldInput) throws -> Result
  ) rethrows -> Result {
    try Array(type.utf8).withUnsafeBytes { type in
      try Array(source.utf8).withUnsafeBytes { source in
        try Array(data.utf8).withUnsafeBytes { data in
          try body(
            FoldInput(
              position: EventPosition(position),
              time: time,
              type: type,
              source: source,
              dataVersion: version,
              data: data
            )
          )
        }
      }
    }
  }
}

/// A graph of events; none of them may be quarantined.
func graph(of events: [TestEvent], _ schema: Schema) -> Graph {
  let builder = GraphBuilder()
  for outcome in fold(events, with: Projection(schema: schema, builder: builder)) {
    if case .quarantined(let error) = outcome { Issue.record("\(error)") }
  }
  return builder.publish()
}

/// Why an event's data does not fit, or `nil`.
func refusal(
  _ validator: EventValidator,
  _ type: String,
  _ data: String,
  version: UInt32 = 0
) -> String? {
  let parser = JSONParser()
  return Array(type.utf8).withUnsafeBytes { type in
    Array(data.utf8).withUnsafeBytes { data in
      do throws(DataError) {
        let tape: JSONTape
        do throws(JSONError) {
          tape = try parser.parse(data)
        } catch {
          return "no JSON: \(error.message)"
        }
        try validator.check(type: type, dataVersion: version, tape: tape, data: tape.root)
        return nil
      } catch {
        return "\(error)"
      }
    }
  }
}

/// Everything that a graph says now, without the numbers that its history gave: a line a fact.
func facts(_ graph: Graph) -> [String] {
  let contents = graph.contents
  func name(_ node: NodeNumber) -> String {
    guard let key = graph.propertyKey(named: "id") else { return "?" }
    let table = contents.tables[Int(contents.nodeTables[Int(node.rawValue)])].name
    return "\(table)/\(graph.property(key, of: node))"
  }
  func shown(_ properties: [(key: UInt16, value: Value)]) -> String {
    properties.map { "\(contents.propertyKeys[Int($0.key)])=\($0.value)" }.sorted()
      .joined(separator: " ")
  }
  var lines: [String] = []
  for number in 0..<contents.nodeCount {
    let node = NodeNumber(UInt32(number))
    lines.append(
      "\(name(node)) \(graph.labels(of: node).sorted()) \(shown(graph.properties(of: node)))"
    )
  }
  for (type, table) in contents.edgeTypes.enumerated() {
    for number in 0..<table.count {
      let edge = EdgeReference(type: UInt16(type), number: UInt32(number))
      var line = "\(name(graph.source(of: edge))) -\(table.type)-> \(name(graph.target(of: edge)))"
      line += " \(shown(graph.properties(of: edge)))"
      if table.hasValidity {
        line += " \(table.validity.from[number])..\(table.validity.to[number])"
      }
      lines.append(line)
    }
  }
  return lines.sorted()
}

extension Revisions {
  /// The revisions among test events, the first of which is at position 1.
  init(_ events: [TestEvent]) throws {
    let parser = JSONParser()
    var records: [Record] = []
    for (index, event) in events.enumerated() {
      let record = try Array(event.type.utf8).withUnsafeBytes { type in
        try Array(event.source.utf8).withUnsafeBytes { source in
          try Array(event.data.utf8).withUnsafeBytes { data in
            try Record(
              position: EventPosition(UInt32(index + 1)),
              type: type,
              source: source,
              data: data,
              parser: parser
            )
          }
        }
      }
      if let record { records.append(record) }
    }
    self.init(records) { reference in
      guard case .position(let position) = reference else { return nil }
      return Original(position: position, time: events[Int(position.rawValue) - 1].time)
    }
  }
}
