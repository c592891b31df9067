import Expressions
import GraphModel
import GraphStorage
import OrderedCollections
import SourceText

extension ExecutionContext {
  /// All properties of a node or edge, or the map itself; `nil` for anything else.
  func properties(of value: Value) -> Value? {
    let graph = view.graph
    let found: [(key: UInt16, value: Value)]
    switch value {
    case .node(let node): found = graph.properties(of: node)
    case .edge(let edge): found = graph.properties(of: edge)
    case .derivedEdge(let edge): return .map(edge.properties)
    case .map: return value
    default: return nil
    }
    var map: OrderedDictionary<String, Value> = [:]
    for (key, value) in found { map[graph.contents.propertyKeys[Int(key)]] = value }
    return .map(map)
  }
}

/// A path out of its nodes and edges, which the match has bound.
final class PathEvaluator: Evaluator {
  let steps: [PathStep]

  init(_ context: ExecutionContext, _ span: SourceSpan, steps: [PathStep]) {
    self.steps = steps
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let result = result(for: rows)
    for index in 0..<rows.count {
      let row = rows[index]
      if let path = path(chunk, row) {
        result.setBox(row, .value(.path(path)))
      } else {
        result.setNull(row)
      }
    }
    return result
  }

  private func path(_ chunk: Chunk, _ row: Int) -> Path? {
    var path = Path(nodes: [], edges: [])
    for step in steps {
      switch step {
      case .node(let slot):
        let column = chunk.column(slot)
        guard column.tag(row) == Tag.node else { return nil }
        let node = NodeNumber(UInt32(truncatingIfNeeded: column.word(row)))
        // A list of edges has already led here.
        if path.nodes.count == path.edges.count { path.nodes.append(node) }
      case .edge(let slot):
        let column = chunk.column(slot)
        guard column.tag(row) == Tag.edge else { return nil }
        path.edges.append(edgeReference(column.word(row)))
      case .edges(let slot):
        let elements = Vector(capacity: 8)
        guard context.appendElements(of: chunk.column(slot), row: row, to: elements) != nil,
          var node = path.nodes.last
        else { return nil }
        for index in 0..<elements.count {
          let edge = edgeReference(elements.words[index])
          let source = context.view.graph.source(of: edge)
          node = source == node ? context.view.graph.target(of: edge) : source
          path.edges.append(edge)
          path.nodes.append(node)
        }
      }
    }
    return path
  }
}

/// An edge that the schema derives, whole.
final class DerivedEdgeEvaluator: OperandEvaluator {
  let type: String
  let keys: [String]

  /// The first two operands are the ends.
  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    type: String,
    keys: [String],
    _ operands: [Evaluator]
  ) {
    self.type = type
    self.keys = keys
    super.init(context, span, operands)
  }

  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    for index in 0..<rows.count {
      let row = rows[index]
      guard operands[0].tag(row) == Tag.node, operands[1].tag(row) == Tag.node else {
        result.setNull(row)
        continue
      }
      var properties: OrderedDictionary<String, Value> = [:]
      for (position, key) in keys.enumerated() {
        let value = context.value(operands[position + 2], row)
        if !value.isNull { properties[key] = value }
      }
      let edge = DerivedEdge(
        type: type,
        from: NodeNumber(UInt32(truncatingIfNeeded: operands[0].word(row))),
        to: NodeNumber(UInt32(truncatingIfNeeded: operands[1].word(row))),
        properties: properties
      )
      result.setBox(row, .value(.derivedEdge(edge)))
    }
  }
}

