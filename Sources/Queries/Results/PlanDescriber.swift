import SourceText

/// Says what a plan does.
struct PlanDescriber {
  let names: [String?]
  /// What was measured, by the identity of the plan; `nil` where nothing ran.
  let profile: [ObjectIdentifier: PlanProfile]?
  private let expressions: BoundText

  init(names: [String?], profile: [ObjectIdentifier: PlanProfile]?) {
    self.names = names
    self.profile = profile
    expressions = BoundText(names: names)
  }

  /// The step and its inputs; `nil` for one that only stands for the rows around it.
  func describe(_ plan: Plan) -> PlanDescription? {
    switch plan.operation {
    case .single, .argument: return nil
    case .project(let assignments) where assignments.allSatisfy(isRenaming):
      return describe(plan.inputs[0])
    default: break
    }
    let (step, detail) = text(plan)
    let measured = profile?[ObjectIdentifier(plan)]
    var inputs = plan.inputs.compactMap(describe)
    // What is done for each row comes before where the rows come from.
    if case .apply = plan.operation {
      inputs = [plan.inputs[1], plan.inputs[0]].compactMap(describe)
    }
    let subqueries = parts(plan).flatMap(self.subqueries)
    let within = plan.inputs + subqueries.map(\.plan) + subqueries.flatMap(\.openPlans).map(\.plan)
    return PlanDescription(
      step: step,
      detail: detail,
      estimatedRows: plan.estimate,
      rows: measured?.rowCount,
      time: measured.map { max(.zero, $0.time - within.map(time).reduce(.zero, +)) },
      inputs: inputs,
      subqueries: subqueries.flatMap(describe)
    )
  }

  /// The time of a step with all that it draws from.
  private func time(_ plan: Plan) -> Swift.Duration {
    profile?[ObjectIdentifier(plan)]?.time ?? .zero
  }

  /// The plan of a subquery that ran: for single rows, or for all values of a node at once.
  private func describe(_ query: BoundSubquery) -> [PlanDescription] {
    let plans = [query.plan] + query.openPlans.map(\.plan)
    let ran = plans.filter { profile?[ObjectIdentifier($0)] != nil }
    return (ran.isEmpty ? [query.plan] : ran).compactMap(describe)
  }

  private func isRenaming(_ assignment: Assignment) -> Bool {
    if case .slot = assignment.value.kind { true } else { false }
  }

  // MARK: Subqueries

  private func parts(_ plan: Plan) -> [Bound] {
    switch plan.operation {
    case .filter(let predicate): [predicate]
    case .project(let assignments): assignments.map(\.value)
    case .unwind(let list, _): [list]
    case .sort(let sorting): sorting.keys.map(\.value)
    case .walk(let walk): [walk.predicate].compactMap { $0 }
    case .shortest(let shortest): [shortest.walk.predicate].compactMap { $0 }
    case .aggregate(let aggregation):
      aggregation.keys.map(\.value) + aggregation.aggregates.flatMap(\.aggregate.arguments)
    default: []
    }
  }

  private func subqueries(_ bound: Bound) -> [BoundSubquery] {
    switch bound.kind {
    case .exists(let query), .countRows(let query), .collect(let query): [query]
    default: bound.children.flatMap(subqueries)
    }
  }

  // MARK: Steps

