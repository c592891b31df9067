public import EventStorage
public import GraphModel
import GraphStorage
import JSONTape
import Projections

extension Store {
  /// Gives the events from a position on to `body`, in order.
  ///
  /// - Parameters:
  ///   - entity: only events whose data names this id.
  ///   - limit: how many at most.
  /// - Returns: the last position that was read.
  @discardableResult
  public func events(
    from first: EventPosition = EventPosition(1),
    limit: Int = .max,
    entity: String? = nil,
    _ body: (EventRecord) throws -> Void
  ) throws -> EventPosition {
    guard let entity else { return try log.read(from: first, limit: limit, body: body) }
    let parser = JSONParser()
    let id = Array(entity.utf8)
    var given = 0
    return try log.read(from: first) { record in
      guard given < limit, Self.names(id, record.data, parser) else { return }
      given += 1
      try body(record)
    }
  }

  /// Whether some string value of the data is the id.
  private static func names(
    _ id: [UInt8],
    _ data: UnsafeRawBufferPointer,
    _ parser: JSONParser
  ) -> Bool {
    guard let tape = try? parser.parse(data) else { return false }
    return contains(id, at: tape.root, of: tape)
  }

  private static func contains(_ id: [UInt8], at index: Int, of tape: JSONTape) -> Bool {
    switch tape.kind(at: index) {
    case .string: return tape.string(at: index).elementsEqual(id)
    case .array:
      var item = tape.firstChild(of: index)
      while item < tape.end(of: index) {
        if contains(id, at: item, of: tape) { return true }
        item = tape.index(after: item)
      }
      return false
    case .object:
      var member = tape.firstChild(of: index)
      while member < tape.end(of: index) {
        if contains(id, at: member + 1, of: tape) { return true }
        member = tape.index(after: member + 1)
      }
      return false
    default: return false
    }
  }

  /// Re-reads every event and says what is damaged.
  ///
  /// - Parameter knownEnds: positions with roots that were written down; the log must extend them.
  public func verify(knownEnds: [LogEnd] = []) throws(StoreFailure) -> VerificationReport {
    do throws(StoreError) {
      return try log.verify(knownEnds: knownEnds)
    } catch {
      throw StoreFailure(error)
    }
  }

  /// What the store is like: counts, positions, sizes, root, schema.
  public func info() throws(StoreFailure) -> StoreInfo {
    let graph = try graph()
    let contents = graph.graph.contents
    do throws(StoreError) {
      return StoreInfo(
        log: try log.info(),
        schemaName: graph.schema.schema.name,
        schemaVersion: graph.schema.schema.version,
        schemaDigest: hexadecimal(graph.schema.schema.digest),
        schemaPosition: graph.schema.position,
        nodeCounts: Self.nodeCounts(of: graph),
        edgeCounts: contents.edgeTypes.map { ($0.type, $0.count) },
        quarantinedCount: contents.quarantined.count
      )
    } catch {
      throw StoreFailure(error)
    }
  }

  private static func nodeCounts(of folded: FoldedGraph) -> [(label: String, count: Int)] {
    let contents = folded.graph.contents
    var counts = [Int](repeating: 0, count: contents.labels.count)
    var countOfSet = [Int](repeating: 0, count: contents.labelSets.count)
    for set in contents.nodeLabelSets.array { countOfSet[Int(set)] += 1 }
    for (set, count) in countOfSet.enumerated() {
      for label in contents.labelSets[set] { counts[Int(label)] += count }
    }
    return zip(contents.labels, counts).map { ($0, $1) }
  }
}

/// What a store is like.
public struct StoreInfo: Sendable {
  public var log: LogInfo
  public var schemaName: String
  public var schemaVersion: Int
  /// SHA-256 in hexadecimal.
  public var schemaDigest: String
  public var schemaPosition: EventPosition
  /// A node counts for each of its labels.
  public var nodeCounts: [(label: String, count: Int)]
  public var edgeCounts: [(type: String, count: Int)]
  public var quarantinedCount: Int
}
