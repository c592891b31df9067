import Dispatch
import EventStorage
import GraphModel
import GraphStorage
import Projections
import Synchronization

/// Makes the graph of very many events while they are ingested.
///
/// The threads that check events run their rules as well, and once the events are in the log, a
/// thread of its own enters what they claim into a graph: nothing is read and parsed a second time.
/// What does not come that way, such as what others append meanwhile, is read from the log in its
/// turn. Where an event revises others, it gives up, and the graph is made as ever.
final class IngestFold: @unchecked Sendable {
  /// How many pieces may wait for their turn.
  private static let waitingCountMax = 3

  /// What it folds by.
  let schema: AppliedSchema
  private let log: EventLog
  private let queue = DispatchQueue(label: "rapport.ingest.fold")
  private let room = DispatchSemaphore(value: waitingCountMax)
  private let free = Mutex<[FoldPiece]>([])
  /// Held while the graph is begun or given up.
  private let turn = Mutex(())
  private let hasGivenUp = Atomic(false)
  // Begun by who asks first; then of the queue alone.
  nonisolated(unsafe) private var projection: Projection?
  nonisolated(unsafe) private var builder: GraphBuilder?

  init(_ log: EventLog, _ schema: AppliedSchema) {
    (self.log, self.schema) = (log, schema)
  }

  // MARK: For those who check

  /// Runs rules in the thread of who asks; `nil` where it has given up.
  func makeDecoder() -> FoldDecoder? {
    turn.withLock { _ -> FoldDecoder? in
      if isOver { return nil }
      if let projection { return projection.makeDecoder() }
      let builder = GraphBuilder()
      let projection = Projection(schema: schema.schema, builder: builder)
      (self.builder, self.projection) = (builder, projection)
      return projection.makeDecoder()
    }
  }

  var isOver: Bool { hasGivenUp.load(ordering: .relaxed) }

  /// An empty piece for what events claim.
  func takePiece() -> FoldPiece { free.withLock { $0.popLast() } ?? FoldPiece() }

  func recycle(_ piece: FoldPiece) {
    piece.removeAll()
    free.withLock { $0.append(piece) }
  }

  /// Makes no graph any more, and forgets what there is of it.
  func giveUp() {
    hasGivenUp.store(true, ordering: .relaxed)
    queue.async { [self] in
      turn.withLock { _ in (projection, builder) = (nil, nil) }
    }
  }

  // MARK: For who commits

  /// Enters what the events claim that have come into the log from a position on; waits where very
  /// much has to be entered before.
  func add(_ piece: FoldPiece, from first: EventPosition) {
    room.wait()
    queue.async { [self] in
      enter(piece, from: first)
      recycle(piece)
      room.signal()
    }
  }

  /// The graph of all events up to a position; `nil` where it has given up, or was never begun.
  func finish(at end: EventPosition) -> FoldBase? {
    queue.sync {
      guard builder != nil, enterLog(through: end), let builder else { return nil }
      return FoldBase(
        contents: builder.takeContents(),
        rules: .schema(schema.schema),
        unsavedCount: Int(end.rawValue)
      )
    }
  }

  // MARK: The queue

  private func enter(_ piece: FoldPiece, from first: EventPosition) {
    guard enterLog(through: EventPosition(first.rawValue - 1)), let projection else { return }
    do {
      var times: [Int64] = []
      let timeless = piece.timeless.map { first.rawValue + UInt32($0) }
      if !timeless.isEmpty { try log.read(at: timeless) { times.append($0.eventTime) } }
      piece.place(from: first, times: times)
      projection.fold(piece)
    } catch {
      giveUp()
    }
  }

  /// Enters what is in the log up to a position; `false` where it gives up.
  private func enterLog(through last: EventPosition) -> Bool {
    guard !isOver, let builder else { return false }
    if builder.contents.position >= last { return true }
    do {
      let end = LogEnd(position: last, root: MerkleTree.emptyRoot)
      let folding = Folding(log: log, schema: schema, end: end)
      _ = try folding.foldTail(into: builder, through: last, Revisions(), mayRevise: false)
      return true
    } catch {
      giveUp()
      return false
    }
  }
}

/// Which events of the log the pieces of an ingestion have become.
struct PiecePlaces {
  private struct Waiting {
    /// `nil` where its events are not in the log one behind the other.
    var piece: FoldPiece?
    let count: Int
    var placedCount = 0
    var first: UInt32 = 0
  }

  private var waiting: [Waiting] = []

  mutating func add(_ piece: FoldPiece?, eventCount: Int) {
    if eventCount > 0 { waiting.append(Waiting(piece: piece, count: eventCount)) }
  }

  /// Takes account of a commit of the next events; gives the pieces that are in the log to `body`.
  ///
  /// - Parameter first: the position of the first; `nil` where not all are there, each behind the
  ///   other.
  mutating func commit(
    eventCount: Int,
    from first: EventPosition?,
    _ body: (FoldPiece, EventPosition) -> Void
  ) {
    var committed = 0
    while committed < eventCount, var next = waiting.first {
      let part = min(eventCount - committed, next.count - next.placedCount)
      if let first {
        let position = first.rawValue + UInt32(committed)
        if next.placedCount == 0 { next.first = position }
        if position != next.first + UInt32(next.placedCount) { next.piece = nil }
      } else {
        next.piece = nil
      }
      next.placedCount += part
      committed += part
      if next.placedCount < next.count {
        waiting[0] = next
        continue
      }
      waiting.removeFirst()
      if let piece = next.piece { body(piece, EventPosition(next.first)) }
    }
  }
}
