/// The place of an event in the log: 1 for the first event, without gaps.
///
/// A position is not a count. Zero is "before the first event". The graph keeps
/// positions in 32 bits; the log refuses to grow past that.
@frozen
public struct EventPosition: RawRepresentable, Hashable, Comparable, Sendable {
  public var rawValue: UInt32

  @inlinable
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  @inlinable
  public init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }

  @inlinable
  public static func < (lhs: Self, rhs: Self) -> Bool {
    lhs.rawValue < rhs.rawValue
  }
}

/// The dense number of a node in one graph: an index, not an identity.
@frozen
public struct NodeNumber: RawRepresentable, Hashable, Comparable, Sendable {
  public var rawValue: UInt32

  @inlinable
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  @inlinable
  public init(_ rawValue: UInt32) {
    self.rawValue = rawValue
  }

  @inlinable
  public static func < (lhs: Self, rhs: Self) -> Bool {
    lhs.rawValue < rhs.rawValue
  }
}

/// An edge of one graph: its type's table, and its number within it.
@frozen
public struct EdgeReference: Hashable, Comparable, Sendable {
  public var type: UInt16
  public var number: UInt32

  @inlinable
  public init(type: UInt16, number: UInt32) {
    self.type = type
    self.number = number
  }

  @inlinable
  public static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.type, lhs.number) < (rhs.type, rhs.number)
  }
}
