import GraphModel

/// The claims on the edges of one type in the order of a fold: they number the edges.
struct EdgeSequence {
  private let type: UInt16
  private let formerPositions: FlatArray<UInt32>
  private let none = UInt32.max
  private var numbers: [UInt32]
  /// By former number, the event that claimed the edge last.
  private var lastPositions: [UInt32]
  /// How many edges the event has made.
  private var madeCount: UInt32 = 0
  /// For each edge in its new order, its former number.
  private(set) var formerNumbers: [UInt32] = []
  /// By former number, the first event that claims the edge.
  private(set) var firstPositions: [UInt32]
  /// The claims that are not an edge's first.
  private(set) var repeated: [PastClaim] = []

  init(type: UInt16, table: EdgeTable) {
    self.type = type
    formerPositions = table.positions
    numbers = [UInt32](repeating: UInt32.max, count: table.count)
    lastPositions = [UInt32](repeating: 0, count: table.count)
    firstPositions = [UInt32](repeating: 0, count: table.count)
    formerNumbers.reserveCapacity(table.count)
  }

  /// Goes through all claims.
  ///
  /// - Parameters:
  ///   - claims: of the events that were folded again.
  ///   - others: claims of the other events on edges that an event before them had made, in the
  ///     order of their positions.
  mutating func add(
    _ claims: GraphPatch.EdgeClaims,
    _ others: [PastClaim],
    isTouched: [Bool]
  ) {
    var former = 0
    var other = 0
    var own = 0
    while true {
      let position = min(
        former < claims.formerCount ? formerPositions[former] : none,
        min(
          other < others.count ? others[other].position.rawValue : none,
          own < claims.positions.count ? claims.positions[own] : none
        )
      )
      if position == none { return }
      madeCount = 0
      if isTouched[Int(position)] {
        while former < claims.formerCount, formerPositions[former] == position { former += 1 }
        while own < claims.positions.count, claims.positions[own] == position {
          add(claims.edges[own], position)
          own += 1
        }
      } else {
        addEvent(position, claims.formerCount, &former, others, &other)
      }
    }
  }

  /// The claims of an event that was not folded again: those that made edges, and between them
  /// those that repeated others.
  private mutating func addEvent(
    _ position: UInt32,
    _ formerCount: Int,
    _ former: inout Int,
    _ others: [PastClaim],
    _ other: inout Int
  ) {
    var order: UInt32 = 0
    while true {
      while other < others.count, others[other].position.rawValue == position,
        case .edge(let edge) = others[other].subject,
        case .existence(let place) = others[other].content, place <= order
      {
        add(edge.number, position)
        other += 1
      }
      guard former < formerCount, formerPositions[former] == position else { break }
      add(UInt32(former), position)
      former += 1
      order += 1
    }
    precondition(
      other == others.count || others[other].position.rawValue != position,
      "an event's claims are in its order"
    )
  }

  private mutating func add(_ edge: UInt32, _ position: UInt32) {
    let index = Int(edge)
    defer { lastPositions[index] = position }
    if numbers[index] == none {
      numbers[index] = UInt32(formerNumbers.count)
      formerNumbers.append(edge)
      firstPositions[index] = position
      madeCount += 1
    } else if lastPositions[index] != position {
      repeated.append(
        PastClaim(
          subject: .edge(EdgeReference(type: type, number: edge)),
          content: .existence(order: madeCount),
          position: EventPosition(position),
          supersededAt: EventPosition(position)
        )
      )
    }
  }
}
