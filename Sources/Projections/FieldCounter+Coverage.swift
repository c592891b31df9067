import GraphModel
import Language
import SourceText

extension FieldCounter {
  /// What the events that were counted have, and which parts of the schema read it.
  public func coverage(of schema: Schema) -> SchemaCoverage {
    let types = Set(roots.map(\.kind.type))
    var idle: [String] = []
    for rule in schema.document.rules {
      guard types.contains(rule.type.name) else {
        idle.append("ON \(rule.type.name) at line \(schema.line(of: rule.span))")
        continue
      }
      idle += idleStatements(of: rule, in: schema)
    }
    return SchemaCoverage(
      events: roots.sorted { ($0.kind.type, $0.kind.version) < ($1.kind.type, $1.kind.version) }
        .map { use(of: $0.kind, $0.node, in: schema) },
      absentTypes: schema.eventTypes.map(\.name).filter { !types.contains($0) },
      idleRules: idle
    )
  }

  private func use(of kind: Kind, _ root: Node, in schema: Schema) -> SchemaCoverage.EventUse {
    let readers = FieldReaders(of: kind.type, version: Int(kind.version), in: schema)
    var fields: [SchemaCoverage.FieldUse] = []
    func visit(_ node: Node, _ path: [String]) {
      for child in node.children {
        let name = String(decoding: child.name, as: UTF8.self)
        let childPath = path + [name]
        // The elements of a list are no field of their own, and a structure is its fields.
        if child.eventCount > 0, name != RuleUsage.element, !child.isStructure {
          fields.append(
            SchemaCoverage.FieldUse(
              path: Self.text(of: childPath),
              eventCount: child.eventCount,
              readers: readers.names(of: childPath)
            )
          )
        }
        visit(child, childPath)
      }
    }
    visit(root, [])
    let type = schema.eventType(named: kind.type)
    let isCurrent = type.map { kind.version == 0 || Int(kind.version) == $0.version } ?? false
    var found: Set<String> = []
    func note(_ node: Node, _ path: [String]) {
      for child in node.children where child.eventCount > 0 {
        let childPath = path + [String(decoding: child.name, as: UTF8.self)]
        found.insert(Self.text(of: childPath))
        note(child, childPath)
      }
    }
    note(root, [])
    return SchemaCoverage.EventUse(
      type: kind.type,
      version: Int(kind.version),
      eventCount: root.eventCount,
      fields: fields,
      missing: isCurrent ? Self.missing(type?.fields ?? [], [], found) : [],
      isDeclared: type != nil
    )
  }

  /// The declared fields that were not found, without those in one that was not.
  private static func missing(
    _ fields: [Field],
    _ path: [String],
    _ found: Set<String>
  ) -> [String] {
    fields.flatMap { field in
      var type = field.type
      var own = path + [field.name]
      let name = text(of: own)
      guard found.contains(name) else { return [name] }
      while case .list(let element) = type {
        type = element
        own.append(RuleUsage.element)
      }
      guard case .structure(let inner) = type else { return [] }
      return missing(inner, own, found)
    }
  }

  static func text(of path: [String]) -> String {
    var text = ""
    for name in path {
      if name == RuleUsage.element {
        text += name
      } else {
        text += text.isEmpty ? name : "." + name
      }
    }
    return text
  }

  // MARK: What never runs

