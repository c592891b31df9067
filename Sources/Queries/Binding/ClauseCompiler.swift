import Expressions
import GraphModel
import Language
import SourceText

/// Compiles the clauses of one query, each onto the plan of those before it.
final class ClauseCompiler {
  let compiler: Compiler
  var plan: Plan
  var scope: Scope
  /// In a subquery the slot of the outer row that each row belongs to.
  let partition: Int?
  /// The slots that have values when the pending patterns start.
  var bound: Set<Int>
  /// Patterns of MATCHes in a row, which are planned together.
  var pending = PatternGraph()
  var hasPending = false
  var matchCount = 0
  /// What stays visible behind WITH: in a subquery that is an expression, the outer variables.
  var keptScope = Scope()
  /// An outer variable that the patterns are to find, instead of reading it.
  var openSlot: Int? {
    didSet { if let openSlot { bound.remove(openSlot) } }
  }

  init(_ compiler: Compiler, plan: Plan, scope: Scope, partition: Int?) {
    self.compiler = compiler
    self.plan = plan
    self.scope = scope
    self.partition = partition
    bound = Self.slots(of: scope)
  }

  static func slots(of scope: Scope) -> Set<Int> {
    var slots: Set<Int> = []
    for name in scope.names {
      guard let variable = scope[name] else { continue }
      slots.insert(variable.slot)
      if let derived = variable.derived { slots.formUnion(derived.properties.values) }
    }
    return slots
  }

  var pendingNodes: Set<Int> { Set(pending.nodeOrder) }

  func fail(_ message: String, at span: SourceSpan, hint: String? = nil) -> Diagnostics {
    compiler.fail(message, at: span, hint: hint)
  }

  func compile(_ query: SingleQuery, isInner: Bool) throws(Diagnostics) -> Compiler.CompiledBody {
    for (index, clause) in query.clauses.enumerated() {
      let isLast = index == query.clauses.count - 1
      switch clause {
      case .match(let match) where match.optional: try compileOptional(match)
      case .match(let match): try compile(match)
      case .unwind(let unwind): try compile(unwind)
      case .with(let projection):
        _ = try compile(projection, isReturn: false)
      case .return(let projection):
        if !isLast {
          throw fail("RETURN is the last clause of a query", at: projection.span)
        }
        let columns = try compile(projection, isReturn: true)
        return Compiler.CompiledBody(plan: plan, columns: columns)
      case .filter(let condition):
        let predicate = try compiler.bindCondition(condition, scope)
        try flush()
        plan = Plan(.filter(predicate), [plan], estimate: plan.estimate * 0.5)
      case .bind(let bindings): try compile(bindings)
      case .call(let call): try compile(call)
      }
    }
    if !isInner {
      throw fail(
        "a query ends with RETURN",
        at: query.span,
        hint: "add RETURN and what you want to see"
      )
    }
    return Compiler.CompiledBody(plan: try finish(), columns: [])
  }

  /// Plans the pending patterns.
  func finish() throws(Diagnostics) -> Plan {
    try flush()
    return plan
  }

  /// Plans the pending patterns.
  ///
  /// - Parameter use: what becomes of their rows, where that is known.
  /// - Returns: the slot of how many rows each row stands for, where `use` let some be counted.
  @discardableResult
  func flush(for use: PatternUse? = nil) throws(Diagnostics) -> Int? {
    guard hasPending else { return nil }
    let graph = pending
    pending = PatternGraph()
    hasPending = false
    var planner = PatternPlanner(
      compiler,
      plan: plan,
      bound: bound,
      graph: graph,
      scope: scope,
      use: use
    )
    plan = try planner.plan()
    bound = planner.bound
    return planner.weightSlot
  }

  // MARK: Clauses

  func compile(_ match: MatchClause) throws(Diagnostics) {
    try collect(match)
    if let filter = match.filter {
      pending.conjuncts += try compiler.bindCondition(filter, scope).conjuncts
    }
  }

  private func compileOptional(_ match: MatchClause) throws(Diagnostics) {
    try flush()
    let rowSlot = compiler.newSlot()
    let inner = ClauseCompiler(
      compiler,
      plan: Plan(.argument(rowSlot: rowSlot), estimate: 1),
      scope: scope,
      partition: rowSlot
    )
    try inner.compile(match)
    let innerPlan = try inner.finish()
    apply(innerPlan, inner.scope, optional: true, rowSlot: rowSlot)
  }

