import Language
import SourceText

/// What the rules of a schema read of the events, and what they make of the graph.
struct RuleUsage {
  /// What a path has for the elements of a list.
  static let element = "[]"

  struct OfEvent {
    /// The paths that rules name.
    var read: Set<[String]> = []
    /// Those of them that are not only gone through or asked for.
    var whole: Set<[String]> = []
    /// The paths of node's ids.
    var ids: Set<[String]> = []

    /// Whether a rule reads what stands at a path, or something around it as a whole.
    func reads(_ path: [String]) -> Bool { read.contains(path) || readsWhole(path) }

    func readsWhole(_ path: [String]) -> Bool {
      path.indices.contains { whole.contains(Array(path[...$0])) } || whole.contains([])
    }
  }

  private(set) var ofEvents: [String: OfEvent] = [:]
  private(set) var madeLabels: Set<String> = []
  private(set) var madeEdges: Set<String> = []
  /// Pairs of the type that declares a property, and its name.
  private(set) var setNodeProperties: Set<[String]> = []
  private(set) var setEdgeProperties: Set<[String]> = []
  /// What is wrong with single statements.
  private(set) var findings: [SchemaFinding] = []

  private let schema: Schema
  private var event = OfEvent()
  private var eventType: EventType?
  private var scope: [(name: String, meaning: Meaning)] = []

  private enum Meaning {
    /// The event, or something in it.
    case place([String])
    /// A node, of a type.
    case node(String)
    case other
  }

  /// - Parameter rules: those to look at; `nil` for all of the schema.
  init(_ schema: Schema, rules: [RuleDeclaration]? = nil) {
    self.schema = schema
    var ends: [RuleEdge] = []
    for rule in rules ?? schema.document.rules {
      event = ofEvents[rule.type.name] ?? OfEvent()
      eventType = schema.eventType(named: rule.type.name)
      scope = [(rule.alias.name, .place([]))]
      for statement in rule.statements { visit(statement, &ends) }
      ofEvents[rule.type.name] = event
    }
    for edge in ends where !madeEdges.contains(edge.type.name) {
      findings.append(
        SchemaFinding(
          .endWithoutStart,
          "no rule makes the edge \(quoted(edge.type.name)) that ends here",
          at: edge.type.span,
          hint: "make it in a rule: EDGE (…)-[:\(Spelling.name(edge.type.name))]->(…)"
        )
      )
    }
  }

  // MARK: Statements

  private mutating func visit(_ statement: RuleStatement, _ ends: inout [RuleEdge]) {
    switch statement {
    case .node(let node): visit(node)
    case .edge(let edge, let from, let to):
      visit(edge)
      if let from { read(from) }
      if let to { read(to) }
      madeEdges.insert(edge.type.name)
      for entry in edge.properties { setEdgeProperties.insert([edge.type.name, entry.key.name]) }
      checkKey(of: edge, hasFrom: from != nil, hasTo: to != nil)
    case .set(let variable, let property, let value):
      read(value)
      if case .node(let type)? = meaning(of: variable.name) { noteSet(property.name, of: type) }
    case .end(let edge, let at):
      visit(edge)
      if let at { read(at) }
      ends.append(edge)
    case .forEach(let variable, let list, let body):
      let count = scope.count
      if let path = path(of: list) {
        event.read.insert(path)
        scope.append((variable.name, .place(path + [Self.element])))
      } else {
        read(list)
        scope.append((variable.name, .other))
      }
      for statement in body { visit(statement, &ends) }
      scope.removeSubrange(count...)
    case .when(let condition, let body):
      check(condition)
      read(condition)
      let count = scope.count
      for statement in body { visit(statement, &ends) }
      scope.removeSubrange(count...)
    }
  }

  private mutating func visit(_ node: RuleNode) {
    var type: String?
    if let label = node.label?.name {
      type = label
      madeLabels.formUnion(schema.nodeType(named: label)?.labels ?? [label])
      if let variable = node.variable { scope.append((variable.name, .node(label))) }
    } else if let name = node.variable?.name, case .node(let known)? = meaning(of: name) {
      type = known
    }
    for entry in node.properties {
      read(entry.value)
      if entry.key.name == "id" {
        noteIDs(in: entry.value)
      } else if let type {
        noteSet(entry.key.name, of: type)
      }
    }
  }

