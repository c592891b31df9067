import GraphModel

// The bytes of a graph's contents: one stream that the digest hashes and the image stores.
// Integers are little-endian; an array is its count (8 bytes) and its elements, zero-filled to
// 8 bytes; a string is an array of UTF-8 bytes.
//
// The bytes say what the graph holds and nothing of how it came to hold it, so that equal graphs
// have equal bytes however they were folded. Names are in the order of their bytes, and strings in
// that of their first use here; what no node or edge uses is left out, and so is what can be
// derived (rows, adjacency, indexes). See ``CanonicalNumbers``.
//
//   position     of the last event folded in
//   names        labels, label sets, property keys, tables, edge types, kinds of events
//   nodes        table, label set, position of each
//   tables       each column: key, kind, positions, words, values, and the forms of TEXT columns
//   edge types   validity flag, key, ends, positions, validity, columns
//   events       times and kinds by position, positions in quarantine, positions of revisions
//   mentions     starts by position, nodes, label sets
//   past         claims, by what they are about and then by position
//   strings      bytes, offsets

/// Where encoded contents go.
protocol ContentsSink {
  mutating func write(_ bytes: UnsafeRawBufferPointer)
}

extension ContentsSink {
  mutating func write(_ number: UInt64) {
    withUnsafeBytes(of: number.littleEndian) { write($0) }
  }

  mutating func write(_ count: Int) { write(UInt64(count)) }

  mutating func write<Element>(_ array: FlatArray<Element>) {
    write(array.count)
    array.withUnsafeBuffer { elements in
      let bytes = UnsafeRawBufferPointer(elements)
      write(bytes)
      writePadding(after: bytes.count)
    }
  }

  mutating func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      write(bytes.count)
      write(UnsafeRawBufferPointer(bytes))
      writePadding(after: bytes.count)
    }
  }

  mutating func write(_ texts: [String]) {
    write(texts.count)
    for text in texts { write(text) }
  }

  private mutating func writePadding(after count: Int) {
    let zeros: UInt64 = 0
    withUnsafeBytes(of: zeros) { write(UnsafeRawBufferPointer(rebasing: $0[..<(-count & 7)])) }
  }
}

extension GraphContents {
  func encode(into sink: inout some ContentsSink) {
    var numbers = CanonicalNumbers(self)
    sink.write(UInt64(position.rawValue))
    numbers.writeNames(of: self, into: &sink)
    sink.write(nodeTables.mapped(numbers.tables))
    sink.write(nodeLabelSets.mapped(numbers.labelSets))
    sink.write(nodePositions)
    for table in numbers.tableOrder { tables[table].encode(into: &sink, &numbers) }
    for type in numbers.edgeTypeOrder { edgeTypes[type].encode(into: &sink, &numbers) }
    sink.write(eventTimes)
    sink.write(eventKinds.numbers.mapped(numbers.kinds))
    sink.write(quarantined)
    sink.write(revisions)
    sink.write(mentions.starts)
    sink.write(mentions.nodes)
    sink.write(mentions.labelSets.mapped(numbers.labelSets))
    let claims = numbers.ordered(past.claims)
    sink.write(claims.count)
    for claim in claims { claim.encode(into: &sink) }
    let (bytes, offsets) = numbers.usedStrings()
    sink.write(bytes)
    sink.write(offsets)
  }

  init(decoding source: inout ContentsSource) throws(ImageError) {
    self.init()
    position = EventPosition(UInt32(truncatingIfNeeded: try source.number()))
    labels = try source.strings()
    for _ in 0..<(try source.count()) {
      let set: FlatArray<UInt16> = try source.array()
      labelSets.append(set.array)
    }
    propertyKeys = try source.strings()
    tables = try source.strings().map { NodeTable(name: $0) }
    edgeTypes = try source.strings().map { EdgeTable(type: $0, hasValidity: false) }
    for _ in 0..<(try source.count()) {
      eventKinds.kinds.append(
        EventKind(
          type: try source.string(),
          version: UInt32(truncatingIfNeeded: try source.number()),
          replacementType: try source.string()
        )
      )
    }
    nodeTables = try source.array()
    nodeLabelSets = try source.array()
    nodePositions = try source.array()
    try makeRows()
    for table in tables.indices { try tables[table].decode(&source) }
    for type in edgeTypes.indices { edgeTypes[type] = try EdgeTable(edgeTypes[type].type, &source) }
    eventTimes = try source.array()
    eventKinds.numbers = try source.array()
    quarantined = try source.array()
    revisions = try source.array()
    mentions.starts = try source.array()
    mentions.nodes = try source.array()
    mentions.labelSets = try source.array()
    var claims: [PastClaim] = []
    for _ in 0..<(try source.count()) { claims.append(try PastClaim(decoding: &source)) }
    past = PastStore(claims: claims)
    let bytes: FlatArray<UInt8> = try source.array()
    let offsets: FlatArray<UInt64> = try source.array()
    guard strings.restore(bytes: bytes, offsets: offsets) else { throw .damaged }
  }

