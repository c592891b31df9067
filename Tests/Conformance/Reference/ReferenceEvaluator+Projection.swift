import Expressions
import GraphModel
package import Language
import OrderedCollections
import SourceText

// WITH and RETURN: columns, groups, order.

extension ReferenceEvaluator {
  package func project(_ projection: Projection, _ rows: [Row], kept: Row) throws -> Table {
    var items: [(name: String, value: Language.Expression)] = []
    if projection.includesAll {
      let names = rows.first.map { Array($0.keys) } ?? []
      for name in names where kept[name] == nil {
        items.append((name, Expression(.variable(name), at: SourceSpan(0, 0))))
      }
    }
    items += projection.items.map { ($0.name, $0.value) }
    let columns = items.map(\.name)
    // The row that was made, with what its ORDER BY may read besides.
    var made: [(row: Row, context: Row)] =
      items.contains { Self.hasAggregate($0.value) }
      ? try group(items, rows)
      : try rows.map { row in
        var result: Row = [:]
        for item in items { result[item.name] = try value(item.value, row) }
        return (result, row.merging(result) { $1 })
      }
    if projection.distinct {
      let kept = distinct(made.map(\.row), by: columns)
      made = kept.map { ($0, $0) }
    }
    try sort(&made, projection.order)
    var result = made.map(\.row)
    if let skip = projection.skip { result = Array(result.dropFirst(try count(skip))) }
    if let limit = projection.limit { result = Array(result.prefix(try count(limit))) }
    if let filter = projection.filter {
      result = try result.filter { try isTrue(filter, kept.merging($0) { $1 }) }
    }
    return Table(columns: columns, rows: result)
  }

  private func count(_ expression: Language.Expression) throws -> Int {
    guard case .integer(let number) = try value(expression, [:]), number >= 0 else {
      throw EvaluationError(.typeMismatch, "not a number of rows")
    }
    return Int(number)
  }

  private func sort(
    _ rows: inout [(row: Row, context: Row)],
    _ order: [Projection.SortItem]
  ) throws {
    if order.isEmpty { return }
    let keyed = try rows.map { entry in
      (entry, try order.map { try value($0.value, entry.context) })
    }
    rows = keyed.enumerated().sorted { left, right in
      for (index, item) in order.enumerated() {
        let result = ValueOperations.order(left.element.1[index], right.element.1[index])
        if result != 0 { return item.descending ? result > 0 : result < 0 }
      }
      return left.offset < right.offset
    }.map(\.element.0)
  }

  // MARK: Groups

  private func group(
    _ items: [(name: String, value: Language.Expression)],
    _ rows: [Row]
  ) throws -> [(row: Row, context: Row)] {
    let keys = items.filter { !Self.hasAggregate($0.value) }
    var groups: [(key: [EquivalenceKey], rows: [Row])] = keys.isEmpty ? [([], [])] : []
    for row in rows {
      let key = try keys.map { EquivalenceKey(try value($0.value, row)) }
      if let index = groups.firstIndex(where: { $0.key == key }) {
        groups[index].rows.append(row)
      } else {
        groups.append((key, [row]))
      }
    }
    return try groups.map { key, rows in
      var result: Row = [:]
      for item in items {
        if let index = keys.firstIndex(where: { $0.name == item.name }) {
          result[item.name] = key[index].value
        } else {
          result[item.name] = try fold(item.value, rows)
        }
      }
      return (result, result)
    }
  }

  /// The value of an expression with aggregates, over a group.
  private func fold(_ expression: Language.Expression, _ rows: [Row]) throws -> Value {
    var values: [String: Value] = [:]
    let rewritten = try Self.replacingAggregates(expression) { aggregate in
      let name = "aggregate \(values.count)"
      values[name] = try self.aggregate(aggregate, rows)
      return name
    }
    return try value(rewritten, rows.first ?? [:], aggregates: values)
  }

  private func aggregate(_ expression: Language.Expression, _ rows: [Row]) throws -> Value {
    guard case .call(let name, let isDistinct, let arguments) = expression.kind,
      let function = FunctionLibrary.aggregate(named: name.name)
    else { return .integer(Int64(rows.count)) }
    let parameter = try arguments.count > 1 ? rows.first.map { try value(arguments[1], $0) } : nil
    var accumulator = try function.accumulator(distinct: isDistinct, parameter: parameter)
    for row in rows { try accumulator.add(try value(arguments[0], row)) }
    return accumulator.finish()
  }

  package static func hasAggregate(_ expression: Language.Expression) -> Bool {
    var found = false
    _ = try? replacingAggregates(expression) { _ in
      found = true
      return ""
    }
    return found
  }

  /// Puts a variable in the place of each aggregate.
  private static func replacingAggregates(
    _ expression: Language.Expression,
    _ name: (Language.Expression) throws -> String
  ) throws -> Language.Expression {
    func go(_ part: Language.Expression) throws -> Language.Expression {
      try replacingAggregates(part, name)
    }
    var result = expression
    switch expression.kind {
    case .countRows: result.kind = .variable(try name(expression))
    case .call(let function, _, _) where FunctionLibrary.aggregate(named: function.name) != nil:
      result.kind = .variable(try name(expression))
    case .call(let function, let distinct, let arguments):
      result.kind = .call(function, distinct: distinct, arguments: try arguments.map(go))
    case .binary(let operation, let left, let right):
      result.kind = .binary(operation, try go(left), try go(right))
    case .unary(let operation, let operand): result.kind = .unary(operation, try go(operand))
    case .list(let elements): result.kind = .list(try elements.map(go))
    case .isNull(let operand, let negated): result.kind = .isNull(try go(operand), negated: negated)
    case .property(let base, let property): result.kind = .property(try go(base), property)
    case .element(let base, let index): result.kind = .element(try go(base), index: try go(index))
    case .map(let entries):
      result.kind = .map(try entries.map { MapEntry(key: $0.key, value: try go($0.value)) })
    default: break
    }
    return result
  }
}
