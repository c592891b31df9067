import GraphModel

// Putting a patch together: what the other events claimed all along, and what the events that were
// folded again claim now, in the order of their positions.

extension GraphBuilder {
  /// Puts what the events claim now in the place of what they claimed before.
  ///
  /// The graph is then the one that a fold of the whole log makes. A builder that is to go on
  /// starts from its contents anew.
  public func finishPatch() {
    guard let patch else { preconditionFailure("no patch was begun") }
    self.patch = nil
    settleTexts(patch)
    settleIntervals(patch)
    var renumbering = GraphRenumbering()
    settleEdges(patch, &renumbering)
    settleNodes(patch, &renumbering)
    contents.renumber(renumbering)
    contents.adoptNodePositions(idKey)
    contents.quarantined = FlatArray((contents.quarantined.array + patch.quarantined).sorted())
    contents.normalizeColumns()
  }

  // MARK: Names

  private func settleTexts(_ patch: GraphPatch) {
    let changed = patch.changedTexts.union(patch.forms.keys)
    guard !changed.isEmpty else { return }
    var mentions: [GraphPatch.TextKey: [PastClaim]] = [:]
    var past: [PastClaim] = []
    for claim in contents.past.claims {
      if case .node(let node) = claim.subject, case .form(let key, _, _) = claim.content {
        let text = GraphPatch.TextKey(node: node.rawValue, key: key)
        if changed.contains(text) {
          mentions[text, default: []].append(claim)
          continue
        }
      }
      past.append(claim)
    }
    var replacements: [UInt16: [Int: [UInt32: [GraphPatch.FormClaim]]]] = [:]
    for text in changed.sorted(by: { ($0.node, $0.key) < ($1.node, $1.key) }) {
      let claims = formClaims(of: text, patch, mentions[text] ?? [])
      let forms = distinctForms(of: text, claims, &past)
      let table = contents.nodeTables[Int(text.node)]
      let row = contents.nodeRows[Int(text.node)]
      let column = contents.tables[Int(table)].makeColumn(for: text.key, kind: .string)
      replacements[table, default: [:]][column, default: [:]][row] = forms
      show(forms, row: Int(row), column: column, table: Int(table))
    }
    for (table, columns) in replacements {
      for (column, rows) in columns {
        let former = contents.tables[Int(table)].texts[column] ?? TextColumn()
        contents.tables[Int(table)].texts[column] = former.replacing(rows)
      }
    }
    contents.past = PastStore(claims: past)
  }

  /// All claims of forms of a property, in the order of a fold.
  private func formClaims(
    of text: GraphPatch.TextKey,
    _ patch: GraphPatch,
    _ mentions: [PastClaim]
  ) -> [GraphPatch.FormClaim] {
    var ordered: [(claim: GraphPatch.FormClaim, major: UInt32, minor: UInt32)] = []
    let table = contents.tables[Int(contents.nodeTables[Int(text.node)])]
    if let column = table.column(for: text.key), let texts = table.texts[column] {
      var counts: [UInt32: UInt32] = [:]
      for form in texts.forms(ofRow: Int(contents.nodeRows[Int(text.node)])) {
        let claim = GraphPatch.FormClaim(
          position: texts.positions[form],
          text: texts.texts[form],
          language: texts.languages[form],
          kind: texts.kinds[form]
        )
        counts[claim.position, default: 0] += 1
        guard !patch.touches(claim.position) else { continue }
        ordered.append((claim, counts[claim.position] ?? 0, 0))
      }
    }
    for (index, mention) in mentions.enumerated() {
      guard case .form(_, let form, let order) = mention.content else { continue }
      let claim = GraphPatch.FormClaim(
        position: mention.position.rawValue,
        text: intern(form.text),
        language: intern(form.language),
        kind: form.kind.rawValue
      )
      ordered.append((claim, order, UInt32(index) + 1))
    }
    for (index, claim) in (patch.forms[text] ?? []).enumerated() {
      ordered.append((claim, UInt32(index), 0))
    }
    return ordered.sorted {
      ($0.claim.position, $0.major, $0.minor) < ($1.claim.position, $1.major, $1.minor)
    }.map(\.claim)
  }

