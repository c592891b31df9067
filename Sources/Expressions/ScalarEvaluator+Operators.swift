public import GraphModel
public import Language
import OrderedCollections

extension ValueOperations {
  /// The value of a binary operator between two values.
  public static func apply(
    _ binary: BinaryOperator,
    _ lhs: Value,
    _ rhs: Value
  ) throws(EvaluationError) -> Value {
    switch binary {
    case .or: value(or(try truth(lhs, of: "\"OR\""), try truth(rhs, of: "\"OR\"")))
    case .and: value(and(try truth(lhs, of: "\"AND\""), try truth(rhs, of: "\"AND\"")))
    case .exclusiveOr:
      value(exclusiveOr(try truth(lhs, of: "\"XOR\""), try truth(rhs, of: "\"XOR\"")))
    case .equal: value(equals(lhs, rhs))
    case .notEqual: value(notEquals(lhs, rhs))
    case .less: value(less(lhs, rhs))
    case .lessOrEqual: value(lessOrEqual(lhs, rhs))
    case .greater: value(greater(lhs, rhs))
    case .greaterOrEqual: value(greaterOrEqual(lhs, rhs))
    case .add: try add(lhs, rhs)
    case .subtract: try subtract(lhs, rhs)
    case .multiply: try multiply(lhs, rhs)
    case .divide: try divide(lhs, rhs)
    case .remainder: try remainder(lhs, rhs)
    case .power: try power(lhs, rhs)
    case .isIn: value(try isIn(lhs, rhs))
    case .startsWith: value(startsWith(lhs, rhs))
    case .endsWith: value(endsWith(lhs, rhs))
    case .contains: value(contains(lhs, rhs))
    case .matches: value(try matches(lhs, rhs))
    case .resembles: value(resembles(lhs, rhs))
    }
  }

  /// The value of a unary operator on a value.
  public static func apply(
    _ unary: UnaryOperator,
    _ operand: Value
  ) throws(EvaluationError) -> Value {
    switch unary {
    case .not: value(not(try truth(operand, of: "\"NOT\"")))
    case .minus: try negate(operand)
    case .plus: try plus(operand)
    }
  }
}

extension ScalarEvaluator {
  mutating func apply(
    _ unary: UnaryOperator,
    _ operand: Expression
  ) throws(EvaluationError) -> Value {
    try ValueOperations.apply(unary, try value(of: operand))
  }

  /// The value of a binary operator with all those on its left side, without recursion.
  mutating func binaryChain(_ expression: Expression) throws(EvaluationError) -> Value {
    var spine: [(binary: BinaryOperator, right: Expression, whole: Expression)] = []
    var first = expression
    while case .binary(let binary, let left, let right) = first.kind {
      spine.append((binary, right, first))
      first = left
    }
    var result = try value(of: first)
    for (binary, right, whole) in spine.reversed() {
      do {
        result = try apply(binary, result, right)
      } catch {
        if error.span != nil { throw error }
        var placed = error
        placed.span = whole.span
        throw placed
      }
    }
    return result
  }

  private mutating func apply(
    _ binary: BinaryOperator,
    _ left: Value,
    _ right: Expression
  ) throws(EvaluationError) -> Value {
    // What the left side settles is not evaluated on the right, so that `x <> 0 AND 1 / x > 2`
    // is safe; only a right side that can be no boolean is still an error.
    switch (binary, left) {
    case (.and, .boolean(false)), (.or, .boolean(true)):
      switch right.kind {
      case .integer, .float, .string, .list, .map:
        return try ValueOperations.apply(binary, left, try value(of: right))
      default: return left
      }
    default: return try ValueOperations.apply(binary, left, try value(of: right))
    }
  }

  mutating func comparisonChain(
    _ first: Expression,
    _ links: [ComparisonLink]
  ) throws(EvaluationError) -> Value {
    var left = try value(of: first)
    var result: Bool? = true
    for link in links {
      let right = try value(of: link.operand)
      let comparison = try ValueOperations.apply(link.comparison, left, right)
      result = ValueOperations.and(result, try ValueOperations.truth(comparison))
      left = right
    }
    return ValueOperations.value(result)
  }

  // MARK: Lists

