public import Language

/// The names that a schema declares, which queries are checked against.
///
/// Without a catalog any name is allowed, and matches nothing where the graph lacks it.
public struct QueryCatalog: Sendable {
  public var labels: [String]
  public var edgeTypes: [String]
  /// The edge types that say from when to when they hold.
  public var validEdgeTypes: [String]
  public var properties: [String]
  public var derivations: [DeriveDeclaration]

  public init(
    labels: [String],
    edgeTypes: [String],
    validEdgeTypes: [String],
    properties: [String],
    derivations: [DeriveDeclaration]
  ) {
    self.labels = labels
    self.edgeTypes = edgeTypes
    self.validEdgeTypes = validEdgeTypes
    self.properties = properties
    self.derivations = derivations
  }
}
