import ArgumentParser
import Expressions
import GraphModel
import Rapport

struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows everything that is known about one thing.",
    discussion: """
      Its names, facts and relations, and the events behind them. A value that another source \
      contradicts, and that lost, is marked "not shown".

        rapport show meetings person:1
      """
  )

  @OptionGroup var store: StoreArgument

  @Argument(help: "The id of a person, an organization, a meeting, …")
  var id: String

  func run() throws {
    let output = Output.standard
    let opened = try store.openForReading()
    for (index, description) in try opened.show(id).enumerated() {
      if index > 0 { try output.write("\n") }
      try output.write(EntityText(description).text)
    }
    try output.flush()
    reportQuarantine(try opened.quarantinedCount(), of: store)
  }
}

/// A description of one thing, as text.
struct EntityText {
  private var lines: [String] = []

  var text: String { lines.joined(separator: "\n") + "\n" }

  init(_ entity: EntityDescription) {
    lines.append("\(printable(entity.id))  \(entity.labels.joined(separator: ", "))")
    addClaims(entity.claims)
    addRelations(entity.relations)
    addEvents(entity.events)
  }

  private static func cells(_ claim: EntityDescription.Claim) -> [String] {
    var notes: [String] = []
    if let form = claim.form {
      if !form.language.isEmpty { notes.append(form.language) }
      if form.kind != .name { notes.append(form.kind.spelling) }
    }
    if !claim.isCurrent { notes.append("not shown") }
    return [
      claim.property, ValueText.display(claim.value), notes.joined(separator: ", "),
      "#\(claim.event.rawValue)",
    ]
  }

  private static func validity(of relation: EntityDescription.Relation) -> String? {
    let from = relation.from.map { "from \($0)" }
    let to =
      relation.hasUnknownEnd ? "ended, unknown when" : relation.to.map { "to \($0)" }
    let parts = [from, to].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: " ")
  }

  private mutating func addClaims(_ claims: [EntityDescription.Claim]) {
    guard !claims.isEmpty else { return }
    lines += ["", "names and facts"]
    lines += aligned(claims.map(Self.cells)).map { "  " + $0 }
  }

  private mutating func addRelations(_ relations: [EntityDescription.Relation]) {
    guard !relations.isEmpty else { return }
    lines += ["", "relations"]
    for relation in relations {
      let arrow = relation.isOutgoing ? "-[\(relation.type)]->" : "<-[\(relation.type)]-"
      let other = [arrow, relation.otherID, relation.otherName, "#\(relation.event.rawValue)"]
      lines.append("  " + other.filter { !$0.isEmpty }.map(printable).joined(separator: "  "))
      let properties = relation.properties.filter { !$0.value.isNull }.map {
        "\($0.name): \(ValueText.display($0.value))"
      }
      let details = (properties + [Self.validity(of: relation)].compactMap { $0 }).map(printable)
      if !details.isEmpty { lines.append("      " + details.joined(separator: ", ")) }
    }
  }

  private mutating func addEvents(_ events: [EventSummary]) {
    guard !events.isEmpty else { return }
    lines += ["", "events"]
    for event in events {
      let certainty = event.certainty == "stated" ? "" : "  (\(event.certainty))"
      lines.append(
        "  #\(event.position.rawValue)  \(printable(event.type))  \(event.time)\(certainty)"
      )
      lines.append("      \(printable(event.id))  \(printable(event.source))")
      if let quote = event.quote { lines.append("      “\(printable(quote))”") }
    }
  }
}