  /// The first claim of each form; the others go to the past.
  private func distinctForms(
    of text: GraphPatch.TextKey,
    _ claims: [GraphPatch.FormClaim],
    _ past: inout [PastClaim]
  ) -> [GraphPatch.FormClaim] {
    var forms: [GraphPatch.FormClaim] = []
    let start = past.count
    for claim in claims {
      guard let known = forms.first(where: { $0.isSameForm(as: claim) }) else {
        forms.append(claim)
        continue
      }
      if known.position == claim.position { continue }
      let strings = contents.strings
      let form = TextForm(
        text: strings[claim.text],
        language: strings[claim.language],
        kind: TextForm.Kind(rawValue: claim.kind) ?? .name
      )
      let isRepeated = past[start...].contains {
        guard $0.position.rawValue == claim.position, case .form(_, let other, _) = $0.content
        else { return false }
        return other == form
      }
      if isRepeated { continue }
      let order = forms.reduce(0) { $0 + ($1.position == claim.position ? 1 : 0) }
      past.append(
        PastClaim(
          subject: .node(NodeNumber(text.node)),
          content: .form(text.key, form, order: UInt32(order)),
          position: EventPosition(claim.position),
          supersededAt: EventPosition(claim.position)
        )
      )
    }
    return forms
  }

  /// What the property shows as a string: its first name, or else its first form.
  private func show(_ forms: [GraphPatch.FormClaim], row: Int, column: Int, table: Int) {
    let shown = forms.first { $0.kind == TextForm.Kind.name.rawValue } ?? forms.first
    // Without forms the property shows nothing any more: its cell went with the last of them.
    guard let shown else { return }
    let strings = contents.strings
    contents.tables[table].columns[column]
      .set(Cell(.string(shown.text)), at: row, position: shown.position, in: strings)
  }

  // MARK: Values

  /// Says anew from when to when each claim of a changed value was believed.
  private func settleIntervals(_ patch: GraphPatch) {
    guard !patch.changedCells.isEmpty else { return }
    var claims = contents.past.claims
    var indices: [GraphPatch.CellKey: [Int]] = [:]
    for (index, claim) in claims.enumerated() {
      guard let key = GraphPatch.CellKey(claim.subject, claim.content),
        patch.changedCells.contains(key)
      else { continue }
      indices[key, default: []].append(index)
    }
    for (key, own) in indices {
      var believed: (index: Int?, position: UInt32)?
      let current = position(of: key)
      var steps = own.map { (index: Int?.some($0), position: claims[$0].position.rawValue) }
      steps.append((nil, current))
      for step in steps.sorted(by: { $0.position < $1.position }) {
        let order = claimOrder(EventPosition(step.position))
        if let holder = believed, order < claimOrder(EventPosition(holder.position)) {
          if let index = step.index { claims[index].supersededAt = EventPosition(step.position) }
          continue
        }
        if let index = believed?.index {
          claims[index].supersededAt = EventPosition(step.position)
        }
        believed = step
      }
      precondition(believed?.position == current, "the strongest claim is the one that is shown")
    }
    contents.past = PastStore(claims: claims)
  }

  /// The event whose claim is shown.
  private func position(of key: GraphPatch.CellKey) -> UInt32 {
    switch (key.subject, key.part) {
    case (.node(let node), .property(let property)):
      let table = contents.tables[Int(contents.nodeTables[Int(node.rawValue)])]
      guard let column = table.column(for: property) else { return 0 }
      return table.columns[column].positions[Int(contents.nodeRows[Int(node.rawValue)])]
    case (.edge(let edge), .property(let property)):
      let table = contents.edgeTypes[Int(edge.type)]
      guard let column = table.column(for: property) else { return 0 }
      return table.columns[column].positions[Int(edge.number)]
    case (.edge(let edge), .from):
      return contents.edgeTypes[Int(edge.type)].validity.fromPositions[Int(edge.number)]
    case (.edge(let edge), .to):
      return contents.edgeTypes[Int(edge.type)].validity.toPositions[Int(edge.number)]
    case (.node, _): preconditionFailure("a node has no validity")
    }
  }

  // MARK: Edges

