import Expressions
import GraphModel
import GraphStorage
import Projections
import Queries
import Rapport
import SourceText

/// A plan for people: what differs, which events it reaches, what becomes of the graph.
struct SchemaPlanText {
  private let plan: SchemaPlan
  private let names: GraphNames
  private var lines: [String] = []

  init(_ plan: SchemaPlan) {
    self.plan = plan
    names = GraphNames([plan.proposed, plan.current.schema])
  }

  /// The whole plan.
  static func lines(of plan: SchemaPlan) -> [String] {
    var text = SchemaPlanText(plan)
    guard plan.isChange else {
      return ["\(text.currentName) is in force already: nothing would change"]
    }
    text.addHead()
    text.addDifference()
    text.addEvents()
    text.addUnreadable()
    text.addGraph()
    text.addQuarantine()
    text.addEffort()
    return text.lines
  }

  /// What applying it came to, in a few lines.
  static func summary(of application: SchemaApplication) -> [String] {
    let plan = application.plan
    var text = SchemaPlanText(plan)
    guard plan.isChange else {
      return ["\(text.currentName) is in force already: nothing was changed"]
    }
    let applied = application.applied
    text.lines.append(
      """
      schema "\(applied.schema.name)" version \(applied.schema.version) is in force as number \
      \(applied.number), from position \(applied.position.rawValue)
      """
    )
    text.addGraph()
    text.addQuarantine()
    text.addEffort()
    return text.lines
  }

  private var currentName: String { Self.name(of: plan.current.schema) }

  private static func name(of schema: Schema) -> String {
    "\"\(schema.name)\" version \(schema.version)"
  }

  private mutating func addHead() {
    lines.append(
      """
      from \(currentName) (number \(plan.current.number)) to \(Self.name(of: plan.proposed)), for \
      the log up to position \(plan.end.position.rawValue)
      """
    )
  }

  private mutating func addSection(_ title: String, _ section: [String]) {
    lines.append("")
    lines.append(title)
    lines += section.map { "  " + $0 }
  }

  private mutating func addDifference() {
    let difference = SchemaDifference(from: plan.current.schema, to: plan.proposed)
    let changes = schemaDifferenceLines(difference)
    addSection("declarations: \(difference.summary)", changes)
  }

  private mutating func addEvents() {
    let reached = plan.events.filter(\.isReached)
    guard !reached.isEmpty else {
      return addSection(
        "events",
        ["no event of the log is folded otherwise: \(grouped(plan.eventCount)) stay as they are"]
      )
    }
    let rows = reached.map { events in
      [
        Self.typeName(of: events.kind),
        events.kind.version == 0 ? "" : "version \(events.kind.version)",
        "\(grouped(events.count)) events",
        rules(of: events.kind),
      ]
    }
    let rest = plan.eventCount - reached.reduce(0) { $0 + $1.count }
    var section = aligned(rows)
    section.append(
      plan.isFull
        ? "all \(grouped(plan.refoldedCount)) events are folded: the change reaches too many of them, "
          + "or edges that events END"
        : "\(grouped(plan.refoldedCount)) events are folded again, \(grouped(rest)) stay as they are"
    )
    addSection("events that the change reaches", section)
  }

  /// `meeting.held version 2`.
  static func name(of kind: EventKind) -> String {
    let version = kind.version == 0 ? "" : " version \(kind.version)"
    return typeName(of: kind) + version
  }

  private static func typeName(of kind: EventKind) -> String {
    kind.replacementType.isEmpty ? kind.type : "\(kind.type) (\(kind.replacementType))"
  }

  /// Events whose type no declaration names, or whose version no step covers.
  private mutating func addUnreadable() {
    let unreadable = plan.events.filter { !$0.isReadable }
    guard !unreadable.isEmpty else { return }
    let rows = unreadable.map { events in
      let isDeclared = plan.proposed.eventType(named: events.kind.foldedType) != nil
      return [
        Self.name(of: events.kind), eventCount(events.count),
        isDeclared ? "no UPCAST covers the version" : "the type is not declared",
      ]
    }
    addSection("events that the schema does not read", aligned(rows))
  }

