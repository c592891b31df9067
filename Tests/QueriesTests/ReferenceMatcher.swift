import GraphModel

/// A random small multigraph with parallel edges and loops, and queries over it.
///
/// The matcher is dull on purpose: it tries every node and edge for every element.
struct ReferenceMatcher {
  struct Edge {
    var type: String
    var from: Int
    var to: Int
    var weight: Int64
  }

  struct Pattern {
    enum Direction: String, CaseIterable {
      case right, left, either
    }

    struct Step {
      var type: String?
      var direction: Direction
      /// `nil` for one edge.
      var length: ClosedRange<Int>?
      var label: String?
      /// The number of the node that it leads to; a number seen before closes a cycle.
      var node: Int
    }

    var firstNode: Int
    var firstLabel: String?
    var steps: [Step]
  }

  var labels: [[String]]
  var edges: [Edge]

  /// A row: the node of each variable, by number, and the edges of each step.
  struct Match {
    var nodes: [Int: Int]
    var edges: [[Int]]
  }

  func has(_ node: Int, _ label: String?) -> Bool {
    label.map { labels[node].contains($0) } ?? true
  }

  /// All matches of a path, no edge used twice.
  func matches(_ pattern: Pattern, given: [Int: Int] = [:]) -> [Match] {
    var found: [Match] = []
    for node in labels.indices {
      if let fixed = given[pattern.firstNode], fixed != node { continue }
      guard has(node, pattern.firstLabel) else { continue }
      var nodes = given
      nodes[pattern.firstNode] = node
      extend(pattern, 0, node, Match(nodes: nodes, edges: []), [], &found)
    }
    return found
  }

  private func extend(
    _ pattern: Pattern,
    _ index: Int,
    _ node: Int,
    _ match: Match,
    _ used: Set<Int>,
    _ found: inout [Match]
  ) {
    guard index < pattern.steps.count else {
      found.append(match)
      return
    }
    let step = pattern.steps[index]
    walk(step, node, [], used) { end, walked in
      if let fixed = match.nodes[step.node], fixed != end { return }
      guard has(end, step.label) else { return }
      var next = match
      next.nodes[step.node] = end
      next.edges.append(walked)
      extend(pattern, index + 1, end, next, used.union(walked), &found)
    }
  }

  private func walk(
    _ step: Pattern.Step,
    _ node: Int,
    _ walked: [Int],
    _ used: Set<Int>,
    _ body: (Int, [Int]) -> Void
  ) {
    let length = step.length ?? 1...1
    if length.contains(walked.count) { body(node, walked) }
    if walked.count == length.upperBound { return }
    for (number, edge) in edges.enumerated() {
      guard step.type == nil || step.type == edge.type, !used.contains(number),
        !walked.contains(number)
      else { continue }
      let goesRight = step.direction != .left && edge.from == node
      let goesLeft = step.direction != .right && edge.to == node
      if goesRight { walk(step, edge.to, walked + [number], used, body) }
      if goesLeft, !(goesRight && edge.from == edge.to) {
        walk(step, edge.from, walked + [number], used, body)
      }
    }
  }
}

extension ReferenceMatcher.Pattern {
  /// The pattern as a query writes it.
  func text(prefix: String = "n", edgePrefix: String? = nil) -> String {
    var text = "(\(prefix)\(firstNode)\(firstLabel.map { ":\($0)" } ?? ""))"
    for (index, step) in steps.enumerated() {
      let name = edgePrefix.map { "\($0)\(index)" } ?? ""
      let type = step.type.map { ":\($0)" } ?? ""
      let length = step.length.map { "*\($0.lowerBound)..\($0.upperBound)" } ?? ""
      let inner = "[\(name)\(type)\(length)]"
      text += step.direction == .left ? "<-\(inner)-" : "-\(inner)-"
      if step.direction == .right { text += ">" }
      text += "(\(prefix)\(step.node)\(step.label.map { ":\($0)" } ?? ""))"
    }
    return text
  }

  var nodes: [Int] { Set([firstNode] + steps.map(\.node)).sorted() }
}
