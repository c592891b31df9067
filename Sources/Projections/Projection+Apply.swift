import GraphModel
import GraphStorage
import JSONTape

/// Running a program on decoded data. Everything was checked before: nothing here can fail.
extension Projection {
  func apply(_ plan: EventPlan, _ tape: JSONTape) {
    let program = plan.program
    loops[0].base = 0
    program.instructions.withUnsafeBufferPointer { instructions in
      run(instructions, program, plan.shape, tape)
    }
  }

  private func run(
    _ instructions: UnsafeBufferPointer<Instruction>,
    _ program: RuleProgram,
    _ shape: DataShape,
    _ tape: JSONTape
  ) {
    var edge = EdgeReference(type: 0, number: 0)
    var counter = 0
    while counter < instructions.count {
      let instruction = instructions[counter]
      counter += 1
      switch instruction {
      case .node(let register, let type, let id):
        registers[Int(register)] = node(type, id, program, shape, tape)
      case .setNode(let register, let value):
        set(value, of: registers[Int(register)], program, shape, tape)
      case .edge(let number):
        edge = makeEdge(program.edges[Int(number)], program, shape, tape)
      case .setEdge(let value):
        if let cell = cell(value, program, shape, tape) {
          builder.set(cell, key: keys[Int(value.property)], of: edge)
        }
      case .validFrom(let operand):
        if let date = date(operand, program, shape) { builder.setValidFrom(date, of: edge) }
      case .validTo(let operand):
        if let date = date(operand, program, shape) { builder.setValidTo(date, of: edge) }
      case .end(let number): end(program.ends[Int(number)], program, shape, tape)
      case .unlessPresent(let level, let offset, let exit):
        if slot(level, offset).isAbsent { counter = Int(exit) }
      case .unlessAbsent(let level, let offset, let exit):
        if !slot(level, offset).isAbsent { counter = Int(exit) }
      case .unlessEqual(let level, let offset, let constant, let exit):
        if !isEqual(slot(level, offset), program.constants[Int(constant)], shape, tape) {
          counter = Int(exit)
        }
      case .unlessTrue(_, let exit):
        if nextResult() != .boolean(true) { counter = Int(exit) }
      case .loop(let list, let level, let stride, let exit):
        if !startLoop(list, Int(level), stride: Int(stride)) { counter = Int(exit) }
      case .next(let level, let start):
        let level = Int(level)
        loops[level].remaining -= 1
        loops[level].base += loops[level].stride
        if loops[level].remaining > 0 { counter = Int(start) }
      }
    }
  }

  @inline(__always)
  private func slot(_ level: Int32, _ offset: Int32) -> Slot {
    slots[loops[Int(level)].base + Int(offset)]
  }

  private func nextResult() -> Value {
    resultIndex += 1
    return results[resultIndex - 1]
  }

  private func startLoop(_ list: Operand, _ level: Int, stride: Int) -> Bool {
    var loop = Loop()
    switch list {
    case .slot(let outer, let offset):
      let slot = slot(outer, offset)
      guard slot.tag == .list else { return false }
      loop = Loop(base: slot.listStart, stride: stride, remaining: slot.listCount)
    case .constant, .dynamic:
      if case .list(let elements) = nextResult() { loop.remaining = elements.count }
    }
    loops[level] = loop
    return loop.remaining > 0
  }

  private func isEqual(
    _ slot: Slot,
    _ constant: Value,
    _ shape: DataShape,
    _ tape: JSONTape
  ) -> Bool {
    switch slot.tag {
    case .constant: return shape.constants[slot.index] == constant
    case .tape:
      guard case .string(var text) = constant else { return false }
      let bytes = tape.string(at: slot.index)
      return text.withUTF8 { $0.count == bytes.count && $0.elementsEqual(bytes) }
    default: return false
    }
  }

  // MARK: Nodes

  private func node(
    _ type: Int32,
    _ operand: Operand,
    _ program: RuleProgram,
    _ shape: DataShape,
    _ tape: JSONTape
  ) -> NodeNumber {
    var id: StringCode
    switch operand {
    case .slot(let level, let offset):
      let index = loops[Int(level)].base + Int(offset)
      if slots[index].tag == .constant {
        id = code(of: shape.constants[slots[index].index])
      } else {
        id = code(ofSlot: index, tape)
      }
    case .constant(let number): id = code(of: program.constants[Int(number)])
    case .dynamic: id = code(of: nextResult())
    }
    let table = tables[Int(type)]
    if !aliases.isEmpty { id = aliases[Self.aliasKey(table, id)] ?? id }
    return builder.node(table: table, id: id, labelSet: labelSets[Int(type)])
  }

