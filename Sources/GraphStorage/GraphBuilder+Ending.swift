public import GraphModel

// Edges that end.

extension GraphBuilder {
  public func endEdges(
    ofType type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    where properties: [(key: UInt16, value: Value)],
    at date: PartialDate?
  ) -> Bool {
    let matching = edges(ofType: type, from: source, to: target).filter { edge in
      matches(edge, properties) && hasStarted(edge, by: date)
    }
    let open = matching.filter { !hasEnded($0) }
    // Of an edge that has ended, and of no other, it is one more claim about when.
    let ending = open.isEmpty && matching.count == 1 ? matching : open
    for edge in ending { setValidTo(date, of: edge) }
    return !ending.isEmpty
  }

  private func matches(
    _ edge: EdgeReference,
    _ properties: [(key: UInt16, value: Value)]
  ) -> Bool {
    let table = contents.edgeTypes[Int(edge.type)]
    return properties.allSatisfy { key, value in
      guard let column = table.column(for: key) else { return false }
      return table.columns[column].value(at: Int(edge.number), in: contents.strings) == value
    }
  }

  private func hasStarted(_ edge: EdgeReference, by date: PartialDate?) -> Bool {
    let from = contents.edgeTypes[Int(edge.type)].validity.from[Int(edge.number)]
    guard let date, from != ValidityColumns.absent else { return true }
    return PartialDate(storedPacked: from).earliest <= date.latest
  }

  private func hasEnded(_ edge: EdgeReference) -> Bool {
    contents.edgeTypes[Int(edge.type)].validity.to[Int(edge.number)] != ValidityColumns.absent
  }
}