  private func settleEdges(_ patch: GraphPatch, _ renumbering: inout GraphRenumbering) {
    let changed = patch.edgeClaims.indices.filter { patch.edgeClaims[$0].isTouched }
    guard !changed.isEmpty else { return }
    var isChanged = [Bool](repeating: false, count: contents.edgeTypes.count)
    for type in changed { isChanged[type] = true }
    var repeated = [[PastClaim]](repeating: [], count: contents.edgeTypes.count)
    var past: [PastClaim] = []
    for claim in contents.past.claims {
      if case .edge(let edge) = claim.subject, case .existence = claim.content,
        isChanged[Int(edge.type)]
      {
        repeated[Int(edge.type)].append(claim)
      } else {
        past.append(claim)
      }
    }
    for type in changed {
      var sequence = EdgeSequence(type: UInt16(type), table: contents.edgeTypes[type])
      let claims = repeated[type].enumerated().sorted {
        ($0.element.position, $0.offset) < ($1.element.position, $1.offset)
      }
      sequence.add(patch.edgeClaims[type], claims.map(\.element), isTouched: patch.isTouched)
      past += sequence.repeated
      contents.edgeTypes[type].positions = FlatArray(sequence.firstPositions)
      renumbering.edges[UInt16(type)] = sequence.formerNumbers
    }
    contents.past = PastStore(claims: past)
  }

  // MARK: Nodes

  private func settleNodes(_ patch: GraphPatch, _ renumbering: inout GraphRenumbering) {
    guard contents.nodeCount > patch.formerNodeCount || !patch.hasSameMentions(as: contents) else {
      return
    }
    let mentions = patch.merged(
      with: contents.mentions,
      eventCount: Int(contents.position.rawValue)
    )
    let none = UInt32.max
    var numbers = [UInt32](repeating: none, count: contents.nodeCount)
    var formerNumbers: [UInt32] = []
    formerNumbers.reserveCapacity(contents.nodeCount)
    var positions = contents.nodePositions.array
    var labelSets = contents.nodeLabelSets.array
    for position in 0..<mentions.starts.count {
      for index in mentions.range(of: UInt32(position)) {
        let node = Int(mentions.nodes[index])
        let labels = mentions.labelSets[index]
        if numbers[node] == none {
          numbers[node] = UInt32(formerNumbers.count)
          formerNumbers.append(UInt32(node))
          positions[node] = UInt32(position)
          labelSets[node] = labels
        } else if labelSets[node] != labels {
          labelSets[node] = labelUnion(labelSets[node], labels)
        }
      }
    }
    contents.mentions = mentions
    contents.nodePositions = FlatArray(positions)
    contents.nodeLabelSets = FlatArray(labelSets)
    renumbering.nodes = formerNumbers
  }
}

extension GraphPatch {
  /// Whether the events name now what they named before.
  func hasSameMentions(as contents: GraphContents) -> Bool {
    for (index, position) in positions.enumerated() {
      let former = contents.mentions.range(of: position)
      let own = range(ofEvent: index)
      guard former.count == own.count else { return false }
      for (old, new) in zip(former, own)
      where contents.mentions.nodes[old] != mentions.nodes[new]
        || contents.mentions.labelSets[old] != mentions.labelSets[new]
      {
        return false
      }
    }
    // An event that is folded no more has taken its mentions with it.
    return isTouched.count { $0 } == positions.count
  }

  private func range(ofEvent index: Int) -> Range<Int> {
    let end = index + 1 < positions.count ? Int(mentions.starts[index + 1]) : mentions.nodes.count
    return Int(mentions.starts[index])..<end
  }

  /// The mentions of all events.
  func merged(with former: Mentions, eventCount: Int) -> Mentions {
    var merged = Mentions()
    /// Mentions of events one after another that stay, not yet copied.
    var kept = 0..<0
    func copyKept() {
      merged.append(former, kept)
      kept = kept.upperBound..<kept.upperBound
    }
    var next = 0
    for position in 1..<UInt32(eventCount + 1) {
      let range = former.range(of: position)
      merged.starts.append(UInt32(merged.nodes.count + kept.count))
      guard touches(position) else {
        kept = (kept.isEmpty ? range.lowerBound : kept.lowerBound)..<range.upperBound
        continue
      }
      copyKept()
      kept = range.upperBound..<range.upperBound
      guard next < positions.count, positions[next] == position else { continue }
      merged.append(mentions, self.range(ofEvent: next))
      next += 1
    }
    copyKept()
    return merged
  }
}
