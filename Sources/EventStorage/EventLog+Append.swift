import GraphModel
import LMDB

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
      let end = try transactionEnd(of: batch, from: start)
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
  private static let changedByteCountMax = 56 << 20

  /// Returns how far the events from `start` on fit into one transaction.
  ///
  /// Records change pages of their own size; each identity may change one page of the index, of
  /// those it has and those it comes to have.
  private func transactionEnd(
    of batch: EventBatch,
    from start: Int
  ) throws(AppendError) -> Int {
    let indexPages: Int
    do throws(StoreError) {
      indexPages = try reading { transaction throws(LMDBError) in
        let statistics = try transaction.statistics(of: identities)
        return statistics.leafPageCount + statistics.branchPageCount
      }
    } catch {
      throw .store(error)
    }
    let pageByteCount = 4096
    var recordByteCount = 0
    var end = start
    while end < batch.count {
      let size = batch.entries[end].byteCount + EventRecord.headerByteCount + 16
      // Past half a page, a record takes whole pages.
      recordByteCount += size <= 2000 ? size * 8 / 7 : (size / pageByteCount + 2) * pageByteCount
      let count = end + 1 - start
      let indexPageCount = min(count, indexPages + count / 40) + 32
      if count > 1, recordByteCount + indexPageCount * pageByteCount > Self.changedByteCountMax {
        return end
      }
      end += 1
    }
    return end
  }

  /// Appends in one transaction for all tickets; makes the map larger where it is full.
  private func appendTogether(_ tickets: [AppendQueue.Ticket]) {
    var attempts = 0
    while true {
      do throws(LMDBError) {
        for (ticket, result) in zip(tickets, try appendOnce(tickets)) { ticket.finish(result) }
        return
      } catch {
        attempts += 1
        let isRetried = error == .mapFull && attempts < 8
        if isRetried, attempts == 1, environment.checkReaders() > 0 { continue }
        if isRetried, (try? environment.resizeMap(to: environment.info().mapByteCount * 2)) != nil {
          continue
        }
        let failure = storeError(error)
        for ticket in tickets { ticket.finish(.failure(.store(failure))) }
        return
      }
    }
  }

  /// The results are true only if it returns: one that throws has written nothing.
  private func appendOnce(
    _ tickets: [AppendQueue.Ticket]
  ) throws(LMDBError) -> [Result<AppendResult, AppendError>] {
    let transaction = try environment.beginWriting()
    let bytes = try transaction.value(named: LogHead.key, in: meta)
    guard var head = bytes.flatMap(LogHead.init) else {
      let failure = damaged("the record of its end")
      return tickets.map { _ in .failure(.store(failure)) }
    }
    let before = head.count
    var results: [Result<AppendResult, AppendError>] = []
    for ticket in tickets {
      let result = append(ticket, in: transaction, head: &head)
      switch result {
      case .success(let result): results.append(.success(result))
      case .failure(.refused(let refusal)): results.append(.failure(refusal))
      case .failure(.lmdb(let error)): throw error
      }
    }
    if head.count > before {
      try transaction.put(head.bytes, named: LogHead.key, in: meta)
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
    head: inout LogHead
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
        try appending.checkAbsence(transaction)
        try AppendFailure.wrapping { () throws(LMDBError) in
          try appending.findKnown(transaction)
        }
        try appending.decide(transaction)
        if appending.newCount > 0 {
          try AppendFailure.wrapping { () throws(LMDBError) in try appending.write(transaction) }
        }
        head = appending.head
        return .success(appending.result)
      }
    } catch {
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