  private mutating func visit(_ edge: RuleEdge) {
    visit(edge.source)
    for entry in edge.properties { read(entry.value) }
    visit(edge.target)
  }

  /// Notes that a property has a value, for the type among a type's supertypes that declares it.
  private mutating func noteSet(_ property: String, of type: String) {
    for label in schema.nodeType(named: type)?.labels ?? [] {
      guard let owner = schema.nodeType(named: label),
        owner.ownProperties.contains(where: { $0.name == property })
      else { continue }
      setNodeProperties.insert([label, property])
    }
  }

  private mutating func checkKey(of edge: RuleEdge, hasFrom: Bool, hasTo: Bool) {
    guard let type = schema.edgeType(named: edge.type.name), case .properties(let key) = type.key
    else { return }
    for name in key where !edge.properties.contains(where: { $0.key.name == name }) {
      let isValidity = type.hasValidity && ["from", "to"].contains(name)
      if isValidity, name == "from" ? hasFrom : hasTo { continue }
      let missing = isValidity ? name.uppercased() : "\(Spelling.name(name)): …"
      findings.append(
        SchemaFinding(
          .missingKey,
          "the edge is made without \(quoted(name)), which is in the key of \(quoted(type.name))",
          at: edge.type.span,
          hint: "give it: \(missing)"
        )
      )
    }
  }

  // MARK: Conditions

  private mutating func check(_ condition: Expression) {
    if case .binary(.and, let left, let right) = condition.kind {
      check(left)
      check(right)
      return
    }
    guard case .isNull(let operand, let negated) = condition.kind, let path = path(of: operand),
      let type = eventType, Self.isAlwaysThere(path[...], in: type.fields)
    else { return }
    let text = schema.source[operand.span]
    findings.append(
      SchemaFinding(
        .constantCondition,
        "this is always \(negated ? "true" : "false"): \(quoted(text)) is never missing",
        at: condition.span,
        hint: negated
          ? "leave out the WHEN, or mark the field with \"?\""
          : "leave out the statement, or mark the field with \"?\""
      )
    )
  }

  private static func isAlwaysThere(_ path: ArraySlice<String>, in fields: [Field]) -> Bool {
    guard let name = path.first else { return true }
    guard let field = fields.first(where: { $0.name == name }) else { return false }
    guard !field.isOptional || field.defaultValue != nil else { return false }
    var type = field.type
    var rest = path.dropFirst()
    while case .list(let element) = type, rest.first == Self.element {
      type = element
      rest = rest.dropFirst()
    }
    if case .structure(let inner) = type { return isAlwaysThere(rest, in: inner) }
    return rest.isEmpty
  }

  // MARK: Expressions

  private func meaning(of name: String) -> Meaning? { scope.last { $0.name == name }?.meaning }

  /// The path in the event that an expression is, or `nil` where it is something else.
  private func path(of expression: Expression) -> [String]? {
    switch expression.kind {
    case .variable(let name):
      if case .place(let path)? = meaning(of: name) { path } else { nil }
    case .property(let base, let name): path(of: base).map { $0 + [name.name] }
    default: nil
    }
  }

  private mutating func read(_ expression: Expression) {
    if case .isNull(let operand, _) = expression.kind, let path = path(of: operand) {
      event.read.insert(path)
      return
    }
    if let path = path(of: expression) {
      event.read.insert(path)
      event.whole.insert(path)
      return
    }
    var children: [(Expression, [String])] = []
    expression.forEachChild { children.append(($0, $1)) }
    for (child, bound) in children {
      let count = scope.count
      for name in bound { scope.append((name, .other)) }
      read(child)
      scope.removeSubrange(count...)
    }
  }

  /// Notes all paths in the expression of a node's id.
  private mutating func noteIDs(in expression: Expression) {
    if let path = path(of: expression) {
      event.ids.insert(path)
      return
    }
    var children: [Expression] = []
    expression.forEachChild { child, _ in children.append(child) }
    for child in children { noteIDs(in: child) }
  }
}
