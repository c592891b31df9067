import JSONTape

/// The attributes of one line, found and checked one by one.
struct Envelope {
  /// The attributes that the log knows.
  enum Attribute: Int, CaseIterable {
    case type, source, id, time, data, specversion, dataversion, certainty, evidence
    case subject, correlationid, causationid, dataref, position, recordedtime

    /// The spelling in events.
    var spelling: String { "\(self)" }

    init?(_ name: UnsafeRawBufferPointer) {
      switch name.count {
      case 2 where Self.equal(name, "id"): self = .id
      case 4 where Self.equal(name, "type"): self = .type
      case 4 where Self.equal(name, "data"): self = .data
      case 4 where Self.equal(name, "time"): self = .time
      case 6 where Self.equal(name, "source"): self = .source
      case 7 where Self.equal(name, "subject"): self = .subject
      case 7 where Self.equal(name, "dataref"): self = .dataref
      case 8 where Self.equal(name, "evidence"): self = .evidence
      case 8 where Self.equal(name, "position"): self = .position
      case 9 where Self.equal(name, "certainty"): self = .certainty
      case 11 where Self.equal(name, "specversion"): self = .specversion
      case 11 where Self.equal(name, "dataversion"): self = .dataversion
      case 11 where Self.equal(name, "causationid"): self = .causationid
      case 12 where Self.equal(name, "recordedtime"): self = .recordedtime
      case 13 where Self.equal(name, "correlationid"): self = .correlationid
      default: return nil
      }
    }

    static func equal(_ name: UnsafeRawBufferPointer, _ wanted: StaticString) -> Bool {
      name.hasBytes(
        of: UnsafeRawBufferPointer(start: wanted.utf8Start, count: wanted.utf8CodeUnitCount)
      )
    }
  }

  /// A value of the envelope: where it is in the line, and on the tape.
  struct Member {
    var slice: RawJSON.Slice
    var tapeIndex: Int
    /// The attribute's name, unescaped.
    var name: UnsafeRawBufferPointer
  }

  /// By the attribute's raw value; `nil` for one that is not there, or null.
  private var known: [Member?]
  /// Members that are kept as extension attributes, in the order they came.
  private var kept: [Member] = []
  /// The object of extension attributes, minified; empty where there is none.
  private(set) var extensions: [UInt8] = []
  /// The data, minified; empty where the line has it so.
  private var data: [UInt8] = []
  /// The type, once it is known, for messages.
  var eventType: UnsafeRawBufferPointer?

  init() {
    known = Array(repeating: nil, count: Attribute.allCases.count)
  }

  /// One that must not be used, to hold the place of another.
  init(unallocated: ()) {
    known = []
  }

  subscript(attribute: Attribute) -> Member? { known[attribute.rawValue] }

  mutating func removeAll() {
    for index in known.indices { known[index] = nil }
    // Most events have none of these, and emptying what is empty takes time.
    if !kept.isEmpty { kept.removeAll(keepingCapacity: true) }
    if !extensions.isEmpty { extensions.removeAll(keepingCapacity: true) }
    if !data.isEmpty { data.removeAll(keepingCapacity: true) }
    eventType = nil
  }

  private func error(
    _ reason: EventError.Reason,
    _ member: Member,
    _ line: UnsafeRawBufferPointer
  ) -> EventError {
    EventError(
      reason,
      at: member.slice.start,
      in: line,
      path: String(decoding: member.name, as: UTF8.self),
      eventType: eventType.map { String(decoding: $0, as: UTF8.self) }
    )
  }

  func missing(_ attribute: Attribute, _ line: UnsafeRawBufferPointer) -> EventError {
    EventError(
      .missing("\"\(attribute.spelling)\""),
      at: 0,
      in: line,
      eventType: eventType.map { String(decoding: $0, as: UTF8.self) }
    )
  }

