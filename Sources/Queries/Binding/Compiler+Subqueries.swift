import Expressions
import GraphModel
import Language
import SourceText

extension Compiler {
  func bindSubquery(_ expression: Expression, _ scope: Scope) throws(Diagnostics) -> Typed {
    let span = expression.span
    switch expression.kind {
    case .exists(let query):
      return (Bound(.exists(try subquery(query.body, scope)), at: span), .boolean)
    case .count(let query):
      return (Bound(.countRows(try subquery(query.body, scope)), at: span), .integer)
    case .collect(let query):
      let bound = try subquery(query.body, scope, collects: true)
      return (Bound(.collect(bound), at: span), .list)
    case .patternPredicate(let path):
      try refuseNewVariables(path, scope)
      let body = matchBody(path, filter: nil)
      return (Bound(.exists(try subquery(body, scope)), at: span), .boolean)
    case .patternComprehension(let comprehension):
      return try bindPatternComprehension(comprehension, span, scope)
    default: preconditionFailure("not a subquery")
    }
  }

  /// A pattern as a query of one MATCH.
  private func matchBody(_ path: PathPattern, filter: Expression?) -> QueryBody {
    let match = MatchClause(
      optional: false,
      paths: [path],
      filter: filter,
      asOf: nil,
      knownAt: nil,
      span: path.span
    )
    let query = SingleQuery(clauses: [.match(match)], span: path.span)
    return QueryBody(queries: [query], unions: [], span: path.span)
  }

  private func refuseNewVariables(_ path: PathPattern, _ scope: Scope) throws(Diagnostics) {
    let variables = path.nodes.map(\.variable) + path.edges.map(\.variable) + [path.variable]
    for case let variable? in variables where scope[variable.name] == nil {
      throw unknownVariable(variable.name, variable.span, scope)
    }
  }

  private func bindPatternComprehension(
    _ comprehension: PatternComprehension,
    _ span: SourceSpan,
    _ scope: Scope
  ) throws(Diagnostics) -> Typed {
    let item = Projection.Item(
      value: comprehension.projection,
      alias: Identifier("value", at: comprehension.projection.span),
      name: "value"
    )
    let projection = Projection(
      distinct: false,
      includesAll: false,
      items: [item],
      order: [],
      skip: nil,
      limit: nil,
      filter: nil,
      span: comprehension.projection.span
    )
    var body = matchBody(comprehension.pattern, filter: comprehension.filter)
    if containsAggregate(comprehension.projection, scope) {
      throw fail("a pattern comprehension does not aggregate", at: comprehension.projection.span)
    }
    body.queries[0].clauses.append(.return(projection))
    return (Bound(.collect(try subquery(body, scope, collects: true)), at: span), .list)
  }

  private func containsAggregate(_ expression: Expression, _ scope: Scope) -> Bool {
    switch expression.kind {
    case .countRows: true
    case .call(let name, _, _): FunctionLibrary.aggregate(named: name.name) != nil
    default: false
    }
  }

  private func subquery(
    _ body: QueryBody,
    _ scope: Scope,
    collects: Bool = false
  ) throws(Diagnostics) -> BoundSubquery {
    let rowSlot = newSlot()
    let inner = try compile(
      body,
      leaf: { Plan(.argument(rowSlot: rowSlot), estimate: 1) },
      scope: scope,
      partition: rowSlot,
      isInner: !collects,
      keepsScope: true
    )
    if collects, inner.columns.count != 1 {
      throw fail(
        "COLLECT { } returns one column, not \(inner.columns.count)",
        at: body.span
      )
    }
    let result = collects ? inner.columns.first?.variable.slot : nil
    var outer: Set<Int> = []
    Liveness.assign(
      inner.plan,
      needed: Set([rowSlot, result].compactMap { $0 }),
      argument: &outer
    )
    let openPlans =
      collects ? [] : try openPlans(body, scope, rowSlot: rowSlot, outerSlots: outer)
    return BoundSubquery(
      plan: inner.plan,
      rowSlot: rowSlot,
      outerSlots: outer.sorted(),
      resultSlot: result,
      openPlans: openPlans
    )
  }

  /// Plans of a single MATCH between at most two outer nodes that find one of them.
  private func openPlans(
    _ body: QueryBody,
    _ scope: Scope,
    rowSlot: Int,
    outerSlots: Set<Int>
  ) throws(Diagnostics) -> [BoundSubquery.OpenPlan] {
    guard (1...2).contains(outerSlots.count), body.queries.count == 1,
      body.queries[0].clauses.count == 1, case .match(let match) = body.queries[0].clauses[0],
      !match.optional, match.paths.allSatisfy({ $0.selector == .all })
    else { return [] }
    var plans: [BoundSubquery.OpenPlan] = []
    for slot in outerSlots.sorted() {
      let leaf = Plan(.argument(rowSlot: rowSlot), estimate: 1)
      let clauses = ClauseCompiler(self, plan: leaf, scope: scope, partition: rowSlot)
      clauses.openSlot = slot
      try clauses.compile(match)
      guard clauses.pendingNodes.contains(slot) else { continue }
      let plan = try clauses.finish()
      var read: Set<Int> = []
      Liveness.assign(plan, needed: [slot], argument: &read)
      // Where the open node is read from the outer row, it was not found by the pattern.
      if read.contains(slot) { continue }
      let others = outerSlots.subtracting([slot])
      if !read.isSubset(of: others) { continue }
      plans.append(
        BoundSubquery.OpenPlan(openSlot: slot, otherSlot: others.first, plan: plan)
      )
    }
    return plans
  }
}
