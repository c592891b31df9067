import GraphModel
import Language
import SourceText

/// Replaces an edge that the schema derives by the patterns that it is derived from.
///
/// The derived edges between two nodes are distinct by their properties.
struct DerivedPlanner {
  let compiler: Compiler
  let edge: PatternEdge
  let bound: Set<Int>
  let graph: PatternGraph
  /// Conditions on the derived edge's properties, which are tested on what they stand for.
  let pushed: [Bound]

  init(
    _ compiler: Compiler,
    _ edge: PatternEdge,
    bound: Set<Int>,
    graph: PatternGraph,
    pushed: [Bound]
  ) {
    self.compiler = compiler
    self.edge = edge
    self.bound = bound
    self.graph = graph
    self.pushed = pushed
  }

  func join(to outer: Plan) throws(Diagnostics) -> Plan {
    guard let derived = edge.derived else { return outer }
    let rowSlot = compiler.newSlot()
    var branches: [Plan] = []
    var isKeyed = true
    for derivation in derived.derivations {
      for forwards in orientations(derivation, derived) {
        let branch = try branch(derivation, derived, forwards: forwards, rowSlot: rowSlot)
        branches.append(branch.plan)
        isKeyed = isKeyed && branch.isKeyed
      }
    }
    let estimate = branches.reduce(0) { $0 + $1.estimate }
    var inner = branches.count == 1 ? branches[0] : Plan(.union, branches, estimate: estimate)
    if branches.count > 1 || !isKeyed {
      let slots = [edge.left, edge.right] + derived.properties.values.sorted()
      inner = Plan(.distinct(slots, partition: rowSlot), [inner], estimate: estimate)
    }
    let value = Bound.Kind.derivedEdge(
      type: derived.type,
      from: edge.left,
      to: edge.right,
      derived.properties.sorted { $0.value < $1.value }.map {
        BoundEntry(key: $0.key, value: Bound(.slot($0.value), at: derived.span))
      }
    )
    var produced = Set(derived.properties.values)
    produced.formUnion([edge.left, edge.right].filter { !bound.contains($0) })
    let application = Application(
      optional: false,
      rowSlot: rowSlot,
      produced: produced.sorted()
    )
    let joined = Plan(
      .apply(application),
      [outer, inner],
      estimate: outer.estimate * max(inner.estimate, 0.1)
    )
    let assignment = Assignment(
      slot: edge.slot,
      value: Bound(value, at: derived.span),
      name: derived.type
    )
    return Plan(.project([assignment]), [joined], estimate: joined.estimate)
  }

  /// Which of the pattern's nodes may be the derivation's source: the left one, the right one.
  private func orientations(
    _ derivation: DeriveDeclaration,
    _ derived: DerivedPattern
  ) -> [Bool] {
    if derivation.directed {
      return switch derived.direction {
      case .right: [true]
      case .left: [false]
      case .either: [true, false]
      }
    }
    return isSymmetric(derivation) ? [true] : [true, false]
  }

  /// Whether the pattern reads the same from both ends, so that one direction finds all.
  private func isSymmetric(_ derivation: DeriveDeclaration) -> Bool {
    guard derivation.filter == nil, derivation.paths.count == 1,
      let source = derivation.source.variable?.name,
      let target = derivation.target.variable?.name,
      shape(derivation.source) == shape(derivation.target)
    else { return false }
    let path = derivation.paths[0]
    func name(_ node: NodePattern) -> String { node.variable?.name ?? "" }
    guard path.nodes.first.map(name) == source, path.nodes.last.map(name) == target,
      path.nodes.allSatisfy({ $0.predicate == nil && $0.properties == nil })
    else { return false }
    for (index, edge) in path.edges.enumerated() {
      let mirror = path.edges[path.edges.count - 1 - index]
      guard edge.predicate == nil, edge.properties == nil, edge.variable == nil,
        edge.length == mirror.length,
        edge.types.map({ compiler.text($0) }) == mirror.types.map({ compiler.text($0) })
      else { return false }
      let isMirrored =
        switch (edge.direction, mirror.direction) {
        case (.right, .left), (.left, .right), (.either, .either): true
        default: false
        }
      if !isMirrored { return false }
    }
    let inner = path.nodes.dropFirst().dropLast().map(name).filter { !$0.isEmpty }
    return Set(inner).count == inner.count && path.edges.count % 2 == 0
  }