  /// Conditions that no event meets, and loops over what no event has.
  private func idleStatements(of rule: RuleDeclaration, in schema: Schema) -> [String] {
    let nodes = roots.filter { $0.kind.type == rule.type.name }.map(\.node)
    let current = schema.eventType(named: rule.type.name)?.version ?? 1
    // What an upcast makes of old data is not in the log.
    let isOnlyCurrent = roots.allSatisfy {
      $0.kind.type != rule.type.name || $0.kind.version == 0 || Int($0.kind.version) == current
    }
    guard isOnlyCurrent else { return [] }
    var idle: [String] = []
    var scope = [rule.alias.name: [String]()]
    func path(of expression: Expression) -> [String]? {
      switch expression.kind {
      case .variable(let name): scope[name]
      case .property(let base, let name): path(of: base).map { $0 + [name.name] }
      default: nil
      }
    }
    func hasDefault(_ path: [String]) -> Bool {
      let field = schema.eventType(named: rule.type.name)?.fields.first { $0.name == path.first }
      return field?.defaultValue.map { $0 != .list([]) } ?? false
    }
    func isAbsent(_ path: [String]) -> Bool {
      !hasDefault(path) && !nodes.contains { Self.has(path[...], in: $0) }
    }
    func visit(_ statements: [RuleStatement]) {
      for statement in statements {
        switch statement {
        case .forEach(let variable, let list, let body):
          guard let place = path(of: list) else { continue }
          if isAbsent(place + [RuleUsage.element]) {
            idle.append(
              "FOR at line \(schema.line(of: list.span)): no event has \(Self.text(of: place))"
            )
            continue
          }
          let former = scope[variable.name]
          scope[variable.name] = place + [RuleUsage.element]
          visit(body)
          scope[variable.name] = former
        case .when(let condition, let body):
          if case .isNull(let operand, true) = condition.kind, let place = path(of: operand),
            isAbsent(place)
          {
            idle.append(
              "WHEN at line \(schema.line(of: condition.span)): no event has \(Self.text(of: place))"
            )
          } else {
            visit(body)
          }
        case .node, .edge, .set, .end: break
        }
      }
    }
    visit(rule.statements)
    return idle
  }

  private static func has(_ path: ArraySlice<String>, in node: Node) -> Bool {
    guard let name = path.first else { return node.eventCount > 0 }
    guard let child = node.children.first(where: { $0.name.elementsEqual(name.utf8) }) else {
      return false
    }
    return has(path.dropFirst(), in: child)
  }
}

/// Which rules and upcasts read the fields of one type and version.
private struct FieldReaders {
  private var rules: [(name: String, usage: RuleUsage.OfEvent)] = []
  private var upcasts: [(name: String, reads: Set<String>, removes: Set<String>)] = []

  init(of type: String, version: Int, in schema: Schema) {
    for rule in schema.document.rules where rule.type.name == type {
      let usage = RuleUsage(schema, rules: [rule]).ofEvents[type] ?? RuleUsage.OfEvent()
      rules.append(("ON at line \(schema.line(of: rule.span))", usage))
    }
    let steps = schema.document.upcasts.filter {
      $0.type.name == type && version > 0 && $0.from >= version
    }
    for upcast in steps.sorted(by: { $0.from < $1.from }) {
      var reads: Set<String> = []
      var removes: Set<String> = []
      for step in upcast.steps {
        switch step {
        case .set(let field, let value):
          value.forEachVariable { reads.insert($0) }
          removes.insert(field.name)
        case .remove(let field):
          reads.insert(field.name)
          removes.insert(field.name)
        }
      }
      upcasts.append(("UPCAST \(upcast.from) TO \(upcast.to)", reads, removes))
    }
  }

  func names(of path: [String]) -> [String] {
    var names: [String] = []
    for upcast in upcasts {
      if upcast.reads.contains(path[0]) { names.append(upcast.name) }
      // What a step replaces or removes is not what the rules see.
      if upcast.removes.contains(path[0]) { return names }
    }
    return names + rules.filter { $0.usage.reads(path) }.map(\.name)
  }
}

extension Schema {
  fileprivate func line(of span: SourceSpan) -> Int { source.location(of: span.start).line }
}

extension Expression {
  /// The names of all variables in the expression, those that it binds itself as well.
  fileprivate func forEachVariable(_ body: (String) -> Void) {
    if case .variable(let name) = kind { body(name) }
    forEachChild { child, _ in child.forEachVariable(body) }
  }
}
