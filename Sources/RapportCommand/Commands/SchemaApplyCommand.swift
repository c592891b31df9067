import ArgumentParser
import EventStorage
import Expressions
import GraphModel
import JSONTape
import Rapport

/// What commands have in common that put a schema in force.
struct SchemaChangeOptions: ParsableArguments {
  @Flag(
    help: """
      Go on where nodes, edges or values vanish from the graph, or events do not fit any more; the \
      log keeps every event.
      """
  )
  var acceptLoss = false

  @Option(help: "Why; kept in the log, and shown by schema history.")
  var reason: String?

  @Option(help: "text (for people) or json.")
  var format = ReportFormat.text

  @Flag(name: .shortAndLong, help: "No progress, and no summary.")
  var quiet = false

  /// Runs a change and says what it came to.
  func run(
    _ title: String,
    expected: SchemaPlanReference? = nil,
    _ change: (SchemaApplyOptions) throws(StoreFailure) -> SchemaApplication
  ) throws {
    let progressLine = ProgressLine(title, isQuiet: quiet)
    defer { progressLine.wipe() }
    var options = SchemaApplyOptions()
    options.acceptsLoss = acceptLoss
    options.expected = expected
    options.reason = reason
    options.onProgress = { progressLine.update($0) }
    let application = try change(options)
    progressLine.wipe()
    guard !quiet || format == .json else { return }
    let output = Output.standard
    switch format {
    case .json:
      try output.write(schemaPlanJSON(application.plan, applied: application.applied) + "\n")
    case .text:
      for line in SchemaPlanText.summary(of: application) { try output.write(line + "\n") }
    }
    try output.flush()
  }
}

struct SchemaApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Puts a schema in force.",
    discussion: """
      The graph that it makes is folded beside the one in use; readers have the old one until the \
      schema is in the log, and the new one from then on. Events that the change does not reach \
      are not folded again. Whatever goes wrong before leaves everything as it was.

      With --plan, a plan that rapport schema plan --format json printed is carried out, and \
      refused with exit code 75 where the log or the schema has moved since.

        rapport schema apply meetings new.rapport
        rapport schema apply meetings new.rapport --plan plan.json --reason 'roles of their own'
      """
  )

  @OptionGroup var store: StoreArgument

  @Argument(
    help: "The schema file; - is standard input.",
    completion: .file(extensions: ["rapport"])
  )
  var file: String

  @Option(help: "A plan in JSON that has to be still true.", completion: .file())
  var plan: String?

  @OptionGroup var options: SchemaChangeOptions

  func run() throws {
    let store = try store.openForWriting()
    let file = try SchemaFile(path: file)
    let expected = try plan.map { path in try Self.reference(in: readText(path), path) }
    try options.run("applying", expected: expected) { options throws(StoreFailure) in
      try store.apply(file, options: options)
    }
  }

  /// What a plan was made for.
  private static func reference(
    in text: String,
    _ path: String
  ) throws(StoreFailure) -> SchemaPlanReference {
    var text = text
    let parser = JSONParser()
    let found = text.withUTF8 { bytes -> SchemaPlanReference? in
      guard let tape = try? parser.parse(UnsafeRawBufferPointer(bytes)),
        tape.kind(at: tape.root) == .object
      else { return nil }
      func member(_ outer: StaticString, _ inner: StaticString) -> Int? {
        guard let object = tape.member(outer, of: tape.root), tape.kind(at: object) == .object
        else { return nil }
        return tape.member(inner, of: object)
      }
      func string(_ outer: StaticString, _ inner: StaticString) -> String? {
        guard let place = member(outer, inner), tape.kind(at: place) == .string else { return nil }
        return String(decoding: tape.string(at: place), as: UTF8.self)
      }
      guard let place = member("log", "position"), tape.kind(at: place) == .signed,
        let position = UInt32(exactly: tape.signed(at: place)),
        let root = string("log", "root").flatMap({ TreeHash($0) }),
        let current = string("from", "digest"), let proposed = string("to", "digest")
      else { return nil }
      return SchemaPlanReference(
        end: LogEnd(position: EventPosition(position), root: root),
        currentDigest: current,
        proposedDigest: proposed
      )
    }
    guard let found else {
      throw StoreFailure(
        .data,
        "\"\(path)\" is no plan\n"
          + "  hint: \"rapport schema plan STORE FILE --format json\" prints one"
      )
    }
    return found
  }
}

struct SchemaRollbackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Puts an earlier schema in force again.",
    discussion: """
      With an event of its own: the log forgets nothing, and going back can be undone by another \
      rollback. Without --to it is the schema before the one in force.

        rapport schema history meetings
        rapport schema rollback meetings --to 3
      """
  )

  @OptionGroup var store: StoreArgument

  @Option(help: "The number of the schema, as schema history lists them.")
  var to: Int?

  @OptionGroup var options: SchemaChangeOptions

  func run() throws {
    let store = try store.openForWriting()
    try options.run("rolling back") { options throws(StoreFailure) in
      try store.rollback(to: to, options: options)
    }
  }
}
