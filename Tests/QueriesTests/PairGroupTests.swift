import Conformance
import GraphModel
import Queries
import Testing

/// Groups of two keys are found by a matrix where the keys have few values: compared with a
/// dictionary, one query after the other, as the memory of the matrix goes from one to the next.
@Suite struct `Groups of two keys` {
  /// Two keys of a row's number.
  private struct Keys: Sendable {
    var name: String
    var of: @Sendable (_ row: Int) -> [Int]

    /// Values that come again and again, in no order.
    static func scattered(_ first: Int, _ second: Int, from start: Int = 0) -> Keys {
      Keys(name: "\(first) and \(second) values from \(start) on") {
        [($0 * 7919) % first + start, ($0 * 104_729) % second + start]
      }
    }

    /// The first key in the order of the rows.
    static func ordered(_ length: Int, _ second: Int) -> Keys {
      Keys(name: "runs of \(length), each with \(second) values") {
        [$0 / length, ($0 * 104_729) % second]
      }
    }

    /// The second key in the order of the rows.
    static func orderedLast(_ first: Int, _ length: Int) -> Keys {
      Keys(name: "\(first) values in runs of \(length)") {
        [($0 * 7919) % first, $0 / length]
      }
    }
  }

  private static let rowCount = 8000

  private static let all: [Keys] = [
    .scattered(3, 8), .scattered(40, 300), .scattered(300, 40), .scattered(512, 512),
    // One value more than there is room for, and so many that it is seen at first.
    .scattered(513, 40), .scattered(40, 513), .scattered(3000, 3001),
    // Values that are too great, from some row on or from the first.
    .scattered(40, 30, from: (1 << 20) - 35), .scattered(40, 30, from: -20),
    .ordered(50, 9), .ordered(12, 9), .orderedLast(9, 50), .orderedLast(9, 12), .ordered(1, 2),
  ]

  private static let engine: QueryEngine = {
    var fixture = GraphFixture()
    for row in 0..<rowCount {
      var properties: [String: Value] = [:]
      for (number, keys) in all.enumerated() {
        let key = keys.of(row)
        properties["x\(number)"] = .integer(Int64(key[0]))
        properties["y\(number)"] = .integer(Int64(key[1]))
        properties["z\(number)"] = .string("z\(key[1])")
      }
      fixture.node(["Row"], properties)
    }
    return fixture.engine()
  }()

  @Test(arguments: ["y", "z"])
  func `are found whatever values the keys have`(secondKey: String) throws {
    for number in Array(Self.all.indices) + Self.all.indices.reversed() {
      var counts: [[Int]: Int] = [:]
      var order: [[Int]] = []
      for row in 0..<Self.rowCount {
        let key = Self.all[number].of(row)
        if counts[key] == nil { order.append(key) }
        counts[key, default: 0] += 1
      }
      let found = try Self.engine.texts(
        "MATCH (n:Row) RETURN n.x\(number) AS x, n.\(secondKey)\(number) AS y, count(*) AS n"
      )
      let letter = secondKey == "z" ? "z" : ""
      let wanted = order.map { ["\($0[0])", "\(letter)\($0[1])", "\(counts[$0] ?? 0)"] }
      #expect(found == wanted, "\(Self.all[number].name)")
    }
  }
}
