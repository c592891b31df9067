import GraphModel
import GraphStorage
import JSONTape

/// Runs the programs of rules on decoded data.
///
/// Everything was checked before: nothing here can fail. Not for more than one thread at a time.
final class RuleRunner<Target: ClaimTarget> {
  /// What a program is run on.
  struct Run {
    let rules: RuleSteps
    let tape: JSONTape
    let slots: UnsafeMutablePointer<Slot>
    let target: Target

    var program: RuleProgram { rules.program }
    var shape: DataShape { rules.shape }
  }

  struct Loop: BitwiseCopyable {
    var base = 0
    var stride = 0
    var remaining = 0
  }

  let numbers: RuleNumbers
  /// By the number of the plan.
  private let rules: [RuleSteps]
  let registers: UnsafeMutablePointer<NodeNumber>
  let loops: UnsafeMutablePointer<Loop>
  private let key: UnsafeMutableBufferPointer<UInt32>

  // The state of the program that runs; no access to it overlaps another.
  @exclusivity(unchecked) private var results: [Value] = []
  @exclusivity(unchecked) private var resultIndex = 0
  /// How many END statements found no edge to end.
  var unmatchedEndCount = 0

  init(_ plans: [EventPlan], _ numbers: RuleNumbers) {
    self.numbers = numbers
    rules = plans.map { RuleSteps($0, numbers) }
    loops = .allocate(capacity: RuleProgram.levelCountMax)
    loops.initialize(repeating: Loop(), count: RuleProgram.levelCountMax)
    let registerCount = max(1, plans.map(\.program.registerCount).max() ?? 0)
    registers = .allocate(capacity: registerCount)
    registers.initialize(repeating: NodeNumber(0), count: registerCount)
    key = .allocate(capacity: numbers.edgeKeyIsText.map(\.count).max() ?? 0)
    key.initialize(repeating: 0)
  }

  deinit {
    loops.deallocate()
    registers.deallocate()
    key.deallocate()
  }

  /// Claims what an event says.
  ///
  /// - Parameters:
  ///   - plan: the number of its type's plan.
  ///   - slots: the event's data, decoded; they refer to the tape.
  ///   - results: what an ``Evaluation`` of the program had for its expressions.
  ///   - target: where it is claimed.
  func run(
    plan: Int,
    _ tape: JSONTape,
    _ slots: UnsafeMutablePointer<Slot>,
    results: [Value],
    _ target: Target
  ) {
    if !results.isEmpty || !self.results.isEmpty { self.results = results }
    resultIndex = 0
    loops[0].base = 0
    run(Run(rules: rules[plan], tape: tape, slots: slots, target: target))
  }

  private func run(_ run: Run) {
    var edge = EdgeReference(type: 0, number: 0)
    var counter = 0
    let count = run.rules.steps.count
    guard let steps = run.rules.steps.baseAddress else { return }
    while counter < count {
      // Read where it is: most steps need few of its fields.
      let step = UnsafePointer(steps + counter)
      let index = slotIndex(step)
      counter &+= 1
      switch step.pointee.code {
      case .node: registers[Int(step.pointee.register)] = node(step, at: index, run)
      case .setNode:
        if run.slots[index].isAbsent { break }
        let node = registers[Int(step.pointee.register)]
        if let cell = plainCell(at: index, step.pointee.conversion, run) {
          run.target.set(cell, key: step.pointee.number, of: node)
        } else if let cell = cell(counter - 1, run) {
          run.target.set(cell, key: step.pointee.number, of: node)
        }
      case .forms:
        if run.slots[index].isAbsent { break }
        setForms(
          counter - 1,
          key: step.pointee.number,
          of: registers[Int(step.pointee.register)],
          run
        )
      case .edge, .ownEdge: edge = makeEdge(step, run)
      case .setEdge:
        if run.slots[index].isAbsent { break }
        if let cell = plainCell(at: index, step.pointee.conversion, run) {
          run.target.set(cell, key: step.pointee.number, of: edge)
        } else if let cell = cell(counter - 1, run) {
          run.target.set(cell, key: step.pointee.number, of: edge)
        }
      case .validFrom:
        if let date = date(at: index, run) { run.target.setValidFrom(date, of: edge) }
      case .validTo:
        if let date = date(at: index, run) { run.target.setValidTo(date, of: edge) }
      case .unlessPresent: if run.slots[index].isAbsent { counter = Int(step.pointee.place) }
      case .unlessAbsent: if !run.slots[index].isAbsent { counter = Int(step.pointee.place) }
      case .loop: if !startLoop(step, at: index, run) { counter = Int(step.pointee.place) }
      case .next: if advance(Int(step.pointee.level)) { counter = Int(step.pointee.place) }
      case .other:
        perform(run.program.instructions[counter - 1], run, &edge, &counter)
      }
    }
  }

