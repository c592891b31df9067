import GraphModel
import Language
import SourceText

/// A node of the patterns that are planned together.
struct PatternNode {
  var slot: Int
  /// Which label sets it may have; `nil` for any.
  var labelSets: [Bool]?
  var text: String
}

/// An edge, or a walk, of the patterns that are planned together.
struct PatternEdge {
  /// The edge; of a walk each edge in turn, for its predicate.
  var slot: Int
  /// The list of a walk's edges.
  var list: Int?
  var left: Int
  var right: Int
  var types: [UInt16]
  var direction: Expansion.Direction
  var minimum = 1
  var maximum: Int? = 1
  /// Edges of one MATCH are all different.
  var match: Int
  var asOf: Bound?
  /// What each edge of a walk fulfils.
  var predicate: Bound?
  var shortest: ShortestPath.Selector?
  var derived: DerivedPattern?
  var text: String

  var isWalk: Bool { list != nil }
}

/// An edge that the schema derives, as a pattern asks for it.
struct DerivedPattern {
  var type: String
  var derivations: [DeriveDeclaration]
  var direction: Expansion.Direction
  /// The slot of each property, by name.
  var properties: [String: Int]
  var span: SourceSpan
}

/// Patterns and conditions of one or more MATCHes in a row.
struct PatternGraph {
  var nodes: [Int: PatternNode] = [:]
  /// The slots of ``nodes`` in the order in which they were written.
  var nodeOrder: [Int] = []
  var edges: [PatternEdge] = []
  var conjuncts: [Bound] = []
  /// Named paths, made when everything is matched.
  var paths: [Assignment] = []
  /// Nodes that may be null because an OPTIONAL MATCH bound them; a MATCH of null matches nothing.
  var nullables: Set<Int> = []

  mutating func add(_ node: PatternNode) {
    guard var known = nodes[node.slot] else {
      nodes[node.slot] = node
      nodeOrder.append(node.slot)
      return
    }
    if let labelSets = node.labelSets {
      known.labelSets = known.labelSets.map { zip($0, labelSets).map { $0 && $1 } } ?? labelSets
      known.text = known.text.isEmpty ? node.text : known.text + "&" + node.text
    }
    nodes[node.slot] = known
  }
}
