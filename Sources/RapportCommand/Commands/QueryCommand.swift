import ArgumentParser
import GraphModel
import Queries
import Rapport

struct QueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Answers a question about the graph.",
    discussion: """
      The query is an argument, a file (--file), or standard input.

        rapport query meetings 'MATCH (p:Person) RETURN p.name LIMIT 5'
        rapport query meetings 'MATCH (p:Person {id: $id}) RETURN p.name' --param id=person:1
        rapport query meetings --format csv < question.txt > answer.csv

      With --batch, requests are read from standard input, one JSON object a line, \
      {"query": …, "parameters": {…}}, and each is answered by one line: {"columns", "rows", \
      "ns"} or {"error": {"kind", "message"}}. A wrong request does not end the batch.
      """
  )

  @OptionGroup var store: StoreArgument

  @Argument(help: "The query.")
  var query: String?

  @Option(help: "A file with the query; - is standard input.", completion: .file())
  var file: String?

  @Option(
    name: .customLong("param"),
    help: ArgumentHelp(
      """
      A parameter: NAME=VALUE. The value is JSON (42, true, null, "text", ["a","b"]), or else a \
      text; digits that are a text are quoted: 'year="2022"'.
      """,
      valueName: "name=value"
    )
  )
  var parameters: [String] = []

  @OptionGroup var format: FormatOption

  @Flag(help: "Read requests from standard input, and answer each in a line of its own.")
  var batch = false

  @OptionGroup(title: "Limits") var budget: BudgetArguments

  @Option(help: "How many threads a query may use. (default: one for each core)")
  var threads: Int?

  @Option(help: "See only what was true in the world then: 2022, 2022-07 or 2022-07-21.")
  var asOf: DateArgument?

  @Option(
    help: "Answer under another schema, without applying it: a schema file.",
    completion: .file(extensions: ["rapport"])
  )
  var under: String?

  @Option(help: "The languages in which names are shown, by preference: th,en.")
  var lang: String?

  func validate() throws {
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must be from 1 to 1024")
    }
    if query != nil, file != nil {
      throw ValidationError("two queries: an argument, and a file (--file)")
    }
    if batch, query != nil || file != nil || !parameters.isEmpty {
      throw ValidationError("--batch takes queries and parameters from standard input")
    }
    _ = try parameterValues()
    if query == nil, file == nil, !batch, Terminal.input.isTerminal {
      throw ValidationError(
        "no query: give it as an argument, in a file (--file), or on standard input"
      )
    }
  }

  func run() throws {
    let opened = try store.openForReading()
    let view = try under.map { path throws(StoreFailure) in
      try opened.view(under: SchemaFile(path: path))
    }
    if let schema = view?.schema {
      report(
        """
        note: answered under "\(schema.name)" version \(schema.version) \
        (\(hexadecimal(schema.digest).prefix(12))…), which is not in force
        """
      )
    }
    if batch {
      ProcessMemory.keepBetweenQueries()
      try QueryBatch(store: opened, view: view, options: options).run()
      return
    }
    let (text, name) = try queryText()
    let parameters = try parameterValues()
    let answer =
      try view?.query(text, name: name, parameters: parameters, options: options)
      ?? opened.query(text, name: name, parameters: parameters, options: options)
    try show(answer)
  }

  private func parameterValues() throws -> [String: Value] {
    let reader = ParameterReader()
    var values: [String: Value] = [:]
    for argument in parameters {
      let (name, value) = try reader.parameter(argument)
      values[name] = value
    }
    return values
  }

  private var options: QueryOptions {
    var options = QueryOptions()
    options.threads = threads ?? BudgetArguments.coreCount
    options.asOf = asOf?.date
    options.languages = lang.map { $0.split(separator: ",").map(String.init) } ?? []
    budget.apply(to: &options)
    return options
  }

  private func queryText() throws(StoreFailure) -> (text: String, name: String) {
    if let query { return (query, "query") }
    let path = file ?? "-"
    return (try readText(path), path == "-" ? "standard input" : path)
  }

  private func show(_ answer: QueryAnswer) throws(StoreFailure) {
    let result = answer.result
    let output = Output.standard
    if let plan = result.plan, let text = format.format.text(of: plan) {
      try output.write(text + "\n")
      try output.flush()
      return
    }
    try printRows(ResultRows(result), as: format.format, to: output)
    reportQuarantine(answer.quarantinedCount, of: store)
  }
}

/// The rows of a query's result.
struct ResultRows: Rows {
  private let result: QueryResult
  private let renderer: ValueRenderer

  init(_ result: QueryResult) {
    self.result = result
    renderer = ValueRenderer(graph: result.graph)
  }

  var columns: [String] { result.columns }
  var rowCount: Int { result.rowCount }

  func isNull(row: Int, column: Int) -> Bool { result.value(row: row, column: column).isNull }

  func isNumber(row: Int, column: Int) -> Bool {
    switch result.value(row: row, column: column) {
    case .integer, .float: true
    default: false
    }
  }

  func text(row: Int, column: Int) -> String {
    renderer.text(result.value(row: row, column: column))
  }

  func json(row: Int, column: Int) -> String {
    String(decoding: result.jsonBytes(row: row, column: column), as: UTF8.self)
  }
}
