import Expressions
import GraphModel
import Language
import SourceText

extension Compiler {
  func bindCall(
    _ name: Identifier,
    distinct: Bool,
    _ arguments: [Expression],
    _ span: SourceSpan,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    let function = name.name.lowercased()
    if let aggregate = FunctionLibrary.aggregate(named: function) {
      return try bindAggregate(aggregate, name, distinct: distinct, arguments, span, scope, place)
    }
    if distinct {
      throw fail("\"\(name.name)\" is no aggregate, so DISTINCT has no meaning", at: name.span)
    }
    if function == "exists", arguments.count == 1 {
      let operand = try bind(arguments[0], scope, place)
      if case .exists = operand.bound.kind { return operand }
      return (Bound(.isNull(operand.bound, negated: true), at: span), .boolean)
    }
    if function == "shortestpath" || function == "allshortestpaths" {
      throw fail(
        "\"\(name.name)\" is a pattern of MATCH",
        at: name.span,
        hint: "MATCH p = ANY SHORTEST (a)-[*]-(b) RETURN p"
      )
    }
    var bounds: [Typed] = []
    for argument in arguments { bounds.append(try bind(argument, scope, place)) }
    if let entity = Self.entityFunctions[function],
      let typed = try bindEntity(entity, name, bounds, arguments, span, scope)
    {
      return typed
    }
    guard let known = FunctionLibrary.scalar(named: function) else {
      let near = FunctionLibrary.suggestion(
        for: name.name,
        among: EntityFunction.allCases.map(\.rawValue)
      )
      throw fail(
        "there is no function \"\(name.name)\"",
        at: name.span,
        hint: near.map { "did you mean \"\($0)\"?" }
      )
    }
    if !known.arguments.contains(arguments.count) {
      throw fail(argumentCountMessage(known, arguments.count), at: span)
    }
    if function == "size", let argument = bounds.first, !argument.type.mayBe([.list, .string]) {
      throw mismatch("size() takes", "a list or a string", argument.type, arguments[0].span)
    }
    return (
      Bound(.call(function, bounds.map(\.bound)), at: span), StaticType(kinds: known.result)
    )
  }

  private func argumentCountMessage(_ function: ScalarFunction, _ count: Int) -> String {
    let lower = function.arguments.lowerBound
    let upper = function.arguments.upperBound
    let expected =
      lower == upper
      ? "\(lower)" : upper == .max ? "at least \(lower)" : "\(lower) to \(upper)"
    let noun = lower == 1 && upper == 1 ? "argument" : "arguments"
    return "\"\(function.name)\" takes \(expected) \(noun), not \(count)"
  }

  private func bindAggregate(
    _ aggregate: AggregateFunction,
    _ name: Identifier,
    distinct: Bool,
    _ arguments: [Expression],
    _ span: SourceSpan,
    _ scope: Scope,
    _ place: ExpressionPlace
  ) throws(Diagnostics) -> Typed {
    if !place.allowsAggregates { throw misplacedAggregate(name.name, span, place) }
    guard arguments.count == aggregate.argumentCount else {
      throw fail(
        "\"\(aggregate.name)\" takes \(aggregate.argumentCount) "
          + "\(aggregate.argumentCount == 1 ? "argument" : "arguments"), not \(arguments.count)",
        at: span
      )
    }
    var inner = ExpressionPlace.row
    inner.aggregateHint = "aggregates do not nest; aggregate twice, with a WITH between"
    var bounds: [Bound] = []
    var element = ValueKinds.any
    for (index, argument) in arguments.enumerated() {
      let typed = try bind(argument, scope, inner)
      if containsRandom(typed.bound) {
        throw fail("a random number inside of an aggregate has no meaning", at: argument.span)
      }
      if index == 0 { element = typed.type.kinds }
      bounds.append(typed.bound)
    }
    let lowered = aggregate.name.lowercased()
    // What is never null is counted by its rows, which needs no values.
    if lowered == "count", !distinct, case .variable(let variable) = arguments[0].kind,
      scope[variable]?.isNeverNull == true
    {
      bounds = []
    }
    let bound = BoundAggregate(name: lowered, distinct: distinct, arguments: bounds)
    let type =
      lowered == "collect" ? StaticType.list(of: element) : StaticType(kinds: aggregate.result)
    return (Bound(.aggregate(bound), at: span), type)
  }

  private func containsRandom(_ bound: Bound) -> Bool {
    if case .call(let name, _) = bound.kind, name == "rand" { return true }
    return bound.children.contains(where: containsRandom)
  }

  // MARK: Functions that look into the graph

  static let entityFunctions: [String: EntityFunction] = {
    var functions: [String: EntityFunction] = [:]
    for function in EntityFunction.allCases { functions[function.rawValue.lowercased()] = function }
    functions["rels"] = .relationships
    functions["edges"] = .relationships
    return functions
  }()

  /// What each function takes, and what it returns.
  private static func signature(_ function: EntityFunction) -> (ValueKinds, StaticType) {
    switch function {
    case .id: ([.node, .edge], .integer)
    case .labels: (.node, .list(of: .string))
    case .type: (.edge, .string)
    case .properties: ([.node, .edge, .map], .map)
    case .keys: ([.node, .edge, .map], .list(of: .string))
    case .nodes: (.path, .list(of: .node))
    case .relationships: (.path, .list(of: .edge))
    case .startNode, .endNode: (.edge, .node)
    case .length: (.path, .integer)
    case .names: (.node, .list(of: .string))
    case .text: (.node, .string)
    case .sources: ([.node, .edge, .path], .list(of: .map))
    case .validity: (.edge, .map)
    case .recorded: ([.node, .edge], .map)
    case .similarity: (.any, .float)
    case .claims: (.node, .list(of: .map))
    }
  }

  private func bindEntity(
    _ function: EntityFunction,
    _ name: Identifier,
    _ arguments: [Typed],
    _ expressions: [Expression],
    _ span: SourceSpan,
    _ scope: Scope
  ) throws(Diagnostics) -> Typed? {
    let expected =
      switch function {
      case .text: 3
      case .similarity, .claims: 2
      default: 1
      }
    guard arguments.count == expected else {
      throw fail(
        "\"\(function.rawValue)\" takes \(expected) \(expected == 1 ? "argument" : "arguments"), "
          + "not \(arguments.count)",
        at: span
      )
    }
    let (kinds, result) = Self.signature(function)
    if !arguments[0].type.mayBe(kinds) {
      throw mismatch(
        "\(function.rawValue)() takes",
        "\(kinds)",
        arguments[0].type,
        expressions[0].span
      )
    }
    if case .variable(let variable) = expressions[0].kind, let derived = scope[variable]?.derived,
      function == .type
    {
      return (Bound(.constant(.string(derived.type)), at: span), .string)
    }
    if (function == .text || function == .claims), case .string(let property) = expressions[1].kind
    {
      try check(property: Identifier(property, at: expressions[1].span))
    }
    return (Bound(.entity(function, arguments.map(\.bound)), at: span), result)
  }
}