  /// The rows of the nodes: of each table in the order of the nodes.
  private mutating func makeRows() throws(ImageError) {
    var members = [[UInt32]](repeating: [], count: tables.count)
    var rows: [UInt32] = []
    rows.reserveCapacity(nodeTables.count)
    for node in 0..<nodeTables.count {
      let table = Int(nodeTables[node])
      guard table < members.count else { throw .damaged }
      rows.append(UInt32(members[table].count))
      members[table].append(UInt32(node))
    }
    nodeRows = FlatArray(rows)
    for table in tables.indices { tables[table].nodes = FlatArray(members[table]) }
  }
}

extension NodeTable {
  fileprivate func encode(into sink: inout some ContentsSink, _ numbers: inout CanonicalNumbers) {
    let order = numbers.order(of: keys) { columns[$0].commonKind != nil }
    sink.write(order.count)
    for index in order {
      sink.write(UInt64(numbers.keys[Int(keys[index])]))
      columns[index].encode(into: &sink, &numbers)
      let forms = texts[index].flatMap { $0.isEmpty ? nil : $0 }
      sink.write(forms == nil ? 0 : 1)
      forms?.encode(into: &sink, &numbers)
    }
  }

  fileprivate mutating func decode(_ source: inout ContentsSource) throws(ImageError) {
    for _ in 0..<(try source.count()) {
      let key = UInt16(truncatingIfNeeded: try source.number())
      let column = try PropertyColumn(decoding: &source)
      let index = makeColumn(for: key, kind: column.kind)
      columns[index] = column
      if try source.number() != 0 { texts[index] = try TextColumn(decoding: &source) }
    }
  }
}

extension EdgeTable {
  fileprivate func encode(into sink: inout some ContentsSink, _ numbers: inout CanonicalNumbers) {
    sink.write(hasValidity ? 1 : 0)
    sink.write(FlatArray(keyIsText.map { UInt8($0 ? 1 : 0) }))
    sink.write(sources)
    sink.write(targets)
    sink.write(positions)
    sink.write(validity.from)
    sink.write(validity.to)
    sink.write(validity.fromPositions)
    sink.write(validity.toPositions)
    sink.write(numbers.keyWords(of: self))
    let order = numbers.order(of: keys) { columns[$0].commonKind != nil }
    sink.write(order.count)
    for index in order {
      sink.write(UInt64(numbers.keys[Int(keys[index])]))
      columns[index].encode(into: &sink, &numbers)
    }
  }

  fileprivate init(_ type: String, _ source: inout ContentsSource) throws(ImageError) {
    self.init(type: type, hasValidity: try source.number() != 0)
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
    for _ in 0..<(try source.count()) {
      let key = UInt16(truncatingIfNeeded: try source.number())
      let column = try PropertyColumn(decoding: &source)
      columns[makeColumn(for: key, kind: column.kind)] = column
    }
  }
}

extension PropertyColumn {
  fileprivate func encode(into sink: inout some ContentsSink, _ numbers: inout CanonicalNumbers) {
    let kind = commonKind ?? kind
    sink.write(UInt64(kind.rawValue))
    if self.kind == .dynamic {
      encodeDynamic(as: kind, into: &sink, &numbers)
      return
    }
    let count = valuedCount
    sink.write(positions.prefix(count))
    switch kind {
    case .string: sink.write(numbers.codes(words32, where: positions, count: count))
    case .date, .boolean: sink.write(words32.prefix(count))
    case .integer, .float: sink.write(words64.prefix(count))
    case .dynamic: preconditionFailure("a column whose values differ is dynamic")
    }
  }

  /// Writes a dynamic column as if it had held nothing but the values that it holds now.
  private func encodeDynamic(
    as kind: Kind,
    into sink: inout some ContentsSink,
    _ numbers: inout CanonicalNumbers
  ) {
    guard kind == .dynamic else {
      var strings = StringPool()
      let column = normalized(&strings) ?? self
      let count = column.valuedCount
      sink.write(column.positions.prefix(count))
      if kind == .string {
        sink.write(numbers.codes(column, of: strings, count: count))
      } else if column.isWide {
        sink.write(column.words64.prefix(count))
      } else {
        sink.write(column.words32.prefix(count))
      }
      return
    }
    let count = valuedCount
    sink.write(positions.prefix(count))
    let rows = (0..<count).filter { positions[$0] != 0 }
    sink.write(rows.count)
    for row in rows { values[Int(words32[row])].encode(into: &sink) }
  }

  fileprivate init(decoding source: inout ContentsSource) throws(ImageError) {
    guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: try source.number())) else {
      throw .damaged
    }
    let positions: FlatArray<UInt32> = try source.array()
    var words32 = FlatArray<UInt32>()
    var words64 = FlatArray<UInt64>()
    var values: [Value] = []
    switch kind {
    case .string, .date, .boolean: words32 = try source.array()
    case .integer, .float: words64 = try source.array()
    case .dynamic:
      for _ in 0..<(try source.count()) { values.append(try Value(decoding: &source)) }
      var next: UInt32 = 0
      for row in 0..<positions.count {
        words32.append(next)
        if positions[row] != 0 { next += 1 }
      }
      guard Int(next) == values.count else { throw .damaged }
    }
    self.init(
      kind: kind,
      positions: positions,
      words32: words32,
      words64: words64,
      values: values
    )
  }

  /// How many rows there are up to the last that has a value.
  private var valuedCount: Int {
    var count = positions.count
    while count > 0, positions[count - 1] == 0 { count -= 1 }
    return count
  }
}

