import EventStorage
import GraphModel
import JSONTape
import Projections
import SystemPackage

/// One call of ``Store/ingest(_:options:)``.
struct Ingestion {
  private(set) var summary: IngestSummary

  private let log: EventLog
  private let options: IngestOptions
  private var schemaNumber: Int
  /// The number of the last schema in the log, as far as this ingestion knows.
  private var committedSchemaNumber: Int
  /// `nil` until the first event of a restored export, its schema, has been read.
  private var validator: EventValidator?
  private var batch = EventBatch()
  /// The input and line of each event of the batch.
  private var places: [(input: String, line: Int)] = []
  /// The indices of the events of the batch that the schema says nothing of.
  private var unknown: [Int] = []
  private var expectedPosition: EventPosition?
  private var byteCount = 0
  private let indexLagMax: Int

  /// A commit of this size is durable soon and well below LMDB's limits.
  private static let commitByteCountMax = 16 << 20
  private static let linesPerProgress = 1024

  init(log: EventLog, schema: AppliedSchema?, options: IngestOptions, end: LogEnd) {
    self.log = log
    self.options = options
    schemaNumber = schema?.number ?? 0
    committedSchemaNumber = schemaNumber
    validator = schema.map { EventValidator(schema: $0.schema) }
    expectedPosition = options.expectedPosition
    indexLagMax = (try? log.indexLagForMany()) ?? EventLog.indexLagDefault
    summary = IngestSummary(end: end)
  }

  /// Why reading stops; everything is in ``summary``.
  private struct Stop: Error {}

  mutating func run(_ inputs: [IngestInput]) {
    do {
      for input in inputs {
        try read(input)
        if summary.wasStopped { break }
      }
      try commit()
    } catch {
      // The failure is in the summary.
    }
    // What was appended is in the log, also where its index cannot be written now.
    try? log.settleIndex()
  }

  private mutating func read(_ input: IngestInput) throws(Stop) {
    let descriptor: FileDescriptor
    do {
      descriptor = try open(input)
    } catch {
      throw fail(StoreFailure(reading: input.name, error))
    }
    defer { if input != .standardInput { try? descriptor.close() } }
    var parserOptions = EnvelopeParser.Options(
      defaultSource: options.source ?? input.defaultSource
    )
    parserOptions.lineByteCountMax = options.lineByteCountMax
    parserOptions.isRestoring = options.isRestoring
    let parser = EnvelopeParser(options: parserOptions)
    let reader = LineReader(lineByteCountMax: options.lineByteCountMax) {
      try descriptor.read(into: $0)
    }
    let earlier = byteCount
    while let line = try nextLine(of: reader, input) {
      if options.shouldStop?() == true {
        summary.wasStopped = true
        return
      }
      try add(line, of: input, parser)
      byteCount = earlier + reader.consumedByteCount
      if line.number % Self.linesPerProgress == 0 { report() }
      if !options.isAtomic,
        batch.count >= options.eventsPerCommit || batch.byteCount >= Self.commitByteCountMax
      {
        try commit()
      }
    }
  }