  /// Finds the members of the line's object, in the line and on the tape.
  mutating func collect(
    _ tape: JSONTape,
    of line: UnsafeRawBufferPointer
  ) throws(EventError) {
    var token = 1
    var index = tape.firstChild(of: tape.root)
    let end = tape.end(of: tape.root)
    while index < end {
      let nameStart = tape.offset(ofToken: token)
      // Behind the name and the colon.
      token += 2
      let slice = RawJSON.value(line, tape, at: &token)
      // Behind the comma.
      token += 1
      let member = Member(slice: slice, tapeIndex: index + 1, name: tape.string(at: index))
      index = tape.index(after: index + 1)
      // CloudEvents: an attribute that is null is as good as not there.
      let isNull = tape.kind(at: member.tapeIndex) == .null
      if let attribute = Attribute(member.name) {
        if !isNull { known[attribute.rawValue] = member }
        switch attribute {
        case .type, .data:
          if isNull {
            throw error(.expected(Self.phrase(of: attribute), found: "null"), member, line)
          }
          continue
        case .source, .id, .time, .specversion, .position, .recordedtime: continue
        case .dataversion, .certainty, .evidence, .subject, .correlationid, .causationid, .dataref:
          break
        }
      } else {
        try checkExtension(member, nameStart: nameStart, tape, line)
      }
      if !isNull { kept.append(member) }
    }
  }

  private static func phrase(of attribute: Attribute) -> String {
    attribute == .data ? "an object" : "a string"
  }

  private func checkExtension(
    _ member: Member,
    nameStart: Int,
    _ tape: JSONTape,
    _ line: UnsafeRawBufferPointer
  ) throws(EventError) {
    let isLegal = member.name.allSatisfy { byte in
      (0x61...0x7A).contains(byte) || RawJSON.isDigit(byte)
    }
    guard isLegal, !member.name.isEmpty, member.name.count <= 64 else {
      let name = String(decoding: member.name.prefix(80), as: UTF8.self)
      throw EventError(.illegalAttributeName(name), at: nameStart, in: line)
    }
    switch tape.kind(at: member.tapeIndex) {
    case .object, .array:
      throw error(
        .expected("a string, a number or a boolean", found: tape.phrase(at: member.tapeIndex)),
        member,
        line
      )
    default: return
    }
  }

  /// The type, source or id: a string that is not empty, not too long, without control
  /// characters.
  func name(
    _ attribute: Attribute,
    _ tape: JSONTape,
    _ line: UnsafeRawBufferPointer
  ) throws(EventError) -> UnsafeRawBufferPointer? {
    guard let member = self[attribute] else { return nil }
    let string = try text(member, tape, line)
    if string.isEmpty {
      throw error(.expected("a string that is not empty", found: "an empty one"), member, line)
    }
    if string.count > EnvelopeParser.nameByteCountMax {
      let reason = EventError.Reason.tooLong(
        limit: EnvelopeParser.nameByteCountMax,
        byteCount: string.count
      )
      throw error(reason, member, line)
    }
    if string.mayHaveControlCharacters,
      let byte = string.first(where: { $0 < 0x20 || $0 == 0x7F })
    {
      let found = "the control character \(EventError.name(of: byte))"
      throw error(.expected("text without control characters", found: found), member, line)
    }
    return string
  }

  private func text(
    _ member: Member,
    _ tape: JSONTape,
    _ line: UnsafeRawBufferPointer
  ) throws(EventError) -> UnsafeRawBufferPointer {
    guard tape.kind(at: member.tapeIndex) == .string else {
      throw error(.expected("a string", found: tape.phrase(at: member.tapeIndex)), member, line)
    }
    return tape.string(at: member.tapeIndex)
  }

  /// Checks the kinds of attributes whose values are only kept.
  func checkRest(_ tape: JSONTape, _ line: UnsafeRawBufferPointer) throws(EventError) {
    for attribute in [Attribute.data, .evidence] {
      if let member = self[attribute], tape.kind(at: member.tapeIndex) != .object {
        throw error(.expected("an object", found: tape.phrase(at: member.tapeIndex)), member, line)
      }
    }
    for attribute in [Attribute.subject, .correlationid, .causationid, .dataref] {
      if let member = self[attribute] { _ = try text(member, tape, line) }
    }
    if let member = self[.specversion] {
      let version = try text(member, tape, line)
      guard Attribute.equal(version, "1.0") else {
        let found = "\"\(String(decoding: version, as: UTF8.self))\""
        throw error(.expected("CloudEvents version \"1.0\"", found: found), member, line)
      }
    }
  }

