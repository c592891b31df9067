import ArgumentParser
import GraphModel
import Rapport

struct MetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "met",
    abstract: "Tells who met whom about what, when, for whom, and by which source.",
    discussion: """
      Names are found in any language and script, without regard to case, accents, order of words \
      and small typos. The name of an organization also finds those who attended on its behalf. A \
      topic includes the topics under it.

        rapport met meetings --whom 'British Steel'
        rapport met meetings --who 'Osborne' --about 'banking' --from 2012 --to 2013-06
      """
  )

  @OptionGroup var store: StoreArgument

  @Option(help: "One side: the name of a person or an organization.")
  var who: String?

  @Option(help: "The other side: the name of a person or an organization.")
  var whom: String?

  @Option(help: "A topic, or words of a meeting's title.")
  var about: String?

  @Option(help: "The first day, month or year.")
  var from: DateArgument?

  @Option(help: "The last day, month or year.")
  var to: DateArgument?

  @Option(name: .customLong("at"), help: "The id of a meeting.")
  var meeting: String?

  @Option(help: "How many rows at most.")
  var limit: Int?

  @OptionGroup var format: FormatOption

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit must not be negative") }
  }

  func run() throws {
    var search = MeetingSearch()
    search.who = who
    search.whom = whom
    search.about = about
    search.from = from?.date
    search.to = to?.date
    search.meeting = meeting
    search.limit = limit
    let rows = EncounterRows.rows(try store.openForReading().encounters(search))
    try printRows(rows, as: format.format, to: .standard)
  }
}

/// Encounters as rows.
private enum EncounterRows {
  static func rows(_ encounters: [Encounter]) -> ListRows {
    var rows = ListRows(columns: [
      "date", "who", "whom", "on behalf of", "about", "meeting", "meeting id", "source",
    ])
    rows.rows = encounters.map { encounter in
      [
        .init(encounter.date?.description), .text(side(encounter.who)),
        .text(side(encounter.whom)), .list(behalf(encounter)), .list(encounter.topics),
        .init(encounter.title), .text(encounter.meetingID), .list(sources(encounter)),
      ]
    }
    return rows
  }

  private static func side(_ side: Encounter.Side) -> String {
    let name = side.name.isEmpty ? side.id : side.name
    return side.roles.isEmpty ? name : "\(name) (\(side.roles.joined(separator: ", ")))"
  }

  private static func behalf(_ encounter: Encounter) -> [String] {
    distinct(encounter.who.onBehalfOf + encounter.whom.onBehalfOf)
  }

  private static func sources(_ encounter: Encounter) -> [String] {
    distinct(encounter.events.map(\.source))
  }

  private static func distinct(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }
}