  /// The elements of a list that a construct goes over; `nil` for null.
  private mutating func elements(
    _ list: Expression,
    of construct: String
  ) throws(EvaluationError) -> [Value]? {
    switch try value(of: list) {
    case .null: return nil
    case .list(let elements): return elements
    case let other:
      var error = EvaluationError.mismatch(construct, expected: "a list", found: other)
      error.span = list.span
      throw error
    }
  }

  /// Runs `body` with a variable bound, which is unbound again however it ends.
  private mutating func withLocal<R>(
    _ variable: Identifier,
    _ value: Value,
    _ body: (inout ScalarEvaluator) throws(EvaluationError) -> R
  ) throws(EvaluationError) -> R {
    locals.append((variable.name, value))
    defer { locals.removeLast() }
    return try body(&self)
  }

  mutating func comprehension(
    _ comprehension: ListComprehension
  ) throws(EvaluationError) -> Value {
    guard let elements = try elements(comprehension.list, of: "a list comprehension") else {
      return .null
    }
    var result: [Value] = []
    for element in elements {
      let projected = try withLocal(comprehension.variable, element) {
        evaluator throws(EvaluationError) -> Value? in
        if let filter = comprehension.filter {
          let holds = try ValueOperations.truth(try evaluator.value(of: filter), of: "WHERE")
          if holds != true { return nil }
        }
        guard let projection = comprehension.projection else { return element }
        return try evaluator.value(of: projection)
      }
      if let projected { result.append(projected) }
    }
    return .list(result)
  }

  mutating func quantifier(_ quantifier: QuantifierExpression) throws(EvaluationError) -> Value {
    guard let elements = try elements(quantifier.list, of: "a quantifier") else { return .null }
    var trues = 0
    var unknowns = 0
    for element in elements {
      let holds = try withLocal(quantifier.variable, element) {
        evaluator throws(EvaluationError) -> Bool? in
        try ValueOperations.truth(try evaluator.value(of: quantifier.predicate), of: "WHERE")
      }
      switch holds {
      case true?: trues += 1
      case nil: unknowns += 1
      case false?: break
      }
    }
    let falses = elements.count - trues - unknowns
    let truth: Bool? =
      switch quantifier.kind {
      case .all: falses > 0 ? false : unknowns > 0 ? nil : true
      case .any: trues > 0 ? true : unknowns > 0 ? nil : false
      case .none: trues > 0 ? false : unknowns > 0 ? nil : true
      case .single: trues > 1 ? false : unknowns > 0 ? nil : trues == 1
      }
    return ValueOperations.value(truth)
  }

  mutating func reduce(_ reduce: ReduceExpression) throws(EvaluationError) -> Value {
    var accumulator = try value(of: reduce.initial)
    guard let elements = try elements(reduce.list, of: "\"reduce\"") else { return .null }
    for (index, element) in elements.enumerated() {
      locals.append((reduce.accumulator.name, accumulator))
      locals.append((reduce.variable.name, element))
      defer { locals.removeLast(2) }
      accumulator = try value(of: reduce.body)
      // Every step may nest the value deeper; freeing and comparing recurse with its depth.
      if index & 7 == 7 { try ValueDepth.check(accumulator) }
    }
    return accumulator
  }
}

/// How deep lists and maps nest in a value.
enum ValueDepth {
  /// Looks at so many parts of a value before it calls the value too large.
  private static let budget = 20_000_000

  static func check(_ value: Value) throws(EvaluationError) {
    var visited = 0
    try check(value, depth: 0, visited: &visited)
  }

  private static func check(
    _ value: Value,
    depth: Int,
    visited: inout Int
  ) throws(EvaluationError) {
    visited += 1
    guard depth <= ExpressionLimits.valueDepth, visited <= budget else {
      throw EvaluationError(
        .limitExceeded,
        "a value nests deeper than \(ExpressionLimits.valueDepth) levels, or is too large"
      )
    }
    switch value {
    case .list(let elements):
      for element in elements { try check(element, depth: depth + 1, visited: &visited) }
    case .map(let map):
      for element in map.values { try check(element, depth: depth + 1, visited: &visited) }
    default: break
    }
  }
}
