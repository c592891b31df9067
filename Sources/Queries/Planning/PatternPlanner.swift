import GraphModel
import GraphStorage
import Language
import SourceText

/// Orders the steps that match patterns: greedily, the cheapest next, by exact counts.
///
/// Conditions are applied as soon as their variables are bound.
struct PatternPlanner {
  let compiler: Compiler
  let statistics: Statistics
  let scope: Scope
  var current: Plan
  var bound: Set<Int>
  var graph: PatternGraph
  var conjuncts: [(condition: Bound, slots: Set<Int>)]
  /// The label sets that a bound node certainly has.
  var known: [Int: [Bool]] = [:]
  /// Edges that are bound, with the MATCH that they belong to.
  var matched: [PatternEdge] = []
  /// What becomes of the rows, where that is known.
  let use: PatternUse?
  /// The slot of how many rows each row stands for, where edges were only counted.
  var weightSlot: Int?

  init(
    _ compiler: Compiler,
    plan: Plan,
    bound: Set<Int>,
    graph: PatternGraph,
    scope: Scope,
    use: PatternUse?
  ) {
    self.use = use
    self.compiler = compiler
    statistics = Statistics(view: compiler.view)
    self.scope = scope
    current = plan
    self.bound = bound
    self.graph = graph
    // What is another value for each row waits for the rows of the whole pattern.
    conjuncts = graph.conjuncts.map {
      ($0, $0.isVolatile ? $0.freeSlots.union(graph.nodeOrder) : $0.freeSlots)
    }
  }

  var view: GraphView { compiler.view }

  mutating func plan() throws(Diagnostics) -> Plan {
    takeLabelConditions()
    let counted = setCountedEdgesAside()
    checkBoundNodes()
    applyConditions()
    while true {
      guard let step = try cheapestStep() else { break }
      try take(step)
      applyConditions()
    }
    count(counted)
    if !graph.paths.isEmpty {
      current = Plan(.project(graph.paths), [current], estimate: current.estimate)
      for path in graph.paths { bound.insert(path.slot) }
      applyConditions()
    }
    precondition(conjuncts.isEmpty, "every condition finds its variables")
    return current
  }

  /// `WHERE n:Label` says the same as `(n:Label)`.
  private mutating func takeLabelConditions() {
    conjuncts.removeAll { conjunct in
      guard case .hasLabels(let operand, let labels) = conjunct.condition.kind,
        case .slot(let slot) = operand.kind, graph.nodes[slot] != nil, !bound.contains(slot)
      else { return false }
      graph.add(PatternNode(slot: slot, labelSets: labels.labelSets, text: labels.text))
      return true
    }
  }

  /// Nodes that are bound already may still have to be nodes, and of certain labels.
  private mutating func checkBoundNodes() {
    for slot in graph.nodeOrder where bound.contains(slot) {
      let place = SourceSpan(0, 0)
      let subject = Bound(.slot(slot), at: place)
      if graph.nullables.contains(slot) {
        filter(Bound(.isNull(subject, negated: true), at: place), selectivity: 0.9)
      }
      if let labelSets = graph.nodes[slot]?.labelSets {
        let count = view.edgeTypes.count
        let labels = BoundLabels(
          text: graph.nodes[slot]?.text ?? "",
          labelSets: labelSets,
          edgeTypes: Array(repeating: false, count: count)
        )
        filter(Bound(.hasLabels(subject, labels), at: place), selectivity: 0.5)
        known[slot] = labelSets
      }
    }
  }

  private mutating func filter(_ condition: Bound, selectivity: Double) {
    if case .filter(let other) = current.operation {
      current = Plan(
        .filter(Bound(.logic(.and, other, condition), at: condition.span)),
        current.inputs,
        estimate: current.estimate * selectivity
      )
    } else {
      current = Plan(.filter(condition), [current], estimate: current.estimate * selectivity)
    }
  }

  private mutating func applyConditions() {
    let ready = conjuncts.filter { $0.slots.isSubset(of: bound) }
    if ready.isEmpty { return }
    conjuncts.removeAll { $0.slots.isSubset(of: bound) }
    // Subqueries run last, on the fewest rows.
    for conjunct in ready where !isExpensive(conjunct.condition) {
      filter(conjunct.condition, selectivity: selectivity(conjunct.condition))
    }
    for conjunct in ready where isExpensive(conjunct.condition) {
      filter(conjunct.condition, selectivity: 0.5)
    }
  }

