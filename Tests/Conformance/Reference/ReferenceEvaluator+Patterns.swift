import Expressions
import GraphModel
package import Language
import OrderedCollections

// Matching by trying every node and every edge for every element of a pattern.

extension ReferenceEvaluator {
  /// A match so far: the variables, and the edges that may not be matched again.
  private struct Match {
    var row: Row
    var used: Set<EdgeReference> = []
  }

  /// The rows that `row` becomes by matching all paths, no edge twice.
  package func matches(
    of paths: [PathPattern],
    filter: Language.Expression?,
    _ row: Row
  ) throws -> [Row] {
    var found = [Match(row: row)]
    for path in paths {
      found = try found.flatMap { match in try matches(of: path, match) }
    }
    return try found.map(\.row).filter { row in
      for path in paths where try !conditionsHold(path, row) { return false }
      return try filter.map { try isTrue($0, row) } ?? true
    }
  }

  private func matches(of path: PathPattern, _ match: Match) throws -> [Match] {
    var found: [(match: Match, path: Path)] = []
    for node in graph.nodes {
      guard let start = try bind(path.nodes[0], to: node.number, match) else { continue }
      try extend(path, 0, start, Path(nodes: [node.number], edges: [])) { found.append(($0, $1)) }
    }
    return try select(found, path).map { match, walked in
      var match = match
      if let variable = path.variable { match.row[variable.name] = .path(walked) }
      return match
    }
  }

  private func extend(
    _ pattern: PathPattern,
    _ index: Int,
    _ match: Match,
    _ path: Path,
    _ body: (Match, Path) -> Void
  ) throws {
    guard index < pattern.edges.count else {
      body(match, path)
      return
    }
    let edge = pattern.edges[index]
    let length = edge.length ?? EdgePattern.Length(minimum: 1, maximum: 1)
    try walk(edge, length, from: path.nodes[path.nodes.count - 1], [], match) { edges, nodes in
      var next = match
      next.used.formUnion(edges)
      if let variable = edge.variable {
        let value: Value =
          edge.length == nil ? .edge(edges[0]) : .list(edges.map { .edge($0) })
        if let known = match.row[variable.name], known != value { return }
        next.row[variable.name] = value
      }
      let end = nodes.last ?? path.nodes[path.nodes.count - 1]
      guard let bound = try bind(pattern.nodes[index + 1], to: end, next) else { return }
      let longer = Path(nodes: path.nodes + nodes, edges: path.edges + edges)
      try extend(pattern, index + 1, bound, longer, body)
    }
  }

  /// Calls `body` with the edges and the nodes of every walk from a node.
  private func walk(
    _ pattern: EdgePattern,
    _ length: EdgePattern.Length,
    from node: NodeNumber,
    _ walked: [(edge: EdgeReference, node: NodeNumber)],
    _ match: Match,
    _ body: ([EdgeReference], [NodeNumber]) throws -> Void
  ) throws {
    try step()
    if walked.count >= length.minimum, walked.count <= length.maximum ?? .max {
      try body(walked.map(\.edge), walked.map(\.node))
    }
    if let maximum = length.maximum, walked.count >= maximum { return }
    for edge in graph.edges {
      if match.used.contains(edge.reference) { continue }
      if walked.contains(where: { $0.edge == edge.reference }) { continue }
      let rightwards = pattern.direction != .left && edge.from == node
      let leftwards = pattern.direction != .right && edge.to == node
      guard rightwards || leftwards, try admits(pattern, edge, match) else { continue }
      let next = rightwards ? edge.to : edge.from
      try walk(pattern, length, from: next, walked + [(edge.reference, next)], match, body)
    }
  }

  /// Whether an edge fulfils what stands in the brackets.
  private func admits(
    _ pattern: EdgePattern,
    _ edge: ReferenceGraph.Edge,
    _ match: Match
  ) throws -> Bool {
    if let types = pattern.types, !ReferenceEnvironment.holds(types, [edge.type]) { return false }
    if let properties = pattern.properties,
      try !hold(properties, edge.properties, match.row)
    {
      return false
    }
    guard let predicate = pattern.predicate, pattern.length != nil else { return true }
    let row = pattern.variable.map { match.row.setting($0.name, .edge(edge.reference)) }
    return try isTrue(predicate, row ?? match.row)
  }

  private func bind(
    _ pattern: NodePattern,
    to node: NodeNumber,
    _ match: Match
  ) throws -> Match? {
    if let labels = pattern.labels,
      !ReferenceEnvironment.holds(labels, graph.node(node)?.labels ?? [])
    {
      return nil
    }
    guard let variable = pattern.variable else {
      guard let properties = pattern.properties else { return match }
      return try hold(properties, graph.node(node)?.properties ?? [:], match.row) ? match : nil
    }
    if let known = match.row[variable.name], known != .node(node) { return nil }
    var match = match
    match.row[variable.name] = .node(node)
    return match
  }

  /// What is asked of named elements, once all of them are bound.
  private func conditionsHold(_ path: PathPattern, _ row: Row) throws -> Bool {
    for node in path.nodes {
      if let variable = node.variable, let properties = node.properties,
        case .node(let number)? = row[variable.name],
        try !hold(properties, graph.node(number)?.properties ?? [:], row)
      {
        return false
      }
      if let predicate = node.predicate, try !isTrue(predicate, row) { return false }
    }
    for edge in path.edges where edge.length == nil {
      if let predicate = edge.predicate, try !isTrue(predicate, row) { return false }
    }
    return true
  }

  private func hold(
    _ map: Language.Expression,
    _ properties: [String: Value],
    _ row: Row
  ) throws -> Bool {
    guard case .map(let wanted) = try value(map, row) else { return false }
    return wanted.allSatisfy { ValueOperations.equals(properties[$0] ?? .null, $1) == true }
  }

  /// What a selector keeps, for each pair of ends.
  private func select(
    _ found: [(match: Match, path: Path)],
    _ pattern: PathPattern
  ) throws -> [(Match, Path)] {
    if pattern.selector == .all { return found }
    var groups: [[NodeNumber]: [(match: Match, path: Path)]] = [:]
    for entry in found {
      groups[[entry.path.nodes[0], entry.path.nodes[entry.path.nodes.count - 1]], default: []]
        .append(entry)
    }
    return try groups.sorted {
      $0.key[0] == $1.key[0] ? $0.key[1] < $1.key[1] : $0.key[0] < $1.key[0]
    }
    .flatMap { _, entries in
      let sorted = entries.sorted { $0.path.edges.count < $1.path.edges.count }
      switch pattern.selector {
      case .all: return sorted
      case .anyShortest: return Array(sorted.prefix(1))
      case .allShortest:
        return sorted.filter { $0.path.edges.count == sorted[0].path.edges.count }
      case .shortest(let count):
        guard case .integer(let number) = try value(count, [:]) else { return [] }
        return Array(sorted.prefix(Int(number)))
      }
    }
  }
}
