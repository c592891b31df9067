public import GraphModel
import Synchronization

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
  /// The claims of an image, decoded when somebody asks for them.
  private var encoded: EncodedClaims?
  /// Those behind them.
  private var known: [PastClaim] = []

  public init() {}

  init(claims: [PastClaim]) {
    known = claims
  }

  init(encoded: EncodedClaims) {
    self.encoded = encoded
  }

  /// In the order in which they were added.
  public var claims: [PastClaim] { encoded.map { $0.claims + known } ?? known }

  var count: Int { (encoded?.count ?? 0) + known.count }

  mutating func add(_ claim: PastClaim) {
    known.append(claim)
  }

  /// Adds what an event claims in vain, once for each thing that it is about.
  ///
  /// Of two values the last counts; that something exists is said when it is said first.
  ///
  /// - Parameter start: the number of claims when the event was begun.
  mutating func addOnce(_ claim: PastClaim, since start: Int) {
    let first = start - (encoded?.count ?? 0)
    var index = known.count
    while index > first {
      index -= 1
      let other = known[index]
      if other.position == claim.position, other.subject == claim.subject,
        other.content.isAboutTheSame(as: claim.content)
      {
        switch claim.content {
        case .existence, .form: break
        case .property, .from, .to: known[index].content = claim.content
        }
        return
      }
    }
    known.append(claim)
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

/// Claims as an image holds them: decoded when they are asked for, which most queries never do.
final class EncodedClaims: Sendable {
  let count: Int
  let bytes: FlatArray<UInt8>
  private let decoded = Mutex<[PastClaim]?>(nil)

  init(count: Int, bytes: FlatArray<UInt8>) {
    self.count = count
    self.bytes = bytes
  }

  var claims: [PastClaim] {
    decoded.withLock { decoded in
      if let decoded { return decoded }
      let claims = decode()
      decoded = claims
      return claims
    }
  }

  private func decode() -> [PastClaim] {
    bytes.withUnsafeBuffer { bytes in
      var source = ContentsSource(UnsafeRawBufferPointer(bytes))
      do {
        return try (0..<count).map { _ in try PastClaim(decoding: &source) }
      } catch {
        preconditionFailure("an image was checked, and its claims of the past are damaged")
      }
    }
  }
}