  private func open(_ input: IngestInput) throws(Errno) -> FileDescriptor {
    guard case .file(let path) = input else { return .standardInput }
    do {
      let descriptor = try FileDescriptor.open(path, .readOnly)
      if isDirectory(descriptor) {
        try? descriptor.close()
        throw Errno.isDirectory
      }
      return descriptor
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  private mutating func nextLine(
    of reader: LineReader,
    _ input: IngestInput
  ) throws(Stop) -> LineReader.Line? {
    do {
      return try reader.next()
    } catch {
      let cause = error as? Errno ?? .ioError
      throw fail(StoreFailure(reading: input.name, cause))
    }
  }

  /// Checks one line and adds its event to the batch.
  private mutating func add(
    _ line: LineReader.Line,
    of input: IngestInput,
    _ parser: EnvelopeParser
  ) throws(Stop) {
    let message: String
    do throws(EventError) {
      guard let event = try parser.parse(line.bytes, into: &batch) else { return }
      guard let refusal = refusal(of: event) else {
        places.append((input.name, line.number))
        return
      }
      batch.removeLast()
      message = "\(input.name):\(line.number): \(refusal)"
    } catch {
      message = "\(input.name):\(line.number):\(error.column): \(error.description)"
    }
    guard options.onError == .skip else {
      try stop(because: message, at: "line \(line.number)")
      return
    }
    reject(
      RejectedLine(
        input: input.name,
        line: line.number,
        message: message,
        bytes: Array(line.bytes)
      )
    )
  }

  private mutating func reject(_ line: RejectedLine) {
    summary.rejected += 1
    options.onReject?(line)
  }

  /// Why the event's data does not fit the schema, or `nil`.
  private mutating func refusal(of event: EnvelopeParser.ParsedEvent) -> String? {
    if event.type.elementsEqual(SchemaEvent.type.utf8) { return refusal(ofSchema: event) }
    guard let validator else {
      return "expected \(SchemaEvent.type), with which an export begins, found "
        + "\(String(decoding: event.type, as: UTF8.self))"
    }
    if options.allowsUnknown,
      validator.isUnknown(type: event.type, dataVersion: event.dataVersion)
    {
      unknown.append(batch.count - 1)
      return nil
    }
    do throws(DataError) {
      try validator.check(
        type: event.type,
        dataVersion: event.dataVersion,
        tape: event.tape,
        data: event.data
      )
      // Once the schema has another version, the log still tells which one this was.
      if event.dataVersion == 0, let version = validator.currentVersion(of: event.type) {
        batch.setCurrentVersionOfLast(version)
      }
      return nil
    } catch {
      return "\(String(decoding: event.type, as: UTF8.self)): \(error.description)"
    }
  }

  /// Schemas come in exports: those that the log has, and those that follow them in order.
  private mutating func refusal(ofSchema event: EnvelopeParser.ParsedEvent) -> String? {
    guard let file = SchemaEvent.file(in: event.tape, data: event.data) else {
      return "\(SchemaEvent.type): data.text: expected the text of a schema, found nothing"
    }
    let (source, id) = batch.withContent(at: batch.count - 1) {
      (String(decoding: $0.source, as: UTF8.self), String(decoding: $0.id, as: UTF8.self))
    }
    if source == SchemaEvent.source,
      (0...schemaNumber).dropFirst().contains(where: { SchemaEvent.id(of: $0) == id })
    {
      return nil
    }
    guard source == SchemaEvent.source, id == SchemaEvent.id(of: schemaNumber + 1) else {
      return "\(SchemaEvent.type): expected source \"\(SchemaEvent.source)\" and id "
        + "\"\(SchemaEvent.id(of: schemaNumber + 1))\", found \"\(source)\" and \"\(id)\""
    }
    do throws(StoreFailure) {
      validator = EventValidator(schema: try file.loadApplied())
      schemaNumber += 1
      return nil
    } catch {
      return error.message
    }
  }

  // MARK: Commits

  /// Commits what the batch holds; returns when it is durable.
  private mutating func commit() throws(Stop) {
    guard !batch.isEmpty else { return }
    let conflictHandling: AppendOptions.ConflictHandling =
      options.isAtomic ? .atomic : options.onError == .skip ? .skip : .stop
    let result: AppendResult
    do throws(AppendError) {
      result = try log.append(
        batch,
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
    committedSchemaNumber = schemaNumber
    count(result)
    let conflicts = result.conflicts.map { (places[$0.index], $0) }
    summary.waiting += unknown.count { index in
      if case .appended = result.outcomes[index] { true } else { false }
    }
    batch.removeAll()
    places = []
    unknown = []
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

  private mutating func failAppending(_ error: AppendError) -> Stop {
    if case .conflict(let conflict) = error, places.indices.contains(conflict.index) {
      let (input, line) = places[conflict.index]
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
