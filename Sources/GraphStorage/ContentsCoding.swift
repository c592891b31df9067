import GraphModel

// The bytes of a graph's contents that its digest hashes. Integers are little-endian; an array is its count (8 bytes) and its elements, zero-filled to
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

  mutating func write(_ kinds: [EventKind]) {
    write(kinds.count)
    for kind in kinds {
      write(kind.type)
      write(UInt64(kind.version))
      write(kind.replacementType)
    }
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
}

extension PastClaim {
  func encode(into sink: inout some ContentsSink) {
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

  init(decoding source: inout ContentsSource) throws(ImageError) {
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
