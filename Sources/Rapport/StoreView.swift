public import GraphModel
import Projections
public import Queries
import SourceText

/// The graph that a schema makes of a store, at one moment, to ask queries of.
public struct StoreView: Sendable {
  let store: Store
  let graph: FoldedGraph

  public var schema: Schema { graph.schema.schema }

  /// Answers a query, as ``Store/query(_:name:parameters:options:)`` does.
  public func query(
    _ text: String,
    name: String = "query",
    parameters: [String: Value] = [:],
    options: QueryOptions = QueryOptions()
  ) throws(StoreFailure) -> QueryAnswer {
    let source = SourceText(name: name, text: text)
    var options = options
    if options.eventDescription == nil {
      options.eventDescription = { [log = store.log] in EventSummary.value(of: $0, in: log) }
    }
    do throws(QueryError) {
      let result = try graph.engine.run(source, parameters: parameters, options: options)
      return QueryAnswer(result: result, graph: graph)
    } catch {
      throw StoreFailure(error, in: source)
    }
  }
}

extension Store {
  /// The graph that another schema would make of the log, to try it on real questions.
  ///
  /// Nothing of the store changes; what is folded is gone with the view.
  ///
  /// - Throws: all errors of the schema, each with its place.
  public func view(under file: SchemaFile) throws(StoreFailure) -> StoreView {
    let proposed = try file.load()
    let current = try schema()
    let end = try end()
    let base = try contents(at: end, of: current, progress: nil).base
    let beside = AppliedSchema(proposed: proposed, file: file, after: current)
    let graph = try Folding(log: log, schema: beside, end: end)
      .graph(after: base, from: nil, progress: nil)
    return StoreView(store: self, graph: graph)
  }
}
