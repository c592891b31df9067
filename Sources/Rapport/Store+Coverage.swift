import EventStorage
public import Projections

extension Store {
  /// Which fields the events of the log have, and which rules and upcasts read them.
  ///
  /// - Parameter file: a schema to look at instead of the one in force.
  public func coverage(under file: SchemaFile? = nil) throws(StoreFailure) -> SchemaCoverage {
    let schema: Schema
    if let file { schema = try file.load() } else { schema = try self.schema().schema }
    let counter = FieldCounter(schema: schema)
    do {
      try log.read { counter.add(FoldInput($0)) }
    } catch {
      throw StoreFailure(any: error)
    }
    return counter.coverage(of: schema)
  }
}
