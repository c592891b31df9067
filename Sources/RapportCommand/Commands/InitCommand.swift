import ArgumentParser
import Rapport

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Makes a new store.",
    discussion: """
      The schema says which events the store takes and what graph they make. Without --schema it \
      is the one for meetings that comes with rapport.

        rapport init meetings
        rapport init meetings --schema my.rapport
      """
  )

  @OptionGroup var store: StoreArgument

  @Option(help: "The schema file.", completion: .file(extensions: ["rapport"]))
  var schema: String?

  func run() throws {
    let schema = try schema.map { path throws(StoreFailure) in try SchemaFile(path: path) }
    _ = try Store.create(at: store.store, schema: schema)
  }
}
