import GraphModel
public import JSONTape
import SourceText

/// Says whether events may be ingested, before anything is written.
///
/// Not for more than one thread at a time.
public final class EventValidator {
  private let reader: EventReader
  private let builtIn: EventReader
  private let schema: Schema
  private var unknownCount = 0
  private var unknownNames: [String] = []

  /// What checking an event found, for those who run its rules.
  struct Checked {
    /// The number of its type's plan.
    var plan: Int
    /// What the slots refer to.
    var tape: JSONTape
    /// What the expressions of its rules had.
    var results: [Value]
  }

  /// Of the event checked last, where its type is the schema's and its data of the current version.
  @exclusivity(unchecked) private var checked: Checked?
  /// The data of the event checked last.
  var slots: UnsafeMutablePointer<Slot> { reader.decoder.slots }

  /// Fields of the last event checked that its declaration does not name, also in structures.
  ///
  /// They are no error and stay in the log; today's rules do not see them.
  public var unknownFieldCount: Int { unknownCount }

  /// The names of the first 16 of them, each once.
  public var unknownFields: [String] { unknownNames }

  /// What the last check found, once: events that nobody checks have nothing of those before.
  ///
  /// Valid until another event is checked or parsed.
  func takeChecked() -> Checked? { checked.take() }

  public init(schema: Schema) {
    self.schema = schema
    reader = EventReader(plans: schema.plans)
    builtIn = EventReader(plans: BuiltInEvents.plans)
  }

  /// The version that data without one is of, or `nil` where the type is unknown.
  public func currentVersion(of type: UnsafeRawBufferPointer) -> UInt32? {
    if let number = reader.plan(of: type) {
      return UInt32(truncatingIfNeeded: reader.plans[number].type.version)
    }
    return builtIn.plan(of: type) == nil ? nil : 1
  }

  /// Whether the schema says nothing of such events: their type is unknown, or of a version that is
  /// newer than the declared one.
  ///
  /// - Parameter dataVersion: 0 for the current one.
  public func isUnknown(type: UnsafeRawBufferPointer, dataVersion: UInt32) -> Bool {
    guard let number = reader.plan(of: type) else {
      return !type.starts(with: BuiltInEvents.prefix.utf8)
    }
    return Int(dataVersion) > reader.plans[number].type.version
  }

  /// Checks an event's type, version and data.
  ///
  /// - Parameters:
  ///   - type: UTF-8.
  ///   - dataVersion: 0 for the current one.
  ///   - tape: holds the data, perhaps within the whole event.
  ///   - data: where the data stands in it.
  /// - Throws: the first thing that does not fit, with its path: `type`, `dataversion` or `data…`.
  public func check(
    type: UnsafeRawBufferPointer,
    dataVersion: UInt32,
    tape: JSONTape,
    data: Int
  ) throws(DataError) {
    unknownCount = 0
    if !unknownNames.isEmpty { unknownNames = [] }
    checked = nil
    guard let number = reader.plan(of: type) else {
      try checkBuiltIn(type: type, dataVersion: dataVersion, tape: tape, data: data)
      // What a correction puts in another event's place is not the event.
      checked = nil
      return
    }
    let plan = reader.plans[number]
    let version = dataVersion == 0 ? plan.type.version : Int(dataVersion)
    let used = try reader.decode(plan, version: version, tape, at: data)
    note(reader, used)
    let results = try plan.evaluate(used, reader.decoder.slots)
    if version == plan.version { checked = Checked(plan: number, tape: used, results: results) }
  }

  private func note(_ reader: EventReader, _ tape: JSONTape) {
    guard reader.decoder.unknownMemberCount > 0 else { return }
    unknownCount = reader.decoder.unknownMemberCount
    for name in reader.unknownMembers(of: tape) where !unknownNames.contains(name) {
      unknownNames.append(name)
    }
  }

  private func checkBuiltIn(
    type: UnsafeRawBufferPointer,
    dataVersion: UInt32,
    tape: JSONTape,
    data: Int
  ) throws(DataError) {
    guard let number = builtIn.plan(of: type) else { throw unknownType(type) }
    let plan = builtIn.plans[number]
    try plan.check(version: dataVersion == 0 ? 1 : Int(dataVersion))
    let used = try builtIn.decode(plan, version: 1, tape, at: data)
    note(builtIn, used)
    try BuiltInEvents.check(plan.type.name, used, at: data)
    guard plan.type.name == BuiltInEvents.corrected,
      let replacement = BuiltInEvents.Replacement(tape, at: data)
    else { return }
    do {
      try checkReplacement(replacement, tape)
    } catch {
      throw DataError(
        path: "data.replacement." + error.path,
        expected: error.expected,
        found: error.found,
        hint: error.hint
      )
    }
  }

  private func checkReplacement(
    _ replacement: BuiltInEvents.Replacement,
    _ tape: JSONTape
  ) throws(DataError) {
    guard reader.plan(of: replacement.type) != nil else { throw unknownType(replacement.type) }
    try check(
      type: replacement.type,
      dataVersion: replacement.version,
      tape: tape,
      data: replacement.dataIndex
    )
  }

  private func unknownType(_ type: UnsafeRawBufferPointer) -> DataError {
    let name = String(decoding: type, as: UTF8.self)
    let known = schema.eventTypes.map(\.name) + BuiltInEvents.plans.map(\.type.name)
    return DataError(
      path: "type",
      expected: "an event type of the schema \"\(schema.name)\"",
      found: quoted(name),
      hint: nearest(to: name, among: known).map { "did you mean \(quoted($0))?" }
    )
  }
}
