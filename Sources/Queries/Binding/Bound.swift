import GraphModel
import SourceText

/// A place in the source that does not take part in comparisons.
struct Place: Hashable, Sendable {
  var span: SourceSpan

  static func == (lhs: Place, rhs: Place) -> Bool { true }
  func hash(into hasher: inout Hasher) {}
}

/// An expression whose names are resolved: variables to slots, labels to sets, functions to ours.
///
/// Two are equal where they mean the same, wherever they were written.
struct Bound: Hashable {
  var kind: Kind
  var place: Place

  var span: SourceSpan { place.span }

  init(_ kind: Kind, at span: SourceSpan) {
    self.kind = kind
    place = Place(span: span)
  }

  indirect enum Kind: Hashable {
    case constant(Value)
    case parameter(String)
    case slot(Int)
    case property(Bound, String)
    case element(Bound, index: Bound)
    case slice(Bound, from: Bound?, to: Bound?)
    case list([Bound])
    case map([BoundEntry])
    /// `n {.*, key: value}`; `base` is nil where no part is taken from it.
    case mapProjection(Bound, all: Bool, [BoundEntry])
    case not(Bound)
    case negate(Bound)
    case plus(Bound)
    case logic(LogicOperator, Bound, Bound)
    case compare(CompareOperator, Bound, Bound)
    case arithmetic(ArithmeticOperator, Bound, Bound)
    case isIn(Bound, Bound)
    case text(TextOperator, Bound, Bound)
    case resembles(Bound, Bound)
    case isNull(Bound, negated: Bool)
    case hasLabels(Bound, BoundLabels)
    case call(String, [Bound])
    case entity(EntityFunction, [Bound])
    case conditional([BoundBranch], otherwise: Bound?)
    case comprehension(slot: Int, list: Bound, filter: Bound?, projection: Bound?)
    case quantifier(QuantifierKind, slot: Int, list: Bound, predicate: Bound)
    case reduce(accumulator: Int, initial: Bound, slot: Int, list: Bound, body: Bound)
    case exists(BoundSubquery)
    case countRows(BoundSubquery)
    case collect(BoundSubquery)
    /// A path out of the slots of its nodes and edges, in turn.
    case path([PathStep])
    case derivedEdge(type: String, from: Int, to: Int, [BoundEntry])
    /// An aggregate, which the projection replaces by the slot of its result.
    case aggregate(BoundAggregate)
  }
}

struct BoundEntry: Hashable {
  var key: String
  var value: Bound
}

struct BoundBranch: Hashable {
  var condition: Bound
  var result: Bound
}

/// Which label sets and which edge types pass a label test, by number.
struct BoundLabels: Hashable, Sendable {
  var text: String
  var labelSets: [Bool]
  var edgeTypes: [Bool]
}

struct BoundAggregate: Hashable {
  /// Lower case; `count` without an argument counts rows.
  var name: String
  var distinct: Bool
  var arguments: [Bound]
}

enum PathStep: Hashable {
  case node(Int)
  case edge(Int)
  /// A list of edges.
  case edges(Int)
}

enum QuantifierKind: Hashable, Sendable {
  case all, any, none, single
}

enum TextOperator: Hashable, Sendable {
  case startsWith, endsWith, contains, matches
}

/// The functions that look into the graph, which the library of values does not have.
public enum GraphFunctions {
  /// The documented spellings.
  public static let names: [String] = EntityFunction.allCases.map(\.rawValue)
}

/// Functions that look into the graph.
enum EntityFunction: String, Hashable, Sendable, CaseIterable {
  case id, labels, type, properties, keys, nodes, relationships, startNode, endNode, length
  case names, text, sources, validity, recorded, similarity, claims
}

/// A query inside of an expression, planned.
///
/// Each run of it answers for many outer rows at once: `rowSlot` carries the
/// outer row that an inner row belongs to.
final class BoundSubquery: Hashable {
  let plan: Plan
  let rowSlot: Int
  /// The outer variables that it reads.
  let outerSlots: [Int]
  /// What COLLECT collects.
  let resultSlot: Int?
  /// Plans that leave one of its outer nodes open, by that node's slot, to find all at once.
  let openPlans: [OpenPlan]

