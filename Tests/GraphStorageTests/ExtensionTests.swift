import GraphModel
import Testing

@testable import GraphStorage

/// A graph that grows in place is the one that is made at once, and so is all that is derived.
@Suite struct `Extending a graph` {
  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `from any prefix's image ends in the graph of one fold`(seed: UInt64) throws {
    let claims = randomClaims(seed: seed, count: 160)
    let whole = GraphBuilder()
    apply(claims, to: whole, from: 1)
    let expected = whole.publish()

    let cut = Int(seed * 37 % 160)
    let prefix = GraphBuilder()
    apply(claims[..<cut], to: prefix, from: 1)
    let image = ImageInMemory(of: prefix.publish().contents)
    var contents = try image.contents()
    let former = Graph(contents)
    // Who still reads an earlier graph does not see it change.
    var readers = [(graph: former, digest: GraphImage.digest(of: former.contents))]
    // In pieces, as commits come.
    var position = cut
    while position < claims.count {
      let next = min(position + Int(seed % 7) * 9 + 1, claims.count)
      let builder = GraphBuilder(resuming: contents, isExtending: true)
      apply(claims[position..<next], to: builder, from: UInt32(position) + 1)
      contents = builder.takeContents()
      let graph = Graph(publishing: contents)
      if seed % 2 == 0 { readers.append((graph, GraphImage.digest(of: graph.contents))) }
      contents = graph.contents
      position = next
    }
    #expect(
      GraphImage.digest(of: contents) == GraphImage.digest(of: expected.contents),
      "seed \(seed), cut \(cut)"
    )
    expectSameDerived(Graph(contents), expected, "seed \(seed), cut \(cut)")
    for reader in readers {
      #expect(GraphImage.digest(of: reader.graph.contents) == reader.digest, "seed \(seed), reader")
    }

    let compact = try ImageInMemory(of: contents).contents()
    expectSameDerived(Graph(compact), expected, "seed \(seed), written and read")
    #expect(compact.edgeTypes.allSatisfy { $0.outgoing.isCompact && $0.incoming.isCompact })
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `can be given up for a patch`(seed: UInt64) throws {
    let claims = randomClaims(seed: seed, count: 90)
    // The first events name most nodes, so without them nodes and edges get other numbers.
    let whole = GraphBuilder()
    for (index, claim) in claims.enumerated() {
      apply(index < 5 ? [] : [claim], to: whole, at: UInt32(index) + 1)
    }
    let prefix = GraphBuilder()
    apply(claims[..<60], to: prefix, from: 1)
    let builder = GraphBuilder(resuming: prefix.publish().contents, isExtending: true)
    apply(claims[60...], to: builder, from: 61)
    builder.beginPatch(without: 1...5)
    for position in 1...5 as ClosedRange<UInt32> { apply([], to: builder, at: position) }
    builder.finishPatch()
    let graph = builder.publish()
    #expect(GraphImage.digest(of: graph.contents) == GraphImage.digest(of: whole.contents))
    expectSameDerived(graph, whole.publish(), "seed \(seed), patched")
  }

  @Test func `keeps a node with very many edges in order`() {
    let builder = GraphBuilder()
    builder.begin(event: EventPosition(1), time: 0)
    let table = builder.table(named: "Node")
    let labels = builder.labelSet(["Node"])
    let type = builder.edgeType(named: "TO", hasValidity: false)
    let nodes = (0..<300).map {
      builder.node(table: table, id: builder.intern("n\($0)"), labelSet: labels)
    }
    _ = builder.newEdge(type: type, from: nodes[0], to: nodes[150])
    let extending = GraphBuilder(resuming: builder.publish().contents, isExtending: true)
    var generator = SeededGenerator(seed: 9)
    for position in 2..<3000 as Range<UInt32> {
      extending.begin(event: EventPosition(position), time: 0)
      let other = nodes[Int.random(in: 1..<300, using: &generator)]
      _ = extending.newEdge(type: type, from: nodes[0], to: other)
    }
    let contents = extending.publish().contents
    let remade = GraphBuilder(resuming: contents).publish()
    expectSameDerived(Graph(contents), remade, "a hub")
    #expect(contents.edgeTypes[0].outgoing.degree(of: 0) == 2999)
    #expect(contents.edgeTypes[0].statistics?.hasParallelEdges == true)
  }

