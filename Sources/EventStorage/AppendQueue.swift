import Glibc
import Synchronization

/// Lets the appends of many threads share transactions, and so the wait for the disk.
///
/// The first thread to come leads: it runs one transaction for all that wait, and when its own
/// append is done, the next that waits leads.
final class AppendQueue: Sendable {
  /// One append, waiting for its turn.
  final class Ticket: Sendable {
    private enum State {
      case waiting, leading
      case done(Result<AppendResult, AppendError>)
    }

    let batch: EventBatch
    let range: Range<Int>
    let options: AppendOptions
    private let state = Mutex(State.waiting)
    /// Posted once for each change of the state.
    nonisolated(unsafe) private let changed: UnsafeMutablePointer<sem_t>

    init(batch: EventBatch, range: Range<Int>, options: AppendOptions) {
      self.batch = batch
      self.range = range
      self.options = options
      changed = .allocate(capacity: 1)
      sem_init(changed, 0, 0)
    }

    deinit {
      sem_destroy(changed)
      changed.deallocate()
    }

    fileprivate func lead() {
      state.withLock { $0 = .leading }
      sem_post(changed)
    }

    func finish(_ result: Result<AppendResult, AppendError>) {
      state.withLock { $0 = .done(result) }
      sem_post(changed)
    }

    /// The result, or `nil` where there is none yet.
    fileprivate var result: Result<AppendResult, AppendError>? {
      state.withLock { if case .done(let result) = $0 { result } else { nil } }
    }

    /// Waits until it is done, or leads.
    fileprivate func wait() {
      while sem_wait(changed) != 0, errno == EINTR {}
    }
  }

  private struct State {
    var waiting: [Ticket] = []
    var hasLeader = false
  }

  private let state = Mutex(State())

  /// Bytes of events that share a transaction; one append may have more.
  private static let sharedByteCountMax = 4 << 20
  private static let sharedEventCountMax = 4096

  /// Appends that wait for a leader to take them.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// Runs an append, alone or with others: `run` finishes all tickets that it is given.
  func perform(
    _ ticket: Ticket,
    _ run: ([Ticket]) -> Void
  ) throws(AppendError) -> AppendResult {
    let leads = state.withLock { state in
      state.waiting.append(ticket)
      defer { state.hasLeader = true }
      return !state.hasLeader
    }
    if !leads { ticket.wait() }
    while true {
      if let result = ticket.result { return try result.get() }
      // It leads, until its own append is done.
      let group = state.withLock { Self.takeGroup(from: &$0.waiting) }
      run(group)
      guard ticket.result != nil else { continue }
      let next = state.withLock { state in
        state.hasLeader = !state.waiting.isEmpty
        return state.waiting.first
      }
      next?.lead()
    }
  }

  private static func takeGroup(from waiting: inout [Ticket]) -> [Ticket] {
    var byteCount = 0
    var eventCount = 0
    var count = 0
    for ticket in waiting {
      byteCount += ticket.batch.byteCount
      eventCount += ticket.range.count
      if count > 0, byteCount > sharedByteCountMax || eventCount > sharedEventCountMax { break }
      count += 1
    }
    defer { waiting.removeFirst(count) }
    return Array(waiting.prefix(count))
  }
}