  func isExpensive(_ condition: Bound) -> Bool {
    switch condition.kind {
    case .exists, .countRows, .collect, .resembles: true
    default: condition.children.contains(where: isExpensive)
    }
  }

  // MARK: Choosing

  private enum Step {
    case scan(Int)
    case seek(Int, Bound)
    case edgeSeek(Int, EdgeSeek.Match?)
    case edge(Int, forwards: Bool)
    /// A node that has edges to several bound ones.
    case intersection(Int)
    /// The nodes that an EXISTS is true of.
    case reach(Int, condition: Int)
  }

  private func cheapestStep() throws(Diagnostics) -> Step? {
    var best: (step: Step, factor: Double)?
    func offer(_ step: Step, _ factor: Double) {
      if factor < best?.factor ?? .infinity { best = (step, factor) }
    }
    for slot in graph.nodeOrder where !bound.contains(slot) {
      if let id = seekableID(slot) { offer(.seek(slot, id), 1) }
    }
    for (index, edge) in graph.edges.enumerated() {
      if let (forwards, factor) = cost(of: edge) { offer(.edge(index, forwards: forwards), factor) }
    }
    for slot in graph.nodeOrder where !bound.contains(slot) {
      if let factor = costOfIntersection(at: slot) { offer(.intersection(slot), factor) }
    }
    if let best { return best.step }
    for slot in graph.nodeOrder where !bound.contains(slot) {
      offer(.scan(slot), costOfScan(of: slot))
    }
    for (index, edge) in graph.edges.enumerated() {
      if let match = seekableProperty(edge) {
        let count = Double(view.edgeTypes[Int(edge.types[0])].count)
        offer(.edgeSeek(index, match), 1 + count / 500)
      }
      if let cost = costOfEdgeScan(edge) { offer(.edgeSeek(index, nil), cost) }
    }
    for (index, conjunct) in conjuncts.enumerated() {
      guard case .exists(let query) = conjunct.condition.kind else { continue }
      for open in query.openPlans
      where open.otherSlot == nil && graph.nodes[open.openSlot] != nil
        && !bound.contains(open.openSlot)
      {
        offer(.reach(open.openSlot, condition: index), open.plan.cost)
      }
    }
    return best?.step
  }

  /// What `slot.id = …` compares with, where that is known.
  private func seekableID(_ slot: Int) -> Bound? {
    guard view.graph.isIDIndexed else { return nil }
    for conjunct in conjuncts {
      guard case .compare(.equal, let left, let right) = conjunct.condition.kind else { continue }
      for (one, other) in [(left, right), (right, left)] {
        guard case .property(let base, "id") = one.kind, base.kind == .slot(slot),
          other.freeSlots.isSubset(of: bound)
        else { continue }
        return other
      }
    }
    return nil
  }

  /// A property of the edge that must have a constant value, in a column of strings.
  private func seekableProperty(_ edge: PatternEdge) -> EdgeSeek.Match? {
    guard isSeekable(edge) else { return nil }
    let table = view.edgeTypes[Int(edge.types[0])]
    for conjunct in conjuncts {
      guard case .compare(.equal, let left, let right) = conjunct.condition.kind else { continue }
      for (one, other) in [(left, right), (right, left)] {
        guard case .property(let base, let name) = one.kind, base.kind == .slot(edge.slot),
          other.isConstant, let key = view.graph.propertyKey(named: name),
          let column = table.column(for: key), table.columns[column].cells.kind == .string
        else { continue }
        return EdgeSeek.Match(key: name, value: other)
      }
    }
    return nil
  }

  /// Whether the edge can be found by itself, and both of its ends by it.
  func isSeekable(_ edge: PatternEdge) -> Bool {
    !edge.isWalk && edge.derived == nil && edge.types.count == 1 && edge.left != edge.right
      && !bound.contains(edge.left) && !bound.contains(edge.right) && edge.direction != .either
  }

  // MARK: Taking

