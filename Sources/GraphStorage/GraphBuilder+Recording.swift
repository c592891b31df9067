internal import CMemory
import GraphModel

// What was recorded apart from the graph is entered into it.
//
// Strings, nodes and the claims on nodes come in the order of the events, and the edges of each type
// do. What one event claims of another type, or of nodes, makes no difference to them: so they are
// entered column by column.

extension GraphBuilder {
  /// Claims what the events of a recording claim, which come behind all others.
  ///
  /// - Parameter kind: the kind of an event, as ``begin(event:time:kind:)`` takes it, by the tag that
  ///   it was recorded with.
  public func add(_ recording: GraphRecording, kind: (UInt32) -> UInt16) {
    precondition(patch == nil, "what is folded again is not recorded")
    internStrings(of: recording)
    makeNodes(of: recording)
    var mention = 0
    for index in 0..<recording.events.count {
      let event = recording.events[index]
      begin(
        event: EventPosition(event.position),
        time: event.time,
        kind: kind(event.kindTag)
      )
      contents.mentions.add(recording, mention..<Int(event.mentionEnd))
      mention = Int(event.mentionEnd)
    }
    addNodeClaims(of: recording)
    for type in recording.edges.indices where recording.edges[type].count > 0 {
      addEdges(ofType: type, of: recording)
    }
  }

  // MARK: Strings and nodes

  /// How many strings or nodes ahead memory is asked for, in each step to what is needed of one.
  private static let countPerStep = 12

  private func internStrings(of recording: GraphRecording) {
    let count = recording.strings.count
    let hashes = recording.strings.hashes.start
    let step = Self.countPerStep
    for code in 0..<count {
      if code + 3 * step < count { contents.strings.prefetchSlot(of: hashes[code + 3 * step]) }
      if code + 2 * step < count,
        let likely = contents.strings.likelyCode(of: hashes[code + 2 * step])
      {
        contents.strings.prefetchPlace(of: likely)
      }
      if code + step < count, let likely = contents.strings.likelyCode(of: hashes[code + step]) {
        contents.strings.prefetchText(of: likely)
      }
      recording.graphCodes.append(
        contents.strings.intern(recording.strings[code], hash: hashes[code])
      )
    }
  }

  private func makeNodes(of recording: GraphRecording) {
    let count = recording.nodes.count
    let step = Self.countPerStep
    let (nodes, codes) = (recording.nodes.start, recording.graphCodes.start)
    for number in 0..<count {
      if number + 2 * step < count {
        identities.prefetch(id: codes[Int(nodes[number + 2 * step].id)])
      }
      if number + step < count,
        let likely = identities.likelyNode(id: codes[Int(nodes[number + step].id)])
      {
        rapport_prefetch(contents.nodeLabelSets.address + Int(likely))
      }
      let node = nodes[number]
      resume(recording.events[Int(node.event)])
      let (graphNode, isNew) = namedNode(
        table: node.table,
        id: codes[Int(node.id)],
        labelSet: node.labelSet
      )
      recording.graphNodes.append(graphNode)
      recording.makers.append(isNew ? node.event : GraphRecording.noEvent)
    }
  }

  private func addNodeClaims(of recording: GraphRecording) {
    var number = 0
    for index in 0..<recording.events.count {
      let event = recording.events[index]
      if number < Int(event.claimEnd) { resume(event) }
      while number < Int(event.claimEnd) {
        add(recording.claims[number], of: recording)
        number += 1
      }
    }
  }

  private func add(_ claim: GraphRecording.Claim, of recording: GraphRecording) {
    let node = NodeNumber(recording.graphNodes[Int(claim.subject)])
    switch claim.kind {
    case .cell: set(claim.cell(recording.graphCodes.start), key: claim.number, of: node)
    case .boxedCell: set(recording.boxedCells[Int(claim.bits)], key: claim.number, of: node)
    case .form:
      addForm(
        recording.graphCodes[Int(claim.bits & 0xFFFF_FFFF)],
        language: recording.graphCodes[Int(claim.bits >> 32)],
        kind: TextForm.Kind(rawValue: claim.detail) ?? .name,
        key: claim.number,
        of: node
      )
    case .labels: addLabels(of: claim.number, to: node.rawValue)
    case .validFrom, .validTo, .ended: preconditionFailure("a node has no validity")
    }
  }

