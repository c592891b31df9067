import Conformance
import Foundation
import Testing

@Suite struct `Random queries on random graphs` {
  /// Twenty thousand queries; `RAPPORT_QUERY_SEEDS=20001..40000` runs others, one seed repeats one.
  private static let seeds: ClosedRange<UInt64> = {
    let text = ProcessInfo.processInfo.environment["RAPPORT_QUERY_SEEDS"] ?? "1..20000"
    let numbers = text.split(separator: ".").compactMap { UInt64($0) }
    return (numbers.first ?? 1)...(numbers.last ?? 1)
  }()

  private static let partCount: UInt64 = 8

  @Test(arguments: 0..<partCount)
  func `are answered as trying everything answers them`(part: UInt64) {
    var total = 0
    var refused = 0
    var withRows = 0
    for seed in Self.seeds where seed % Self.partCount == part {
      var random = RandomQuery(seed: seed)
      let comparison = Comparison(graph: random.graph(), query: random.query())
      total += 1
      switch comparison.outcome() {
      case .same(let rowCount): withRows += rowCount > 0 ? 1 : 0
      case .refused: refused += 1
      case .different(let text):
        Issue.record("seed \(seed)\n\(comparison.description)\n\(text)")
      }
    }
    print("random queries: \(total), \(refused) refused or too large, \(withRows) with rows")
    guard total > 2000 else { return }
    #expect(refused * 10 < total)
    #expect(withRows * 2 > total)
  }
}
