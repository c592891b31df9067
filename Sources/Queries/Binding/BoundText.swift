import Expressions
import Language

/// Bound expressions in the spelling of queries, as plans show them.
///
/// It does not quote the source: what a schema derives, and what the planner made, is not there.
struct BoundText {
  /// The names of variables by slot; slots that no query named have none.
  let names: [String?]

  func text(_ bound: Bound) -> String {
    switch bound.kind {
    case .constant(let value): return ValueText.literal(value)
    case .parameter(let name): return "$" + ValueText.name(name)
    case .slot(let slot): return name(slot)
    case .property(let base, let name): return "\(operand(base)).\(ValueText.name(name))"
    case .element(let base, let index): return "\(operand(base))[\(text(index))]"
    case .slice(let base, let from, let to):
      return "\(operand(base))[\(from.map(text) ?? "")..\(to.map(text) ?? "")]"
    case .list(let elements): return "[\(list(elements))]"
    case .map(let entries): return map(entries)
    case .mapProjection(let base, let all, let entries):
      return operand(base) + " " + map(entries, leading: all ? [".*"] : [])
    case .not(let base): return "NOT \(operand(base))"
    case .negate(let base): return "-\(operand(base))"
    case .plus(let base): return "+\(operand(base))"
    case .logic(let operation, let left, let right): return infix(left, operation.spelling, right)
    case .compare(let operation, let left, let right): return infix(left, operation.spelling, right)
    case .arithmetic(let operation, let left, let right):
      return infix(left, operation.spelling, right)
    case .isIn(let left, let right): return infix(left, "IN", right)
    case .text(let operation, let left, let right): return infix(left, spelling(operation), right)
    case .resembles(let left, let right): return infix(left, "~", right)
    case .isNull(let base, let negated): return "\(operand(base)) IS \(negated ? "NOT " : "")NULL"
    case .hasLabels(let base, let labels): return "\(operand(base)):\(labels.text)"
    case .call(let name, let arguments):
      return "\(FunctionLibrary.scalar(named: name)?.name ?? name)(\(list(arguments)))"
    case .entity(let function, let arguments): return "\(function.rawValue)(\(list(arguments)))"
    case .aggregate(let aggregate):
      let name = FunctionLibrary.aggregate(named: aggregate.name)?.name ?? aggregate.name
      let arguments = aggregate.arguments.isEmpty ? "*" : list(aggregate.arguments)
      return "\(name)(\(aggregate.distinct ? "DISTINCT " : "")\(arguments))"
    case .conditional, .comprehension, .quantifier, .reduce: return iteration(bound)
    case .exists: return "EXISTS { … }"
    case .countRows: return "COUNT { … }"
    case .collect: return "COLLECT { … }"
    case .path(let steps): return path(steps)
    case .derivedEdge(let type, let from, let to, _):
      return "(\(name(from)))-[:\(type)]-(\(name(to)))"
    }
  }

  private func iteration(_ bound: Bound) -> String {
    switch bound.kind {
    case .conditional(let branches, let otherwise):
      let parts = branches.map { "WHEN \(text($0.condition)) THEN \(text($0.result))" }
      return "CASE " + parts.joined(separator: " ") + (otherwise.map { " ELSE \(text($0))" } ?? "")
        + " END"
    case .comprehension(let slot, let list, let filter, let projection):
      return "[\(name(slot)) IN \(text(list))" + (filter.map { " WHERE \(text($0))" } ?? "")
        + (projection.map { " | \(text($0))" } ?? "") + "]"
    case .quantifier(let kind, let slot, let list, let predicate):
      return "\(kind)(\(name(slot)) IN \(text(list)) WHERE \(text(predicate)))"
    case .reduce(let accumulator, let initial, let slot, let list, let body):
      return "reduce(\(name(accumulator)) = \(text(initial)), \(name(slot)) IN \(text(list))"
        + " | \(text(body)))"
    default: return ""
    }
  }

  private func path(_ steps: [PathStep]) -> String {
    steps.map { step in
      switch step {
      case .node(let slot): "(\(names[slot] ?? ""))"
      case .edge(let slot): "-[\(names[slot] ?? "")]-"
      case .edges(let slot): "-[\(names[slot] ?? "")*]-"
      }
    }.joined()
  }

  private func spelling(_ operation: TextOperator) -> String {
    switch operation {
    case .startsWith: "STARTS WITH"
    case .endsWith: "ENDS WITH"
    case .contains: "CONTAINS"
    case .matches: "=~"
    }
  }

  /// What a slot is called; one that no query named has a number.
  private func name(_ slot: Int) -> String { names[slot].map(ValueText.name) ?? "_\(slot)" }

  private func list(_ parts: [Bound]) -> String { parts.map(text).joined(separator: ", ") }

  private func map(_ entries: [BoundEntry], leading: [String] = []) -> String {
    let parts = leading + entries.map { "\(ValueText.name($0.key)): \(text($0.value))" }
    return "{" + parts.joined(separator: ", ") + "}"
  }

  private func infix(_ left: Bound, _ spelling: String, _ right: Bound) -> String {
    "\(operand(left)) \(spelling) \(operand(right))"
  }

  /// With parentheses where it is made of several parts.
  private func operand(_ bound: Bound) -> String {
    switch bound.kind {
    case .logic, .compare, .arithmetic, .isIn, .text, .resembles, .isNull, .not, .negate, .plus:
      "(\(text(bound)))"
    default: text(bound)
    }
  }
}
