public import GraphModel
import OrderedCollections

extension ValueOperations {
  /// The place of a type in the order of all values.
  private static func rank(_ value: Value) -> Int {
    switch value {
    case .map: 0
    case .node: 1
    case .edge, .derivedEdge: 2
    case .list: 3
    case .path: 4
    case .dateTime: 5
    case .localDateTime: 6
    case .date: 7
    case .time: 8
    case .localTime: 9
    case .duration: 10
    case .string: 11
    case .boolean: 12
    case .integer, .float: 13
    case .null: 14
    }
  }

  /// The total order of ORDER BY, min and max: negative, zero or positive.
  ///
  /// Ascending: maps, nodes, edges, lists, paths, datetimes, local datetimes, dates, times,
  /// local times, durations, strings, booleans, numbers with NaN after them, null last. It is zero exactly where
  /// ``isEquivalent(_:_:)`` is true.
  public static func order(_ lhs: Value, _ rhs: Value) -> Int {
    switch (lhs, rhs) {
    case (.integer(let a), .integer(let b)): return sign(a, b)
    case (.string(let a), .string(let b)): return UTF8Text.compare(a, b)
    case (.float(let a), .float(let b)):
      if a.isNaN || b.isNaN { return (a.isNaN ? 1 : 0) - (b.isNaN ? 1 : 0) }
      return sign(a, b)
    case (.integer(let a), .float(let b)): return compareExactly(a, b)
    case (.float(let a), .integer(let b)): return -compareExactly(b, a)
    case (.date(let a), .date(let b)): return sign(a.packed, b.packed)
    case (.dateTime(let a), .dateTime(let b)):
      let bySecond = sign(a.seconds, b.seconds)
      return bySecond != 0 ? bySecond : sign(a.nanosecond, b.nanosecond)
    case (.localDateTime(let a), .localDateTime(let b)): return sign(a, b)
    case (.time(let a), .time(let b)): return sign(a.instant, b.instant)
    case (.localTime(let a), .localTime(let b)): return sign(a, b)
    case (.duration(let a), .duration(let b)): return orderDurations(a, b)
    case (.boolean(let a), .boolean(let b)): return sign(a ? 1 : 0, b ? 1 : 0)
    case (.node(let a), .node(let b)): return sign(a, b)
    case (.edge(let a), .edge(let b)): return sign(a, b)
    case (.edge, .derivedEdge): return -1
    case (.derivedEdge, .edge): return 1
    case (.derivedEdge(let a), .derivedEdge(let b)): return orderDerivedEdges(a, b)
    case (.list(let a), .list(let b)):
      for index in 0..<min(a.count, b.count) {
        let result = order(a[index], b[index])
        if result != 0 { return result }
      }
      return sign(a.count, b.count)
    case (.map(let a), .map(let b)): return orderMaps(a, b)
    case (.path(let a), .path(let b)): return orderPaths(a, b)
    default: return sign(rank(lhs), rank(rhs))
    }
  }

  private static func sign<T: Comparable>(_ a: T, _ b: T) -> Int {
    a < b ? -1 : b < a ? 1 : 0
  }

  private static func orderDurations(_ a: Duration, _ b: Duration) -> Int {
    let byLength = sign(a.averageNanoseconds, b.averageNanoseconds)
    if byLength != 0 { return byLength }
    if a.months != b.months { return sign(a.months, b.months) }
    return sign(a.days, b.days)
  }

  private static func orderPaths(_ a: Path, _ b: Path) -> Int {
    for index in 0..<min(a.nodes.count, b.nodes.count) {
      let byNode = sign(a.nodes[index], b.nodes[index])
      if byNode != 0 { return byNode }
      guard index < a.edges.count, index < b.edges.count else { continue }
      let byEdge = sign(a.edges[index], b.edges[index])
      if byEdge != 0 { return byEdge }
    }
    return sign(a.nodes.count, b.nodes.count)
  }

  private static func orderDerivedEdges(_ a: DerivedEdge, _ b: DerivedEdge) -> Int {
    if a.type != b.type { return UTF8Text.compare(a.type, b.type) }
    if a.from != b.from { return sign(a.from, b.from) }
    if a.to != b.to { return sign(a.to, b.to) }
    return orderMaps(a.properties, b.properties)
  }

