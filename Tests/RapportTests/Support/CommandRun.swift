import Foundation
import Testing

/// What a run of a program gave.
struct CommandRun {
  /// As shells count: 128 and the number of the signal that ended it.
  let exitCode: Int32
  let output: String
  let errors: String

  var lines: [String] {
    output.split(separator: "\n").map(String.init)
  }

  /// Everything that is worth knowing when a test fails.
  var comment: Comment {
    "exit code \(exitCode)\n--- output\n\(output.prefix(4000))\n--- errors\n\(errors.prefix(4000))"
  }
}

/// Runs `rapport` with these arguments until it ends.
@discardableResult
func rapport(_ arguments: String..., input: String = "") throws -> CommandRun {
  try rapport(arguments, input: Data(input.utf8))
}

@discardableResult
func rapport(_ arguments: [String], input: Data = Data()) throws -> CommandRun {
  try run(PackagePaths.program.path, arguments, input: input)
}

/// Runs a program until it ends.
///
/// Its streams are files, so that however much it prints it never waits for us.
func run(_ program: String, _ arguments: [String], input: Data = Data()) throws -> CommandRun {
  let running = try RunningCommand(program, arguments, input: .data(input))
  return try running.wait()
}

/// A program that runs.
final class RunningCommand {
  enum Input {
    case data(Data)
    case pipe(Pipe)
  }

  private let process = Process()
  private let folder: TemporaryFolder

  init(_ program: String, _ arguments: [String], input: Input) throws {
    folder = try TemporaryFolder()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    switch input {
    case .data(let data):
      let path = try folder.write("input", data)
      process.standardInput = try FileHandle(forReadingFrom: URL(filePath: path))
    case .pipe(let pipe): process.standardInput = pipe
    }
    for name in ["output", "errors"] {
      let path = try folder.write(name, Data())
      let handle = try FileHandle(forWritingTo: URL(filePath: path))
      if name == "output" {
        process.standardOutput = handle
      } else {
        process.standardError = handle
      }
    }
    try process.run()
  }

  var isRunning: Bool { process.isRunning }

  /// What it has printed until now.
  var output: String { read("output") }

  func signal(_ number: Int32) {
    kill(process.processIdentifier, number)
  }

  func wait() throws -> CommandRun {
    process.waitUntilExit()
    let status = process.terminationStatus
    return CommandRun(
      exitCode: process.terminationReason == .uncaughtSignal ? 128 + status : status,
      output: read("output"),
      errors: read("errors")
    )
  }

  private func read(_ name: String) -> String {
    let data = try? Data(contentsOf: folder.url.appending(path: name))
    return String(decoding: data ?? Data(), as: UTF8.self)
  }
}
