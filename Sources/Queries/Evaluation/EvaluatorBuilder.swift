import Expressions
import GraphModel
import GraphStorage
import SourceText

/// Makes evaluators out of bound expressions, for one run.
struct EvaluatorBuilder {
  let context: ExecutionContext

  init(_ context: ExecutionContext) {
    self.context = context
  }

  private func compare(
    _ comparison: CompareOperator,
    _ left: Bound,
    _ right: Bound,
    _ span: SourceSpan
  ) -> Evaluator {
    let other = ComparisonEvaluator(context, span, comparison, make(left), make(right))
    if comparison == .equal || comparison == .notEqual, context.view.areAllIdentified {
      for (property, constant) in [(left, right), (right, left)] where constant.isConstant {
        guard case .property(let base, "id") = property.kind, case .slot(let slot) = base.kind
        else { continue }
        return NodeIdentityEvaluator(context, span, comparison, slot, make(constant), other)
      }
    }
    guard case .property(let first, let name) = left.kind, case .slot(let firstSlot) = first.kind,
      case .property(let second, name) = right.kind, case .slot(let secondSlot) = second.kind,
      let key = context.view.graph.propertyKey(named: name), context.options.languages.isEmpty
    else { return other }
    return NodeOrderEvaluator(context, span, comparison, key, firstSlot, secondSlot, other)
  }

  func make(_ bound: Bound) -> Evaluator {
    let span = bound.span
    switch bound.kind {
    case .constant(let value): return ConstantEvaluator(context, span, value)
    case .parameter(let name):
      return ConstantEvaluator(context, span, context.parameters[name] ?? .null)
    case .slot(let slot): return SlotEvaluator(context, span, slot: slot)
    case .property(let base, let name):
      let base = make(base)
      if name == "year", let date = base as? PropertyEvaluator {
        return YearEvaluator(context, span, of: date)
      }
      return PropertyEvaluator(context, span, base: base, name: name)
    case .logic(.and, let left, let right):
      return ShortcutEvaluator(context, span, decisive: false, make(left), make(right))
    case .logic(.or, let left, let right):
      return ShortcutEvaluator(context, span, decisive: true, make(left), make(right))
    case .logic(.exclusiveOr, let left, let right):
      return ExclusiveOrEvaluator(context, span, [make(left), make(right)])
    case .not(let operand): return NotEvaluator(context, span, [make(operand)])
    case .compare(let comparison, let left, let right):
      return compare(comparison, left, right, span)
    case .arithmetic(let operation, let left, let right):
      return ArithmeticEvaluator(context, span, operation, make(left), make(right))
    case .isIn(let element, let list):
      return MembershipEvaluator(context, span, make(element), make(list))
    case .isNull(let operand, let negated):
      return NullTestEvaluator(context, span, make(operand), negated: negated)
    case .hasLabels(let operand, let labels):
      return LabelTestEvaluator(
        context,
        span,
        make(operand),
        labelSets: labels.labelSets,
        edgeTypes: labels.edgeTypes
      )
    case .conditional(let branches, let otherwise):
      return ConditionalEvaluator(
        context,
        span,
        branches: branches.map { (make($0.condition), make($0.result)) },
        otherwise: otherwise.map(make)
      )
    case .text(let operation, let left, let right): return text(operation, left, right, span)
    case .call(let name, let arguments): return call(name, arguments, span)
    case .entity(.similarity, let arguments):
      return NameMatchEvaluator(
        context,
        span,
        arguments[0],
        arguments[1],
        asksSimilarity: true,
        builder: self
      )
    case .entity(let function, let arguments):
      return EntityEvaluator(context, span, function, arguments.map(make))
    case .path(let steps): return PathEvaluator(context, span, steps: steps)
    case .exists(let query): return ExistsEvaluator(context, span, query)
    case .countRows(let query): return CountEvaluator(context, span, query)
    case .collect(let query): return CollectEvaluator(context, span, query)
    case .aggregate: preconditionFailure("aggregates are replaced by the projection")
    default: return makeValue(bound)
    }
  }

  /// Lists, maps and what has no kernel.
  private func makeValue(_ bound: Bound) -> Evaluator {
    let span = bound.span
    switch bound.kind {
    case .element(let base, let index):
      return ElementEvaluator(context, span, [make(base), make(index)])
    case .slice(let base, let from, let to):
      return slice(make(base), from.map(make), to.map(make), span)
    case .list(let elements): return ListEvaluator(context, span, elements.map(make))
    case .map(let entries):
      return MapEvaluator(
        context,
        span,
        keys: entries.map(\.key),
        entries.map { make($0.value) }
      )
    case .mapProjection(let base, let all, let entries):
      return MapProjectionEvaluator(
        context,
        span,
        keys: entries.map(\.key),
        all: all,
        [make(base)] + entries.map { make($0.value) }
      )
    case .negate(let operand):
      return FunctionEvaluator(context, span, [make(operand)]) {
        values throws(EvaluationError) in
        try ValueOperations.negate(values[0])
      }
    case .plus(let operand):
      return FunctionEvaluator(context, span, [make(operand)]) {
        values throws(EvaluationError) in
        try ValueOperations.plus(values[0])
      }
    case .resembles(let left, let right):
      return NameMatchEvaluator(context, span, left, right, builder: self)
    case .derivedEdge(let type, let from, let to, let entries):
      return DerivedEdgeEvaluator(
        context,
        span,
        type: type,
        keys: entries.map(\.key),
        [
          SlotEvaluator(context, span, slot: from), SlotEvaluator(context, span, slot: to),
        ] + entries.map { make($0.value) }
      )
    default: return makeUnnesting(bound)
    }
  }

