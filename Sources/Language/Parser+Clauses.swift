import SourceText

extension Parser {
  /// What a body of clauses is part of.
  enum BodyContext {
    case query
    /// In the braces of CALL.
    case calling
    /// In the braces of COLLECT, which needs a RETURN.
    case collecting
    /// In the braces of EXISTS or COUNT, which need none.
    case testing
  }

  /// Reads the one query that a text holds.
  func query() throws(Abandoned) -> Query {
    let mode: Query.Mode
    switch kind {
    case .explain: mode = .explain
    case .profile: mode = .profile
    case .why: mode = .why
    default: mode = .run
    }
    if mode != .run { advance() }
    let body = try queryBody(.query)
    if accept(.semicolon), !at(.endOfText) {
      throw fail(
        "expected the end of the text after \";\", found \(found)",
        at: place,
        hint: "ask one query at a time"
      )
    }
    return Query(mode: mode, body: body)
  }

  func queryBody(_ context: BodyContext) throws(Abandoned) -> QueryBody {
    try enter(LanguageLimits.queryLevelCount)
    let start = token.span
    var queries = [try singleQuery(context)]
    var unions: [QueryBody.Union] = []
    while at(.union) {
      let unionStart = token.span
      advance()
      let isAll = accept(.all)
      if !isAll { _ = accept(.distinct) }
      let union = QueryBody.Union(all: isAll, span: span(from: unionStart))
      if let first = unions.first, first.all != union.all {
        throw fail(
          "UNION and UNION ALL cannot be mixed",
          at: union.span,
          hint: "put one of them into CALL { … }"
        )
      }
      unions.append(union)
      queries.append(try singleQuery(context))
    }
    leave(LanguageLimits.queryLevelCount)
    return QueryBody(queries: queries, unions: unions, span: span(from: start))
  }

  /// A pattern where a query could stand: a MATCH of it.
  func bareMatch() throws(Abandoned) -> QueryBody {
    let start = token.span
    let match = try matchClause(optional: false, from: start)
    let query = SingleQuery(clauses: [.match(match)], span: match.span)
    return QueryBody(queries: [query], unions: [], span: match.span)
  }

  private func endsQuery(_ context: BodyContext) -> Bool {
    switch kind {
    case .endOfText, .union: true
    case .semicolon: context == .query
    case .rightBrace: context != .query
    default: false
    }
  }

  private func singleQuery(_ context: BodyContext) throws(Abandoned) -> SingleQuery {
    let start = token.span
    var clauses: [Clause] = []
    var isComplete = false
    while !endsQuery(context) {
      if isComplete { throw afterReturn() }
      let clause = try clause(isFirst: clauses.isEmpty)
      if case .return = clause { isComplete = true }
      clauses.append(clause)
    }
    if clauses.isEmpty {
      throw fail(
        index == 0 || context != .query ? "the query is empty" : "expected a query, found \(found)",
        at: place,
        hint: "a query reads MATCH (n:Label) RETURN n"
      )
    }
    if !isComplete, context != .testing {
      throw fail(
        "the query has no RETURN",
        at: SourceSpan(previousEnd, previousEnd),
        hint: "end it with RETURN and what it should answer"
      )
    }
    return SingleQuery(clauses: clauses, span: span(from: start))
  }

  private func afterReturn() -> Abandoned {
    switch kind {
    case .create, .merge, .set, .delete, .detach, .remove, .foreach, .load, .insert:
      return refuseWriting()
    case .match, .optional, .with, .unwind, .for, .filter, .let, .call, .where, .return:
      return fail(
        "\(text.uppercased()) cannot follow RETURN, which ends a query",
        at: token.span,
        hint: at(.where)
          ? "filter before: WITH … WHERE … RETURN …" : "pass rows on with WITH instead of RETURN"
      )
    default:
      return unexpected(
        "an operator, \",\" or the end of the query",
        after: .expression,
        hint: kind.isWord ? "columns are separated by \",\" and named with AS" : nil
      )
    }
  }

