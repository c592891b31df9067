import Expressions
import GraphModel
import Language
import SourceText

/// Checks the rules of one type of events and compiles them to one program.
final class RuleCompiler {
  let analysis: SchemaAnalysis
  let shape: DataShape
  var program = RuleProgram()
  var scope: [Variable] = []
  /// Paths that the conditions around a statement say are there.
  var presentPaths: Set<[String]> = []
  private var level: Int32 = 0

  struct Variable {
    enum Kind {
      /// The event, or a list's element, in the frame of a level.
      case located(level: Int32, type: Int)
      /// An element of an evaluated list.
      case element(level: Int32)
      /// `type` is `nil` where a mistake was noted.
      case node(register: Int32, type: Int?)
    }

    var name: String
    var kind: Kind
    /// Tells variables of one name apart.
    var number: Int
  }

  private var variableCount = 0

  init(_ analysis: SchemaAnalysis, shape: DataShape) {
    self.analysis = analysis
    self.shape = shape
  }

  func compile(_ rule: RuleDeclaration) {
    scope = []
    presentPaths = []
    level = 0
    bind(rule.alias.name, .located(level: 0, type: shape.root))
    rule.statements.forEach { compile($0) }
  }

  // MARK: Variables

  private func bind(_ name: String, _ kind: Variable.Kind) {
    scope.append(Variable(name: name, kind: kind, number: variableCount))
    variableCount += 1
  }

  func variable(named name: String) -> Variable? { scope.last { $0.name == name } }

  func unknownVariable(_ name: Identifier) {
    analysis.report(
      "there is no variable \(quoted(name.name)) here",
      at: name.span,
      hint: analysis.suggestion(for: name.name, among: scope.map(\.name))
    )
  }

  /// Whether a name is free to be bound; notes it where it is not.
  private func isFree(_ name: Identifier) -> Bool {
    guard variable(named: name.name) != nil else { return true }
    analysis.report("\(quoted(name.name)) is bound already", at: name.span)
    return false
  }

  // MARK: Statements

  private func compile(_ statement: RuleStatement) {
    switch statement {
    case .node(let node):
      if node.label == nil, let name = node.variable, node.properties.isEmpty {
        if variable(named: name.name) == nil { unknownVariable(name) }
        return
      }
      _ = compile(node)
    case .edge(let edge, let from, let to): compile(edge, from: from, to: to)
    case .set(let variable, let property, let value): compileSet(variable, property, value)
    case .end(let edge, let at): compileEnd(edge, at: at)
    case .forEach(let variable, let list, let body): compileLoop(variable, list, body)
    case .when(let condition, let body): compileCondition(condition, body)
    }
  }

  /// Compiles statements whose variables and conditions end with them.
  private func compileBlock(_ statements: [RuleStatement]) {
    let scopeCount = scope.count
    let paths = presentPaths
    statements.forEach { compile($0) }
    scope.removeSubrange(scopeCount...)
    presentPaths = paths
  }

  private func compileLoop(_ name: Identifier, _ list: Expression, _ body: [RuleStatement]) {
    let isNew = isFree(name)
    guard Int(level) + 1 < RuleProgram.levelCountMax else {
      analysis.report("loops nest too deep", at: name.span)
      return
    }
    guard let (operand, kind) = loopList(list) else {
      // The body's own mistakes are worth telling, and its variable is not one of them.
      if isNew { bind(name.name, .element(level: level + 1)) }
      let count = program.instructions.count
      compileBlock(body)
      program.instructions.removeSubrange(count...)
      if isNew { scope.removeLast() }
      return
    }
    level += 1
    program.levelCount = max(program.levelCount, Int(level) + 1)
    let stride: Int32 =
      if case .located(_, let type) = kind { shape.types[type].frameSize } else { 0 }
    let start = program.instructions.count
    program.instructions.append(.loop(list: operand, level: level, stride: stride, exit: 0))
    let scopeCount = scope.count
    if isNew { bind(name.name, kind) }
    compileBlock(body)
    scope.removeSubrange(scopeCount...)
    program.instructions.append(.next(level: level, start: Int32(start + 1)))
    program.instructions[start] = .loop(
      list: operand,
      level: level,
      stride: stride,
      exit: Int32(program.instructions.count)
    )
    level -= 1
  }