  private func makeUnnesting(_ bound: Bound) -> Evaluator {
    let span = bound.span
    switch bound.kind {
    case .comprehension(let slot, let list, let filter, let projection):
      let inner = (filter?.freeSlots ?? []).union(projection?.freeSlots ?? [])
      let evaluator = ComprehensionEvaluator(
        context,
        span,
        list: make(list),
        slot: slot,
        outerSlots: inner.subtracting([slot]).sorted()
      )
      evaluator.filter = filter.map(make)
      evaluator.projection = projection.map(make)
      return evaluator
    case .quantifier(let kind, let slot, let list, let predicate):
      let evaluator = QuantifierEvaluator(
        context,
        span,
        list: make(list),
        slot: slot,
        outerSlots: predicate.freeSlots.subtracting([slot]).sorted()
      )
      evaluator.kind = kind
      evaluator.predicate = make(predicate)
      return evaluator
    case .reduce(let accumulator, let initial, let slot, let list, let body):
      return ReduceEvaluator(
        context,
        span,
        initial: make(initial),
        list: make(list),
        body: make(body),
        accumulator: accumulator,
        slot: slot
      )
    default: preconditionFailure("every kind of expression has an evaluator")
    }
  }

  private func text(
    _ operation: TextOperator,
    _ left: Bound,
    _ right: Bound,
    _ span: SourceSpan
  ) -> Evaluator {
    if operation == .matches {
      return PatternEvaluator(context, span, [make(left), make(right)])
    }
    if case .call("tolower", let arguments) = left.kind, arguments.count == 1 {
      let match = TextMatchEvaluator(
        context,
        span,
        operation,
        make(arguments[0]),
        make(right),
        lowerCase: true
      )
      return LowerCaseSearchEvaluator(context, match) ?? match
    }
    return TextMatchEvaluator(
      context,
      span,
      operation,
      make(left),
      make(right),
      lowerCase: false
    )
  }

  private func slice(
    _ base: Evaluator,
    _ from: Evaluator?,
    _ to: Evaluator?,
    _ span: SourceSpan
  ) -> Evaluator {
    let hasStart = from != nil
    let hasEnd = to != nil
    let operands = [base] + [from, to].compactMap { $0 }
    return FunctionEvaluator(context, span, operands) { values throws(EvaluationError) in
      try ValueOperations.slice(
        of: values[0],
        from: hasStart ? values[1] : nil,
        to: hasEnd ? values[hasStart ? 2 : 1] : nil
      )
    }
  }

  private func call(_ name: String, _ arguments: [Bound], _ span: SourceSpan) -> Evaluator {
    switch name {
    case "coalesce": return CoalesceEvaluator(context, span, arguments.map(make))
    case "range": return RangeEvaluator(context, span, arguments.map(make))
    case "size" where arguments.count == 1:
      return SizeEvaluator(context, span, arguments.map(make))
    default: break
    }
    guard let function = FunctionLibrary.scalar(named: name) else {
      preconditionFailure("the binder knows every function")
    }
    if let value = context.constantValue(of: function, arguments) {
      return ConstantEvaluator(context, span, value)
    }
    if function.volatility(argumentCount: arguments.count) == .volatile {
      return VolatileEvaluator(context, span, function)
    }
    return FunctionEvaluator(context, span, arguments.map(make)) {
      values throws(EvaluationError) in
      try function.evaluate(values)
    }
  }
}

extension ExecutionContext {
  /// What an expression is for all rows of the query, where that is plain to see: literals,
  /// parameters and functions of those.
  ///
  /// `nil` also where the evaluation fails: it may be that no row ever asks. And for `range`, which
  /// may be long: only its evaluator stops when the query has to.
  func constantValue(_ bound: Bound) -> Value? {
    switch bound.kind {
    case .constant(let value): value
    case .parameter(let name): parameters[name] ?? .null
    case .call("range", _): nil
    case .call(let name, let arguments):
      FunctionLibrary.scalar(named: name).flatMap { constantValue(of: $0, arguments) }
    default: nil
    }
  }

  /// The value of an expression without variables.
  func value(of bound: Bound) throws(QueryError) -> Value {
    if let value = constantValue(bound) { return value }
    let row = Chunk(slotCount: slotCount, selection: Selection(all: 1))
    return value(try EvaluatorBuilder(self).make(bound).evaluate(row, row.rows), 0)
  }

  /// The same of a call.
  func constantValue(of function: ScalarFunction, _ arguments: [Bound]) -> Value? {
    if function.volatility(argumentCount: arguments.count) == .volatile { return nil }
    var values: [Value] = []
    for argument in arguments {
      guard let value = constantValue(argument) else { return nil }
      values.append(value)
    }
    return try? function.evaluate(values, now: arguments.isEmpty ? now : nil)
  }
}

/// `size(list)` without making the list, and of strings as the library says.
final class SizeEvaluator: OperandEvaluator {
  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    let operand = operands[0]
    for index in 0..<rows.count {
      let row = rows[index]
      if let count = context.elementCount(of: operand, row: row) {
        result.set(row, Tag.integer, UInt64(count))
        continue
      }
      do {
        let value = try FunctionLibrary.scalar(named: "size")?.evaluate([
          context.value(operand, row)
        ])
        context.store(value ?? .null, in: result, at: row)
      } catch {
        throw error.queryError(at: span)
      }
    }
  }
}
