import Digests
public import GraphStorage
import Language
import SourceText

// What decides how events of a kind are folded. Two schemas that say the same about a kind make
// the same of its events, whatever else they say: so a change of schema folds again the events of
// those kinds alone about which it says something else.

extension Schema {
  /// The names that graphs of this schema are made of, in its order.
  public var vocabulary: GraphVocabulary {
    GraphVocabulary(
      labels: labels,
      properties: ["id"] + storedPropertyNames.filter { $0 != "id" },
      tables: families,
      edgeTypes: edgeTypes.map {
        GraphVocabulary.EdgeShape(
          type: $0.name,
          hasValidity: $0.hasValidity,
          keyIsText: $0.keyIsText
        )
      }
    )
  }

  /// How this schema folds the events of some kinds.
  ///
  /// - Parameter counts: how many events there are of each.
  public func account(of counts: [(kind: EventKind, count: Int)]) -> FoldAccount {
    FoldAccount(
      origin: foldOrigin,
      entries: counts.map { kind, count in
        FoldAccount.Entry(
          kind: kind,
          eventCount: count,
          digest: digest(of: kind),
          edgeTypes: edgeTypes(of: kind) { _ in true },
          endedEdgeTypes: edgeTypes(of: kind) { $0 }
        )
      }
    )
  }

  /// Where accounts of this schema come from.
  public var foldOrigin: FoldAccount.Origin {
    FoldAccount.Origin(textDigest: textDigest, foldVersion: UInt64(Self.foldVersion))
  }

  /// Whether the schema declares the type of such events, and reads their version.
  public func reads(_ kind: EventKind) -> Bool {
    if kind.foldedType.hasPrefix(BuiltInEvents.prefix) { return true }
    guard let type = eventType(named: kind.foldedType) else { return false }
    return kind.version == 0 || (type.oldestVersion...type.version).contains(Int(kind.version))
  }

  /// SHA-256 of everything that decides what an event of that kind claims.
  public func digest(of kind: EventKind) -> [UInt8] {
    SHA256.digest(of: Array(foldingText(of: kind).utf8)).bytes
  }

  /// The types of the edges in the rules of a kind.
  ///
  /// - Parameter isWanted: asked with whether the edge is ended.
  private func edgeTypes(of kind: EventKind, where isWanted: (Bool) -> Bool) -> [String] {
    var names: [String] = []
    for rule in rules(of: kind.foldedType) {
      rule.forEachEdge { edge, isEnd in
        if isWanted(isEnd), !names.contains(edge.type.name) { names.append(edge.type.name) }
      }
    }
    return names
  }

  /// The lines of the file where the rules of a type of events begin.
  public func lines(ofRulesFor type: String) -> [Int] {
    rules(of: type).map { source.location(of: $0.span.start).line }
  }

  private func rules(of type: String) -> [RuleDeclaration] {
    document.rules.filter { $0.type.name == type }
  }

  /// Grows by one whenever the same schema comes to make something else of the same events.
  private static let foldVersion = 1

  private func foldingText(of kind: EventKind) -> String {
    let head = "fold \(Self.foldVersion)\n"
    guard let number = eventTypes.firstIndex(where: { $0.name == kind.foldedType }) else {
      let isBuiltIn = BuiltInEvents.plans.contains { $0.type.name == kind.foldedType }
      return head + (isBuiltIn ? "built in" : "unknown")
    }
    let plan = plans[number]
    let version = kind.version == 0 ? plan.type.version : Int(kind.version)
    guard version >= plan.type.oldestVersion, version <= plan.type.version else {
      return head + "unreadable"
    }
    let fields = plan.type.fields.map { "\($0)" }.joined(separator: "\n")
    var document = SchemaDocument(name: document.name, version: 1)
    document.rules = rules(of: kind.foldedType)
    document.upcasts = self.document.upcasts.filter {
      $0.type.name == kind.foldedType && $0.from >= version
    }.map { upcast in
      var upcast = upcast
      upcast.examples = []
      return upcast
    }
    document.upcasts.sort { $0.from < $1.from }
    document.name.name = "x"
    return head + fields + "\n\(Self.digest(of: document))\n"
      + declarations(namedBy: document.rules).joined(separator: "\n")
  }

  /// What the schema declares of the types and properties that rules name.
  private func declarations(namedBy rules: [RuleDeclaration]) -> [String] {
    var labels: Set<String> = []
    var properties: Set<String> = []
    var edges: Set<String> = []
    for rule in rules {
      rule.forEachNode { node in
        if let label = node.label { labels.insert(label.name) }
        properties.formUnion(node.properties.map(\.key.name))
      }
      rule.forEachSetProperty { properties.insert($0.name) }
      rule.forEachEdge { edge, _ in
        edges.insert(edge.type.name)
        properties.formUnion(edge.properties.map(\.key.name))
      }
    }
    let nodeTexts = nodeTypes.filter { labels.contains($0.name) }.map { type in
      let own = type.properties.filter { properties.contains($0.name) }
        .map { "\($0.name) \($0.type)" }.sorted()
      return "NODE \(type.name) IN \(type.family) : \(type.labels.sorted()) \(own)"
    }
    let edgeTexts = edgeTypes.filter { edges.contains($0.name) }.map { type in
      let own = type.properties
        .filter { properties.contains($0.name) || type.isInKey($0.name) }
        .map { "\($0.name) \($0.type)" }.sorted()
      return "EDGE \(type.name) \(type.hasValidity) \(type.key) \(own)"
    }
    return (nodeTexts + edgeTexts).sorted()
  }
}

extension EdgeType {
  func isInKey(_ property: String) -> Bool {
    if case .properties(let names) = key { names.contains(property) } else { false }
  }

  /// For each part of the key whether graphs keep it as a text; the others are dates and booleans.
  var keyIsText: [Bool] {
    guard case .properties(let names) = key else { return [] }
    return names.map { name in
      switch property(named: name)?.type {
      case .date, .boolean, nil: false
      default: true
      }
    }
  }
}

extension RuleDeclaration {
  /// Every node that the rule mentions, those at the ends of edges as well.
  func forEachNode(_ body: (RuleNode) -> Void) {
    forEachStatement { statement in
      switch statement {
      case .node(let node): body(node)
      case .edge(let edge, _, _), .end(let edge, _):
        body(edge.source)
        body(edge.target)
      case .set, .forEach, .when: break
      }
    }
  }

  /// Every edge that the rule makes, or ends.
  func forEachEdge(_ body: (_ edge: RuleEdge, _ isEnd: Bool) -> Void) {
    forEachStatement { statement in
      switch statement {
      case .edge(let edge, _, _): body(edge, false)
      case .end(let edge, _): body(edge, true)
      case .node, .set, .forEach, .when: break
      }
    }
  }

  func forEachSetProperty(_ body: (Identifier) -> Void) {
    forEachStatement { if case .set(_, let property, _) = $0 { body(property) } }
  }

  /// All statements of the rule, those within others as well.
  func forEachStatement(_ body: (RuleStatement) -> Void) {
    func visit(_ statements: [RuleStatement]) {
      for statement in statements {
        body(statement)
        switch statement {
        case .forEach(_, _, let inner), .when(_, let inner): visit(inner)
        case .node, .edge, .set, .end: break
        }
      }
    }
    visit(statements)
  }
}
