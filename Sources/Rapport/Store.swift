public import EventStorage
public import GraphModel
import GraphStorage
import Projections
public import Queries
import SourceText
import Synchronization
import SystemPackage

/// A store: an event log, the graph that its schema makes of it, and the queries over that.
///
/// ```swift
/// let store = try Store.create(at: "meetings")
/// try store.ingest([.file("events.ndjson")])
/// let answer = try store.query("MATCH (p:Person) RETURN p.name AS name")
/// ```
///
/// For use from several threads. Reads see the last commit; a query runs
/// against one graph from start to end. A process has a store open once.
public final class Store: Sendable {
  /// The store's directory.
  public let path: String
  public let isReadOnly: Bool
  let log: EventLog
  private let state = Mutex(State())
  /// Held by who folds.
  private let foldingTurn = Mutex(())
  let imageWriter = ImageWriter()

  private struct State {
    var schema: AppliedSchema?
    var graph: FoldedGraph?
    /// The commit that the graph's end was read from; `nil` where that was not looked at.
    var commit: Int?
    /// What an ingestion has folded; nobody has asked for it yet.
    var ingested: FoldBase?
  }

  private init(log: EventLog) {
    self.log = log
    path = log.path
    isReadOnly = log.isReadOnly
  }

  /// Makes a new store at `path`: a directory that does not exist, or is empty.
  ///
  /// Its first event is the schema.
  ///
  /// - Parameter schema: `nil` for the shipped one.
  public static func create(
    at path: String,
    schema: SchemaFile? = nil
  ) throws(StoreFailure) -> Store {
    let file = schema ?? .shipped
    // A schema with errors must not leave an empty store behind.
    _ = try file.load()
    let store: Store
    do throws(StoreError) {
      store = Store(log: try EventLog.create(at: path))
    } catch {
      throw StoreFailure(error)
    }
    try store.begin(with: file)
    return store
  }

  /// Makes a store without any event at `path`, to restore a whole export into.
  ///
  /// It is of use once ``ingest(_:options:)`` with ``IngestOptions/isRestoring`` has put the
  /// export's schema, its first event, in place.
  public static func createEmpty(at path: String) throws(StoreFailure) -> Store {
    do throws(StoreError) {
      return Store(log: try EventLog.create(at: path))
    } catch {
      throw StoreFailure(error)
    }
  }

  /// Opens the store at `path`.
  public static func open(at path: String, readOnly: Bool = false) throws(StoreFailure) -> Store {
    var options = EventLog.Options()
    options.isReadOnly = readOnly
    do throws(StoreError) {
      return Store(log: try EventLog.open(at: path, options: options))
    } catch {
      throw StoreFailure(error)
    }
  }

  /// The last event, and the root that stands for the whole log.
  public func end() throws(StoreFailure) -> LogEnd {
    do throws(StoreError) {
      return try log.end()
    } catch {
      throw StoreFailure(error)
    }
  }

  // MARK: Schema

  /// The schema that is in force, and the event that applied it.
  public func schema() throws(StoreFailure) -> AppliedSchema {
    let known = state.withLock { $0.schema }
    guard let newest = try newestSchema(after: known) else {
      throw StoreFailure(
        .data,
        "\"\(path)\" has no schema: its creation was interrupted; "
          + "delete it and run \"rapport init \(path)\" again"
      )
    }
    state.withLock { $0.schema = newest }
    return newest
  }

  /// Writes the first schema into the log.
  private func begin(with file: SchemaFile) throws(StoreFailure) {
    let event = SchemaEvent.event(number: 1, file: file, schema: try file.load())
    var batch = EventBatch()
    do {
      let parser = EnvelopeParser(options: .init(defaultSource: SchemaEvent.source))
      _ = try parser.add(event, to: &batch)
      try log.append(batch)
    } catch {
      throw StoreFailure(any: error)
    }
  }

  /// The schema that is in force, or `nil` in a store without any event.
  func schemaIfAny() throws(StoreFailure) -> AppliedSchema? {
    try end().position.rawValue == 0 ? nil : try schema()
  }

  /// The last schema in the log; `known` is returned again where no newer one is there.
  private func newestSchema(after known: AppliedSchema?) throws(StoreFailure) -> AppliedSchema? {
    var number = known?.number ?? 0
    do throws(StoreError) {
      while try log.position(ofSource: SchemaEvent.source, id: SchemaEvent.id(of: number + 1))
        != nil
      {
        number += 1
      }
    } catch {
      throw StoreFailure(error)
    }
    return number == known?.number ? known : try schema(number: number)
  }

