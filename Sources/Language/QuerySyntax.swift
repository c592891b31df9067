public import SourceText

/// A whole query with its prefix.
public struct Query: Hashable, Sendable {
  public enum Mode: Hashable, Sendable {
    case run, explain, profile, why
  }

  public var mode: Mode
  public var body: QueryBody

  public init(mode: Mode, body: QueryBody) {
    self.mode = mode
    self.body = body
  }
}

/// Single queries joined by UNION.
public struct QueryBody: Hashable, Sendable {
  public var queries: [SingleQuery]
  /// One less than ``queries``, all of a kind or a diagnostic was given.
  public var unions: [Union]
  public var span: SourceSpan

  public struct Union: Hashable, Sendable {
    public var all: Bool
    public var span: SourceSpan

    public init(all: Bool, span: SourceSpan) {
      self.all = all
      self.span = span
    }
  }

  public init(queries: [SingleQuery], unions: [Union], span: SourceSpan) {
    self.queries = queries
    self.unions = unions
    self.span = span
  }
}

public struct SingleQuery: Hashable, Sendable {
  public var clauses: [Clause]
  public var span: SourceSpan

  public init(clauses: [Clause], span: SourceSpan) {
    self.clauses = clauses
    self.span = span
  }
}

public enum Clause: Hashable, Sendable {
  case match(MatchClause)
  /// UNWIND, and GQL's FOR … IN.
  case unwind(UnwindClause)
  case with(Projection)
  case `return`(Projection)
  /// GQL's FILTER, on rows.
  case filter(Expression)
  /// GQL's LET.
  case bind([Binding])
  /// `CALL (x, y) { … }`
  case call(CallClause)
}

public struct MatchClause: Hashable, Sendable {
  public var optional: Bool
  public var paths: [PathPattern]
  public var filter: Expression?
  /// AS OF: what was true in the world then.
  public var asOf: Expression?
  /// KNOWN AT: what the log had learned by then.
  public var knownAt: Expression?
  public var span: SourceSpan

  public init(
    optional: Bool,
    paths: [PathPattern],
    filter: Expression?,
    asOf: Expression?,
    knownAt: Expression?,
    span: SourceSpan
  ) {
    self.optional = optional
    self.paths = paths
    self.filter = filter
    self.asOf = asOf
    self.knownAt = knownAt
    self.span = span
  }
}

public struct UnwindClause: Hashable, Sendable {
  public var list: Expression
  public var variable: Identifier
  public var span: SourceSpan

  public init(list: Expression, variable: Identifier, span: SourceSpan) {
    self.list = list
    self.variable = variable
    self.span = span
  }
}

public struct Binding: Hashable, Sendable {
  public var variable: Identifier
  public var value: Expression

  public init(variable: Identifier, value: Expression) {
    self.variable = variable
    self.value = value
  }
}

public struct CallClause: Hashable, Sendable {
  public var optional: Bool
  public var imports: [Identifier]
  /// `CALL (*)`: all variables in scope.
  public var importsAll: Bool
  public var body: QueryBody
  public var span: SourceSpan

  public init(
    optional: Bool,
    imports: [Identifier],
    importsAll: Bool,
    body: QueryBody,
    span: SourceSpan
  ) {
    self.optional = optional
    self.imports = imports
    self.importsAll = importsAll
    self.body = body
    self.span = span
  }
}

/// What WITH and RETURN share.
public struct Projection: Hashable, Sendable {
  public struct Item: Hashable, Sendable {
    public var value: Expression
    public var alias: Identifier?
    /// The column's name: the alias, or else the exact source text.
    public var name: String

    public init(value: Expression, alias: Identifier?, name: String) {
      self.value = value
      self.alias = alias
      self.name = name
    }
  }

  public struct SortItem: Hashable, Sendable {
    public var value: Expression
    public var descending: Bool

    public init(value: Expression, descending: Bool) {
      self.value = value
      self.descending = descending
    }
  }

  public var distinct: Bool
  /// `*`: all variables in scope, before ``items``.
  public var includesAll: Bool
  public var items: [Item]
  public var order: [SortItem]
  public var skip: Expression?
  public var limit: Expression?
  /// The WHERE after a WITH.
  public var filter: Expression?
  public var span: SourceSpan

  public init(
    distinct: Bool,
    includesAll: Bool,
    items: [Item],
    order: [SortItem],
    skip: Expression?,
    limit: Expression?,
    filter: Expression?,
    span: SourceSpan
  ) {
    self.distinct = distinct
    self.includesAll = includesAll
    self.items = items
    self.order = order
    self.skip = skip
    self.limit = limit
    self.filter = filter
    self.span = span
  }
}
