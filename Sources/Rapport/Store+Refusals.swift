import EventStorage
import GraphModel
import GraphStorage
import Projections

extension Store {
  /// Why a schema cannot fold some events: those of one kind and one reason together, the most
  /// frequent first.
  ///
  /// - Parameter positions: ascending.
  func refusals(
    of positions: [UInt32],
    by schema: Schema
  ) throws(StoreFailure) -> [RefusedEvents] {
    let projection = Projection(schema: schema, builder: GraphBuilder())
    let reader = EventKindReader()
    var groups: [RefusedEvents] = []
    do {
      try log.read(at: positions) { record in
        let input = FoldInput(record)
        guard case .quarantined(let error) = projection.fold(input) else { return }
        let kind = reader.kind(of: input)
        let reason = "\(error.pathOfAll): expected \(error.expected)"
        if let known = groups.firstIndex(where: { $0.kind == kind && $0.reason == reason }) {
          groups[known].count += 1
          return
        }
        groups.append(
          RefusedEvents(
            kind: kind,
            reason: reason,
            count: 1,
            samplePosition: record.position,
            sampleID: String(decoding: record.id, as: UTF8.self),
            sampleSource: String(decoding: record.source, as: UTF8.self),
            sample: "\(kind.foldedType): \(error.description)"
          )
        )
      }
    } catch {
      throw StoreFailure(any: error)
    }
    return groups.sorted { ($1.count, $0.samplePosition) < ($0.count, $1.samplePosition) }
  }
}

extension DataError {
  /// The path without the places in lists: `data.attendees[].person`.
  fileprivate var pathOfAll: String { path.replacing(/\[\d+\]/, with: "[]") }
}
