import GraphModel
import Testing

@testable import GraphStorage

@Suite struct `Graph storage` {
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `going on from any prefix's image ends in the digest of one fold`(seed: UInt64) throws {
    let claims = randomClaims(seed: seed, count: 120)
    let whole = GraphBuilder()
    apply(claims, to: whole, from: 1)
    let expected = GraphImage.digest(of: whole.contents)

    let cut = Int(seed * 37 % 120)
    let prefix = GraphBuilder()
    apply(claims[..<cut], to: prefix, from: 1)
    let resumed = GraphBuilder(resuming: try throughImage(prefix.publish().contents))
    apply(claims[cut...], to: resumed, from: UInt32(cut) + 1)
    #expect(GraphImage.digest(of: resumed.contents) == expected, "seed \(seed), cut \(cut)")
    #expect(expected != GraphImage.digest(of: prefix.contents) || cut == 120)
  }

  private func throughImage(_ contents: GraphContents) throws -> GraphContents {
    let key = ImageKey(
      position: contents.position,
      root: Array(repeating: 1, count: 32),
      schemaDigest: Array(repeating: 2, count: 32)
    )
    let image = imageBytes(of: contents, key: key)
    #expect(try image.withUnsafeBytes { try GraphImage.readHeader($0).key } == key)
    try image.withUnsafeBytes { bytes in
      let header = try GraphImage.readHeader(bytes)
      let start = GraphImage.headerByteCount
      let account = UnsafeRawBufferPointer(
        rebasing: bytes[start..<(start + header.accountByteCount)]
      )
      #expect(try GraphImage.readAccount(account, of: header) == self.account)
    }
    return try image.withUnsafeBytes { try GraphImage.read($0) }
  }

  private let account = FoldAccount(
    origin: FoldAccount.Origin(textDigest: Array(repeating: 9, count: 32), foldVersion: 5),
    entries: [
      FoldAccount.Entry(
        kind: EventKind(type: "meeting.held", version: 2),
        eventCount: 3,
        digest: Array(repeating: 7, count: 32),
        edgeTypes: ["ATTENDED", "WORKS_FOR"],
        endedEdgeTypes: ["WORKS_FOR"]
      )
    ]
  )

  private func imageBytes(of contents: GraphContents, key: ImageKey) -> [UInt8] {
    var image: [UInt8] = []
    GraphImage.write(contents, key: key, account: account) { bytes, offset in
      if image.count < offset + bytes.count {
        image += Array(repeating: 0, count: offset + bytes.count - image.count)
      }
      image.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }
    return image
  }