  private mutating func take(_ step: Step) throws(Diagnostics) {
    switch step {
    case .scan(let slot):
      let node = graph.nodes[slot]
      let labelSets = node?.labelSets
      let count = statistics.nodeCount(labelSets)
      current = Plan(
        .scan(slot: slot, labelSets: labelSets, text: node?.text ?? ""),
        [current],
        estimate: current.estimate * count
      )
      bind(node: slot, known: labelSets)
    case .seek(let slot, let id):
      let node = graph.nodes[slot]
      current = Plan(
        .seek(slot: slot, id: id, labelSets: node?.labelSets, text: node?.text ?? ""),
        [current],
        estimate: current.estimate
      )
      bind(node: slot, known: node?.labelSets)
      dropSeek(slot, id)
    case .edgeSeek(let index, let match): takeEdgeSeek(index, match)
    case .reach(let slot, let index): takeReach(slot, index)
    case .intersection(let slot): takeIntersection(slot)
    case .edge(let index, let forwards):
      let edge = graph.edges.remove(at: index)
      if edge.derived != nil {
        try takeDerived(edge, forwards: forwards)
      } else {
        takeEdge(edge, forwards: forwards)
      }
    }
  }

  mutating func bind(node slot: Int, known labelSets: [Bool]?) {
    bound.insert(slot)
    known[slot] = labelSets
  }

  /// The condition that a seek fulfils by itself.
  private mutating func dropSeek(_ slot: Int, _ id: Bound) {
    conjuncts.removeAll { conjunct in
      guard case .compare(.equal, let left, let right) = conjunct.condition.kind else {
        return false
      }
      let wanted = Bound.Kind.property(Bound(.slot(slot), at: left.span), "id")
      return (left.kind == wanted && right == id) || (right.kind == wanted && left == id)
    }
  }

  private mutating func takeEdgeSeek(_ index: Int, _ match: EdgeSeek.Match?) {
    let edge = graph.edges.remove(at: index)
    let forwards = edge.direction == .right
    let source = forwards ? edge.left : edge.right
    let target = forwards ? edge.right : edge.left
    let seek = EdgeSeek(
      edge: edge.slot,
      source: source,
      target: target,
      type: edge.types[0],
      match: match,
      sourceLabelSets: needed(source, edge.types, .left),
      targetLabelSets: needed(target, edge.types, .right),
      asOf: edge.asOf,
      text: edge.text
    )
    let count = Double(view.edgeTypes[Int(edge.types[0])].count)
    current = Plan(
      .edgeSeek(seek),
      [current],
      estimate: current.estimate * (match == nil ? count : 1 + count / 500)
    )
    bind(node: source, known: graph.nodes[source]?.labelSets)
    bind(node: target, known: graph.nodes[target]?.labelSets)
    bound.insert(edge.slot)
    if let match { drop(match, of: edge) }
    keepApart(edge)
    matched.append(edge)
  }

  /// The condition that a seek of edges fulfils by itself.
  private mutating func drop(_ match: EdgeSeek.Match, of edge: PatternEdge) {
    conjuncts.removeAll { conjunct in
      guard case .compare(.equal, let left, let right) = conjunct.condition.kind else {
        return false
      }
      let wanted = Bound.Kind.property(Bound(.slot(edge.slot), at: left.span), match.key)
      return (left.kind == wanted && right == match.value)
        || (right.kind == wanted && left == match.value)
    }
  }

  /// Which label sets must be tested at the end of an expansion; `nil` where all pass.
  func needed(
    _ slot: Int,
    _ types: [UInt16],
    _ direction: Expansion.Direction
  ) -> [Bool]? {
    guard let labelSets = graph.nodes[slot]?.labelSets,
      !statistics.alwaysLeads(types, direction, to: labelSets)
    else { return nil }
    return labelSets
  }

  /// Filters where an edge was found without regard to those matched before.
  private mutating func keepApart(_ edge: PatternEdge) {
    for other in matched where mayCoincide(edge, other) {
      let span = SourceSpan(0, 0)
      let one = Bound(.slot(edge.slot), at: span)
      if let list = other.list {
        let member = Bound(.isIn(one, Bound(.slot(list), at: span)), at: span)
        filter(Bound(.not(member), at: span), selectivity: 0.95)
      } else {
        let second = Bound(.slot(other.slot), at: span)
        filter(Bound(.compare(.notEqual, one, second), at: span), selectivity: 0.95)
      }
    }
  }

  func mayCoincide(_ edge: PatternEdge, _ other: PatternEdge) -> Bool {
    edge.match == other.match && !Set(edge.types).isDisjoint(with: other.types)
  }

