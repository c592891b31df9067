import Expressions
import GraphModel
import JSONTape

/// Runs a program on an event without a graph, to evaluate what it does not read directly.
///
/// It takes the same way through the program as the fold will, and keeps each
/// value in the order of its use; where one fails, nothing has happened yet.
struct Evaluation {
  private let plan: EventPlan
  private let tape: JSONTape
  private let slots: UnsafeMutablePointer<Slot>
  /// In the order in which the fold asks for them: fitted to their purpose, or null.
  private(set) var results: [Value] = []
  private var loops: [Loop]

  private struct Loop {
    var base = 0
    var stride = 0
    var remaining = 0
    /// What a loop over an evaluated list goes through.
    var elements: [Value] = []
    var element = 0
  }

  init(plan: EventPlan, tape: JSONTape, slots: UnsafeMutablePointer<Slot>) {
    self.plan = plan
    self.tape = tape
    self.slots = slots
    loops = Array(repeating: Loop(), count: plan.program.levelCount)
  }

  mutating func run() throws(DataError) {
    let program = plan.program
    var counter = 0
    while counter < program.instructions.count {
      let instruction = program.instructions[counter]
      counter += 1
      switch instruction {
      case .node(_, _, let id): try use(id)
      case .setNode(_, let value), .setEdge(let value): try use(value.operand)
      case .edge(let number):
        let edge = program.edges[Int(number)]
        for index in edge.keyStart..<edge.keyStart + edge.keyCount {
          if let value = program.keyValues[Int(index)] { try use(value.operand) }
        }
      case .validFrom(let date), .validTo(let date): try use(date)
      case .end(let number):
        let end = program.ends[Int(number)]
        for value in end.filter { try use(value.operand) }
        if let at = end.at { try use(at) }
      case .unlessPresent(let level, let offset, let exit):
        if slot(level, offset).isAbsent { counter = Int(exit) }
      case .unlessAbsent(let level, let offset, let exit):
        if !slot(level, offset).isAbsent { counter = Int(exit) }
      case .unlessEqual(let level, let offset, let constant, let exit):
        let index = loops[Int(level)].base + Int(offset)
        if !isEqual(index, program.constants[Int(constant)]) { counter = Int(exit) }
      case .unlessTrue(let dynamic, let exit):
        if try use(.dynamic(dynamic)) != .boolean(true) { counter = Int(exit) }
      case .loop(let list, let level, let stride, let exit):
        if try !start(list, Int(level), stride: Int(stride)) { counter = Int(exit) }
      case .next(let level, let start):
        if advance(Int(level)) { counter = Int(start) }
      }
    }
  }

  private func slot(_ level: Int32, _ offset: Int32) -> Slot {
    slots[loops[Int(level)].base + Int(offset)]
  }

  private func isEqual(_ index: Int, _ constant: Value) -> Bool {
    let slot = slots[index]
    return switch slot.tag {
    case .constant: plan.shape.constants[slot.index] == constant
    case .tape: JSONText.value(at: slot.index, of: tape) == constant
    default: false
    }
  }

  private mutating func start(
    _ list: Operand,
    _ level: Int,
    stride: Int
  ) throws(DataError) -> Bool {
    var loop = Loop()
    switch list {
    case .slot(let outer, let offset):
      let slot = slot(outer, offset)
      guard slot.tag == .list, slot.listCount > 0 else { return false }
      loop.base = slot.listStart
      loop.stride = stride
      loop.remaining = slot.listCount
    case .constant, .dynamic:
      guard case .list(let elements) = try use(list), !elements.isEmpty else { return false }
      loop.elements = elements
      loop.remaining = elements.count
    }
    loops[level] = loop
    return true
  }

  private mutating func advance(_ level: Int) -> Bool {
    loops[level].remaining -= 1
    loops[level].base += loops[level].stride
    loops[level].element += 1
    return loops[level].remaining > 0
  }

  /// Evaluates an operand where it is an expression, and keeps the result.
  @discardableResult
  private mutating func use(_ operand: Operand) throws(DataError) -> Value {
    guard case .dynamic(let number) = operand else { return .null }
    let dynamic = plan.program.dynamics[Int(number)]
    let value: Value
    do {
      value = try ScalarEvaluator.evaluate(
        dynamic.expression,
        variables: { [self] name in self.value(of: name, dynamic) }
      )
    } catch {
      throw DataError(
        path: "data",
        expected: "data for which \(dynamic.text) has a value",
        found: "data for which it has none",
        hint: error.description
      )
    }
    let result = try fit(value, dynamic)
    results.append(result)
    return result
  }

  private func value(of name: String, _ dynamic: DynamicExpression) -> Value? {
    guard let variable = dynamic.variables.last(where: { $0.name == name }) else { return nil }
    switch variable.source {
    case .slot(let level, let offset, let type):
      let reader = SlotReader(shape: plan.shape, tape: tape, slots: slots)
      return reader.value(loops[Int(level)].base + Int(offset), type: Int(type))
    case .element(let level):
      let loop = loops[Int(level)]
      return loop.element < loop.elements.count ? loop.elements[loop.element] : nil
    }
  }

  private func fit(_ value: Value, _ dynamic: DynamicExpression) throws(DataError) -> Value {
    func misfit(_ expected: String) -> DataError {
      DataError(
        path: "data",
        expected: "data for which \(dynamic.text) is \(expected)",
        found: "data for which it is \(value.isNull ? "null" : JSONText.text(of: value))"
      )
    }
    switch dynamic.purpose {
    case .id:
      guard let id = Fitting.fit(value, to: .id) else { throw misfit("an id") }
      return id
    case .condition:
      switch value {
      case .boolean, .null: return value
      default: throw misfit("true or false")
      }
    case .list:
      guard case .list(let elements) = value else {
        if value.isNull { return .null }
        throw misfit("a list")
      }
      guard elements.count <= DataDecoder.listCountMax else {
        throw misfit("a list of at most \(DataDecoder.listCountMax) elements")
      }
      return value
    case .date:
      if value.isNull { return .null }
      guard let date = Fitting.fit(value, to: .date) else { throw misfit("a date") }
      return date
    case .property(let type):
      if value.isNull { return .null }
      guard let fitting = Fitting.fit(value, to: type) else { throw misfit(type.expectation) }
      return fitting
    }
  }
}

extension EventPlan {
  /// The values of the program's expressions for an event, in the order of their use.
  func evaluate(
    _ tape: JSONTape,
    _ slots: UnsafeMutablePointer<Slot>
  ) throws(DataError) -> [Value] {
    if !hasExpressions { return [] }
    var evaluation = Evaluation(plan: self, tape: tape, slots: slots)
    try evaluation.run()
    return evaluation.results
  }
}
