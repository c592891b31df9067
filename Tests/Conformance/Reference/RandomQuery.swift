import GraphModel

/// Makes small graphs and queries that a seed decides.
package struct RandomQuery {
  /// A generator of numbers that a seed decides, so that a failure can be repeated.
  package struct Generator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    package mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state &* 0x2545_F491_4F6C_DD1D
    }
  }

  /// The variables in sight, by what they are.
  package struct Scope {
    var nodes: [String] = []
    var edges: [String] = []
    var edgeLists: [String] = []
    var paths: [String] = []
    var numbers: [String] = []
    /// Variables that may be null, which patterns do not start from.
    var nullable: Set<String> = []

    var all: [String] { nodes + edges + edgeLists + paths + numbers }
  }

  private var random: Generator
  private var count = 0
  private var scope = Scope()
  /// How deep subqueries nest where the next part stands.
  private var depth = 0

  package init(seed: UInt64) {
    random = Generator(seed: seed)
  }

  // MARK: Chance

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }

  private mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

  private mutating func pick<T>(_ values: [T]) -> T {
    values[number(0...(values.count - 1))]
  }

  private mutating func name(_ prefix: String) -> String {
    count += 1
    return "\(prefix)\(count)"
  }

  // MARK: Graphs

  /// Two to five nodes and up to seven edges, with loops, parallel edges and missing properties.
  package mutating func graph() -> ReferenceGraph {
    var graph = ReferenceGraph()
    var nodes: [NodeNumber] = []
    for number in 0..<number(2...5) {
      var properties: [String: Value] = ["id": .string("n\(number)")]
      if chance(70) { properties["k"] = .integer(Int64(self.number(0...3))) }
      if chance(70) { properties["s"] = .string(pick(["a", "b", "ab", ""])) }
      if chance(60) { properties["m"] = mixed() }
      nodes.append(graph.addNode(["A", "B", "C"].filter { _ in chance(55) }, properties))
    }
    for number in 0..<number(2...9) {
      var properties: [String: Value] = ["n": .integer(Int64(number))]
      if chance(70) { properties["w"] = .integer(Int64(self.number(0...2))) }
      graph.addEdge(pick(nodes), pick(["X", "X", "Y", "Z"]), pick(nodes), properties)
    }
    return graph
  }

  private mutating func mixed() -> Value {
    switch number(0...6) {
    case 0: .integer(Int64(number(0...2)))
    case 1: .float(1)
    case 2: .string("a")
    case 3: .boolean(chance(50))
    case 4: .list([.integer(1), .null])
    case 5: .date(PartialDate(packed: 2022 << 9 | Int64(number(0...2)) << 5))
    default: .float(.nan)
    }
  }

  // MARK: Patterns

  private mutating func labels(_ names: [String], depth: Int = 0) -> String {
    switch depth > 1 ? 0 : number(0...6) {
    case 0, 1, 2: pick(names)
    case 3: "\(labels(names, depth: depth + 1))|\(labels(names, depth: depth + 1))"
    case 4: "(\(labels(names, depth: depth + 1))&\(labels(names, depth: depth + 1)))"
    case 5: "!" + pick(names)
    default: "%"
    }
  }

  private mutating func node() -> String {
    let known = scope.nodes.filter { !scope.nullable.contains($0) }
    var text = ""
    var own: String?
    if !known.isEmpty, chance(30) {
      text = pick(known)
    } else if chance(70) {
      let fresh = name("n")
      own = fresh
      text = fresh
    }
    if chance(25) { text += ":" + labels(["A", "B", "C"]) }
    if chance(6) { text += " {\(pick(["k: 1", "s: 'a'", "k: 0, s: 'b'", "id: 'n1'", "m: 1"]))}" }
    if let own {
      scope.nodes.append(own)
      if chance(8) { text += " WHERE " + simpleCondition(on: own) }
    }
    return "(\(text))"
  }

  private mutating func edge() -> String {
    let isWalk = chance(25)
    var inner = ""
    var own: String?
    if chance(55) {
      let fresh = name("e")
      own = fresh
      inner = fresh
    }
    if chance(40) { inner += ":" + labels(["X", "Y", "Z"]) }
    var quantifier = ""
    if isWalk {
      if chance(50) {
        inner += pick(["*", "*1..2", "*0..1", "*2", "*..2", "*0.."])
      } else {
        quantifier = pick(["{1,2}", "{0,2}", "{2}", "{,2}", "+", "*"])
      }
    }
    if chance(8) { inner += " {\(pick(["w: 1", "w: 0", "n: 2"]))}" }
    if let own, chance(8) { inner += " WHERE \(own).w \(pick([">", "=", "<>"])) \(number(0...2))" }
    if let own { if isWalk { scope.edgeLists.append(own) } else { scope.edges.append(own) } }
    let body = inner.isEmpty && chance(50) ? "" : "[\(inner)]"
    switch number(0...2) {
    case 0: return "-\(body)->\(quantifier)"
    case 1: return "<-\(body)-\(quantifier)"
    default: return "-\(body)-\(quantifier)"
    }
  }

  private mutating func path(steps: ClosedRange<Int>, isNamed: Bool = true) -> String {
    var text = node()
    let stepCount = number(steps)
    for _ in 0..<stepCount { text += edge() + node() }
    if isNamed, chance(20) {
      let variable = name("p")
      scope.paths.append(variable)
      return "\(variable) = \(text)"
    }
    return text
  }

  /// Of paths equally short only the length is certain.
  private mutating func shortest() -> String {
    let variable = name("p")
    let selector = pick(["ANY SHORTEST", "ALL SHORTEST", "SHORTEST 2", "SHORTEST 1"])
    let left = name("n")
    let right = name("n")
    let types = chance(40) ? ":" + labels(["X", "Y", "Z"]) : ""
    let length = pick(["*", "*1..3", "*0..2", "*2..", "*..1", "*1..2"])
    let arrow = pick(["-[\(types)\(length)]->", "<-[\(types)\(length)]-", "-[\(types)\(length)]-"])
    scope.nodes += [left, right]
    let ends = chance(30) ? ("(\(left):A)", "(\(right))") : ("(\(left))", "(\(right):!B)")
    let fresh = name("v")
    scope.numbers.append(fresh)
    return
      "MATCH \(variable) = \(selector) \(ends.0)\(arrow)\(ends.1) LET \(fresh) = length(\(variable))"
  }

  // MARK: Expressions

  private mutating func simpleCondition(on variable: String) -> String {
    pick([
      "\(variable).k > 0", "\(variable).k IS NULL", "\(variable).s STARTS WITH 'a'",
      "\(variable).m = 1", "\(variable):A", "NOT \(variable):B", "\(variable).k IN [0, 2, null]",
    ])
  }

  package mutating func condition() -> String {
    let operand = depth > 2 ? 0 : number(0...15)
    switch operand {
    case 0: return "\(value()) \(pick(["=", "<>", "<", ">=", ">"])) \(value())"
    case 1: return "NOT (\(condition()))"
    case 2, 3:
      return "(\(condition()) \(pick(["AND", "OR", "XOR"])) \(condition()))"
    case 4: return "\(value()) IS \(pick(["", "NOT "]))NULL"
    case 5 where !scope.nodes.isEmpty:
      return "(\(pick(scope.nodes)) IS \(pick(["", "NOT "]))LABELED \(labels(["A", "B"])))"
    case 6 where scope.nodes.count > 1:
      return "\(pick(scope.nodes)) \(pick(["=", "<>"])) \(pick(scope.nodes))"
    case 7 where !scope.edgeLists.isEmpty:
      let item = name("x")
      let quantifier = pick(["all", "any", "none", "single"])
      return "\(quantifier)(\(item) IN \(pick(scope.edgeLists)) WHERE \(item).w > 0)"
    case 8, 9: return subquery("EXISTS")
    case 10: return patternPredicate()
    case 11 where !scope.nodes.isEmpty:
      return
        "\(pick(scope.nodes)).m \(pick(["=", "<", "IN"])) \(pick(["[1, 1.0, 'a', null]", "[[1, null], true]"]))"
    case 12: return "\(value()) IN [0, \(value()), 2]"
    case 13 where !scope.edges.isEmpty: return "type(\(pick(scope.edges))) = '\(pick(["X", "Y"]))'"
    case 14 where !scope.nodes.isEmpty: return simpleCondition(on: pick(scope.nodes))
    default: return "\(value()) \(pick(["=", "<"])) \(number(0...3))"
    }
  }

  /// An integer, or null.
  package mutating func value() -> String {
    switch depth > 2 ? number(0...2) : number(0...12) {
    case 0: return String(number(0...3))
    case 1 where !scope.numbers.isEmpty: return pick(scope.numbers)
    case 2, 3: return scope.nodes.isEmpty ? "1" : "\(pick(scope.nodes)).k"
    case 4: return scope.edges.isEmpty ? "null" : "\(pick(scope.edges)).\(pick(["w", "n"]))"
    case 5: return scope.paths.isEmpty ? "2" : "length(\(pick(scope.paths)))"
    case 6: return scope.edgeLists.isEmpty ? "0" : "size(\(pick(scope.edgeLists)))"
    case 7: return "coalesce(\(value()), \(number(0...3)))"
    case 8: return "(\(value()) \(pick(["+", "-", "*"])) \(value()))"
    case 9: return subquery("COUNT")
    case 10: return "CASE WHEN \(condition()) THEN \(value()) ELSE \(value()) END"
    case 11: return "size(\(patternComprehension()))"
    default:
      guard let list = scope.edgeLists.first else { return "1" }
      let item = name("x")
      let sum = name("s")
      return "reduce(\(sum) = 0, \(item) IN \(list) | \(sum) + coalesce(\(item).w, 1))"
    }
  }

  /// Something that starts from a node in sight where there is one.
  private mutating func inner<Result>(_ body: (inout RandomQuery) -> Result) -> Result {
    let outer = scope
    depth += 1
    defer {
      scope = outer
      depth -= 1
    }
    return body(&self)
  }

  private mutating func subquery(_ keyword: String) -> String {
    inner { query in
      let pattern = query.path(steps: 0...2, isNamed: false)
      let filter = query.chance(40) ? " WHERE " + query.condition() : ""
      if query.chance(25) {
        let fresh = query.name("v")
        let value = query.value()
        let limit = query.chance(30) ? " LIMIT 2" : ""
        return
          "\(keyword) { MATCH \(pattern)\(filter) RETURN DISTINCT \(value) AS \(fresh)\(limit) }"
      }
      return query.chance(50)
        ? "\(keyword) { \(pattern)\(filter) }" : "\(keyword) { MATCH \(pattern)\(filter) }"
    }
  }

  private mutating func patternPredicate() -> String {
    let known = scope.nodes.filter { !scope.nullable.contains($0) }
    guard !known.isEmpty else { return "true" }
    let start = pick(known)
    let end = chance(40) ? pick(known) : chance(50) ? ":A" : ""
    let edge = pick(["-->", "<--", "--", "-[:X]->", "-[:Y|Z]-", "-[*1..2]->"])
    return "(\(start))\(edge)(\(end))"
  }

  private mutating func patternComprehension() -> String {
    let known = scope.nodes.filter { !scope.nullable.contains($0) }
    guard !known.isEmpty else { return "[]" }
    let start = pick(known)
    return inner { query in
      let end = query.name("n")
      query.scope.nodes.append(end)
      let edge = query.pick(["-->", "<--", "--", "-[:X]->", "-[*1..2]-"])
      let filter = query.chance(50) ? " WHERE " + query.condition() : ""
      return "[(\(start))\(edge)(\(end))\(filter) | \(query.value())]"
    }
  }

  // MARK: Clauses

  private mutating func match() -> String {
    if chance(12), scope.nodes.isEmpty { return shortest() }
    let isOptional = chance(25)
    let before = Set(scope.all)
    var paths = [path(steps: 0...2)]
    if chance(20) { paths.append(path(steps: 0...1)) }
    var text = (isOptional ? "OPTIONAL MATCH " : "MATCH ") + paths.joined(separator: ", ")
    if chance(30) { text += " WHERE " + condition() }
    if isOptional { scope.nullable.formUnion(scope.all.filter { !before.contains($0) }) }
    return text
  }

  private mutating func with() -> String {
    if chance(35) { return grouping() }
    let kept = scope.all.filter { _ in chance(60) }
    let fresh = name("v")
    let items = kept + ["\(value()) AS \(fresh)"]
    var text = "WITH \(chance(20) ? "DISTINCT " : "")" + items.joined(separator: ", ")
    keep(kept)
    scope.numbers.append(fresh)
    if chance(25) {
      text += " ORDER BY " + orderOfAll()
      if chance(40) { text += " \(pick(["SKIP", "OFFSET"])) \(number(0...2))" }
      if chance(70) { text += " LIMIT \(number(1...4))" }
    }
    if chance(15) { text += " WHERE " + condition() }
    return text
  }

  private mutating func keep(_ kept: [String]) {
    let kept = Set(kept)
    scope.nodes.removeAll { !kept.contains($0) }
    scope.edges.removeAll { !kept.contains($0) }
    scope.edgeLists.removeAll { !kept.contains($0) }
    scope.paths.removeAll { !kept.contains($0) }
    scope.numbers.removeAll { !kept.contains($0) }
  }

  /// By everything, so that the order of the rows is certain.
  private mutating func orderOfAll() -> String {
    scope.all.shuffled(using: &random).map { $0 + (chance(40) ? " DESC" : "") }
      .joined(separator: ", ")
  }

  private mutating func aggregate() -> String {
    let distinct = chance(30) ? "DISTINCT " : ""
    switch number(0...7) {
    case 0, 1: return "count(*)"
    case 2: return "count(\(distinct)\(value()))"
    case 3: return "sum(\(distinct)\(value()))"
    case 4: return "min(\(value()))"
    case 5: return "max(\(value())) + \(number(0...2))"
    case 6: return scope.nodes.isEmpty ? "count(*) + 1" : "count(\(distinct)\(pick(scope.nodes)))"
    default: return "size(collect(\(distinct)\(value())))"
    }
  }

  private mutating func grouping() -> String {
    let keys = scope.all.filter { _ in chance(25) }
    let aggregates = (0..<number(1...2)).map { _ in (aggregate(), name("v")) }
    let text = "WITH " + (keys + aggregates.map { "\($0.0) AS \($0.1)" }).joined(separator: ", ")
    keep(keys)
    scope.numbers += aggregates.map(\.1)
    return text
  }

  private mutating func unwind() -> String {
    let list =
      scope.edgeLists.isEmpty || chance(60)
      ? pick(["[1, null, 2]", "range(0, 2)", "[0, 0]", "[2, 1]", chance(30) ? "[]" : "[3]"])
      : "[x IN \(pick(scope.edgeLists)) | x.w]"
    let fresh = name("v")
    scope.numbers.append(fresh)
    return chance(50) ? "UNWIND \(list) AS \(fresh)" : "FOR \(fresh) IN \(list)"
  }

  private mutating func call() -> String {
    let takesAll = chance(20)
    let imports = scope.all.filter { _ in takesAll || chance(50) }
    let fresh = name("v")
    let isOptional = chance(30)
    let body = inner { query in
      query.keep(imports)
      let match = "MATCH " + query.path(steps: 0...1, isNamed: false)
      let filter = query.chance(40) ? " WHERE " + query.condition() : ""
      let passing = query.chance(25) ? " WITH 1 AS \(query.name("v"))" : ""
      if !passing.isEmpty { query.keep(imports) }
      let value = query.chance(30) ? query.aggregate() : query.value()
      let more = query.chance(20) ? " UNION ALL RETURN 7 AS \(fresh)" : ""
      return "\(match)\(filter)\(passing) RETURN \(value) AS \(fresh)\(more)"
    }
    scope.numbers.append(fresh)
    return
      "\(isOptional ? "OPTIONAL " : "")CALL (\(takesAll ? "*" : imports.joined(separator: ", "))) { \(body) }"
  }

  private mutating func clause() -> String {
    switch number(0...11) {
    case 0...4: return match()
    case 5, 6: return with()
    case 7: return unwind()
    case 8: return call()
    case 9: return "FILTER " + condition()
    default:
      let value = value()
      let fresh = name("v")
      scope.numbers.append(fresh)
      return "LET \(fresh) = \(value)"
    }
  }

  private mutating func result(_ columns: [String]) -> String {
    var items = columns.map { column in
      "\(chance(20) ? aggregate() : chance(40) || scope.nodes.isEmpty ? value() : entity()) AS \(column)"
    }
    if chance(15) { items[0] = "CASE WHEN \(condition()) THEN 1 END AS \(columns[0])" }
    var text = "RETURN \(chance(15) ? "DISTINCT " : "")" + items.joined(separator: ", ")
    if chance(25) {
      text += " ORDER BY " + columns.joined(separator: ", ")
      if chance(50) { text += " \(pick(["SKIP", "OFFSET"])) \(number(0...1))" }
      if chance(60) { text += " LIMIT \(number(1...5))" }
    }
    return text
  }

  private mutating func entity() -> String {
    pick(
      scope.nodes + scope.edges + scope.edgeLists + scope.paths + scope.nodes.map { "\($0).m" }
        + scope.nodes.map { "\($0).s" }
    )
  }

  private mutating func single(_ columns: [String]) -> String {
    scope = Scope()
    var clauses = [match()]
    for _ in 0..<number(0...3) { clauses.append(clause()) }
    clauses.append(result(columns))
    return clauses.joined(separator: "\n")
  }

  /// A query whose rows are certain, in an order that is certain where it has an ORDER BY at its end.
  package mutating func query() -> String {
    let columns = (0..<number(1...3)).map { "c\($0)" }
    guard chance(8) else { return single(columns) }
    return "\(single(columns))\nUNION\(chance(50) ? " ALL" : "")\n\(single(columns))"
  }
}
