import Expressions
import Language
import SourceText

// Expressions that bind a variable to each element of a list.

extension Compiler {
  /// A list that is run over, and the scope of what is evaluated for each element.
  private struct Iteration {
    let source: Typed
    let slot: Int
    var scope: Scope
    let place: ExpressionPlace
  }

  func bindIteration(
    _ expression: Expression,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    switch expression.kind {
    case .listComprehension(let comprehension):
      return try bind(comprehension, at: expression.span, scope, place)
    case .quantifier(let quantifier):
      return try bind(quantifier, at: expression.span, scope, place)
    case .reduce(let reduce):
      return try bind(reduce, at: expression.span, scope, place)
    default: preconditionFailure("every kind of expression is bound")
    }
  }

  private func iterate(
    over list: Expression,
    _ variable: Identifier,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Iteration {
    let source = try bind(list, scope, place)
    if !source.type.mayBe(.list) {
      throw mismatch("\(variable.name) runs over", "a list", source.type, list.span)
    }
    let slot = newSlot(named: variable.name)
    let elements = source.type.kinds == .list ? source.type.elements : .any
    var inner = scope
    inner.bind(variable.name, Variable(slot: slot, type: StaticType(kinds: elements)))
    var elementPlace = ExpressionPlace.row
    elementPlace.aggregateHint = "an aggregate is not possible inside of a list expression"
    return Iteration(source: source, slot: slot, scope: inner, place: elementPlace)
  }

  private func bind(
    _ comprehension: ListComprehension,
    at span: SourceSpan,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    let iteration = try iterate(over: comprehension.list, comprehension.variable, scope, place)
    var filter: Bound?
    if let condition = comprehension.filter {
      let typed = try bind(condition, iteration.scope, iteration.place)
      try expectBoolean(typed, "WHERE", condition.span)
      filter = typed.bound
    }
    var type = iteration.source.type
    var projection: Bound?
    if let expression = comprehension.projection {
      let typed = try bind(expression, iteration.scope, iteration.place)
      projection = typed.bound
      type = .list(of: typed.type.kinds)
    }
    let kind = Bound.Kind.comprehension(
      slot: iteration.slot,
      list: iteration.source.bound,
      filter: filter,
      projection: projection
    )
    return (Bound(kind, at: span), type)
  }

  private func bind(
    _ quantifier: QuantifierExpression,
    at span: SourceSpan,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    let iteration = try iterate(over: quantifier.list, quantifier.variable, scope, place)
    let predicate = try bind(quantifier.predicate, iteration.scope, iteration.place)
    try expectBoolean(predicate, "WHERE", quantifier.predicate.span)
    let kind: QuantifierKind =
      switch quantifier.kind {
      case .all: .all
      case .any: .any
      case .none: .none
      case .single: .single
      }
    let bound = Bound.Kind.quantifier(
      kind,
      slot: iteration.slot,
      list: iteration.source.bound,
      predicate: predicate.bound
    )
    return (Bound(bound, at: span), .boolean)
  }

  private func bind(
    _ reduce: ReduceExpression,
    at span: SourceSpan,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    let initial = try bind(reduce.initial, scope, place)
    var iteration = try iterate(over: reduce.list, reduce.variable, scope, place)
    let accumulator = newSlot(named: reduce.accumulator.name)
    iteration.scope.bind(reduce.accumulator.name, Variable(slot: accumulator, type: .any))
    let body = try bind(reduce.body, iteration.scope, iteration.place)
    let kind = Bound.Kind.reduce(
      accumulator: accumulator,
      initial: initial.bound,
      slot: iteration.slot,
      list: iteration.source.bound,
      body: body.bound
    )
    return (Bound(kind, at: span), .any)
  }
}
