import Expressions
import GraphModel
import Language
import SourceText

extension ClauseCompiler {
  /// Adds a MATCH's patterns to the pending ones; its variables come into scope.
  func collect(_ match: MatchClause) throws(Diagnostics) {
    hasPending = true
    matchCount += 1
    if let knownAt = match.knownAt {
      throw fail("KNOWN AT is not supported yet", at: knownAt.span)
    }
    var asOf: Bound?
    if let date = match.asOf {
      let typed = try compiler.bind(date, Scope())
      if !typed.type.mayBe([.date, .dateTime, .localDateTime]) {
        throw compiler.mismatch(
          "AS OF takes",
          "a date or a datetime",
          typed.type,
          date.span,
          hint: "write AS OF date('2022-07-21')"
        )
      }
      asOf = typed.bound
    }
    var places: [PathSlots] = []
    var declared: [String: SourceSpan] = [:]
    for path in match.paths {
      if let variable = path.variable, declared[variable.name] != nil {
        throw alreadyBound(variable)
      }
      places.append(try declare(path, &declared))
    }
    for (index, path) in match.paths.enumerated() {
      try add(path, places[index], asOf: asOf)
    }
  }

  /// The slots of a path's elements.
  private struct PathSlots {
    var nodes: [Int] = []
    var edges: [Int] = []
    var lists: [Int?] = []
    var derived: [DerivedPattern?] = []
    /// A list of edges that was bound before, which a walk must equal.
    var givenLists: [Int?] = []
    /// The variable of an edge that a selector makes a walk of length one.
    var singles: [(slot: Int, isGiven: Bool)?] = []
    var path: Int?
  }

  private func declare(
    _ path: PathPattern,
    _ declared: inout [String: SourceSpan]
  ) throws(Diagnostics) -> PathSlots {
    var slots = PathSlots()
    for node in path.nodes { slots.nodes.append(try declare(node)) }
    for edge in path.edges {
      try declare(edge, &slots, isSelected: path.selector != .all, &declared)
    }
    if let variable = path.variable {
      if scope[variable.name] != nil { throw alreadyBound(variable) }
      let slot = compiler.newSlot(named: variable.name)
      declared[variable.name] = variable.span
      scope.bind(variable.name, Variable(slot: slot, type: .path, isNeverNull: true))
      slots.path = slot
    }
    return slots
  }

  private func declare(_ node: NodePattern) throws(Diagnostics) -> Int {
    guard let variable = node.variable else { return compiler.newSlot() }
    if let known = scope[variable.name] {
      if !known.type.mayBe(.node) || known.derived != nil {
        throw fail(
          "\"\(variable.name)\" is \(known.type.kinds), not a node",
          at: variable.span,
          hint: "choose another name for the node"
        )
      }
      if !known.isNeverNull { pending.nullables.insert(known.slot) }
      return known.slot
    }
    let slot = compiler.newSlot(named: variable.name)
    scope.bind(variable.name, Variable(slot: slot, type: .node, isNeverNull: true))
    return slot
  }

  private func declare(
    _ edge: EdgePattern,
    _ slots: inout PathSlots,
    isSelected: Bool,
    _ declared: inout [String: SourceSpan]
  ) throws(Diagnostics) {
    let derived = try derivedPattern(edge)
    slots.derived.append(derived)
    let isWalk = edge.length != nil
    if let variable = edge.variable {
      if declared[variable.name] != nil {
        throw fail(
          "edge \"\(variable.name)\" stands twice in one MATCH, which matches each edge once",
          at: variable.span,
          hint: "use two variables"
        )
      }
      declared[variable.name] = variable.span
    }
    let known = edge.variable.flatMap { scope[$0.name] }
    if let variable = edge.variable, let known,
      !known.type.mayBe(isWalk ? .list : .edge) || derived != nil || known.derived != nil
        || (isWalk && !known.type.elementsMayBeEdges)
    {
      throw fail(
        "\"\(variable.name)\" is \(known.type.kinds), not \(isWalk ? "a list of edges" : "an edge")",
        at: variable.span,
        hint: "choose another name for the edge"
      )
    }
    let name = edge.variable?.name
    let hasList = isWalk || isSelected
    let slot =
      !hasList ? known?.slot ?? compiler.newSlot(named: name) : compiler.newSlot(named: name)
    slots.edges.append(slot)
    slots.lists.append(hasList ? compiler.newSlot(named: name) : nil)
    slots.givenLists.append(isWalk ? known?.slot : nil)
    let single =
      isSelected && !isWalk && name != nil
      ? (slot: known?.slot ?? compiler.newSlot(named: name), isGiven: known != nil) : nil
    slots.singles.append(single)
    guard let variable = edge.variable, known == nil else { return }
    if isWalk {
      let list = slots.lists[slots.lists.count - 1] ?? slot
      scope.bind(
        variable.name,
        Variable(slot: list, type: .list(of: .edge), isNeverNull: true)
      )
    } else {
      let properties = derived.map { DerivedVariable(type: $0.type, properties: $0.properties) }
      scope.bind(
        variable.name,
        Variable(slot: single?.slot ?? slot, type: .edge, isNeverNull: true, derived: properties)
      )
    }
  }

