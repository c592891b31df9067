import SourceText

// Binary and prefix operators are read without recursion, onto two stacks that all
// expressions of a parse share (the shunting-yard algorithm): what nests the parser's own
// calls is brackets alone.

/// An operand that waits for its operator, and how many levels its tree has.
struct Operand {
  var expression: Expression
  var height: Int
}

/// An operator that waits for its right operand.
struct Operator {
  enum Kind {
    case prefix(UnaryOperator)
    case binary(BinaryOperator)
  }

  var kind: Kind
  var precedence: Precedence
  var span: SourceSpan
}

/// How tightly operators bind, loosest first.
enum Precedence: UInt8, Comparable {
  case or, exclusiveOr, and, not, comparison, predicate, sum, product, power, sign

  static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }

  /// Whether neighbours of this precedence are reduced together: chains of comparisons, which
  /// share operands, and the associative logical operators.
  var makesRuns: Bool {
    switch self {
    case .or, .exclusiveOr, .and, .comparison: true
    default: false
    }
  }
}

extension BinaryOperator {
  var precedence: Precedence {
    switch self {
    case .or: .or
    case .exclusiveOr: .exclusiveOr
    case .and: .and
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: .comparison
    case .isIn, .startsWith, .endsWith, .contains, .matches, .resembles: .predicate
    case .add, .subtract: .sum
    case .multiply, .divide, .remainder: .product
    case .power: .power
    }
  }
}

extension Parser {
  /// Reads an expression.
  func expression() throws(Abandoned) -> Expression {
    try enter()
    let outerHeight = height
    let operatorBase = operators.count
    repeat {
      while try acceptPrefixOperator() {}
      height = 0
      let operand = try postfixExpression()
      operands.append(Operand(expression: operand, height: height))
      while try acceptSuffix(above: operatorBase) {}
    } while try acceptBinaryOperator(above: operatorBase)
    while operators.count > operatorBase { try reduce(above: operatorBase) }
    let result = operands.removeLast()
    height = max(outerHeight, result.height + 1)
    leave()
    return result.expression
  }

  private func acceptPrefixOperator() throws(Abandoned) -> Bool {
    let (prefix, precedence): (UnaryOperator, Precedence)
    switch kind {
    case .not: (prefix, precedence) = (.not, .not)
    case .minus: (prefix, precedence) = (.minus, .sign)
    case .plus: (prefix, precedence) = (.plus, .sign)
    default: return false
    }
    try refuseLookalike()
    operators.append(Operator(kind: .prefix(prefix), precedence: precedence, span: token.span))
    advance()
    return true
  }

  /// Reads `IS NULL` and `IS LABELED`, which follow their operand.
  private func acceptSuffix(above base: Int) throws(Abandoned) -> Bool {
    guard at(.is) else { return false }
    let isNegated = peek() == .not
    let word = peek(isNegated ? 2 : 1)
    guard word == .null || word == .labeled else {
      advance()
      if isNegated { advance() }
      throw unexpected("NULL, NOT NULL or LABELED after \"IS\"")
    }
    while let last = operators.last, operators.count > base, last.precedence >= .predicate {
      try reduce(above: base)
    }
    var operand = operands.removeLast()
    advance()
    if isNegated { advance() }
    advance()
    operand.height += 1
    if word == .null {
      operand.expression = Expression(
        .isNull(operand.expression, negated: isNegated),
        at: span(from: operand.expression.span)
      )
    } else {
      let labels = try labelExpression()
      operand.expression = Expression(
        .hasLabels(operand.expression, labels),
        at: span(from: operand.expression.span)
      )
      if isNegated {
        operand.height += 1
        operand.expression = Expression(
          .unary(.not, operand.expression),
          at: operand.expression.span
        )
      }
    }
    guard checkHeight(operand.height) else { throw tooDeep(at: operand.expression.span) }
    operands.append(operand)
    return true
  }

  private func acceptBinaryOperator(above base: Int) throws(Abandoned) -> Bool {
    let start = token.span
    let (binary, tokenCount): (BinaryOperator, Int)
    switch kind {
    case .or: (binary, tokenCount) = (.or, 1)
    case .xor: (binary, tokenCount) = (.exclusiveOr, 1)
    case .and: (binary, tokenCount) = (.and, 1)
    case .equal: (binary, tokenCount) = (.equal, 1)
    case .notEqual: (binary, tokenCount) = (.notEqual, 1)
    case .less: (binary, tokenCount) = (.less, 1)
    case .lessOrEqual: (binary, tokenCount) = (.lessOrEqual, 1)
    case .greater: (binary, tokenCount) = (.greater, 1)
    case .greaterOrEqual: (binary, tokenCount) = (.greaterOrEqual, 1)
    case .in: (binary, tokenCount) = (.isIn, 1)
    case .contains: (binary, tokenCount) = (.contains, 1)
    case .equalTilde: (binary, tokenCount) = (.matches, 1)
    case .tilde: (binary, tokenCount) = (.resembles, 1)
    case .plus: (binary, tokenCount) = (.add, 1)
    case .minus: (binary, tokenCount) = (.subtract, 1)
    case .star: (binary, tokenCount) = (.multiply, 1)
    case .slash: (binary, tokenCount) = (.divide, 1)
    case .percent: (binary, tokenCount) = (.remainder, 1)
    case .caret: (binary, tokenCount) = (.power, 1)
    case .starts, .ends:
      (binary, tokenCount) = (at(.starts) ? .startsWith : .endsWith, 2)
      guard peek() == .with else {
        advance()
        throw unexpected("WITH after \"\(binary == .startsWith ? "STARTS" : "ENDS")\"")
      }
    case .not where peek() == .in || peek() == .contains || peek() == .starts || peek() == .ends:
      throw misplacedNot()
    case .doubleEqual: throw unexpected("an operator", after: .expression)
    default: return false
    }
    try refuseLookalike()
    let precedence = binary.precedence
    while let last = operators.last, operators.count > base {
      let joins = last.precedence == precedence && precedence.makesRuns
      guard last.precedence >= precedence, !joins else { break }
      try reduce(above: base)
    }
    for _ in 0..<tokenCount { advance() }
    operators.append(Operator(kind: .binary(binary), precedence: precedence, span: start))
    return true
  }

