import GraphModel

// Taking back what some events claim. Nodes and edges stay where they are until the patch is
// finished, since what the events claim now may keep them.

extension GraphBuilder {
  /// Takes back every claim of some events, so that they can be folded again.
  ///
  /// Their next ``begin(event:time:kind:)`` follows in the order of their positions, and
  /// ``finishPatch()`` after the last.
  public func beginPatch(without positions: some Sequence<UInt32>) {
    precondition(patch == nil, "one patch at a time")
    stopExtending()
    var isTouched = [Bool](repeating: false, count: Int(contents.position.rawValue) + 1)
    for position in positions { isTouched[Int(position)] = true }
    var patch = GraphPatch(isTouched: isTouched, contents: contents)
    let rivals = retractPast(&patch)
    var promoted: Set<Int> = []
    retractNodes(&patch, rivals, &promoted)
    retractEdges(&patch, rivals, &promoted)
    if !promoted.isEmpty {
      let kept = contents.past.claims.indices.filter { !promoted.contains($0) }
      contents.past = PastStore(claims: kept.map { contents.past.claims[$0] })
    }
    contents.quarantined = FlatArray(contents.quarantined.array.filter { !isTouched[Int($0)] })
    self.patch = patch
  }

  /// Takes back claims of the past; what is left of them, by what they are about.
  private func retractPast(_ patch: inout GraphPatch) -> [GraphPatch.CellKey: [Int]] {
    var kept: [PastClaim] = []
    var rivals: [GraphPatch.CellKey: [Int]] = [:]
    for claim in contents.past.claims {
      let isTouched = patch.touches(claim.position.rawValue)
      let key = GraphPatch.CellKey(claim.subject, claim.content)
      if isTouched {
        if let key { patch.changedCells.insert(key) }
        patch.note(retracted: claim)
        continue
      }
      if let key { rivals[key, default: []].append(kept.count) }
      kept.append(claim)
    }
    contents.past = PastStore(claims: kept)
    return rivals
  }

  private func retractNodes(
    _ patch: inout GraphPatch,
    _ rivals: [GraphPatch.CellKey: [Int]],
    _ promoted: inout Set<Int>
  ) {
    for table in contents.tables.indices {
      for column in contents.tables[table].columns.indices {
        let key = contents.tables[table].keys[column]
        if key == idKey { continue }
        let rows = contents.tables[table].columns[column].retract(patch.isTouched)
        for row in rows {
          let node = NodeNumber(contents.tables[table].nodes[row])
          let cell = GraphPatch.CellKey(subject: .node(node), part: .property(key))
          guard rivals[cell] != nil else { continue }
          patch.changedCells.insert(cell)
          if let index = promote(cell, rivals) { promoted.insert(index) }
        }
        for row in contents.tables[table].texts[column]?.rows(touchedBy: patch.isTouched) ?? [] {
          let node = contents.tables[table].nodes[row]
          patch.changedTexts.insert(GraphPatch.TextKey(node: node, key: key))
        }
      }
    }
  }

  private func retractEdges(
    _ patch: inout GraphPatch,
    _ rivals: [GraphPatch.CellKey: [Int]],
    _ promoted: inout Set<Int>
  ) {
    for type in contents.edgeTypes.indices {
      if contents.edgeTypes[type].isTouched(by: patch.isTouched) {
        patch.edgeClaims[type].isTouched = true
      }
      func rivalsArise(_ edge: Int, _ part: GraphPatch.CellKey.Part) {
        let reference = EdgeReference(type: UInt16(type), number: UInt32(edge))
        let cell = GraphPatch.CellKey(subject: .edge(reference), part: part)
        guard rivals[cell] != nil else { return }
        patch.changedCells.insert(cell)
        if let index = promote(cell, rivals) { promoted.insert(index) }
      }
      for column in contents.edgeTypes[type].columns.indices {
        let key = contents.edgeTypes[type].keys[column]
        for edge in contents.edgeTypes[type].columns[column].retract(patch.isTouched) {
          rivalsArise(edge, .property(key))
        }
      }
      for edge in contents.edgeTypes[type].validity.retractFrom(patch.isTouched) {
        rivalsArise(edge, .from)
      }
      for edge in contents.edgeTypes[type].validity.retractTo(patch.isTouched) {
        rivalsArise(edge, .to)
      }
    }
  }

