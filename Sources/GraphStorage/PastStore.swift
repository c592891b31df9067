public import GraphModel

/// A claim that the current graph does not show, or not any more.
public struct PastClaim: Hashable, Sendable {
  public enum Subject: Hashable, Sendable {
    case node(NodeNumber)
    case edge(EdgeReference)
  }

  /// What was claimed of the subject.
  public enum Content: Hashable, Sendable {
    /// That it exists.
    case existence
    /// A property's value; the key is an index into ``GraphContents/propertyKeys``.
    case property(UInt16, Value)
    /// The start of an edge's validity.
    case from(PartialDate)
    /// The end of an edge's validity; `nil` for "ended, unknown when".
    case to(PartialDate?)
  }

  public var subject: Subject
  public var content: Content
  /// The event that claimed it.
  public var position: EventPosition
  /// The event from which on the log believed something else.
  ///
  /// Equal to ``position`` where the claim never won, or repeats what is believed.
  public var supersededAt: EventPosition
}

/// What the log has said and the current graph does not hold: superseded and repeated claims.
///
/// The current graph pays nothing for it.
public struct PastStore: Sendable {
  /// In the order in which they were added.
  public private(set) var claims: [PastClaim] = []

  public init() {}

  init(claims: [PastClaim]) {
    self.claims = claims
  }

  mutating func add(_ claim: PastClaim) {
    claims.append(claim)
  }

  /// The claims about one node or edge, in the order in which they were added.
  public func claims(about subject: PastClaim.Subject) -> [PastClaim] {
    claims.filter { $0.subject == subject }
  }
}
