/// Which fields the events of a log have, and who reads them.
public struct SchemaCoverage: Hashable, Sendable {
  /// A field of the events of one type and version.
  public struct FieldUse: Hashable, Sendable {
    /// `attendees[].person`.
    public var path: String
    /// How many events have it, and not null.
    public var eventCount: Int
    /// The rules and upcasts that read it, as `ON at line 340` and `UPCAST 1 TO 2`.
    public var readers: [String]
  }

  /// The events of one type and version.
  public struct EventUse: Hashable, Sendable {
    public var type: String
    /// 0 where the events give none.
    public var version: Int
    public var eventCount: Int
    /// In the order in which the log has them.
    public var fields: [FieldUse]
    /// Declared fields that no event has.
    public var missing: [String]
    /// Whether the schema declares the type.
    public var isDeclared: Bool
  }

  public var events: [EventUse]
  /// Types that the schema declares and the log does not have.
  public var absentTypes: [String]
  /// Rules and parts of rules that no event of the log reaches: `ON meeting.held at line 340`.
  public var idleRules: [String]

  /// The fields that nobody reads, as `meeting.held version 1: mood`.
  public var unreadFields: [String] {
    events.filter(\.isDeclared).flatMap { event in
      event.fields.filter(\.readers.isEmpty).map { field in
        "\(event.name): \(field.path) (\(field.eventCount) \(field.eventCount == 1 ? "event" : "events"))"
      }
    }
  }
}

extension SchemaCoverage.EventUse {
  /// `meeting.held version 2`.
  public var name: String { version == 0 ? type : "\(type) version \(version)" }
}
