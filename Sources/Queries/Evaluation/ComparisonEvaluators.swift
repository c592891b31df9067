import Expressions
import GraphModel
import SourceText

enum CompareOperator: Hashable, Sendable {
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

  var spelling: String {
    switch self {
    case .equal: "="
    case .notEqual: "<>"
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    }
  }

  /// What holds of the operands in the other order.
  var mirrored: CompareOperator {
    switch self {
    case .equal, .notEqual: self
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }

  /// Whether it holds of operands that compare like `order` and zero.
  @inline(__always)
  func holds(_ order: Int) -> Bool {
    switch self {
    case .equal: order == 0
    case .notEqual: order != 0
    case .less: order < 0
    case .lessOrEqual: order <= 0
    case .greater: order > 0
    case .greaterOrEqual: order >= 0
    }
  }

  /// The rows for which it holds; `order` says how a row's operands compare: -1, 0 or 1.
  @inline(__always)
  func select(_ rows: Rows, order: (_ row: Int) -> Int) -> Selection {
    var outcomes: UInt8 = 0
    for order in -1...1 where holds(order) { outcomes |= 1 << UInt8(order + 1) }
    let selection = Selection(capacity: rows.count)
    let selected = selection.pointer
    var count = 0
    var index = 0
    while index < rows.count {
      let row = rows.pointer[index]
      selected[count] = row
      count &+= Int(outcomes &>> UInt8(truncatingIfNeeded: order(Int(row)) &+ 1)) & 1
      index &+= 1
    }
    selection.count = count
    return selection
  }
}

/// -1, 0 or 1, without a branch.
@inline(__always)
func orderOf<Number: Comparable>(_ left: Number, _ right: Number) -> Int {
  (left > right ? 1 : 0) &- (left < right ? 1 : 0)
}

final class ComparisonEvaluator: OperandEvaluator {
  let comparison: CompareOperator

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ comparison: CompareOperator,
    _ left: Evaluator,
    _ right: Evaluator
  ) {
    self.comparison = comparison
    super.init(context, span, [left, right])
  }

