import GraphModel
import SourceText

/// A step of a running query, pulled one chunk at a time.
///
/// Dispatch is dynamic and paid once a chunk.
class Operator {
  let context: ExecutionContext
  let live: [Int]

  init(_ context: ExecutionContext, _ plan: Plan) {
    self.context = context
    live = plan.live
  }

  /// The next rows, at least one; `nil` when there are no more.
  func next() throws(QueryError) -> Chunk? {
    preconditionFailure("every operator makes rows")
  }

  /// Starts anew, for the next rows of the enclosing plan.
  func restart() {}

  /// A chunk whose row n is the row `parents[n]` of another, in the columns that live on.
  func expanded(_ chunk: Chunk, _ parents: Selection) -> Chunk {
    let result = Chunk(
      slotCount: context.slotCount,
      selection: Selection(all: parents.count)
    )
    for slot in live {
      if let column = chunk.columns[slot] { result.columns[slot] = column.gathered(parents.rows) }
    }
    return result
  }
}

/// The rows that an enclosing plan hands to an inner one.
final class ArgumentSource {
  fileprivate(set) var chunk: Chunk?

  func restart(with chunk: Chunk) { self.chunk = chunk }
}

/// Makes operators out of a plan, for one run.
final class OperatorBuilder {
  let context: ExecutionContext
  let argument = ArgumentSource()
  /// A step whose rows come from elsewhere.
  private let replaced: (step: Plan, replacement: Operator)?

  init(_ context: ExecutionContext) {
    self.context = context
    replaced = nil
  }

  init(_ context: ExecutionContext, replacing step: Plan, by replacement: Operator) {
    self.context = context
    replaced = (step, replacement)
  }

  func make(_ plan: Plan) -> Operator {
    if let replaced, replaced.step === plan { return replaced.replacement }
    let made = makeOperator(plan)
    return context.profile == nil ? made : ProfilingOperator(context, plan, made)
  }

  private func makeOperator(_ plan: Plan) -> Operator {
    let evaluators = EvaluatorBuilder(context)
    func input() -> Operator { make(plan.inputs[0]) }
    switch plan.operation {
    case .single: return SingleOperator(context, plan)
    case .argument: return ArgumentLeaf(context, plan, argument)
    case .scan(let slot, let labelSets, _):
      return ScanOperator(context, plan, input(), slot: slot, labelSets: labelSets)
    case .seek(let slot, let id, let labelSets, _):
      return SeekOperator(
        context,
        plan,
        input(),
        slot: slot,
        id: evaluators.make(id),
        labelSets: labelSets
      )
    case .edgeSeek(let seek): return EdgeSeekOperator(context, plan, input(), seek)
    case .expand(let expansion):
      if expansion.countSlot != nil { return DegreeOperator(context, plan, input(), expansion) }
      return expansion.into
        ? ExpandIntoOperator(context, plan, input(), expansion)
        : ExpandOperator(context, plan, input(), expansion)
    case .intersect(let intersection):
      return IntersectOperator(context, plan, input(), intersection)
    case .edgeEnds(let expansion): return EdgeEndsOperator(context, plan, input(), expansion)
    case .walk(let walk): return WalkOperator(context, plan, input(), walk)
    case .shortest(let shortest): return ShortestPathOperator(context, plan, input(), shortest)
    case .filter(let predicate):
      return FilterOperator(context, plan, input(), predicate.conjuncts.map(evaluators.make))
    case .project(let assignments):
      return ProjectOperator(
        context,
        plan,
        input(),
        assignments.map { ($0.slot, evaluators.make($0.value)) }
      )
    case .aggregate(let aggregation): return makeAggregate(plan, aggregation)
    case .distinct(let slots, let partition): return makeDistinct(plan, slots, partition)
    case .sort(let sorting): return SortOperator(context, plan, input(), sorting)
    case .slice(let skip, let limit, let partition):
      return SliceOperator(context, plan, input(), skip, limit, partition: partition)
    case .unwind(let list, let slot):
      return UnwindOperator(context, plan, input(), evaluators.make(list), slot: slot)
    case .union: return UnionOperator(context, plan, plan.inputs.map(make))
    case .apply(let application):
      let inner = OperatorBuilder(context)
      return ApplyOperator(
        context,
        plan,
        input(),
        inner.make(plan.inputs[1]),
        inner.argument,
        application
      )
    }
  }
}

extension OperatorBuilder {
  private func makeAggregate(_ plan: Plan, _ aggregation: Aggregation) -> Operator {
    if let shared = sharedStep(of: plan, aggregation) {
      // Whichever thread draws from it: what it counts is counted apart from what they do.
      let source = OperatorBuilder(ExecutionContext(sharing: context)).make(shared)
      return ParallelAggregateOperator(context, plan, aggregation, shared: shared, source: source)
    }
    return AggregateOperator(context, plan, make(plan.inputs[0]), aggregation, argument)
  }

  private func makeDistinct(_ plan: Plan, _ slots: [Int], _ partition: Int?) -> Operator {
    let input = make(plan.inputs[0])
    if let slot = plan.gatheredSlot { return GatherOperator(context, plan, input, slot) }
    let compared = slots + (partition.map { [$0] } ?? [])
    let order = plan.inputOrder(in: context.view)
    return DistinctOperator(context, plan, input, compared, order: order)
  }

  /// The step below an aggregation whose rows several threads may share, where that may be worth it.
  private func sharedStep(of plan: Plan, _ aggregation: Aggregation) -> Plan? {
    let thresholds = context.options.threadThresholds
    guard context.options.threads > 1, context.profile == nil, replaced == nil,
      plan.cost > thresholds.cost
    else { return nil }
    return plan.sharedStep(
      of: aggregation,
      in: context.view,
      rowCountMin: thresholds.sharedRows
    )
  }
}

