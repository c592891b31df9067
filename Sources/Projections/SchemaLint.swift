import Language
public import SourceText

/// What is correct in a schema and yet most likely not meant.
public struct SchemaFinding: Hashable, Sendable {
  /// What findings are about; the raw values are what `--allow` takes.
  public enum Rule: String, Hashable, Sendable, CaseIterable {
    /// A field of an event that no rule and no upcast reads.
    case unreadField = "unread-field"
    /// A property that no rule gives a value.
    case unsetProperty = "unset-property"
    /// A type of nodes or edges that no rule makes.
    case unmadeType = "unmade-type"
    /// Events that differ in an edge's properties make one edge.
    case collapsingEdge = "collapsing-edge"
    /// A STRING or TEXT field with the name of an id.
    case idAsText = "id-as-text"
    /// An ID field that names no node.
    case unusedID = "unused-id"
    /// A rule makes an edge without a part of its key.
    case missingKey = "missing-key"
    /// A WHEN that holds always or never.
    case constantCondition = "constant-condition"
    /// A label that is nothing but a supertype.
    case labelOnly = "label-only"
    /// An END of edges that no rule begins.
    case endWithoutStart = "end-without-start"
  }

  public let rule: Rule
  /// A warning, whose message ends with the rule's name in brackets.
  public let diagnostic: Diagnostic

  init(_ rule: Rule, _ message: String, at span: SourceSpan, hint: String) {
    self.rule = rule
    diagnostic = Diagnostic(
      "\(message) [\(rule.rawValue)]",
      at: span,
      hint: hint,
      severity: .warning
    )
  }
}

extension Schema {
  /// What is correct and yet most likely not meant, in the order of the file.
  public func findings() -> [SchemaFinding] {
    var lint = SchemaLint(self)
    return lint.findings()
  }
}

/// Looks for what ``SchemaFinding/Rule`` names.
struct SchemaLint {
  let schema: Schema
  var found: [SchemaFinding] = []
  private var usage: RuleUsage

  init(_ schema: Schema) {
    self.schema = schema
    usage = RuleUsage(schema)
  }

  mutating func findings() -> [SchemaFinding] {
    for event in schema.document.events { checkFields(of: event) }
    checkNodes()
    checkEdges()
    checkLabels()
    found += usage.findings
    return found.enumerated().sorted {
      ($0.element.diagnostic.span.start, $0.offset) < ($1.element.diagnostic.span.start, $1.offset)
    }.map(\.element)
  }

  private mutating func report(
    _ rule: SchemaFinding.Rule,
    _ message: String,
    at span: SourceSpan,
    hint: String
  ) {
    found.append(SchemaFinding(rule, message, at: span, hint: hint))
  }

  // MARK: Events

  private mutating func checkFields(of event: EventDeclaration) {
    let used = usage.ofEvents[event.type.name] ?? RuleUsage.OfEvent()
    checkFields(event.fields, path: [], used, upcasts: upcastNames(of: event.type.name))
  }

  /// The fields that the upcasts of an event read.
  private func upcastNames(of event: String) -> Set<String> {
    var names: Set<String> = []
    for upcast in schema.document.upcasts where upcast.type.name == event {
      for case .set(_, let value) in upcast.steps { names.formUnion(value.freeVariables) }
    }
    return names
  }

  private mutating func checkFields(
    _ fields: [FieldDeclaration],
    path: [String],
    _ used: RuleUsage.OfEvent,
    upcasts: Set<String>
  ) {
    for field in fields {
      let name = field.name.name
      let place = path + [name]
      let (inner, suffix) = Self.structure(field.type)
      if path.isEmpty, upcasts.contains(name) { continue }
      let isRead = used.reads(place) || used.reads(place + suffix)
      if let inner {
        // Whatever is read as a whole may be read in all its parts.
        guard !used.readsWhole(place), !used.readsWhole(place + suffix) else { continue }
        checkFields(inner, path: place + suffix, used, upcasts: [])
        continue
      }
      if !isRead {
        report(
          .unreadField,
          "no rule reads the field \(quoted(name))",
          at: field.name.span,
          hint: "give it to a property, or leave it out of the event"
        )
        continue
      }
      checkID(field, place + suffix, used)
    }
  }

