import EventStorage
import GraphModel
import Projections

extension Store {
  /// All schemas that the log says were ever in force; the last one is.
  public func schemas() throws(StoreFailure) -> [AppliedSchema] {
    var schemas: [AppliedSchema] = []
    while let next = try schema(number: schemas.count + 1) { schemas.append(next) }
    return schemas
  }

  /// One of the schemas of the log, or `nil` where there are not so many.
  ///
  /// - Parameter number: 1 for the schema that the store was made with.
  public func schema(number: Int) throws(StoreFailure) -> AppliedSchema? {
    do {
      let id = SchemaEvent.id(of: number)
      guard let position = try log.position(ofSource: SchemaEvent.source, id: id),
        let event = try log.event(at: position)
      else { return nil }
      let content = try SchemaEvent.content(of: event)
      return AppliedSchema(
        schema: try content.file.loadApplied(),
        file: content.file,
        number: number,
        position: position,
        recordedTime: event.recordedTime,
        reason: content.reason,
        rollbackOf: content.rollbackOf
      )
    } catch {
      throw StoreFailure(any: error)
    }
  }
}
