import Dispatch
import Expressions
import Glibc
import GraphModel
import Language
import Queries
import Rapport
import SourceText
import Synchronization
import SystemPackage

/// Answers statement after statement; a wrong one does not end it.
final class ShellSession {
  private let store: Store
  private let storeArgument: StoreArgument
  private let baseOptions: QueryOptions
  private let isInteractive: Bool
  private var format: ResultFormat
  private var tellsTime: Bool
  private var parameters: [String: Value] = [:]
  private var lastRows: ResultRows?
  private let stopper: QueryStopper?
  /// The exit code of the last failure, 0 where nothing failed.
  private(set) var exitCode: Int32 = 0

  init(
    store: Store,
    argument: StoreArgument,
    options: QueryOptions,
    format: ResultFormat,
    isInteractive: Bool
  ) {
    self.store = store
    storeArgument = argument
    baseOptions = options
    self.format = format
    self.isInteractive = isInteractive
    tellsTime = isInteractive
    stopper = isInteractive ? QueryStopper() : nil
  }

  /// Reads and answers until the end of input.
  func run(_ lines: some ShellLines) throws(StoreFailure) {
    var pending = ""
    var lineNumber = 0
    var firstLine = 1
    while true {
      ShellCompletion.earlierLines = pending
      switch try lines.next(prompt: pending.isEmpty ? "rapport> " : "    ...> ") {
      case .end:
        if isInteractive { try write("\n") }
        let source = SourceText(name: "rest", text: pending)
        if !isInteractive, !Statements.isEmpty(source) { answer(pending, line: firstLine) }
        return
      case .interrupted:
        try write("^C\n")
        pending = ""
      case .text(let line):
        lineNumber += 1
        if pending.isEmpty, line.first == ":" {
          lines.remember(line)
          if !perform(line) { return }
          continue
        }
        if pending.isEmpty { firstLine = lineNumber }
        pending += line + "\n"
        answerStatements(&pending, &firstLine) { lines.remember($0) }
      }
    }
  }

  /// Answers the statements that are whole and leaves the rest.
  private func answerStatements(
    _ pending: inout String,
    _ firstLine: inout Int,
    remember: (String) -> Void
  ) {
    while let end = Statements.endOfFirst(in: SourceText(name: "text", text: pending)) {
      let statement = String(decoding: Array(pending.utf8)[..<end], as: UTF8.self)
      pending = String(decoding: Array(pending.utf8)[end...], as: UTF8.self)
      remember(statement.split(whereSeparator: \.isNewline).joined(separator: " "))
      answer(statement, line: firstLine)
      firstLine += statement.count { $0.isNewline }
    }
    if Statements.isEmpty(SourceText(name: "text", text: pending)) { pending = "" }
  }

  // MARK: Queries

  /// `line` is where the statement begins in the input, for messages.
  private func answer(_ statement: String, line: Int) {
    // Messages count lines from the start of the text.
    let text = isInteractive ? statement : String(repeating: "\n", count: line - 1) + statement
    do {
      var options = baseOptions
      let cancellation = QueryCancellation()
      options.cancellation = cancellation
      let start = ContinuousClock.now
      stopper?.begin(cancellation)
      defer { stopper?.end() }
      let answer = try store.query(
        text,
        name: isInteractive ? "query" : "standard input",
        parameters: parameters,
        options: options
      )
      let elapsed = ContinuousClock.now - start
      try show(answer)
      if tellsTime { report("in \(Self.text(elapsed))") }
      reportQuarantine(answer.quarantinedCount, of: storeArgument)
    } catch {
      fail(error)
    }
  }

  private func show(_ answer: QueryAnswer) throws(StoreFailure) {
    let result = answer.result
    if let plan = result.plan, let text = format.text(of: plan) {
      try write(text + "\n")
      return
    }
    let rows = ResultRows(result)
    lastRows = rows
    try printRows(rows, as: format, to: .standard)
  }

  private static func text(_ elapsed: Swift.Duration) -> String {
    let milliseconds = elapsed / .milliseconds(1)
    return milliseconds < 1000
      ? "\(Double(Int(milliseconds * 100)) / 100) ms" : "\(Double(Int(milliseconds / 10)) / 100) s"
  }

  private func fail(_ failure: StoreFailure) {
    exitCode = failure.kind.rawValue
    try? Output.standard.flush()
    reportError(failure.message)
  }

  private func write(_ text: String) throws(StoreFailure) {
    try Output.standard.write(text)
    try Output.standard.flush()
  }

  // MARK: Commands

