import ArgumentParser
import GraphModel
import Rapport

struct MetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "met",
    abstract: "Tells who met whom about what, when, for whom, and by which source.",
    discussion: """
      Names are found in any language and script, without regard to case, accents, order of words \
      and small typos. The name of an organization also finds those who attended on its behalf, \
      and those who held a post there at the time. A topic includes the topics under it.

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

  @Option(
    help: """
      How the answer is printed: text (for people, a few lines for each meeting), or as rows: \
      table, json, ndjson, csv, tsv, markdown.
      """
  )
  var format = Format.text

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, table, json, ndjson, csv, tsv, markdown
  }

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
    let opened = try store.openForReading()
    let encounters = try opened.encounters(search)
    let output = Output.standard
    if let format = ResultFormat(rawValue: format.rawValue) {
      try printRows(EncounterRows.rows(encounters), as: format, to: output)
    } else {
      try output.write(EncounterText.text(of: encounters))
      try output.flush()
    }
    reportQuarantine(try opened.quarantinedCount(), of: store)
  }
}
