import GraphModel
import GraphStorage

/// A seeded generator, so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// One random call of the builder, decided beforehand so that it can be made twice.
struct RandomClaim {
  var time: Int64
  var choice: Int
  var first: Int
  var second: Int
  var value: Int
}

func randomClaims(seed: UInt64, count: Int) -> [RandomClaim] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in
    RandomClaim(
      time: Int64.random(in: 0..<50, using: &generator),
      choice: Int.random(in: 0..<9, using: &generator),
      first: Int.random(in: 0..<12, using: &generator),
      second: Int.random(in: 0..<12, using: &generator),
      value: Int.random(in: 0..<5, using: &generator)
    )
  }
}

/// Makes the claims, the first of them as event number `first`.
func apply(_ claims: some Sequence<RandomClaim>, to builder: GraphBuilder, from first: UInt32) {
  for (index, claim) in claims.enumerated() {
    apply([claim], to: builder, at: first + UInt32(index))
  }
}

/// Makes the claims of one event.
func apply(_ claims: [RandomClaim], to builder: GraphBuilder, at position: UInt32) {
  builder.begin(event: EventPosition(position), time: claims.first?.time ?? 0)
  for claim in claims { make(claim, in: builder) }
}

private func make(_ claim: RandomClaim, in builder: GraphBuilder) {
  let table = builder.table(named: claim.first % 3 == 0 ? "Meeting" : "Person")
  let labels = builder.labelSet(claim.value == 0 ? ["Chair", "Person"] : ["Person"])
  let node = builder.node(table: table, id: builder.intern("n\(claim.first)"), labelSet: labels)
  let other = builder.node(table: table, id: builder.intern("n\(claim.second)"), labelSet: labels)
  let key = builder.propertyKey(named: "p\(claim.value % 2)")
  switch claim.choice {
  case 0: builder.set(.integer(Int64(claim.value)), key: key, of: node)
  case 1: builder.set(builder.cell(for: .string("s\(claim.value)")), key: key, of: node)
  case 2: builder.set(Cell(.list([.integer(1), .null, .string("x")])), key: key, of: node)
  case 3:
    builder.addForm(
      builder.intern("name \(claim.value)"),
      language: builder.intern("th"),
      kind: claim.value == 1 ? .name : .variant,
      key: builder.propertyKey(named: "name"),
      of: node
    )
  case 4:
    let type = builder.edgeType(named: "CALLED", hasValidity: false)
    let edge = builder.newEdge(type: type, from: node, to: other)
    builder.set(.integer(Int64(claim.value)), key: key, of: edge)
  default:
    let type = builder.edgeType(named: "KNOWS", hasValidity: true)
    let role = builder.cell(for: .string("r\(claim.value)"))
    let edge = builder.edge(type: type, from: node, to: other, key: [builder.keyWord(for: role)])
    builder.set(role, key: builder.propertyKey(named: "role"), of: edge)
    let date = PartialDate(packed: Int64(2000 + claim.value) << 9)
    if claim.choice == 5 { builder.setValidFrom(date, of: edge) }
    if claim.choice == 6 { builder.setValidTo(claim.value == 0 ? nil : date, of: edge) }
  }
}
