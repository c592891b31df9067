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
    try batch.withUnsafeBytes { bytes throws(AppendError) in
      var start = 0
      repeat {
        let end = try transactionEnd(of: batch, from: start)
        if mustBeOne, end < batch.count { throw .batchTooLarge(eventCount: batch.count) }
        let input = AppendInput(
          entries: batch.entries,
          bytes: bytes,
          range: start..<end,
          options: options
        )
        try appendRetrying(input, into: &result)
        start = end
      } while start < batch.count && (options.onConflict != .stop || result.conflicts.isEmpty)
    }
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

  /// Appends what one transaction holds; makes the map larger where it is full.
  private func appendRetrying(
    _ input: AppendInput,
    into result: inout AppendResult
  ) throws(AppendError) {
    var attempts = 0
    while true {
      do throws(AppendFailure) {
        return try appendOnce(input, into: &result)
      } catch {
        attempts += 1
        switch error {
        case .refused(let refusal): throw refusal
        case .lmdb(.mapFull) where attempts == 1 && environment.checkReaders() > 0: continue
        case .lmdb(.mapFull) where attempts < 8:
          do throws(LMDBError) {
            try environment.resizeMap(to: try environment.info().mapByteCount * 2)
          } catch {
            throw .store(storeError(.mapFull))
          }
        case .lmdb(let error): throw .store(storeError(error))
        }
      }
    }
  }

  private func appendOnce(
    _ input: AppendInput,
    into result: inout AppendResult
  ) throws(AppendFailure) {
    let transaction = try AppendFailure.wrapping { () throws(LMDBError) in
      try environment.beginWriting()
    }
    let head = try AppendFailure.wrapping { () throws(LMDBError) in
      try transaction.value(named: LogHead.key, in: meta).flatMap(LogHead.init)
    }
    guard let head else { throw .refused(.store(damaged("the record of its end"))) }
    var appending = Appending(log: self, input: input, head: head)
    try appending.checkExpectedPosition()
    try AppendFailure.wrapping { () throws(LMDBError) in try appending.findKnown(transaction) }
    try appending.decide(transaction)
    if appending.newCount > 0 {
      try AppendFailure.wrapping { () throws(LMDBError) in try appending.write(transaction) }
      do throws(LMDBError) {
        try transaction.commit()
      } catch {
        throw .lmdb(error)
      }
    }
    appending.finish(&result)
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
