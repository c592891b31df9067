public import SourceText

/// A schema file as written: declarations in the order of the file, by kind.
public struct SchemaDocument: Hashable, Sendable {
  public var name: Identifier
  public var version: Int
  public var nodes: [NodeDeclaration] = []
  public var edges: [EdgeDeclaration] = []
  public var derivations: [DeriveDeclaration] = []
  public var events: [EventDeclaration] = []
  public var upcasts: [UpcastDeclaration] = []
  public var rules: [RuleDeclaration] = []

  public init(name: Identifier, version: Int) {
    self.name = name
    self.version = version
  }
}

/// Written `NODE Regulator : Organization { … }`.
///
/// A supertype that no declaration names is a label only.
public struct NodeDeclaration: Hashable, Sendable {
  public var name: Identifier
  public var supertypes: [Identifier]
  public var properties: [FieldDeclaration]
  public var span: SourceSpan

  public init(
    name: Identifier,
    supertypes: [Identifier],
    properties: [FieldDeclaration],
    span: SourceSpan
  ) {
    self.name = name
    self.supertypes = supertypes
    self.properties = properties
    self.span = span
  }
}

/// Written `EDGE (Person)-[WORKS_FOR]->(Organization) VALID KEY title, from { … }`.
///
/// One edge type may be declared between several pairs of node types, with the
/// same validity, key and properties.
public struct EdgeDeclaration: Hashable, Sendable {
  public enum Key: Hashable, Sendable {
    /// From, type and to are all of it.
    case ends
    /// And these properties; `from` and `to` name the validity of a VALID edge.
    case properties([Identifier])
    /// `KEY EVENT`: every event makes an edge of its own.
    case event
  }

  public var source: Identifier
  public var type: Identifier
  public var target: Identifier
  public var hasValidity: Bool
  public var key: Key
  public var properties: [FieldDeclaration]
  public var span: SourceSpan

  public init(
    source: Identifier,
    type: Identifier,
    target: Identifier,
    hasValidity: Bool,
    key: Key,
    properties: [FieldDeclaration],
    span: SourceSpan
  ) {
    self.source = source
    self.type = type
    self.target = target
    self.hasValidity = hasValidity
    self.key = key
    self.properties = properties
    self.span = span
  }
}

/// Written `DERIVE (a:Actor)-[:MET { date: m.date }]-(b:Actor) FROM … WHERE …`.
///
/// Several derivations of one type are a union.
public struct DeriveDeclaration: Hashable, Sendable {
  public var source: NodePattern
  public var type: Identifier
  public var target: NodePattern
  /// Whether it points from source to target, or has no direction.
  public var directed: Bool
  public var properties: [MapEntry]
  public var paths: [PathPattern]
  public var filter: Expression?
  public var span: SourceSpan

  public init(
    source: NodePattern,
    type: Identifier,
    target: NodePattern,
    directed: Bool,
    properties: [MapEntry],
    paths: [PathPattern],
    filter: Expression?,
    span: SourceSpan
  ) {
    self.source = source
    self.type = type
    self.target = target
    self.directed = directed
    self.properties = properties
    self.paths = paths
    self.filter = filter
    self.span = span
  }
}

/// A property of a node or edge, or a field of an event: `title TEXT? = 'x'`.
public struct FieldDeclaration: Hashable, Sendable {
  public var name: Identifier
  public var type: TypeSyntax
  /// `?`: may be missing, or null.
  public var optional: Bool
  public var defaultValue: Expression?

  public init(name: Identifier, type: TypeSyntax, optional: Bool, defaultValue: Expression?) {
    self.name = name
    self.type = type
    self.optional = optional
    self.defaultValue = defaultValue
  }
}

/// A type as written: `DATE`, `LIST<ID>`, `{ person ID, role STRING? }`.
public struct TypeSyntax: Hashable, Sendable {
  public indirect enum Kind: Hashable, Sendable {
    case named(String)
    case list(TypeSyntax)
    case structure([FieldDeclaration])
  }