  private mutating func checkID(
    _ field: FieldDeclaration,
    _ place: [String],
    _ used: RuleUsage.OfEvent
  ) {
    let name = field.name.name
    switch Self.scalarName(field.type) {
    case "ID" where !used.ids.contains(place):
      report(
        .unusedID,
        "the ID \(quoted(name)) is no node's id in any rule",
        at: field.name.span,
        hint: "make the node that it names, NODE (:Type { id: … }), or declare it as STRING"
      )
    case "STRING", "TEXT":
      guard name == "id" || name.hasSuffix("_id") else { return }
      report(
        .idAsText,
        "\(quoted(name)) is called an id and is \(Self.scalarName(field.type))",
        at: field.type.span,
        hint: "declare it as ID, so that it can name a node"
      )
    default: break
    }
  }

  /// The fields of a structure, also of one in lists, with what a path has for the lists.
  private static func structure(_ type: TypeSyntax) -> ([FieldDeclaration]?, [String]) {
    switch type.kind {
    case .named: return (nil, [])
    case .structure(let fields): return (fields, [])
    case .list(let element):
      let (fields, suffix) = structure(element)
      return (fields, [RuleUsage.element] + suffix)
    }
  }

  private static func scalarName(_ type: TypeSyntax) -> String {
    switch type.kind {
    case .named(let name): name.uppercased()
    case .list(let element): scalarName(element)
    case .structure: ""
    }
  }

  // MARK: The graph

  private mutating func checkNodes() {
    for node in schema.document.nodes {
      let name = node.name.name
      guard usage.madeLabels.contains(name) else {
        report(
          .unmadeType,
          "no rule makes a node of the type \(quoted(name))",
          at: node.name.span,
          hint: "mention it in a rule, or leave it out"
        )
        continue
      }
      for property in node.properties
      where !usage.setNodeProperties.contains([name, property.name.name]) {
        reportUnset(property, of: name)
      }
    }
  }

  private mutating func reportUnset(_ property: FieldDeclaration, of type: String) {
    report(
      .unsetProperty,
      "no rule gives \(quoted(type)) the property \(quoted(property.name.name))",
      at: property.name.span,
      hint: "give it a value in a rule, or leave it out"
    )
  }

  private mutating func checkEdges() {
    var seen: Set<String> = []
    for edge in schema.document.edges where seen.insert(edge.type.name).inserted {
      let name = edge.type.name
      guard usage.madeEdges.contains(name) else {
        report(
          .unmadeType,
          "no rule makes an edge of the type \(quoted(name))",
          at: edge.type.span,
          hint: "make it in a rule, or leave it out"
        )
        continue
      }
      for property in edge.properties
      where !usage.setEdgeProperties.contains([name, property.name.name]) {
        reportUnset(property, of: name)
      }
      let given = edge.properties.map(\.name.name).filter {
        usage.setEdgeProperties.contains([name, $0])
      }
      if edge.key == .ends, let first = given.first {
        report(
          .collapsingEdge,
          "two events that differ only in \(quoted(first)) make one edge \(quoted(name))",
          at: edge.type.span,
          hint: "add KEY \(Spelling.name(first)) or KEY EVENT"
        )
      }
    }
  }

  private mutating func checkLabels() {
    let used = Set(schema.edgeTypes.flatMap(\.ends).flatMap { [$0.source, $0.target] })
    let spans = schema.document.derivations.map(\.span)
    let words = Set(
      Lexer.tokens(of: schema.source).filter { token in
        spans.contains { $0.start <= token.span.start && token.span.end <= $0.end }
      }.map { schema.source[$0.span] }
    )
    var seen: Set<String> = []
    for supertype in schema.document.nodes.flatMap(\.supertypes) {
      let name = supertype.name
      guard schema.nodeType(named: name) == nil, !used.contains(name),
        !words.contains(Spelling.name(name)), seen.insert(name).inserted
      else { continue }
      report(
        .labelOnly,
        "\(quoted(name)) is a label that nothing but the types under it has or uses",
        at: supertype.span,
        hint: "declare NODE \(Spelling.name(name)), let an edge end there, or leave it out"
      )
    }
  }
}
