import Expressions
import GraphModel
import Language
import SourceText

extension ClauseCompiler {
  /// One column of a WITH or RETURN.
  fileprivate struct Column {
    var name: String
    var value: Bound
    var variable: Variable
    var span: SourceSpan
    /// Whether `value` is already in its slot.
    var isVariable: Bool
  }

  /// Compiles WITH or RETURN; the scope becomes its columns.
  func compile(
    _ projection: Projection,
    isReturn: Bool
  ) throws(Diagnostics) -> [(name: String, variable: Variable)] {
    var columns = try columns(of: projection, isReturn: isReturn)
    let inputScope = scope
    let aggregates = columns.contains { $0.value.containsAggregate }
    let orderScope = outputScope(columns).overlaying(inputScope)
    let order = try bindOrder(projection, orderScope, aggregates: aggregates)
    let skip = try bindCount(projection.skip)
    let limit = try bindCount(projection.limit)
    let filter = try projection.filter.map2 { condition throws(Diagnostics) in
      try self.compiler.bindCondition(condition, orderScope)
    }
    let weight = try flush(for: use(of: columns, distinct: projection.distinct))
    var replaced = order
    var condition = filter
    if aggregates {
      let rewriter = try aggregate(&columns, weight: weight)
      for index in replaced.indices {
        replaced[index].value = try rewriter.rewrite(replaced[index].value, columns)
      }
      condition = try condition.map2 { value throws(Diagnostics) in
        try rewriter.rewrite(value, columns)
      }
    } else {
      project(columns)
      if projection.distinct {
        let slots = columns.map(\.variable.slot)
        plan = Plan(.distinct(slots, partition: partition), [plan], estimate: plan.estimate * 0.5)
        let rewriter = ProjectionRewriter(
          compiler,
          keys: keys(of: columns),
          kept: Self.slots(of: keptScope),
          hint: "DISTINCT"
        )
        for index in replaced.indices {
          replaced[index].value = try rewriter.rewrite(replaced[index].value, columns)
        }
        condition = try condition.map2 { value throws(Diagnostics) in
          try rewriter.rewrite(value, columns)
        }
      } else {
        for index in replaced.indices {
          replaced[index].value = wholeColumn(replaced[index].value, columns)
        }
      }
    }
    if aggregates, projection.distinct {
      let slots = columns.map(\.variable.slot)
      plan = Plan(.distinct(slots, partition: partition), [plan], estimate: plan.estimate)
    }
    finish(order: replaced, skip: skip, limit: limit, condition: condition)
    scope = outputScope(columns).overlaying(keptScope)
    bound = Self.slots(of: scope)
    return columns.map { ($0.name, $0.variable) }
  }

  private func outputScope(_ columns: [Column]) -> Scope {
    var scope = Scope()
    for column in columns { scope.bind(column.name, column.variable) }
    return scope
  }

  private func finish(order: [Sorting.Key], skip: Bound?, limit: Bound?, condition: Bound?) {
    var estimate = plan.estimate
    if case .constant(.integer(let count))? = limit?.kind {
      estimate = min(estimate, Double(count))
    }
    if !order.isEmpty {
      let sorting = Sorting(keys: order, skip: skip, limit: limit, partition: partition)
      plan = Plan(.sort(sorting), [plan], estimate: estimate)
    } else if skip != nil || limit != nil {
      plan = Plan(
        .slice(skip: skip, limit: limit, partition: partition),
        [plan],
        estimate: estimate
      )
    }
    if let condition {
      plan = Plan(.filter(condition), [plan], estimate: plan.estimate * 0.5)
    }
  }

  // MARK: Columns

  private func columns(of projection: Projection, isReturn: Bool) throws(Diagnostics) -> [Column] {
    var columns: [Column] = []
    if projection.includesAll {
      if scope.names.isEmpty, isReturn {
        throw fail("there are no variables that \"*\" could stand for", at: projection.span)
      }
      for name in scope.names.sorted() {
        guard let variable = scope[name] else { continue }
        let value = Bound(.slot(variable.slot), at: projection.span)
        columns.append(
          Column(
            name: name,
            value: value,
            variable: variable,
            span: projection.span,
            isVariable: true
          )
        )
      }
    }
    for item in projection.items {
      let typed = try compiler.bind(item.value, scope, .projection)
      if !isReturn, item.alias == nil {
        guard case .variable = item.value.kind else {
          throw fail(
            "an expression of WITH needs a name",
            at: item.value.span,
            hint: "add AS and a name after it"
          )
        }
      }
      if let twin = columns.first(where: { $0.name == item.name }) {
        throw fail(
          "two columns are named \"\(twin.name)\"",
          at: item.alias?.span ?? item.value.span,
          hint: "give one of them another name with AS"
        )
      }
      if case .variable(let name) = item.value.kind, let variable = scope[name] {
        columns.append(
          Column(
            name: item.name,
            value: typed.bound,
            variable: variable,
            span: item.value.span,
            isVariable: true
          )
        )
      } else {
        columns.append(
          Column(
            name: item.name,
            value: typed.bound,
            variable: Variable(slot: compiler.newSlot(named: item.name), type: typed.type),
            span: item.value.span,
            isVariable: false
          )
        )
      }
    }
    return columns
  }

