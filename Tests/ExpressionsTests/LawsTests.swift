import Expressions
import GraphModel
import Testing

@Suite struct `Laws of values` {
  private func values(_ count: Int, seed: UInt64) -> [Value] {
    var generator = ValueGenerator(seed: seed)
    return (0..<count).map { _ in generator.value() }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `the order of ORDER BY is total`(seed: UInt64) {
    let values = values(90, seed: seed)
    for a in values {
      #expect(ValueOperations.order(a, a) == 0)
      for b in values {
        let order = ValueOperations.order(a, b)
        #expect(order.signum() == -ValueOperations.order(b, a).signum(), "\(a) \(b)")
        for c in values where order <= 0 && ValueOperations.order(b, c) <= 0 {
          #expect(ValueOperations.order(a, c) <= 0, "\(a) \(b) \(c)")
        }
      }
    }
  }

  @Test func `what is equivalent has one place in the order and one hash`() {
    let values = values(300, seed: 7)
    var equivalentPairs = 0
    for a in values {
      for b in values {
        let isEquivalent = ValueOperations.isEquivalent(a, b)
        #expect(isEquivalent == (ValueOperations.order(a, b) == 0), "\(a) \(b)")
        if isEquivalent {
          equivalentPairs += 1
          #expect(EquivalenceKey(a).hashValue == EquivalenceKey(b).hashValue, "\(a) \(b)")
        }
      }
    }
    #expect(equivalentPairs > values.count)
  }

  @Test func `what is certainly equal is equivalent, and equality has two sides`() {
    let values = values(300, seed: 11)
    for a in values {
      for b in values {
        let equals = ValueOperations.equals(a, b)
        #expect(equals == ValueOperations.equals(b, a))
        if equals == true { #expect(ValueOperations.isEquivalent(a, b), "\(a) \(b)") }
      }
    }
  }

  @Test func `less and greater exclude each other, and less or equal contains both`() {
    let values = values(300, seed: 13)
    for a in values {
      for b in values {
        let less = ValueOperations.less(a, b)
        let greater = ValueOperations.greater(a, b)
        #expect(!(less == true && greater == true))
        if less == true { #expect(ValueOperations.lessOrEqual(a, b) == true, "\(a) \(b)") }
        if greater == true { #expect(ValueOperations.lessOrEqual(a, b) == false, "\(a) \(b)") }
      }
    }
  }

  @Test func `a literal reads back as the value that it was written for`() throws {
    for value in values(400, seed: 17) {
      let text = ValueText.literal(value)
      let back = try evaluate(text)
      #expect(ValueOperations.isEquivalent(value, back), "\(text)")
    }
  }

  @Test func `AND, OR, XOR and NOT follow Kleene's tables`() {
    let truths: [Bool?] = [true, false, nil]
    func rank(_ truth: Bool?) -> Int { truth == true ? 2 : truth == nil ? 1 : 0 }
    func truth(_ rank: Int) -> Bool? { rank == 2 ? true : rank == 1 ? nil : false }
    for a in truths {
      #expect(ValueOperations.not(a) == truth(2 - rank(a)))
      for b in truths {
        #expect(ValueOperations.and(a, b) == truth(min(rank(a), rank(b))))
        #expect(ValueOperations.or(a, b) == truth(max(rank(a), rank(b))))
        let both = ValueOperations.or(
          ValueOperations.and(a, ValueOperations.not(b)),
          ValueOperations.and(ValueOperations.not(a), b)
        )
        #expect(ValueOperations.exclusiveOr(a, b) == both)
      }
    }
  }

  @Test func `integers and floats compare without rounding`() {
    let integer = Value.integer(9_007_199_254_740_993)
    let float = Value.float(9_007_199_254_740_992)
    #expect(ValueOperations.equals(integer, float) == false)
    #expect(ValueOperations.greater(integer, float) == true)
    #expect(ValueOperations.less(.integer(.max), .float(0x1p63)) == true)
    #expect(ValueOperations.equals(.integer(.min), .float(-0x1p63)) == true)
  }

  @Test func `strings compare by code points, not by canonical equivalence`() {
    #expect(ValueOperations.equals(.string("é"), .string("e\u{301}")) == false)
    #expect(ValueOperations.less(.string("\u{FFFF}"), .string("\u{10000}")) == true)
    #expect(ValueOperations.less(.string("B"), .string("a")) == true)
  }

  @Test func `the types are ordered from maps to null`() throws {
    let sorted = try evaluate("[{a: 1}, [1], datetime('2022'), date('2022'), duration('P1D')]")
    guard case .list(let first) = sorted else { return }
    let values =
      [
        first[0], .node(NodeNumber(1)), .edge(EdgeReference(type: 0, number: 1)), first[1],
        .path(Path(nodes: [NodeNumber(1)], edges: [])), first[2], first[3], first[4],
        .string("z"), .boolean(false), .float(-.infinity), .integer(1), .float(.nan), .null,
      ]
    for index in values.indices.dropLast() {
      #expect(ValueOperations.order(values[index], values[index + 1]) < 0, "\(values[index])")
    }
  }
}

@Suite struct `Partial dates` {
  static let comparisons: [(String, String, Bool?, Bool?, Bool?)] = [
    // a, b, a < b, a <= b, a = b
    ("2022-07-21", "2022-07-22", true, true, false),
    ("2022-07-21", "2022-07-21", false, true, true),
    ("2022-07-22", "2022-07-21", false, false, false),
    ("2022-07", "2022-08", true, true, false),
    ("2022-08", "2022-07-31", false, false, false),
    ("2022-07", "2022-07-21", nil, nil, nil),
    ("2022-07-21", "2022-07", nil, nil, nil),
    ("2022-07", "2022-07", nil, true, true),
    ("2022-07", "2022-07-01", false, nil, nil),
    ("2022-07", "2022-07-31", nil, true, nil),
    ("2022", "2022-07", nil, nil, nil),
    ("2021", "2022-01", true, true, false),
    ("2023", "2022-12", false, false, false),
  ]

  @Test(arguments: comparisons)
  func `compare by their intervals`(
    first: String,
    second: String,
    less: Bool?,
    lessOrEqual: Bool?,
    equal: Bool?
  ) throws {
    let a = Value.date(try #require(PartialDate(first)))
    let b = Value.date(try #require(PartialDate(second)))
    #expect(ValueOperations.less(a, b) == less)
    #expect(ValueOperations.greater(b, a) == less)
    #expect(ValueOperations.lessOrEqual(a, b) == lessOrEqual)
    #expect(ValueOperations.greaterOrEqual(b, a) == lessOrEqual)
    #expect(ValueOperations.equals(a, b) == equal)
    #expect(ValueOperations.notEquals(a, b) == equal.map { !$0 })
  }

  @Test(arguments: [
    ("during(edtf('2022-07-21'), edtf('2022-07'))", "true"),
    ("during(edtf('2022-07'), '2022')", "true"),
    ("during(edtf('2022-07'), '2022-07-21')", "null"),
    ("during(edtf('2022'), edtf('2022-07'))", "null"),
    ("during(edtf('2022-08'), '2022-07')", "false"),
    ("during('2022-07-21', '2022-07-21')", "true"),
    ("during(date('2022-07-21'), {from: date('2022-07-01'), to: null})", "true"),
    ("during(date('2022-06-30'), {from: date('2022-07-01'), to: null})", "false"),
    ("during(date('2022-07-21'), {from: edtf('2022-07'), to: null})", "null"),
    ("during(edtf('2022'), {from: null, to: edtf('2021')})", "false"),
    ("during(null, '2022')", "null"),
    ("edtf('2022-07').day", "null"),
    ("edtf('2022-07').month", "7"),
    ("edtf('2022-07').precision", "'month'"),
    ("edtf('2022').quarter", "null"),
    ("edtf('2022-02').latest", "date('2022-02-28')"),
    ("edtf('2024').earliest", "date('2024-01-01')"),
    ("edtf('2022-07') + duration('P1M')", "edtf('2022-08')"),
    ("edtf('2022') + duration('P2Y')", "edtf('2024')"),
    ("date('2022-07')", "date('2022-07-01')"),
    ("date('2022')", "date('2022-01-01')"),
    ("date(edtf('2022-07'))", "edtf('2022-07')"),
  ])
  func `keep what their source knew`(expression: String, expected: String) throws {
    #expect(try literal(expression) == expected)
  }

  @Test func `take no durations that are finer than they are`() throws {
    #expect(try failure("edtf('2022-07') + duration('P1D')")?.kind == .invalidArgument)
    #expect(try failure("edtf('2022') + duration('P1M')")?.kind == .invalidArgument)
    #expect(try failure("edtf('2022-13')")?.kind == .invalidArgument)
  }
}
