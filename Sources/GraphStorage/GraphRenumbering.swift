import GraphModel

/// New numbers for the nodes and edges of a graph.
struct GraphRenumbering {
  /// For each node in its new order its former number; `nil`: all stay.
  var nodes: [UInt32]?
  /// The same of the edges of types that change.
  var edges: [UInt16: [UInt32]] = [:]
}

extension GraphContents {
  /// Puts nodes and edges into a new order; those that have no place in it are gone.
  mutating func renumber(_ renumbering: GraphRenumbering) {
    let nodes = renumbering.nodes.flatMap { Self.isIdentity($0, count: nodeCount) ? nil : $0 }
    var edgeNumbers: [UInt16: [UInt32]] = [:]
    for (type, former) in renumbering.edges {
      edgeTypes[Int(type)].outgoing = Adjacency()
      edgeTypes[Int(type)].incoming = Adjacency()
      if Self.isIdentity(former, count: edgeTypes[Int(type)].count) { continue }
      edgeNumbers[type] = Self.inverse(former, count: edgeTypes[Int(type)].count)
      edgeTypes[Int(type)].reorder(former)
    }
    var nodeNumbers: [UInt32]?
    if let nodes {
      let numbers = Self.inverse(nodes, count: nodeCount)
      reorderNodes(nodes, numbers)
      nodeNumbers = numbers
    }
    guard nodeNumbers != nil || !edgeNumbers.isEmpty else { return }
    past = PastStore(
      claims: past.claims.map { claim in
        var claim = claim
        switch claim.subject {
        case .node(let node):
          guard let numbers = nodeNumbers else { break }
          claim.subject = .node(NodeNumber(numbers[Int(node.rawValue)]))
        case .edge(let edge):
          guard let numbers = edgeNumbers[edge.type] else { break }
          claim.subject = .edge(
            EdgeReference(type: edge.type, number: numbers[Int(edge.number)])
          )
        }
        return claim
      }
    )
  }

  private mutating func reorderNodes(_ former: [UInt32], _ numbers: [UInt32]) {
    var rows = [[UInt32]](repeating: [], count: tables.count)
    var members = [[UInt32]](repeating: [], count: tables.count)
    var newRows = FlatArray<UInt32>()
    for (number, node) in former.enumerated() {
      let table = Int(nodeTables[Int(node)])
      newRows.append(UInt32(rows[table].count))
      rows[table].append(nodeRows[Int(node)])
      members[table].append(UInt32(number))
    }
    for table in tables.indices { tables[table].reorder(rows[table], nodes: members[table]) }
    nodeRows = newRows
    nodeTables = nodeTables.permuted(former, filler: 0)
    nodeLabelSets = nodeLabelSets.permuted(former, filler: 0)
    nodePositions = nodePositions.permuted(former, filler: 0)
    mentions.nodes = FlatArray(mentions.nodes.array.map { numbers[Int($0)] })
    for type in edgeTypes.indices {
      edgeTypes[type].sources = FlatArray(edgeTypes[type].sources.array.map { numbers[Int($0)] })
      edgeTypes[type].targets = FlatArray(edgeTypes[type].targets.array.map { numbers[Int($0)] })
      edgeTypes[type].outgoing = Adjacency()
      edgeTypes[type].incoming = Adjacency()
    }
  }

  /// A node is as old as its first mention, and so is the claim of its id.
  mutating func adoptNodePositions(_ idKey: UInt16) {
    for table in tables.indices {
      guard let column = tables[table].column(for: idKey) else { continue }
      for row in 0..<tables[table].rowCount {
        let position = nodePositions[Int(tables[table].nodes[row])]
        tables[table].columns[column].setPosition(position, at: row)
      }
    }
  }

  /// Drops columns without a value, and gives each the kind that its values have.
  mutating func normalizeColumns() {
    for table in tables.indices { tables[table].normalizeColumns(&strings) }
    for type in edgeTypes.indices { edgeTypes[type].normalizeColumns(&strings) }
  }

  private static func isIdentity(_ former: [UInt32], count: Int) -> Bool {
    former.count == count && former.indices.allSatisfy { former[$0] == UInt32($0) }
  }

  private static func inverse(_ former: [UInt32], count: Int) -> [UInt32] {
    var numbers = [UInt32](repeating: .max, count: count)
    for (number, old) in former.enumerated() { numbers[Int(old)] = UInt32(number) }
    return numbers
  }
}

extension EdgeTable {
  fileprivate mutating func reorder(_ former: [UInt32]) {
    sources = sources.permuted(former, filler: 0)
    targets = targets.permuted(former, filler: 0)
    positions = positions.permuted(former, filler: 0)
    if hasValidity {
      validity.from = validity.from.permuted(former, filler: ValidityColumns.absent)
      validity.to = validity.to.permuted(former, filler: ValidityColumns.absent)
      validity.fromPositions = validity.fromPositions.permuted(former, filler: 0)
      validity.toPositions = validity.toPositions.permuted(former, filler: 0)
    }
    if keyLength > 0 {
      var words = FlatArray<UInt32>()
      for edge in former {
        for index in 0..<keyLength { words.append(keyWords[Int(edge) * keyLength + index]) }
      }
      keyWords = words
    }
    for column in columns.indices { columns[column] = columns[column].permuted(former) }
  }

  fileprivate mutating func normalizeColumns(_ strings: inout StringPool) {
    let kept = columns.indices.compactMap { index in
      columns[index].normalized(&strings).map { (keys[index], $0) }
    }
    keys = kept.map(\.0)
    columns = kept.map(\.1)
  }
}
