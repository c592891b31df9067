import Language
import SourceText

extension SchemaAnalysis {
  func analyseDerivations() {
    var order: [String] = []
    var declarations: [String: [DeriveDeclaration]] = [:]
    for derivation in document.derivations {
      let name = derivation.type.name
      if edgeNumbers[name] != nil {
        report(
          "\(quoted(name)) is an edge type already",
          at: derivation.type.span,
          hint: "give the derived edge another name"
        )
      }
      if let first = declarations[name]?.first, first.directed != derivation.directed {
        report(
          "\(quoted(name)) was derived \(first.directed ? "with" : "without") a direction before",
          at: derivation.type.span
        )
      }
      if declarations[name] == nil { order.append(name) }
      declarations[name, default: []].append(derivation)
      DerivationCheck(self).check(derivation)
    }
    for name in order {
      let all = declarations[name] ?? []
      var properties: [String] = []
      for property in all.flatMap(\.properties) where !properties.contains(property.key.name) {
        properties.append(property.key.name)
      }
      derivedEdgeTypes.append(
        DerivedEdgeType(
          name: name,
          isDirected: all.first?.directed ?? false,
          properties: properties,
          declarations: all
        )
      )
    }
  }
}

/// Checks the patterns and expressions of one DERIVE against the declared graph.
private final class DerivationCheck {
  private enum Kind {
    /// The labels that the variable certainly has.
    case node([String])
    /// The types that the edge may have.
    case edge([String])
    case other
  }

  private let analysis: SchemaAnalysis
  private var scope: [(name: String, kind: Kind)] = []

  init(_ analysis: SchemaAnalysis) {
    self.analysis = analysis
  }

  func check(_ derivation: DeriveDeclaration) {
    for path in derivation.paths { bind(path) }
    for end in [derivation.source, derivation.target] {
      guard let name = end.variable else {
        analysis.report("an end of a derived edge needs a variable", at: end.span)
        continue
      }
      guard scope.contains(where: { $0.name == name.name }) else {
        analysis.report(
          "\(quoted(name.name)) does not occur in the pattern after FROM",
          at: name.span,
          hint: analysis.suggestion(for: name.name, among: scope.map(\.name))
        )
        continue
      }
      bind(end)
    }
    for path in derivation.paths { checkParts(of: path) }
    var names: Set<String> = []
    for property in derivation.properties {
      if !names.insert(property.key.name).inserted {
        analysis.report("\(quoted(property.key.name)) is given twice", at: property.key.span)
      }
      check(property.value)
    }
    if let filter = derivation.filter { check(filter) }
  }

  // MARK: Patterns

  /// Notes the variables of a pattern, and checks its labels and types.
  private func bind(_ path: PathPattern) {
    if let variable = path.variable { scope.append((variable.name, .other)) }
    path.nodes.forEach { bind($0) }
    for edge in path.edges {
      var types: [String] = []
      if let expression = edge.types { types = checkTypes(expression) }
      guard let variable = edge.variable else { continue }
      scope.append((variable.name, edge.length == nil ? .edge(types) : .other))
    }
  }

  private func bind(_ node: NodePattern) {
    let labels = node.labels.map { checkLabels($0) } ?? []
    guard let variable = node.variable else { return }
    if let index = scope.firstIndex(where: { $0.name == variable.name }) {
      if case .node(let known) = scope[index].kind {
        scope[index].kind = .node(known + labels.filter { !known.contains($0) })
      }
    } else {
      scope.append((variable.name, .node(labels)))
    }
  }

  private func checkParts(of path: PathPattern) {
    for node in path.nodes {
      if let properties = node.properties { check(properties) }
      if let predicate = node.predicate { check(predicate) }
    }
    for edge in path.edges {
      if let properties = edge.properties { check(properties) }
      if let predicate = edge.predicate { check(predicate) }
    }
  }

  /// The labels that whatever matches has for certain.
  private func checkLabels(_ expression: LabelExpression) -> [String] {
    switch expression.kind {
    case .label(let name):
      if analysis.labels.contains(name) { return [name] }
      analysis.report(
        "unknown label \(quoted(name))",
        at: expression.span,
        hint: analysis.suggestion(for: name, among: analysis.labels)
      )
      return []
    case .and(let left, let right): return checkLabels(left) + checkLabels(right)
    case .or(let left, let right):
      let right = checkLabels(right)
      return checkLabels(left).filter { right.contains($0) }
    case .not(let operand):
      _ = checkLabels(operand)
      return []
    case .any: return []
    }
  }

  private func checkTypes(_ expression: LabelExpression) -> [String] {
    switch expression.kind {
    case .label(let name):
      if analysis.edgeNumbers[name] != nil { return [name] }
      let isDerived = analysis.document.derivations.contains { $0.type.name == name }
      analysis.report(
        isDerived
          ? "\(quoted(name)) is derived, and cannot be derived from"
          : "unknown edge type \(quoted(name))",
        at: expression.span,
        hint: isDerived
          ? nil : analysis.suggestion(for: name, among: analysis.edgeTypes.map(\.name))
      )
      return []
    case .and(let left, let right), .or(let left, let right):
      return checkTypes(left) + checkTypes(right)
    case .not(let operand):
      _ = checkTypes(operand)
      return []
    case .any: return []
    }
  }

  // MARK: Expressions

  private func check(_ expression: Expression) {
    switch expression.kind {
    case .variable(let name):
      guard !scope.contains(where: { $0.name == name }) else { return }
      analysis.report(
        "there is no variable \(quoted(name)) here",
        at: expression.span,
        hint: analysis.suggestion(for: name, among: scope.map(\.name))
      )
    case .property(let base, let name):
      check(base)
      if case .variable(let variable) = base.kind { check(name, of: variable) }
    case .parameter(let name):
      analysis.report("a schema has no parameter \"$\(name)\"", at: expression.span)
    case .patternPredicate(let path):
      inScope {
        bind(path); checkParts(of: path)
      }
    case .patternComprehension(let comprehension):
      inScope {
        bind(comprehension.pattern)
        checkParts(of: comprehension.pattern)
        if let filter = comprehension.filter { check(filter) }
        check(comprehension.projection)
      }
    default:
      expression.forEachChild { child, bound in
        inScope {
          for name in bound { scope.append((name, .other)) }
          check(child)
        }
      }
    }
  }

  private func inScope(_ body: () -> Void) {
    let saved = scope
    body()
    scope = saved
  }

  private func check(_ property: Identifier, of variable: String) {
    guard let kind = scope.last(where: { $0.name == variable })?.kind else { return }
    var known: [String] = []
    let owner: String
    switch kind {
    case .node(let labels):
      let types = analysis.nodeTypes.filter { type in
        labels.allSatisfy { type.labels.contains($0) }
      }
      guard !types.isEmpty else { return }
      known = ["id"] + types.flatMap(\.properties).map(\.name)
      owner = labels.isEmpty ? "no node" : "no \(listed(labels, joinedBy: "and"))"
    case .edge(let types):
      let edgeTypes = analysis.edgeTypes.filter { types.isEmpty || types.contains($0.name) }
      guard !edgeTypes.isEmpty else { return }
      known = edgeTypes.flatMap(\.properties).map(\.name)
      owner = types.isEmpty ? "no edge" : "no \(listed(types))"
    case .other: return
    }
    guard !known.contains(property.name) else { return }
    analysis.report(
      "\(owner) has a property \(quoted(property.name))",
      at: property.span,
      hint: analysis.suggestion(for: property.name, among: known)
    )
  }
}