  private func shape(_ node: NodePattern) -> String {
    node.properties == nil && node.predicate == nil
      ? node.labels.map { compiler.text($0) } ?? "" : "?\(node.span.start)"
  }

  private func branch(
    _ derivation: DeriveDeclaration,
    _ derived: DerivedPattern,
    forwards: Bool,
    rowSlot: Int
  ) throws(Diagnostics) -> (plan: Plan, isKeyed: Bool) {
    let source = forwards ? edge.left : edge.right
    let target = forwards ? edge.right : edge.left
    var scope = Scope()
    if let name = derivation.source.variable?.name {
      scope.bind(name, Variable(slot: source, type: .node, isNeverNull: true))
    }
    if let name = derivation.target.variable?.name {
      scope.bind(name, Variable(slot: target, type: .node, isNeverNull: true))
    }
    let leaf = Plan(.argument(rowSlot: rowSlot), estimate: 1)
    let clauses = ClauseCompiler(compiler, plan: leaf, scope: scope, partition: rowSlot)
    clauses.bound = bound
    let ends = [derivation.source, derivation.target].map {
      PathPattern(variable: nil, selector: .all, nodes: [$0], edges: [], span: $0.span)
    }
    try clauses.compile(
      MatchClause(
        optional: false,
        paths: derivation.paths + ends,
        filter: derivation.filter,
        asOf: nil,
        knownAt: nil,
        span: derivation.span
      )
    )
    addAsOf(to: clauses)
    for slot in [source, target] {
      if let node = graph.nodes[slot], !bound.contains(slot) { clauses.pending.add(node) }
    }
    if !derivation.directed {
      let different = Bound.Kind.compare(
        .notEqual,
        Bound(.slot(source), at: derived.span),
        Bound(.slot(target), at: derived.span)
      )
      let condition = Bound(different, at: derived.span)
      // Derivations mostly say so themselves.
      if !clauses.pending.conjuncts.contains(condition) {
        clauses.pending.conjuncts.append(condition)
      }
    }
    var values: [Int: Bound] = [:]
    for (name, slot) in derived.properties {
      let entry = derivation.properties.first { $0.key.name == name }
      values[slot] =
        try entry.map2 { entry throws(Diagnostics) in
          try compiler.bind(entry.value, clauses.scope).bound
        } ?? Bound(.constant(.null), at: derived.span)
    }
    clauses.pending.conjuncts += pushed.map { condition in
      condition.replacing { part in
        if case .slot(let slot) = part.kind { return values[slot] }
        return nil
      }
    }
    let plan = try clauses.finish()
    return project(plan, derived, values, rowSlot: rowSlot)
  }

  /// AS OF of the MATCH holds for the edges that the derivation is made of.
  private func addAsOf(to clauses: ClauseCompiler) {
    guard let asOf = edge.asOf else { return }
    for index in clauses.pending.edges.indices { clauses.pending.edges[index].asOf = asOf }
  }

  /// Makes the properties, once for each of the nodes and edges that they are read from.
  private func project(
    _ plan: Plan,
    _ derived: DerivedPattern,
    _ values: [Int: Bound],
    rowSlot: Int
  ) -> (plan: Plan, isKeyed: Bool) {
    let slots = derived.properties.values.sorted()
    var read: Set<Int> = []
    var identified: Set<Int> = []
    for slot in slots {
      guard let value = values[slot] else { continue }
      read.formUnion(value.freeSlots)
      if case .property(let base, "id") = value.kind, case .slot(let node) = base.kind {
        identified.insert(node)
      }
    }
    read.subtract([edge.left, edge.right])
    let distinct = Plan(
      .distinct([edge.left, edge.right] + read.sorted(), partition: rowSlot),
      [plan],
      estimate: plan.estimate
    )
    let assignments = slots.compactMap { slot in
      values[slot].map { Assignment(slot: slot, value: $0, name: "") }
    }
    let projected = Plan(.project(assignments), [distinct], estimate: plan.estimate)
    // Where the ids of all that was read are properties, no two rows are alike.
    return (projected, read.isSubset(of: identified))
  }
}