  func time(
    _ tape: JSONTape,
    _ line: UnsafeRawBufferPointer
  ) throws(EventError) -> (text: UnsafeRawBufferPointer, microseconds: Int64)? {
    guard let member = self[.time] else { return nil }
    return try moment(member, tape, line)
  }

  private func moment(
    _ member: Member,
    _ tape: JSONTape,
    _ line: UnsafeRawBufferPointer
  ) throws(EventError) -> (text: UnsafeRawBufferPointer, microseconds: Int64) {
    let string = try text(member, tape, line)
    guard string.count <= 64, let microseconds = Timestamp.microseconds(of: string) else {
      let found = "\"\(String(decoding: string.prefix(64), as: UTF8.self))\""
      let expected = "an RFC 3339 time such as \"2022-07-21T08:30:00Z\""
      throw error(.expected(expected, found: found), member, line)
    }
    return (string, microseconds)
  }

  func certainty(
    _ tape: JSONTape,
    _ line: UnsafeRawBufferPointer
  ) throws(EventError) -> Certainty {
    guard let member = self[.certainty] else { return .stated }
    let string = try text(member, tape, line)
    for certainty in Certainty.allCases where Attribute.equal(string, certainty.spelling) {
      return certainty
    }
    throw error(
      .expected(
        "\"stated\", \"inferred\" or \"hedged\"",
        found: "\"\(String(decoding: string.prefix(64), as: UTF8.self))\""
      ),
      member,
      line
    )
  }

  /// An integer from 1, as a number or as the text of one; 0 where there is none.
  func dataVersion(
    _ tape: JSONTape,
    _ line: UnsafeRawBufferPointer
  ) throws(EventError) -> UInt32 {
    guard let member = self[.dataversion] else { return 0 }
    let index = member.tapeIndex
    var version: UInt32?
    switch tape.kind(at: index) {
    case .signed: version = UInt32(exactly: tape.signed(at: index))
    case .string: version = UInt32(String(decoding: tape.string(at: index), as: UTF8.self))
    default: break
    }
    guard let version, version >= 1 else {
      throw error(
        .expected("an integer of at least 1", found: shown(member, line)),
        member,
        line
      )
    }
    return version
  }

  private func shown(_ member: Member, _ line: UnsafeRawBufferPointer) -> String {
    let bytes = line[member.slice.start..<member.slice.end]
    return bytes.count <= 40 ? String(decoding: bytes, as: UTF8.self) : "another value"
  }

  /// What an export says about the event's place.
  func restored(
    _ tape: JSONTape,
    _ line: UnsafeRawBufferPointer,
    isRestoring: Bool
  ) throws(EventError) -> EventBatch.Restored? {
    for attribute in [Attribute.position, .recordedtime] {
      if !isRestoring, let member = self[attribute] {
        throw error(.setByStore(attribute.spelling), member, line)
      }
    }
    guard isRestoring else { return nil }
    guard let position = self[.position] else { throw notRestorable(.position, line) }
    guard let recorded = self[.recordedtime] else { throw notRestorable(.recordedtime, line) }
    guard tape.kind(at: position.tapeIndex) == .signed,
      let number = UInt32(exactly: tape.signed(at: position.tapeIndex)), number >= 1
    else {
      throw error(
        .expected("an integer of at least 1", found: shown(position, line)),
        position,
        line
      )
    }
    let time = try moment(recorded, tape, line).microseconds
    return EventBatch.Restored(position: number, recordedTime: time)
  }

  private func notRestorable(
    _ attribute: Attribute,
    _ line: UnsafeRawBufferPointer
  ) -> EventError {
    EventError(
      .notRestorable(attribute.spelling),
      at: 0,
      in: line,
      eventType: eventType.map { String(decoding: $0, as: UTF8.self) }
    )
  }

