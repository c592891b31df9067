import ArgumentParser

@main
struct RapportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "rapport")
}