  /// By their sorted keys, then by the values in that order.
  private static func orderMaps(
    _ a: OrderedDictionary<String, Value>,
    _ b: OrderedDictionary<String, Value>
  ) -> Int {
    if a.count != b.count { return sign(a.count, b.count) }
    let keysOfA = sortedKeys(a)
    let keysOfB = sortedKeys(b)
    for (keyOfA, keyOfB) in zip(keysOfA, keysOfB) {
      let result = UTF8Text.compare(keyOfA, keyOfB)
      if result != 0 { return result }
    }
    for key in keysOfA {
      let result = order(a[key] ?? .null, b[key] ?? .null)
      if result != 0 { return result }
    }
    return 0
  }

  static func sortedKeys(_ map: OrderedDictionary<String, Value>) -> [String] {
    map.keys.sorted { UTF8Text.compare($0, $1) < 0 }
  }

  /// Whether two values are one for DISTINCT and for grouping: null is null, NaN is NaN, 1 is 1.0.
  public static func isEquivalent(_ lhs: Value, _ rhs: Value) -> Bool {
    switch (lhs, rhs) {
    case (.string(let a), .string(let b)): return UTF8Text.equal(a, b)
    case (.list(let a), .list(let b)):
      return a.count == b.count && a.indices.allSatisfy { isEquivalent(a[$0], b[$0]) }
    case (.map(let a), .map(let b)):
      return a.count == b.count
        && a.allSatisfy { key, value in b[key].map { isEquivalent(value, $0) } ?? false }
    default: return order(lhs, rhs) == 0
    }
  }

  /// Feeds `value` to `hasher`: equal for what ``isEquivalent(_:_:)`` calls one.
  public static func hash(_ value: Value, into hasher: inout Hasher) {
    switch value {
    case .float(let float):
      if let whole = Int64(exactly: float) {
        hasher.combine(rank(value))
        hasher.combine(whole)
      } else {
        hasher.combine(-1)
        hasher.combine(float.isNaN ? Double.nan.bitPattern : float.bitPattern)
      }
      return
    case .integer(let integer):
      hasher.combine(rank(value))
      hasher.combine(integer)
      return
    default: hasher.combine(rank(value))
    }
    switch value {
    case .null, .integer, .float: break
    case .boolean(let truth): hasher.combine(truth)
    case .string(let string): UTF8Text.hash(string, into: &hasher)
    case .date(let date): hasher.combine(date.packed)
    case .dateTime(let moment):
      hasher.combine(moment.seconds)
      hasher.combine(moment.nanosecond)
    case .localDateTime(let local): hasher.combine(local)
    case .time(let time): hasher.combine(time.instant)
    case .localTime(let time): hasher.combine(time)
    case .duration(let amount): hasher.combine(amount)
    case .list(let elements):
      hasher.combine(elements.count)
      for element in elements { hash(element, into: &hasher) }
    case .map(let map): hashMap(map, into: &hasher)
    case .node(let node): hasher.combine(node)
    case .edge(let edge): hasher.combine(edge)
    case .path(let path): hasher.combine(path)
    case .derivedEdge(let edge):
      UTF8Text.hash(edge.type, into: &hasher)
      hasher.combine(edge.from)
      hasher.combine(edge.to)
      hashMap(edge.properties, into: &hasher)
    }
  }

  private static func hashMap(
    _ map: OrderedDictionary<String, Value>,
    into hasher: inout Hasher
  ) {
    hasher.combine(map.count)
    for key in sortedKeys(map) {
      UTF8Text.hash(key, into: &hasher)
      hash(map[key] ?? .null, into: &hasher)
    }
  }
}

/// A value as a key of DISTINCT and of grouping.
public struct EquivalenceKey: Hashable, Sendable {
  public var value: Value

  public init(_ value: Value) {
    self.value = value
  }

  public static func == (lhs: Self, rhs: Self) -> Bool {
    ValueOperations.isEquivalent(lhs.value, rhs.value)
  }

  public func hash(into hasher: inout Hasher) {
    ValueOperations.hash(value, into: &hasher)
  }
}
