import GraphModel
import JSONTape

/// The events that every schema has.
enum BuiltInEvents {
  static let prefix = "rapport."
  static let schemaApplied = "rapport.schema.applied"
  static let retracted = "rapport.event.retracted"
  static let corrected = "rapport.event.corrected"
  static let redacted = "rapport.event.redacted"
  static let withdrawn = "rapport.source.withdrawn"
  static let merged = "rapport.entity.merged"
  static let split = "rapport.entity.split"
  static let distinct = "rapport.entity.distinct"

  /// How an event names another: by its position, or by its source and id.
  private static let reference = [
    Field("position", .integer, isOptional: true),
    Field("source", .string, isOptional: true),
    Field("id", .id, isOptional: true),
  ]

  private static let reason = Field("reason", .string, isOptional: true)

  private static let pair = [
    Field("keep", .id), Field("merge", .id), Field("family", .string, isOptional: true), reason,
  ]

  static let plans: [EventPlan] = [
    plan(
      schemaApplied,
      [
        Field("name", .string, isOptional: true), Field("digest", .string, isOptional: true),
        Field("text", .string), Field("rollbackof", .integer, isOptional: true), reason,
      ]
    ),
    plan(retracted, reference + [reason]),
    plan(
      corrected,
      reference + [
        Field(
          "replacement",
          .structure([
            Field("type", .string), Field("data", .map),
            Field("dataversion", .integer, isOptional: true),
            Field("time", .dateTime, isOptional: true),
          ])
        ),
        reason,
      ]
    ),
    plan(redacted, [Field("position", .integer), reason]),
    plan(withdrawn, [Field("source", .string), reason]),
    plan(merged, pair),
    plan(split, pair),
    plan(
      distinct,
      [
        Field("first", .id), Field("second", .id), Field("family", .string, isOptional: true),
        reason,
      ]
    ),
  ]

  private static func plan(_ name: String, _ fields: [Field]) -> EventPlan {
    EventPlan(
      type: EventType(name: name, version: 1, oldestVersion: 1, fields: fields),
      shape: DataShape(fields),
      upcasts: [],
      program: RuleProgram()
    )
  }

  /// Checks what a shape cannot say.
  static func check(_ type: String, _ tape: JSONTape, at data: Int) throws(DataError) {
    switch type {
    case retracted, corrected: _ = try reference(tape, at: data)
    case merged, split:
      if string("keep", tape, data) == string("merge", tape, data) {
        throw DataError(
          path: "data.merge",
          expected: "another id than \"keep\"",
          found: quoted(string("merge", tape, data) ?? "")
        )
      }
    default: break
    }
  }

  /// The event that an event is about.
  static func reference(
    _ tape: JSONTape,
    at data: Int
  ) throws(DataError) -> Revisions.Reference {
    let source = string("source", tape, data)
    let id = string("id", tape, data)
    if let index = tape.member("position", of: data), tape.kind(at: index) == .signed {
      guard source == nil, id == nil else {
        throw DataError(
          path: "data",
          expected: "\"position\", or \"source\" and \"id\"",
          found: "both"
        )
      }
      let number = tape.signed(at: index)
      guard number > 0, let position = UInt32(exactly: number) else {
        throw DataError(path: "data.position", expected: "a position", found: "\(number)")
      }
      return .position(EventPosition(position))
    }
    guard let source, let id else {
      throw DataError(
        path: "data",
        expected: "\"position\", or \"source\" and \"id\"",
        found: source == nil && id == nil ? "neither" : "one of the two"
      )
    }
    return .identity(source: source, id: id)
  }

  static func string(_ key: StaticString, _ tape: JSONTape, _ data: Int) -> String? {
    guard let index = tape.member(key, of: data), tape.kind(at: index) == .string else {
      return nil
    }
    return String(decoding: tape.string(at: index), as: UTF8.self)
  }

  /// The event that takes the place of a corrected one.
  struct Replacement {
    var type: UnsafeRawBufferPointer
    var dataIndex: Int
    /// 0 for the current one.
    var version: UInt32 = 0
    /// `nil` for that of the event that is corrected.
    var time: DateTime?

    /// Reads the checked data of a correction.
    init?(_ tape: JSONTape, at data: Int) {
      guard let replacement = tape.member("replacement", of: data),
        tape.kind(at: replacement) == .object,
        let type = tape.member("type", of: replacement), tape.kind(at: type) == .string,
        let dataIndex = tape.member("data", of: replacement)
      else { return nil }
      self.type = tape.string(at: type)
      self.dataIndex = dataIndex
      if let index = tape.member("dataversion", of: replacement), tape.kind(at: index) == .signed {
        // A number that is no version is one that no schema reads.
        version = UInt32(exactly: tape.signed(at: index)) ?? .max
      }
      if let index = tape.member("time", of: replacement), tape.kind(at: index) == .string {
        time = InstantText.moment(tape.string(at: index))
      }
    }
  }
}
