import Dispatch
import SourceText
import Synchronization

/// Groups rows in several threads: each has groups of its own, which are put together at the end.
///
/// The result is that of one thread, with its rows in the same order. Further threads begin only
/// after the first one has had a lot to do.
final class ParallelAggregateOperator: Operator {
  private let plan: Plan
  private let aggregation: Aggregation
  private let shared: Plan
  private let feed: MorselFeed
  private let helperCountMax: Int
  /// How many rows the steps make before other threads begin.
  private let stepCountMin: Int
  private var helpers: [AggregationHelper] = []
  private var own: AggregateOperator?

  /// Plans of this cost are large even where they are overestimated: threads begin sooner.
  private static let costSurelyLarge = 1_000_000.0
  private static let headStart = 10
  /// Groups of fewer rows than this cost more to put together than threads save.
  private static let rowsPerGroupMin = 16
  private static let groupCountMin = 4096

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ aggregation: Aggregation,
    shared: Plan,
    source: Operator
  ) {
    self.plan = plan
    self.aggregation = aggregation
    self.shared = shared
    feed = MorselFeed(source)
    let steps = context.options.threadThresholds.steps
    stepCountMin = plan.cost > Self.costSurelyLarge ? steps / Self.headStart : steps
    helperCountMax = context.options.threads - 1
    super.init(context, plan)
  }

  override func restart() {
    own = nil
    feed.restart()
  }

  override func next() throws(QueryError) -> Chunk? {
    if let own { return try own.next() }
    let own = aggregate(in: context) { [unowned self] in startHelpersIfWorthIt() }
    self.own = own
    defer { helpers = [] }
    do throws(QueryError) {
      try own.consumeAll()
    } catch {
      feed.stop()
      for helper in helpers { helper.wait() }
      throw error
    }
    // The query is not over, with a result or an error, before all of its threads are.
    let begun = helpers.filter { $0.wait() }
    var others: [AggregateOperator] = []
    for helper in begun { others.append(try helper.result()) }
    let stepCounts = others.map { $0.context.budget.stepCount }
    try context.budget.count(steps: stepCounts.reduce(feed.stepCount, +))
    if !others.isEmpty { try own.merge(others) }
    return try own.next()
  }

  private func startHelpersIfWorthIt() {
    guard helpers.isEmpty, let own,
      context.budget.stepCount >= stepCountMin,
      own.groupCount < Self.groupCountMin || own.groupCount < own.rowCount / Self.rowsPerGroupMin
    else { return }
    for _ in 0..<helperCountMax {
      let helper = AggregationHelper(aggregate(in: ExecutionContext(sharing: context)), feed)
      helpers.append(helper)
      helper.start()
    }
  }

  /// The aggregation of what is made of the morsels that it draws.
  private func aggregate(
    in context: ExecutionContext,
    willDraw: @escaping () -> Void = {}
  ) -> AggregateOperator {
    let leaf = MorselLeaf(context, shared)
    let builder = OperatorBuilder(context, replacing: shared, by: leaf)
    let steps = builder.make(plan.inputs[0])
    let morsels = MorselOperator(context, plan.inputs[0], feed, leaf, steps)
    morsels.willDraw = willDraw
    return AggregateOperator(context, plan, morsels, aggregation, builder.argument)
  }
}

/// Another thread's part of an aggregation.
private final class AggregationHelper: @unchecked Sendable {
  private enum State {
    case waiting
    case begun
    case cancelled
  }

  private let state = Mutex(State.waiting)
  private let done = DispatchSemaphore(value: 0)
  private let feed: MorselFeed
  // Used by the other thread until `done` is signalled.
  private let aggregate: AggregateOperator
  private var failure: QueryError?

  init(_ aggregate: AggregateOperator, _ feed: MorselFeed) {
    self.aggregate = aggregate
    self.feed = feed
  }

  func start() {
    DispatchQueue.global(qos: .userInitiated).async { self.run() }
  }

  private func run() {
    let mayBegin = state.withLock { state in
      if state == .cancelled { return false }
      state = .begun
      return true
    }
    guard mayBegin else { return }
    do throws(QueryError) {
      try aggregate.consumeAll()
    } catch {
      failure = error
      feed.stop()
    }
    done.signal()
  }

  /// Waits for its end; `false` where it had not begun, and now never will.
  @discardableResult
  func wait() -> Bool {
    let hasBegun = state.withLock { state in
      if state == .begun { return true }
      state = .cancelled
      return false
    }
    if hasBegun { done.wait() }
    return hasBegun
  }

  /// What it aggregated; asked once it has ended.
  func result() throws(QueryError) -> AggregateOperator {
    if let failure { throw failure }
    return aggregate
  }
}
