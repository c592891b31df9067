import Language

/// What is different in a schema after a change, declaration by declaration.
///
/// Comments, white space and the order of declarations make no difference. What each change does
/// to a store:
///
/// | change | class |
/// |---|---|
/// | type of nodes, edges or events added; derivation added | additive |
/// | property added; field added that is optional or has a default | additive |
/// | end of an edge added or widened; field made optional | additive |
/// | property moved to a supertype; example of an upcast changed | additive |
/// | version of the schema raised, its name changed | additive |
/// | supertype added | recompute |
/// | type of a property changed; validity or key of an edge changed | recompute |
/// | derivation changed; rule added, changed or removed; upcast added or changed | recompute |
/// | version of an event raised; default of a field changed | recompute |
/// | with a new version: field added, changed, removed or no longer optional | recompute |
/// | field given a wider type (INTEGER as FLOAT, ID as STRING, STRING as TEXT, any as ANY) | recompute |
/// | type, property, derivation, supertype or end of an edge removed; end narrowed | breaking |
/// | without a new version: field removed, of another type, or newly required | breaking |
/// | upcast removed; version of an event or of the schema lowered | breaking |
///
/// A type that is added or removed is one change, with everything that belongs to it.
public struct SchemaDifference: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    case added, removed, changed
  }

  /// What is compared.
  public enum Subject: String, Hashable, Sendable {
    case schema, node, edge, derivation, event, upcast, rule
  }

  /// What a change does to a store, the mildest first.
  public enum Classification: String, Hashable, Sendable, CaseIterable {
    /// Nothing that is in the graph or the log changes its meaning.
    case additive
    /// The same events may make another graph.
    case recompute
    /// Events or queries that worked may not any more.
    case breaking
  }

  public struct Change: Hashable, Sendable {
    public var kind: Kind
    public var subject: Subject
    /// The type that the change is about: `meeting.held`.
    public var type: String
    /// What of it, or `nil` where it is the whole: `field title`.
    public var part: String?
    /// The canonical text of what was there.
    public var before: String?
    /// The canonical text of what is there now.
    public var after: String?
    public var classification: Classification
    /// What else there is to say, such as that it looks like a rename.
    public var note: String?

    /// For people: `event meeting.held, field title`.
    public var name: String {
      guard let part else { return "\(subject.rawValue) \(type)" }
      let isKeyword = part.allSatisfy(\.isUppercase)
      return "\(subject.rawValue) \(type)" + (isKeyword ? " " : ", ") + part
    }
  }

  /// By kind of declaration, and within it in the order of the newer file; what was removed
  /// stands behind what it stood behind.
  public private(set) var changes: [Change] = []

  /// Compares two schemas.
  public init(from old: Schema, to new: Schema) {
    compareHeaders(old, new)
    compareNodes(old, new)
    compareEdges(old, new)
    compareDerivations(old, new)
    compareEvents(old, new)
    noteRenames()
  }

  public var isEmpty: Bool { changes.isEmpty }

  /// How many changes there are of each class, those without any left out: `2 additive, 1 recompute`.
  public var summary: String {
    let counts = Classification.allCases.compactMap { classification -> String? in
      let count = changes.count { $0.classification == classification }
      return count == 0 ? nil : "\(count) \(classification.rawValue)"
    }
    return counts.isEmpty ? "no difference" : counts.joined(separator: ", ")
  }

  /// Notes a change; which of the texts are there says of what kind it is.
  mutating func add(
    _ subject: Subject,
    _ type: String,
    _ part: String? = nil,
    from before: String?,
    to after: String?,
    _ classification: Classification,
    note: String? = nil
  ) {
    let kind: Kind = before == nil ? .added : after == nil ? .removed : .changed
    changes.append(
      Change(
        kind: kind,
        subject: subject,
        type: type,
        part: part,
        before: before,
        after: after,
        classification: classification,
        note: note
      )
    )
  }

  private mutating func compareHeaders(_ old: Schema, _ new: Schema) {
    if old.name != new.name {
      add(.schema, new.name, "name", from: old.name, to: new.name, .additive)
    }
    if old.version != new.version {
      add(
        .schema,
        new.name,
        "VERSION",
        from: "\(old.version)",
        to: "\(new.version)",
        new.version < old.version ? .breaking : .additive
      )
    }
  }

  // MARK: Renames

  /// Says of what was added that something with the same shape was removed, where that is one.
  private mutating func noteRenames() {
    for index in changes.indices where changes[index].kind == .added && changes[index].note == nil {
      let added = changes[index]
      guard let shape = Self.shape(of: added) else { continue }
      func isAlike(_ change: Change, _ kind: Kind) -> Bool {
        change.kind == kind && change.subject == added.subject
          && (added.part == nil || change.type == added.type) && Self.shape(of: change) == shape
      }
      let removed = changes.filter { isAlike($0, .removed) }
      guard removed.count == 1, let former = removed.first,
        changes.count(where: { isAlike($0, .added) }) == 1
      else { continue }
      changes[index].note = "looks like a rename of \(former.part ?? former.type)"
    }
  }

  /// The text of a change without the name of what it is about; `nil` where that says nothing.
  private static func shape(of change: Change) -> String? {
    guard let text = change.after ?? change.before else { return nil }
    if let part = change.part {
      let words = part.split(separator: " ")
      guard words.count == 2 else { return nil }
      return "\(words[0]) \(text)"
    }
    switch change.subject {
    case .node, .event:
      // A type without properties is like any other.
      guard let brace = text.firstIndex(of: "{"), !text.hasSuffix("{}") else { return nil }
      return String(text[brace...])
    case .edge: return text.replacing("[\(Spelling.name(change.type))]", with: "[]")
    case .derivation: return text.replacing("[:\(Spelling.name(change.type))", with: "[:")
    case .schema, .upcast, .rule: return nil
    }
  }
}

/// The names of two lists in the order of the newer; one that is only in the older stands behind
/// the name that it stood behind there.
func merged(_ old: [String], _ new: [String]) -> [String] {
  var result = new
  var previous: String?
  for name in old {
    if !new.contains(name) {
      let place = previous.flatMap { result.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
      result.insert(name, at: place)
    }
    previous = name
  }
  return result
}
