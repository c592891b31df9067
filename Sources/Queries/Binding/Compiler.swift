import Expressions
import GraphModel
import GraphStorage
import Language
import SourceText

/// A query made ready to run on one graph, again and again.
final class CompiledQuery: @unchecked Sendable {
  let mode: Query.Mode
  let plan: Plan
  let columns: [(name: String, slot: Int)]
  /// The names of the slots; `nil` for those that have none.
  let slotNames: [String?]
  /// The parameters that it reads, with their first place.
  let parameters: [(name: String, span: SourceSpan)]

  init(
    mode: Query.Mode,
    plan: Plan,
    columns: [(name: String, slot: Int)],
    slotNames: [String?],
    parameters: [(name: String, span: SourceSpan)]
  ) {
    self.mode = mode
    self.plan = plan
    self.columns = columns
    self.slotNames = slotNames
    self.parameters = parameters
  }
}

/// Binds a query's names and plans it, clause by clause.
final class Compiler {
  let view: GraphView
  let catalog: QueryCatalog?
  let source: SourceText
  /// AS OF and KNOWN AT of the whole query change plans, so plans are kept apart by them.
  let hasQueryDate: Bool
  /// What each slot is called in the query, or in the schema; `nil` for what has no name.
  private(set) var slotNames: [String?] = []
  private var parameters: [(name: String, span: SourceSpan)] = []
  /// How deep subqueries nest where the compiler is.
  var depth = 0

  static let depthMax = 32

  init(view: GraphView, catalog: QueryCatalog?, source: SourceText, hasQueryDate: Bool) {
    self.view = view
    self.catalog = catalog
    self.source = source
    self.hasQueryDate = hasQueryDate
  }

  func newSlot(named name: String? = nil) -> Int {
    slotNames.append(name)
    return slotNames.count - 1
  }

  func note(parameter name: String, at span: SourceSpan) {
    if !parameters.contains(where: { $0.name == name }) { parameters.append((name, span)) }
  }

  func fail(_ message: String, at span: SourceSpan, hint: String? = nil) -> Diagnostics {
    Diagnostics(Diagnostic(message, at: span, hint: hint))
  }

  func compile(_ query: Query) throws(Diagnostics) -> CompiledQuery {
    if query.mode == .why {
      throw fail(
        "WHY is not supported yet",
        at: query.body.span,
        hint: "return sources(x) of the elements in question"
      )
    }
    let leaf = Plan(.single, estimate: 1)
    let body = try compile(
      query.body,
      leaf: { leaf },
      scope: Scope(),
      partition: nil,
      isInner: false
    )
    body.plan.compareWhileFollowing(self)
    body.plan.groupByNodes(self)
    body.plan.lookUpLate(view)
    var argument: Set<Int> = []
    Liveness.assign(body.plan, needed: Set(body.columns.map(\.variable.slot)), argument: &argument)
    body.plan.noteWaiting()
    body.plan.noteWhereAnyIsEnough()
    body.plan.noteInputOrder(in: view)
    return CompiledQuery(
      mode: query.mode,
      plan: body.plan,
      columns: body.columns.map { ($0.name, $0.variable.slot) },
      slotNames: slotNames,
      parameters: parameters
    )
  }

  /// The steps of a whole query or of a subquery's body.
  struct CompiledBody {
    var plan: Plan
    var columns: [(name: String, variable: Variable)]
  }

