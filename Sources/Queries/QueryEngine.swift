public import GraphModel
public import GraphStorage
import Language
public import SourceText
import Synchronization

/// Answers queries about one graph; for any number of threads at once.
public final class QueryEngine: Sendable {
  public let graph: Graph
  public let catalog: QueryCatalog?
  private let view: GraphView
  private let caches = GraphCaches()
  private let plans = Mutex(Plans())

  /// What decides a plan, beside the graph.
  private struct PlanKey: Hashable {
    var text: [UInt8]
    var hasQueryDate: Bool
  }

  private struct Plans {
    var known: [PlanKey: CompiledQuery] = [:]
    /// The one that was asked for last: comparing a text is sooner done than hashing it.
    var last: (key: PlanKey, query: CompiledQuery)?

    mutating func find(_ key: PlanKey) -> CompiledQuery? {
      if let last, last.key == key { return last.query }
      guard let query = known[key] else { return nil }
      last = (key, query)
      return query
    }
  }

  /// How many plans are kept; when there are more, all are forgotten.
  private static let planCountMax = 512

  /// Checks queries against a catalog; without one any name is allowed.
  public init(graph: Graph, catalog: QueryCatalog?) {
    self.graph = graph
    self.catalog = catalog
    view = GraphView(graph)
  }

  /// Runs a query to its end.
  ///
  /// `EXPLAIN` runs nothing and returns the plan; `PROFILE` returns the rows and a measured plan.
  public func run(
    _ source: SourceText,
    parameters: [String: Value] = [:],
    options: QueryOptions = QueryOptions()
  ) throws(QueryError) -> QueryResult {
    let query = try compiled(source, options)
    if query.mode == .explain {
      return QueryResult(
        explaining: description(query, profile: nil),
        context: context(query, [:], options)
      )
    }
    for parameter in query.parameters where parameters[parameter.name] == nil {
      throw .evaluation(
        Diagnostic(
          "parameter \"$\(parameter.name)\" has no value",
          at: parameter.span,
          hint: "give one: --param \(parameter.name)=VALUE, "
            + "in the shell :param \(parameter.name) VALUE"
        )
      )
    }
    let context = context(query, parameters, options)
    if query.mode == .profile { context.profile = [:] }
    let (vectors, rowCount) = try QueryRun.rows(of: query, context)
    let plan = context.profile.map { description(query, profile: $0) }
    return QueryResult(
      context: context,
      columns: query.columns.map(\.name),
      vectors: vectors,
      rowCount: rowCount,
      plan: plan
    )
  }

  private func description(
    _ query: CompiledQuery,
    profile: [ObjectIdentifier: PlanProfile]?
  ) -> PlanDescription {
    PlanDescriber(names: query.slotNames, profile: profile).describe(query.plan)
      ?? PlanDescription(
        step: "one row",
        detail: "",
        estimatedRows: 1,
        rows: profile == nil ? nil : 1,
        inputs: [],
        subqueries: []
      )
  }

  private func context(
    _ query: CompiledQuery,
    _ parameters: [String: Value],
    _ options: QueryOptions
  ) -> ExecutionContext {
    ExecutionContext(
      view: view,
      caches: caches,
      parameters: parameters,
      options: options,
      slotCount: query.slotNames.count
    )
  }

  private func compiled(
    _ source: SourceText,
    _ options: QueryOptions
  ) throws(QueryError) -> CompiledQuery {
    if options.knownAt != nil {
      throw .compile(
        Diagnostics(Diagnostic("KNOWN AT is not supported yet", at: SourceSpan(0, 0)))
      )
    }
    let key = PlanKey(text: source.bytes, hasQueryDate: options.asOf != nil)
    if let known = plans.withLock({ $0.find(key) }) { return known }
    do throws(Diagnostics) {
      let query = try Parser.parseQuery(source)
      let compiler = Compiler(
        view: view,
        catalog: catalog,
        source: source,
        hasQueryDate: key.hasQueryDate
      )
      let made = try compiler.compile(query)
      plans.withLock { plans in
        if plans.known.count >= Self.planCountMax { plans = Plans() }
        plans.known[key] = made
      }
      return made
    } catch {
      throw .compile(error)
    }
  }
}
