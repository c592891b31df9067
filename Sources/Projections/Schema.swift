import Digests
public import Language
public import SourceText
import Synchronization

/// What a schema file means: the graph, the events, and the programs that turn one into the other.
///
/// Made by ``load(_:)``, which finds every mistake that can be found without an
/// event; immutable from then on.
public struct Schema: Sendable {
  public let name: String
  public let version: Int
  /// The text that the schema was loaded from.
  public let source: SourceText
  public let document: SchemaDocument
  /// SHA-256 of the text as it is: schemas of equal texts are equal.
  public let textDigest: [UInt8]
  /// SHA-256 of the tokens of the schema's canonical layout: blind to comments, to white space and
  /// to what ``SchemaFormatter`` writes in one way, such as the braces around a single statement.
  ///
  /// Made when it is asked for first, which takes longer than to load the schema.
  public var digest: [UInt8] { knownDigest.value { Self.digest(of: document) } }
  let knownDigest = MadeOnce<[UInt8]>()
  /// The declared types, in the order of the file.
  public let nodeTypes: [NodeType]
  /// The names of node types, and of supertypes that are labels only, in the order of the file.
  public let labels: [String]
  public let edgeTypes: [EdgeType]
  /// The edges that queries may use and nothing stores.
  public let derivedEdgeTypes: [DerivedEdgeType]
  public let eventTypes: [EventType]
  /// Aligned with ``eventTypes``.
  let plans: [EventPlan]
  /// The names of stored properties; programs name a property by its place here.
  let storedPropertyNames: [String]

  /// Analyses a schema file.
  ///
  /// - Parameter checksExamples: whether to run the examples of upcasts. A schema that was applied
  ///   has passed them; whatever is asked of examples since, its log must open.
  /// - Throws: all mistakes of the file, in its order.
  public static func load(
    _ source: SourceText,
    checksExamples: Bool = true
  ) throws(Diagnostics) -> Schema {
    let document = try Parser.parseSchema(source)
    let analysis = SchemaAnalysis(source: source, document: document)
    analysis.checksExamples = checksExamples
    return try analysis.schema()
  }

  public func nodeType(named name: String) -> NodeType? { nodeTypes.first { $0.name == name } }

  public func edgeType(named name: String) -> EdgeType? { edgeTypes.first { $0.name == name } }

  public func eventType(named name: String) -> EventType? { eventTypes.first { $0.name == name } }

  /// The names of the families, each that of its root node type, in the order of the file.
  public var families: [String] { nodeTypes.filter { $0.family == $0.name }.map(\.name) }

  /// The names of all properties of nodes and edges, derived ones too, each once: `id`, and then
  /// in the order of the file.
  public var propertyNames: [String] {
    var names = ["id"]
    let declared =
      nodeTypes.flatMap(\.properties).map(\.name) + edgeTypes.flatMap(\.properties).map(\.name)
      + derivedEdgeTypes.flatMap(\.properties)
    for name in declared where !names.contains(name) { names.append(name) }
    return names
  }

  /// SHA-256 of the text of each token, as the canonical layout has it.
  static func digest(of document: SchemaDocument) -> [UInt8] {
    let source = SourceText(name: "", text: SchemaFormatter.format(document))
    var hash = SHA256()
    for token in Lexer.tokens(of: source) {
      let text = source.bytes[Int(token.span.start)..<Int(token.span.end)]
      hash.update([UInt8(truncatingIfNeeded: text.count), UInt8(text.count >> 8 & 0xFF)])
      hash.update(Array(text))
    }
    return hash.digest.bytes
  }
}

/// A value that is made for whoever asks first, and kept.
final class MadeOnce<Value: Sendable>: Sendable {
  private let known = Mutex<Value?>(nil)

  func value(_ make: () -> Value) -> Value {
    known.withLock { known in
      if let known { return known }
      let made = make()
      known = made
      return made
    }
  }
}

/// A declared type of nodes.
public struct NodeType: Hashable, Sendable {
  public let name: String
  /// The supertypes that its declaration names.
  public let supertypes: [String]
  /// Its own name and those of all supertypes, the nearest first: the labels of its nodes.
  public let labels: [String]
  /// The name of the root of its family, within which an id names one node.
  public let family: String
  /// All properties beside `id`, the inherited ones first.
  public let properties: [Property]
  /// Those of them that its own declaration names.
  public let ownProperties: [Property]

  public func property(named name: String) -> Property? { properties.first { $0.name == name } }
}

/// A declared type of edges, with all pairs of ends that it was declared between.
public struct EdgeType: Hashable, Sendable {
  /// A pair of node types or labels.
  public struct Ends: Hashable, Sendable {
    public let source: String
    public let target: String
  }

  /// What tells two edges with the same ends apart.
  public enum Key: Hashable, Sendable {
    /// Nothing: there is one.
    case ends
    /// The values of these; `from` and `to` may stand for the validity.
    case properties([String])
    /// Each event makes its own.
    case event
  }

  public let name: String
  public let ends: [Ends]
  public let hasValidity: Bool
  public let key: Key
  public let properties: [Property]

  public func property(named name: String) -> Property? { properties.first { $0.name == name } }
}

/// A type of edges that DERIVE makes out of others; what it says is in the trees.
public struct DerivedEdgeType: Hashable, Sendable {
  public let name: String
  public let isDirected: Bool
  /// The names of properties that any of the declarations gives.
  public let properties: [String]
  /// Their union is the type.
  public let declarations: [DeriveDeclaration]
}

/// A declared type of events.
public struct EventType: Hashable, Sendable {
  public let name: String
  /// The version that ``fields`` describe.
  public let version: Int
  /// The oldest version that upcasts lead from.
  public let oldestVersion: Int
  public let fields: [Field]
}

/// What the fold needs to know of one type of events.
final class EventPlan: Sendable {
  let type: EventType
  let shape: DataShape
  let upcasts: [Upcast]
  let program: RuleProgram
  /// The version that the type declares.
  let version: Int
  /// Whether its rules need no look at the graph.
  let canBeRecorded: Bool
  /// Whether its rules say more than slots and constants.
  let hasExpressions: Bool

  init(type: EventType, shape: DataShape, upcasts: [Upcast], program: RuleProgram) {
    self.type = type
    self.shape = shape
    self.upcasts = upcasts
    self.program = program
    version = type.version
    // Which edges an event ends depends on those that are there.
    canBeRecorded = program.ends.isEmpty
    hasExpressions = !program.dynamics.isEmpty
  }
}
