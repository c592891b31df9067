import Language
import SourceText

extension SchemaAnalysis {
  func analyseEdges() {
    var first: [String: EdgeDeclaration] = [:]
    for declaration in document.edges {
      let name = declaration.type.name
      checkEnd(declaration.source)
      checkEnd(declaration.target)
      let edgeType = edgeType(declaration)
      let ends = edgeType.ends[0]
      guard let number = edgeNumbers[name] else {
        first[name] = declaration
        edgeNumbers[name] = edgeTypes.count
        edgeTypes.append(edgeType)
        continue
      }
      let known = edgeTypes[number]
      if known.ends.contains(ends) {
        report(
          "(\(ends.source))-[\(name)]->(\(ends.target)) is declared twice",
          at: declaration.type.span
        )
        continue
      }
      if let difference = difference(between: edgeType, and: known) {
        report(
          "\(quoted(name)) was declared with \(difference) before",
          at: declaration.type.span,
          hint: "all declarations of an edge type have one validity, one key and one set of"
            + " properties"
        )
        continue
      }
      edgeTypes[number] = EdgeType(
        name: name,
        ends: known.ends + [ends],
        hasValidity: known.hasValidity,
        key: known.key,
        properties: known.properties
      )
    }
  }

  private func difference(between edge: EdgeType, and known: EdgeType) -> String? {
    if edge.hasValidity != known.hasValidity {
      return known.hasValidity ? "VALID" : "no VALID"
    }
    if edge.key != known.key { return "another key" }
    return edge.properties == known.properties ? nil : "other properties"
  }

  private func checkEnd(_ end: Identifier) {
    guard !labels.contains(end.name) else { return }
    report(
      "\(quoted(end.name)) is neither a node type nor a label",
      at: end.span,
      hint: suggestion(for: end.name, among: labels)
    )
  }

  private func edgeType(_ declaration: EdgeDeclaration) -> EdgeType {
    let properties = properties(declaration.properties)
    if declaration.hasValidity {
      for field in declaration.properties where ["from", "to"].contains(field.name.name) {
        report(
          "\(quoted(field.name.name)) is part of the validity of a VALID edge",
          at: field.name.span,
          hint: "leave it out: rules give it as FROM and TO"
        )
      }
    }
    return EdgeType(
      name: declaration.type.name,
      ends: [.init(source: declaration.source.name, target: declaration.target.name)],
      hasValidity: declaration.hasValidity,
      key: key(declaration, properties),
      properties: properties
    )
  }

  private func key(_ declaration: EdgeDeclaration, _ properties: [Property]) -> EdgeType.Key {
    switch declaration.key {
    case .ends: return .ends
    case .event: return .event
    case .properties(let identifiers):
      var names: [String] = []
      for identifier in identifiers {
        let name = identifier.name
        let isValidity = ["from", "to"].contains(name)
        let declared = declaration.properties.map(\.name.name)
        if names.contains(name) {
          report("\(quoted(name)) is in the key twice", at: identifier.span)
        } else if declaration.hasValidity && isValidity || declared.contains(name) {
          names.append(name)
        } else if isValidity {
          report(
            "the key names \(quoted(name)), and the edge has no validity",
            at: identifier.span,
            hint: "write VALID before KEY"
          )
        } else {
          report(
            "the key names \(quoted(name)), which \(quoted(declaration.type.name)) does not have",
            at: identifier.span,
            hint: suggestion(for: name, among: declared) ?? "declare it among the properties"
          )
        }
      }
      return .properties(names)
    }
  }

  /// Whether edges of a type may go from one node type to another.
  func allows(_ edge: EdgeType, from source: NodeType, to target: NodeType) -> Bool {
    edge.ends.contains {
      source.labels.contains($0.source) && target.labels.contains($0.target)
    }
  }
}
