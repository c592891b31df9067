import ArgumentParser
import Rapport

struct SchemaPlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows what a schema would do to a store, without doing it.",
    discussion: """
      What differs in the declarations, which events of the log it reaches, what it does to the \
      graph, which events would not fit any more or fit at last, and what it takes. Only reads.

      The exit code is 0 where nothing would change, 2 where something would, 65 where the schema \
      has errors.

        rapport schema plan meetings new.rapport
        rapport schema plan meetings new.rapport --format json > plan.json
        rapport schema apply meetings new.rapport --plan plan.json
      """
  )

  @OptionGroup var store: StoreArgument

  @Argument(
    help: "The schema file; - is standard input.",
    completion: .file(extensions: ["rapport"])
  )
  var file: String

  @Option(help: "text (for people) or json (for programs, and for schema apply --plan).")
  var format = ReportFormat.text

  @Flag(name: .shortAndLong, help: "No progress.")
  var quiet = false

  func run() throws {
    let store = try store.openForReading()
    let file = try SchemaFile(path: file)
    let progressLine = ProgressLine("planning", isQuiet: quiet)
    defer { progressLine.wipe() }
    let plan = try store.plan(file) { progressLine.update($0) }
    progressLine.wipe()
    let output = Output.standard
    switch format {
    case .json: try output.write(schemaPlanJSON(plan) + "\n")
    case .text:
      for line in SchemaPlanText.lines(of: plan) { try output.write(line + "\n") }
    }
    try output.flush()
    if plan.isChange { throw foundSomethingExitCode }
  }
}

extension ProgressLine {
  func update(_ progress: FoldProgress) {
    update(
      eventCount: progress.folded,
      fraction: Double(progress.folded) / Double(max(progress.total, 1))
    )
  }
}