  // MARK: Graph

  /// The graph of everything that is committed.
  func graph(
    progress: ((FoldProgress) -> Void)? = nil
  ) throws(StoreFailure) -> FoldedGraph {
    if let commit = log.commitNumber, let current = currentGraph(at: commit) { return current }
    if let current = currentGraph(at: try committedEnd(), of: try schema()) { return current }
    return try foldingTurn.withLock { _ throws(StoreFailure) in
      // Asked for again: who had to wait takes what others have folded meanwhile, and never goes
      // back to an end that the graph has passed.
      let (end, schema) = (try committedEnd(), try schema())
      if let current = currentGraph(at: end, of: schema) { return current }
      let folding = Folding(log: log, schema: schema, end: end.end)
      var graph = try folding.graph(
        after: takeBase(upTo: end.end),
        from: imageFile,
        progress: progress
      )
      if ImageWriter.isWorthAnImage(unsavedCount: graph.unsavedCount, end: end.end.position),
        imageWriter.begin(imageFile, graph, key: folding.key)
      {
        graph = graph.saved()
      }
      remember(graph, of: end.commit)
      return graph
    }
  }

  private func committedEnd() throws(StoreFailure) -> (end: LogEnd, commit: Int) {
    do throws(StoreError) {
      return try log.committedEnd()
    } catch {
      throw StoreFailure(error)
    }
  }

  /// The graph at hand, where it is known that nothing was committed since.
  private func currentGraph(at commit: Int) -> FoldedGraph? {
    state.withLock { $0.commit == commit ? $0.graph : nil }
  }

  /// The graph at hand, where it is of that end, and of the schema that was in force then or later.
  private func currentGraph(
    at end: (end: LogEnd, commit: Int),
    of schema: AppliedSchema
  ) -> FoldedGraph? {
    state.withLock { state in
      guard let graph = state.graph, graph.end == end.end,
        graph.schema.position == schema.position
      else { return nil }
      state.commit = end.commit
      return graph
    }
  }

  /// The graph at hand, to go on from.
  ///
  /// It is not kept: what no query uses any more is changed in place, and copied otherwise.
  private func takeBase(upTo end: LogEnd) -> FoldBase? {
    state.withLock { state -> FoldBase? in
      let known = state.graph?.end.position.rawValue ?? 0
      if let ingested = state.ingested.take(), ingested.contents.position.rawValue > known,
        ingested.contents.position <= end.position
      {
        return ingested
      }
      guard let graph = state.graph, graph.end.position <= end.position else { return nil }
      state.graph = nil
      state.commit = nil
      return graph.base
    }
  }

  /// The last event in the graph that an ingestion has made, and that nobody has asked for yet.
  var ingestedPosition: EventPosition? { state.withLock { $0.ingested?.contents.position } }

  /// Keeps the graph that an ingestion has made for who asks next.
  func keep(_ ingested: FoldBase?) {
    state.withLock { $0.ingested = ingested }
  }

  /// What a schema of the log makes of it up to a commit: from the graph at hand or the image.
  func contents(
    at end: LogEnd,
    of schema: AppliedSchema,
    progress: ((FoldProgress) -> Void)?
  ) throws(StoreFailure) -> FoldedContents {
    let earlier = state.withLock { $0.graph }
    return try Folding(log: log, schema: schema, end: end).contents(
      after: earlier.flatMap { $0.end.position <= end.position ? $0.base : nil },
      from: imageFile,
      progress: progress
    )
  }

  /// Keeps a graph for those who ask next.
  ///
  /// - Parameter commit: that its end was read from, where that is known.
  private func remember(_ graph: FoldedGraph, of commit: Int? = nil) {
    state.withLock { state in
      state.graph = graph
      state.commit = commit
    }
  }

  var imageFile: ImageFile {
    ImageFile(directory: FilePath(path).appending(StoreFormat.imageDirectoryName))
  }

  /// SHA-256 of the graph of everything that is committed: equal for equal logs and schemas.
  public func graphDigest() throws(StoreFailure) -> [UInt8] {
    GraphImage.digest(of: try graph().graph.contents)
  }

