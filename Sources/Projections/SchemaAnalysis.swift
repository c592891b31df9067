import Digests
import GraphModel
import JSONTape
import Language
import OrderedCollections
import SourceText

/// Finds out what a schema file means, and everything that is wrong with it.
///
/// One pass over each kind of declaration, in the order in which they depend on
/// each other; a mistake is noted and the analysis goes on with what can still be
/// understood.
final class SchemaAnalysis {
  let source: SourceText
  let document: SchemaDocument
  var checksExamples = true
  private(set) var diagnostics: [Diagnostic] = []

  var nodeTypes: [NodeType] = []
  var nodeNumbers: [String: Int] = [:]
  /// Node types and the supertypes that are labels only, in the order of the file.
  var labels: [String] = []
  var edgeTypes: [EdgeType] = []
  var edgeNumbers: [String: Int] = [:]
  var derivedEdgeTypes: [DerivedEdgeType] = []
  var eventTypes: [EventType] = []
  var plans: [EventPlan] = []
  private(set) var propertyNames: [String] = []
  private var propertyNumbers: [String: Int32] = [:]

  let parser = JSONParser()
  let decoder = DataDecoder()

  init(source: SourceText, document: SchemaDocument) {
    self.source = source
    self.document = document
  }

  func schema() throws(Diagnostics) -> Schema {
    analyseNodes()
    analyseEdges()
    analyseEvents()
    analyseDerivations()
    guard diagnostics.isEmpty else {
      let ordered = diagnostics.enumerated().sorted {
        ($0.element.span.start, $0.offset) < ($1.element.span.start, $1.offset)
      }
      throw Diagnostics(ordered.map(\.element))
    }
    return Schema(
      name: document.name.name,
      version: document.version,
      source: source,
      document: document,
      textDigest: SHA256.digest(of: source.bytes).bytes,
      nodeTypes: nodeTypes,
      labels: labels,
      edgeTypes: edgeTypes,
      derivedEdgeTypes: derivedEdgeTypes,
      eventTypes: eventTypes,
      plans: plans,
      storedPropertyNames: propertyNames
    )
  }

  func report(_ message: String, at span: SourceSpan, hint: String? = nil) {
    let diagnostic = Diagnostic(message, at: span, hint: hint)
    if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
  }

  /// A hint that names the nearest of some names.
  func suggestion(for name: String, among names: some Sequence<String>) -> String? {
    nearest(to: name, among: names).map { "did you mean \(quoted($0))?" }
  }

  func propertyNumber(_ name: String) -> Int32 {
    if let known = propertyNumbers[name] { return known }
    let number = Int32(propertyNames.count)
    propertyNames.append(name)
    propertyNumbers[name] = number
    return number
  }

  // MARK: Types and fields

  /// The type that is written there, or `nil` where a mistake was noted.
  func fieldType(_ syntax: TypeSyntax) -> FieldType? {
    switch syntax.kind {
    case .named(let name):
      let upper = name.uppercased()
      if let known = FieldType.named.first(where: { $0.spelling == upper }) { return known.type }
      let spellings = FieldType.named.map(\.spelling) + ["LIST"]
      report(
        "unknown type \(quoted(name))",
        at: syntax.span,
        hint: suggestion(for: name, among: spellings)
          ?? "the types are \(spellings.joined(separator: ", "))"
      )
      return nil
    case .list(let element): return fieldType(element).map { .list($0) }
    case .structure(let fields): return .structure(self.fields(fields))
    }
  }

  /// The fields of an event or of a structure, without those that have a mistake.
  func fields(_ declarations: [FieldDeclaration]) -> [Field] {
    var fields: [Field] = []
    var names: Set<String> = []
    for declaration in declarations {
      let name = declaration.name
      guard names.insert(name.name).inserted else {
        report("the field \(quoted(name.name)) is declared twice", at: name.span)
        continue
      }
      guard let type = fieldType(declaration.type) else { continue }
      let value = declaration.defaultValue.flatMap { defaultValue($0, of: name.name, type) }
      fields.append(
        Field(name.name, type, isOptional: declaration.optional, default: value)
      )
    }
    return fields
  }

