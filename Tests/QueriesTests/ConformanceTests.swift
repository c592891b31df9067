import Conformance
import Testing

@Suite(
  .enabled(if: SharedFiles.has("tck/open.jsonl"), "the openCypher TCK is not beside the package")
)
struct `The scenarios of the openCypher TCK` {
  @Test func `that read return what is expected`() throws {
    let report = ConformanceReport(
      running: try Scenario.all(in: SharedFiles.file("tck/open.jsonl"))
    )
    for failure in report.failures {
      Issue.record("\(failure.name)\n\(failure.query)\n\(failure.text)")
    }
    #expect(report.total.total == 1770)
  }

  @Test func `that write are refused before anything runs`() throws {
    let report = ConformanceReport(
      running: try Scenario.all(in: SharedFiles.file("tck/writing.jsonl"))
    )
    for failure in report.failures {
      Issue.record("\(failure.name)\n\(failure.query)\n\(failure.text)")
    }
    #expect(report.total.total == 370)
  }
}
