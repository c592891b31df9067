public import GraphModel

/// The type of an event's field or of a property.
public indirect enum FieldType: Hashable, Sendable {
  /// A non-empty string that identifies something, of at most 512 bytes.
  case id
  case string
  /// Names, in one or several languages and spellings.
  case text
  case integer
  case float
  case boolean
  /// A day, a month or a year.
  case date
  case dateTime
  /// Any JSON object.
  case map
  /// Any JSON value.
  case any
  case list(FieldType)
  case structure([Field])

  /// The types that a schema file names, by their spelling.
  static let named: [(spelling: String, type: FieldType)] = [
    ("ID", .id), ("STRING", .string), ("TEXT", .text), ("INTEGER", .integer), ("FLOAT", .float),
    ("BOOLEAN", .boolean), ("DATE", .date), ("DATETIME", .dateTime), ("MAP", .map), ("ANY", .any),
  ]
}

extension FieldType: CustomStringConvertible {
  /// As a schema file writes it.
  public var description: String {
    switch self {
    case .list(let element): return "LIST<\(element)>"
    case .structure(let fields):
      return "{ " + fields.map { "\($0)" }.joined(separator: ", ") + " }"
    default: return Self.named.first { $0.type == self }?.spelling ?? "ANY"
    }
  }
}

extension FieldType {
  /// What a message says that was expected.
  var expectation: String {
    switch self {
    case .id: "an id"
    case .string: "a string"
    case .text: "a text"
    case .integer: "an integer"
    case .float: "a number"
    case .boolean: "true or false"
    case .date: "a date"
    case .dateTime: "a date and time"
    case .map, .structure: "an object"
    case .any: "a value"
    case .list: "a list"
    }
  }

  var isStructure: Bool {
    if case .structure = self { true } else { false }
  }
}

/// A field of an event's data, or of a structure in it.
public struct Field: Hashable, Sendable, CustomStringConvertible {
  public let name: String
  public let type: FieldType
  /// Whether it may be missing, or null.
  public let isOptional: Bool
  /// What a missing field, or one that is null, is taken for.
  public let defaultValue: Value?

  public init(_ name: String, _ type: FieldType, isOptional: Bool = false, default: Value? = nil) {
    self.name = name
    self.type = type
    self.isOptional = isOptional
    defaultValue = `default`
  }

  public var description: String {
    let optional = isOptional ? "?" : ""
    let value = defaultValue.map { " = " + JSONText.text(of: $0) } ?? ""
    return "\(name) \(type)\(optional)\(value)"
  }
}

/// A property of a node type or of an edge type.
public struct Property: Hashable, Sendable {
  public let name: String
  public let type: FieldType

  public init(_ name: String, _ type: FieldType) {
    self.name = name
    self.type = type
  }
}
