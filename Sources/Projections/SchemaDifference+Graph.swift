import Language

// MARK: Nodes

extension SchemaDifference {
  mutating func compareNodes(_ old: Schema, _ new: Schema) {
    let declarations = (old: old.document.nodes, new: new.document.nodes)
    for name in merged(declarations.old.map(\.name.name), declarations.new.map(\.name.name)) {
      let before = declarations.old.first { $0.name.name == name }
      let after = declarations.new.first { $0.name.name == name }
      guard before != nil, after != nil, let type = new.nodeType(named: name),
        let former = old.nodeType(named: name)
      else {
        add(
          .node,
          name,
          from: before.map { SchemaFormatter.text(of: $0) },
          to: after.map { SchemaFormatter.text(of: $0) },
          after == nil ? .breaking : .additive
        )
        continue
      }
      compareSupertypes(former, type)
      let properties = (former.ownProperties, type.ownProperties)
      compareProperties(.node, name, properties.0, properties.1) { property in
        type.property(named: property.name) == property
      }
    }
  }

  private mutating func compareSupertypes(_ old: NodeType, _ new: NodeType) {
    for supertype in merged(old.supertypes, new.supertypes) {
      let (was, isNow) = (old.supertypes.contains(supertype), new.supertypes.contains(supertype))
      guard was != isNow else { continue }
      // What every node has or had all the same, by another supertype, is no label won or lost.
      let classification: Classification =
        was
        ? new.labels.contains(supertype) ? .additive : .breaking
        : old.labels.contains(supertype) ? .additive : .recompute
      add(
        .node,
        new.name,
        "supertype \(supertype)",
        from: was ? supertype : nil,
        to: isNow ? supertype : nil,
        classification
      )
    }
  }

  /// - Parameter isKept: whether a property that the declaration lost is inherited now.
  private mutating func compareProperties(
    _ subject: Subject,
    _ type: String,
    _ old: [Property],
    _ new: [Property],
    isKept: (Property) -> Bool = { _ in false }
  ) {
    for name in merged(old.map(\.name), new.map(\.name)) {
      let before = old.first { $0.name == name }
      let after = new.first { $0.name == name }
      guard before?.type != after?.type else { continue }
      let classification: Classification
      var note: String?
      switch (before, after) {
      case (let before?, nil) where isKept(before):
        classification = .additive
        note = "inherited from a supertype now"
      case (_, nil): classification = .breaking
      case (nil, _): classification = .additive
      case (_?, _?): classification = .recompute
      }
      add(
        subject,
        type,
        "property \(name)",
        from: before.map { "\($0.type)" },
        to: after.map { "\($0.type)" },
        classification,
        note: note
      )
    }
  }
}

// MARK: Edges

extension SchemaDifference {
  mutating func compareEdges(_ old: Schema, _ new: Schema) {
    for name in merged(old.edgeTypes.map(\.name), new.edgeTypes.map(\.name)) {
      let before = old.edgeType(named: name)
      let after = new.edgeType(named: name)
      guard let before, let after else {
        add(
          .edge,
          name,
          from: before == nil ? nil : Self.text(ofEdge: name, in: old),
          to: after == nil ? nil : Self.text(ofEdge: name, in: new),
          after == nil ? .breaking : .additive
        )
        continue
      }
      compareEnds(before, after, old, new)
      if before.hasValidity != after.hasValidity {
        add(
          .edge,
          name,
          "VALID",
          from: before.hasValidity ? "VALID" : nil,
          to: after.hasValidity ? "VALID" : nil,
          .recompute
        )
      }
      if before.key != after.key {
        add(.edge, name, "KEY", from: before.key.text, to: after.key.text, .recompute)
      }
      compareProperties(.edge, name, before.properties, after.properties)
    }
  }

  private static func text(ofEdge name: String, in schema: Schema) -> String {
    schema.document.edges.filter { $0.type.name == name }.map { SchemaFormatter.text(of: $0) }
      .joined(separator: "\n")
  }

  private mutating func compareEnds(
    _ before: EdgeType,
    _ after: EdgeType,
    _ old: Schema,
    _ new: Schema
  ) {
    let removed = before.ends.filter { !after.ends.contains($0) }
    var added = after.ends.filter { !before.ends.contains($0) }
    for ends in removed {
      let wider = after.ends.first { new.allows($0, wherever: ends) }
      let narrower = added.first { new.allows(ends, wherever: $0) }
      let other = wider.flatMap { added.contains($0) ? $0 : nil } ?? (wider == nil ? narrower : nil)
      added.removeAll { $0 == other }
      add(
        .edge,
        before.name,
        "ends",
        from: ends.text,
        to: other?.text,
        wider == nil ? .breaking : .additive,
        note: other == nil ? wider.map { "\($0.text) has them" } : nil
      )
    }
    for ends in added {
      add(.edge, before.name, "ends", from: nil, to: ends.text, .additive)
    }
  }
}

extension Schema {
  /// Whether whatever has the narrow ends has the wide ones as well.
  fileprivate func allows(_ wide: EdgeType.Ends, wherever narrow: EdgeType.Ends) -> Bool {
    func labels(_ name: String) -> [String] { nodeType(named: name)?.labels ?? [name] }
    return labels(narrow.source).contains(wide.source)
      && labels(narrow.target).contains(wide.target)
  }
}

extension EdgeType.Ends {
  fileprivate var text: String { "(\(source))->(\(target))" }
}

extension EdgeType.Key {
  fileprivate var text: String {
    switch self {
    case .ends: "the ends"
    case .event: "EVENT"
    case .properties(let names): names.joined(separator: ", ")
    }
  }
}

// MARK: Derivations

extension SchemaDifference {
  mutating func compareDerivations(_ old: Schema, _ new: Schema) {
    func text(_ type: DerivedEdgeType?) -> String? {
      type?.declarations.map { SchemaFormatter.text(of: $0) }.joined(separator: "\n")
    }
    for name in merged(old.derivedEdgeTypes.map(\.name), new.derivedEdgeTypes.map(\.name)) {
      let before = old.derivedEdgeTypes.first { $0.name == name }
      let after = new.derivedEdgeTypes.first { $0.name == name }
      let texts = (text(before), text(after))
      guard texts.0 != texts.1 else { continue }
      let lost = before?.properties.contains { after?.properties.contains($0) != true } ?? false
      let classification: Classification =
        before == nil ? .additive : after == nil || lost ? .breaking : .recompute
      add(.derivation, name, from: texts.0, to: texts.1, classification)
    }
  }
}
