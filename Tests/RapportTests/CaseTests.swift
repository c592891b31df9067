import Foundation
import Queries
import Rapport
import Testing

@Suite struct `Cases` {
  @Test(arguments: try CaseFile.all())
  func `are answered as written`(_ example: CaseFile.Case) async throws {
    for input in example.inputs where !PackagePaths.exists(input) {
      try Test.cancel("\(input) is not here")
    }
    let prepared = try await CaseStores.shared.store(of: example.inputs)
    switch example.question {
    case .query(let query): check(example, query, in: prepared.store)
    case .command(let words):
      let arguments = words.map { $0 == "STORE" ? prepared.path : $0 }
      check(example, try rapport(arguments))
    }
  }

  private func check(_ example: CaseFile.Case, _ query: String, in store: Store) {
    let outcome = Result { () throws(StoreFailure) in try store.query(query) }
    for expectation in example.expectations {
      switch (expectation, outcome) {
      case (.rows(let expected, let isOrdered), .success(let answer)):
        let rows = answer.result.textRows
        if isOrdered {
          #expect(rows == expected)
        } else {
          #expect(rows.sorted() == expected.sorted())
        }
      case (.error(let part), .failure(let failure)):
        #expect(failure.message.contains(part))
      case (.rows, .failure(let failure)):
        Issue.record("\(failure.message)")
      case (.error(let part), .success(let answer)):
        Issue.record("expected the error \"\(part)\", found \(answer.result.rowCount) rows")
      default:
        Issue.record("a query has \"rows\" or \"error\"")
      }
    }
  }

  private func check(_ example: CaseFile.Case, _ run: CommandRun) {
    var expectedExitCode: Int32 = 0
    for expectation in example.expectations {
      switch expectation {
      case .contains(let text):
        #expect((run.output + run.errors).contains(text), run.comment)
      case .absent(let text):
        #expect(!(run.output + run.errors).contains(text), run.comment)
      case .exit(let code): expectedExitCode = code
      case .rows, .error: Issue.record("a command has \"contains\", \"absent\" or \"exit\"")
      }
    }
    #expect(run.exitCode == expectedExitCode, run.comment)
  }
}

extension QueryResult {
  /// The rows as case files write them.
  var textRows: [String] {
    let renderer = ValueRenderer(graph: graph)
    return (0..<rowCount).map { row in
      values(row: row).map { renderer.text($0) }.joined(separator: " | ")
    }
  }
}
