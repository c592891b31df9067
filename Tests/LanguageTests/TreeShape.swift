import Language
import SourceText
import Testing

/// A tree as text without the places of its parts, so that trees of two texts can be compared.
func shape(of value: Any) -> String {
  switch value {
  case let identifier as Identifier: return identifier.name
  case let expression as Expression: return shape(of: expression.kind)
  case let labels as LabelExpression: return shape(of: labels.kind)
  case let text as String: return "\"\(text)\""
  default: break
  }
  let mirror = Mirror(reflecting: value)
  switch mirror.displayStyle {
  case .optional: return mirror.children.first.map { shape(of: $0.value) } ?? "nil"
  case .collection:
    return "[" + mirror.children.map { shape(of: $0.value) }.joined(separator: ", ") + "]"
  case .enum:
    guard let payload = mirror.children.first else { return "\(value)" }
    let parts = shape(of: payload.value)
    return (payload.label ?? "") + (parts.hasPrefix("(") ? parts : "(\(parts))")
  case .tuple:
    return "(" + mirror.children.map { shape(of: $0.value) }.joined(separator: ", ") + ")"
  case .struct:
    var parts: [String] = []
    for child in mirror.children where !(child.value is SourceSpan) {
      // A column without an alias is named by its text, in which spaces count.
      if value is Projection.Item, child.label == "name" { continue }
      parts.append("\(child.label ?? ""): \(shape(of: child.value))")
    }
    return parts.isEmpty ? "\(value)" : "{" + parts.joined(separator: ", ") + "}"
  default: return "\(value)"
  }
}

extension Expression {
  /// The expression with all parentheses that its operators imply.
  var grouped: String {
    switch kind {
    case .unary(let prefix, let operand):
      let sign =
        switch prefix {
        case .not: "NOT "
        case .minus: "-"
        case .plus: "+"
        }
      return "(\(sign)\(operand.grouped))"
    case .binary(let binary, let left, let right):
      return "(\(left.grouped) \(binary.spelling) \(right.grouped))"
    case .comparisonChain(let first, let links):
      let rest = links.map { "\($0.comparison.spelling) \($0.operand.grouped)" }
      return "[\(first.grouped) \(rest.joined(separator: " "))]"
    case .isNull(let operand, let isNegated):
      return "(\(operand.grouped) IS\(isNegated ? " NOT" : "") NULL)"
    case .hasLabels(let operand, let labels): return "(\(operand.grouped):\(labels))"
    case .property(let base, let name): return "\(base.grouped).\(name.name)"
    default: return description
    }
  }
}

func expression(_ text: String) throws -> Expression {
  try Parser.parseExpression(SourceText(name: "expression", text: text))
}

func query(_ text: String) throws -> Query {
  try Parser.parseQuery(SourceText(name: "query", text: text))
}

func schema(_ text: String) throws -> SchemaDocument {
  try Parser.parseSchema(SourceText(name: "test.rapport", text: text))
}

/// What refuses a text; `nil` where it is accepted.
func refusal(
  of source: SourceText,
  _ parse: (SourceText) throws(Diagnostics) -> some Any
) -> Diagnostics? {
  do {
    _ = try parse(source)
    return nil
  } catch {
    return error
  }
}

/// A text that is refused, the culprit between guillemets, and what is said about it.
struct Refusal: CustomTestStringConvertible {
  var marked: String
  var message: String
  var hint: String?

  init(_ marked: String, _ message: String, hint: String? = nil) {
    self.marked = marked
    self.message = message
    self.hint = hint
  }

  var testDescription: String { marked }

  /// Checks that the first mistake found is this one, at this place.
  func check(
    _ parse: (SourceText) throws(Diagnostics) -> some Any,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let text = marked.filter { $0 != "«" && $0 != "»" }
    guard let refused = refusal(of: SourceText(name: "query", text: text), parse) else {
      Issue.record("accepted: \(text)", sourceLocation: sourceLocation)
      return
    }
    let first = refused.all[0]
    let bytes = Array(text.utf8)
    let found =
      String(decoding: bytes[..<Int(first.span.start)], as: UTF8.self) + "«"
      + String(decoding: bytes[Int(first.span.start)..<Int(first.span.end)], as: UTF8.self) + "»"
      + String(decoding: bytes[Int(first.span.end)...], as: UTF8.self)
    #expect(found == marked, sourceLocation: sourceLocation)
    #expect(first.message == message, sourceLocation: sourceLocation)
    #expect(first.hint == hint, sourceLocation: sourceLocation)
  }
}