  /// Does what a line such as `:format json` asks; `false` where it asks to leave.
  private func perform(_ line: String) -> Bool {
    let words = line.dropFirst().split(separator: " ", maxSplits: 1).map(String.init)
    var name = words.first ?? ""
    let argument = words.count > 1 ? String(words[1].drop { $0 == " " }) : ""
    let overwrites = name == "save!"
    if overwrites { name = "save" }
    guard let command = ShellCommandName(rawValue: name) else {
      let near = ShellCommandName.suggestion(for: name).map { "did you mean \":\($0)\"?" }
      fail(
        StoreFailure(
          .usage,
          "there is no command \":\(name)\"\n  hint: \(near ?? ":help lists them")"
        )
      )
      return true
    }
    do {
      switch command {
      case .help: try write(ShellCommandName.helpText + "\n")
      case .schema: try write(try store.schema().file.text)
      case .format: try setFormat(argument)
      case .time: try setTime(argument)
      case .param: try setParameter(argument)
      case .params: try showParameters()
      case .save: try save(argument, overwrites: overwrites)
      case .quit, .exit: return false
      }
    } catch {
      fail(error)
    }
    return true
  }

  private func setFormat(_ argument: String) throws(StoreFailure) {
    guard let format = ResultFormat(rawValue: argument) else {
      let names = ResultFormat.allCases.map(\.rawValue).joined(separator: ", ")
      throw StoreFailure(.usage, ":format expects one of \(names)")
    }
    self.format = format
  }

  private func setTime(_ argument: String) throws(StoreFailure) {
    guard ["on", "off"].contains(argument) else {
      throw StoreFailure(.usage, ":time expects on or off")
    }
    tellsTime = argument == "on"
  }

  private func setParameter(_ argument: String) throws(StoreFailure) {
    let words = argument.split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2 else {
      throw StoreFailure(.usage, ":param expects a name and a value, such as :param year 2022")
    }
    do {
      let (name, value) = try ParameterReader().parameter("\(words[0])=\(words[1])")
      parameters[name] = value
      ShellCompletion.completion.parameters = parameters.keys.sorted()
    } catch {
      throw StoreFailure(.usage, "\(error)")
    }
  }

  private func showParameters() throws(StoreFailure) {
    for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
      try write("$\(name) = \(ValueText.literal(value))\n")
    }
  }

  private func save(_ path: String, overwrites: Bool) throws(StoreFailure) {
    guard !path.isEmpty else { throw StoreFailure(.usage, ":save expects the name of a file") }
    guard let rows = lastRows else { throw StoreFailure(.usage, "there are no rows yet to save") }
    let forms: [String: ResultFormat] = [
      "json": .json, "ndjson": .ndjson, "jsonl": .ndjson, "csv": .csv, "tsv": .tsv,
      "md": .markdown, "txt": .table,
    ]
    let ending = path.split(separator: ".").last.map(String.init)?.lowercased() ?? ""
    guard let form = forms[ending] else {
      throw StoreFailure(
        .usage,
        "the name of a file says how rows are written: .json, .ndjson, .csv, .tsv, .md or .txt"
      )
    }
    let file: FileDescriptor
    do {
      let options: FileDescriptor.OpenOptions =
        overwrites ? [.create, .truncate] : [.create, .exclusiveCreate]
      file = try FileDescriptor.open(
        FilePath(path),
        .writeOnly,
        options: options,
        permissions: .ownerReadWrite.union([.groupRead, .otherRead])
      )
    } catch Errno.fileExists {
      throw StoreFailure(.usage, "\"\(path)\" exists\n  hint: :save! \(path) overwrites it")
    } catch {
      throw StoreFailure(.inputOutput, "cannot write \"\(path)\": \(error)")
    }
    defer { try? file.close() }
    try printRows(rows, as: form, to: Output(file, name: path))
    report(
      "\(grouped(rows.rowCount)) \(rows.rowCount == 1 ? "row" : "rows") written to \(path)"
    )
  }
}

/// Stops the query that runs when a person presses Ctrl-C.
final class QueryStopper: Sendable {
  private struct State {
    var running: QueryCancellation?
    var source: (any DispatchSourceSignal)?
  }

  private let state = Mutex(State())

  init() {
    signal(SIGINT, SIG_IGN)
    let queue = DispatchQueue(label: "rapport.shell")
    state.withLock { state in
      let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: queue)
      source.setEventHandler { [self] in self.state.withLock { $0.running?.cancel() } }
      source.activate()
      state.source = source
    }
  }

  func begin(_ cancellation: QueryCancellation) { state.withLock { $0.running = cancellation } }

  func end() { state.withLock { $0.running = nil } }
}
