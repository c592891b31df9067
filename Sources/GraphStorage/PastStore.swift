public import GraphModel

/// A claim that the current graph does not show, or not any more.
public struct PastClaim: Hashable, Sendable {
  public enum Subject: Hashable, Sendable {
    case node(NodeNumber)
    case edge(EdgeReference)
  }

  /// What was claimed of the subject.
  public enum Content: Hashable, Sendable {
    /// That it exists; of edges that an earlier event claimed.
    ///
    /// `order` is how many edges of that type the event had made before it claimed this one.
    case existence(order: UInt32)
    /// A property's value; the key is an index into ``GraphContents/propertyKeys``.
    case property(UInt16, Value)
    /// One more mention of a form that a TEXT property of a node has.
    ///
    /// `order` is how many forms of that property the event had added before.
    case form(UInt16, TextForm, order: UInt32)
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

  /// Adds what an event claims in vain, once for each thing that it is about.
  ///
  /// Of two values the last counts; that something exists is said when it is said first.
  ///
  /// - Parameter start: the number of claims when the event was begun.
  mutating func addOnce(_ claim: PastClaim, since start: Int) {
    var index = claims.count
    while index > start {
      index -= 1
      let other = claims[index]
      if other.position == claim.position, other.subject == claim.subject,
        other.content.isAboutTheSame(as: claim.content)
      {
        switch claim.content {
        case .existence, .form: break
        case .property, .from, .to: claims[index].content = claim.content
        }
        return
      }
    }
    claims.append(claim)
  }

  /// The claims about one node or edge, in the order in which they were added.
  public func claims(about subject: PastClaim.Subject) -> [PastClaim] {
    claims.filter { $0.subject == subject }
  }
}

extension PastClaim.Content {
  /// Whether of two claims about one thing one is the last word.
  func isAboutTheSame(as other: Self) -> Bool {
    switch (self, other) {
    case (.existence, .existence), (.from, .from), (.to, .to): true
    case (.property(let key, _), .property(let otherKey, _)): key == otherKey
    case (.form(let key, let form, _), .form(let otherKey, let otherForm, _)):
      key == otherKey && form == otherForm
    default: false
    }
  }
}
