/// How the events of a graph were folded, by kind: what lets another schema know which of them it
/// folds otherwise.
public struct FoldAccount: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public var kind: EventKind
    /// How many events of the kind there are.
    public var eventCount: Int
    /// A digest of everything in the schema that decides what such an event claims; 32 bytes.
    public var digest: [UInt8]
    /// The types of edges that the rules of the kind make or end.
    public var edgeTypes: [String]
    /// Those of them that they may end.
    public var endedEdgeTypes: [String]

    public init(
      kind: EventKind,
      eventCount: Int,
      digest: [UInt8],
      edgeTypes: [String],
      endedEdgeTypes: [String]
    ) {
      self.kind = kind
      self.eventCount = eventCount
      self.digest = digest
      self.edgeTypes = edgeTypes
      self.endedEdgeTypes = endedEdgeTypes
    }
  }

  /// What made an account: equal origins make equal entries.
  public struct Origin: Hashable, Sendable {
    /// The digest of the schema's text, 32 bytes.
    public var textDigest: [UInt8]
    /// Of the program that folds: another one may make something else of the same text.
    public var foldVersion: UInt64

    public init(textDigest: [UInt8], foldVersion: UInt64) {
      self.textDigest = textDigest
      self.foldVersion = foldVersion
    }
  }

  public var origin: Origin
  /// In the order of the kinds.
  public var entries: [Entry]

  public init(origin: Origin, entries: [Entry]) {
    self.origin = origin
    self.entries = entries.sorted { $0.kind < $1.kind }
  }

  var bytes: [UInt8] {
    var sink = ByteSink()
    sink.write(FlatArray(origin.textDigest))
    sink.write(origin.foldVersion)
    sink.write(entries.count)
    for entry in entries {
      sink.write(entry.kind.type)
      sink.write(UInt64(entry.kind.version))
      sink.write(entry.kind.replacementType)
      sink.write(entry.eventCount)
      sink.write(FlatArray(entry.digest))
      sink.write(entry.edgeTypes)
      sink.write(entry.endedEdgeTypes)
    }
    return sink.bytes
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
    var source = ContentsSource(bytes)
    let textDigest: FlatArray<UInt8> = try source.array()
    origin = Origin(textDigest: textDigest.array, foldVersion: try source.number())
    entries = []
    for _ in 0..<(try source.count()) {
      let kind = EventKind(
        type: try source.string(),
        version: UInt32(truncatingIfNeeded: try source.number()),
        replacementType: try source.string()
      )
      let eventCount = Int(truncatingIfNeeded: try source.number())
      let digest: FlatArray<UInt8> = try source.array()
      entries.append(
        Entry(
          kind: kind,
          eventCount: eventCount,
          digest: digest.array,
          edgeTypes: try source.strings(),
          endedEdgeTypes: try source.strings()
        )
      )
    }
  }
}

/// Gathers what is written.
struct ByteSink: ContentsSink {
  var bytes: [UInt8] = []

  mutating func write(_ bytes: UnsafeRawBufferPointer) {
    self.bytes.append(contentsOf: bytes)
  }
}