  private func code(of value: Value) -> StringCode {
    guard case .string(let text) = value else {
      preconditionFailure("an id was not checked to be a string")
    }
    return builder.intern(text)
  }

  private func set(
    _ value: PropertyValue,
    of node: NodeNumber,
    _ program: RuleProgram,
    _ shape: DataShape,
    _ tape: JSONTape
  ) {
    let key = keys[Int(value.property)]
    switch value.conversion {
    case .forms, .plainForm: setForms(value, key: key, of: node, program, shape, tape)
    default:
      if let cell = cell(value, program, shape, tape) { builder.set(cell, key: key, of: node) }
    }
  }

  private func setForms(
    _ value: PropertyValue,
    key: UInt16,
    of node: NodeNumber,
    _ program: RuleProgram,
    _ shape: DataShape,
    _ tape: JSONTape
  ) {
    let plain: Value
    switch value.operand {
    case .slot(let level, let offset):
      let slot = slot(level, offset)
      switch slot.tag {
      case .tape: return addForms(at: slot.index, tape, key: key, of: node)
      case .constant: plain = shape.constants[slot.index]
      default: return
      }
    case .constant(let number): plain = program.constants[Int(number)]
    case .dynamic: plain = nextResult()
    }
    guard case .string(let text) = plain else { return }
    builder.addForm(
      builder.intern(text),
      language: builder.intern(""),
      kind: .name,
      key: key,
      of: node
    )
  }

  private func addForms(at index: Int, _ tape: JSONTape, key: UInt16, of node: NodeNumber) {
    let failure = TextReader.forEachForm(at: index, of: tape) { form in
      builder.addForm(
        builder.intern(form.text),
        language: builder.intern(form.language),
        kind: form.kind,
        key: key,
        of: node
      )
    }
    precondition(failure == nil, "a text was not checked before it was folded")
  }

  // MARK: Cells

  /// The cell that a value makes, or `nil` where it is missing.
  private func cell(
    _ value: PropertyValue,
    _ program: RuleProgram,
    _ shape: DataShape,
    _ tape: JSONTape
  ) -> Cell? {
    switch value.operand {
    case .slot(let level, let offset):
      let index = loops[Int(level)].base + Int(offset)
      let slot = slots[index]
      switch slot.tag {
      case .absent: return nil
      case .date: return .date(slot.date)
      case .constant: return cell(of: shape.constants[slot.index], value.conversion)
      case .tape where value.conversion != .boxed:
        return cell(atSlot: index, value.conversion, tape)
      case .tape, .list:
        let reader = SlotReader(shape: shape, tape: tape, slots: slots)
        return cell(of: reader.value(index, type: Int(value.slotType)), .boxed)
      }
    case .constant(let number): return cell(of: program.constants[Int(number)], .boxed)
    case .dynamic: return cell(of: nextResult(), .boxed)
    }
  }

  /// What ``cell(_:_:_:_:)`` would hold, for comparing.
  private func value(
    _ value: PropertyValue,
    _ program: RuleProgram,
    _ shape: DataShape,
    _ tape: JSONTape
  ) -> Value? {
    let result: Value
    switch value.operand {
    case .slot(let level, let offset):
      let reader = SlotReader(shape: shape, tape: tape, slots: slots)
      result = reader.value(loops[Int(level)].base + Int(offset), type: Int(value.slotType))
    case .constant(let number): result = program.constants[Int(number)]
    case .dynamic: result = nextResult()
    }
    if case .integer(let number) = result, value.conversion == .integerAsFloat {
      return .float(Double(number))
    }
    return result.isNull ? nil : result
  }

  private func cell(of value: Value, _ conversion: Conversion) -> Cell? {
    if value.isNull { return nil }
    if conversion == .integerAsFloat, case .integer(let number) = value {
      return .float(Double(number))
    }
    return builder.cell(for: value)
  }