  /// The value of a field's default, as its type has it.
  private func defaultValue(_ expression: Expression, of name: String, _ type: FieldType) -> Value?
  {
    guard let value = constant(expression) else { return nil }
    guard !value.isNull else {
      report(
        "the default of \(quoted(name)) is null",
        at: expression.span,
        hint: "a field that may be missing is marked with \"?\""
      )
      return nil
    }
    let shape = DataShape([Field(name, type)])
    let bytes = JSONText.bytes(of: .map([name: value]))
    return bytes.withUnsafeBytes { bytes in
      guard let tape = try? parser.parse(bytes) else { return nil }
      if case .fails(let error) = decoder.decode(shape, tape, at: tape.root, path: "") {
        let place = error.path == ".\(name)" ? "" : " at \(error.path.dropFirst())"
        report(
          "the default of \(quoted(name)) does not fit\(place): expected \(error.expected),"
            + " found \(error.found)",
          at: expression.span,
          hint: error.hint
        )
        return nil
      }
      switch type {
      case .list, .structure, .map, .any, .text: return value
      default:
        let field = shape.plan(ofField: 0, inType: shape.root)
        let reader = SlotReader(shape: shape, tape: tape, slots: decoder.slots)
        return reader.value(Int(field.slot), type: Int(field.type))
      }
    }
  }

  // MARK: Nodes

  private func analyseNodes() {
    var declarations: [String: NodeDeclaration] = [:]
    var order: [NodeDeclaration] = []
    for declaration in document.nodes {
      let name = declaration.name
      guard declarations[name.name] == nil else {
        report("the node type \(quoted(name.name)) is declared twice", at: name.span)
        continue
      }
      declarations[name.name] = declaration
      order.append(declaration)
    }
    noteLabels(order)
    for declaration in order { checkCycle(of: declaration, declarations) }
    var familyTypes: [String: [String: (FieldType, String)]] = [:]
    for declaration in order {
      nodeNumbers[declaration.name.name] = nodeTypes.count
      nodeTypes.append(nodeType(declaration, declarations, &familyTypes))
    }
  }

  private func noteLabels(_ order: [NodeDeclaration]) {
    for declaration in order {
      for name in [declaration.name] + declaration.supertypes where !labels.contains(name.name) {
        labels.append(name.name)
      }
    }
  }

  private func checkCycle(
    of declaration: NodeDeclaration,
    _ declarations: [String: NodeDeclaration]
  ) {
    let start = declaration.name.name
    var path: [String] = []
    var visited: Set<String> = []
    func search(_ name: String) -> [String]? {
      guard visited.insert(name).inserted, path.count <= declarations.count else { return nil }
      path.append(name)
      for supertype in declarations[name]?.supertypes ?? [] {
        if supertype.name == start { return path + [start] }
        if let cycle = search(supertype.name) { return cycle }
      }
      path.removeLast()
      return nil
    }
    guard let cycle = search(start) else { return }
    // One message for a cycle, at the declaration that comes first.
    let others = cycle.compactMap { declarations[$0]?.span.start }
    guard others.min() == declaration.span.start else { return }
    report(
      "\(quoted(start)) is its own supertype: \(cycle.joined(separator: " : "))",
      at: declaration.supertypes.first?.span ?? declaration.name.span
    )
  }

  /// All supertypes of a type, the nearest first.
  private func ancestors(
    of name: String,
    _ declarations: [String: NodeDeclaration]
  ) -> [String] {
    var result: [String] = []
    var level = [name]
    while !level.isEmpty {
      var next: [String] = []
      for supertype in level.flatMap({ declarations[$0]?.supertypes ?? [] }) {
        guard supertype.name != name, !result.contains(supertype.name) else { continue }
        result.append(supertype.name)
        next.append(supertype.name)
      }
      level = next
    }
    return result
  }

