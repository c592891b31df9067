import Dispatch
import EventStorage
import GraphModel
import Projections
import Synchronization

/// Reads and decodes events in a thread of its own, while another folds them into a graph.
///
/// Pieces come out in the order of the log; there are few, so nobody runs far ahead. Where there
/// are few events one thread does it all.
final class FoldPipeline: @unchecked Sendable {
  /// Some events, decoded.
  final class Piece: Sendable {
    let events = FoldPiece()
    /// The events among them that revise others.
    nonisolated(unsafe) fileprivate(set) var revisions: Set<EventPosition> = []
  }

  private struct Cancelled: Error {}

  private struct Queue {
    var free: [Piece] = []
    /// The first is at the end.
    var filled: [Piece] = []
    var failure: (any Error)?
    var isCancelled = false
  }

  private static let eventsPerPiece = 512
  private static let pieceCount = 6
  /// Fewer are folded sooner than another thread begins.
  private static let eventCountWorthAThread = 2048

  private let log: EventLog
  private let first: EventPosition
  private let count: Int
  // Used by the thread that decodes, and by no other.
  private let decoder: FoldDecoder
  private let queue = Mutex(Queue())
  private let free = DispatchSemaphore(value: 0)
  private let filled = DispatchSemaphore(value: 0)
  private let isThreaded: Bool
  private var isRead = false

  init(_ log: EventLog, from first: EventPosition, count: Int, _ decoder: FoldDecoder) {
    self.log = log
    self.first = first
    self.count = count
    self.decoder = decoder
    isThreaded = count >= Self.eventCountWorthAThread
    guard isThreaded else { return }
    for _ in 0..<Self.pieceCount { recycle(Piece()) }
    DispatchQueue(label: "rapport.fold").async { self.readAll() }
  }

  /// The next events, or `nil` where there are no more.
  func next() throws -> Piece? {
    guard isThreaded else { return try readOnly() }
    filled.wait()
    return try queue.withLock { queue in
      if let piece = queue.filled.popLast() { return piece }
      if let failure = queue.failure { throw failure }
      return nil
    }
  }

  /// Takes a piece back, to fill it again.
  func recycle(_ piece: Piece) {
    piece.events.removeAll()
    piece.revisions.removeAll()
    queue.withLock { $0.free.append(piece) }
    free.signal()
  }

  /// Ends the thread, if it is not at its end.
  func cancel() {
    queue.withLock { $0.isCancelled = true }
    free.signal()
  }

  /// Everything at once.
  private func readOnly() throws -> Piece? {
    if isRead { return nil }
    isRead = true
    let piece = Piece()
    try log.read(from: first, limit: count) { add($0, to: piece) }
    return piece
  }

  private func readAll() {
    do {
      var piece = try freePiece()
      try log.read(from: first, limit: count) { record in
        add(record, to: piece)
        if piece.events.count == Self.eventsPerPiece {
          put(piece)
          piece = try freePiece()
        }
      }
      if piece.events.count > 0 { put(piece) }
    } catch {
      queue.withLock { $0.failure = error }
    }
    filled.signal()
  }

  private func add(_ record: EventRecord, to piece: Piece) {
    if Revisions.isRevision(record.type) { piece.revisions.insert(record.position) }
    decoder.add(FoldInput(record), to: piece.events)
  }

  private func freePiece() throws -> Piece {
    free.wait()
    return try queue.withLock { queue in
      guard !queue.isCancelled, let piece = queue.free.popLast() else { throw Cancelled() }
      return piece
    }
  }

  private func put(_ piece: Piece) {
    queue.withLock { $0.filled.insert(piece, at: 0) }
    filled.signal()
  }
}