  /// Lets the strongest claim of the past take the place of one that was taken back.
  ///
  /// - Returns: its index among the claims of the past, which it leaves.
  private func promote(
    _ key: GraphPatch.CellKey,
    _ rivals: [GraphPatch.CellKey: [Int]]
  ) -> Int? {
    let claims = contents.past.claims
    let strongest = rivals[key]?.max {
      claimOrder(claims[$0].position) < claimOrder(claims[$1].position)
    }
    if let strongest { hold(claims[strongest]) }
    return strongest
  }

  /// What decides between two claims.
  func claimOrder(_ position: EventPosition) -> (Int64, UInt32) {
    (contents.eventTimes[Int(position.rawValue)], position.rawValue)
  }

  /// Writes what a claim says where it is empty.
  private func hold(_ claim: PastClaim) {
    let position = claim.position.rawValue
    switch (claim.subject, claim.content) {
    case (.node(let node), .property(let key, let value)):
      let table = Int(contents.nodeTables[Int(node.rawValue)])
      let row = Int(contents.nodeRows[Int(node.rawValue)])
      let cell = cell(for: value)
      let column = contents.tables[table].makeColumn(for: key, kind: cell.kind)
      let strings = contents.strings
      contents.tables[table].columns[column].set(cell, at: row, position: position, in: strings)
    case (.edge(let edge), .property(let key, let value)):
      let table = Int(edge.type)
      let cell = cell(for: value)
      let column = contents.edgeTypes[table].makeColumn(for: key, kind: cell.kind)
      let strings = contents.strings
      contents.edgeTypes[table].columns[column]
        .set(cell, at: Int(edge.number), position: position, in: strings)
    case (.edge(let edge), .from(let date)):
      contents.edgeTypes[Int(edge.type)].validity.from[Int(edge.number)] = ValidityColumns.word(
        date
      )
      contents.edgeTypes[Int(edge.type)].validity.fromPositions[Int(edge.number)] = position
    case (.edge(let edge), .to(let date)):
      contents.edgeTypes[Int(edge.type)].validity.to[Int(edge.number)] =
        date.map(ValidityColumns.word) ?? ValidityColumns.unknownEnd
      contents.edgeTypes[Int(edge.type)].validity.toPositions[Int(edge.number)] = position
    default: preconditionFailure("only a value can be held")
    }
  }
}

extension GraphPatch {
  /// Notes what a claim of the past that was taken back was about.
  fileprivate mutating func note(retracted claim: PastClaim) {
    switch (claim.subject, claim.content) {
    case (.node(let node), .form(let key, _, _)):
      changedTexts.insert(TextKey(node: node.rawValue, key: key))
    case (.edge(let edge), .existence): edgeClaims[Int(edge.type)].isTouched = true
    default: break
    }
  }
}

extension EdgeTable {
  fileprivate func isTouched(by isTouched: [Bool]) -> Bool {
    positions.withUnsafeBuffer { $0.contains { isTouched[Int($0)] } }
  }
}

extension TextColumn {
  fileprivate func rows(touchedBy isTouched: [Bool]) -> [Int] {
    guard positions.withUnsafeBuffer({ $0.contains { isTouched[Int($0)] } }) else { return [] }
    var rows: [Int] = []
    for row in 0..<first.count {
      var link = first[row]
      while link != 0 {
        if isTouched[Int(positions[Int(link) - 1])] {
          rows.append(row)
          break
        }
        link = next[Int(link) - 1]
      }
    }
    return rows
  }
}

extension PropertyColumn {
  /// Empties the cells that some events claimed, and returns their rows.
  mutating func retract(_ isTouched: [Bool]) -> [Int] {
    let rows = positions.rows(touchedBy: isTouched)
    for row in rows { clear(row) }
    return rows
  }
}

extension ValidityColumns {
  fileprivate mutating func retractFrom(_ isTouched: [Bool]) -> [Int] {
    let edges = fromPositions.rows(touchedBy: isTouched)
    for edge in edges {
      from[edge] = Self.absent
      fromPositions[edge] = 0
    }
    return edges
  }

  fileprivate mutating func retractTo(_ isTouched: [Bool]) -> [Int] {
    let edges = toPositions.rows(touchedBy: isTouched)
    for edge in edges {
      to[edge] = Self.absent
      toPositions[edge] = 0
    }
    return edges
  }
}

extension FlatArray<UInt32> {
  /// The indices of the positions of some events.
  fileprivate func rows(touchedBy isTouched: [Bool]) -> [Int] {
    withUnsafeBuffer { positions in
      positions.indices.filter { isTouched[Int(positions[$0])] }
    }
  }
}
