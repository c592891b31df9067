import EventStorage
import GraphModel
import Projections

extension AppendResult {
  /// The position of the first of so many events, where all are new and each is behind the other.
  fileprivate func positionOfAll(_ count: Int) -> EventPosition? {
    guard appendedCount == count, let positions,
      Int(positions.upperBound.rawValue - positions.lowerBound.rawValue) + 1 == count
    else { return nil }
    return positions.lowerBound
  }
}

/// One call of ``Store/ingest(_:options:)``.
struct Ingestion {
  private(set) var summary: IngestSummary

  private let log: EventLog
  private let options: IngestOptions
  private let pipeline: IngestPipeline
  /// For pieces that could not be checked ahead.
  private let checker: EventChecker
  /// The number of the last schema in the log, as far as this ingestion knows.
  private var committedSchemaNumber: Int
  private var pending = IngestBatch()
  private var expectedPosition: EventPosition?
  private var byteCount = 0
  private let indexLagMax: Int
  private let fold: IngestFold?
  private var places = PiecePlaces()

  /// A commit of this size is durable soon and well below LMDB's limits.
  private static let commitByteCountMax = 16 << 20

  init(
    _ inputs: [IngestInput],
    log: EventLog,
    schema: AppliedSchema?,
    options: IngestOptions,
    end: LogEnd,
    fold: IngestFold?
  ) {
    self.log = log
    self.fold = fold
    self.options = options
    let checked = CheckedSchema(number: schema?.number ?? 0, schema: schema?.schema)
    committedSchemaNumber = checked.number
    pipeline = IngestPipeline(inputs, options, checked, fold)
    checker = EventChecker(options, isAhead: false)
    checker.use(checked)
    expectedPosition = options.expectedPosition
    indexLagMax = (try? log.indexLagForMany()) ?? EventLog.indexLagDefault
    summary = IngestSummary(end: end)
  }

  /// Why reading stops; everything is in ``summary``.
  private struct Stop: Error {}

  mutating func run() {
    pipeline.start()
    do throws(Stop) {
      while let piece = try nextPiece() {
        try take(piece)
        pipeline.recycle(piece)
        if wasStopped() { break }
      }
      try commit()
    } catch {
      // The failure is in the summary.
    }
    pipeline.cancel()
    // What was appended is in the log, also where its index cannot be written now.
    try? log.settleIndex()
  }

  private mutating func wasStopped() -> Bool {
    if options.shouldStop?() == true { summary.wasStopped = true }
    return summary.wasStopped
  }

  /// The next piece, checked against the schema that is in force where it begins.
  private mutating func nextPiece() throws(Stop) -> IngestPiece? {
    switch pipeline.next() {
    case .end: return nil
    case .failure(let failure): throw fail(failure)
    case .piece(let piece):
      if piece.hasSchema || piece.schemaNumber != checker.current.number {
        checker.check(piece)
        pipeline.use(checker.current)
        // What came before would have to be folded again.
        if checker.current.number != fold?.schema.number { fold?.giveUp() }
      }
      return piece
    }
  }

  /// Reports the lines of a piece that are wrong, and commits its events as they are enough.
  private mutating func take(_ piece: IngestPiece) throws(Stop) {
    byteCount = piece.consumedByteCount
    if options.onError == .skip {
      for refusal in piece.refusals {
        reject(
          RejectedLine(
            input: piece.inputName,
            line: refusal.line,
            message: refusal.message,
            bytes: refusal.bytes
          )
        )
      }
    }
    let countMax = options.isAtomic ? Int.max : options.eventsPerCommit
    var start = 0
    let count = piece.batch.count
    if fold != nil { places.add(piece.claims, eventCount: count) }
    while start < count {
      let end = start + min(count - start, countMax - pending.count)
      pending.add(piece, start..<end)
      start = end
      let isFull = pending.count >= countMax || pending.byteCount >= Self.commitByteCountMax
      guard isFull, !options.isAtomic else { continue }
      try commit()
      if wasStopped() { return }
    }
    if options.onError == .stop, let refusal = piece.refusals.first {
      try stop(because: refusal.message, at: "line \(refusal.line)")
    }
    report()
  }

  private mutating func reject(_ line: RejectedLine) {
    summary.rejected += 1
    options.onReject?(line)
  }

  // MARK: Commits