  private func rules(of kind: EventKind) -> String {
    let lines = plan.proposed.lines(ofRulesFor: kind.foldedType)
    guard !lines.isEmpty else { return "no rule" }
    let places = lines.map { "line \($0)" }.joined(separator: ", ")
    return "\(lines.count == 1 ? "1 rule" : "\(lines.count) rules") (\(places))"
  }

  private mutating func addGraph() {
    guard !plan.graph.isEmpty else {
      return addSection("graph", ["nodes, edges and values stay as they are"])
    }
    var rows: [[String]] = []
    for renamed in plan.graph.renamedEdgeTypes {
      rows.append([
        "edge \(renamed.before)", "\(grouped(renamed.count)) become \(renamed.after)",
      ])
    }
    for entry in plan.graph.entries {
      rows.append([names.text(of: entry.subject), Self.counts(of: entry), samples(of: entry)])
    }
    addSection("graph", aligned(rows))
  }

  private static func counts(of entry: GraphDifference.Entry) -> String {
    [("+", entry.appeared), ("-", entry.vanished), ("~", entry.changed)]
      .filter { $0.1 > 0 }
      .map { "\($0.0)\(grouped($0.1))" }
      .joined(separator: " ")
  }

  private func samples(of entry: GraphDifference.Entry) -> String {
    guard let sample = entry.samples.first else { return "" }
    var text = names.text(of: sample)
    switch (sample.before, sample.after) {
    case (let before?, let after?): text += " \(Self.short(before)) -> \(Self.short(after))"
    case (nil, let after?): text += " \(Self.short(after))"
    case (let before?, nil): text += " was \(Self.short(before))"
    case (nil, nil): break
    }
    return text + (entry.samples.count > 1 ? ", …" : "")
  }

  private static let valueCharacterCountMax = 40

  private static func short(_ value: Value) -> String {
    let text = printable(shownValue(value))
    guard text.count > valueCharacterCountMax else { return text }
    return text.prefix(valueCharacterCountMax) + "…"
  }

  private mutating func addQuarantine() {
    if !plan.quarantined.isEmpty {
      addSection("events that would be in quarantine", plan.quarantined.flatMap(Self.lines(of:)))
    }
    if !plan.healed.isEmpty {
      addSection("events that leave the quarantine", plan.healed.flatMap(Self.lines(of:)))
    }
  }

  private static func lines(of refused: RefusedEvents) -> [String] {
    [
      "\(grouped(refused.count)) \(name(of: refused.kind)): \(refused.reason)",
      "  position \(refused.samplePosition.rawValue): \(refused.sample)",
    ]
  }

  private mutating func addEffort() {
    guard plan.refoldedCount > 0 else { return }
    addSection(
      "effort",
      aligned([
        ["estimated", Self.text(of: plan.estimate)],
        ["measured", Self.text(of: plan.effort)],
      ])
    )
  }