  private func clause(isFirst: Bool) throws(Abandoned) -> Clause {
    let start = token.span
    switch kind {
    case .match:
      advance()
      return .match(try matchClause(optional: false, from: start))
    case .optional:
      advance()
      if at(.call) { return .call(try callClause(optional: true, from: start)) }
      guard accept(.match) else { throw unexpected("MATCH or CALL after \"OPTIONAL\"") }
      return .match(try matchClause(optional: true, from: start))
    case .unwind: return .unwind(try unwindClause())
    case .for: return .unwind(try forClause())
    case .with: return .with(try projection(filtered: true))
    case .return: return .return(try projection(filtered: false))
    case .filter:
      advance()
      _ = accept(.where)
      return .filter(try expression())
    case .let: return .bind(try bindings())
    case .call: return .call(try callClause(optional: false, from: start))
    default: throw misplacedClause(isFirst: isFirst)
    }
  }

  private func misplacedClause(isFirst: Bool) -> Abandoned {
    switch kind {
    case .create, .merge, .set, .delete, .detach, .remove, .foreach, .load, .insert:
      return refuseWriting()
    case .where:
      return fail(
        "WHERE belongs to a MATCH or a WITH",
        at: token.span,
        hint: "FILTER condition stands alone"
      )
    case .order, .skip, .offset, .limit:
      let word = text.uppercased() + (at(.order) ? " BY" : "")
      return fail(
        "\(word) belongs to a RETURN or a WITH",
        at: token.span,
        hint: "WITH * \(word) … passes all variables on"
      )
    default:
      return isFirst
        ? unexpected(
          "a clause such as MATCH or RETURN",
          after: .clause,
          hint: "a query reads MATCH (n:Label) RETURN n"
        )
        : unexpected("an operator, a clause or the end of the query", after: .expression)
    }
  }

  /// Says why a clause that would write is none.
  private func refuseWriting() -> Abandoned {
    let what = at(.call) ? "calling a procedure" : text.uppercased()
    return fail(
      "\(what) is not possible: queries only read, and facts are written as events",
      at: token.span,
      hint: "write the fact as an event: rapport ingest STORE events.ndjson"
    )
  }
}

// MARK: Clauses

extension Parser {
  /// Reads what follows MATCH.
  private func matchClause(
    optional: Bool,
    from start: SourceSpan
  ) throws(Abandoned) -> MatchClause {
    let paths = try pathPatterns()
    var match = MatchClause(
      optional: optional,
      paths: paths,
      filter: nil,
      asOf: nil,
      knownAt: nil,
      span: start
    )
    while try acceptMatchOption(&match) {}
    match.span = span(from: start)
    return match
  }

  private func acceptMatchOption(_ match: inout MatchClause) throws(Abandoned) -> Bool {
    let start = token.span
    switch (kind, peek()) {
    case (.where, _):
      try refuseSecond(match.filter, "WHERE", hint: "join the conditions with AND")
      advance()
      match.filter = try expression()
    case (.as, .of):
      advance()
      advance()
      let value = try expression()
      try refuseSecond(match.asOf, "AS OF", at: start)
      match.asOf = value
    case (.known, .at):
      advance()
      advance()
      let value = try expression()
      try refuseSecond(match.knownAt, "KNOWN AT", at: start)
      match.knownAt = value
    default: return false
    }
    return true
  }

  private func refuseSecond(
    _ value: Expression?,
    _ word: String,
    at span: SourceSpan? = nil,
    hint: String? = "two MATCH clauses may look at two times"
  ) throws(Abandoned) {
    guard value != nil else { return }
    throw fail("this MATCH has two \(word)", at: span ?? token.span, hint: hint)
  }

  private func unwindClause() throws(Abandoned) -> UnwindClause {
    let start = token.span
    advance()
    let list = try expression()
    guard accept(.as) else { throw unexpected("AS and a variable", after: .expression) }
    let variable = try variable("a variable after \"AS\"")
    return UnwindClause(list: list, variable: variable, span: span(from: start))
  }

