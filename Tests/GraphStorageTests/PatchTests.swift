import GraphModel
import Testing

@testable import GraphStorage

/// Folding some events again has to give what folding all of them gives, byte for byte.
@Suite struct `Patching a graph` {
  private static let eventCount = 80

  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func `with other claims of some events ends in the digest of one fold`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let former = randomEvents(&generator)
    var wanted = former
    let touched = (0..<Self.eventCount).filter { _ in Int.random(in: 0..<4, using: &generator) == 0
    }
    for index in touched { wanted[index] = change(former[index], &generator) }

    let whole = GraphBuilder()
    apply(wanted, to: whole)
    let expected = GraphImage.digest(of: whole.contents)

    let builder = GraphBuilder()
    apply(former, to: builder)
    let before = GraphImage.digest(of: builder.contents)
    patch(builder, touched, wanted)
    #expect(GraphImage.digest(of: builder.contents) == expected, "seed \(seed)")

    // And back again, on top of the first patch.
    let again = GraphBuilder(resuming: builder.contents)
    patch(again, touched, former)
    #expect(GraphImage.digest(of: again.contents) == before, "seed \(seed), back")
  }

  @Test func `makes a difference where the claims differ`() {
    var generator = SeededGenerator(seed: 1)
    let former = randomEvents(&generator)
    var wanted = former
    wanted[3] = []
    let builder = GraphBuilder()
    apply(former, to: builder)
    let before = GraphImage.digest(of: builder.contents)
    patch(builder, [3], wanted)
    #expect(GraphImage.digest(of: builder.contents) != before)
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func `keeps the order of nodes and edges of one fold`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let former = randomEvents(&generator)
    var wanted = former
    for index in stride(from: 0, to: Self.eventCount, by: 5) {
      wanted[index] = change(former[index], &generator)
    }
    let whole = GraphBuilder()
    apply(wanted, to: whole)
    let builder = GraphBuilder()
    apply(former, to: builder)
    patch(builder, Array(stride(from: 0, to: Self.eventCount, by: 5)), wanted)
    let (left, right) = (whole.publish(), builder.publish())
    #expect(left.nodeCount == right.nodeCount)
    for node in 0..<UInt32(left.nodeCount) {
      let key = left.propertyKey(named: "id") ?? 0
      #expect(
        left.property(key, of: NodeNumber(node)) == right.property(key, of: NodeNumber(node))
      )
    }
    for table in left.contents.edgeTypes where table.count > 0 {
      let other = right.contents.edgeTypes.first { $0.type == table.type }
      #expect(other?.sources.array == table.sources.array)
      #expect(other?.targets.array == table.targets.array)
      #expect(other?.outgoing.edges.array == table.outgoing.edges.array)
    }
  }

  private func randomEvents(_ generator: inout SeededGenerator) -> [[RandomClaim]] {
    (0..<Self.eventCount).map { _ in randomEvent(&generator) }
  }

  private func randomEvent(_ generator: inout SeededGenerator) -> [RandomClaim] {
    randomClaims(seed: generator.next(), count: Int.random(in: 0...4, using: &generator))
  }

  /// The event with another time, or fewer, more, other or reordered claims.
  private func change(
    _ event: [RandomClaim],
    _ generator: inout SeededGenerator
  ) -> [RandomClaim] {
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: []
    case 1: randomEvent(&generator)
    case 2: event.shuffled(using: &generator)
    case 3: event + randomEvent(&generator)
    default: Array(event.dropFirst())
    }
  }

  private func apply(_ events: [[RandomClaim]], to builder: GraphBuilder) {
    for (index, event) in events.enumerated() {
      GraphStorageTests.apply(event, to: builder, at: UInt32(index) + 1)
    }
  }

  private func patch(_ builder: GraphBuilder, _ touched: [Int], _ events: [[RandomClaim]]) {
    builder.beginPatch(without: touched.map { UInt32($0) + 1 })
    for index in touched {
      GraphStorageTests.apply(events[index], to: builder, at: UInt32(index) + 1)
    }
    builder.finishPatch()
  }
}