  private func nodeType(
    _ declaration: NodeDeclaration,
    _ declarations: [String: NodeDeclaration],
    _ familyTypes: inout [String: [String: (FieldType, String)]]
  ) -> NodeType {
    let name = declaration.name.name
    let ancestors = ancestors(of: name, declarations)
    let declared = ancestors.filter { declarations[$0] != nil }
    let roots = declared.filter { ancestor in
      !(declarations[ancestor]?.supertypes ?? []).contains { declarations[$0.name] != nil }
    }
    if roots.count > 1 {
      report(
        "\(quoted(name)) belongs to two families of ids, those of"
          + " \(listed(roots, joinedBy: "and"))",
        at: declaration.name.span,
        hint: "give them a common supertype, or make one of them a label that no NODE declares"
      )
    }
    let family = roots.first ?? name
    var inherited: [Property] = []
    for ancestor in declared.reversed() {
      for property in declarations[ancestor].map({ quietProperties($0) }) ?? []
      where !inherited.contains(where: { $0.name == property.name }) {
        inherited.append(property)
      }
    }
    let own = ownProperties(declaration, inherited, family, &familyTypes)
    return NodeType(
      name: name,
      supertypes: declaration.supertypes.map(\.name),
      labels: [name] + ancestors,
      family: family,
      properties: inherited + own,
      ownProperties: own
    )
  }

  /// The properties of a declaration whose mistakes are noted elsewhere.
  private func quietProperties(_ declaration: NodeDeclaration) -> [Property] {
    let count = diagnostics.count
    defer { diagnostics.removeSubrange(count...) }
    return declaration.properties.compactMap { field in
      fieldType(field.type).map { Property(field.name.name, $0) }
    }
  }

  private func ownProperties(
    _ declaration: NodeDeclaration,
    _ inherited: [Property],
    _ family: String,
    _ familyTypes: inout [String: [String: (FieldType, String)]]
  ) -> [Property] {
    let typeName = declaration.name.name
    var own: [Property] = []
    for property in properties(declaration.properties) {
      guard let name = declaration.properties.first(where: { $0.name.name == property.name })?.name
      else { continue }
      if property.name == "id" {
        report(
          "every node has an \"id\" already",
          at: name.span,
          hint: "leave it out: rules give it as { id: … }"
        )
        continue
      }
      if inherited.contains(where: { $0.name == property.name }) {
        report(
          "\(quoted(typeName)) has \(quoted(property.name)) from a supertype already",
          at: name.span
        )
        continue
      }
      if let (type, other) = familyTypes[family]?[property.name], type != property.type {
        report(
          "\(quoted(property.name)) is \(property.type) here and \(type) in \(quoted(other)),"
            + " which shares its nodes",
          at: name.span
        )
        continue
      }
      familyTypes[family, default: [:]][property.name] = (property.type, typeName)
      own.append(property)
    }
    return own
  }

  /// Properties of a node or an edge type, without those that have a mistake.
  func properties(_ declarations: [FieldDeclaration]) -> [Property] {
    var properties: [Property] = []
    var names: Set<String> = []
    for declaration in declarations {
      let name = declaration.name
      guard names.insert(name.name).inserted else {
        report("the property \(quoted(name.name)) is declared twice", at: name.span)
        continue
      }
      if let value = declaration.defaultValue {
        report(
          "a property has no default",
          at: value.span,
          hint: "give the default to the field of the event"
        )
      }
      guard let type = fieldType(declaration.type) else { continue }
      if type.containsStructure {
        report(
          "a property cannot be a structure",
          at: declaration.type.span,
          hint: "declare a MAP, or a node of its own"
        )
        continue
      }
      properties.append(Property(name.name, type))
    }
    return properties
  }
}

extension FieldType {
  fileprivate var containsStructure: Bool {
    switch self {
    case .structure: true
    case .list(let element): element.containsStructure
    default: false
    }
  }
}