  @Test func `an image of another format is not read`() throws {
    let builder = GraphBuilder()
    apply(randomClaims(seed: 5, count: 10), to: builder, from: 1)
    let key = ImageKey(
      position: builder.contents.position,
      root: Array(repeating: 1, count: 32),
      schemaDigest: Array(repeating: 2, count: 32)
    )
    var image = imageBytes(of: builder.contents, key: key)
    image[8] = 99
    #expect(throws: ImageError.otherFormat(99)) {
      try image.withUnsafeBytes { try GraphImage.read($0) }
    }
  }

  @Test func `a flipped bit anywhere in an image is noticed`() throws {
    let builder = GraphBuilder()
    apply(randomClaims(seed: 5, count: 60), to: builder, from: 1)
    let key = ImageKey(
      position: builder.contents.position,
      root: Array(repeating: 1, count: 32),
      schemaDigest: Array(repeating: 2, count: 32)
    )
    let image = imageBytes(of: builder.contents, key: key)
    let bodyByteCount = try image.withUnsafeBytes {
      image.count - GraphImage.headerByteCount - (try GraphImage.readHeader($0).accountByteCount)
    }
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<200 {
      var damaged = image
      let place = Int.random(in: (image.count - bodyByteCount)..<image.count, using: &generator)
      damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      #expect(throws: ImageError.self) {
        try damaged.withUnsafeBytes { try GraphImage.read($0) }
      }
    }
    for count in [0, 7, 119, 120, image.count - 1] {
      #expect(throws: ImageError.self) {
        try image[..<count].withUnsafeBytes { try GraphImage.read($0) }
      }
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `adjacency lists every edge once each way, sorted`(seed: UInt64) {
    let builder = GraphBuilder()
    apply(randomClaims(seed: seed, count: 150), to: builder, from: 1)
    let graph = builder.publish()
    for table in graph.contents.edgeTypes {
      for node in 0..<UInt32(graph.nodeCount) {
        let outgoing = (0..<table.count).filter { table.sources[$0] == node }
          .sorted { (table.targets[$0], $0) < (table.targets[$1], $1) }
        #expect(table.outgoing.range(of: node).map { Int(table.outgoing.edges[$0]) } == outgoing)
        let incoming = (0..<table.count).filter { table.targets[$0] == node }
          .sorted { (table.sources[$0], $0) < (table.sources[$1], $1) }
        #expect(table.incoming.range(of: node).map { Int(table.incoming.edges[$0]) } == incoming)
        for place in table.outgoing.range(of: node) {
          let edge = Int(table.outgoing.edges[place])
          #expect(table.outgoing.neighbours[place] == table.targets[edge])
        }
      }
    }
  }

  @Test func `the claim of the later event wins whatever the order of ingestion`() {
    for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1], [3, 2, 1]] {
      let builder = GraphBuilder()
      let table = builder.table(named: "Person")
      let labels = builder.labelSet(["Person"])
      let key = builder.propertyKey(named: "title")
      for (index, time) in order.enumerated() {
        builder.begin(event: EventPosition(UInt32(index) + 1), time: Int64(time))
        let node = builder.node(table: table, id: builder.intern("p1"), labelSet: labels)
        builder.set(builder.cell(for: .string("title \(time)")), key: key, of: node)
      }
      let graph = builder.publish()
      #expect(graph.property(key, of: NodeNumber(0)) == .string("title 3"))
      #expect(graph.contents.past.claims(about: .node(NodeNumber(0))).count == 2)
    }
  }

  @Test func `an image keeps every value to the nanosecond`() throws {
    let values: [Value] = [
      .date(PartialDate(packed: -44 << 9)), .date(PartialDate(packed: 999_999_999 << 9 | 33)),
      .dateTime(DateTime(microseconds: -1, offsetSeconds: -3600)),
      .dateTime(DateTime(seconds: -1, nanosecond: 999_999_999, offsetSeconds: 25_200)),
      .dateTime(
        DateTime(seconds: 5, nanosecond: 0, offsetSeconds: 25_200, zone: "Asia/Bangkok")
      ),
      .dateTime(DateTime(seconds: .max, nanosecond: 0)),
      .localDateTime(LocalDateTime(epochDay: -5, nanoseconds: 1)),
      .time(ZonedTime(nanoseconds: 1, offsetSeconds: -1)), .localTime(LocalTime(nanoseconds: 1)),
      .duration(Duration(months: -1, days: 2, seconds: -3, nanoseconds: 4)),
    ]
    let builder = GraphBuilder()
    builder.begin(event: EventPosition(1), time: 1)
    for value in values {
      let node = builder.anonymousNode(labels: ["Moment"])
      builder.set(builder.cell(for: value), key: builder.propertyKey(named: "value"), of: node)
    }
    let contents = builder.publish().contents
    let read = try throughImage(contents)
    #expect(GraphImage.digest(of: read) == GraphImage.digest(of: contents))
    let column = read.tables[0].columns[0]
    #expect(values.indices.map { column.value(at: $0, in: read.strings) } == values)
  }

  @Test func `a graph that was published does not change`() {
    let builder = GraphBuilder()
    apply(randomClaims(seed: 1, count: 50), to: builder, from: 1)
    let published = builder.publish()
    let before = GraphImage.digest(of: published.contents)
    apply(randomClaims(seed: 2, count: 50), to: builder, from: 51)
    #expect(GraphImage.digest(of: published.contents) == before)
  }

  @Test func `strings keep their bytes and order by code point`() {
    var pool = StringPool()
    let texts = [
      "", "a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh", "abcdefghi",
      "abcdefgi", "abcez", "abcdez", "abc\0", "abcd\0", "é", "ก", "𝄞", "\u{FFFD}",
    ]
    let codes = texts.map { pool.intern($0) }
    #expect(codes.map { pool[$0] } == texts)
    #expect(texts.map { pool.intern($0) } == codes)
    for (left, leftText) in zip(codes, texts) {
      for (right, rightText) in zip(codes, texts) {
        let expected = leftText.unicodeScalars.lexicographicallyPrecedes(rightText.unicodeScalars)
        #expect((pool.compare(left, right) < 0) == expected, "\(leftText) < \(rightText)")
      }
    }
    for number in 0..<5000 { _ = pool.intern("string number \(number)") }
    #expect(pool.code(of: "string number 4999") == StringCode(texts.count + 4999))
    #expect(pool.code(of: "never seen") == nil)
  }

  @Test func `a validity that is open, partial or of unknown end overlaps what it may`() {
    var validity = ValidityColumns()
    let rows: [(from: PartialDate?, to: PartialDate??)] = [
      (PartialDate("2020-05-10"), .none), (PartialDate("2020"), PartialDate("2021-03")),
      (nil, .some(nil)), (PartialDate("2020-05-10"), PartialDate("2020-05-12")),
    ]
    for (row, dates) in rows.enumerated() {
      validity.appendOpen()
      if let from = dates.from { validity.from[row] = ValidityColumns.word(from) }
      if let to = dates.to {
        validity.to[row] = to.map(ValidityColumns.word) ?? ValidityColumns.unknownEnd
      }
    }
    func holding(_ text: String) -> [Int] {
      guard let date = PartialDate(text) else { return [] }
      return rows.indices.filter {
        ValidityColumns.mayHold(
          from: validity.from[$0],
          to: validity.to[$0],
          firstDay: date.earliest.packed,
          lastDay: date.latest.packed
        )
      }
    }
    #expect(holding("2020-05-09") == [1, 2])
    #expect(holding("2020-05-10") == [0, 1, 2, 3])
    #expect(holding("2020-05-12") == [0, 1, 2])
    #expect(holding("2021-03-30") == [0, 1, 2])
    #expect(holding("2021-03-31") == [0, 2])
    #expect(holding("2019") == [2])
    #expect(holding("2020") == [0, 1, 2, 3])
  }
}