  // MARK: Edges

  private func addEdges(ofType type: Int, of recording: GraphRecording) {
    contents.edgeTypes[type].noteKey(length: recording.edges[type].keyLength)
    if areNew(type, recording) {
      appendEdges(ofType: type, of: recording)
    } else {
      claimEdges(ofType: type, of: recording)
    }
  }

  /// Whether no edge of a type can be there already.
  ///
  /// That is so where one of its ends is as new as the event, and the event claims no edge twice.
  private func areNew(_ type: Int, _ recording: GraphRecording) -> Bool {
    if recording.edges[type].areOwn { return true }
    // Two nodes of the recording may be one here.
    if recording.edges[type].mayRepeat || !aliases.isEmpty { return false }
    let makers = recording.makers.start
    let events = recording.edges[type].events.start
    let (sources, targets) =
      (recording.edges[type].sources.start, recording.edges[type].targets.start)
    for edge in 0..<recording.edges[type].count {
      let event = events[edge]
      if makers[Int(targets[edge])] != event, makers[Int(sources[edge])] != event { return false }
    }
    return true
  }

  /// Appends all edges of a type, and then what is claimed of them.
  private func appendEdges(ofType type: Int, of recording: GraphRecording) {
    let base = contents.edgeTypes[type].count
    contents.edgeTypes[type].append(recording.edges[type], of: recording)
    let claims = UnsafeBufferPointer(
      start: recording.edges[type].claims.start,
      count: recording.edges[type].claims.count
    )
    // All of one property, and then all of the next, which are few.
    var done: [UInt16] = []
    for (index, claim) in claims.enumerated() {
      guard claim.kind == .cell else {
        add(claim, toEdge: base + Int(claim.subject), type, of: recording)
        continue
      }
      if done.contains(claim.number) { continue }
      done.append(claim.number)
      addCells(
        UnsafeBufferPointer(rebasing: claims[index...]),
        ofType: type,
        base: base,
        of: recording
      )
    }
  }

  /// Writes the cells of the property of the first of the claims.
  private func addCells(
    _ claims: UnsafeBufferPointer<GraphRecording.Claim>,
    ofType type: Int,
    base: Int,
    of recording: GraphRecording
  ) {
    let key = claims[0].number
    let codes = recording.graphCodes.start
    let column = contents.edgeTypes[type].makeColumn(for: key, kind: claims[0].cell(codes).kind)
    let rest = contents.edgeTypes[type].columns[column].claimFreely(
      claims,
      key: key,
      base: base,
      events: contents.edgeTypes[type].positions,
      codes: codes
    )
    guard let rest else { return }
    for claim in claims[rest...] where claim.kind == .cell && claim.number == key {
      add(claim, toEdge: base + Int(claim.subject), type, of: recording)
    }
  }

  /// Claims the edges of a type one after another, those that are there and those that are not.
  private func claimEdges(ofType type: Int, of recording: GraphRecording) {
    var claim = 0
    var event = GraphRecording.noEvent
    for index in 0..<recording.edges[type].count {
      if recording.edges[type].events[index] != event {
        event = recording.edges[type].events[index]
        resume(recording.events[Int(event)])
      }
      let key = recording.key(ofEdge: index, type, contents.edgeTypes[type].keyIsText)
      let edge = edge(
        type: UInt16(type),
        from: NodeNumber(recording.graphNodes[Int(recording.edges[type].sources[index])]),
        to: NodeNumber(recording.graphNodes[Int(recording.edges[type].targets[index])]),
        key: key
      )
      while claim < recording.edges[type].claims.count,
        recording.edges[type].claims[claim].subject == UInt32(index)
      {
        add(recording.edges[type].claims[claim], to: edge, of: recording)
        claim += 1
      }
    }
  }

