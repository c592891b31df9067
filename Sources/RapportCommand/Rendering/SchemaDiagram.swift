import Projections

/// The graph that a schema declares, as a diagram's source.
struct SchemaDiagram {
  private struct Node {
    let name: String
    let properties: [String]
  }

  private struct Edge {
    let source: String
    let target: String
    let label: String
  }

  private var nodes: [Node] = []
  private var supertypes: [(subtype: String, supertype: String)] = []
  private var edges: [Edge] = []

  init(_ schema: Schema) {
    for label in schema.labels {
      let type = schema.nodeType(named: label)
      let properties = type?.ownProperties.map { "\($0.name) \($0.type.description)" } ?? []
      nodes.append(Node(name: label, properties: properties))
      for supertype in type?.supertypes ?? [] { supertypes.append((label, supertype)) }
    }
    for type in schema.edgeTypes {
      let properties = type.properties.map(\.name).joined(separator: ", ")
      let label = properties.isEmpty ? type.name : "\(type.name) {\(properties)}"
      for ends in type.ends {
        edges.append(
          Edge(source: ends.source, target: ends.target, label: label)
        )
      }
    }
  }

  /// For Graphviz: `dot -Tsvg`.
  var dot: String {
    var lines = ["digraph schema {", "  rankdir=LR;", "  node [shape=record];"]
    for node in nodes {
      let properties = node.properties.map { $0 + "\\l" }.joined()
      let escaped = properties.map { "<>{}|".contains($0) ? "\\\($0)" : String($0) }.joined()
      lines.append("  \"\(node.name)\" [label=\"{\(node.name)|\(escaped)}\"];")
    }
    for (subtype, supertype) in supertypes {
      lines.append("  \"\(subtype)\" -> \"\(supertype)\" [arrowhead=empty, style=dashed];")
    }
    for edge in edges {
      lines.append("  \"\(edge.source)\" -> \"\(edge.target)\" [label=\"\(edge.label)\"];")
    }
    return lines.joined(separator: "\n") + "\n}\n"
  }

  /// For Mermaid: a class diagram.
  var mermaid: String {
    var lines = ["classDiagram"]
    for node in nodes {
      if node.properties.isEmpty {
        lines.append("  class \(node.name)")
        continue
      }
      lines.append("  class \(node.name) {")
      lines += node.properties.map { property in
        // Mermaid writes type parameters between tildes.
        "    " + String(property.map { "<>".contains($0) ? "~" : $0 })
      }
      lines.append("  }")
    }
    for (subtype, supertype) in supertypes { lines.append("  \(supertype) <|-- \(subtype)") }
    for edge in edges {
      let label = edge.label.split(separator: " ").first.map(String.init) ?? edge.label
      lines.append("  \(edge.source) --> \(edge.target) : \(label)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
