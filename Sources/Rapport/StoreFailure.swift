/// Why the store could not do what was asked, in words for the person who asked.
public struct StoreFailure: Error, Hashable, Sendable {
  /// Whose trouble it is; the raw values are the exit codes of sysexits(3).
  public enum Kind: Int32, Hashable, Sendable {
    /// The command or call is off.
    case usage = 64
    /// An event, a schema or a query is wrong.
    case data = 65
    /// What should be read is not there.
    case noInput = 66
    /// A defect of Rapport.
    case software = 70
    /// The disk, the file system, or damage on it.
    case inputOutput = 74
    /// Somebody else is at it; the same call may succeed later.
    case temporary = 75
  }

  public let kind: Kind
  /// What was wrong, where, what was expected and what to do; may have several lines.
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

extension StoreFailure: CustomStringConvertible {
  public var description: String { message }
}
