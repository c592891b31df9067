import GraphModel
import LMDB
import Synchronization

extension EventLog {
  /// Appends the events of a batch, in order, and returns when they are durable.
  ///
  /// An event whose source and id the log knows is not written again: it is the same, or a
  /// conflict. A batch that is too large for one transaction takes several, unless it must be
  /// atomic or at an expected position; what an error leaves behind then is a prefix of it.
  @discardableResult
  public func append(
    _ batch: EventBatch,
    options: AppendOptions = AppendOptions()
  ) throws(AppendError) -> AppendResult {
    var result = AppendResult(end: LogEnd(position: EventPosition(0), root: MerkleTree.emptyRoot))
    result.outcomes = Array(repeating: .notReached, count: batch.count)
    let mustBeOne = options.onConflict == .atomic || options.expectedPosition != nil
    var start = 0
    repeat {
      let end = transactionEnd(of: batch, from: start)
      if mustBeOne, end < batch.count { throw .batchTooLarge(eventCount: batch.count) }
      let ticket = AppendQueue.Ticket(batch: batch, range: start..<end, options: options)
      let part = try appendQueue.perform(ticket, appendTogether)
      result.add(part, from: start)
      start = end
    } while start < batch.count && (options.onConflict != .stop || result.conflicts.isEmpty)
    return result
  }

  /// A transaction holds fewer changed pages than this: LMDB writes some of more out early, in
  /// code that has had errors.
  static let changedPageCountMax = (56 << 20) / pageByteCount
  private static let pageByteCount = 4096

  /// Returns how far the events from `start` on fit into one transaction.
  private func transactionEnd(
    of batch: EventBatch,
    from start: Int
  ) -> Int {
    var byteCount = 0
    var end = start
    while end < batch.count {
      let size = batch.entries[end].byteCount + EventRecord.headerByteCount + 16
      // Past half a page, a record takes whole pages.
      byteCount +=
        size <= 2000 ? size * 8 / 7 : (size / Self.pageByteCount + 2) * Self.pageByteCount
      if end > start, byteCount / Self.pageByteCount + 32 > Self.changedPageCountMax { return end }
      end += 1
    }
    return end
  }

  /// Appends in one transaction for all tickets, and lets the index catch up where it should.
  private func appendTogether(_ tickets: [AppendQueue.Ticket]) {
    appended.withLock { recent in
      appendTogether(tickets, &recent)
      let lagMax = tickets.map(\.options.indexLagMax).max() ?? Self.indexLagDefault
      // The events are in the log. Where their index cannot be written now, it is next time.
      try? settle(&recent, lagMax: lagMax)
    }
  }

  /// Makes the map larger where it is full.
  private func appendTogether(
    _ tickets: [AppendQueue.Ticket],
    _ recent: inout RecentIdentities
  ) {
    var attempts = 0
    while true {
      do throws(LMDBError) {
        let results = try appendOnce(tickets, &recent)
        for (ticket, result) in zip(tickets, results) { ticket.finish(result) }
        return
      } catch {
        // It has what was not written.
        recent = RecentIdentities(start: 0)
        attempts += 1
        let isRetried = error == .mapFull && attempts < 8
        if isRetried, attempts == 1, environment.checkReaders() > 0 { continue }
        if isRetried, growMap() { continue }
        let failure = storeError(error)
        for ticket in tickets { ticket.finish(.failure(.store(failure))) }
        return
      }
    }
  }

  /// The results are true only if it returns: one that throws has written nothing.
  private func appendOnce(
    _ tickets: [AppendQueue.Ticket],
    _ recent: inout RecentIdentities
  ) throws(LMDBError) -> [Result<AppendResult, AppendError>] {
    let transaction = try environment.beginWriting()
    let bytes = try transaction.value(named: LogHead.key, in: meta)
    guard var head = bytes.flatMap(LogHead.init) else {
      let failure = damaged("the record of its end")
      return tickets.map { _ in .failure(.store(failure)) }
    }
    // What other processes have appended.
    let caughtUp = try transaction.withReadingCursor(on: events) { cursor in
      Result { () throws(StoreError) in try catchUp(&recent, with: head, cursor) }
    }
    if case .failure(let failure) = caughtUp {
      return tickets.map { _ in .failure(.store(failure)) }
    }
    let before = head.count
    var results: [Result<AppendResult, AppendError>] = []
    for ticket in tickets {
      let result = append(ticket, in: transaction, head: &head, &recent)
      switch result {
      case .success(let result): results.append(.success(result))
      case .failure(.refused(let refusal)): results.append(.failure(refusal))
      case .failure(.lmdb(let error)): throw error
      }
    }
    if head.count > before {
      try transaction.put(head, in: meta)
      let commit = CommitRecord(root: head.root, recordedTime: head.recordedTime)
      try transaction.withCursor(on: commits) { cursor throws(LMDBError) in
        let room = try cursor.append(key: head.count, byteCount: CommitRecord.byteCount)
        room.copyBytes(from: commit.bytes)
      }
      try transaction.commit()
    }
    return results
  }

  private func append(
    _ ticket: AppendQueue.Ticket,
    in transaction: borrowing WriteTransaction,
    head: inout LogHead,
    _ recent: inout RecentIdentities
  ) -> Result<AppendResult, AppendFailure> {
    do throws(AppendFailure) {
      return try ticket.batch.withUnsafeBytes { bytes throws(AppendFailure) in
        let input = AppendInput(
          entries: ticket.batch.entries,
          bytes: bytes,
          range: ticket.range,
          options: ticket.options
        )
        var appending = Appending(log: self, input: input, head: head)
        try appending.checkExpectedPosition()
        try appending.checkAbsence(transaction, recent)
        try AppendFailure.wrapping { () throws(LMDBError) in
          try appending.findIndexed(transaction)
        }
        try appending.decide(transaction, &recent)
        if appending.newCount > 0 {
          try AppendFailure.wrapping { () throws(LMDBError) in try appending.write(transaction) }
        }
        head = appending.head
        return .success(appending.result)
      }
    } catch {
      recent.removeAll(behind: head.count)
      return .failure(error)
    }
  }
}

/// Why a transaction that appends did not come to its end.
enum AppendFailure: Error {
  case refused(AppendError)
  case lmdb(LMDBError)

  static func wrapping<Result: ~Copyable>(
    _ body: () throws(LMDBError) -> Result
  ) throws(AppendFailure) -> Result {
    do throws(LMDBError) {
      return try body()
    } catch {
      throw .lmdb(error)
    }
  }
}
