import ArgumentParser
import Queries
import Rapport

struct ShellCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell",
    abstract: "Answers one query after another.",
    discussion: """
      Lines can be edited, looked up again and completed with the tabulator; :help tells more. Over \
      a pipe, queries are read from standard input, each ended by a semicolon; a wrong one does not \
      end the shell, but decides its exit code.

        rapport shell meetings
        echo 'MATCH (n) RETURN count(n);' | rapport shell meetings --format csv
      """
  )

  @OptionGroup var store: StoreArgument

  @OptionGroup var format: FormatOption

  @OptionGroup(title: "Limits") var budget: BudgetArguments

  @Option(help: "See only what was true in the world then: 2022, 2022-07 or 2022-07-21.")
  var asOf: DateArgument?

  @Option(
    help: "The languages in which names are shown, by preference: th,en."
  )
  var lang: String?

  func run() throws {
    ProcessMemory.keepBetweenQueries()
    let opened = try store.openForReading()
    var options = QueryOptions(threads: BudgetArguments.coreCount)
    options.asOf = asOf?.date
    options.languages = lang.map { $0.split(separator: ",").map(String.init) } ?? []
    budget.apply(to: &options)
    let isInteractive = Terminal.input.isTerminal
    let session = ShellSession(
      store: opened,
      argument: store,
      options: options,
      format: format.format,
      isInteractive: isInteractive
    )
    if isInteractive, let lines = EditedLines() {
      try greet(opened)
      try session.run(lines)
      return
    }
    try session.run(PipedLines())
    OpenedStores.finish()
    if session.exitCode != 0 { endProcess(session.exitCode) }
  }

  private func greet(_ opened: Store) throws(StoreFailure) {
    let schema = try opened.schema().schema
    ShellCompletion.completion = Completion(schema)
    let info = try opened.info()
    report(
      """
      \(store.store): \(grouped(info.log.eventCount)) events, schema "\(schema.name)" version \
      \(schema.version)
      A query ends with a semicolon; :help tells more.
      """
    )
    reportQuarantine(info.quarantinedCount, of: store)
  }
}
