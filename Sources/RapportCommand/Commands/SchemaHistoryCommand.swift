import ArgumentParser
import EventStorage
import GraphModel
import Projections
import Rapport

struct SchemaHistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Lists the schemas that were applied in a store.",
    discussion: """
      Each with what it changed; the last one is in force.

        rapport schema history meetings
        rapport schema diff meetings@1 meetings@2
      """
  )

  @OptionGroup var store: StoreArgument

  @Option(help: "text (for people) or json.")
  var format = ReportFormat.text

  private static let shownDigestCount = 12

  func run() throws {
    let schemas = try store.openForReading().schemas()
    let output = Output.standard
    switch format {
    case .text:
      for line in aligned(schemas.indices.map { Self.row(of: schemas, $0) }) {
        try output.write(line + "\n")
      }
    case .json: try output.write(jsonArray(schemas.indices.map { Self.json(schemas, $0) }) + "\n")
    }
    try output.flush()
  }

  private static func row(of schemas: [AppliedSchema], _ index: Int) -> [String] {
    let applied = schemas[index]
    var remarks = [difference(schemas, index)?.summary ?? "the first"]
    if let number = applied.rollbackOf { remarks.append("rollback to \(number)") }
    if let reason = applied.reason { remarks.append("“\(reason)”") }
    if index == schemas.count - 1 { remarks.append("in force") }
    return [
      "\(applied.number)",
      "position \(applied.position.rawValue)",
      Timestamp.text(of: applied.recordedTime),
      "\(applied.schema.name) version \(applied.schema.version)",
      String(hexadecimal(applied.schema.digest).prefix(shownDigestCount)) + "…",
      applied.file.name,
      remarks.joined(separator: "; "),
    ]
  }

  private static func json(_ schemas: [AppliedSchema], _ index: Int) -> String {
    let applied = schemas[index]
    let counts = difference(schemas, index).map { difference in
      jsonObject(
        SchemaDifference.Classification.allCases.map { classification in
          let count = difference.changes.count { $0.classification == classification }
          return (classification.rawValue, "\(count)")
        }
      )
    }
    return jsonObject([
      ("number", "\(applied.number)"),
      ("position", "\(applied.position.rawValue)"),
      ("recorded", jsonQuoted(Timestamp.text(of: applied.recordedTime))),
      ("name", jsonQuoted(applied.schema.name)),
      ("version", "\(applied.schema.version)"),
      ("digest", jsonQuoted(hexadecimal(applied.schema.digest))),
      ("file", jsonQuoted(applied.file.name)),
      ("changes", counts),
      ("rollbackof", applied.rollbackOf.map { "\($0)" }),
      ("reason", applied.reason.map(jsonQuoted)),
      ("inforce", index == schemas.count - 1 ? "true" : "false"),
    ])
  }

  private static func difference(_ schemas: [AppliedSchema], _ index: Int) -> SchemaDifference? {
    index == 0 ? nil : SchemaDifference(from: schemas[index - 1].schema, to: schemas[index].schema)
  }
}