  @inline(__always)
  private func slotIndex(_ step: UnsafePointer<RuleStep>) -> Int {
    loops[Int(step.pointee.level)].base &+ Int(step.pointee.offset)
  }

  func nextResult() -> Value {
    resultIndex += 1
    return results[resultIndex - 1]
  }

  // MARK: Loops

  @inline(__always)
  private func startLoop(_ step: UnsafePointer<RuleStep>, at index: Int, _ run: Run) -> Bool {
    let slot = run.slots[index]
    guard slot.tag == .list, slot.listCount > 0 else { return false }
    loops[Int(step.pointee.count)] = Loop(
      base: slot.listStart,
      stride: Int(step.pointee.start),
      remaining: slot.listCount
    )
    return true
  }

  @inline(__always)
  private func advance(_ level: Int) -> Bool {
    loops[level].remaining -= 1
    loops[level].base += loops[level].stride
    return loops[level].remaining > 0
  }

  // MARK: Nodes

  @inline(__always)
  private func node(_ step: UnsafePointer<RuleStep>, at index: Int, _ run: Run) -> NodeNumber {
    let slot = run.slots[index]
    let id =
      slot.tag == .constant
      ? code(of: run.shape.constants[slot.index], run) : code(ofSlot: index, run)
    return run.target.node(
      table: step.pointee.number,
      id: id,
      labelSet: step.pointee.labelSet
    )
  }

  func code(of value: Value, _ run: Run) -> StringCode {
    guard case .string(let text) = value else {
      preconditionFailure("an id was not checked to be a string")
    }
    return run.target.intern(text)
  }

  /// The code of the string that a slot points to, looked up once.
  @inline(__always)
  private func code(ofSlot index: Int, _ run: Run) -> StringCode {
    let slot = run.slots[index]
    if let known = slot.code { return known }
    let code = run.target.intern(run.tape.string(at: slot.index))
    run.slots[index] = slot.interned(code)
    return code
  }

  // MARK: Cells

  /// The cell of a slot, where it is of a type that columns have; `nil` where there is more to it.
  @inline(__always)
  func plainCell(at index: Int, _ conversion: Conversion, _ run: Run) -> PlainCell? {
    let slot = run.slots[index]
    switch slot.tag {
    case .date: return .date(slot.date)
    case .absent, .constant, .list: return nil
    case .tape: break
    }
    switch conversion {
    case .string: return .string(code(ofSlot: index, run))
    case .shownForm:
      return .string(run.target.intern(TextReader.shownForm(at: slot.index, of: run.tape)))
    case .integer: return .integer(run.tape.signed(at: slot.index))
    case .integerAsFloat, .float: return .float(SlotReader.float(at: slot.index, of: run.tape))
    case .boolean: return .boolean(run.tape.kind(at: slot.index) == .true)
    case .date, .forms, .plainForm, .boxed: return nil
    }
  }

  @inline(__always)
  private func date(at index: Int, _ run: Run) -> PartialDate? {
    let slot = run.slots[index]
    switch slot.tag {
    case .date: return slot.date
    case .constant:
      if case .date(let date) = run.shape.constants[slot.index] { return date }
      return nil
    case .absent, .tape, .list: return nil
    }
  }

  // MARK: Edges

  private func makeEdge(_ step: UnsafePointer<RuleStep>, _ run: Run) -> EdgeReference {
    let source = registers[Int(step.pointee.register)]
    let target = registers[Int(step.pointee.place)]
    if step.pointee.code == .ownEdge {
      let none = EdgeKey(start: nil, count: 0)
      return run.target.newEdge(type: step.pointee.number, from: source, to: target, key: none)
    }
    for place in 0..<Int(step.pointee.count) {
      let part = run.rules.keyParts.baseAddress.unsafelyUnwrapped + Int(step.pointee.start) + place
      key[place] = keyWord(UnsafePointer(part), run)
    }
    return run.target.edge(
      type: step.pointee.number,
      from: source,
      to: target,
      key: EdgeKey(start: key.baseAddress, count: Int(step.pointee.count))
    )
  }

  @inline(__always)
  private func keyWord(_ part: UnsafePointer<RuleStep>, _ run: Run) -> UInt32 {
    if part.pointee.code != .other,
      let word = plainCell(at: slotIndex(part), part.pointee.conversion, run)?.keyWord(
        isText: part.pointee.isText
      )
    {
      return word
    }
    guard let value = run.program.keyValues[Int(part.pointee.place)] else { return StringPool.none }
    return run.target.keyWord(for: cell(value, run), isText: part.pointee.isText)
  }
}