  private func text(_ plan: Plan) -> (step: String, detail: String) {
    switch plan.operation {
    case .single, .argument: return ("", "")
    case .scan(let slot, _, let labels): return ("scan", node(slot, labels))
    case .seek(let slot, let id, _, let labels):
      return ("find", node(slot, labels, properties: "{id: \(quote(id))}"))
    case .edgeSeek(let seek):
      let properties = seek.match.map { " {\($0.key): \(quote($0.value))}" } ?? ""
      let edge = "[\(name(seek.edge)):\(seek.text)\(properties)]"
      return (
        seek.match == nil ? "scan" : "find", "\(node(seek.source))-\(edge)->\(node(seek.target))"
      )
    case .expand(let expansion):
      if expansion.countSlot != nil { return ("count edges", pattern(expansion)) }
      return (expansion.into ? "join" : "follow", pattern(expansion))
    case .intersect(let intersection):
      return (intersection.isAnyEnough ? "intersect, any" : "intersect", pattern(intersection))
    case .edgeEnds(let expansion): return ("ends of", pattern(expansion))
    case .walk(let walk): return ("walk", pattern(walk.expansion, length: length(walk)))
    case .shortest(let shortest):
      return (selector(shortest), pattern(shortest.walk.expansion, length: length(shortest.walk)))
    case .filter(let predicate):
      return ("filter", predicate.conjuncts.map(quote).joined(separator: " AND "))
    case .project(let assignments):
      return ("compute", assignments.map(described).joined(separator: ", "))
    case .aggregate(let aggregation): return ("aggregate", described(aggregation))
    case .distinct(let slots, _):
      let shown = slots.compactMap { names[$0] }
      return ("distinct", shown.isEmpty ? "rows" : shown.joined(separator: ", "))
    case .sort(let sorting): return described(sorting)
    case .slice(let skip, let limit, _):
      let parts = [skip.map { "skip \(quote($0))" }, limit.map { "limit \(quote($0))" }]
      return (parts.compactMap { $0 }.joined(separator: ", "), "")
    case .unwind(let list, let slot): return ("unwind", "\(quote(list)) AS \(name(slot))")
    case .union: return ("union of", "")
    case .apply(let application):
      return (application.optional ? "for each row, if any:" : "for each row:", "")
    }
  }

  private func described(_ assignment: Assignment) -> String {
    let value = quote(assignment.value)
    let name = names[assignment.slot] ?? assignment.name
    return name.isEmpty || name == value ? value : "\(value) AS \(name)"
  }

  private func described(_ aggregation: Aggregation) -> String {
    let keys = aggregation.keys.map { quote($0.value) }.joined(separator: ", ")
    let values = aggregation.aggregates.map {
      quote(Bound(.aggregate($0.aggregate), at: $0.span))
    }
    let by = keys.isEmpty ? "" : "by \(keys)"
    return ([values.joined(separator: ", "), by]).filter { !$0.isEmpty }.joined(separator: " ")
  }

  private func described(_ sorting: Sorting) -> (step: String, detail: String) {
    let keys = sorting.keys.map { quote($0.value) + ($0.descending ? " DESC" : "") }
      .joined(separator: ", ")
    guard let limit = sorting.limit else { return ("sort", "by \(keys)") }
    let skip = sorting.skip.map { ", skipping \(quote($0))," } ?? ""
    return ("top \(quote(limit))", "\(skip.isEmpty ? "" : skip + " ")by \(keys)")
  }

  private func selector(_ shortest: ShortestPath) -> String {
    switch shortest.selector {
    case .any: "any shortest"
    case .all: "all shortest"
    case .some(let count): "shortest \(quote(count))"
    }
  }

  // MARK: Parts

  private func length(_ walk: Walk) -> String {
    let maximum = walk.maximum.map(String.init) ?? ""
    return "*\(walk.minimum)..\(maximum)"
  }

  private func pattern(_ expansion: Expansion, length: String = "") -> String {
    node(expansion.from)
      + arrow(expansion.edge, expansion.text, expansion.direction, length: length)
      + node(expansion.to)
  }

  private func pattern(_ intersection: Intersection) -> String {
    intersection.arms.map {
      node($0.from) + arrow($0.edge, $0.text, $0.direction) + node(intersection.to)
    }.joined(separator: ", ")
  }

  private func arrow(
    _ slot: Int,
    _ text: String,
    _ direction: Expansion.Direction,
    length: String = ""
  ) -> String {
    let types = text.isEmpty ? "" : ":\(text)"
    let inner = (names[slot] ?? "") + types + length
    let edge = inner.isEmpty ? "" : "[\(inner)]"
    return switch direction {
    case .right: "-\(edge)->"
    case .left: "<-\(edge)-"
    case .either: "-\(edge)-"
    }
  }

  private func node(_ slot: Int, _ labels: String = "", properties: String = "") -> String {
    let name = (names[slot] ?? "") + (labels.isEmpty ? "" : ":\(labels)")
    let parts = [name, properties].filter { !$0.isEmpty }
    return "(" + parts.joined(separator: " ") + ")"
  }

  private func name(_ slot: Int) -> String { names[slot] ?? "" }

  private func quote(_ bound: Bound) -> String { expressions.text(bound) }
}