/// One row without columns.
final class SingleOperator: Operator {
  private var done = false

  override func next() throws(QueryError) -> Chunk? {
    if done { return nil }
    done = true
    return Chunk(slotCount: context.slotCount, selection: Selection(all: 1))
  }

  override func restart() { done = false }
}

/// The rows of the enclosing plan.
final class ArgumentLeaf: Operator {
  private let source: ArgumentSource
  private var done = false

  init(_ context: ExecutionContext, _ plan: Plan, _ source: ArgumentSource) {
    self.source = source
    super.init(context, plan)
  }

  override func next() throws(QueryError) -> Chunk? {
    if done { return nil }
    done = true
    guard let chunk = source.chunk, chunk.count > 0 else { return nil }
    return chunk
  }

  override func restart() { done = false }
}

/// Measures another operator, its inputs included.
final class ProfilingOperator: Operator {
  private let inner: Operator
  private let plan: Plan

  init(_ context: ExecutionContext, _ plan: Plan, _ inner: Operator) {
    self.inner = inner
    self.plan = plan
    super.init(context, plan)
  }

  override func next() throws(QueryError) -> Chunk? {
    let start = ContinuousClock.now
    let chunk = try inner.next()
    let key = ObjectIdentifier(plan)
    context.profile?[key, default: PlanProfile()].time += ContinuousClock.now - start
    context.profile?[key, default: PlanProfile()].rowCount += chunk?.count ?? 0
    return chunk
  }

  override func restart() { inner.restart() }
}

/// An operator that draws from one other.
class UnaryOperator: Operator {
  let input: Operator

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator) {
    self.input = input
    super.init(context, plan)
  }

  override func restart() { input.restart() }
}

final class FilterOperator: UnaryOperator {
  private let conjuncts: [Evaluator]

  init(_ context: ExecutionContext, _ plan: Plan, _ input: Operator, _ conjuncts: [Evaluator]) {
    self.conjuncts = conjuncts
    super.init(context, plan, input)
  }

  override func next() throws(QueryError) -> Chunk? {
    while let chunk = try input.next() {
      try context.count(rows: chunk.count)
      var selection = chunk.selection
      for conjunct in conjuncts where selection.count > 0 {
        selection = try conjunct.select(chunk, selection.rows)
      }
      if selection.count > 0 { return Chunk(columns: chunk.columns, selection: selection) }
    }
    return nil
  }
}

final class ProjectOperator: UnaryOperator {
  private let assignments: [(slot: Int, value: Evaluator)]

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ input: Operator,
    _ assignments: [(slot: Int, value: Evaluator)]
  ) {
    self.assignments = assignments
    super.init(context, plan, input)
  }

  override func next() throws(QueryError) -> Chunk? {
    guard let chunk = try input.next() else { return nil }
    let result = Chunk(columns: chunk.columns, selection: chunk.selection)
    for (slot, value) in assignments {
      result.columns[slot] = try value.evaluate(chunk, chunk.rows)
    }
    return result
  }
}

final class UnionOperator: Operator {
  private let inputs: [Operator]
  private var current = 0

  init(_ context: ExecutionContext, _ plan: Plan, _ inputs: [Operator]) {
    self.inputs = inputs
    super.init(context, plan)
  }

  override func next() throws(QueryError) -> Chunk? {
    while current < inputs.count {
      if let chunk = try inputs[current].next() { return chunk }
      current += 1
    }
    return nil
  }

  override func restart() {
    current = 0
    for input in inputs { input.restart() }
  }
}

/// Runs an inner plan for all rows of a chunk at once: CALL { }, OPTIONAL MATCH.
final class ApplyOperator: UnaryOperator {
  private let inner: Operator
  private let source: ArgumentSource
  private let application: Application
  private var outer: Chunk?
  private var matched: [Bool] = []

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ input: Operator,
    _ inner: Operator,
    _ source: ArgumentSource,
    _ application: Application
  ) {
    self.inner = inner
    self.source = source
    self.application = application
    super.init(context, plan, input)
  }

  override func restart() {
    outer = nil
    super.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    while true {
      if outer == nil {
        guard let chunk = try input.next() else { return nil }
        start(chunk)
      }
      guard let outer else { return nil }
      if let rows = try inner.next() {
        try context.count(rows: rows.count)
        return join(outer, rows)
      }
      self.outer = nil
      if application.optional, let rest = unmatched(outer) { return rest }
    }
  }

  private func start(_ chunk: Chunk) {
    outer = chunk
    let last = chunk.rows[chunk.count - 1]
    matched = Array(repeating: false, count: application.optional ? last + 1 : 0)
    let argument = Chunk(columns: chunk.columns, selection: chunk.selection)
    argument.columns[application.rowSlot] = rowNumbers(last + 1)
    source.restart(with: argument)
    inner.restart()
  }

  private func join(_ outer: Chunk, _ rows: Chunk) -> Chunk {
    let outerRows = rows.column(application.rowSlot)
    let parents = Selection(capacity: rows.count)
    for index in 0..<rows.count {
      let row = Int(outerRows.word(rows.rows[index]))
      parents.append(row)
      if application.optional { matched[row] = true }
    }
    let result = expanded(outer, parents)
    for slot in application.produced {
      if let column = rows.columns[slot] { result.columns[slot] = column.gathered(rows.rows) }
    }
    return result
  }

  private func unmatched(_ outer: Chunk) -> Chunk? {
    let parents = Selection(capacity: outer.count)
    for index in 0..<outer.count where !matched[outer.rows[index]] {
      parents.append(outer.rows[index])
    }
    if parents.count == 0 { return nil }
    let result = expanded(outer, parents)
    for slot in application.produced { result.columns[slot] = Vector.nothing() }
    return result
  }
}
