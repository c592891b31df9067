import Expressions
import Language
import SourceText

/// What can be said of an expression's value before anything runs; null may always be.
struct StaticType: Hashable {
  var kinds: ValueKinds
  /// What the elements of a list may be.
  var elements: ValueKinds = .any

  static let any = StaticType(kinds: .any)
  static let boolean = StaticType(kinds: .boolean)
  static let integer = StaticType(kinds: .integer)
  static let float = StaticType(kinds: .float)
  static let string = StaticType(kinds: .string)
  static let map = StaticType(kinds: .map)
  static let node = StaticType(kinds: .node)
  static let edge = StaticType(kinds: .edge)
  static let path = StaticType(kinds: .path)
  static let list = StaticType(kinds: .list)

  static func list(of elements: ValueKinds) -> StaticType {
    StaticType(kinds: .list, elements: elements)
  }

  func mayBe(_ kinds: ValueKinds) -> Bool { !self.kinds.isDisjoint(with: kinds) }
}

/// An edge that the schema derives, as a variable.
struct DerivedVariable: Hashable {
  var type: String
  /// The slot of each property.
  var properties: [String: Int]
}

struct Variable: Hashable {
  var slot: Int
  var type: StaticType
  /// Whether it is bound by a MATCH that is not optional, so that it is never null.
  var isNeverNull = false
  var derived: DerivedVariable?
}

/// The variables that an expression may name, in the order in which they came.
struct Scope {
  private(set) var names: [String] = []
  private var variables: [String: Variable] = [:]

  subscript(name: String) -> Variable? { variables[name] }

  mutating func bind(_ name: String, _ variable: Variable) {
    if variables.updateValue(variable, forKey: name) == nil { names.append(name) }
  }

  /// The other scope's variables before one's own.
  func overlaying(_ other: Scope) -> Scope {
    var result = other
    for name in names {
      if let variable = variables[name] { result.bind(name, variable) }
    }
    return result
  }
}

/// What an expression may contain where it stands.
struct ExpressionPlace {
  var allowsAggregates = false
  /// What to say of an aggregate that is not allowed.
  var aggregateHint = "aggregate in a WITH before, and use its result here"

  static let row = ExpressionPlace()
  static let projection = ExpressionPlace(allowsAggregates: true)
}