  /// Compiles united queries.
  ///
  /// `leaf` makes the step that each of them draws from. In a subquery `partition` is the slot that
  /// carries the outer row, RETURN may be missing where it `isInner`, and `keepsScope` leaves
  /// `scope` visible behind WITH.
  func compile(
    _ body: QueryBody,
    leaf: () -> Plan,
    scope: Scope,
    partition: Int?,
    isInner: Bool,
    keepsScope: Bool = false
  ) throws(Diagnostics) -> CompiledBody {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.depthMax {
      throw fail("subqueries nest deeper than \(Self.depthMax) levels", at: body.span)
    }
    var bodies: [CompiledBody] = []
    for query in body.queries {
      let compiler = ClauseCompiler(self, plan: leaf(), scope: scope, partition: partition)
      if keepsScope { compiler.keptScope = scope }
      bodies.append(try compiler.compile(query, isInner: isInner))
    }
    guard let first = bodies.first else { throw fail("a query has clauses", at: body.span) }
    if bodies.count == 1 { return first }
    if let odd = body.unions.first(where: { $0.all != body.unions[0].all }) {
      throw fail("UNION and UNION ALL do not mix in one query", at: odd.span)
    }
    let columns: [(name: String, variable: Variable)] = first.columns.map {
      ($0.name, Variable(slot: newSlot(named: $0.name), type: .any))
    }
    var inputs: [Plan] = []
    for (index, other) in bodies.enumerated() {
      guard Set(other.columns.map(\.name)) == Set(columns.map(\.name)),
        other.columns.count == columns.count
      else {
        throw fail(
          "the queries of a UNION return different columns: "
            + "\(names(first.columns)) and \(names(other.columns))",
          at: body.queries[index].span,
          hint: "name the columns alike with AS"
        )
      }
      var assignments: [Assignment] = []
      for column in columns {
        guard let part = other.columns.first(where: { $0.name == column.name }) else { continue }
        assignments.append(
          Assignment(
            slot: column.variable.slot,
            value: Bound(.slot(part.variable.slot), at: body.span),
            name: column.name
          )
        )
      }
      inputs.append(Plan(.project(assignments), [other.plan], estimate: other.plan.estimate))
    }
    var plan = Plan(.union, inputs, estimate: inputs.reduce(0) { $0 + $1.estimate })
    if !body.unions[0].all {
      plan = Plan(
        .distinct(columns.map(\.variable.slot), partition: partition),
        [plan],
        estimate: plan.estimate
      )
    }
    return CompiledBody(plan: plan, columns: columns)
  }

  private func names(_ columns: [(name: String, variable: Variable)]) -> String {
    columns.map { "\"\($0.name)\"" }.joined(separator: ", ")
  }

  // MARK: Names

  /// Which label sets and edge types pass a label expression.
  func labels(
    _ expression: LabelExpression,
    asEdgeTypes: Bool,
    checks: Bool = true
  ) throws(Diagnostics) -> BoundLabels {
    if checks { try check(expression, asEdgeTypes: asEdgeTypes) }
    let test = LabelTest(expression, in: view)
    let labelSets = view.labelSets.map { test.holds(ofLabels: $0) }
    let edgeTypes = view.edgeTypes.indices.map { test.holds(ofEdgeType: UInt16($0)) }
    return BoundLabels(text: text(expression), labelSets: labelSets, edgeTypes: edgeTypes)
  }

  private func check(_ expression: LabelExpression, asEdgeTypes: Bool) throws(Diagnostics) {
    switch expression.kind {
    case .and(let left, let right), .or(let left, let right):
      try check(left, asEdgeTypes: asEdgeTypes)
      try check(right, asEdgeTypes: asEdgeTypes)
    case .not(let operand): try check(operand, asEdgeTypes: asEdgeTypes)
    case .any: break
    case .label(let name):
      guard let catalog else { return }
      let derived = catalog.derivations.map(\.type.name)
      let known = asEdgeTypes ? catalog.edgeTypes + derived : catalog.labels
      if known.contains(name) { return }
      if !asEdgeTypes, view.graph.label(named: name) != nil { return }
      let others = asEdgeTypes ? catalog.labels : catalog.edgeTypes + derived
      var hint = nearest(to: name, among: known).map { "did you mean \"\($0)\"?" }
      if hint == nil, others.contains(name) {
        hint = asEdgeTypes ? "\"\(name)\" is a node label" : "\"\(name)\" is an edge type"
      }
      if hint == nil { hint = "the schema declares \(list(known))" }
      throw fail(
        "\(asEdgeTypes ? "edge type" : "label") \"\(name)\" is not in the schema",
        at: expression.span,
        hint: hint
      )
    }
  }