  // MARK: Conditions and edges

  private func add(
    _ path: PathPattern,
    _ slots: PathSlots,
    asOf: Bound?
  ) throws(Diagnostics) {
    for (index, node) in path.nodes.enumerated() { try add(node, slot: slots.nodes[index]) }
    for (index, edge) in path.edges.enumerated() {
      try add(edge, index, path, slots, asOf: asOf)
    }
    if let slot = slots.path {
      var steps: [PathStep] = [.node(slots.nodes[0])]
      for index in path.edges.indices {
        if slots.derived[index] != nil {
          throw fail(
            "a path cannot hold derived edges, which are stored nowhere",
            at: path.edges[index].span
          )
        }
        steps.append(slots.lists[index].map { .edges($0) } ?? .edge(slots.edges[index]))
        steps.append(.node(slots.nodes[index + 1]))
      }
      let value = Bound(.path(steps), at: path.span)
      pending.paths.append(Assignment(slot: slot, value: value, name: path.variable?.name ?? ""))
    }
  }

  private func add(_ node: NodePattern, slot: Int) throws(Diagnostics) {
    var labelSets: [Bool]?
    var text = ""
    if let labels = node.labels {
      let bound = try compiler.labels(labels, asEdgeTypes: false)
      labelSets = bound.labelSets
      text = bound.text
    }
    pending.add(PatternNode(slot: slot, labelSets: labelSets, text: text))
    pending.conjuncts += try conditions(
      of: slot,
      properties: node.properties,
      predicate: node.predicate,
      span: node.span
    )
  }

  /// `{key: value}` and `WHERE predicate` inside of an element.
  private func conditions(
    of slot: Int,
    properties: Expression?,
    predicate: Expression?,
    span: SourceSpan,
    derived: DerivedPattern? = nil
  ) throws(Diagnostics) -> [Bound] {
    var conditions: [Bound] = []
    if let properties {
      guard case .map(let entries) = properties.kind else {
        throw fail(
          "a pattern's properties are a map",
          at: properties.span,
          hint: "write them out, such as {id: $id}"
        )
      }
      for entry in entries {
        let base = Bound(.slot(slot), at: entry.key.span)
        let place = entry.key.span.joined(with: entry.value.span)
        let left: Bound
        if let derived {
          guard let property = derived.properties[entry.key.name] else {
            throw fail(
              "derived edge \"\(derived.type)\" has no property \"\(entry.key.name)\"",
              at: entry.key.span
            )
          }
          left = Bound(.slot(property), at: entry.key.span)
        } else {
          try compiler.check(property: entry.key)
          left = Bound(.property(base, entry.key.name), at: entry.key.span)
        }
        let value = try compiler.bind(entry.value, scope).bound
        conditions.append(Bound(.compare(.equal, left, value), at: place))
      }
    }
    if let predicate {
      conditions += try compiler.bindCondition(predicate, scope).conjuncts
    }
    return conditions
  }

  private func add(
    _ pattern: EdgePattern,
    _ index: Int,
    _ path: PathPattern,
    _ slots: PathSlots,
    asOf: Bound?
  ) throws(Diagnostics) {
    let slot = slots.edges[index]
    let derived = slots.derived[index]
    var edge = PatternEdge(
      slot: slot,
      list: slots.lists[index],
      left: slots.nodes[index],
      right: slots.nodes[index + 1],
      types: try edgeTypes(pattern, derived),
      direction: direction(pattern),
      match: matchCount,
      asOf: asOf,
      derived: derived,
      text: pattern.types.map { compiler.text($0) } ?? ""
    )
    try select(&edge, path)
    if edge.isWalk {
      edge.minimum = pattern.length.map { max(0, $0.minimum) } ?? 1
      edge.maximum = pattern.length.map(\.maximum) ?? 1
      // The variable of a walk is its list, but inside of the brackets it is each edge.
      let outer = scope
      if let variable = pattern.variable {
        scope.bind(variable.name, Variable(slot: slot, type: .edge))
      }
      let conditions = try conditions(
        of: slot,
        properties: pattern.properties,
        predicate: pattern.predicate,
        span: pattern.span
      )
      scope = outer
      edge.predicate = conditions.reduce(nil) { (all: Bound?, one) in
        all.map { Bound(.logic(.and, $0, one), at: one.span) } ?? one
      }
      if let given = slots.givenLists[index], let list = edge.list {
        let same = Bound.Kind.compare(
          .equal,
          Bound(.slot(list), at: pattern.span),
          Bound(.slot(given), at: pattern.span)
        )
        pending.conjuncts.append(Bound(same, at: pattern.span))
      }
    } else {
      pending.conjuncts += try conditions(
        of: slot,
        properties: pattern.properties,
        predicate: pattern.predicate,
        span: pattern.span,
        derived: derived
      )
    }
    if let single = slots.singles[index], let list = edge.list {
      bind(single, toElementOf: list, pattern)
    }
    pending.edges.append(edge)
  }