  /// What a loop goes through, and what its variable is.
  private func loopList(_ list: Expression) -> (Operand, Variable.Kind)? {
    switch locate(list) {
    case .mistake: return nil
    case .place(let place):
      let type = shape.fieldTypes[place.type]
      switch type {
      case .list:
        let element = Int(shape.types[place.type].element)
        return (place.operand, .located(level: level + 1, type: element))
      case .any: break
      default:
        analysis.report(
          "expected a list after IN, and \(quoted(analysis.source[list.span])) is"
            + " \(type.isStructure ? "a structure" : "\(type)")",
          at: list.span
        )
        return nil
      }
    case .none: break
    }
    guard let operand = dynamic(list, purpose: .list) else { return nil }
    return (operand, .element(level: level + 1))
  }

  private func compileCondition(_ condition: Expression, _ body: [RuleStatement]) {
    let paths = presentPaths
    var guards: [Int] = []
    for conjunct in conjuncts(of: condition) {
      guard let instruction = guardInstruction(for: conjunct) else { continue }
      guards.append(program.instructions.count)
      program.instructions.append(instruction)
    }
    compileBlock(body)
    let exit = Int32(program.instructions.count)
    for index in guards { program.instructions[index].setExit(exit) }
    presentPaths = paths
  }

  private func conjuncts(of expression: Expression) -> [Expression] {
    guard case .binary(.and, let left, let right) = expression.kind else { return [expression] }
    return conjuncts(of: left) + conjuncts(of: right)
  }

  /// What leaves a block unless a condition holds; notes the paths that it says are there.
  private func guardInstruction(for condition: Expression) -> Instruction? {
    if case .isNull(let operand, let negated) = condition.kind {
      switch locate(operand) {
      case .mistake: return nil
      case .place(let place):
        if negated {
          presentPaths.insert(place.path)
          return .unlessPresent(level: place.level, offset: place.offset, exit: 0)
        }
        return .unlessAbsent(level: place.level, offset: place.offset, exit: 0)
      case .none: break
      }
    }
    if case .binary(.equal, let left, let right) = condition.kind {
      for (path, literal) in [(left, right), (right, left)] {
        guard case .string(let text) = literal.kind else { continue }
        switch locate(path) {
        case .mistake: return nil
        case .place(let place):
          let type = shape.fieldTypes[place.type]
          guard type == .string || type == .id else { continue }
          presentPaths.insert(place.path)
          return .unlessEqual(
            level: place.level,
            offset: place.offset,
            constant: constant(.string(text)),
            exit: 0
          )
        case .none: continue
        }
      }
    }
    guard case .dynamic(let number)? = dynamic(condition, purpose: .condition) else { return nil }
    return .unlessTrue(dynamic: number, exit: 0)
  }

  // MARK: Nodes

  /// Compiles the mention of a node; its register and type, or `nil` where a mistake was noted.
  func compile(_ node: RuleNode) -> (register: Int32, type: Int)? {
    guard let label = node.label else { return compileMention(node) }
    if let name = node.variable, !isFree(name) { return nil }
    let type = analysis.nodeNumbers[label.name]
    // The variable is bound whatever else is wrong, so that its uses are not wrong too.
    let register = Int32(program.registerCount)
    program.registerCount += 1
    defer {
      if let name = node.variable { bind(name.name, .node(register: register, type: type)) }
    }
    guard let type else {
      let isLabel = analysis.labels.contains(label.name)
      analysis.report(
        isLabel
          ? "\(quoted(label.name)) is a label only, and no node type"
          : "unknown node type \(quoted(label.name))",
        at: label.span,
        hint: isLabel
          ? "declare NODE \(label.name), or name one of its subtypes"
          : analysis.suggestion(for: label.name, among: analysis.nodeTypes.map(\.name))
      )
      return nil
    }
    guard let id = node.properties.first(where: { $0.key.name == "id" }) else {
      analysis.report(
        "the node has no id",
        at: node.span,
        hint: "a rule names a node by its id: (:\(label.name) { id: … })"
      )
      return nil
    }
    if let operand = idOperand(id.value) {
      program.instructions.append(.node(register: register, type: Int32(type), id: operand))
    }
    compileProperties(node.properties, of: register, type: type, hasID: true)
    return (register, type)
  }