  override func select(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Selection {
    let vectors = try evaluateOperands(chunk, rows)
    if let selection = select(vectors[0], vectors[1], rows) { return selection }
    return try selected(evaluate(vectors, rows), rows)
  }

  /// ``select(_:_:)`` for the frequent case of cells that are all of one kind.
  private func select(_ left: Vector, _ right: Vector, _ rows: Rows) -> Selection? {
    guard left.uniform == right.uniform else { return nil }
    let isEquality = comparison == .equal || comparison == .notEqual
    let (ones, twos) = (left.words, right.words)
    let (oneMask, twoMask) = (left.mask, right.mask)
    switch left.uniform {
    case Tag.node, Tag.edge, Tag.boolean, Tag.string, Tag.integer:
      if isEquality {
        return comparison.select(rows) { ones[$0 & oneMask] == twos[$0 & twoMask] ? 0 : 1 }
      }
      if left.uniform == Tag.integer {
        return comparison.select(rows) {
          orderOf(Int64(bitPattern: ones[$0 & oneMask]), Int64(bitPattern: twos[$0 & twoMask]))
        }
      }
      guard left.uniform == Tag.string else { return nil }
      let strings = context.strings
      return comparison.select(rows) {
        strings.order(ones[$0 & oneMask], twos[$0 & twoMask])
      }
    default: return nil
    }
  }

  override func fill(
    _ result: Vector,
    _ operands: [Vector],
    _ rows: Rows
  ) throws(QueryError) {
    let left = operands[0]
    let right = operands[1]
    if comparison == .equal || comparison == .notEqual {
      fillEquality(result, left, right, rows)
    } else {
      fillOrder(result, left, right, rows)
    }
  }

  private func fillEquality(_ result: Vector, _ left: Vector, _ right: Vector, _ rows: Rows) {
    let wanted = comparison == .equal
    var index = 0
    while index < rows.count {
      let row = rows[index]
      let tag = left.tag(row)
      let other = right.tag(row)
      if tag == other, Self.isExact(tag) {
        result.set(row, Tag.boolean, (left.word(row) == right.word(row)) == wanted ? 1 : 0)
      } else if tag == Tag.null || other == Tag.null {
        result.setNull(row)
      } else {
        let equal = equals(left, right, row)
        result.setBoolean(row, equal.map { $0 == wanted })
      }
      index &+= 1
    }
  }

  /// Whether cells of that tag are equal just where their words are.
  @inline(__always)
  private static func isExact(_ tag: UInt8) -> Bool {
    tag == Tag.string || tag == Tag.integer || tag == Tag.node || tag == Tag.edge
      || tag == Tag.boolean
  }

  private func equals(_ left: Vector, _ right: Vector, _ row: Int) -> Bool? {
    if left.tag(row) == Tag.date, right.tag(row) == Tag.date {
      let first = PartialDate(packed: Int64(bitPattern: left.word(row)))
      return first.isSame(as: PartialDate(packed: Int64(bitPattern: right.word(row))))
    }
    return ValueOperations.equals(context.value(left, row), context.value(right, row))
  }

  private func fillOrder(_ result: Vector, _ left: Vector, _ right: Vector, _ rows: Rows) {
    let strings = context.strings
    let comparison = comparison
    var index = 0
    while index < rows.count {
      let row = rows[index]
      let tag = left.tag(row)
      if tag == right.tag(row) {
        let first = left.word(row)
        let second = right.word(row)
        if tag == Tag.integer {
          let first = Int64(bitPattern: first)
          let second = Int64(bitPattern: second)
          let order = first < second ? -1 : first == second ? 0 : 1
          result.set(row, Tag.boolean, comparison.holds(order) ? 1 : 0)
        } else if tag == Tag.string {
          let order = strings.compare(first, second)
          result.set(row, Tag.boolean, comparison.holds(order) ? 1 : 0)
        } else if tag == Tag.date, first & 0x1F != 0, second & 0x1F != 0 {
          let first = Int64(bitPattern: first)
          let second = Int64(bitPattern: second)
          let order = first < second ? -1 : first == second ? 0 : 1
          result.set(row, Tag.boolean, comparison.holds(order) ? 1 : 0)
        } else {
          fillSlow(result, left, right, row)
        }
      } else {
        fillSlow(result, left, right, row)
      }
      index &+= 1
    }
  }

  private func fillSlow(_ result: Vector, _ left: Vector, _ right: Vector, _ row: Int) {
    if left.isNull(row) || right.isNull(row) {
      result.setNull(row)
      return
    }
    let first = context.value(left, row)
    let second = context.value(right, row)
    let truth =
      switch comparison {
      case .less: ValueOperations.less(first, second)
      case .lessOrEqual: ValueOperations.lessOrEqual(first, second)
      case .greater: ValueOperations.greater(first, second)
      case .greaterOrEqual: ValueOperations.greaterOrEqual(first, second)
      case .equal: ValueOperations.equals(first, second)
      case .notEqual: ValueOperations.notEquals(first, second)
      }
    result.setBoolean(row, truth)
  }
}

/// `a IN list`.
final class MembershipEvaluator: OperandEvaluator {
  /// The elements of the last constant list, where all are strings or integers.
  private var known: (list: Vector, tag: UInt8, words: Set<UInt64>)?

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ element: Evaluator,
    _ list: Evaluator
  ) {
    super.init(context, span, [element, list])
  }

  override func fill(
    _ result: Vector,
    _ operands: [Vector],
    _ rows: Rows
  ) throws(QueryError) {
    let element = operands[0]
    let list = operands[1]
    let set = list.isConstant ? simpleSet(list) : nil
    let constant = list.isConstant ? context.value(list, 0) : nil
    for index in 0..<rows.count {
      let row = rows[index]
      if let set, element.tag(row) == set.tag {
        result.setBoolean(row, set.words.contains(element.word(row)))
        continue
      }
      try context.budget.work(1 + (context.elementCount(of: list, row: row) ?? 0))
      do {
        let truth = try ValueOperations.isIn(
          context.value(element, row),
          constant ?? context.value(list, row)
        )
        result.setBoolean(row, truth)
      } catch {
        throw error.queryError(at: span)
      }
    }
  }

  private func simpleSet(_ list: Vector) -> (tag: UInt8, words: Set<UInt64>)? {
    if let known, known.list === list { return (known.tag, known.words) }
    let elements = Vector(capacity: 8)
    guard context.appendElements(of: list, row: 0, to: elements) != nil, elements.count > 0 else {
      return nil
    }
    let tag = elements.tags[0]
    guard tag == Tag.string || tag == Tag.integer else { return nil }
    var words: Set<UInt64> = []
    for index in 0..<elements.count {
      guard elements.tags[index] == tag else { return nil }
      words.insert(elements.words[index])
    }
    known = (list, tag, words)
    return (tag, words)
  }
}