  private func forClause() throws(Abandoned) -> UnwindClause {
    let start = token.span
    advance()
    let variable = try variable("a variable after \"FOR\"")
    try expect(.in, "IN")
    return UnwindClause(list: try expression(), variable: variable, span: span(from: start))
  }

  private func bindings() throws(Abandoned) -> [Binding] {
    advance()
    var bindings: [Binding] = []
    repeat {
      let variable = try variable("a variable")
      try expect(.equal, "\"=\" after the variable \"\(shown(variable.name))\"")
      bindings.append(Binding(variable: variable, value: try expression()))
    } while accept(.comma)
    return bindings
  }

  private func callClause(
    optional: Bool,
    from start: SourceSpan
  ) throws(Abandoned) -> CallClause {
    guard peek() == .leftParenthesis || peek() == .leftBrace else { throw refuseWriting() }
    advance()
    var imports: [Identifier] = []
    var importsAll = false
    if at(.leftParenthesis) {
      let opening = index
      advance()
      if accept(.star) {
        importsAll = true
      } else if !at(.rightParenthesis) {
        repeat { imports.append(try variable("a variable to pass in")) } while accept(.comma)
      }
      try close(opening, "\",\" or \")\"")
    }
    let opening = index
    try expect(.leftBrace, "\"{\" and a query")
    let body = try queryBody(.calling)
    try close(opening)
    return CallClause(
      optional: optional,
      imports: imports,
      importsAll: importsAll,
      body: body,
      span: span(from: start)
    )
  }

  /// Reads a RETURN or a WITH.
  private func projection(filtered: Bool) throws(Abandoned) -> Projection {
    let start = token.span
    advance()
    var projection = Projection(
      distinct: accept(.distinct),
      includesAll: false,
      items: [],
      order: [],
      skip: nil,
      limit: nil,
      filter: nil,
      span: start
    )
    if accept(.star) {
      projection.includesAll = true
      if accept(.comma) { try projectionItems(&projection) }
    } else {
      try projectionItems(&projection)
    }
    if accept(.order) { try sortItems(&projection) }
    if accept(.skip) || accept(.offset) { projection.skip = try expression() }
    if accept(.limit) { projection.limit = try expression() }
    if filtered, accept(.where) { projection.filter = try expression() }
    try refuseLateParts(of: projection)
    projection.span = span(from: start)
    return projection
  }

  private func projectionItems(_ projection: inout Projection) throws(Abandoned) {
    repeat {
      let start = token.span
      let value = try expression()
      try refusePattern(value, hint: "whether it matches is EXISTS { … }")
      var name = source[span(from: start)]
      var alias: Identifier?
      if accept(.as) {
        let written = try variable("a name after \"AS\"")
        name = written.name
        alias = written
      }
      projection.items.append(Projection.Item(value: value, alias: alias, name: name))
    } while accept(.comma)
  }

  /// Refuses a pattern where no boolean is expected.
  func refusePattern(_ value: Expression, hint: String) throws(Abandoned) {
    guard case .patternPredicate = value.kind else { return }
    throw fail("a pattern is no value", at: value.span, hint: hint)
  }

  private func sortItems(_ projection: inout Projection) throws(Abandoned) {
    try expect(.by, "BY after \"ORDER\"")
    repeat {
      let value = try expression()
      let isDescending = accept(.desc) || accept(.descending)
      if !isDescending { _ = accept(.asc) || accept(.ascending) }
      projection.order.append(Projection.SortItem(value: value, descending: isDescending))
    } while accept(.comma)
  }

  /// Explains parts of a projection that come in the wrong order, or twice.
  private func refuseLateParts(of projection: Projection) throws(Abandoned) {
    let isLate: Bool
    switch kind {
    case .order: isLate = true
    case .skip, .offset: isLate = projection.skip != nil || projection.limit != nil
    case .limit: isLate = projection.limit != nil || projection.filter != nil
    default: isLate = false
    }
    guard isLate else { return }
    throw fail(
      "\(text.uppercased())\(at(.order) ? " BY" : "") comes too late here",
      at: token.span,
      hint: "the order is ORDER BY, SKIP, LIMIT, WHERE, each once"
    )
  }
}
