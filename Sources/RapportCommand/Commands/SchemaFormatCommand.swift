import ArgumentParser
import Rapport

struct SchemaFormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt",
    abstract: "Prints schema files in the one canonical layout, with their comments.",
    discussion: """
      The layout does not change the schema: its digest stays the same. With --check, the exit \
      code is 2 where a file has another layout.

        rapport schema fmt my.rapport
        rapport schema fmt *.rapport --write
        rapport schema fmt *.rapport --check
      """
  )

  @Argument(
    help: "The schema files; - is standard input.",
    completion: .file(extensions: ["rapport"])
  )
  var files: [String]

  @Flag(help: "Change the files instead of printing them.")
  var write = false

  @Flag(help: "Print the names of the files that have another layout, and nothing else.")
  var check = false

  func validate() throws {
    if write, check { throw ValidationError("--write and --check exclude each other") }
    if write, files.contains("-") {
      throw ValidationError("standard input cannot be written: leave out --write")
    }
    if !write, !check, files.count > 1 {
      throw ValidationError("several files go with --write or --check")
    }
  }

  func run() throws {
    let output = Output.standard
    var failures: [StoreFailure] = []
    var foundOther = false
    for path in files {
      do throws(StoreFailure) {
        let file = try SchemaFile(path: path)
        let text = try file.formatted()
        if check {
          guard text != file.text else { continue }
          foundOther = true
          try output.write(path + "\n")
        } else if !write {
          try output.write(text)
        } else if text != file.text {
          try SchemaFile(name: path, text: text).write(to: path)
        }
      } catch {
        failures.append(error)
      }
    }
    try output.flush()
    if let first = failures.first {
      throw StoreFailure(first.kind, failures.map(\.message).joined(separator: "\n"))
    }
    if foundOther { throw foundSomethingExitCode }
  }
}
