/// What became of the scenarios of a file.
public struct ConformanceReport: Sendable {
  /// How many scenarios ended how.
  public struct Count: Sendable {
    public internal(set) var passed = 0
    public internal(set) var wrong = 0
    public internal(set) var raised = 0

    public var failed: Int { wrong + raised }
    public var total: Int { passed + failed }
  }

  /// In the order of the file.
  public private(set) var outcomes: [(scenario: Scenario, outcome: Scenario.Outcome)] = []

  public init(running scenarios: [Scenario]) {
    outcomes = scenarios.map { ($0, $0.run()) }
  }

  public var total: Count { count { _ in true } }

  public func count(where isCounted: (Scenario) -> Bool) -> Count {
    var count = Count()
    for (scenario, outcome) in outcomes where isCounted(scenario) {
      switch outcome {
      case .passed: count.passed += 1
      case .wrongAnswer: count.wrong += 1
      case .raised: count.raised += 1
      }
    }
    return count
  }

  /// The folders of the features, sorted.
  public var folders: [String] { Set(outcomes.map(\.scenario.folder)).sorted() }

  /// The scenarios that failed, each with its query and what was wrong, wrong answers first.
  public var failures: [(name: String, query: String, text: String)] {
    var wrong: [(String, String, String)] = []
    var raised: [(String, String, String)] = []
    for (scenario, outcome) in outcomes {
      switch outcome {
      case .passed: break
      case .wrongAnswer(let text):
        wrong.append((scenario.name, scenario.query, "wrong answer: \(text)"))
      case .raised(let text): raised.append((scenario.name, scenario.query, "error: \(text)"))
      }
    }
    return wrong + raised
  }
}

extension ConformanceReport {
  /// The figures by folder and in all; the last line says the sum.
  public var text: String {
    let rows = folders.map { folder in (folder, count { $0.folder == folder }) }
    let width = max(30, rows.map(\.0.count).max() ?? 0)
    func line(_ name: String, _ cells: [String]) -> String {
      name.padded(to: width) + cells.map { $0.leftPadded(to: 9) }.joined()
    }
    func line(_ name: String, _ count: Count) -> String {
      line(
        name,
        [count.passed, count.failed, count.wrong, count.raised, count.total].map(String.init)
      )
    }
    var lines = [line("", ["passed", "failed", "wrong", "raised", "of"])]
    lines += rows.map { line($0.0, $0.1) }
    let others = count { !$0.folder.hasSuffix("/temporal") }
    lines.append(line("without temporal", others))
    lines.append(line("all", total))
    let shares = rows.map { Double($0.1.passed) / Double(max(1, $0.1.total)) }
    let mean = shares.reduce(0, +) / Double(max(1, shares.count))
    lines.append("mean share over folders: \(Int((mean * 10_000).rounded(.down)) / 100) %")
    lines.append(
      "tck: \(total.passed) passed, \(total.failed) failed, \(total.wrong) wrong answers"
        + " of \(total.total)"
    )
    return lines.joined(separator: "\n")
  }

  /// The outcome of each scenario, one a line in the order of names, so that two can be compared.
  public var manifest: String {
    let entries = outcomes.map { scenario, outcome in
      let word =
        switch outcome {
        case .passed: "passed"
        case .wrongAnswer: "wrong answer"
        case .raised: "raised"
        }
      return (scenario.name, word)
    }
    let lines = entries.sorted { $0 < $1 }.map { "  \(quoted($0.0)): \(quoted($0.1))" }
    return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
  }

  private func quoted(_ text: String) -> String {
    "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