  /// `(m)` or `(m { title: e.title })`, of a node that was bound before.
  private func compileMention(_ node: RuleNode) -> (register: Int32, type: Int)? {
    guard let name = node.variable else {
      analysis.report(
        "the node has neither a variable nor a type",
        at: node.span,
        hint: "write (:Type { id: … }), or the variable of a node above"
      )
      return nil
    }
    guard let variable = variable(named: name.name) else {
      unknownVariable(name)
      return nil
    }
    guard case .node(let register, let type) = variable.kind else {
      analysis.report("\(quoted(name.name)) is no node", at: name.span)
      return nil
    }
    guard let type else { return nil }
    compileProperties(node.properties, of: register, type: type, hasID: false)
    return (register, type)
  }

  private func compileProperties(
    _ entries: [MapEntry],
    of register: Int32,
    type: Int,
    hasID: Bool
  ) {
    var seen: Set<String> = []
    for entry in entries {
      let name = entry.key
      guard seen.insert(name.name).inserted else {
        analysis.report("\(quoted(name.name)) is given twice", at: name.span)
        continue
      }
      if name.name == "id" {
        if !hasID { reportSecondID(name) }
        continue
      }
      setProperty(name, to: entry.value, of: register, type: type)
    }
  }

  private func reportSecondID(_ name: Identifier) {
    analysis.report(
      "the node's id is given a second time",
      at: name.span,
      hint: "an id is given once, where the node is first mentioned"
    )
  }

  private func setProperty(
    _ name: Identifier,
    to value: Expression,
    of register: Int32,
    type: Int
  ) {
    let nodeType = analysis.nodeTypes[type]
    guard let property = nodeType.property(named: name.name) else {
      analysis.report(
        "\(quoted(nodeType.name)) has no property \(quoted(name.name))",
        at: name.span,
        hint: analysis.suggestion(for: name.name, among: nodeType.properties.map(\.name))
          ?? "declare it: NODE \(nodeType.name) { \(name.name) TYPE }"
      )
      return
    }
    if let value = propertyValue(property, value, keepsForms: true) {
      program.instructions.append(.setNode(register: register, value: value))
    }
  }

  private func compileSet(_ name: Identifier, _ property: Identifier, _ value: Expression) {
    guard let variable = variable(named: name.name) else { return unknownVariable(name) }
    guard case .node(let register, let type) = variable.kind else {
      analysis.report(
        "\(quoted(name.name)) is no node",
        at: name.span,
        hint: "SET gives a property of a node: NODE (n:Type { id: … }) SET n.name = …"
      )
      return
    }
    guard property.name != "id" else { return reportSecondID(property) }
    if let type { setProperty(property, to: value, of: register, type: type) }
  }

  // MARK: Edges

  private func compile(_ edge: RuleEdge, from: Expression?, to: Expression?) {
    guard let (source, target, type) = compileEnds(edge) else { return }
    let edgeType = analysis.edgeTypes[type]
    if !edgeType.hasValidity, let date = from ?? to {
      analysis.report(
        "\(quoted(edgeType.name)) has no validity",
        at: date.span,
        hint: "declare the edge VALID, or leave out \(from == nil ? "TO" : "FROM")"
      )
    }
    let values = edgeProperties(edge, edgeType)
    let fromOperand = from.flatMap { dateOperand($0) }
    let toOperand = to.flatMap { dateOperand($0) }
    let key = edgeKey(edgeType, values, from: fromOperand, to: toOperand)
    program.instructions.append(.edge(Int32(program.edges.count)))
    program.edges.append(
      EdgePlan(
        type: Int32(type),
        source: source,
        target: target,
        keyStart: Int32(program.keyValues.count),
        keyCount: Int32(key.count),
        makesOwnEdge: edgeType.key == .event
      )
    )
    program.keyValues += key
    for value in values { program.instructions.append(.setEdge(value: value.value)) }
    if let fromOperand { program.instructions.append(.validFrom(fromOperand)) }
    if let toOperand { program.instructions.append(.validTo(toOperand)) }
  }

