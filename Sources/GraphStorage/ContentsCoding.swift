import GraphModel
import OrderedCollections

// The bytes of a graph's contents: one stream that the digest hashes and the
// image stores. Integers are little-endian; an array is its count (8 bytes) and
// its elements, zero-filled to 8 bytes; a string is an array of UTF-8 bytes.
// What can be derived (adjacency, indexes) is not in it.
//
//   strings      bytes, offsets
//   names        labels, label sets, property keys
//   tables       name, nodes, then each column: key, kind, positions, words,
//                values, and the forms of TEXT columns
//   edge types   type, validity flag, ends, positions, validity, key, columns
//   nodes        table, row, label set, position of each
//   events       times by position, positions in quarantine, positions of revisions
//   past         claims
//   position     of the last event folded in

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
    sink.write(strings.bytes)
    sink.write(strings.offsets)
    sink.write(labels)
    sink.write(labelSets.count)
    for set in labelSets { sink.write(FlatArray(set)) }
    sink.write(propertyKeys)
    sink.write(tables.count)
    for table in tables { table.encode(into: &sink) }
    sink.write(edgeTypes.count)
    for table in edgeTypes { table.encode(into: &sink) }
    sink.write(nodeTables)
    sink.write(nodeRows)
    sink.write(nodeLabelSets)
    sink.write(nodePositions)
    sink.write(eventTimes)
    sink.write(quarantined)
    sink.write(revisions)
    sink.write(past.claims.count)
    for claim in past.claims { claim.encode(into: &sink) }
    sink.write(UInt64(position.rawValue))
  }

  init(decoding source: inout ContentsSource) throws(ImageError) {
    self.init()
    let bytes: FlatArray<UInt8> = try source.array()
    let offsets: FlatArray<UInt64> = try source.array()
    guard offsets.count > 0, offsets[offsets.count - 1] == UInt64(bytes.count) else {
      throw .damaged
    }
    strings.restore(bytes: bytes, offsets: offsets)
    labels = try source.strings()
    for _ in 0..<(try source.count()) {
      let set: FlatArray<UInt16> = try source.array()
      labelSets.append(set.array)
    }
    propertyKeys = try source.strings()
    for _ in 0..<(try source.count()) { tables.append(try NodeTable(decoding: &source)) }
    for _ in 0..<(try source.count()) { edgeTypes.append(try EdgeTable(decoding: &source)) }
    nodeTables = try source.array()
    nodeRows = try source.array()
    nodeLabelSets = try source.array()
    nodePositions = try source.array()
    eventTimes = try source.array()
    quarantined = try source.array()
    revisions = try source.array()
    var claims: [PastClaim] = []
    for _ in 0..<(try source.count()) { claims.append(try PastClaim(decoding: &source)) }
    past = PastStore(claims: claims)
    position = EventPosition(UInt32(truncatingIfNeeded: try source.number()))
  }
}

extension NodeTable {
  fileprivate func encode(into sink: inout some ContentsSink) {
    sink.write(name)
    sink.write(nodes)
    sink.write(keys.count)
    for index in keys.indices {
      sink.write(UInt64(keys[index]))
      columns[index].encode(into: &sink)
      sink.write(texts[index] == nil ? 0 : 1)
      texts[index]?.encode(into: &sink)
    }
  }

  fileprivate init(decoding source: inout ContentsSource) throws(ImageError) {
    self.init(name: try source.string())
    nodes = try source.array()
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
  fileprivate func encode(into sink: inout some ContentsSink) {
    sink.write(type)
    sink.write(hasValidity ? 1 : 0)
    sink.write(sources)
    sink.write(targets)
    sink.write(positions)
    sink.write(validity.from)
    sink.write(validity.to)
    sink.write(validity.fromPositions)
    sink.write(validity.toPositions)
    sink.write(keyLength)
    sink.write(keyWords)
    sink.write(keys.count)
    for index in keys.indices {
      sink.write(UInt64(keys[index]))
      columns[index].encode(into: &sink)
    }
  }

  fileprivate init(decoding source: inout ContentsSource) throws(ImageError) {
    let type = try source.string()
    self.init(type: type, hasValidity: try source.number() != 0)
    sources = try source.array()
    targets = try source.array()
    positions = try source.array()
    validity.from = try source.array()
    validity.to = try source.array()
    validity.fromPositions = try source.array()
    validity.toPositions = try source.array()
    keyLength = try source.count()
    keyWords = try source.array()
    for _ in 0..<(try source.count()) {
      let key = UInt16(truncatingIfNeeded: try source.number())
      let column = try PropertyColumn(decoding: &source)
      columns[makeColumn(for: key, kind: column.kind)] = column
    }
  }
}

extension PropertyColumn {
  fileprivate func encode(into sink: inout some ContentsSink) {
    sink.write(UInt64(kind.rawValue))
    sink.write(positions)
    sink.write(words32)
    sink.write(words64)
    sink.write(values.count)
    for value in values { value.encode(into: &sink) }
  }

