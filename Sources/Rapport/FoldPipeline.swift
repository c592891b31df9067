import Dispatch
import EventStorage
import Glibc
import GraphModel
import Projections
import Synchronization

/// Reads events and runs their rules in threads of its own, while another enters what they claim
/// into a graph.
///
/// Pieces come out in the order of the log; there are few, so nobody runs far ahead.
final class FoldPipeline: Sendable {
  /// Some events, and what they claim.
  ///
  /// It belongs to one thread at a time, and is used again.
  final class Piece: @unchecked Sendable {
    let events = FoldPiece()
    /// The events among them that revise others, ascending.
    fileprivate(set) var revisions: [EventPosition] = []
    fileprivate var failure: (any Error)?
    fileprivate let filled = DispatchSemaphore(value: 0)
  }

  private struct Cancelled: Error {}

  private struct State {
    var free: [Piece] = []
    /// In the order of the log, whether filled or not; the first is at the end.
    var ordered: [Piece] = []
    /// How many events were given to threads, and how many came out.
    var takenCount = 0
    var deliveredCount = 0
    var isCancelled = false
  }

  private static let eventsPerPiece = 512
  private static let threadCountMax = 4
  /// Fewer are folded sooner than other threads begin.
  static let eventCountWorthThreads = 1024

  private let log: EventLog
  private let first: EventPosition
  private let count: Int
  private let state = Mutex(State())
  /// Counts the free pieces.
  private let free = DispatchSemaphore(value: 0)
  /// Counts the pieces in order.
  private let ordered = DispatchSemaphore(value: 0)
  private let threadCount: Int

  /// - Parameter projection: what the pieces are folded by.
  init(_ log: EventLog, from first: EventPosition, count: Int, _ projection: Projection) {
    self.log = log
    self.first = first
    self.count = count
    threadCount = max(1, min(Self.threadCountMax, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    for _ in 0..<threadCount * 3 { recycle(Piece()) }
    for number in 0..<threadCount {
      nonisolated(unsafe) let decoder = projection.makeDecoder()
      DispatchQueue(label: "rapport.fold.\(number)").async { self.work(decoder) }
    }
  }

  /// The next events, or `nil` where there are no more.
  func next() throws -> Piece? {
    if try state.withLock({ state in
      if state.isCancelled { throw Cancelled() }
      return state.deliveredCount == count
    }) {
      return nil
    }
    ordered.wait()
    guard let piece = state.withLock({ $0.ordered.popLast() }) else { throw Cancelled() }
    piece.filled.wait()
    if let failure = piece.failure { throw failure }
    state.withLock { $0.deliveredCount += piece.events.count }
    return piece
  }

  /// Takes a piece back, to fill it again.
  func recycle(_ piece: Piece) {
    piece.events.removeAll()
    piece.revisions.removeAll()
    state.withLock { $0.free.append(piece) }
    free.signal()
  }

  /// Ends the threads, if they are not at their end.
  func cancel() {
    state.withLock { $0.isCancelled = true }
    for _ in 0..<threadCount { free.signal() }
  }

  private func work(_ decoder: FoldDecoder) {
    while let (piece, range) = takePiece() {
      do {
        let start = EventPosition(first.rawValue + UInt32(range.lowerBound))
        try log.read(from: start, limit: range.count) { record in
          if Revisions.isRevision(record.type) { piece.revisions.append(record.position) }
          decoder.add(FoldInput(record), to: piece.events)
        }
      } catch {
        piece.failure = error
      }
      piece.filled.signal()
    }
  }

  /// A free piece and the events to fill it with, or `nil` where there is nothing more to do.
  private func takePiece() -> (Piece, Range<Int>)? {
    free.wait()
    return state.withLock { state in
      guard !state.isCancelled, state.takenCount < count, let piece = state.free.popLast() else {
        return nil
      }
      let start = state.takenCount
      state.takenCount = min(count, start + Self.eventsPerPiece)
      state.ordered.insert(piece, at: 0)
      ordered.signal()
      return (piece, start..<state.takenCount)
    }
  }
}