  private func edgeKey(
    _ edgeType: EdgeType,
    _ values: [(name: String, value: PropertyValue)],
    from: Operand?,
    to: Operand?
  ) -> [PropertyValue?] {
    guard case .properties(let names) = edgeType.key else { return [] }
    return names.map { name in
      if let value = values.first(where: { $0.name == name })?.value { return value }
      guard edgeType.hasValidity, let operand = name == "from" ? from : name == "to" ? to : nil
      else { return nil }
      return PropertyValue(property: 0, operand: operand, conversion: .date)
    }
  }

  /// The registers of an edge's ends and the number of its type.
  private func compileEnds(_ edge: RuleEdge) -> (source: Int32, target: Int32, type: Int)? {
    let source = compile(edge.source)
    let target = compile(edge.target)
    guard let type = analysis.edgeNumbers[edge.type.name] else {
      let isDerived = analysis.document.derivations.contains { $0.type.name == edge.type.name }
      analysis.report(
        isDerived
          ? "\(quoted(edge.type.name)) is derived, so no rule makes it"
          : "unknown edge type \(quoted(edge.type.name))",
        at: edge.type.span,
        hint: isDerived
          ? nil : analysis.suggestion(for: edge.type.name, among: analysis.edgeTypes.map(\.name))
      )
      return nil
    }
    guard let source, let target else { return nil }
    let edgeType = analysis.edgeTypes[type]
    let from = analysis.nodeTypes[source.type]
    let to = analysis.nodeTypes[target.type]
    guard analysis.allows(edgeType, from: from, to: to) else {
      let declared = edgeType.ends.map { "(\($0.source))-[\(edgeType.name)]->(\($0.target))" }
      let isReversed = analysis.allows(edgeType, from: to, to: from)
      analysis.report(
        "no edge \(quoted(edgeType.name)) goes from \(quoted(from.name)) to \(quoted(to.name))",
        at: edge.span,
        hint: isReversed
          ? "it points the other way: \(declared.joined(separator: ", "))"
          : "declared: \(declared.joined(separator: ", "))"
      )
      return nil
    }
    return (source.register, target.register, type)
  }

  private func edgeProperties(
    _ edge: RuleEdge,
    _ edgeType: EdgeType
  ) -> [(name: String, value: PropertyValue)] {
    var values: [(name: String, value: PropertyValue)] = []
    var seen: Set<String> = []
    for entry in edge.properties {
      let name = entry.key
      guard seen.insert(name.name).inserted else {
        analysis.report("\(quoted(name.name)) is given twice", at: name.span)
        continue
      }
      guard let property = edgeType.property(named: name.name) else {
        let isValidity = edgeType.hasValidity && ["from", "to"].contains(name.name)
        analysis.report(
          "\(quoted(edgeType.name)) has no property \(quoted(name.name))",
          at: name.span,
          hint: isValidity
            ? "its validity stands behind the edge: FROM date TO date"
            : analysis.suggestion(for: name.name, among: edgeType.properties.map(\.name))
        )
        continue
      }
      if let value = propertyValue(property, entry.value, keepsForms: false) {
        values.append((name.name, value))
      }
    }
    return values
  }

  private func compileEnd(_ edge: RuleEdge, at: Expression?) {
    guard let (source, target, type) = compileEnds(edge) else { return }
    let edgeType = analysis.edgeTypes[type]
    guard edgeType.hasValidity else {
      analysis.report(
        "\(quoted(edgeType.name)) has no validity that could end",
        at: edge.type.span,
        hint: "declare the edge VALID"
      )
      return
    }
    let operand = at.flatMap { dateOperand($0) }
    program.instructions.append(.end(Int32(program.ends.count)))
    program.ends.append(
      EndPlan(
        type: Int32(type),
        source: source,
        target: target,
        filter: edgeProperties(edge, edgeType).map(\.value),
        at: operand
      )
    )
  }
}

extension Instruction {
  fileprivate mutating func setExit(_ target: Int32) {
    switch self {
    case .unlessPresent(let level, let offset, _):
      self = .unlessPresent(level: level, offset: offset, exit: target)
    case .unlessAbsent(let level, let offset, _):
      self = .unlessAbsent(level: level, offset: offset, exit: target)
    case .unlessEqual(let level, let offset, let constant, _):
      self = .unlessEqual(level: level, offset: offset, constant: constant, exit: target)
    case .unlessTrue(let dynamic, _): self = .unlessTrue(dynamic: dynamic, exit: target)
    default: preconditionFailure("only conditions have an exit to set")
    }
  }
}