  /// - Parameter number: of an edge that was just appended.
  private func add(
    _ claim: GraphRecording.Claim,
    toEdge number: Int,
    _ type: Int,
    of recording: GraphRecording
  ) {
    resume(recording.events[Int(recording.edges[type].events[Int(claim.subject)])])
    add(claim, to: EdgeReference(type: UInt16(type), number: UInt32(number)), of: recording)
  }

  private func add(
    _ claim: GraphRecording.Claim,
    to edge: EdgeReference,
    of recording: GraphRecording
  ) {
    let date = PartialDate(packed: Int64(bitPattern: claim.bits))
    switch claim.kind {
    case .cell: set(claim.cell(recording.graphCodes.start), key: claim.number, of: edge)
    case .boxedCell: set(recording.boxedCells[Int(claim.bits)], key: claim.number, of: edge)
    case .validFrom: setValidFrom(date, of: edge)
    case .validTo: setValidTo(date, of: edge)
    case .ended: setValidTo(nil, of: edge)
    case .form, .labels: preconditionFailure("an edge has neither names nor labels")
    }
  }
}

extension Mentions {
  /// Adds some mentions of a recording, whose nodes are known.
  fileprivate mutating func add(_ recording: GraphRecording, _ range: Range<Int>) {
    let numbers = recording.graphNodes.start
    let mentioned = recording.mentionedNodes.start
    nodes.append(count: range.count) { nodes in
      for index in 0..<range.count {
        nodes[index] = numbers[Int(mentioned[range.lowerBound + index])]
      }
    }
    labelSets.append(
      contentsOf: UnsafeBufferPointer(
        start: recording.mentionedLabelSets.start + range.lowerBound,
        count: range.count
      )
    )
  }
}

extension EdgeTable {
  /// Appends edges that are new.
  fileprivate mutating func append(_ edges: borrowing RecordedEdges, of recording: GraphRecording) {
    let count = edges.count
    let numbers = recording.graphNodes.start
    let (newSources, newTargets) = (edges.sources.start, edges.targets.start)
    sources.append(count: count) { sources in
      for edge in 0..<count { sources[edge] = numbers[Int(newSources[edge])] }
    }
    targets.append(count: count) { targets in
      for edge in 0..<count { targets[edge] = numbers[Int(newTargets[edge])] }
    }
    let (events, indices) = (recording.events.start, edges.events.start)
    positions.append(count: count) { positions in
      for edge in 0..<count { positions[edge] = events[Int(indices[edge])].position }
    }
    appendKeyWords(edges, of: recording)
    if hasValidity { for _ in 0..<count { validity.appendOpen() } }
  }

  private mutating func appendKeyWords(
    _ edges: borrowing RecordedEdges,
    of recording: GraphRecording
  ) {
    let (length, isText) = (keyLength, keyIsText)
    if length == 0 { return }
    let codes = recording.graphCodes.start
    let words = edges.keyWords.start
    let count = edges.keyWords.count
    keyWords.append(count: count) { keyWords in
      for place in 0..<length {
        let isText = isText[place]
        for index in stride(from: place, to: count, by: length) {
          let word = words[index]
          keyWords[index] = isText && word != StringPool.none ? codes[Int(word)] : word
        }
      }
    }
  }
}

extension GraphRecording {
  /// The key of an edge, in the graph's codes.
  fileprivate func key(ofEdge index: Int, _ type: Int, _ isText: [Bool]) -> [UInt32] {
    isText.indices.map { place in
      let word = edges[type].keyWords[index * isText.count + place]
      return isText[place] && word != StringPool.none ? graphCodes[Int(word)] : word
    }
  }
}
