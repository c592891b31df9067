import Expressions
import GraphModel
import GraphStorage
import SourceText

/// What all operators and evaluators of one running query share; each thread of it has its own.
final class ExecutionContext {
  let view: GraphView
  let caches: GraphCaches
  let strings: QueryStrings
  let parameters: [String: Value]
  let options: QueryOptions
  let slotCount: Int
  let budget: Budget
  /// The time that all functions of the query take for now.
  private(set) lazy var now = commonNow ?? DateTime.now()
  private let commonNow: DateTime?
  /// Measurements by the identity of the plan; kept by PROFILE only.
  var profile: [ObjectIdentifier: PlanProfile]?

  init(
    view: GraphView,
    caches: GraphCaches,
    parameters: [String: Value],
    options: QueryOptions,
    slotCount: Int
  ) {
    self.view = view
    self.caches = caches
    strings = QueryStrings(view)
    self.parameters = parameters
    self.options = options
    budget = Budget(options)
    self.slotCount = slotCount
    commonNow = nil
  }

  /// For another thread of the same query, which has a budget of its own.
  init(sharing other: ExecutionContext) {
    view = other.view
    caches = other.caches
    strings = other.strings
    parameters = other.parameters
    options = other.options
    slotCount = other.slotCount
    budget = Budget(sharing: other.budget)
    commonNow = other.now
  }

  /// Counts rows that an operator made, and stops the query where it must.
  func count(rows: Int) throws(QueryError) {
    try budget.count(steps: rows + 1)
  }

  // MARK: Cells and values

  func value(_ vector: Vector, _ row: Int) -> Value {
    let word = vector.word(row)
    switch vector.tag(row) {
    case Tag.boolean: return .boolean(word != 0)
    case Tag.integer: return .integer(Int64(bitPattern: word))
    case Tag.float: return .float(Double(bitPattern: word))
    case Tag.string: return .string(strings.string(word))
    case Tag.date: return .date(PartialDate(packed: Int64(bitPattern: word)))
    case Tag.node: return .node(NodeNumber(UInt32(truncatingIfNeeded: word)))
    case Tag.edge: return .edge(edgeReference(word))
    case Tag.boxed: return value(vector.boxes[Int(word)])
    default: return .null
    }
  }

  func value(_ box: Box) -> Value {
    switch box {
    case .value(let value): return value
    case .list(let list): return .list(list.range.map { value(list.cells, $0) })
    }
  }

  /// A value as a cell.
  func cell(_ value: Value) -> (tag: UInt8, word: UInt64, box: Box?) {
    switch value {
    case .null: (Tag.null, 0, nil)
    case .boolean(let flag): (Tag.boolean, flag ? 1 : 0, nil)
    case .integer(let number): (Tag.integer, UInt64(bitPattern: number), nil)
    case .float(let number): (Tag.float, number.bitPattern, nil)
    case .string(let text): (Tag.string, strings.code(of: text), nil)
    case .date(let date): (Tag.date, UInt64(bitPattern: date.packed), nil)
    case .node(let node): (Tag.node, UInt64(node.rawValue), nil)
    case .edge(let edge): (Tag.edge, edgeWord(edge.type, edge.number), nil)
    default: (Tag.boxed, 0, .value(value))
    }
  }

  func store(_ value: Value, in vector: Vector, at row: Int) {
    let cell = cell(value)
    if let box = cell.box { vector.setBox(row, box) } else { vector.set(row, cell.tag, cell.word) }
  }

  func append(_ value: Value, to vector: Vector) {
    let cell = cell(value)
    if let box = cell.box { vector.append(box: box) } else { vector.append(cell.tag, cell.word) }
  }

  func constant(_ value: Value) -> Vector {
    let cell = cell(value)
    return Vector(constantTag: cell.tag, word: cell.word, box: cell.box)
  }

  /// Appends the elements of a list cell; `nil` where the cell is no list.
  func appendElements(of vector: Vector, row: Int, to target: Vector) -> Int? {
    guard vector.tag(row) == Tag.boxed else { return nil }
    switch vector.boxes[Int(vector.word(row))] {
    case .list(let list):
      target.reserve(target.count + list.count)
      for index in list.range { target.append(from: list.cells, row: index) }
      return list.count
    case .value(.list(let elements)):
      for element in elements { append(element, to: target) }
      return elements.count
    case .value:
      return nil
    }
  }

  /// How many elements a list cell has; `nil` where it is no list.
  func elementCount(of vector: Vector, row: Int) -> Int? {
    guard vector.tag(row) == Tag.boxed else { return nil }
    switch vector.boxes[Int(vector.word(row))] {
    case .list(let list): return list.count
    case .value(.list(let elements)): return elements.count
    case .value: return nil
    }
  }
}

@inline(__always)
func edgeWord(_ type: UInt16, _ number: UInt32) -> UInt64 { UInt64(type) << 32 | UInt64(number) }

@inline(__always)
func edgeReference(_ word: UInt64) -> EdgeReference {
  EdgeReference(
    type: UInt16(truncatingIfNeeded: word >> 32),
    number: UInt32(truncatingIfNeeded: word)
  )
}

/// What PROFILE measures of one operator.
struct PlanProfile {
  var rowCount = 0
  var time: Swift.Duration = .zero
}

extension EvaluationError {
  /// The error as a query's, at the expression that raised it.
  func queryError(at span: SourceSpan) -> QueryError { .evaluation(diagnostic(at: span)) }
}
