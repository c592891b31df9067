import GraphModel

/// The numbers that a graph has for what rules name.
struct RuleNumbers: Sendable {
  /// Aligned with the schema's node types.
  var tables: [UInt16]
  var labelSets: [UInt16]
  /// Aligned with the schema's edge types.
  var edgeTypes: [UInt16]
  var edgeKeyIsText: [[Bool]]
  /// Aligned with the schema's stored property names.
  var keys: [UInt16]
  /// How many edge types the graph has.
  var edgeTypeCount: Int
}

/// An instruction as it is run: plain numbers, those of one graph.
///
/// What reads a slot, as nearly all do, has a step of its own; the others refer to their instruction.
struct RuleStep: BitwiseCopyable {
  enum Code: UInt8 {
    case node, setNode, forms, edge, ownEdge, setEdge, validFrom, validTo
    case unlessPresent, unlessAbsent, loop, next, other
  }

  var code = Code.other
  var conversion = Conversion.boxed
  /// Of a part of a key: whether its words are codes of texts.
  var isText = false
  /// A table, an edge type or a property, as the graph numbers it.
  var number: UInt16 = 0
  var labelSet: UInt16 = 0
  /// The register that is read or written, of an edge that of its source.
  var register: Int32 = 0
  /// The slot that is read.
  var level: Int32 = 0
  var offset: Int32 = 0
  /// Where it may go on; of an edge the register of its target.
  var place: Int32 = 0
  /// Of a loop the size of a frame and its level; of an edge the parts of its key.
  var start: Int32 = 0
  var count: Int32 = 0
}

/// A program as it is run.
final class RuleSteps {
  let program: RuleProgram
  let shape: DataShape
  /// One for each instruction.
  let steps: UnsafeMutableBufferPointer<RuleStep>
  /// What makes the words of keys: of those that are no slot, the code is `other`.
  let keyParts: UnsafeMutableBufferPointer<RuleStep>

  init(_ plan: EventPlan, _ numbers: RuleNumbers) {
    (program, shape) = (plan.program, plan.shape)
    var parts: [RuleStep] = []
    let program = plan.program
    let steps = program.instructions.map { RuleStep($0, program, numbers, &parts) }
    self.steps = .allocate(capacity: steps.count)
    _ = self.steps.initialize(from: steps)
    keyParts = .allocate(capacity: parts.count)
    _ = keyParts.initialize(from: parts)
  }

  deinit {
    steps.deallocate()
    keyParts.deallocate()
  }
}

extension RuleStep {
  fileprivate init(
    _ instruction: Instruction,
    _ program: RuleProgram,
    _ numbers: RuleNumbers,
    _ keyParts: inout [RuleStep]
  ) {
    switch instruction {
    case .node(let register, let type, let id):
      self.init(.node, reading: id)
      self.register = register
      number = numbers.tables[Int(type)]
      labelSet = numbers.labelSets[Int(type)]
    case .setNode(let register, let value):
      let isForms = value.conversion == .forms || value.conversion == .plainForm
      self.init(isForms ? .forms : .setNode, value, numbers)
      self.register = register
    case .edge(let number):
      self.init(program.edges[Int(number)], program, numbers, &keyParts)
    case .setEdge(let value): self.init(.setEdge, value, numbers)
    case .validFrom(let date): self.init(.validFrom, reading: date)
    case .validTo(let date): self.init(.validTo, reading: date)
    case .unlessPresent(let level, let offset, let exit):
      self.init(.unlessPresent, reading: .slot(level: level, offset: offset))
      place = exit
    case .unlessAbsent(let level, let offset, let exit):
      self.init(.unlessAbsent, reading: .slot(level: level, offset: offset))
      place = exit
    case .loop(let list, let level, let stride, let exit):
      self.init(.loop, reading: list)
      (start, count, place) = (stride, level, exit)
    case .next(let level, let start):
      self.init(.next, reading: .slot(level: level, offset: 0))
      place = start
    case .end, .unlessEqual, .unlessTrue: self.init()
    }
  }

  private init(_ code: Code, reading operand: Operand) {
    self.init()
    guard case .slot(let level, let offset) = operand else { return }
    (self.code, self.level, self.offset) = (code, level, offset)
  }

  private init(_ code: Code, _ value: PropertyValue, _ numbers: RuleNumbers) {
    self.init(code, reading: value.operand)
    conversion = value.conversion
    number = numbers.keys[Int(value.property)]
  }

  private init(
    _ plan: EdgePlan,
    _ program: RuleProgram,
    _ numbers: RuleNumbers,
    _ keyParts: inout [RuleStep]
  ) {
    self.init()
    code = plan.makesOwnEdge ? .ownEdge : .edge
    (number, register, place) = (numbers.edgeTypes[Int(plan.type)], plan.source, plan.target)
    (start, count) = (Int32(keyParts.count), plan.keyCount)
    for (value, isText) in zip(
      program.keyValues[Int(plan.keyStart)...].prefix(Int(plan.keyCount)),
      numbers.edgeKeyIsText[Int(plan.type)]
    ) {
      var part = value.map { RuleStep(.setEdge, $0, numbers) } ?? RuleStep()
      part.isText = isText
      // Where the value stands in the program.
      part.place = plan.keyStart + Int32(keyParts.count) - start
      keyParts.append(part)
    }
  }
}