  private func list(_ names: [String]) -> String {
    if names.isEmpty { return "none" }
    let shown = names.prefix(12).joined(separator: ", ")
    return names.count > 12 ? shown + ", …" : shown
  }

  func text(_ expression: LabelExpression) -> String {
    switch expression.kind {
    case .label(let name): name
    case .and(let left, let right): "\(text(left))&\(text(right))"
    case .or(let left, let right): "\(text(left))|\(text(right))"
    case .not(let operand): "!\(text(operand))"
    case .any: "%"
    }
  }

  /// Refuses a property name that neither the schema nor the graph knows.
  func check(property name: Identifier) throws(Diagnostics) {
    guard let catalog, !catalog.properties.contains(name.name),
      view.graph.propertyKey(named: name.name) == nil, !Self.structureParts.contains(name.name)
    else { return }
    throw fail(
      "no node or edge of the schema has a property \"\(name.name)\"",
      at: name.span,
      hint: nearest(to: name.name, among: catalog.properties).map { "did you mean \"\($0)\"?" }
    )
  }

  /// The parts of dates, times and durations, and of the maps that functions return.
  static let structureParts: Set<String> = [
    "year", "month", "day", "quarter", "week", "weekYear", "dayOfQuarter", "quarterDay",
    "dayOfWeek",
    "weekDay", "ordinalDay", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond",
    "timezone", "offset", "offsetMinutes", "offsetSeconds", "epochMillis", "epochSeconds", "years",
    "months", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds",
    "quarters", "weeks", "earliest", "latest", "precision", "quartersOfYear", "monthsOfQuarter",
    "monthsOfYear", "daysOfWeek", "minutesOfHour", "secondsOfMinute", "millisecondsOfSecond",
    "microsecondsOfSecond", "nanosecondsOfSecond", "from", "to", "position", "time", "type",
    "source", "quote", "id", "value",
  ]
}

/// A label expression with the numbers of its names, to be tried on many label sets.
private indirect enum LabelTest {
  /// `nil` where the graph does not know the name.
  case name(label: UInt16?, edgeType: UInt16?)
  case and(LabelTest, LabelTest)
  case or(LabelTest, LabelTest)
  case not(LabelTest)
  case any

  init(_ expression: LabelExpression, in view: GraphView) {
    switch expression.kind {
    case .label(let name):
      let graph = view.graph
      self = .name(label: graph.label(named: name), edgeType: graph.edgeType(named: name))
    case .and(let left, let right):
      self = .and(LabelTest(left, in: view), LabelTest(right, in: view))
    case .or(let left, let right):
      self = .or(LabelTest(left, in: view), LabelTest(right, in: view))
    case .not(let operand): self = .not(LabelTest(operand, in: view))
    case .any: self = .any
    }
  }

  func holds(ofLabels labels: [UInt16]) -> Bool {
    switch self {
    case .name(let label, _): label.map { labels.contains($0) } ?? false
    case .and(let left, let right): left.holds(ofLabels: labels) && right.holds(ofLabels: labels)
    case .or(let left, let right): left.holds(ofLabels: labels) || right.holds(ofLabels: labels)
    case .not(let operand): !operand.holds(ofLabels: labels)
    case .any: !labels.isEmpty
    }
  }

  func holds(ofEdgeType type: UInt16) -> Bool {
    switch self {
    case .name(_, let edgeType): edgeType == type
    case .and(let left, let right): left.holds(ofEdgeType: type) && right.holds(ofEdgeType: type)
    case .or(let left, let right): left.holds(ofEdgeType: type) || right.holds(ofEdgeType: type)
    case .not(let operand): !operand.holds(ofEdgeType: type)
    case .any: true
    }
  }
}