  /// Folds the whole log again, and compares with the graph that it replaces.
  public func rebuild(
    progress: ((FoldProgress) -> Void)? = nil
  ) throws(StoreFailure) -> RebuildReport {
    let schema = try schema()
    let end = try end()
    let image = imageFile
    let folding = Folding(log: log, schema: schema, end: end)
    let former = try formerDigest(folding, image)
    let start = monotonicSeconds()
    let graph = try folding.graph(from: nil, progress: progress)
    let seconds = monotonicSeconds() - start
    imageWriter.wait()
    let digest = try folding.write(graph, to: image, isReadOnly: isReadOnly)
    remember(graph.saved())
    return RebuildReport(
      eventCount: Int(end.position.rawValue),
      seconds: seconds,
      nodeCount: graph.graph.nodeCount,
      edgeCount: graph.graph.contents.edgeCount,
      quarantinedCount: graph.graph.contents.quarantined.count,
      digest: digest,
      formerDigest: former
    )
  }

  /// The digest of the graph that a rebuild replaces; `nil` where there is no image of it.
  private func formerDigest(
    _ folding: Folding,
    _ image: ImageFile
  ) throws(StoreFailure) -> [UInt8]? {
    guard folding.usableAccount(of: image) != nil else { return nil }
    let former = try folding.contents(from: image, progress: nil)
    return former.work.isFull ? nil : GraphImage.digest(of: former.contents)
  }

  /// Makes the graph of everything that is committed ready, so that the next query, of whatever
  /// process, finds it: folds where there is so much to fold that this is worth an image.
  ///
  /// Returns when the image is written.
  public func prepare(progress: ((FoldProgress) -> Void)? = nil) throws(StoreFailure) {
    let end = try end()
    // Of few events, and of none, there is nothing to ask the schema.
    if isWorthAnImage(at: end, savedCount: 0) {
      let schema = try schema()
      let image = Folding(log: log, schema: schema, end: end).usableAccount(of: imageFile)
      let isSaved =
        image?.account.origin == schema.schema.foldOrigin
        || image?.key.schemaDigest == schema.schema.digest
      let savedCount = isSaved ? Int(image?.key.position.rawValue ?? 0) : 0
      if isWorthAnImage(at: end, savedCount: savedCount) {
        _ = try graph(progress: progress)
      }
    }
    finishBackgroundWork()
  }

  private func isWorthAnImage(at end: LogEnd, savedCount: Int) -> Bool {
    let unsavedCount = Int(end.position.rawValue) - savedCount
    return ImageWriter.isWorthAnImage(unsavedCount: unsavedCount, end: end.position)
  }

  /// Returns when nothing is done in the background any more.
  ///
  /// A process that ends earlier loses no event; the next has to do that work again.
  public func finishBackgroundWork() {
    imageWriter.wait()
  }

  // MARK: Queries

  /// Answers a query.
  ///
  /// - Parameter name: what messages call the text, such as a file's name.
  public func query(
    _ text: String,
    name: String = "query",
    parameters: [String: Value] = [:],
    options: QueryOptions = QueryOptions()
  ) throws(StoreFailure) -> QueryAnswer {
    try StoreView(store: self, graph: graph())
      .query(text, name: name, parameters: parameters, options: options)
  }
}

/// The rows of a query, and what they were answered from.
public struct QueryAnswer: Sendable {
  public let result: QueryResult
  /// The last event that the graph knew.
  public let end: LogEnd
  /// SHA-256 of the schema, in hexadecimal.
  public var schemaDigest: String { hexadecimal(graph.schema.schema.digest) }
  /// Events that the schema could not fold, which the answer hence lacks.
  public let quarantinedCount: Int
  private let graph: FoldedGraph

  init(result: QueryResult, graph: FoldedGraph) {
    self.result = result
    self.graph = graph
    end = graph.end
    quarantinedCount = graph.graph.contents.quarantined.count
  }
}

/// What ``Store/rebuild(progress:)`` did.
public struct RebuildReport: Sendable {
  public var eventCount: Int
  public var seconds: Double
  public var nodeCount: Int
  public var edgeCount: Int
  public var quarantinedCount: Int
  /// SHA-256 of the graph.
  public var digest: [UInt8]
  /// That of the graph it replaces; `nil` where there was none of this log and schema.
  public var formerDigest: [UInt8]?
}

/// Bytes as hexadecimal digits.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}