  private func expectSameDerived(_ left: Graph, _ right: Graph, _ what: Comment) {
    #expect(left.contents.labelSetStatistics?.nodeCounts.reduce(0, +) == right.nodeCount, what)
    for (node, number) in (0..<UInt32(left.nodeCount)).map({ ($0, NodeNumber($0)) }) {
      #expect(left.labels(of: number).sorted() == right.labels(of: number).sorted(), what)
      let key = left.propertyKey(named: "id") ?? 0
      guard case .string(let id) = left.property(key, of: number) else { continue }
      #expect(left.nodes(withID: id) == right.nodes(withID: id), what)
      #expect(left.nodes(withID: id).contains(NodeNumber(node)), what)
    }
    for table in left.contents.edgeTypes {
      guard let other = right.contents.edgeTypes.first(where: { $0.type == table.type }) else {
        #expect(table.count == 0, what)
        continue
      }
      for (own, others) in [(table.outgoing, other.outgoing), (table.incoming, other.incoming)] {
        for node in 0..<UInt32(left.nodeCount + 2) {
          #expect(neighbours(own, node) == neighbours(others, node), what)
          #expect(edges(own, node) == edges(others, node), what)
        }
      }
      expectSame(table.statistics, left, other.statistics, right, what)
    }
  }

  private func expectSame(
    _ left: EdgeStatistics?,
    _ leftGraph: Graph,
    _ right: EdgeStatistics?,
    _ rightGraph: Graph,
    _ what: Comment
  ) {
    #expect(left?.distinctSources == right?.distinctSources, what)
    #expect(left?.distinctTargets == right?.distinctTargets, what)
    #expect(left?.hasParallelEdges == right?.hasParallelEdges, what)
    func named(_ counts: [Int], _ graph: Graph) -> [[String]: Int] {
      var named: [[String]: Int] = [:]
      for (set, count) in counts.enumerated() where count != 0 {
        let labels = graph.contents.labelSets[set].map { graph.contents.labels[Int($0)] }
        named[labels.sorted()] = count
      }
      return named
    }
    #expect(
      named(left?.sourceCounts ?? [], leftGraph) == named(right?.sourceCounts ?? [], rightGraph)
    )
    #expect(
      named(left?.targetCounts ?? [], leftGraph) == named(right?.targetCounts ?? [], rightGraph)
    )
  }

  private func neighbours(_ adjacency: Adjacency, _ node: UInt32) -> [UInt32] {
    adjacency.range(of: node).map { adjacency.neighbours[$0] }
  }

  private func edges(_ adjacency: Adjacency, _ node: UInt32) -> [UInt32] {
    adjacency.range(of: node).map { adjacency.edges[$0] }
  }
}

/// An image whose arrays are used where they are, and copied by its own way when they are written.
private final class ImageInMemory: @unchecked Sendable, ElementsOwner {
  private let bytes: UnsafeMutableRawBufferPointer

  init(of contents: GraphContents) {
    let key = ImageKey(
      position: contents.position,
      root: Array(repeating: 1, count: 32),
      schemaDigest: Array(repeating: 2, count: 32)
    )
    let account = FoldAccount(
      origin: FoldAccount.Origin(textDigest: Array(repeating: 3, count: 32), foldVersion: 1),
      entries: []
    )
    var image: [UInt8] = []
    GraphImage.write(contents, key: key, account: account) { bytes, offset in
      if image.count < offset + bytes.count {
        image += Array(repeating: 0, count: offset + bytes.count - image.count)
      }
      image.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }
    bytes = .allocate(byteCount: image.count, alignment: 8)
    bytes.copyBytes(from: image)
  }

  deinit { bytes.deallocate() }

  func contents() throws -> GraphContents {
    try GraphImage.read(UnsafeRawBufferPointer(bytes), owner: self)
  }

  func writableCopy(of part: UnsafeRawBufferPointer, spareByteCount: Int) -> WritableMemory? {
    // Some arrays are left to be copied by whoever wants to write.
    if part.count % 3 == 0 { return nil }
    let copy = UnsafeMutableRawBufferPointer.allocate(
      byteCount: part.count + max(spareByteCount, 24),
      alignment: 8
    )
    copy.copyMemory(from: part)
    guard let start = copy.baseAddress else { return nil }
    let address = UInt(bitPattern: start)
    return WritableMemory(start: start, byteCapacity: copy.count) {
      UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
    }
  }
}