  /// SHORTEST, which is of one edge pattern.
  private func select(_ edge: inout PatternEdge, _ path: PathPattern) throws(Diagnostics) {
    switch path.selector {
    case .all: return
    case .anyShortest: edge.shortest = .any
    case .allShortest: edge.shortest = .all
    case .shortest(let count):
      edge.shortest = .some(try compiler.bind(count, Scope()).bound)
    }
    if path.edges.count != 1 || edge.derived != nil {
      throw fail(
        "SHORTEST takes a pattern of two nodes and one edge, such as (a)-[:KNOWS*]-(b)",
        at: path.span
      )
    }
  }

  /// The variable of an edge that a selector made a walk of length one is the edge, not the walk.
  private func bind(
    _ single: (slot: Int, isGiven: Bool),
    toElementOf list: Int,
    _ pattern: EdgePattern
  ) {
    let first = Bound(.constant(.integer(0)), at: pattern.span)
    let element = Bound(
      .element(Bound(.slot(list), at: pattern.span), index: first),
      at: pattern.span
    )
    if single.isGiven {
      let given = Bound(.slot(single.slot), at: pattern.span)
      pending.conjuncts.append(Bound(.compare(.equal, element, given), at: pattern.span))
    } else {
      let name = pattern.variable?.name ?? ""
      pending.paths.append(Assignment(slot: single.slot, value: element, name: name))
    }
  }

  private func direction(_ pattern: EdgePattern) -> Expansion.Direction {
    switch pattern.direction {
    case .right: .right
    case .left: .left
    case .either: .either
    }
  }

  private func edgeTypes(
    _ pattern: EdgePattern,
    _ derived: DerivedPattern?
  ) throws(Diagnostics) -> [UInt16] {
    if derived != nil { return [] }
    let count = compiler.view.edgeTypes.count
    guard let types = pattern.types else { return (0..<count).map { UInt16($0) } }
    let wanted = try compiler.labels(types, asEdgeTypes: true).edgeTypes
    return (0..<count).filter { wanted[$0] }.map { UInt16($0) }
  }

  // MARK: Derived edges

  private func derivedPattern(_ edge: EdgePattern) throws(Diagnostics) -> DerivedPattern? {
    guard let catalog = compiler.catalog, let types = edge.types else { return nil }
    let names = Set(catalog.derivations.map(\.type.name))
    guard case .label(let type) = types.kind else {
      if let mixed = firstLabel(in: types, among: names) {
        throw fail("derived edge type \"\(mixed)\" stands alone in a pattern", at: types.span)
      }
      return nil
    }
    guard names.contains(type) else { return nil }
    if edge.length != nil {
      throw fail("paths over derived edges are not supported yet", at: edge.span)
    }
    let derivations = catalog.derivations.filter { $0.type.name == type }
    var properties: [String: Int] = [:]
    for derivation in derivations {
      for entry in derivation.properties where properties[entry.key.name] == nil {
        properties[entry.key.name] = compiler.newSlot(
          named: edge.variable.map { "\($0.name).\(entry.key.name)" } ?? entry.key.name
        )
      }
    }
    return DerivedPattern(
      type: type,
      derivations: derivations,
      direction: direction(edge),
      properties: properties,
      span: edge.span
    )
  }

  private func firstLabel(in expression: LabelExpression, among names: Set<String>) -> String? {
    switch expression.kind {
    case .label(let name): names.contains(name) ? name : nil
    case .and(let left, let right), .or(let left, let right):
      firstLabel(in: left, among: names) ?? firstLabel(in: right, among: names)
    case .not(let operand): firstLabel(in: operand, among: names)
    case .any: nil
    }
  }
}

extension StaticType {
  /// Whether a list may hold edges.
  var elementsMayBeEdges: Bool { kinds != .list || !elements.isDisjoint(with: .edge) }
}