/// A function that looks into the graph, on values.
final class EntityEvaluator: OperandEvaluator {
  let function: EntityFunction

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ function: EntityFunction,
    _ operands: [Evaluator]
  ) {
    self.function = function
    super.init(context, span, operands)
  }

  override func fill(_ result: Vector, _ operands: [Vector], _ rows: Rows) throws(QueryError) {
    for index in 0..<rows.count {
      let row = rows[index]
      if operands[0].isNull(row) {
        result.setNull(row)
        continue
      }
      var arguments: [Value] = []
      for operand in operands { arguments.append(context.value(operand, row)) }
      context.store(try apply(arguments), in: result, at: row)
    }
  }

  private func apply(_ arguments: [Value]) throws(QueryError) -> Value {
    let graph = context.view.graph
    let subject = arguments[0]
    switch (function, subject) {
    case (.id, .node(let node)): return .integer(Int64(node.rawValue))
    case (.id, .edge(let edge)):
      return .integer(Int64(bitPattern: edgeWord(edge.type, edge.number)))
    case (.labels, .node(let node)):
      return .list(graph.labels(of: node).sorted().map { .string($0) })
    case (.type, .edge(let edge)):
      return .string(graph.contents.edgeTypes[Int(edge.type)].type)
    case (.type, .derivedEdge(let edge)): return .string(edge.type)
    case (.properties, _):
      if let properties = context.properties(of: subject) { return properties }
    case (.keys, _):
      if case .map(let properties)? = context.properties(of: subject) {
        return .list(properties.keys.map { .string($0) })
      }
    case (.nodes, .path(let path)): return .list(path.nodes.map { .node($0) })
    case (.relationships, .path(let path)): return .list(path.edges.map { .edge($0) })
    case (.length, .path(let path)): return .integer(Int64(path.edges.count))
    case (.startNode, .edge(let edge)): return .node(graph.source(of: edge))
    case (.startNode, .derivedEdge(let edge)): return .node(edge.from)
    case (.endNode, .edge(let edge)): return .node(graph.target(of: edge))
    case (.endNode, .derivedEdge(let edge)): return .node(edge.to)
    case (.names, .node(let node)): return .list(names(of: node).map { .string($0) })
    case (.text, .node(let node)): return text(node, arguments)
    case (.sources, _): if let sources = sources(of: subject) { return sources }
    case (.validity, .edge(let edge)): return validity(of: edge)
    case (.recorded, .node(let node)):
      return recorded(graph.contents.nodePositions[Int(node.rawValue)])
    case (.recorded, .edge(let edge)):
      return recorded(graph.contents.edgeTypes[Int(edge.type)].positions[Int(edge.number)])
    case (.claims, .node(let node)):
      if case .string(let name)? = arguments.dropFirst().first { return claims(node, name) }
    default: break
    }
    throw error(
      .typeMismatch,
      "\(function.rawValue)() does not take \(subject.typeName)"
    )
  }

  private func names(of node: NodeNumber) -> [String] {
    var names: [String] = []
    for form in context.nameForms(of: node) where !names.contains(form.text) {
      names.append(form.text)
    }
    return names
  }

  /// `text(n, 'name', 'th')`: the form in that language, those of kind *name* first.
  private func text(_ node: NodeNumber, _ arguments: [Value]) -> Value {
    guard arguments.count == 3, case .string(let property) = arguments[1],
      case .string(let language) = arguments[2],
      let key = context.view.graph.propertyKey(named: property)
    else { return .null }
    let forms = context.view.graph.forms(ofProperty: key, of: node).map(\.form)
    let inLanguage = forms.filter { $0.language == language }
    let chosen = inLanguage.first { $0.kind == .name } ?? inLanguage.first
    return chosen.map { .string($0.text) } ?? .null
  }

  private func validity(of edge: EdgeReference) -> Value {
    let table = context.view.edgeTypes[Int(edge.type)]
    guard table.hasValidity else { return .null }
    func date(_ packed: Int32) -> Value {
      packed == ValidityColumns.absent || packed == ValidityColumns.unknownEnd
        ? .null : .date(PartialDate(storedPacked: packed))
    }
    return .map([
      "from": date(table.validity.from[Int(edge.number)]),
      "to": date(table.validity.to[Int(edge.number)]),
    ])
  }

  private func recorded(_ position: UInt32) -> Value {
    let times = context.view.graph.contents.eventTimes
    let time: Value =
      Int(position) < times.count && position > 0
      ? .dateTime(DateTime(microseconds: times[Int(position)])) : .null
    return .map(["position": .integer(Int64(position)), "time": time])
  }

  private func describe(_ position: EventPosition) -> Value {
    if let description = context.options.eventDescription { return description(position) }
    return .map(["position": .integer(Int64(position.rawValue))])
  }

  private func sources(of subject: Value) -> Value? {
    let contents = context.view.graph.contents
    var positions: Set<UInt32> = []
    func add(_ node: NodeNumber) {
      positions.insert(contents.nodePositions[Int(node.rawValue)])
      let table = contents.tables[Int(contents.nodeTables[Int(node.rawValue)])]
      let row = Int(contents.nodeRows[Int(node.rawValue)])
      for column in table.columns where column.hasValue(at: row) {
        positions.insert(column.positions[row])
      }
      for texts in table.texts {
        for form in texts?.forms(ofRow: row) ?? [] {
          positions.insert(texts?.positions[form] ?? 0)
        }
      }
    }
    func add(_ edge: EdgeReference) {
      let table = contents.edgeTypes[Int(edge.type)]
      let row = Int(edge.number)
      positions.insert(table.positions[row])
      for column in table.columns where column.hasValue(at: row) {
        positions.insert(column.positions[row])
      }
      if table.hasValidity {
        positions.insert(table.validity.fromPositions[row])
        positions.insert(table.validity.toPositions[row])
      }
    }
    switch subject {
    case .node(let node): add(node)
    case .edge(let edge): add(edge)
    case .path(let path):
      path.nodes.forEach(add)
      path.edges.forEach(add)
    case .derivedEdge(let edge):
      add(edge.from)
      add(edge.to)
    default: return nil
    }
    return .list(positions.filter { $0 != 0 }.sorted().map { describe(EventPosition($0)) })
  }

  /// Every value ever claimed for a property, with its event.
  private func claims(_ node: NodeNumber, _ name: String) -> Value {
    let graph = context.view.graph
    guard let key = graph.propertyKey(named: name) else { return .list([]) }
    var claims: [(position: UInt32, value: Value)] = []
    if let position = graph.position(ofProperty: key, of: node) {
      claims.append((position.rawValue, graph.property(key, of: node)))
    }
    for form in graph.forms(ofProperty: key, of: node) {
      let value = Value.string(form.form.text)
      if !claims.contains(where: { $0.position == form.position.rawValue && $0.value == value }) {
        claims.append((form.position.rawValue, value))
      }
    }
    for claim in graph.contents.past.claims(about: .node(node)) {
      switch claim.content {
      case .property(key, let value): claims.append((claim.position.rawValue, value))
      case .form(key, let form, _): claims.append((claim.position.rawValue, .string(form.text)))
      default: continue
      }
    }
    claims.sort { $0.position < $1.position }
    return .list(
      claims.map {
        .map(["value": $0.value, "source": describe(EventPosition($0.position))])
      }
    )
  }
}

extension ExecutionContext {
  /// All forms of all TEXT properties of a node, in the order of the columns and claims.
  func nameForms(of node: NodeNumber) -> [TextForm] {
    let contents = view.graph.contents
    let table = view.tables[Int(contents.nodeTables[Int(node.rawValue)])]
    let row = Int(contents.nodeRows[Int(node.rawValue)])
    var forms: [TextForm] = []
    for column in table.columns {
      guard let texts = column.texts else { continue }
      forms += texts.forms(ofRow: row).map { texts.form(at: $0, in: view.graph.strings) }
    }
    if forms.isEmpty, let key = view.graph.propertyKey(named: "name"),
      case .string(let name) = view.graph.property(key, of: node)
    {
      forms.append(TextForm(text: name))
    }
    return forms
  }
}