  /// Refuses a dash or an arrowhead that is none of ASCII, as patterns may have.
  private func refuseLookalike() throws(Abandoned) {
    let ascii: String
    switch kind {
    case .minus: ascii = "-"
    case .less: ascii = "<"
    case .greater: ascii = ">"
    default: return
    }
    guard token.span.end - token.span.start > 1 else { return }
    throw fail(
      "\(source.quoted(token.span)) is not an operator",
      at: token.span,
      hint: "write \"\(ascii)\""
    )
  }

  private func misplacedNot() -> Abandoned {
    let word = peek().keyword ?? "IN"
    return fail(
      "NOT stands before what it negates",
      at: token.span,
      hint: "write \"NOT x \(word) y\" for \"x NOT \(word) y\""
    )
  }

  /// Takes the last operator, or the last run of them, off the stack together with its operands.
  private func reduce(above base: Int) throws(Abandoned) {
    let last = operators[operators.count - 1]
    switch last.kind {
    case .prefix(let prefix):
      operators.removeLast()
      let operand = operands.removeLast()
      try push(
        .unary(prefix, operand.expression),
        at: last.span.joined(with: operand.expression.span),
        height: operand.height + 1
      )
    case .binary(let binary):
      var count = 1
      if last.precedence.makesRuns {
        while operators.count - count > base,
          operators[operators.count - count - 1].precedence == last.precedence
        {
          count += 1
        }
      }
      if count == 1 {
        operators.removeLast()
        let right = operands.removeLast()
        let left = operands.removeLast()
        try join(left, binary, right)
      } else if last.precedence == .comparison {
        try reduceComparisons(count)
      } else {
        try reduceChain(binary, count)
      }
    }
  }

  private func join(
    _ left: Operand,
    _ binary: BinaryOperator,
    _ right: Operand
  )
    throws(Abandoned)
  {
    try push(
      .binary(binary, left.expression, right.expression),
      at: left.expression.span.joined(with: right.expression.span),
      height: max(left.height, right.height) + 1
    )
  }

  private func reduceComparisons(_ count: Int) throws(Abandoned) {
    let operandBase = operands.count - count - 1
    let first = operands[operandBase]
    var highest = first.height
    var links: [ComparisonLink] = []
    links.reserveCapacity(count)
    for link in 0..<count {
      let operand = operands[operandBase + 1 + link]
      highest = max(highest, operand.height)
      guard case .binary(let comparison) = operators[operators.count - count + link].kind else {
        continue
      }
      links.append(ComparisonLink(comparison, operand.expression))
    }
    let span = first.expression.span.joined(with: operands[operands.count - 1].expression.span)
    operators.removeLast(count)
    operands.removeLast(count + 1)
    try push(.comparisonChain(first.expression, links), at: span, height: highest + 1)
  }

  /// Joins a chain of one associative operator: as it leans, or balanced where it is long.
  private func reduceChain(_ binary: BinaryOperator, _ count: Int) throws(Abandoned) {
    let chain = Array(operands.suffix(count + 1))
    operators.removeLast(count)
    operands.removeLast(count + 1)
    if count < LanguageLimits.leaningChainCountMax {
      operands.append(chain[0])
      for right in chain.dropFirst() { try join(operands.removeLast(), binary, right) }
    } else {
      try joinBalanced(chain[...], binary)
    }
  }

  private func joinBalanced(
    _ chain: ArraySlice<Operand>,
    _ binary: BinaryOperator
  )
    throws(Abandoned)
  {
    guard chain.count > 1 else {
      operands.append(contentsOf: chain)
      return
    }
    let middle = chain.startIndex + (chain.count + 1) / 2
    try joinBalanced(chain[..<middle], binary)
    let left = operands.removeLast()
    try joinBalanced(chain[middle...], binary)
    try join(left, binary, operands.removeLast())
  }

  private func push(
    _ kind: Expression.Kind,
    at span: SourceSpan,
    height: Int
  ) throws(Abandoned) {
    guard checkHeight(height) else { throw tooDeep(at: span) }
    operands.append(Operand(expression: Expression(kind, at: span), height: height))
  }
}
