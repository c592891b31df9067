package import Expressions
package import GraphModel
package import Language
package import OrderedCollections
import SourceText

/// Answers queries by trying everything, one row at a time, straight from the syntax tree.
///
/// It has no plans, no batches, no indexes, and is dull on purpose: it says what a query means.
package final class ReferenceEvaluator {
  package typealias Row = OrderedDictionary<String, Value>

  /// The query would take too long here.
  package struct TooLarge: Error {}

  package struct Table {
    var columns: [String]
    var rows: [Row]
  }

  package let graph: ReferenceGraph
  private var stepsLeft: Int

  package init(_ graph: ReferenceGraph, stepCountMax: Int = 200_000) {
    self.graph = graph
    stepsLeft = stepCountMax
  }

  package func step(_ count: Int = 1) throws {
    stepsLeft -= count
    if stepsLeft < 0 { throw TooLarge() }
  }

  /// The rows of a query.
  package func run(_ text: String) throws -> Table {
    let query = try Parser.parseQuery(SourceText(name: "query", text: text))
    return try run(query.body, start: [:], kept: [:])
  }

  /// `kept` is what stays in sight behind WITH: the variables around a subquery.
  package func run(_ body: QueryBody, start: Row, kept: Row) throws -> Table {
    let tables = try body.queries.map { try run($0, start: start, kept: kept) }
    var result = tables[0]
    for (union, table) in zip(body.unions, tables.dropFirst()) {
      result.rows += table.rows
      if !union.all { result.rows = distinct(result.rows, by: result.columns) }
    }
    return result
  }

  private func run(_ query: SingleQuery, start: Row, kept: Row) throws -> Table {
    var rows = [start]
    var columns: [String] = []
    for clause in query.clauses {
      switch clause {
      case .match(let match): rows = try self.match(match, rows)
      case .unwind(let unwind):
        rows = try rows.flatMap { row in
          elements(try value(unwind.list, row)).map { row.setting(unwind.variable.name, $0) }
        }
      case .filter(let condition): rows = try rows.filter { try isTrue(condition, $0) }
      case .bind(let bindings):
        for binding in bindings {
          rows = try rows.map { $0.setting(binding.variable.name, try value(binding.value, $0)) }
        }
      case .call(let call): rows = try self.call(call, rows)
      case .with(let projection):
        let table = try project(projection, rows, kept: kept)
        rows = table.rows.map { row in kept.merging(row) { $1 } }
      case .return(let projection):
        let table = try project(projection, rows, kept: kept)
        rows = table.rows
        columns = table.columns
      }
      try step(rows.count)
    }
    return Table(columns: columns, rows: rows)
  }

  private func elements(_ list: Value) -> [Value] {
    switch list {
    case .null: []
    case .list(let elements): elements
    default: [list]
    }
  }

  private func call(_ call: CallClause, _ rows: [Row]) throws -> [Row] {
    try rows.flatMap { row -> [Row] in
      var imported: Row = call.importsAll ? row : [:]
      for name in call.imports { imported[name.name] = row[name.name] }
      let table = try run(call.body, start: imported, kept: imported)
      let joined = table.rows.map { inner in row.merging(inner) { $1 } }
      if joined.isEmpty, call.optional {
        return [table.columns.reduce(row) { $0.setting($1, .null) }]
      }
      return joined
    }
  }

  // MARK: Matching

  private func match(_ match: MatchClause, _ rows: [Row]) throws -> [Row] {
    try rows.flatMap { row -> [Row] in
      let found = try matches(of: match.paths, filter: match.filter, row)
      if found.isEmpty, match.optional {
        return [
          Self.variables(of: match.paths).reduce(row) { padded, name in
            padded[name] == nil ? padded.setting(name, .null) : padded
          }
        ]
      }
      return found
    }
  }

  private static func variables(of paths: [PathPattern]) -> [String] {
    paths.flatMap { path in
      path.nodes.compactMap(\.variable?.name) + path.edges.compactMap(\.variable?.name)
        + [path.variable?.name].compactMap { $0 }
    }
  }

  // MARK: Expressions

  package func value(
    _ expression: Language.Expression,
    _ row: Row,
    aggregates: [String: Value] = [:]
  ) throws -> Value {
    try ScalarEvaluator.evaluate(
      expression,
      in: ReferenceEnvironment(evaluator: self, row: row.merging(aggregates) { $1 })
    )
  }

  package func isTrue(_ condition: Language.Expression, _ row: Row) throws -> Bool {
    switch try value(condition, row) {
    case .boolean(let truth): return truth
    case .null: return false
    case let other: throw EvaluationError(.typeMismatch, "\(other.typeName) is no condition")
    }
  }

  package func distinct(_ rows: [Row], by columns: [String]) -> [Row] {
    var seen: Set<[EquivalenceKey]> = []
    return rows.filter { row in
      seen.insert(columns.map { EquivalenceKey(row[$0] ?? .null) }).inserted
    }
  }
}

