public import GraphModel
import EventStorage
import GraphStorage

/// Everything that the store knows about one thing.
public struct EntityDescription: Sendable {
  /// A value that was claimed, by whom, and whether it is what the graph shows.
  public struct Claim: Sendable {
    public var property: String
    /// The value as text.
    public var value: Value
    /// Language and kind of a form of a name.
    public var form: TextForm?
    public var event: EventPosition
    public var isCurrent: Bool
  }

  /// An edge from or to the thing.
  public struct Relation: Sendable {
    public var type: String
    public var isOutgoing: Bool
    public var otherID: String
    public var otherName: String
    public var otherLabels: [String]
    public var properties: [(name: String, value: Value)]
    /// Validity, for types that have it: `nil` where not stated.
    public var from: PartialDate?
    public var to: PartialDate?
    /// Ended, nobody says when.
    public var hasUnknownEnd: Bool
    public var event: EventPosition
  }

  public var id: String
  public var labels: [String]
  public var claims: [Claim]
  public var relations: [Relation]
  /// The events behind all of it, ascending.
  public var events: [EventSummary]
}

extension Store {
  /// Everything known about the things with that id: one, unless families share it.
  public func show(_ id: String) throws(StoreFailure) -> [EntityDescription] {
    let folded = try graph()
    let nodes = folded.graph.nodes(withID: id)
    guard !nodes.isEmpty else {
      throw StoreFailure(
        .noInput,
        "there is nothing with the id \"\(id)\"\n  hint: find ids by name with "
          + "rapport query \(path) \"MATCH (n) WHERE n.name ~ 'a name' RETURN n.id, n.name\""
      )
    }
    var descriptions: [EntityDescription] = []
    for node in nodes {
      var description = describe(node, id: id, in: folded.graph)
      do {
        description.events = try Set(
          description.claims.map(\.event) + description.relations.map(\.event)
        ).sorted().compactMap { try log.event(at: $0).map { EventSummary($0) } }
      } catch {
        throw StoreFailure(any: error)
      }
      descriptions.append(description)
    }
    return descriptions
  }

  private func describe(_ node: NodeNumber, id: String, in graph: Graph) -> EntityDescription {
    var relations: [EntityDescription.Relation] = []
    for (type, table) in graph.contents.edgeTypes.enumerated() {
      for place in table.outgoing.range(of: node.rawValue) {
        let edge = EdgeReference(type: UInt16(type), number: table.outgoing.edges[place])
        relations.append(relation(edge, isOutgoing: true, in: graph))
      }
      for place in table.incoming.range(of: node.rawValue) {
        let edge = EdgeReference(type: UInt16(type), number: table.incoming.edges[place])
        relations.append(relation(edge, isOutgoing: false, in: graph))
      }
    }
    return EntityDescription(
      id: id,
      labels: graph.labels(of: node),
      claims: claims(about: node, in: graph),
      relations: relations,
      events: []
    )
  }

  private func claims(about node: NodeNumber, in graph: Graph) -> [EntityDescription.Claim] {
    var claims: [EntityDescription.Claim] = []
    for (key, value) in graph.properties(of: node) {
      let name = graph.contents.propertyKeys[Int(key)]
      guard name != "id" else { continue }
      let forms = graph.forms(ofProperty: key, of: node)
      for (form, position) in forms {
        claims.append(
          EntityDescription.Claim(
            property: name,
            value: .string(form.text),
            form: form,
            event: position,
            isCurrent: true
          )
        )
      }
      if forms.isEmpty, let position = graph.position(ofProperty: key, of: node) {
        claims.append(
          EntityDescription.Claim(
            property: name,
            value: value,
            form: nil,
            event: position,
            isCurrent: true
          )
        )
      }
    }
    for claim in graph.contents.past.claims(about: .node(node)) {
      let key: UInt16
      let value: Value
      var form: TextForm?
      switch claim.content {
      case .property(let number, let claimed): (key, value) = (number, claimed)
      case .form(let number, let mentioned, _):
        (key, value, form) = (number, .string(mentioned.text), mentioned)
      default: continue
      }
      claims.append(
        EntityDescription.Claim(
          property: graph.contents.propertyKeys[Int(key)],
          value: value,
          form: form,
          event: claim.position,
          isCurrent: false
        )
      )
    }
    return claims
  }

  private func relation(
    _ edge: EdgeReference,
    isOutgoing: Bool,
    in graph: Graph
  ) -> EntityDescription.Relation {
    let table = graph.contents.edgeTypes[Int(edge.type)]
    let other = isOutgoing ? graph.target(of: edge) : graph.source(of: edge)
    func text(_ name: String) -> String? {
      guard let key = graph.propertyKey(named: name),
        case .string(let text) = graph.property(key, of: other)
      else { return nil }
      return text
    }
    var relation = EntityDescription.Relation(
      type: table.type,
      isOutgoing: isOutgoing,
      otherID: text("id") ?? "",
      otherName: text("name") ?? text("title") ?? text("text") ?? "",
      otherLabels: graph.labels(of: other),
      properties: graph.properties(of: edge).map {
        (graph.contents.propertyKeys[Int($0.key)], $0.value)
      },
      hasUnknownEnd: false,
      event: EventPosition(table.positions[Int(edge.number)])
    )
    if table.hasValidity {
      let from = table.validity.from[Int(edge.number)]
      let to = table.validity.to[Int(edge.number)]
      if from != ValidityColumns.absent { relation.from = PartialDate(storedPacked: from) }
      relation.hasUnknownEnd = to == ValidityColumns.unknownEnd
      if to != ValidityColumns.absent, !relation.hasUnknownEnd {
        relation.to = PartialDate(storedPacked: to)
      }
    }
    return relation
  }
}