  /// The code of the string that a slot points to, looked up once.
  @inline(__always)
  private func code(ofSlot index: Int, _ tape: JSONTape) -> StringCode {
    let slot = slots[index]
    if let known = slot.code { return known }
    let text = tape.string(at: slot.index)
    let code = slot.hash.map { builder.intern(text, hash: $0) } ?? builder.intern(text)
    slots[index] = slot.interned(code)
    return code
  }

  private func cell(atSlot slot: Int, _ conversion: Conversion, _ tape: JSONTape) -> Cell? {
    let index = slots[slot].index
    switch conversion {
    case .string: return .string(code(ofSlot: slot, tape))
    case .shownForm: return .string(builder.intern(TextReader.shownForm(at: index, of: tape)))
    case .integer: return .integer(tape.signed(at: index))
    case .integerAsFloat, .float: return .float(SlotReader.float(at: index, of: tape))
    case .boolean: return .boolean(tape.kind(at: index) == .true)
    case .date, .forms, .plainForm, .boxed: return nil
    }
  }

  private func date(
    _ operand: Operand,
    _ program: RuleProgram,
    _ shape: DataShape
  ) -> PartialDate? {
    let value: Value
    switch operand {
    case .slot(let level, let offset):
      let slot = slot(level, offset)
      switch slot.tag {
      case .date: return slot.date
      case .constant: value = shape.constants[slot.index]
      default: return nil
      }
    case .constant(let number): value = program.constants[Int(number)]
    case .dynamic: value = nextResult()
    }
    if case .date(let date) = value { return date }
    return nil
  }

  // MARK: Edges

  private func makeEdge(
    _ plan: EdgePlan,
    _ program: RuleProgram,
    _ shape: DataShape,
    _ tape: JSONTape
  ) -> EdgeReference {
    let type = edgeTypes[Int(plan.type)]
    let source = registers[Int(plan.source)]
    let target = registers[Int(plan.target)]
    if plan.makesOwnEdge { return builder.newEdge(type: type, from: source, to: target) }
    key.removeAll(keepingCapacity: true)
    for index in plan.keyStart..<plan.keyStart + plan.keyCount {
      if let value = program.keyValues[Int(index)] {
        let isText = edgeKeyIsText[Int(plan.type)][Int(index - plan.keyStart)]
        key.append(builder.keyWord(for: cell(value, program, shape, tape), isText: isText))
      } else {
        key.append(StringPool.none)
      }
    }
    return builder.edge(type: type, from: source, to: target, key: key)
  }

  private func end(
    _ plan: EndPlan,
    _ program: RuleProgram,
    _ shape: DataShape,
    _ tape: JSONTape
  ) {
    let type = edgeTypes[Int(plan.type)]
    var filter: [(key: UInt16, value: Value)] = []
    for value in plan.filter {
      guard let wanted = self.value(value, program, shape, tape) else { continue }
      filter.append((keys[Int(value.property)], wanted))
    }
    let date = plan.at.flatMap { self.date($0, program, shape) }
    let edges = builder.edges(
      ofType: type,
      from: registers[Int(plan.source)],
      to: registers[Int(plan.target)]
    )
    let matching = edges.filter { edge in
      matches(edge, filter) && hasStarted(edge, by: date)
    }
    let open = matching.filter { !hasEnded($0) }
    // Of an edge that has ended, and of no other, it is one more claim about when.
    let ending = open.isEmpty && matching.count == 1 ? matching : open
    if ending.isEmpty { unmatchedEndCount += 1 }
    for edge in ending { builder.setValidTo(date, of: edge) }
  }

  private func matches(_ edge: EdgeReference, _ filter: [(key: UInt16, value: Value)]) -> Bool {
    let contents = builder.contents
    let table = contents.edgeTypes[Int(edge.type)]
    return filter.allSatisfy { key, value in
      guard let column = table.column(for: key) else { return false }
      return table.columns[column].value(at: Int(edge.number), in: contents.strings) == value
    }
  }

  private func hasStarted(_ edge: EdgeReference, by date: PartialDate?) -> Bool {
    let from = builder.contents.edgeTypes[Int(edge.type)].validity.from[Int(edge.number)]
    guard let date, from != ValidityColumns.absent else { return true }
    return PartialDate(storedPacked: from).earliest <= date.latest
  }

  private func hasEnded(_ edge: EdgeReference) -> Bool {
    let to = builder.contents.edgeTypes[Int(edge.type)].validity.to[Int(edge.number)]
    return to != ValidityColumns.absent
  }
}
