import GraphModel

// The contents of an image: the arrays of a graph as they are in memory, so that they are used in
// place where the image is mapped. Integers are little-endian; an array is its count (8 bytes) and
// its elements, zero-filled to 8 bytes; a string is an array of UTF-8 bytes.
//
//   position     of the last event folded in
//   names        labels, label sets, property keys, kinds of events
//   label sets   number of nodes and table of each
//   nodes        table, row, label set, position of each
//   tables       name, nodes, columns, rows by id
//   edge types   name, validity, key, ends, positions, columns, adjacency, statistics
//   events       times and kinds by position, positions in quarantine, positions of revisions
//   mentions     starts by position, nodes, label sets
//   past         claims, encoded one after the other
//   strings      bytes, offsets, prefixes, hash table

extension GraphContents {
  /// - Precondition: adjacency and indexes have been made.
  func encodeImage(into sink: inout some ContentsSink) {
    guard let statistics = labelSetStatistics else {
      preconditionFailure("an image holds the indexes too")
    }
    sink.write(UInt64(position.rawValue))
    sink.write(labels)
    sink.write(labelSets.count)
    for set in labelSets { sink.write(FlatArray(set)) }
    sink.write(propertyKeys)
    sink.write(eventKinds.kinds)
    sink.write(FlatArray(statistics.nodeCounts))
    sink.write(FlatArray(statistics.tables.map { $0.map { UInt32($0) + 1 } ?? 0 }))
    sink.write(nodeTables)
    sink.write(nodeRows)
    sink.write(nodeLabelSets)
    sink.write(nodePositions)
    sink.write(tables.count)
    for table in tables { table.encodeImage(into: &sink) }
    sink.write(edgeTypes.count)
    for table in edgeTypes { table.encodeImage(into: &sink) }
    sink.write(eventTimes)
    sink.write(eventKinds.numbers)
    sink.write(quarantined)
    sink.write(revisions)
    sink.write(mentions.starts)
    sink.write(mentions.nodes)
    sink.write(mentions.labelSets)
    past.encodeImage(into: &sink)
    strings.encodeImage(into: &sink)
  }

  init(decodingImage source: inout ContentsSource) throws(ImageError) {
    self.init()
    position = EventPosition(UInt32(truncatingIfNeeded: try source.number()))
    labels = try source.strings()
    for _ in 0..<(try source.count()) {
      let set: FlatArray<UInt16> = try source.array()
      labelSets.append(set.array)
    }
    propertyKeys = try source.strings()
    for _ in 0..<(try source.count()) {
      eventKinds.kinds.append(
        EventKind(
          type: try source.string(),
          version: UInt32(truncatingIfNeeded: try source.number()),
          replacementType: try source.string()
        )
      )
    }
    let nodeCounts: FlatArray<Int> = try source.array()
    let tablesOfSets: FlatArray<UInt32> = try source.array()
    labelSetStatistics = LabelSetStatistics(
      nodeCounts: nodeCounts.array,
      tables: tablesOfSets.array.map { $0 == 0 ? nil : UInt16(truncatingIfNeeded: $0 - 1) }
    )
    nodeTables = try source.array()
    nodeRows = try source.array()
    nodeLabelSets = try source.array()
    nodePositions = try source.array()
    for _ in 0..<(try source.count()) { tables.append(try NodeTable(decodingImage: &source)) }
    for _ in 0..<(try source.count()) { edgeTypes.append(try EdgeTable(decodingImage: &source)) }
    eventTimes = try source.array()
    eventKinds.numbers = try source.array()
    quarantined = try source.array()
    revisions = try source.array()
    mentions.starts = try source.array()
    mentions.nodes = try source.array()
    mentions.labelSets = try source.array()
    past = try PastStore(decodingImage: &source)
    strings = try StringPool(decodingImage: &source)
  }
}

extension NodeTable {
  fileprivate func encodeImage(into sink: inout some ContentsSink) {
    sink.write(name)
    sink.write(nodes)
    sink.write(FlatArray(keys))
    for index in keys.indices {
      columns[index].encodeImage(into: &sink)
      sink.write(texts[index] == nil ? 0 : 1)
      texts[index]?.encodeImage(into: &sink)
    }
    sink.write(idIndex?.rows ?? FlatArray())
    let ascending = idIndex?.ascending ?? AscendingSets()
    sink.write((idIndex?.isUnique == true ? 1 : 0) | ascending.bits << 1)
  }

  fileprivate init(decodingImage source: inout ContentsSource) throws(ImageError) {
    self.init(name: try source.string())
    nodes = try source.array()
    let keys: FlatArray<UInt16> = try source.array()
    for key in keys.array {
      let column = try PropertyColumn(decodingImage: &source)
      let index = makeColumn(for: key, kind: column.kind)
      columns[index] = column
      if try source.number() != 0 { texts[index] = try TextColumn(decodingImage: &source) }
    }
    let rows: FlatArray<UInt32> = try source.array()
    let properties = try source.number()
    idIndex = IDIndex(
      rows: rows,
      isUnique: properties & 1 != 0,
      // An image that was written before that was found out does not tell.
      ascending: AscendingSets(bits: properties >> 1)
    )
  }
}