  fileprivate init(decoding source: inout ContentsSource) throws(ImageError) {
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
  fileprivate func encode(into sink: inout some ContentsSink) {
    sink.write(first)
    sink.write(next)
    sink.write(texts)
    sink.write(languages)
    sink.write(kinds)
    sink.write(positions)
  }

  fileprivate init(decoding source: inout ContentsSource) throws(ImageError) {
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
    case .existence:
      sink.write(0)
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
    case 0: content = .existence
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
    default: throw .damaged
    }
    position = EventPosition(UInt32(truncatingIfNeeded: try source.number()))
    supersededAt = EventPosition(UInt32(truncatingIfNeeded: try source.number()))
  }
}

extension Value {
  fileprivate func encode(into sink: inout some ContentsSink) {
    switch self {
    case .null: sink.write(0)
    case .boolean(let flag):
      sink.write(1)
      sink.write(flag ? 1 : 0)
    case .integer(let number):
      sink.write(2)
      sink.write(UInt64(bitPattern: number))
    case .float(let number):
      sink.write(3)
      sink.write(number.bitPattern)
    case .string(let text):
      sink.write(4)
      sink.write(text)
    case .date(let date):
      sink.write(5)
      sink.write(UInt64(UInt32(bitPattern: date.packed)))
    case .dateTime(let moment):
      sink.write(6)
      sink.write(UInt64(bitPattern: moment.microseconds))
      sink.write(UInt64(UInt32(bitPattern: moment.offsetSeconds)))
    case .duration(let duration):
      sink.write(7)
      sink.write(UInt64(bitPattern: duration.months))
      sink.write(UInt64(bitPattern: duration.days))
      sink.write(UInt64(bitPattern: duration.seconds))
      sink.write(UInt64(UInt32(bitPattern: duration.nanoseconds)))
    case .list(let values):
      sink.write(8)
      sink.write(values.count)
      for value in values { value.encode(into: &sink) }
    case .map(let entries):
      sink.write(9)
      sink.write(entries.count)
      for (key, value) in entries {
        sink.write(key)
        value.encode(into: &sink)
      }
    case .node, .edge, .path, .derivedEdge:
      preconditionFailure("a property holds no part of the graph")
    }
  }

  fileprivate init(decoding source: inout ContentsSource) throws(ImageError) {
    switch try source.number() {
    case 0: self = .null
    case 1: self = .boolean(try source.number() != 0)
    case 2: self = .integer(Int64(bitPattern: try source.number()))
    case 3: self = .float(Double(bitPattern: try source.number()))
    case 4: self = .string(try source.string())
    case 5:
      self = .date(
        PartialDate(packed: Int32(bitPattern: UInt32(truncatingIfNeeded: try source.number())))
      )
    case 6:
      let microseconds = Int64(bitPattern: try source.number())
      let offset = Int32(bitPattern: UInt32(truncatingIfNeeded: try source.number()))
      self = .dateTime(DateTime(microseconds: microseconds, offsetSeconds: offset))
    case 7:
      let months = Int64(bitPattern: try source.number())
      let days = Int64(bitPattern: try source.number())
      let seconds = Int64(bitPattern: try source.number())
      let nanoseconds = Int32(bitPattern: UInt32(truncatingIfNeeded: try source.number()))
      self = .duration(
        Duration(months: months, days: days, seconds: seconds, nanoseconds: nanoseconds)
      )
    case 8:
      var values: [Value] = []
      for _ in 0..<(try source.count()) { values.append(try Value(decoding: &source)) }
      self = .list(values)
    case 9:
      var entries: OrderedDictionary<String, Value> = [:]
      for _ in 0..<(try source.count()) {
        let key = try source.string()
        entries[key] = try Value(decoding: &source)
      }
      self = .map(entries)
    default: throw .damaged
    }
  }
}
