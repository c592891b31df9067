public import GraphModel
import OrderedCollections

extension ValueOperations {
  /// `value.name`: an entry of a map, a part of a date, datetime or duration; null of null.
  ///
  /// Entities are the engine's: nodes and stored edges are an error here.
  public static func property(of value: Value, named name: String) throws(EvaluationError) -> Value
  {
    switch value {
    case .null: return .null
    case .map(let map): return map[name] ?? .null
    case .derivedEdge(let edge): return edge.properties[name] ?? .null
    case .date(let date): return try TemporalParts.part(name, of: date)
    case .dateTime(let moment): return try TemporalParts.part(name, of: moment)
    case .localDateTime(let local): return try TemporalParts.part(name, of: local)
    case .time(let time): return try TemporalParts.part(name, of: time)
    case .localTime(let time): return try TemporalParts.part(name, of: time.nanoseconds)
    case .duration(let amount): return try TemporalParts.part(name, of: amount)
    case .node, .edge:
      throw EvaluationError(.unsupported, "\"\(name)\" of \(value.typeName) needs the graph")
    default:
      throw EvaluationError(.typeMismatch, "\(value.typeName) has no property \"\(name)\"")
    }
  }

  /// `base[index]`: of a list, from its end where negative, null beyond it; or of a map by key.
  public static func element(of base: Value, at index: Value) throws(EvaluationError) -> Value {
    switch (base, index) {
    case (.null, _): return .null
    case (.list(let elements), .integer(let index)):
      let position = index < 0 ? index + Int64(elements.count) : index
      return position >= 0 && position < Int64(elements.count) ? elements[Int(position)] : .null
    case (.list, _) where index.isNull: return .null
    case (.list, _): throw .mismatch("the index of a list", expected: "an integer", found: index)
    case (.boolean, _), (.integer, _), (.float, _), (.string, _), (.path, _):
      throw EvaluationError(.typeMismatch, "\(base.typeName) has no elements")
    case (_, .null): return .null
    case (_, .string(let name)): return try property(of: base, named: name)
    default: throw .mismatch("the key of \(base.typeName)", expected: "a string", found: index)
    }
  }

  /// `list[from..to]`, where `nil` is an end that was not written and a null makes null.
  public static func slice(
    of base: Value,
    from: Value?,
    to: Value?
  ) throws(EvaluationError) -> Value {
    if base.isNull { return .null }
    guard case .list(let elements) = base else {
      throw .mismatch("a slice", expected: "a list", found: base)
    }
    func bound(_ value: Value?, _ other: Int) throws(EvaluationError) -> Int? {
      switch value {
      case nil: return other
      case .null?: return nil
      case .integer(let index)?:
        let count = Int64(elements.count)
        let position = index < 0 ? max(index, -count) + count : min(index, count)
        return Int(position)
      case let value?: throw .mismatch("a bound of a slice", expected: "an integer", found: value)
      }
    }
    let start = try bound(from, 0)
    let end = try bound(to, elements.count)
    guard let start, let end else { return .null }
    return .list(start < end ? Array(elements[start..<end]) : [])
  }
}
