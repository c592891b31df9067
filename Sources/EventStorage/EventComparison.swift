import JSONTape

/// Decides whether two events of one source and id are the same event.
struct EventComparison {
  /// Made when it is needed: events that are the same mostly have the same bytes.
  private var parser: JSONParser?

  /// Attributes that are compared by what they mean, not by how they are written.
  private static func isComparedByValue(_ name: UnsafeRawBufferPointer) -> Bool {
    Envelope.Attribute.equal(name, "dataversion") || Envelope.Attribute.equal(name, "certainty")
  }

  /// What of an event stands outside of its content.
  struct Facts {
    var eventTime: Int64?
    var dataVersion: UInt32
    var certainty: Certainty
  }

  /// Whether `incoming` says what `existing` says.
  ///
  /// That is the same type, time, version and certainty, and the same JSON by RFC 8785. An
  /// incoming event without a time agrees with any, and so does one without a version.
  mutating func isSame(
    _ incoming: EventContent,
    _ incomingFacts: Facts,
    as existing: EventContent,
    _ existingFacts: Facts
  ) -> Bool {
    if let time = incomingFacts.eventTime, time != existingFacts.eventTime { return false }
    let version = incomingFacts.dataVersion
    guard version == 0 || version == existingFacts.dataVersion,
      incomingFacts.certainty == existingFacts.certainty,
      incoming.type.hasBytes(of: existing.type),
      incoming.source.hasBytes(of: existing.source),
      incoming.id.hasBytes(of: existing.id)
    else { return false }
    return isSameJSON(incoming.data, existing.data)
      && isSameJSON(incoming.extensions, existing.extensions)
  }

  private mutating func isSameJSON(
    _ left: UnsafeRawBufferPointer,
    _ right: UnsafeRawBufferPointer
  ) -> Bool {
    if left.hasBytes(of: right) { return true }
    guard let left = canonical(left), let right = canonical(right) else { return false }
    return left == right
  }

  private mutating func canonical(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    var bytes: [UInt8] = []
    if text.isEmpty { return Array("{}".utf8) }
    let parser = parser ?? JSONParser()
    self.parser = parser
    guard let tape = try? parser.parse(text), tape.kind(at: tape.root) == .object else {
      return nil
    }
    CanonicalJSON.appendObject(tape, tape.root, to: &bytes) { !Self.isComparedByValue($0) }
    return bytes
  }
}