  private func project(_ columns: [Column]) {
    let assignments = columns.filter { !$0.isVariable }.map {
      Assignment(slot: $0.variable.slot, value: $0.value, name: $0.name)
    }
    if !assignments.isEmpty {
      plan = Plan(.project(assignments), [plan], estimate: plan.estimate)
    }
  }

  /// The column whose whole expression this is, where there is one.
  private func wholeColumn(_ value: Bound, _ columns: [Column]) -> Bound {
    if let column = columns.first(where: { $0.value == value }) {
      return Bound(.slot(column.variable.slot), at: value.span)
    }
    return value
  }

  // MARK: Order and limits

  private func bindOrder(
    _ projection: Projection,
    _ scope: Scope,
    aggregates: Bool
  ) throws(Diagnostics) -> [Sorting.Key] {
    var place = ExpressionPlace.row
    place.allowsAggregates = aggregates
    place.aggregateHint = "only a projection that aggregates can be ordered by an aggregate"
    var keys: [Sorting.Key] = []
    for item in projection.order {
      let value = try compiler.bind(item.value, scope, place).bound
      keys.append(Sorting.Key(value: value, descending: item.descending))
    }
    return keys
  }

  /// SKIP and LIMIT: a number that does not depend on the row.
  private func bindCount(_ expression: Expression?) throws(Diagnostics) -> Bound? {
    guard let expression else { return nil }
    let typed = try compiler.bind(expression, scope)
    if !typed.bound.isConstant {
      throw fail(
        "a number of rows may not depend on the row",
        at: expression.span,
        hint: "use a number or a parameter"
      )
    }
    if !typed.type.mayBe(.integer) {
      throw compiler.mismatch("a number of rows is", "an integer", typed.type, expression.span)
    }
    if case .constant(.integer(let count)) = typed.bound.kind, count < 0 {
      throw fail("a number of rows is never negative", at: expression.span)
    }
    return typed.bound
  }

  // MARK: Aggregation

  /// The columns that are simple enough to stand for themselves inside of other expressions.
  private func keys(of columns: [Column]) -> [(value: Bound, slot: Int)] {
    columns.compactMap { column in
      if column.value.containsAggregate { return nil }
      switch column.value.kind {
      case .slot: return (column.value, column.variable.slot)
      case .property(let base, _):
        guard case .slot = base.kind else { return nil }
        return (column.value, column.variable.slot)
      default: return nil
      }
    }
  }

  /// Adds the aggregation and what is computed from its results.
  private func aggregate(
    _ columns: inout [Column],
    weight: Int?
  ) throws(Diagnostics) -> ProjectionRewriter {
    var aggregation = Aggregation(keys: [], aggregates: [], partition: partition)
    aggregation.weight = weight
    for column in columns where !column.value.containsAggregate {
      aggregation.keys.append(
        Assignment(slot: column.variable.slot, value: column.value, name: column.name)
      )
    }
    let rewriter = ProjectionRewriter(
      compiler,
      keys: keys(of: columns),
      kept: Self.slots(of: keptScope),
      hint: "an aggregate"
    )
    var assignments: [Assignment] = []
    // An aggregate that is a whole column has that column's slot.
    for column in columns { rewriter.register(column.value, slot: column.variable.slot) }
    for column in columns where column.value.containsAggregate {
      let value = try rewriter.rewriteAggregating(column.value)
      if value.kind == .slot(column.variable.slot) { continue }
      assignments.append(
        Assignment(slot: column.variable.slot, value: value, name: column.name)
      )
    }
    aggregation.aggregates = rewriter.aggregates
    let estimate = aggregation.keys.isEmpty ? 1 : max(1, plan.estimate * 0.3)
    plan = Plan(.aggregate(aggregation), [plan], estimate: estimate)
    if !assignments.isEmpty {
      plan = Plan(.project(assignments), [plan], estimate: plan.estimate)
    }
    return rewriter
  }

