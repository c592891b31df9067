public import GraphStorage
public import Projections

/// Names the parts of a graph as their schemas do.
public struct GraphNames: Sendable {
  private let schemas: [Schema]

  /// - Parameter schemas: the first that declares a thing names it.
  public init(_ schemas: [Schema]) {
    self.schemas = schemas
  }

  /// The node type whose nodes have these labels, or else the labels.
  public func nodeType(labels: [String]) -> String {
    let wanted = Set(labels)
    for schema in schemas {
      if let type = schema.nodeTypes.first(where: { Set($0.labels) == wanted }) { return type.name }
    }
    return labels.joined(separator: ":")
  }

  /// `node Topic`, `edge ATTENDED`, `Person.name`, `ATTENDED.role`.
  public func text(of subject: GraphDifference.Subject) -> String {
    switch subject {
    case .nodes(let labels): "node \(nodeType(labels: labels))"
    case .edges(let type): "edge \(type)"
    case .nodeValues(let labels, let property): "\(nodeType(labels: labels)).\(property)"
    case .edgeValues(let type, let property): "\(type).\(property)"
    }
  }

  /// `(topic:5g)`, `(person:1)-->(meeting:2)`.
  public func text(of sample: GraphDifference.Sample) -> String {
    sample.targetID.map { "(\(sample.id))-->(\($0))" } ?? "(\(sample.id))"
  }

  func text(of loss: SchemaPlan.Loss) -> String {
    switch loss {
    case .vanishing(let entry):
      let sample = entry.samples.first { $0.change == .vanishes }
      let example = sample.map { ", such as \(text(of: $0))" } ?? ""
      return "- \(text(of: entry.subject)): \(entry.vanished) vanish\(example)"
    case .quarantined(let refused):
      let events = refused.count == 1 ? "1 event" : "\(refused.count) events"
      return "- \(events) would be in quarantine: \(refused.sample), at position "
        + "\(refused.samplePosition.rawValue)"
    }
  }
}