  private mutating func takeEdge(_ edge: PatternEdge, forwards: Bool) {
    let from = forwards ? edge.left : edge.right
    let to = forwards ? edge.right : edge.left
    let direction = forwards ? edge.direction : edge.direction.flipped
    let into = bound.contains(to)
    let others = matched.filter { mayCoincide(edge, $0) }
    var expansion = Expansion(
      from: from,
      to: to,
      edge: edge.slot,
      types: edge.types,
      direction: direction,
      into: into,
      labelSets: edge.isWalk && edge.minimum == 0
        ? graph.nodes[to]?.labelSets : needed(to, edge.types, direction),
      distinctFrom: others.filter { !$0.isWalk }.map(\.slot),
      distinctFromLists: others.compactMap(\.list),
      asOf: edge.asOf,
      text: edge.text
    )
    if into { expansion.labelSets = nil }
    let operation: Plan.Operation
    var estimate = current.estimate
    let wanted = graph.nodes[to]?.labelSets
    let share = statistics.share(edge.types, direction, to: wanted)
    if let list = edge.list {
      let walk = Walk(
        expansion: expansion,
        minimum: edge.minimum,
        maximum: edge.maximum,
        list: list,
        predicate: edge.predicate,
        reversed: !forwards
      )
      if let selector = edge.shortest {
        operation = .shortest(ShortestPath(walk: walk, selector: selector))
      } else {
        operation = .walk(walk)
        estimate *= into ? 0.3 : growth(edge, direction) * share
      }
      bound.insert(list)
    } else if bound.contains(edge.slot) {
      expansion.into = false
      expansion.boundFrom = bound.contains(from)
      expansion.boundTo = into
      expansion.labelSets = nil
      operation = .edgeEnds(expansion)
    } else {
      if !into { compareNodes(of: others, instead: &expansion) }
      operation = .expand(expansion)
      estimate *=
        into ? 0.2 : statistics.degree(edge.types, direction, from: known[from]) * share
      bound.insert(edge.slot)
    }
    current = Plan(operation, [current], estimate: estimate)
    matched.append(edge)
    bindEnds(edge, from: from, to: to, direction, wasEdge: operation.isEdgeEnds, into: into)
  }

  private mutating func bindEnds(
    _ edge: PatternEdge,
    from: Int,
    to: Int,
    _ direction: Expansion.Direction,
    wasEdge: Bool,
    into: Bool
  ) {
    for slot in [from, to] where !bound.contains(slot) {
      var labelSets = graph.nodes[slot]?.labelSets
      if wasEdge { testLabels(of: slot) }
      if labelSets == nil, !edge.isWalk, slot == to {
        labelSets = statistics.reachable(edge.types, direction)
      }
      bind(node: slot, known: labelSets)
    }
  }

  /// Starts from what an EXISTS is true of, instead of testing it on every node.
  private mutating func takeReach(_ slot: Int, _ index: Int) {
    let condition = conjuncts.remove(at: index).condition
    guard case .exists(let query) = condition.kind,
      let open = query.openPlans.first(where: { $0.openSlot == slot && $0.otherSlot == nil })
    else { return }
    if case .single = current.operation {
      let found = open.plan.drawing(from: current)
      current = Plan(.distinct([slot], partition: nil), [found], estimate: found.estimate)
      bound.insert(slot)
      testLabels(of: slot)
      return
    }
    let inner = Plan(
      .distinct([slot], partition: query.rowSlot),
      [open.plan],
      estimate: open.plan.estimate
    )
    let application = Application(optional: false, rowSlot: query.rowSlot, produced: [slot])
    current = Plan(
      .apply(application),
      [current, inner],
      estimate: current.estimate * inner.estimate
    )
    bound.insert(slot)
    testLabels(of: slot)
  }

  /// Tests the labels of a node that was found without regard to them.
  private mutating func testLabels(of slot: Int) {
    guard let labelSets = graph.nodes[slot]?.labelSets else { return }
    let span = SourceSpan(0, 0)
    let labels = BoundLabels(
      text: graph.nodes[slot]?.text ?? "",
      labelSets: labelSets,
      edgeTypes: Array(repeating: false, count: view.edgeTypes.count)
    )
    filter(Bound(.hasLabels(Bound(.slot(slot), at: span), labels), at: span), selectivity: 1)
    known[slot] = labelSets
  }
}

extension Plan.Operation {
  var isEdgeEnds: Bool {
    if case .edgeEnds = self { return true }
    return false
  }
}
