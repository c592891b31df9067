import Dispatch
import EventStorage
import Glibc
import Synchronization

/// Reads and checks lines in threads of its own, while another commits what they made of them.
///
/// Pieces come out in the order of the inputs. Reading is done by one thread at a time, checking
/// by all; there are as many pieces as keep them busy, so nobody runs far ahead.
final class IngestPipeline: Sendable {
  /// What comes next.
  enum Delivery {
    case piece(IngestPiece)
    case failure(StoreFailure)
    case end
  }

  private enum Ordered {
    case piece(IngestPiece, checked: DispatchSemaphore)
    case last(Delivery)
  }

  private struct Reading {
    var reader: IngestReader
    var isOver = false
  }

  private struct Queues {
    var free: [IngestPiece] = []
    /// In the order they were read, whether checked or not; the first is at the end.
    var ordered: [Ordered] = []
    var isCancelled = false
  }

  private static let threadCountMax = 4
  private static let pieceCount = 8

  private let options: IngestOptions
  private let threadCount: Int
  private let reading: Mutex<Reading>
  private let queues = Mutex(Queues())
  private let schema: Mutex<CheckedSchema>
  private let fold: IngestFold?
  /// Counts the free pieces.
  private let free = DispatchSemaphore(value: 0)
  /// Counts the pieces in order.
  private let ordered = DispatchSemaphore(value: 0)

  /// - Parameter fold: makes a graph of the events along with it.
  init(
    _ inputs: [IngestInput],
    _ options: IngestOptions,
    _ schema: CheckedSchema,
    _ fold: IngestFold?
  ) {
    self.options = options
    self.fold = fold
    self.schema = Mutex(schema)
    reading = Mutex(Reading(reader: IngestReader(inputs, options)))
    threadCount = max(1, min(Self.threadCountMax, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }

  func start() {
    for _ in 0..<Self.pieceCount { recycle(IngestPiece()) }
    for number in 0..<threadCount {
      DispatchQueue(label: "rapport.ingest.\(number)").async { self.work() }
    }
  }

  /// Waits for the next piece.
  func next() -> Delivery {
    ordered.wait()
    switch queues.withLock({ $0.ordered.popLast() }) {
    case .piece(let piece, let checked):
      checked.wait()
      return .piece(piece)
    case .last(let delivery): return delivery
    case nil: return .end
    }
  }

  /// Takes a piece back, to read other lines into it.
  func recycle(_ piece: IngestPiece) {
    queues.withLock { $0.free.append(piece) }
    free.signal()
  }

  /// Says against what lines are checked from now on.
  func use(_ schema: CheckedSchema) {
    self.schema.withLock { $0 = schema }
  }

  /// Makes the threads end as soon as they can; one that waits for input may do so longer.
  func cancel() {
    queues.withLock { $0.isCancelled = true }
    for _ in 0..<threadCount { free.signal() }
  }

  private func work() {
    let checker = EventChecker(options, isAhead: true, fold)
    while let (piece, checked) = readPiece() {
      checker.use(schema.withLock { $0 })
      checker.check(piece)
      checked.signal()
    }
    // The other threads find this as well.
    free.signal()
  }

  /// Reads the next piece, or returns `nil` where there is nothing more to do.
  private func readPiece() -> (IngestPiece, checked: DispatchSemaphore)? {
    free.wait()
    return reading.withLock { reading -> (IngestPiece, checked: DispatchSemaphore)? in
      let piece = queues.withLock { $0.isCancelled ? nil : $0.free.popLast() }
      guard let piece, !reading.isOver else { return nil }
      do throws(StoreFailure) {
        if try reading.reader.fill(piece) {
          let checked = DispatchSemaphore(value: 0)
          put(.piece(piece, checked: checked))
          return (piece, checked)
        }
        put(.last(.end))
      } catch {
        put(.last(.failure(error)))
      }
      reading.isOver = true
      return nil
    }
  }

  private func put(_ next: Ordered) {
    queues.withLock { $0.ordered.insert(next, at: 0) }
    ordered.signal()
  }
}
