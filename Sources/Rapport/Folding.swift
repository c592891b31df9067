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
struct FoldedGraph: Sendable {
  let graph: Graph
  let engine: QueryEngine
  let schema: AppliedSchema
  let end: LogEnd
}

/// Makes the graph of a log: from an image and what came after it, or from nothing.
struct Folding {
  let log: EventLog
  let schema: AppliedSchema
  let end: LogEnd

  /// A tail shorter than this is folded again at each opening rather than written to an image.
  private static let eventCountWorthAnImage = 5_000
  private static let eventsPerProgress = 16_384

  /// The graph at ``end``.
  ///
  /// - Parameters:
  ///   - earlier: a graph of the same log and schema to go on from.
  ///   - image: where to look for one otherwise; with neither, everything is folded.
  func graph(
    after earlier: GraphContents? = nil,
    from image: ImageFile?,
    writesImage: Bool,
    progress: ((FoldProgress) -> Void)?
  ) throws(StoreFailure) -> FoldedGraph {
    let base = earlier ?? image.flatMap { usableContents(of: $0) }
    let builder = GraphBuilder(resuming: base ?? GraphContents())
    let start = builder.contents.position
    let graph: Graph
    if start < end.position || base == nil {
      graph = try foldTail(into: builder, progress: progress)
    } else {
      graph = builder.publish()
    }
    let folded = FoldedGraph(
      graph: graph,
      engine: QueryEngine(graph: graph, catalog: QueryCatalog(schema.schema)),
      schema: schema,
      end: end
    )
    let tailCount = Int(end.position.rawValue) - Int(start.rawValue)
    if writesImage, let image, tailCount >= Self.eventCountWorthAnImage {
      _ = image.write(graph.contents, key: key)
    }
    return folded
  }

  /// The digest of the graph that a rebuild replaces, brought up to ``end``.
  func formerDigest(_ image: ImageFile) throws(StoreFailure) -> [UInt8]? {
    guard let contents = usableContents(of: image) else { return nil }
    let builder = GraphBuilder(resuming: contents)
    if contents.position < end.position { _ = try foldTail(into: builder, progress: nil) }
    return GraphImage.digest(of: builder.contents)
  }

  /// Writes an image, and returns the graph's digest.
  func write(
    _ folded: FoldedGraph,
    to image: ImageFile,
    isReadOnly: Bool
  ) throws(StoreFailure) -> [UInt8] {
    if !isReadOnly, let digest = image.write(folded.graph.contents, key: key) { return digest }
    return GraphImage.digest(of: folded.graph.contents)
  }

  private var key: ImageKey {
    ImageKey(position: end.position, root: end.root.bytes, schemaDigest: schema.schema.digest)
  }

  /// The contents of an image of this log under this schema, or `nil`: an image is never trusted.
  private func usableContents(of image: ImageFile) -> GraphContents? {
    guard let key = image.header()?.key,
      key.schemaDigest == schema.schema.digest, key.position <= end.position,
      let root = try? log.committedRoot(at: key.position), root.bytes == key.root
    else { return nil }
    return image.contents()
  }

  /// Folds what is behind the builder's position.
  ///
  /// Where that revises earlier events, everything is folded anew without what they revise.
  private func foldTail(
    into builder: GraphBuilder,
    progress: ((FoldProgress) -> Void)?
  ) throws(StoreFailure) -> Graph {
    do {
      let known = try revisions(at: builder.contents.revisions.array)
      do {
        return try fold(into: builder, known, mayRevise: false, progress: progress)
      } catch is RevisionFound {
        let all = try revisions(at: positionsOfRevisions())
        return try fold(into: GraphBuilder(), all, mayRevise: true, progress: progress)
      }
    } catch {
      throw StoreFailure(any: error)
    }
  }

  /// Thrown at an event that revises what was folded already.
  private struct RevisionFound: Error {}

  private func fold(
    into builder: GraphBuilder,
    _ revisions: Revisions,
    mayRevise: Bool,
    progress: ((FoldProgress) -> Void)?
  ) throws -> Graph {
    let projection = Projection(schema: schema.schema, builder: builder, revisions: revisions)
    let first = builder.contents.position.rawValue + 1
    let count = Int(end.position.rawValue) - Int(first) + 1
    var folded = 0
    try log.read(from: EventPosition(first), limit: count) { record in
      let isRevision = Revisions.isRevision(record.type)
      if isRevision, !mayRevise { throw RevisionFound() }
      _ = projection.fold(
        FoldInput(
          position: record.position,
          time: record.eventTime,
          type: record.type,
          source: record.source,
          dataVersion: record.dataVersion,
          data: record.data
        )
      )
      if isRevision { builder.noteRevision() }
      folded += 1
      if folded % Self.eventsPerProgress == 0 {
        progress?(FoldProgress(folded: folded, total: count))
      }
    }
    return builder.publish()
  }

  private func positionsOfRevisions() throws -> [UInt32] {
    var positions: [UInt32] = []
    try log.read(limit: Int(end.position.rawValue)) { record in
      if Revisions.isRevision(record.type) { positions.append(record.position.rawValue) }
    }
    return positions
  }

  /// What the events at these positions revise.
  private func revisions(at positions: [UInt32]) throws -> Revisions {
    let parser = JSONParser()
    var records: [Revisions.Record] = []
    for position in positions {
      try log.read(from: EventPosition(position), limit: 1) { event in
        let record = try Revisions.Record(
          position: event.position,
          type: event.type,
          source: event.source,
          data: event.data,
          parser: parser
        )
        if let record { records.append(record) }
      }
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
