import EventStorage
import GraphModel
import GraphStorage
import JSONTape
import Projections
import Queries

/// How far a fold has come.
public struct FoldProgress: Sendable {
  public var folded: Int
  public var total: Int
}

/// A graph with what it was folded from, ready for queries.
///
/// A class, for it is handed on with every answer.
final class FoldedGraph: Sendable {
  let graph: Graph
  let engine: QueryEngine
  let schema: AppliedSchema
  let end: LogEnd
  /// How it came about.
  let work: FoldWork
  /// How many events no image spares the next process to fold.
  let unsavedCount: Int

  init(
    graph: Graph,
    engine: QueryEngine,
    schema: AppliedSchema,
    end: LogEnd,
    work: FoldWork,
    unsavedCount: Int
  ) {
    (self.graph, self.engine, self.schema) = (graph, engine, schema)
    (self.end, self.work, self.unsavedCount) = (end, work, unsavedCount)
  }

  /// The same, of which there is an image.
  func saved() -> FoldedGraph {
    FoldedGraph(
      graph: graph,
      engine: engine,
      schema: schema,
      end: end,
      work: work,
      unsavedCount: 0
    )
  }

  /// The graph as what another fold may start from.
  var base: FoldBase {
    FoldBase(
      contents: graph.contents,
      rules: .schema(schema.schema),
      unsavedCount: unsavedCount
    )
  }
}

/// What a graph holds, and what it was folded from.
struct FoldedContents: Sendable {
  let contents: GraphContents
  let schema: AppliedSchema
  let end: LogEnd
  /// How it came about.
  let work: FoldWork
  /// How many events no image spares the next process to fold.
  var unsavedCount: Int

  /// The graph as what another fold may start from.
  var base: FoldBase {
    FoldBase(contents: contents, rules: .schema(schema.schema), unsavedCount: unsavedCount)
  }

  /// Makes it ready for queries.
  func published() -> FoldedGraph {
    let graph = Graph(publishing: contents)
    return FoldedGraph(
      graph: graph,
      engine: QueryEngine(graph: graph, catalog: QueryCatalog(schema.schema)),
      schema: schema,
      end: end,
      work: work,
      unsavedCount: unsavedCount
    )
  }
}

/// What a fold may start from: a graph of the same log, of this schema or of another.
struct FoldBase {
  var contents: GraphContents
  /// How its events were folded.
  var rules: Rules
  /// How many events no image spares the next process to fold.
  var unsavedCount: Int

  enum Rules {
    case schema(Schema)
    /// What an image says of the schema.
    case image(digest: [UInt8], FoldAccount)
  }

  /// Whether it was folded as that schema folds: then nobody has to ask for the account.
  func isFolded(by schema: Schema) -> Bool {
    switch rules {
    case .schema(let own): own.foldOrigin == schema.foldOrigin
    case .image(_, let account): account.origin == schema.foldOrigin
    }
  }

  var account: FoldAccount {
    switch rules {
    case .schema(let schema): schema.account(of: contents)
    case .image(_, let account): account
    }
  }

  var schemaDigest: [UInt8] {
    switch rules {
    case .schema(let schema): schema.digest
    case .image(let digest, _): digest
    }
  }

  /// The contents, which are gone from here.
  mutating func takeContents() -> GraphContents {
    var taken = GraphContents()
    swap(&taken, &contents)
    return taken
  }
}

/// How many events a fold took.
struct FoldWork: Hashable, Sendable {
  /// Events that were folded before and were folded again, for their rules are others now.
  var refoldedCount = 0
  /// Events that no graph held before.
  var newCount = 0
  /// Whether every event was folded, from the first one on.
  var isFull = false
}

/// Makes the graph of a log: from an image and what came after it, or from nothing.
struct Folding {
  let log: EventLog
  let schema: AppliedSchema
  let end: LogEnd

  private static let eventsPerProgress = 16_384

  /// The graph at ``end``.
  ///
  /// - Parameters:
  ///   - earlier: a graph of the same log to go on from; it is taken, and changed in place where
  ///     nobody else has it.
  ///   - image: where to look for one otherwise; with neither, everything is folded.
  func graph(
    after earlier: consuming FoldBase? = nil,
    from image: ImageFile?,
    progress: ((FoldProgress) -> Void)?
  ) throws(StoreFailure) -> FoldedGraph {
    try contents(after: earlier.take(), from: image, progress: progress).published()
  }

