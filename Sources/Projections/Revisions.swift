public import GraphModel
public import JSONTape

/// What later events say about earlier ones: retractions, corrections, withdrawals, merges.
///
/// Made before a fold from all `rapport.*` events of the log. A revision that is
/// itself retracted or withdrawn later does not count.
public struct Revisions: Sendable {
  /// How a revision names the event that it is about.
  public enum Reference: Hashable, Sendable {
    case position(EventPosition)
    case identity(source: String, id: String)
  }

  /// An event that a revision is about.
  public struct Original: Hashable, Sendable {
    public var position: EventPosition
    /// In microseconds since 1970.
    public var time: Int64

    public init(position: EventPosition, time: Int64) {
      self.position = position
      self.time = time
    }
  }

  /// Two ids that are one thing.
  public struct Alias: Hashable, Sendable {
    /// The id that finds the other's node.
    public let merged: String
    /// The id that the node has; itself never merged into another.
    public let kept: String
    /// The family in which it holds; `nil`: in all.
    public let family: String?
  }

  /// A revising event of the log.
  public struct Record: Sendable {
    let position: EventPosition
    let source: String
    let kind: Kind

    enum Kind: Sendable {
      case retracted(Reference)
      case corrected(Reference)
      case withdrawn(source: String)
      case merged(Merge)
      case split(Merge)
    }

    struct Merge: Hashable, Sendable {
      var keep: String
      var merge: String
      var family: String?
    }

    /// Reads an event; `nil` where its type revises nothing.
    ///
    /// - Throws: why its data does not say what it revises.
    public init?(
      position: EventPosition,
      type: UnsafeRawBufferPointer,
      source: UnsafeRawBufferPointer,
      data: UnsafeRawBufferPointer,
      parser: JSONParser
    ) throws(DataError) {
      let type = String(decoding: type, as: UTF8.self)
      guard Revisions.types.contains(type) else { return nil }
      self.position = position
      self.source = String(decoding: source, as: UTF8.self)
      let tape: JSONTape
      do {
        tape = try parser.parse(data)
      } catch {
        throw DataError(path: "data", expected: "JSON", found: error.message)
      }
      let reader = EventReader(plans: BuiltInEvents.plans)
      guard let plan = BuiltInEvents.plans.first(where: { $0.type.name == type }) else {
        return nil
      }
      _ = try reader.decode(plan, version: 1, tape, at: tape.root)
      kind = try Self.kind(of: type, tape)
    }

    private static func kind(of type: String, _ tape: JSONTape) throws(DataError) -> Kind {
      let data = tape.root
      try BuiltInEvents.check(type, tape, at: data)
      switch type {
      case BuiltInEvents.retracted:
        return .retracted(try BuiltInEvents.reference(tape, at: data))
      case BuiltInEvents.corrected:
        return .corrected(try BuiltInEvents.reference(tape, at: data))
      case BuiltInEvents.withdrawn:
        return .withdrawn(source: BuiltInEvents.string("source", tape, data) ?? "")
      default:
        let merge = Merge(
          keep: BuiltInEvents.string("keep", tape, data) ?? "",
          merge: BuiltInEvents.string("merge", tape, data) ?? "",
          family: BuiltInEvents.string("family", tape, data)
        )
        return type == BuiltInEvents.merged ? .merged(merge) : .split(merge)
      }
    }
  }

  /// The type of the events that say that two ids are one thing.
  public static let mergeType = BuiltInEvents.merged

  /// The types of the events that revise others; when one arrives, the log is folded anew.
  public static let types = [
    BuiltInEvents.retracted, BuiltInEvents.corrected, BuiltInEvents.withdrawn,
    BuiltInEvents.merged, BuiltInEvents.split,
  ]

  /// Whether events of that type revise others.
  public static func isRevision(_ type: UnsafeRawBufferPointer) -> Bool {
    // Most events are of the schema's types.
    guard type.count > 8, type[0] == UInt8(ascii: "r"), type[7] == UInt8(ascii: ".") else {
      return false
    }
    return types.contains { $0.utf8.elementsEqual(type) }
  }

  private var excluded: Set<UInt32> = []
  /// For each withdrawn source the position before which its events do not count.
  private var withdrawals: [String: UInt32] = [:]
  private var originalTimes: [UInt32: Int64] = [:]
  /// In the order in which they were merged.
  public private(set) var aliases: [Alias] = []

  /// Revises nothing.
  public init() {}

  /// - Parameters:
  ///   - records: all revising events of the log, in its order.
  ///   - locate: finds the event that a revision names; `nil` where there is none.
  public init(
    _ records: [Record],
    locate: (Reference) throws -> Original?
  ) rethrows {
    var merges: [Record] = []
    // From the last on, so that it is known whether a revision counts when its turn comes.
    for record in records.reversed() where !isExcluded(record.position, source: record.source) {
      switch record.kind {
      case .retracted(let reference), .corrected(let reference):
        guard let original = try locate(reference), original.position < record.position else {
          continue
        }
        excluded.insert(original.position.rawValue)
        if case .corrected = record.kind {
          originalTimes[record.position.rawValue] = original.time
        }
      case .withdrawn(let source):
        withdrawals[source] = max(withdrawals[source] ?? 0, record.position.rawValue)
      case .merged, .split: merges.append(record)
      }
    }
    aliases = Self.aliases(of: merges.reversed())
  }

  /// Whether nothing is revised.
  public var isEmpty: Bool {
    excluded.isEmpty && withdrawals.isEmpty && originalTimes.isEmpty && aliases.isEmpty
  }

  /// Whether ids were merged within a family of nodes only.
  public var hasFamilies: Bool { aliases.contains { $0.family != nil } }

  /// Whether an event says nothing to the graph any more.
  public func isExcluded(_ position: EventPosition, source: UnsafeRawBufferPointer) -> Bool {
    if excluded.contains(position.rawValue) { return true }
    guard !withdrawals.isEmpty else { return false }
    return isExcluded(position, source: String(decoding: source, as: UTF8.self))
  }

  private func isExcluded(_ position: EventPosition, source: String) -> Bool {
    excluded.contains(position.rawValue)
      || withdrawals[source].map { position.rawValue < $0 } ?? false
  }

  /// The time of the event that a `rapport.event.corrected` at that position corrects.
  public func originalTime(ofCorrection position: EventPosition) -> Int64? {
    originalTimes[position.rawValue]
  }

  private static func aliases(of records: [Record]) -> [Alias] {
    var merges: [Record.Merge] = []
    for record in records {
      switch record.kind {
      case .merged(let merge): merges.append(merge)
      case .split(let merge): merges.removeAll { $0 == merge }
      default: break
      }
    }
    var aliases: [Alias] = []
    for (index, merge) in merges.enumerated() {
      // Merges before and after may have moved the kept id itself.
      var kept = merge.keep
      var seen: Set<String> = [merge.merge]
      while seen.insert(kept).inserted,
        let next = merges.first(where: {
          $0.merge == kept && ($0.family == nil || $0.family == merge.family)
        })
      {
        kept = next.keep
      }
      let isRepeated = merges[..<index].contains {
        $0.merge == merge.merge && $0.family == merge.family
      }
      guard kept != merge.merge, !isRepeated else { continue }
      aliases.append(Alias(merged: merge.merge, kept: kept, family: merge.family))
    }
    return aliases
  }
}
