public import EventStorage
public import GraphModel
import JSONTape
import OrderedCollections

/// What an answer says about an event that stands behind it.
public struct EventSummary: Hashable, Sendable {
  public var position: EventPosition
  public var type: String
  public var source: String
  public var id: String
  /// When it happened or was stated; RFC 3339.
  public var time: String
  public var certainty: String
  /// The words in the source that say so, where the event has them.
  public var quote: String?

  public init(_ event: Event) {
    position = event.position
    type = event.type
    source = event.source
    id = event.id
    time = event.timeText ?? Timestamp.text(of: event.eventTime)
    certainty = "\(event.certainty.spelling)"
    quote = event.extensions.flatMap { Self.quote(in: $0) }
  }

  private static func quote(in extensions: String) -> String? {
    var extensions = extensions
    return extensions.withUTF8 { bytes in
      let parser = JSONParser()
      guard let tape = try? parser.parse(UnsafeRawBufferPointer(bytes)),
        let evidence = tape.member("evidence", of: tape.root),
        tape.kind(at: evidence) == .object,
        let quote = tape.member("quote", of: evidence), tape.kind(at: quote) == .string
      else { return nil }
      return String(decoding: tape.string(at: quote), as: UTF8.self)
    }
  }

  /// The event as a map, which is what `sources(x)` lists.
  static func value(of position: EventPosition, in log: EventLog) -> Value {
    guard let event = try? log.event(at: position) else {
      return .map(["position": .integer(Int64(position.rawValue))])
    }
    let summary = EventSummary(event)
    var entries: OrderedDictionary<String, Value> = [
      "position": .integer(Int64(position.rawValue)),
      "id": .string(summary.id),
      "type": .string(summary.type),
      "source": .string(summary.source),
      "time": .string(summary.time),
      "certainty": .string(summary.certainty),
    ]
    if let quote = summary.quote { entries["quote"] = .string(quote) }
    return .map(entries)
  }
}
