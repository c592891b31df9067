import ArgumentParser
import Rapport

struct ShowCommand: ParsableCommand {
  @OptionGroup var store: StoreArgument
  func run() throws {}
}
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "schema")
}
struct RebuildCommand: ParsableCommand {
  @OptionGroup var store: StoreArgument
  func run() throws {}
}
struct InfoCommand: ParsableCommand {
  @OptionGroup var store: StoreArgument
  func run() throws {}
}
struct VerifyCommand: ParsableCommand {
  @OptionGroup var store: StoreArgument
  func run() throws {}
}
