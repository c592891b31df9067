import GraphModel
import GraphStorage
import JSONTape

// What no step does by itself: constants, expressions, values that no column has, and ENDs.

extension RuleRunner {
  /// Does what an instruction says whose step does not.
  func perform(
    _ instruction: Instruction,
    _ run: Run,
    _ edge: inout EdgeReference,
    _ counter: inout Int
  ) {
    switch instruction {
    case .node(let register, let type, let id):
      registers[Int(register)] = run.target.node(
        table: numbers.tables[Int(type)],
        id: code(of: value(id, run), run),
        labelSet: numbers.labelSets[Int(type)]
      )
    case .setNode(let register, let value):
      let (key, node) = (numbers.keys[Int(value.property)], registers[Int(register)])
      if value.conversion == .forms || value.conversion == .plainForm {
        setForm(self.value(value.operand, run), key: key, of: node, run)
      } else if let cell = cell(value, run) {
        run.target.set(cell, key: key, of: node)
      }
    case .setEdge(let value):
      guard let cell = cell(value, run) else { return }
      run.target.set(cell, key: numbers.keys[Int(value.property)], of: edge)
    case .validFrom(let operand):
      if case .date(let date) = value(operand, run) { run.target.setValidFrom(date, of: edge) }
    case .validTo(let operand):
      if case .date(let date) = value(operand, run) { run.target.setValidTo(date, of: edge) }
    case .end(let number): end(run.program.ends[Int(number)], run)
    case .unlessEqual(let level, let offset, let constant, let exit):
      let slot = run.slots[loops[Int(level)].base + Int(offset)]
      if !isEqual(slot, run.program.constants[Int(constant)], run) { counter = Int(exit) }
    case .unlessTrue(_, let exit):
      if nextResult() != .boolean(true) { counter = Int(exit) }
    case .loop(_, let level, _, let exit):
      // Its elements are in no slots.
      var loop = Loop()
      if case .list(let elements) = nextResult() { loop.remaining = elements.count }
      loops[Int(level)] = loop
      if loop.remaining == 0 { counter = Int(exit) }
    case .edge, .unlessPresent, .unlessAbsent, .next:
      preconditionFailure("the step does it")
    }
  }

  private func isEqual(_ slot: Slot, _ constant: Value, _ run: Run) -> Bool {
    switch slot.tag {
    case .constant: return run.shape.constants[slot.index] == constant
    case .tape:
      guard case .string(var text) = constant else { return false }
      let bytes = run.tape.string(at: slot.index)
      return text.withUTF8 { $0.count == bytes.count && $0.elementsEqual(bytes) }
    default: return false
    }
  }

  /// The value of an operand that is no slot.
  private func value(_ operand: Operand, _ run: Run) -> Value {
    switch operand {
    case .constant(let number): run.program.constants[Int(number)]
    case .dynamic: nextResult()
    case .slot: preconditionFailure("the step reads it")
    }
  }

  // MARK: Names

  func setForms(_ instruction: Int, key: UInt16, of node: NodeNumber, _ run: Run) {
    guard case .setNode(_, let value) = run.program.instructions[instruction],
      case .slot(let level, let offset) = value.operand
    else { preconditionFailure("the step is of another instruction") }
    let slot = run.slots[loops[Int(level)].base + Int(offset)]
    switch slot.tag {
    case .tape: addForms(at: slot.index, key: key, of: node, run)
    case .constant: setForm(run.shape.constants[slot.index], key: key, of: node, run)
    case .absent, .date, .list: break
    }
  }

  private func setForm(_ plain: Value, key: UInt16, of node: NodeNumber, _ run: Run) {
    guard case .string(let text) = plain else { return }
    run.target.addForm(
      run.target.intern(text),
      language: run.target.intern(""),
      kind: .name,
      key: key,
      of: node
    )
  }

  private func addForms(at index: Int, key: UInt16, of node: NodeNumber, _ run: Run) {
    let failure = TextReader.forEachForm(at: index, of: run.tape) { form in
      run.target.addForm(
        run.target.intern(form.text),
        language: run.target.intern(form.language),
        kind: form.kind,
        key: key,
        of: node
      )
    }
    precondition(failure == nil, "a text was not checked before it was folded")
  }

  // MARK: Cells

  /// The cell that an instruction sets, or `nil` where its value is missing.
  func cell(_ instruction: Int, _ run: Run) -> Cell? {
    switch run.program.instructions[instruction] {
    case .setNode(_, let value), .setEdge(let value): cell(value, run)
    default: preconditionFailure("the step is of another instruction")
    }
  }

  /// The cell that a value makes, or `nil` where it is missing.
  func cell(_ value: PropertyValue, _ run: Run) -> Cell? {
    switch value.operand {
    case .slot(let level, let offset):
      let index = loops[Int(level)].base + Int(offset)
      if let plain = plainCell(at: index, value.conversion, run) { return Cell(plain) }
      let slot = run.slots[index]
      switch slot.tag {
      case .absent: return nil
      case .date: return .date(slot.date)
      case .constant: return cell(of: run.shape.constants[slot.index], value.conversion, run)
      case .tape, .list:
        let reader = SlotReader(shape: run.shape, tape: run.tape, slots: run.slots)
        return cell(of: reader.value(index, type: Int(value.slotType)), .boxed, run)
      }
    case .constant, .dynamic: return cell(of: self.value(value.operand, run), .boxed, run)
    }
  }

  private func cell(of value: Value, _ conversion: Conversion, _ run: Run) -> Cell? {
    if value.isNull { return nil }
    if conversion == .integerAsFloat, case .integer(let number) = value {
      return Cell(PlainCell.float(Double(number)))
    }
    return run.target.cell(for: value)
  }

  // MARK: Ends

  private func end(_ plan: EndPlan, _ run: Run) {
    var properties: [(key: UInt16, value: Value)] = []
    for value in plan.filter {
      guard let wanted = comparedValue(value, run) else { continue }
      properties.append((numbers.keys[Int(value.property)], wanted))
    }
    let hasEnded = run.target.endEdges(
      ofType: numbers.edgeTypes[Int(plan.type)],
      from: registers[Int(plan.source)],
      to: registers[Int(plan.target)],
      where: properties,
      at: plan.at.flatMap { date($0, run) }
    )
    if !hasEnded { unmatchedEndCount += 1 }
  }

  /// What ``cell(_:_:)`` would hold, for comparing.
  private func comparedValue(_ value: PropertyValue, _ run: Run) -> Value? {
    let result: Value
    if case .slot(let level, let offset) = value.operand {
      let reader = SlotReader(shape: run.shape, tape: run.tape, slots: run.slots)
      result = reader.value(loops[Int(level)].base + Int(offset), type: Int(value.slotType))
    } else {
      result = self.value(value.operand, run)
    }
    if case .integer(let number) = result, value.conversion == .integerAsFloat {
      return .float(Double(number))
    }
    return result.isNull ? nil : result
  }

  private func date(_ operand: Operand, _ run: Run) -> PartialDate? {
    var value = Value.null
    if case .slot(let level, let offset) = operand {
      let slot = run.slots[loops[Int(level)].base + Int(offset)]
      switch slot.tag {
      case .date: return slot.date
      case .constant: value = run.shape.constants[slot.index]
      case .absent, .tape, .list: return nil
      }
    } else {
      value = self.value(operand, run)
    }
    if case .date(let date) = value { return date }
    return nil
  }
}
