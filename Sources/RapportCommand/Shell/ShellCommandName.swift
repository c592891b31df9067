import SourceText

/// What a shell can be told beside queries.
enum ShellCommandName: String, CaseIterable {
  case help, schema, format, time, param, params, save, quit, exit

  /// The arguments and what it does.
  var help: (arguments: String, text: String) {
    switch self {
    case .help: ("", "this list")
    case .schema: ("", "the schema of the store")
    case .format: ("FORM", "how rows are printed: table, json, ndjson, csv, tsv or markdown")
    case .time: ("on|off", "tell how long each query took")
    case .param: ("NAME VALUE", "set a parameter; the value is JSON, or else a text")
    case .params: ("", "the parameters that are set")
    case .save: ("FILE", "write the last rows to a file: .json, .ndjson, .csv, .tsv, .md or .txt")
    case .quit, .exit: ("", "leave, as Ctrl-D does")
    }
  }

  static var helpText: String {
    let rows = allCases.filter { $0 != .exit }.map { command in
      let (arguments, text) = command.help
      return [":\(command.rawValue) \(arguments)", text]
    }
    return """
      A query ends with a semicolon and may have many lines:

        MATCH (p:Person) RETURN p.name LIMIT 5;

      Commands stand on a line of their own:

      \(aligned(rows).map { "  " + $0 }.joined(separator: "\n"))

      The tabulator completes names, Ctrl-C stops a query or drops what was typed, Ctrl-R searches
      in what was typed before. :save! FILE overwrites a file.
      """
  }

  /// The command that a misspelled one most likely means.
  static func suggestion(for name: String) -> String? {
    nearest(to: name, among: allCases.map(\.rawValue))
  }
}