  /// Collects the bytes that the log keeps of the extension attributes.
  mutating func collectExtensions(of line: UnsafeRawBufferPointer) {
    for member in kept {
      extensions.append(extensions.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
      extensions.append(UInt8(ascii: "\""))
      extensions.append(contentsOf: member.name)
      extensions.append(UInt8(ascii: "\""))
      extensions.append(UInt8(ascii: ":"))
      RawJSON.append(member.slice, of: line, to: &extensions)
    }
    if !extensions.isEmpty { extensions.append(UInt8(ascii: "}")) }
  }

  /// Gives the bytes that the log keeps of the data to `body`.
  mutating func withData(
    _ member: Member,
    of line: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    if member.slice.hasWhitespace {
      RawJSON.append(member.slice, of: line, to: &data)
      data.withUnsafeBytes(body)
    } else {
      body(UnsafeRawBufferPointer(rebasing: line[member.slice.start..<member.slice.end]))
    }
  }
}

/// Checks a tape against the limits of a line, and its objects for keys that occur twice.
enum LimitChecker {
  /// Objects of more members are searched with a set.
  private static let pairwiseMax = 16

  /// The depth of the recursion is bounded by the limit that it checks.
  static func isWithinLimits(_ tape: JSONTape, at index: Int, depth: Int = 1) -> Bool {
    if depth > LineScanner.nestingMax { return false }
    let end = tape.end(of: index)
    var child = tape.firstChild(of: index)
    if tape.kind(at: index) != .object {
      if tape.count(at: index) > LineScanner.listItemCountMax { return false }
      while child < end {
        if tape.isContainer(at: child), !isWithinLimits(tape, at: child, depth: depth + 1) {
          return false
        }
        child = tape.index(after: child)
      }
      return true
    }
    var keys = KeyMarks()
    var areUnique = true
    while child < end {
      if keys.mark(tape.prefix(at: child)) { areUnique = false }
      child += 1
      if tape.isContainer(at: child), !isWithinLimits(tape, at: child, depth: depth + 1) {
        return false
      }
      child = tape.index(after: child)
    }
    return areUnique || hasUniqueKeys(tape, at: index)
  }

  private static func hasUniqueKeys(_ tape: JSONTape, at object: Int) -> Bool {
    var keys: [UnsafeRawBufferPointer] = []
    var child = tape.firstChild(of: object)
    let end = tape.end(of: object)
    while child < end {
      keys.append(tape.string(at: child))
      child = tape.index(after: child + 1)
    }
    if keys.count > pairwiseMax {
      var seen: Set<[UInt8]> = []
      return keys.allSatisfy { seen.insert(Array($0)).inserted }
    }
    return keys.indices.allSatisfy { index in
      !keys[..<index].contains { $0.hasBytes(of: keys[index]) }
    }
  }

  /// Tells most sets of keys that are unique from those where one may occur twice.
  private struct KeyMarks {
    private var first: UInt64 = 0
    private var second: UInt64 = 0

    /// Notes a key, by its first bytes; whether it may be there already.
    @inline(__always)
    mutating func mark(_ prefix: UInt64) -> Bool {
      let hash = (prefix ^ prefix >> 32) &* 0x9E37_79B9_7F4A_7C15
      let (one, other) = (1 as UInt64 &<< (hash >> 58), 1 as UInt64 &<< (hash >> 52 & 63))
      defer {
        first |= one
        second |= other
      }
      return first & one != 0 && second & other != 0
    }
  }
}

extension JSONTape.Kind {
  /// The kind in a message.
  var phrase: String {
    switch self {
    case .object: "an object"
    case .array: "a list"
    case .string: "a string"
    case .signed, .unsigned, .float: "a number"
    case .true, .false: "a boolean"
    case .null: "null"
    default: "no value"
    }
  }
}

extension JSONTape {
  func phrase(at index: Int) -> String { kind(at: index).phrase }
}