extension TextColumn {
  fileprivate func encode(into sink: inout some ContentsSink, _ numbers: inout CanonicalNumbers) {
    var counts: [UInt32] = []
    var order: [UInt32] = []
    order.reserveCapacity(texts.count)
    for row in 0..<first.count {
      let before = order.count
      var link = first[row]
      while link != 0 {
        order.append(link - 1)
        link = next[Int(link) - 1]
      }
      counts.append(UInt32(order.count - before))
    }
    while counts.last == 0 { counts.removeLast() }
    sink.write(FlatArray(counts))
    sink.write(numbers.codes(texts.permuted(order, filler: 0)))
    sink.write(numbers.codes(languages.permuted(order, filler: 0)))
    sink.write(kinds.permuted(order, filler: 0))
    sink.write(positions.permuted(order, filler: 0))
  }

  fileprivate init(decoding source: inout ContentsSource) throws(ImageError) {
    let counts: FlatArray<UInt32> = try source.array()
    let texts: FlatArray<UInt32> = try source.array()
    let languages: FlatArray<UInt32> = try source.array()
    let kinds: FlatArray<UInt8> = try source.array()
    let positions: FlatArray<UInt32> = try source.array()
    guard counts.array.reduce(0, { $0 + Int($1) }) == texts.count else { throw .damaged }
    var first: [UInt32] = []
    var next: [UInt32] = []
    for row in 0..<counts.count {
      let count = Int(counts[row])
      first.append(count == 0 ? 0 : UInt32(next.count) + 1)
      for index in 0..<count { next.append(index + 1 < count ? UInt32(next.count) + 2 : 0) }
    }
    self.init(
      first: FlatArray(first),
      next: FlatArray(next),
      texts: texts,
      languages: languages,
      kinds: kinds,
      positions: positions
    )
  }
}

extension PastClaim {
  fileprivate func encode(into sink: inout some ContentsSink) {
    switch subject {
    case .node(let node):
      sink.write(0)
      sink.write(UInt64(node.rawValue))
    case .edge(let edge):
      sink.write(1)
      sink.write(UInt64(edge.type) << 32 | UInt64(edge.number))
    }
    switch content {
    case .existence(let order):
      sink.write(0)
      sink.write(UInt64(order))
    case .property(let key, let value):
      sink.write(1)
      sink.write(UInt64(key))
      value.encode(into: &sink)
    case .from(let date):
      sink.write(2)
      Value.date(date).encode(into: &sink)
    case .to(let date):
      sink.write(3)
      (date.map { .date($0) } ?? Value.null).encode(into: &sink)
    case .form(let key, let form, let order):
      sink.write(4)
      sink.write(UInt64(key))
      sink.write(form.text)
      sink.write(form.language)
      sink.write(UInt64(form.kind.rawValue))
      sink.write(UInt64(order))
    }
    sink.write(UInt64(position.rawValue))
    sink.write(UInt64(supersededAt.rawValue))
  }

  fileprivate init(decoding source: inout ContentsSource) throws(ImageError) {
    switch try source.number() {
    case 0:
      subject = .node(NodeNumber(UInt32(truncatingIfNeeded: try source.number())))
    case 1:
      let word = try source.number()
      subject = .edge(
        EdgeReference(
          type: UInt16(truncatingIfNeeded: word >> 32),
          number: UInt32(truncatingIfNeeded: word)
        )
      )
    default: throw .damaged
    }
    switch (try source.number()) {
    case 0: content = .existence(order: UInt32(truncatingIfNeeded: try source.number()))
    case 1:
      let key = UInt16(truncatingIfNeeded: try source.number())
      content = .property(key, try Value(decoding: &source))
    case 2:
      guard case .date(let date) = try Value(decoding: &source) else { throw .damaged }
      content = .from(date)
    case 3:
      if case .date(let date) = try Value(decoding: &source) {
        content = .to(date)
      } else {
        content = .to(nil)
      }
    case 4:
      let key = UInt16(truncatingIfNeeded: try source.number())
      let text = try source.string()
      let language = try source.string()
      let kind = TextForm.Kind(rawValue: UInt8(truncatingIfNeeded: try source.number()))
      guard let kind else { throw .damaged }
      let order = UInt32(truncatingIfNeeded: try source.number())
      let form = TextForm(text: text, language: language, kind: kind)
      content = .form(key, form, order: order)
    default: throw .damaged
    }
    position = EventPosition(UInt32(truncatingIfNeeded: try source.number()))
    supersededAt = EventPosition(UInt32(truncatingIfNeeded: try source.number()))
  }
}
