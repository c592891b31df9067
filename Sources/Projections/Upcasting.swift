import Expressions
import GraphModel
import Language
import OrderedCollections

/// One step from a version of an event's data to the next.
struct Upcast: Sendable {
  var from: Int
  var to: Int
  var steps: [UpcastDeclaration.Step]

  typealias Data = OrderedDictionary<String, Value>

  /// The data as the next version would say it.
  func apply(to data: Data) throws(EvaluationError) -> Data {
    var data = data
    for step in steps {
      switch step {
      case .remove(let field): data.removeValue(forKey: field.name)
      case .set(let field, let expression):
        let before = data
        // A field that the old data does not have is null: no declaration tells it from a typo.
        let value = try ScalarEvaluator.evaluate(expression, variables: { before[$0] ?? .null })
        data[field.name] = value
      }
    }
    return data
  }
}

extension EventPlan {
  /// Data of an older version as the current one would say it, with defaults written out.
  func upcast(_ data: Upcast.Data, from version: Int) throws(DataError) -> Upcast.Data {
    var data = data
    for upcast in upcasts where upcast.from >= version {
      do {
        data = try upcast.apply(to: data)
      } catch {
        throw DataError(
          path: "data",
          expected: "data of version \(version) that becomes version \(upcast.to)",
          found: "data that does not",
          hint: error.description
        )
      }
    }
    return data
  }

  /// Refuses a version that the schema cannot read.
  func check(version: Int) throws(DataError) {
    guard version > type.version || version < type.oldestVersion else { return }
    let known =
      type.oldestVersion == type.version
      ? "\(type.version)" : "\(type.oldestVersion) to \(type.version)"
    throw DataError(
      path: "dataversion",
      expected: "a version of \"\(type.name)\" that the schema reads, \(known)",
      found: "\(version)",
      hint: version > type.version
        ? "a schema that declares version \(version) has to be applied first"
        : "the schema has no UPCAST \(type.name) \(version) TO \(version + 1)"
    )
  }
}

/// Data with every default written out, as the expressions of rules and examples see it.
enum Defaults {
  static func filled(_ data: Upcast.Data, _ fields: [Field]) -> Upcast.Data {
    var result = data
    for field in fields {
      if let value = result[field.name], !value.isNull {
        result[field.name] = filled(value, field.type)
      } else if let value = field.defaultValue {
        result[field.name] = filled(value, field.type)
      }
    }
    return result
  }

  private static func filled(_ value: Value, _ type: FieldType) -> Value {
    switch (value, type) {
    case (.map(let members), .structure(let fields)): .map(filled(members, fields))
    case (.list(let elements), .list(let type)): .list(elements.map { filled($0, type) })
    default: value
    }
  }
}
