import ArgumentParser
import Projections
import Rapport

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Checks, compares and lays out schema files, and shows the schemas of a store.",
    subcommands: [
      Check.self, Show.self, SchemaPlanCommand.self, SchemaApplyCommand.self,
      SchemaRollbackCommand.self, SchemaDiffCommand.self, SchemaHistoryCommand.self,
      SchemaFormatCommand.self, SchemaLintCommand.self, SchemaCoverageCommand.self,
    ]
  )

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      // Names are said, also of types that are called so: to find one out takes a millisecond of
      // each start of the program.
      commandName: "check",
      abstract: "Checks a schema file.",
      discussion: """
          rapport schema check my.rapport
        """
    )

    @Argument(
      help: "The schema file; - is standard input.",
      completion: .file(extensions: ["rapport"])
    )
    var file: String

    func run() throws {
      let schema = try SchemaFile(path: file).load()
      let output = Output.standard
      try output.write(
        """
        \(file): schema "\(schema.name)" version \(schema.version) is correct: \
        \(schema.nodeTypes.count) node types, \(schema.edgeTypes.count) edge types, \
        \(schema.eventTypes.count) event types

        """
      )
      try output.flush()
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show",
      abstract: "Shows the schema of a store.",
      discussion: """
          rapport schema show meetings
          rapport schema show meetings --format dot | dot -Tsvg > schema.svg
        """
    )

    enum Format: String, CaseIterable, ExpressibleByArgument {
      case text, dot, mermaid
    }

    @OptionGroup var store: StoreArgument

    @Option(help: "text (the schema file), dot (a diagram for Graphviz) or mermaid.")
    var format = Format.text

    func run() throws {
      let applied = try store.openForReading().schema()
      let output = Output.standard
      switch format {
      case .text: try output.write(applied.file.text)
      case .dot: try output.write(SchemaDiagram.graphviz(applied.schema))
      case .mermaid: try output.write(SchemaDiagram.mermaid(applied.schema))
      }
      try output.flush()
    }
  }
}