extension EdgeTable {
  fileprivate func encodeImage(into sink: inout some ContentsSink) {
    sink.write(type)
    sink.write(hasValidity ? 1 : 0)
    sink.write(FlatArray(keyIsText.map { UInt8($0 ? 1 : 0) }))
    sink.write(sources)
    sink.write(targets)
    sink.write(positions)
    sink.write(validity.from)
    sink.write(validity.to)
    sink.write(validity.fromPositions)
    sink.write(validity.toPositions)
    sink.write(keyWords)
    sink.write(FlatArray(keys))
    for column in columns { column.encodeImage(into: &sink) }
    for adjacency in [outgoing, incoming] {
      sink.write(adjacency.offsets)
      sink.write(adjacency.neighbours)
      sink.write(adjacency.edges)
    }
    guard let statistics else { preconditionFailure("an image holds the indexes too") }
    sink.write(FlatArray(statistics.sourceCounts))
    sink.write(FlatArray(statistics.targetCounts))
    sink.write(statistics.distinctSources)
    sink.write(statistics.distinctTargets)
    sink.write(statistics.hasParallelEdges ? 1 : 0)
  }

  fileprivate init(decodingImage source: inout ContentsSource) throws(ImageError) {
    self.init(type: try source.string(), hasValidity: try source.number() != 0)
    let isText: FlatArray<UInt8> = try source.array()
    keyIsText = isText.array.map { $0 != 0 }
    keyLength = keyIsText.count
    sources = try source.array()
    targets = try source.array()
    positions = try source.array()
    validity.from = try source.array()
    validity.to = try source.array()
    validity.fromPositions = try source.array()
    validity.toPositions = try source.array()
    keyWords = try source.array()
    let keys: FlatArray<UInt16> = try source.array()
    for key in keys.array {
      let column = try PropertyColumn(decodingImage: &source)
      columns[makeColumn(for: key, kind: column.kind)] = column
    }
    outgoing = try Adjacency(decodingImage: &source)
    incoming = try Adjacency(decodingImage: &source)
    let sourceCounts: FlatArray<Int> = try source.array()
    let targetCounts: FlatArray<Int> = try source.array()
    statistics = EdgeStatistics(
      sourceCounts: sourceCounts.array,
      targetCounts: targetCounts.array,
      distinctSources: Int(truncatingIfNeeded: try source.number()),
      distinctTargets: Int(truncatingIfNeeded: try source.number()),
      hasParallelEdges: try source.number() != 0
    )
  }
}

extension Adjacency {
  fileprivate init(decodingImage source: inout ContentsSource) throws(ImageError) {
    self.init(
      offsets: try source.array(),
      neighbours: try source.array(),
      edges: try source.array()
    )
  }
}

extension PropertyColumn {
  fileprivate func encodeImage(into sink: inout some ContentsSink) {
    sink.write(UInt64(kind.rawValue))
    sink.write(positions)
    sink.write(words32)
    sink.write(words64)
    sink.write(values.count)
    for value in values { value.encode(into: &sink) }
  }

  fileprivate init(decodingImage source: inout ContentsSource) throws(ImageError) {
    guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: try source.number())) else {
      throw .damaged
    }
    let positions: FlatArray<UInt32> = try source.array()
    let words32: FlatArray<UInt32> = try source.array()
    let words64: FlatArray<UInt64> = try source.array()
    var values: [Value] = []
    for _ in 0..<(try source.count()) { values.append(try Value(decoding: &source)) }
    self.init(
      kind: kind,
      positions: positions,
      words32: words32,
      words64: words64,
      values: values
    )
  }
}

extension TextColumn {
  fileprivate func encodeImage(into sink: inout some ContentsSink) {
    sink.write(first)
    sink.write(next)
    sink.write(texts)
    sink.write(languages)
    sink.write(kinds)
    sink.write(positions)
  }

  fileprivate init(decodingImage source: inout ContentsSource) throws(ImageError) {
    self.init(
      first: try source.array(),
      next: try source.array(),
      texts: try source.array(),
      languages: try source.array(),
      kinds: try source.array(),
      positions: try source.array()
    )
  }
}

extension PastStore {
  fileprivate func encodeImage(into sink: inout some ContentsSink) {
    var encoded = ByteSink()
    for claim in claims { claim.encode(into: &encoded) }
    sink.write(claims.count)
    sink.write(FlatArray(encoded.bytes))
  }

  fileprivate init(decodingImage source: inout ContentsSource) throws(ImageError) {
    let count = try source.count()
    self.init(encoded: EncodedClaims(count: count, bytes: try source.array()))
  }
}
