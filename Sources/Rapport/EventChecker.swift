import EventStorage
import GraphModel
import JSONTape
import Projections

/// What events are checked against.
struct CheckedSchema: Sendable {
  /// 0 before the first event of a restored export, its schema.
  var number: Int
  var schema: Schema?
}

/// Checks lines: their envelopes, and their data against a schema.
///
/// Not for more than one thread at a time.
final class EventChecker {
  private static let schemaType = Array(SchemaEvent.type.utf8)

  private let options: IngestOptions
  /// Whether lines before these may not be checked yet, so that only the schema that is given
  /// can be known.
  private let isAhead: Bool
  private var parser: EnvelopeParser?
  private var schema = CheckedSchema(number: 0, schema: nil)
  private var validator: EventValidator?
  private let fold: IngestFold?
  /// Runs the rules of what fits, where that is wanted.
  private var decoder: FoldDecoder?

  /// - Parameter fold: makes a graph of what fits, along with it.
  init(_ options: IngestOptions, isAhead: Bool, _ fold: IngestFold? = nil) {
    self.options = options
    self.isAhead = isAhead
    self.fold = fold
  }

  /// The last schema that was given or found.
  var current: CheckedSchema { schema }

  func use(_ schema: CheckedSchema) {
    if validator != nil, schema.number == self.schema.number { return }
    self.schema = schema
    validator = schema.schema.map { EventValidator(schema: $0) }
  }

  /// Checks the lines of a piece; stops at the first that is wrong, unless those are left out.
  func check(_ piece: IngestPiece) {
    piece.removeResults()
    piece.schemaNumber = schema.number
    let parser = parser(for: piece)
    let claims = claims(for: piece)
    // Taken out of the piece while it changes, which spares a check at each access.
    var batch = EventBatch()
    swap(&batch, &piece.batch)
    piece.forEachLine { line in
      let message: String
      do throws(EventError) {
        let event = try parser.parse(line.bytes, into: &batch, isPadded: true)
        guard let event else { return true }
        guard let refusal = refusal(of: event, piece, &batch) else {
          piece.lineNumbers.append(line.number)
          if let claims { add(event, of: batch, to: claims) }
          return !piece.hasSchema || !isAhead
        }
        batch.removeLast()
        message = "\(piece.inputName):\(line.number): \(refusal)"
      } catch {
        message = "\(piece.inputName):\(line.number):\(error.column): \(error.description)"
      }
      piece.refusals.append(
        IngestPiece.Refusal(line: line.number, message: message, bytes: Array(line.bytes))
      )
      return options.onError == .skip
    }
    swap(&batch, &piece.batch)
    if fold?.isOver == false { piece.claims = claims }
  }

  // MARK: Rules

  /// Where to note what the events of a piece claim; `nil` where that is not wanted.
  private func claims(for piece: IngestPiece) -> FoldPiece? {
    guard let fold, !fold.isOver, schema.number == fold.schema.number,
      piece.earlierLineCount >= options.lineCountBeforeGraph
    else { return nil }
    decoder = decoder ?? fold.makeDecoder()
    return decoder == nil ? nil : fold.takePiece()
  }

  /// Runs the rules of the event that was added last, which fits.
  private func add(
    _ event: EnvelopeParser.ParsedEvent,
    of batch: EventBatch,
    to claims: FoldPiece
  ) {
    guard let validator, let decoder else { return }
    if Revisions.isRevision(event.type) { fold?.giveUp() }
    if decoder.add(checkedBy: validator, time: event.time, to: claims) { return }
    let index = batch.count - 1
    batch.withContent(at: index) { content in
      claims.keep(
        FoldInput(
          position: EventPosition(0),
          time: event.time ?? 0,
          type: content.type,
          source: content.source,
          dataVersion: batch.dataVersion(at: index),
          data: content.data
        )
      )
    }
    if event.time == nil { claims.noteTimelessLast() }
  }

  // MARK: Envelopes and data

  private func parser(for piece: IngestPiece) -> EnvelopeParser {
    if let parser, parser.options.defaultSource == piece.defaultSource { return parser }
    var parserOptions = EnvelopeParser.Options(defaultSource: piece.defaultSource)
    parserOptions.lineByteCountMax = options.lineByteCountMax
    parserOptions.isRestoring = options.isRestoring
    let parser = EnvelopeParser(options: parserOptions)
    self.parser = parser
    return parser
  }

  /// Why the data of the event that was added last does not fit the schema, or `nil`.
  private func refusal(
    of event: EnvelopeParser.ParsedEvent,
    _ piece: IngestPiece,
    _ batch: inout EventBatch
  ) -> String? {
    if event.type.count == Self.schemaType.count, event.type.elementsEqual(Self.schemaType) {
      piece.hasSchema = true
      return isAhead ? nil : refusal(ofSchema: event, piece, batch)
    }
    guard let validator else {
      return "expected \(SchemaEvent.type), with which an export begins, found "
        + "\(String(decoding: event.type, as: UTF8.self))"
    }
    if options.allowsUnknown,
      validator.isUnknown(type: event.type, dataVersion: event.dataVersion)
    {
      piece.unknown.append(batch.count - 1)
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
  private func refusal(
    ofSchema event: EnvelopeParser.ParsedEvent,
    _ piece: IngestPiece,
    _ batch: EventBatch
  ) -> String? {
    guard let file = SchemaEvent.file(in: event.tape, data: event.data) else {
      return "\(SchemaEvent.type): data.text: expected the text of a schema, found nothing"
    }
    let (source, id) = batch.withContent(at: batch.count - 1) {
      (String(decoding: $0.source, as: UTF8.self), String(decoding: $0.id, as: UTF8.self))
    }
    if source == SchemaEvent.source,
      (0...schema.number).dropFirst().contains(where: { SchemaEvent.id(of: $0) == id })
    {
      return nil
    }
    let next = schema.number + 1
    guard source == SchemaEvent.source, id == SchemaEvent.id(of: next) else {
      return "\(SchemaEvent.type): expected source \"\(SchemaEvent.source)\" and id "
        + "\"\(SchemaEvent.id(of: next))\", found \"\(source)\" and \"\(id)\""
    }
    do throws(StoreFailure) {
      use(CheckedSchema(number: next, schema: try file.loadApplied()))
      piece.schemas.append((batch.count - 1, next))
      return nil
    } catch {
      return error.message
    }
  }
}
