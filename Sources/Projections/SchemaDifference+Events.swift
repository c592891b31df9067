import Language

extension SchemaDifference {
  mutating func compareEvents(_ old: Schema, _ new: Schema) {
    for name in merged(old.eventTypes.map(\.name), new.eventTypes.map(\.name)) {
      let before = old.eventType(named: name)
      let after = new.eventType(named: name)
      guard let before, let after else {
        add(
          .event,
          name,
          from: before == nil ? nil : Self.text(ofEvent: name, in: old),
          to: after == nil ? nil : Self.text(ofEvent: name, in: new),
          after == nil ? .breaking : .additive
        )
        continue
      }
      if before.version != after.version {
        add(
          .event,
          name,
          "VERSION",
          from: "\(before.version)",
          to: "\(after.version)",
          after.version < before.version ? .breaking : .recompute
        )
      }
      let isRaised = after.version > before.version
      compareFields(name, before.fields, after.fields, path: "", isRaised: isRaised)
      compareUpcasts(name, old, new)
      compareRules(name, old, new)
    }
  }

  /// The declaration of an event; its rules and upcasts come and go with it.
  private static func text(ofEvent name: String, in schema: Schema) -> String {
    schema.document.events.filter { $0.type.name == name }.map { SchemaFormatter.text(of: $0) }
      .joined(separator: "\n")
  }

  // MARK: Fields

  /// - Parameter isRaised: whether the event has a new version, to which upcasts lead.
  private mutating func compareFields(
    _ event: String,
    _ old: [Field],
    _ new: [Field],
    path: String,
    isRaised: Bool
  ) {
    for name in merged(old.map(\.name), new.map(\.name)) {
      let part = "field \(path)\(name)"
      switch (old.first { $0.name == name }, new.first { $0.name == name }) {
      case (let before?, nil):
        add(.event, event, part, from: before.text, to: nil, isRaised ? .recompute : .breaking)
      case (nil, let after?):
        let mayBeMissing = after.isOptional || after.defaultValue != nil
        let classification: Classification =
          mayBeMissing ? .additive : isRaised ? .recompute : .breaking
        add(.event, event, part, from: nil, to: after.text, classification)
      case (let before?, let after?):
        compare(before, after, event, path: path + name, isRaised: isRaised)
      case (nil, nil): continue
      }
    }
  }

  private mutating func compare(
    _ old: Field,
    _ new: Field,
    _ event: String,
    path: String,
    isRaised: Bool
  ) {
    let structures = FieldType.structures(old.type, new.type)
    let isSameType = structures != nil || old.type == new.type
    let isSame =
      isSameType && old.isOptional == new.isOptional && old.defaultText == new.defaultText
    if !isSame {
      let mayBeMissing = new.isOptional || new.defaultValue != nil
      let isNewlyRequired = (old.isOptional || old.defaultValue != nil) && !mayBeMissing
      let breaks = isNewlyRequired || !isSameType && !new.type.isWider(than: old.type)
      let classification: Classification =
        breaks
        ? isRaised ? .recompute : .breaking
        : isSameType && old.defaultText == new.defaultText && new.isOptional
          ? .additive : .recompute
      // Of structures that have the same fields in part, the fields are told one by one.
      let texts =
        structures == nil ? (old.text, new.text) : (old.ending("{ … }"), new.ending("{ … }"))
      add(.event, event, "field \(path)", from: texts.0, to: texts.1, classification)
    }
    if let structures {
      let inner = path + structures.suffix + "."
      compareFields(event, structures.old, structures.new, path: inner, isRaised: isRaised)
    }
  }

  // MARK: Upcasts and rules

  private mutating func compareUpcasts(_ event: String, _ old: Schema, _ new: Schema) {
    func steps(_ schema: Schema) -> [UpcastDeclaration] {
      schema.document.upcasts.filter { $0.type.name == event }.sorted { $0.from < $1.from }
    }
    let (before, after) = (steps(old), steps(new))
    func name(_ step: UpcastDeclaration) -> String { "\(step.from) TO \(step.to)" }
    for step in merged(before.map(name), after.map(name)) {
      let was = before.first { name($0) == step }
      let isNow = after.first { name($0) == step }
      let texts = (
        was.map { SchemaFormatter.text(of: $0) }, isNow.map { SchemaFormatter.text(of: $0) }
      )
      guard texts.0 != texts.1 else { continue }
      var classification = isNow == nil ? Classification.breaking : .recompute
      if var was, var isNow {
        was.examples = []
        isNow.examples = []
        if SchemaFormatter.text(of: was) == SchemaFormatter.text(of: isNow) {
          classification = .additive
        }
      }
      add(.upcast, event, step, from: texts.0, to: texts.1, classification)
    }
  }

  private mutating func compareRules(_ event: String, _ old: Schema, _ new: Schema) {
    func text(_ schema: Schema) -> String {
      schema.document.rules.filter { $0.type.name == event }.map { SchemaFormatter.text(of: $0) }
        .joined(separator: "\n")
    }
    let (before, after) = (text(old), text(new))
    guard before != after else { return }
    add(.rule, event, from: before, to: after, .recompute)
  }
}

extension Field {
  fileprivate var defaultText: String? { defaultValue.map { JSONText.text(of: $0) } }

  /// Its type, and whether and how it may be missing.
  fileprivate var text: String { ending("\(type)") }

  fileprivate func ending(_ type: String) -> String {
    type + (isOptional ? "?" : "") + (defaultText.map { " = " + $0 } ?? "")
  }
}

extension FieldType {
  /// The fields of two structures, also of structures in lists, and what a path has between a
  /// field and theirs; `nil` where the types are not both so.
  fileprivate static func structures(
    _ old: FieldType,
    _ new: FieldType
  ) -> (old: [Field], new: [Field], suffix: String)? {
    switch (old, new) {
    case (.structure(let old), .structure(let new)): return (old, new, "")
    case (.list(let old), .list(let new)):
      guard let inner = structures(old, new) else { return nil }
      return (inner.old, inner.new, "[]" + inner.suffix)
    default: return nil
    }
  }

  /// Whether whatever fits the other type fits this one.
  fileprivate func isWider(than other: FieldType) -> Bool {
    switch (self, other) {
    case (.any, _), (.float, .integer), (.string, .id), (.text, .string), (.text, .id),
      (.map, .structure):
      true
    case (.list(let element), .list(let other)): element == other || element.isWider(than: other)
    default: false
    }
  }
}
