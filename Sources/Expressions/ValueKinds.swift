public import GraphModel

/// A set of types of values; null belongs to every type and is not counted.
public struct ValueKinds: OptionSet, Hashable, Sendable {
  public let rawValue: UInt16

  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  public static let boolean = ValueKinds(rawValue: 1 << 0)
  public static let integer = ValueKinds(rawValue: 1 << 1)
  public static let float = ValueKinds(rawValue: 1 << 2)
  public static let string = ValueKinds(rawValue: 1 << 3)
  public static let date = ValueKinds(rawValue: 1 << 4)
  public static let dateTime = ValueKinds(rawValue: 1 << 5)
  public static let duration = ValueKinds(rawValue: 1 << 6)
  public static let list = ValueKinds(rawValue: 1 << 7)
  public static let map = ValueKinds(rawValue: 1 << 8)
  public static let node = ValueKinds(rawValue: 1 << 9)
  public static let edge = ValueKinds(rawValue: 1 << 10)
  public static let path = ValueKinds(rawValue: 1 << 11)
  public static let localDateTime = ValueKinds(rawValue: 1 << 12)
  public static let time = ValueKinds(rawValue: 1 << 13)
  public static let localTime = ValueKinds(rawValue: 1 << 14)

  public static let number: ValueKinds = [.integer, .float]
  /// What durations are added to.
  public static let instant: ValueKinds = [.date, .dateTime, .localDateTime, .time, .localTime]
  public static let temporal: ValueKinds = instant.union(.duration)
  public static let entity: ValueKinds = [.node, .edge, .path]
  public static let any = ValueKinds(rawValue: (1 << 15) - 1)

  /// The kind of a value; empty for null.
  public init(of value: Value) {
    self =
      switch value {
      case .null: []
      case .boolean: .boolean
      case .integer: .integer
      case .float: .float
      case .string: .string
      case .date: .date
      case .dateTime: .dateTime
      case .localDateTime: .localDateTime
      case .time: .time
      case .localTime: .localTime
      case .duration: .duration
      case .list: .list
      case .map: .map
      case .node: .node
      case .edge, .derivedEdge: .edge
      case .path: .path
      }
  }
}

extension ValueKinds: CustomStringConvertible {
  private static let names = [
    "a boolean", "an integer", "a float", "a string", "a date", "a datetime", "a duration",
    "a list", "a map", "a node", "an edge", "a path", "a local datetime", "a time", "a local time",
  ]

  /// As messages say it: `a string or a list`.
  public var description: String {
    if self == .any { return "a value" }
    var members: [String] = []
    var rest = self
    if rest.isSuperset(of: .number) {
      members.append("a number")
      rest.subtract(.number)
    }
    for (bit, name) in Self.names.enumerated() where rest.rawValue & (1 << UInt16(bit)) != 0 {
      members.append(name)
    }
    guard let last = members.last else { return "null" }
    return members.count == 1 ? last : members.dropLast().joined(separator: ", ") + " or " + last
  }
}