extension OrderedDictionary<String, Value> {
  package func setting(_ name: String, _ value: Value) -> Self {
    var row = self
    row[name] = value
    return row
  }
}

/// What expressions ask of the graph and of subqueries.
package struct ReferenceEnvironment: EvaluationEnvironment {
  package let evaluator: ReferenceEvaluator
  package let row: ReferenceEvaluator.Row

  package func variable(_ name: String) -> Value? { row[name] }

  package func parameter(_ name: String) -> Value? { nil }

  package func property(of entity: Value, named name: String) throws(EvaluationError) -> Value {
    switch entity {
    case .node(let node): return evaluator.graph.node(node)?.properties[name] ?? .null
    case .edge(let edge): return evaluator.graph.edge(edge)?.properties[name] ?? .null
    default: return try ValueOperations.property(of: entity, named: name)
    }
  }

  package func hasLabels(
    _ entity: Value,
    _ labels: LabelExpression
  ) throws(EvaluationError) -> Bool? {
    switch entity {
    case .node(let node): Self.holds(labels, evaluator.graph.node(node)?.labels ?? [])
    case .edge(let edge):
      Self.holds(labels, (evaluator.graph.edge(edge)?.type).map { [$0] } ?? [])
    default: nil
    }
  }

  package static func holds(_ expression: LabelExpression, _ labels: [String]) -> Bool {
    switch expression.kind {
    case .label(let name): labels.contains(name)
    case .and(let left, let right): holds(left, labels) && holds(right, labels)
    case .or(let left, let right): holds(left, labels) || holds(right, labels)
    case .not(let operand): !holds(operand, labels)
    case .any: !labels.isEmpty
    }
  }

  package func call(_ function: String, _ arguments: [Value]) throws(EvaluationError) -> Value? {
    switch (function.lowercased(), arguments.first) {
    case ("labels", .node(let node)):
      return .list((evaluator.graph.node(node)?.labels ?? []).sorted().map { .string($0) })
    case ("type", .edge(let edge)): return evaluator.graph.edge(edge).map { .string($0.type) }
    case ("startnode", .edge(let edge)): return evaluator.graph.edge(edge).map { .node($0.from) }
    case ("endnode", .edge(let edge)): return evaluator.graph.edge(edge).map { .node($0.to) }
    case ("nodes", .path(let path)): return .list(path.nodes.map { .node($0) })
    case ("relationships", .path(let path)): return .list(path.edges.map { .edge($0) })
    case ("labels", .null), ("type", .null), ("startnode", .null), ("endnode", .null),
      ("nodes", .null), ("relationships", .null):
      return .null
    default: return nil
    }
  }

  package func graphValue(
    _ expression: Language.Expression,
    locals: [(name: String, value: Value)]
  ) throws(EvaluationError) -> Value {
    let outer = locals.reduce(row) { $0.setting($1.name, $1.value) }
    do {
      switch expression.kind {
      case .patternPredicate(let path):
        return .boolean(try !evaluator.matches(of: [path], filter: nil, outer).isEmpty)
      case .patternComprehension(let comprehension):
        let found = try evaluator.matches(
          of: [comprehension.pattern],
          filter: comprehension.filter,
          outer
        )
        return .list(try found.map { try evaluator.value(comprehension.projection, $0) })
      case .exists(let query): return .boolean(try !rows(query, outer).rows.isEmpty)
      case .count(let query): return .integer(Int64(try rows(query, outer).rows.count))
      case .collect(let query):
        let table = try rows(query, outer)
        return .list(table.rows.map { $0[table.columns[0]] ?? .null })
      default: throw EvaluationError(.unsupported, "not a subquery")
      }
    } catch let error as EvaluationError {
      throw error
    } catch {
      throw EvaluationError(.limitExceeded, "\(error)")
    }
  }

  private func rows(
    _ query: Subquery,
    _ outer: ReferenceEvaluator.Row
  ) throws -> ReferenceEvaluator.Table {
    try evaluator.run(query.body, start: outer, kept: outer)
  }
}
