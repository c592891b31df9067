public import GraphStorage
import JSONTape

/// Tells what kind an event is of, without folding it.
///
/// Not for more than one thread at a time.
public final class EventKindReader {
  private let parser = JSONParser()
  private var last: (type: [UInt8], kind: EventKind)?

  public init() {}

  /// The same kind as the fold notes for it.
  public func kind(of event: FoldInput) -> EventKind {
    if let last, last.kind.version == event.dataVersion, last.type.elementsEqual(event.type) {
      return last.kind
    }
    let type = String(decoding: event.type, as: UTF8.self)
    if type == BuiltInEvents.corrected, let tape = try? parser.parse(event.data),
      let replacement = BuiltInEvents.Replacement(tape, at: tape.root)
    {
      return EventKind(
        type: type,
        version: replacement.version,
        replacementType: String(decoding: replacement.type, as: UTF8.self)
      )
    }
    let kind = EventKind(type: type, version: event.dataVersion)
    if type != BuiltInEvents.corrected { last = (Array(event.type), kind) }
    return kind
  }
}
