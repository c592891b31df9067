/// What decides how an event is folded: its type, and the version of its data.
public struct EventKind: Hashable, Sendable, Comparable {
  public var type: String
  /// 0 for the version that the schema declares.
  public var version: UInt32
  /// The type of the event that a `rapport.event.corrected` puts in another's place, whose version
  /// is then ``version``; empty for all others.
  public var replacementType: String

  public init(type: String, version: UInt32, replacementType: String = "") {
    self.type = type
    self.version = version
    self.replacementType = replacementType
  }

  public static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.type, lhs.replacementType, lhs.version) < (rhs.type, rhs.replacementType, rhs.version)
  }

  /// The type whose rules fold it.
  public var foldedType: String { replacementType.isEmpty ? type : replacementType }
}

/// The kinds of all events of a graph, by position.
public struct EventKinds: Sendable {
  /// In the order of their first appearance.
  public internal(set) var kinds: [EventKind] = []
  /// By position, the index of the kind plus one; 0 where there is no event.
  public internal(set) var numbers = FlatArray<UInt16>([0])

  public init() {}

  init(kinds: [EventKind], numbers: FlatArray<UInt16>) {
    self.kinds = kinds
    self.numbers = numbers
  }

  mutating func set(_ number: UInt16, at position: UInt32) {
    numbers.grow(to: Int(position) + 1, with: 0)
    numbers[Int(position)] = number
  }

  /// The kind of the event at a position.
  public func kind(at position: UInt32) -> EventKind? {
    guard Int(position) < numbers.count, numbers[Int(position)] != 0 else { return nil }
    return kinds[Int(numbers[Int(position)]) - 1]
  }

  /// How many events there are of each kind, aligned with ``kinds``.
  public func counts() -> [Int] {
    var counts = [Int](repeating: 0, count: kinds.count + 1)
    numbers.withUnsafeBuffer { for number in $0 { counts[Int(number)] += 1 } }
    return Array(counts.dropFirst())
  }

  /// The positions of all events of some kinds, ascending.
  ///
  /// - Parameter isWanted: aligned with ``kinds``.
  public func positions(ofKinds isWanted: [Bool]) -> [UInt32] {
    var positions: [UInt32] = []
    numbers.withUnsafeBuffer { numbers in
      for position in numbers.indices where numbers[position] != 0 {
        if isWanted[Int(numbers[position]) - 1] { positions.append(UInt32(position)) }
      }
    }
    return positions
  }
}