  /// Commits what the batch holds; returns when it is durable.
  private mutating func commit() throws(Stop) {
    guard pending.count > 0 else { return }
    let conflictHandling: AppendOptions.ConflictHandling =
      options.isAtomic ? .atomic : options.onError == .skip ? .skip : .stop
    let result: AppendResult
    do throws(AppendError) {
      result = try log.append(
        pending.batch,
        options: AppendOptions(
          onConflict: conflictHandling,
          expectedPosition: expectedPosition,
          absentEvent: nextSchema,
          indexLagMax: indexLagMax
        )
      )
    } catch {
      throw failAppending(error)
    }
    committedSchemaNumber = max(committedSchemaNumber, pending.schemaNumber)
    count(result)
    passOn(result)
    let conflicts = result.conflicts.map { (pending.place(of: $0.index), $0) }
    summary.waiting += pending.unknown.count { index in
      if case .appended = result.outcomes[index] { true } else { false }
    }
    pending.removeAll()
    if options.expectedPosition != nil { expectedPosition = result.end.position }
    report()
    options.onCommit?(result.end)
    for ((input, line), conflict) in conflicts {
      let message = "\(input):\(line): \(Self.describe(conflict))"
      guard options.onError == .skip else {
        throw fail(StoreFailure(.data, Self.advice(message, at: "line \(line)")))
      }
      reject(
        RejectedLine(
          input: input,
          line: line,
          message: message,
          bytes: Array(conflict.refused.data.utf8)
        )
      )
    }
  }

  /// The event that puts the next schema in force.
  ///
  /// The events of a batch were checked against the last; once there is another, they would get in
  /// unchecked.
  private var nextSchema: EventName {
    EventName(source: SchemaEvent.source, id: SchemaEvent.id(of: committedSchemaNumber + 1))
  }

  private mutating func count(_ result: AppendResult) {
    summary.ingested += result.appendedCount
    summary.alreadyThere += result.presentCount
    summary.end = result.end
    guard let positions = result.positions else { return }
    let first = summary.positions?.lowerBound ?? positions.lowerBound
    summary.positions = first...positions.upperBound
  }

  /// Lets the events of a commit come into the graph, where one is made along.
  private mutating func passOn(_ result: AppendResult) {
    guard let fold else { return }
    let first = result.positionOfAll(pending.count)
    places.commit(eventCount: pending.count, from: first) { fold.add($0, from: $1) }
  }

  private mutating func failAppending(_ error: AppendError) -> Stop {
    if case .conflict(let conflict) = error {
      let (input, line) = pending.place(of: conflict.index)
      let message = "\(input):\(line): \(Self.describe(conflict))"
      return fail(StoreFailure(.data, message + "\n  nothing was written"))
    }
    var failure = StoreFailure(error)
    if case .eventPresent(let name, let position) = error, name == nextSchema {
      failure = StoreFailure(
        .temporary,
        "another schema was put in force meanwhile, at position \(position): "
          + "the events have to be checked against it\n  hint: run the same command again"
      )
    }
    guard summary.ingested > 0 else { return fail(failure) }
    return fail(
      StoreFailure(
        failure.kind,
        failure.message + "\n  \(summary.ingested) events are in the log; "
          + "run the same command again for the rest: what is there is passed over"
      )
    )
  }

  /// Both sides of a conflict, as the user must compare them.
  private static func describe(_ conflict: EventConflict) -> String {
    "\(conflict.refused.type): \(conflict.description)\n"
      + "  in the log: \(conflict.existing.data)\n"
      + "  refused:    \(conflict.refused.data)"
  }

  /// Ends the ingestion at a bad line: what is before it is committed, unless all are one.
  private mutating func stop(because message: String, at place: String) throws(Stop) {
    guard !options.isAtomic else {
      throw fail(StoreFailure(.data, message + "\n  nothing was written"))
    }
    try commit()
    throw fail(StoreFailure(.data, Self.advice(message, at: place)))
  }

  private static func advice(_ message: String, at place: String) -> String {
    message + "\n  everything before \(place) is in the log, nothing from it on; "
      + "mend the line and run the same command again, or leave bad lines out with --on-error skip"
  }

  private mutating func fail(_ failure: StoreFailure) -> Stop {
    summary.failure = summary.failure ?? failure
    return Stop()
  }

  private func report() {
    options.onProgress?(
      IngestProgress(
        committed: summary.ingested,
        alreadyThere: summary.alreadyThere,
        byteCount: byteCount
      )
    )
  }
}
