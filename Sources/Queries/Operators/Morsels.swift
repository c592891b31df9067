import SourceText
import Synchronization

/// A part of a chunk, and the how-manieth part of all it is.
///
/// Chunks and their columns are not changed once they are passed on, so any thread may read them.
struct Morsel: @unchecked Sendable {
  let chunk: Chunk
  let number: UInt32
}

/// Hands the rows of one step out to several threads, in morsels.
///
/// Whoever asks runs the step itself, while the others wait.
final class MorselFeed: @unchecked Sendable {
  private let turn = Mutex(())
  // What follows is used by whoever has the turn.
  private let source: Operator
  private var chunk: Chunk?
  private var start = 0
  private var rowCount = 0
  private var morselCount: UInt32 = 0
  private var isStopped = false

  /// Small ones at first, so that there is something for everybody where there are few rows.
  private static let rowCountMin = 64

  init(_ source: Operator) {
    self.source = source
  }

  func next() throws(QueryError) -> Morsel? {
    try turn.withLock { _ throws(QueryError) in try draw() }
  }

  private func draw() throws(QueryError) -> Morsel? {
    if isStopped { return nil }
    if chunk == nil {
      start = 0
      // Nobody asks again after its end, or after an error.
      isStopped = true
      chunk = try source.next()
      isStopped = chunk == nil
    }
    guard let chunk else { return nil }
    let wanted = min(max(rowCount / 8, Self.rowCountMin), Chunk.rowCountMax)
    let count = min(chunk.count - start, wanted)
    let part = Selection(capacity: count)
    part.pointer.update(from: chunk.rows.pointer + start, count: count)
    part.count = count
    start += count
    rowCount += count
    if start == chunk.count { self.chunk = nil }
    defer { morselCount += 1 }
    return Morsel(
      chunk: Chunk(columns: chunk.columns, selection: part),
      number: morselCount
    )
  }

  /// There are no more rows for anybody.
  func stop() {
    turn.withLock { _ in isStopped = true }
  }

  /// How many rows the step has made, with those below it; asked when nobody draws any more.
  var stepCount: Int { source.context.budget.stepCount }

  func restart() {
    source.restart()
    chunk = nil
    rowCount = 0
    morselCount = 0
    isStopped = false
  }
}

/// The rows of one morsel.
final class MorselLeaf: Operator {
  fileprivate var chunk: Chunk?

  override func next() throws(QueryError) -> Chunk? { chunk.take() }
}

/// Runs steps on one morsel after the other: on all rows of one before it asks for the next.
///
/// What it makes of a morsel does not depend on the morsels before, nor on who had those.
final class MorselOperator: Operator {
  private let feed: MorselFeed
  private let leaf: MorselLeaf
  private let steps: Operator
  /// The morsel that the rows were made of which were returned last.
  private(set) var number: UInt32 = 0
  /// Called before each morsel.
  var willDraw: () -> Void = {}

  init(
    _ context: ExecutionContext,
    _ plan: Plan,
    _ feed: MorselFeed,
    _ leaf: MorselLeaf,
    _ steps: Operator
  ) {
    self.feed = feed
    self.leaf = leaf
    self.steps = steps
    super.init(context, plan)
  }

  override func next() throws(QueryError) -> Chunk? {
    while true {
      if let chunk = try steps.next() { return chunk }
      willDraw()
      guard let morsel = try feed.next() else { return nil }
      steps.restart()
      leaf.chunk = morsel.chunk
      number = morsel.number
    }
  }
}
