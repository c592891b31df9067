import Foundation
import Testing

/// What the README shows is what the program prints.
@Suite struct `The README` {
  struct Step {
    /// What follows the prompt, with its continuation lines.
    var command: String
    var output: [String] = []
  }

  @Test func `shows a session as it really is`() throws {
    let readme = try String(contentsOf: PackagePaths.file("README.md"), encoding: .utf8)
    let steps = Self.session(in: readme)
    try #require(steps.count >= 5)
    let folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "Tools"),
      withDestinationURL: PackagePaths.file("Tools")
    )
    let setUp = "cd '\(folder.url.path)'; rapport() { '\(PackagePaths.program.path)' \"$@\"; }\n"
    for step in steps {
      let run = try run("/bin/bash", ["-c", setUp + step.command])
      try run.expectSuccess()
      let printed = Self.lines(of: run.output)
      #expect(printed.count == step.output.count, "\(step.command)\n\(run.output)")
      for (found, expected) in zip(printed, step.output) {
        // Long digests are cut short in the README.
        if expected.hasSuffix("…") {
          #expect(found.hasPrefix(expected.dropLast()))
        } else {
          #expect(found == expected)
        }
      }
    }
  }

  /// The lines without white space at their ends, and without an empty one at the end.
  private static func lines(of text: String) -> [String] {
    var lines = text.components(separatedBy: "\n").map { line in
      String(line.reversed().drop { $0 == " " }.reversed())
    }
    while lines.last == "" { lines.removeLast() }
    return lines
  }

  /// The indented block under "A session": prompts with what is printed after them.
  private static func session(in readme: String) -> [Step] {
    var steps: [Step] = []
    var isInSession = false
    var isInCommand = false
    for line in readme.components(separatedBy: "\n") {
      if line.hasPrefix("## ") { isInSession = line == "## A session" }
      guard isInSession else { continue }
      if line.hasPrefix("    $ ") {
        steps.append(Step(command: String(line.dropFirst(6))))
        isInCommand = line.hasSuffix("\\")
      } else if isInCommand, !steps.isEmpty {
        steps[steps.count - 1].command += "\n" + line.dropFirst(4)
        isInCommand = line.hasSuffix("\\")
      } else if line.hasPrefix("    ") || line.isEmpty, !steps.isEmpty {
        steps[steps.count - 1].output.append(String(line.dropFirst(4)))
      }
    }
    for index in steps.indices {
      steps[index].output = lines(of: steps[index].output.joined(separator: "\n"))
    }
    return steps
  }
}
