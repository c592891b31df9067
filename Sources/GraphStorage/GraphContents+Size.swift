extension GraphContents {
  /// About how many bytes of memory the contents take, indexes and adjacency aside.
  public var byteCount: Int {
    let columns = tables.flatMap(\.columns) + edgeTypes.flatMap(\.columns)
    let cells = columns.reduce(0) { $0 + $1.rowCount * ($1.isWide ? 12 : 8) }
    let forms = tables.flatMap(\.texts).reduce(0) { $0 + ($1?.texts.count ?? 0) * 21 }
    let edges = edgeTypes.reduce(0) { sum, table in
      sum + table.count * (12 + table.keyLength * 4 + (table.hasValidity ? 16 : 0))
    }
    let events = eventTimes.count * 14
    return strings.bytes.count + strings.count * 32 + cells + forms + edges + events
      + nodeCount * 16 + mentions.nodes.count * 6 + past.count * 80
  }
}