  /// The same without what only queries need.
  func contents(
    after earlier: consuming FoldBase? = nil,
    from image: ImageFile?,
    progress: ((FoldProgress) -> Void)?
  ) throws(StoreFailure) -> FoldedContents {
    var base = earlier.take() ?? image.flatMap { usableBase(of: $0) }
    do {
      return try fold(&base, progress)
    } catch {
      throw StoreFailure(any: error)
    }
  }

  /// Writes an image, and returns the graph's digest.
  func write(
    _ folded: FoldedGraph,
    to image: ImageFile,
    isReadOnly: Bool
  ) throws(StoreFailure) -> [UInt8] {
    let contents = folded.graph.contents
    let digest = Background { GraphImage.digest(of: contents) }
    if !isReadOnly {
      image.write(contents, key: key, account: schema.schema.account(of: contents))
    }
    return digest.value()
  }

  /// What an image of the graph at ``end`` is an image of.
  var key: ImageKey {
    ImageKey(position: end.position, root: end.root.bytes, schemaDigest: schema.schema.digest)
  }

  /// What an image of this log says of its events, or `nil`: an image is never trusted.
  func usableAccount(of image: ImageFile) -> (key: ImageKey, account: FoldAccount)? {
    guard let (header, account) = image.header(), header.key.position <= end.position,
      let root = try? log.committedRoot(at: header.key.position), root.bytes == header.key.root
    else { return nil }
    return (header.key, account)
  }

  private func usableBase(of image: ImageFile) -> FoldBase? {
    guard let (key, account) = usableAccount(of: image), let contents = image.contents(),
      contents.position == key.position
    else { return nil }
    return FoldBase(
      contents: contents,
      rules: .image(digest: key.schemaDigest, account),
      unsavedCount: 0
    )
  }

  // MARK: Folding

  /// Thrown at an event that revises what was folded already.
  private struct RevisionFound: Error {}

  /// - Parameter base: where to go on; it is taken, so that what nobody else has is changed in place.
  private func fold(
    _ base: inout FoldBase?,
    _ progress: ((FoldProgress) -> Void)?
  ) throws -> FoldedContents {
    guard var taken = base.take(), let change = kindsToFoldAgain(in: taken) else {
      return try foldAll(progress)
    }
    do {
      return try foldOnto(&taken, change, progress)
    } catch is RevisionFound {
      return try foldAll(progress)
    }
  }

  /// The kinds of events that the schema folds otherwise; `nil` where all are to be folded anew.
  private func kindsToFoldAgain(in base: borrowing FoldBase) -> Set<EventKind>? {
    if base.isFolded(by: schema.schema) { return [] }
    return SchemaReach(of: schema.schema, base.account).patchableKinds
  }

  private func foldAll(_ progress: ((FoldProgress) -> Void)?) throws -> FoldedContents {
    let revisions = try revisions(
      at: log.positions(through: end.position, whereType: Revisions.isRevision)
    )
    let builder = GraphBuilder()
    let count = try foldTail(into: builder, through: end.position, revisions, progress)
    return folded(builder, FoldWork(newCount: count, isFull: true), unsavedCount: 0)
  }

  /// A tail is folded into the graph as it is where it is shorter than the log by this factor.
  private static let extensionFactor = 4

  /// Folds what is new in the log, and what other rules than those of the base apply to.
  private func foldOnto(
    _ base: inout FoldBase,
    _ change: Set<EventKind>,
    _ progress: ((FoldProgress) -> Void)?
  ) throws -> FoldedContents {
    base.contents.adopt(schema.schema.vocabulary)
    let revisions = try revisions(at: base.contents.revisions.array)
    // Which ids a merge within a family joins depends on types that no rule of an event names.
    if revisions.hasFamilies, !base.isFolded(by: schema.schema),
      base.schemaDigest != schema.schema.digest
    {
      return try foldAll(progress)
    }
    if change.isEmpty, base.contents.position == end.position {
      return FoldedContents(
        contents: base.takeContents(),
        schema: schema,
        end: end,
        work: FoldWork(),
        unsavedCount: base.unsavedCount
      )
    }
    let position = Int(base.contents.position.rawValue)
    let tailCount = Int(end.position.rawValue) - position
    var builder = GraphBuilder(
      resuming: base.takeContents(),
      isExtending: change.isEmpty && tailCount <= position / Self.extensionFactor
    )
    var work = FoldWork()
    if !change.isEmpty {
      work.refoldedCount = try foldAgain(change, in: builder, revisions, progress)
      if tailCount > 0 { builder = GraphBuilder(resuming: builder.takeContents()) }
    }
    if tailCount > 0 {
      work.newCount = try foldTail(
        into: builder,
        through: end.position,
        revisions,
        mayRevise: false,
        progress
      )
    }
    return folded(builder, work, unsavedCount: base.unsavedCount)
  }

