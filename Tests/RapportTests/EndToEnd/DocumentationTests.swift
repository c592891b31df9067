import Foundation
import Testing

/// The pages of the catalogue show sessions as they really are.
@Suite struct `The documentation` {
  @Test(arguments: ["ChangingYourSchema"])
  func `shows sessions as they really are`(page: String) throws {
    let url = PackagePaths.file("Sources/Rapport/Rapport.docc/\(page).md")
    let blocks = Self.blocks(of: try String(contentsOf: url, encoding: .utf8))
    let folder = try TemporaryFolder()
    let setUp = "cd '\(folder.url.path)'; rapport() { '\(PackagePaths.program.path)' \"$@\"; }\n"
    var commandCount = 0
    for block in blocks {
      if let name = block.fileName {
        _ = try folder.write(name, block.lines.joined(separator: "\n") + "\n")
        continue
      }
      for step in Self.steps(of: block.lines) {
        commandCount += 1
        let run = try run("/bin/bash", ["-c", setUp + step.command])
        // 2: something would change; 65: refused, as the page says.
        #expect([0, 2, 65].contains(run.exitCode), run.comment)
        expect(step, run)
      }
    }
    #expect(commandCount > 10)
  }

  private func expect(_ step: Step, _ run: CommandRun) {
    var printed = run.output.components(separatedBy: "\n")
    while printed.last == "" { printed.removeLast() }
    for (index, expected) in step.output.enumerated() {
      // A line that is only dots stands for the rest.
      if expected == "…" { return }
      guard index < printed.count else { break }
      if let dots = expected.firstIndex(of: "…"), expected.hasSuffix("…") {
        #expect(printed[index].hasPrefix(expected[..<dots]), "\(step.command)\n\(run.output)")
      } else {
        #expect(printed[index] == expected, "\(step.command)\n\(run.output)")
      }
    }
    #expect(printed.count == step.output.count, "\(step.command)\n\(run.output)\n\(run.errors)")
  }

  private struct Step {
    var command: String
    var output: [String] = []
  }

  private struct Block {
    /// Of a block under "Save this as `name`:".
    var fileName: String?
    var lines: [String] = []
  }

  /// What stands between fences.
  private static func blocks(of text: String) -> [Block] {
    var blocks: [Block] = []
    var fileName: String?
    var isInside = false
    for line in text.components(separatedBy: "\n") {
      if line.hasPrefix("```") {
        isInside.toggle()
        if isInside { blocks.append(Block(fileName: fileName)) } else { fileName = nil }
      } else if isInside {
        blocks[blocks.count - 1].lines.append(line)
      } else if let match = line.firstMatch(of: /^Save this as `(.+)`:$/) {
        fileName = String(match.1)
      }
    }
    return blocks
  }

  private static func steps(of lines: [String]) -> [Step] {
    var steps: [Step] = []
    for line in lines {
      if line.hasPrefix("$ ") {
        steps.append(Step(command: String(line.dropFirst(2))))
      } else if !steps.isEmpty {
        steps[steps.count - 1].output.append(line)
      }
    }
    return steps
  }
}
