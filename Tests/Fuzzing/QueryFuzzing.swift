import Conformance
import GraphModel
import Language
import Queries
import SourceText

/// What is fuzzed: any bytes as a query.
///
/// A broken promise traps, which is what libFuzzer looks for.
package enum QueryFuzzing {
  /// Plants a defect in each target, which the fuzzer has to find.
  nonisolated(unsafe) package static var plantsDefects = false

  /// Queries longer than this only cost time.
  private static let byteCountMax = 4096

  /// Ends the process, and says why: optimized builds drop the message of a precondition.
  private static func promise(_ holds: Bool, _ message: @autoclosure () -> String) {
    if !holds { fatalError(message()) }
  }

  // MARK: Lexer, parser and binder

  private static let engines: [QueryEngine] = {
    do {
      return [try MeetingsFixture.engine(), GraphFixture().engine()]
    } catch {
      fatalError("the fixture: \(error)")
    }
  }()

  /// Every diagnostic has its place in the text and can be shown; whatever parses is printed so
  /// that it parses to the same; what it means for two graphs is found without a trap.
  package static func parse(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count <= byteCountMax else { return }
    let source = SourceText(name: "query", bytes: Array(bytes))
    checkSchema(source)
    do throws(Diagnostics) {
      let query = try Parser.parseQuery(source)
      let printed = query.description
      if plantsDefects, printed.contains("[x IN ") { fatalError("the planted defect") }
      let again = try Parser.parseQuery(SourceText(name: "printed", text: printed))
      promise(again.description == printed, "not printed as it is read: \(printed)")
    } catch {
      check(error, in: source)
      return
    }
    let explained = SourceText(name: "query", bytes: Array("EXPLAIN ".utf8) + source.bytes)
    for engine in engines {
      do throws(QueryError) {
        _ = try engine.run(explained)
      } catch {
        check(error, in: explained)
      }
    }
  }

  private static func checkSchema(_ source: SourceText) {
    do throws(Diagnostics) {
      _ = try Parser.parseSchema(source)
    } catch {
      check(error, in: source)
    }
  }

  private static func check(_ diagnostics: Diagnostics, in source: SourceText) {
    promise(!diagnostics.all.isEmpty, "refused without a reason")
    for diagnostic in diagnostics.all {
      promise(diagnostic.span.start <= diagnostic.span.end, "a place that ends early")
      promise(Int(diagnostic.span.end) <= source.bytes.count, "a place outside of the text")
      promise(!diagnostic.message.isEmpty, "a message that says nothing")
    }
    promise(!diagnostics.rendered(in: source).isEmpty, "a diagnostic that shows nothing")
  }

  private static func check(_ error: QueryError, in source: SourceText) {
    switch error {
    case .compile(let diagnostics): check(diagnostics, in: source)
    case .evaluation(let diagnostic): check(Diagnostics(diagnostic), in: source)
    case .limit(let message, let hint):
      promise(!message.isEmpty && !hint.isEmpty, "a limit without a reason")
    case .cancelled: fatalError("nobody asked to stop")
    }
  }

  // MARK: Running

  private static let limits = QueryOptions(
    rowCountMax: 5000,
    stepCountMax: 200_000,
    byteCountMax: 500_000_000,
    timeout: .seconds(2)
  )

  /// Whatever runs on a small graph ends within its budgets, and has the rows that trying
  /// everything finds: without plan, batches or indexes.
  package static func run(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count <= byteCountMax, let first = bytes.first else { return }
    // The first byte chooses the graph.
    var random = RandomQuery(seed: UInt64(first) + 1)
    let graph = random.graph()
    let source = SourceText(name: "query", bytes: Array(bytes.dropFirst()))
    let start = ContinuousClock.now
    do throws(QueryError) {
      let result = try graph.engine().run(source, options: limits)
      for row in 0..<result.rowCount {
        let renderer = ValueRenderer(graph: result.graph)
        for value in result.values(row: row) { _ = renderer.json(value) }
      }
      let planted = plantsDefects && result.rowCount > 2
      compare(result, planted: planted, graph, String(decoding: source.bytes, as: UTF8.self))
    } catch {
      check(error, in: source)
      promise(ContinuousClock.now - start < .seconds(10), "long over its time")
    }
  }

  private static func compare(
    _ result: QueryResult,
    planted: Bool,
    _ graph: ReferenceGraph,
    _ query: String
  ) {
    guard Comparison.isCertain(query) else { return }
    let comparison = Comparison(graph: graph, query: query)
    guard let expected = comparison.expected() else { return }
    let actual = comparison.rows(of: result) + (planted ? ["the planted defect"] : [])
    promise(
      actual.sorted() == expected.sorted(),
      "\(comparison.description)\n\(actual)\ninstead of\n\(expected)"
    )
  }
}