  private static func text(of effort: SchemaPlan.Effort) -> String {
    let memory = "\(byteCountText(effort.byteCount)) of memory at most"
    guard effort.seconds >= 0.01 else { return "under 0.01 s, \(memory)" }
    let hundredths = Int((effort.seconds * 100).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s, \(memory)"
  }
}

/// A value as JSON has it, so that a text and a number are told apart.
private func shownValue(_ value: Value) -> String {
  var bytes: [UInt8] = []
  ValueJSON.write(value, to: &bytes)
  return String(decoding: bytes, as: UTF8.self)
}

// MARK: JSON

/// A plan as one JSON object; `rapport schema apply --plan` takes it.
func schemaPlanJSON(_ plan: SchemaPlan, applied: AppliedSchema? = nil) -> String {
  let names = GraphNames([plan.proposed, plan.current.schema])
  let isChange = plan.isChange
  return jsonObject([
    ("change", isChange ? "true" : "false"),
    (
      "log",
      jsonObject([
        ("position", "\(plan.end.position.rawValue)"), ("root", jsonQuoted("\(plan.end.root)")),
      ])
    ),
    ("from", json(plan.current.schema, number: plan.current.number)),
    ("to", json(plan.proposed, number: applied?.number)),
    ("position", applied.map { "\($0.position.rawValue)" }),
    (
      "difference",
      schemaDifferenceJSON(SchemaDifference(from: plan.current.schema, to: plan.proposed))
    ),
    ("events", jsonArray(plan.events.map(json))),
    ("refolded", "\(plan.refoldedCount)"),
    ("full", plan.isFull ? "true" : "false"),
    ("graph", json(plan.graph, names)),
    ("quarantined", jsonArray(plan.quarantined.map(refusedEventsJSON))),
    ("healed", jsonArray(plan.healed.map(refusedEventsJSON))),
    ("estimate", json(plan.estimate)),
    ("measured", json(plan.effort)),
  ])
}

private func json(_ schema: Schema, number: Int?) -> String {
  jsonObject([
    ("number", number.map { "\($0)" }), ("name", jsonQuoted(schema.name)),
    ("version", "\(schema.version)"), ("digest", jsonQuoted(hexadecimal(schema.digest))),
  ])
}

private func json(_ events: SchemaPlan.Events) -> String {
  jsonObject(
    members(of: events.kind) + [
      ("count", "\(events.count)"), ("reached", events.isReached ? "true" : "false"),
      ("readable", events.isReadable ? "true" : "false"),
    ]
  )
}

private func members(of kind: EventKind) -> [(name: String, json: String?)] {
  [
    ("type", jsonQuoted(kind.type)),
    ("version", kind.version == 0 ? nil : "\(kind.version)"),
    ("replacement", kind.replacementType.isEmpty ? nil : jsonQuoted(kind.replacementType)),
  ]
}

/// Refused events of one kind and reason, with the first of them.
func refusedEventsJSON(_ refused: RefusedEvents) -> String {
  jsonObject(
    members(of: refused.kind) + [
      ("reason", jsonQuoted(refused.reason)), ("count", "\(refused.count)"),
      (
        "sample",
        jsonObject([
          ("position", "\(refused.samplePosition.rawValue)"),
          ("id", jsonQuoted(refused.sampleID)), ("source", jsonQuoted(refused.sampleSource)),
          ("message", jsonQuoted(refused.sample)),
        ])
      ),
    ]
  )
}

private func json(_ effort: SchemaPlan.Effort) -> String {
  let milliseconds = Int((effort.seconds * 1000).rounded())
  return jsonObject([("milliseconds", "\(milliseconds)"), ("bytes", "\(effort.byteCount)")])
}

private func json(_ graph: GraphDifference, _ names: GraphNames) -> String {
  func totals(_ isWanted: (GraphDifference.Subject) -> Bool) -> String {
    let sum = graph.total(where: isWanted)
    return jsonObject([
      ("appear", "\(sum.appeared)"), ("vanish", "\(sum.vanished)"), ("change", "\(sum.changed)"),
    ])
  }
  let renamed = graph.renamedEdgeTypes.map { renamed in
    jsonObject([
      ("before", jsonQuoted(renamed.before)), ("after", jsonQuoted(renamed.after)),
      ("count", "\(renamed.count)"),
    ])
  }
  let entries = graph.entries.map { entry in
    jsonObject([
      ("subject", jsonQuoted(names.text(of: entry.subject))), ("appear", "\(entry.appeared)"),
      ("vanish", "\(entry.vanished)"), ("change", "\(entry.changed)"),
      ("samples", jsonArray(entry.samples.map(json))),
    ])
  }
  return jsonObject([
    ("nodes", totals(\.isNodes)), ("edges", totals(\.isEdges)), ("values", totals(\.isValues)),
    ("renamed", jsonArray(renamed)), ("entries", jsonArray(entries)),
  ])
}

private func json(_ sample: GraphDifference.Sample) -> String {
  jsonObject([
    ("change", jsonQuoted(sample.change.rawValue)), ("id", jsonQuoted(sample.id)),
    ("target", sample.targetID.map(jsonQuoted)),
    ("before", sample.before.map(shownValue)),
    ("after", sample.after.map(shownValue)),
  ])
}