  /// Joins an inner plan to the rows so far; its new variables come into scope.
  private func apply(_ inner: Plan, _ innerScope: Scope, optional: Bool, rowSlot: Int) {
    var produced: Set<Int> = []
    for name in innerScope.names where scope[name] == nil {
      guard var variable = innerScope[name] else { continue }
      produced.insert(variable.slot)
      if let derived = variable.derived { produced.formUnion(derived.properties.values) }
      if optional { variable.isNeverNull = false }
      scope.bind(name, variable)
    }
    produced.subtract(bound)
    bound.formUnion(produced)
    let application = Application(
      optional: optional,
      rowSlot: rowSlot,
      produced: produced.sorted()
    )
    let estimate = plan.estimate * (optional ? max(inner.estimate, 1) : inner.estimate)
    plan = Plan(.apply(application), [plan, inner], estimate: estimate)
  }

  private func compile(_ unwind: UnwindClause) throws(Diagnostics) {
    try flush()
    let list = try compiler.bind(unwind.list, scope)
    if scope[unwind.variable.name] != nil {
      throw alreadyBound(unwind.variable)
    }
    let slot = compiler.newSlot(named: unwind.variable.name)
    let elements = list.type.kinds == .list ? list.type.elements : .any
    scope.bind(
      unwind.variable.name,
      Variable(slot: slot, type: StaticType(kinds: elements))
    )
    bound.insert(slot)
    plan = Plan(.unwind(list.bound, slot: slot), [plan], estimate: plan.estimate * 10)
  }

  func alreadyBound(_ variable: Identifier) -> Diagnostics {
    fail(
      "variable \"\(variable.name)\" is defined already",
      at: variable.span,
      hint: "choose another name"
    )
  }

  private func compile(_ bindings: [Binding]) throws(Diagnostics) {
    try flush()
    for binding in bindings {
      if scope[binding.variable.name] != nil { throw alreadyBound(binding.variable) }
      let value = try compiler.bind(binding.value, scope)
      let slot = compiler.newSlot(named: binding.variable.name)
      plan = Plan(
        .project([Assignment(slot: slot, value: value.bound, name: binding.variable.name)]),
        [plan],
        estimate: plan.estimate
      )
      bound.insert(slot)
      scope.bind(binding.variable.name, Variable(slot: slot, type: value.type))
    }
  }

  /// Says of a variable that a subquery does not know, but the query around it does, how to pass it in.
  private func naming(_ diagnostics: Diagnostics, missingIn imported: Scope) -> Diagnostics {
    var diagnostics = diagnostics
    for name in scope.names where imported[name] == nil {
      if diagnostics.all[0].message == "variable \"\(name)\" is not defined" {
        diagnostics.all[0].hint = "name it in the parentheses: CALL (\(name)) { … }"
      }
    }
    return diagnostics
  }

  private func compile(_ call: CallClause) throws(Diagnostics) {
    try flush()
    var imported = call.importsAll ? scope : Scope()
    for name in call.imports {
      guard let variable = scope[name.name] else {
        throw compiler.unknownVariable(name.name, name.span, scope)
      }
      imported.bind(name.name, variable)
    }
    let rowSlot = compiler.newSlot()
    let body: Compiler.CompiledBody
    do {
      body = try compiler.compile(
        call.body,
        leaf: { Plan(.argument(rowSlot: rowSlot), estimate: 1) },
        scope: imported,
        partition: rowSlot,
        isInner: false,
        keepsScope: true
      )
    } catch {
      throw naming(error, missingIn: imported)
    }
    var inner = Scope()
    for column in body.columns {
      if scope[column.name] != nil {
        throw fail(
          "the subquery returns \"\(column.name)\", which is defined already",
          at: call.span,
          hint: "rename the column with AS"
        )
      }
      // An imported variable that is returned gets a slot of its own.
      inner.bind(column.name, column.variable)
    }
    var plan = body.plan
    var renamed = Scope()
    var assignments: [Assignment] = []
    for name in inner.names {
      guard var variable = inner[name] else { continue }
      if bound.contains(variable.slot) {
        let slot = compiler.newSlot(named: name)
        let value = Bound(.slot(variable.slot), at: call.span)
        assignments.append(Assignment(slot: slot, value: value, name: name))
        variable.slot = slot
      }
      renamed.bind(name, variable)
    }
    if !assignments.isEmpty {
      plan = Plan(.project(assignments), [plan], estimate: plan.estimate)
    }
    apply(plan, renamed, optional: call.optional, rowSlot: rowSlot)
  }
}