  struct OpenPlan {
    /// The outer variable that is found instead of given.
    let openSlot: Int
    let otherSlot: Int?
    let plan: Plan
  }

  init(plan: Plan, rowSlot: Int, outerSlots: [Int], resultSlot: Int?, openPlans: [OpenPlan]) {
    self.plan = plan
    self.rowSlot = rowSlot
    self.outerSlots = outerSlots
    self.resultSlot = resultSlot
    self.openPlans = openPlans
  }

  static func == (lhs: BoundSubquery, rhs: BoundSubquery) -> Bool { lhs === rhs }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension Bound {
  /// The parts that this expression evaluates.
  var children: [Bound] {
    switch kind {
    case .constant, .parameter, .slot, .path, .exists, .countRows, .collect: []
    case .property(let base, _), .not(let base), .negate(let base), .plus(let base): [base]
    case .element(let base, let index): [base, index]
    case .slice(let base, let from, let to): [base] + [from, to].compactMap { $0 }
    case .list(let elements): elements
    case .map(let entries): entries.map(\.value)
    case .mapProjection(let base, _, let entries): [base] + entries.map(\.value)
    case .logic(_, let left, let right), .compare(_, let left, let right),
      .arithmetic(_, let left, let right), .isIn(let left, let right),
      .text(_, let left, let right), .resembles(let left, let right):
      [left, right]
    case .isNull(let base, _), .hasLabels(let base, _): [base]
    case .call(_, let arguments), .entity(_, let arguments): arguments
    case .conditional(let branches, let otherwise):
      branches.flatMap { [$0.condition, $0.result] } + [otherwise].compactMap { $0 }
    case .comprehension(_, let list, let filter, let projection):
      [list] + [filter, projection].compactMap { $0 }
    case .quantifier(_, _, let list, let predicate): [list, predicate]
    case .reduce(_, let initial, _, let list, let body): [initial, list, body]
    case .derivedEdge(_, _, _, let entries): entries.map(\.value)
    case .aggregate(let aggregate): aggregate.arguments
    }
  }

  /// The slots that the expression reads and does not bind itself.
  var freeSlots: Set<Int> {
    var free: Set<Int> = []
    collectFreeSlots(into: &free)
    return free
  }

  private func collectFreeSlots(into free: inout Set<Int>) {
    switch kind {
    case .slot(let slot): free.insert(slot)
    case .path(let steps):
      for step in steps {
        switch step {
        case .node(let slot), .edge(let slot), .edges(let slot): free.insert(slot)
        }
      }
    case .exists(let query), .countRows(let query), .collect(let query):
      free.formUnion(query.outerSlots)
    case .comprehension(let slot, let list, let filter, let projection):
      list.collectFreeSlots(into: &free)
      collect([filter, projection], without: [slot], into: &free)
    case .quantifier(_, let slot, let list, let predicate):
      list.collectFreeSlots(into: &free)
      collect([predicate], without: [slot], into: &free)
    case .reduce(let accumulator, let initial, let slot, let list, let body):
      initial.collectFreeSlots(into: &free)
      list.collectFreeSlots(into: &free)
      collect([body], without: [slot, accumulator], into: &free)
    case .derivedEdge(_, let from, let to, let entries):
      free.insert(from)
      free.insert(to)
      for entry in entries { entry.value.collectFreeSlots(into: &free) }
    default:
      for child in children { child.collectFreeSlots(into: &free) }
    }
  }

  private func collect(_ parts: [Bound?], without: Set<Int>, into free: inout Set<Int>) {
    for part in parts {
      if let part { free.formUnion(part.freeSlots.subtracting(without)) }
    }
  }

  var containsAggregate: Bool {
    if case .aggregate = kind { return true }
    return children.contains(where: \.containsAggregate)
  }

  /// The aggregates in it.
  var aggregates: [BoundAggregate] {
    if case .aggregate(let aggregate) = kind { return [aggregate] }
    return children.flatMap(\.aggregates)
  }

  /// Whether it has one value for the whole run.
  var isConstant: Bool {
    switch kind {
    case .exists, .countRows, .collect, .aggregate: false
    case .call("rand", _), .call("randomuuid", _): false
    default: freeSlots.isEmpty && children.allSatisfy(\.isConstant)
    }
  }

  /// Whether it may have another value for each row, whatever is in the row.
  var isVolatile: Bool {
    if case .call("rand", _) = kind { return true }
    return children.contains(where: \.isVolatile)
  }

  /// The conditions that must all hold.
  var conjuncts: [Bound] {
    if case .logic(.and, let left, let right) = kind { return left.conjuncts + right.conjuncts }
    return [self]
  }

  /// The expression with each part replaced for which `replacement` gives another, top down.
  func replacing(_ replacement: (Bound) -> Bound?) -> Bound {
    if let replaced = replacement(self) { return replaced }
    func go(_ part: Bound) -> Bound { part.replacing(replacement) }
    func go(_ entries: [BoundEntry]) -> [BoundEntry] {
      entries.map { BoundEntry(key: $0.key, value: go($0.value)) }
    }
    let kind: Kind =
      switch self.kind {
      case .constant, .parameter, .slot, .path, .exists, .countRows, .collect: self.kind
      case .property(let base, let name): .property(go(base), name)
      case .element(let base, let index): .element(go(base), index: go(index))
      case .slice(let base, let from, let to):
        .slice(go(base), from: from.map(go), to: to.map(go))
      case .list(let elements): .list(elements.map(go))
      case .map(let entries): .map(go(entries))
      case .mapProjection(let base, let all, let entries):
        .mapProjection(go(base), all: all, go(entries))
      case .not(let base): .not(go(base))
      case .negate(let base): .negate(go(base))
      case .plus(let base): .plus(go(base))
      case .logic(let operation, let left, let right): .logic(operation, go(left), go(right))
      case .compare(let operation, let left, let right): .compare(operation, go(left), go(right))
      case .arithmetic(let operation, let left, let right):
        .arithmetic(operation, go(left), go(right))
      case .isIn(let left, let right): .isIn(go(left), go(right))
      case .text(let operation, let left, let right): .text(operation, go(left), go(right))
      case .resembles(let left, let right): .resembles(go(left), go(right))
      case .isNull(let base, let negated): .isNull(go(base), negated: negated)
      case .hasLabels(let base, let labels): .hasLabels(go(base), labels)
      case .call(let name, let arguments): .call(name, arguments.map(go))
      case .entity(let function, let arguments): .entity(function, arguments.map(go))
      case .conditional(let branches, let otherwise):
        .conditional(
          branches.map { BoundBranch(condition: go($0.condition), result: go($0.result)) },
          otherwise: otherwise.map(go)
        )
      case .comprehension(let slot, let list, let filter, let projection):
        .comprehension(
          slot: slot,
          list: go(list),
          filter: filter.map(go),
          projection: projection.map(go)
        )
      case .quantifier(let kind, let slot, let list, let predicate):
        .quantifier(kind, slot: slot, list: go(list), predicate: go(predicate))
      case .reduce(let accumulator, let initial, let slot, let list, let body):
        .reduce(
          accumulator: accumulator,
          initial: go(initial),
          slot: slot,
          list: go(list),
          body: go(body)
        )
      case .derivedEdge(let type, let from, let to, let entries):
        .derivedEdge(type: type, from: from, to: to, go(entries))
      case .aggregate(let aggregate):
        .aggregate(
          BoundAggregate(
            name: aggregate.name,
            distinct: aggregate.distinct,
            arguments: aggregate.arguments.map(go)
          )
        )
      }
    return Bound(kind, at: span)
  }
}