  public var kind: Kind
  public var span: SourceSpan

  public init(_ kind: Kind, at span: SourceSpan) {
    self.kind = kind
    self.span = span
  }
}

/// Written `EVENT meeting.held VERSION 2 { … }`.
public struct EventDeclaration: Hashable, Sendable {
  public var type: Identifier
  public var version: Int
  public var fields: [FieldDeclaration]
  public var span: SourceSpan

  public init(type: Identifier, version: Int, fields: [FieldDeclaration], span: SourceSpan) {
    self.type = type
    self.version = version
    self.fields = fields
    self.span = span
  }
}

/// Written `UPCAST meeting.held 1 TO 2 SET … REMOVE … EXAMPLE … TO …`.
public struct UpcastDeclaration: Hashable, Sendable {
  public enum Step: Hashable, Sendable {
    case set(Identifier, Expression)
    case remove(Identifier)
  }

  public struct Example: Hashable, Sendable {
    public var before: Expression
    public var after: Expression

    public init(before: Expression, after: Expression) {
      self.before = before
      self.after = after
    }
  }

  public var type: Identifier
  public var from: Int
  public var to: Int
  public var steps: [Step]
  public var examples: [Example]
  public var span: SourceSpan

  public init(
    type: Identifier,
    from: Int,
    to: Int,
    steps: [Step],
    examples: [Example],
    span: SourceSpan
  ) {
    self.type = type
    self.from = from
    self.to = to
    self.steps = steps
    self.examples = examples
    self.span = span
  }
}

/// `ON meeting.held AS e` and the statements under it.
public struct RuleDeclaration: Hashable, Sendable {
  public var type: Identifier
  public var alias: Identifier
  public var statements: [RuleStatement]
  public var span: SourceSpan

  public init(
    type: Identifier,
    alias: Identifier,
    statements: [RuleStatement],
    span: SourceSpan
  ) {
    self.type = type
    self.alias = alias
    self.statements = statements
    self.span = span
  }
}

/// A node as a rule mentions it: `(m:Meeting { id: e.id, title: e.title })`, or `(m)` again.
public struct RuleNode: Hashable, Sendable {
  public var variable: Identifier?
  /// `nil` where the variable was bound by an earlier statement.
  public var label: Identifier?
  public var properties: [MapEntry]
  public var span: SourceSpan

  public init(
    variable: Identifier?,
    label: Identifier?,
    properties: [MapEntry],
    span: SourceSpan
  ) {
    self.variable = variable
    self.label = label
    self.properties = properties
    self.span = span
  }
}

/// `(a)-[:TYPE { … }]->(b)`, written in either direction.
public struct RuleEdge: Hashable, Sendable {
  public var source: RuleNode
  public var type: Identifier
  public var properties: [MapEntry]
  public var target: RuleNode
  public var span: SourceSpan

  public init(
    source: RuleNode,
    type: Identifier,
    properties: [MapEntry],
    target: RuleNode,
    span: SourceSpan
  ) {
    self.source = source
    self.type = type
    self.properties = properties
    self.target = target
    self.span = span
  }
}

public indirect enum RuleStatement: Hashable, Sendable {
  /// `NODE (m:Meeting { id: … })`
  case node(RuleNode)
  /// `EDGE (…)-[:T { … }]->(…) FROM date TO date`
  case edge(RuleEdge, from: Expression?, to: Expression?)
  /// `SET m.title = e.title`
  case set(variable: Identifier, property: Identifier, value: Expression)
  /// `END (…)-[:T { … }]->(…) AT date`; without AT: ended, unknown when.
  ///
  /// Properties that are named narrow which edges end.
  case end(RuleEdge, at: Expression?)
  /// `FOR x IN list statement`, or `{ statements }`.
  case forEach(Identifier, in: Expression, [RuleStatement])
  /// `WHEN condition statement`, or `{ statements }`.
  case when(Expression, [RuleStatement])
}
