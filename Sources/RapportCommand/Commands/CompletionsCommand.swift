import ArgumentParser

struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions",
    abstract: "Prints what completes rapport's commands in a shell.",
    discussion: """
        rapport completions bash > ~/.local/share/bash-completion/completions/rapport
        rapport completions zsh > ~/.zfunc/_rapport
        rapport completions fish > ~/.config/fish/completions/rapport.fish
      """
  )

  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash, zsh, fish
  }

  @Argument(help: "The shell.")
  var shell: Shell

  func run() throws {
    let script = RapportCommand.completionScript(
      for: shell == .bash ? .bash : shell == .zsh ? .zsh : .fish
    )
    let output = Output.standard
    try output.write(script + "\n")
    try output.flush()
  }
}