  /// - Parameter unsavedCount: of what it was folded onto.
  private func folded(
    _ builder: GraphBuilder,
    _ work: FoldWork,
    unsavedCount: Int
  ) -> FoldedContents {
    FoldedContents(
      contents: builder.takeContents(),
      schema: schema,
      end: end,
      work: work,
      unsavedCount: unsavedCount + work.newCount + work.refoldedCount
    )
  }

  /// Folds the events of some kinds again, in the place of what they made before.
  private func foldAgain(
    _ kinds: Set<EventKind>,
    in builder: GraphBuilder,
    _ revisions: Revisions,
    _ progress: ((FoldProgress) -> Void)?
  ) throws -> Int {
    let eventKinds = builder.contents.eventKinds
    let positions = eventKinds.positions(ofKinds: eventKinds.kinds.map { kinds.contains($0) })
    builder.beginPatch(without: positions)
    let projection = Projection(schema: schema.schema, builder: builder, revisions: revisions)
    var folded = 0
    try log.read(at: positions) { record in
      _ = projection.fold(FoldInput(record))
      folded += 1
      if folded % Self.eventsPerProgress == 0 {
        progress?(FoldProgress(folded: folded, total: positions.count))
      }
    }
    builder.finishPatch()
    return positions.count
  }

  /// Folds what is behind the builder's position, up to another; returns how many events that were.
  ///
  /// - Parameter mayRevise: whether the revisions are those of all these events.
  func foldTail(
    into builder: GraphBuilder,
    through last: EventPosition,
    _ revisions: Revisions,
    mayRevise: Bool = true,
    _ progress: ((FoldProgress) -> Void)? = nil
  ) throws -> Int {
    let projection = Projection(schema: schema.schema, builder: builder, revisions: revisions)
    let first = builder.contents.position.rawValue + 1
    let count = Int(last.rawValue) - Int(first) + 1
    if count < FoldPipeline.eventCountWorthThreads {
      try log.read(from: EventPosition(first), limit: count) { record in
        let isRevision = Revisions.isRevision(record.type)
        if isRevision, !mayRevise { throw RevisionFound() }
        _ = projection.fold(FoldInput(record))
        if isRevision { builder.noteRevision(at: record.position) }
      }
      progress?(FoldProgress(folded: count, total: count))
      return count
    }
    let pipeline = FoldPipeline(log, from: EventPosition(first), count: count, projection)
    defer { pipeline.cancel() }
    var folded = 0
    while let piece = try pipeline.next() {
      if !mayRevise, !piece.revisions.isEmpty { throw RevisionFound() }
      projection.fold(piece.events)
      for position in piece.revisions { builder.noteRevision(at: position) }
      folded += piece.events.count
      progress?(FoldProgress(folded: folded, total: count))
      pipeline.recycle(piece)
    }
    return count
  }

  // MARK: Revisions

  /// What the events at these positions revise.
  func revisions(at positions: [UInt32]) throws -> Revisions {
    let parser = JSONParser()
    var records: [Revisions.Record] = []
    try log.read(at: positions) { event in
      let record = try Revisions.Record(
        position: event.position,
        type: event.type,
        source: event.source,
        data: event.data,
        parser: parser
      )
      if let record { records.append(record) }
    }
    return try Revisions(records) { reference in
      let position: EventPosition? =
        switch reference {
        case .position(let position): position
        case .identity(let source, let id): try log.position(ofSource: source, id: id)
        }
      guard let position, let event = try log.event(at: position) else { return nil }
      return Revisions.Original(position: position, time: event.eventTime)
    }
  }
}

extension FoldInput {
  init(_ record: EventRecord) {
    self.init(
      position: record.position,
      time: record.eventTime,
      type: record.type,
      source: record.source,
      dataVersion: record.dataVersion,
      data: record.data
    )
  }
}