  /// What becomes of the rows of the pending patterns.
  private func use(of columns: [Column], distinct: Bool) -> PatternUse? {
    let aggregates = columns.flatMap { $0.value.aggregates }
    if aggregates.isEmpty, !distinct { return nil }
    var use = PatternUse()
    for column in columns {
      use.needed.formUnion(column.value.freeSlots)
      if case .slot(let slot) = column.value.kind { use.groupedBy.insert(slot) }
    }
    use.isCounted =
      !aggregates.isEmpty
      && aggregates.allSatisfy { $0.name == "count" && $0.arguments.isEmpty && !$0.distinct }
    return use
  }

  /// Replaces what is known after an aggregation, or DISTINCT, by its slots.
  final class ProjectionRewriter {
    private let compiler: Compiler
    private let keys: [(value: Bound, slot: Int)]
    /// Outer variables, which are the same for all rows of a group.
    private let kept: Set<Int>
    private let hint: String
    var aggregates: [AggregateAssignment] = []

    init(
      _ compiler: Compiler,
      keys: [(value: Bound, slot: Int)],
      kept: Set<Int>,
      hint: String
    ) {
      self.kept = kept
      self.compiler = compiler
      self.keys = keys
      self.hint = hint
    }

    func register(_ value: Bound, slot: Int) {
      guard case .aggregate(let aggregate) = value.kind,
        !aggregates.contains(where: { $0.aggregate == aggregate })
      else { return }
      aggregates.append(
        AggregateAssignment(slot: slot, aggregate: aggregate, span: value.span)
      )
    }

    /// An expression of a column that aggregates.
    func rewriteAggregating(_ value: Bound) throws(Diagnostics) -> Bound {
      let rewritten = value.replacing { part in
        if case .aggregate(let aggregate) = part.kind {
          return Bound(.slot(self.slot(of: aggregate, part.span)), at: part.span)
        }
        return self.keys.first { $0.value == part }.map { Bound(.slot($0.slot), at: part.span) }
      }
      try check(rewritten, known: Set(aggregates.map(\.slot)), at: value.span)
      return rewritten
    }

    private func slot(of aggregate: BoundAggregate, _ span: SourceSpan) -> Int {
      if let known = aggregates.first(where: { $0.aggregate == aggregate }) { return known.slot }
      let slot = compiler.newSlot(
        named: BoundText(names: compiler.slotNames).text(Bound(.aggregate(aggregate), at: span))
      )
      aggregates.append(AggregateAssignment(slot: slot, aggregate: aggregate, span: span))
      return slot
    }

    /// An expression of ORDER BY or WHERE behind the projection.
    fileprivate func rewrite(_ value: Bound, _ columns: [Column]) throws(Diagnostics) -> Bound {
      if let column = columns.first(where: { $0.value == value }) {
        return Bound(.slot(column.variable.slot), at: value.span)
      }
      var unknown: SourceSpan?
      let rewritten = value.replacing { part in
        if case .aggregate(let aggregate) = part.kind {
          guard let known = self.aggregates.first(where: { $0.aggregate == aggregate }) else {
            unknown = part.span
            return part
          }
          return Bound(.slot(known.slot), at: part.span)
        }
        return self.keys.first { $0.value == part }.map { Bound(.slot($0.slot), at: part.span) }
      }
      if let unknown {
        throw compiler.fail(
          "this aggregate is not one of the columns",
          at: unknown,
          hint: "add it to the projection, and order by its name"
        )
      }
      let known = Set(aggregates.map(\.slot)).union(columns.map(\.variable.slot))
      try check(rewritten, known: known, at: value.span)
      return rewritten
    }

    private func check(
      _ value: Bound,
      known: Set<Int>,
      at span: SourceSpan
    ) throws(Diagnostics) {
      let known = known.union(keys.map(\.slot)).union(kept)
      if value.freeSlots.isSubset(of: known) { return }
      throw compiler.fail(
        "beside \(hint) only the other columns are known, and this is none of them",
        at: span,
        hint: "make it a column of its own, or compute it in a WITH before"
      )
    }
  }
}

extension Optional {
  /// `map` with a typed error.
  func map2<Result, Failure>(
    _ transform: (Wrapped) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    switch self {
    case .none: nil
    case .some(let value): try transform(value)
    }
  }
}
