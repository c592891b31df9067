import Language
import Projections
import Queries

extension QueryCatalog {
  /// What a schema declares, as queries are checked against it.
  init(_ schema: Schema) {
    self.init(
      labels: schema.labels,
      edgeTypes: schema.edgeTypes.map(\.name),
      validEdgeTypes: schema.edgeTypes.filter(\.hasValidity).map(\.name),
      properties: schema.propertyNames,
      derivations: schema.document.derivations
    )
  }
}
