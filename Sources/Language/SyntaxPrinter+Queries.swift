extension Query: CustomStringConvertible {
  /// The query, a clause a line.
  public var description: String {
    let prefix =
      switch mode {
      case .run: ""
      case .explain: "EXPLAIN "
      case .profile: "PROFILE "
      case .why: "WHY "
      }
    return prefix + body.description
  }
}

extension QueryBody: CustomStringConvertible {
  /// The queries, a clause a line.
  public var description: String {
    var printer = SyntaxPrinter()
    printer.print(self, separator: "\n")
    return printer.text
  }
}

extension Clause: CustomStringConvertible {
  /// The clause on one line.
  public var description: String {
    var printer = SyntaxPrinter()
    printer.print(self)
    return printer.text
  }
}

extension SyntaxPrinter {
  mutating func print(_ subquery: Subquery, _ word: String) {
    text += word + " { "
    if word != "COLLECT", subquery.body.queries.count == 1,
      subquery.body.queries[0].clauses.count == 1,
      case .match(let match) = subquery.body.queries[0].clauses[0], !match.optional
    {
      printPattern(of: match)
    } else {
      print(subquery.body, separator: " ")
    }
    text += " }"
  }

  mutating func print(_ body: QueryBody, separator: String) {
    for (index, query) in body.queries.enumerated() {
      if index > 0 {
        text += separator + (body.unions[index - 1].all ? "UNION ALL" : "UNION") + separator
      }
      for (index, clause) in query.clauses.enumerated() {
        if index > 0 { text += separator }
        print(clause)
      }
    }
  }

  mutating func print(_ clause: Clause) {
    switch clause {
    case .match(let match):
      text += match.optional ? "OPTIONAL MATCH " : "MATCH "
      printPattern(of: match)
    case .unwind(let unwind):
      text += "UNWIND "
      print(unwind.list)
      text += " AS " + Spelling.variable(unwind.variable.name)
    case .with(let projection): print(projection, "WITH")
    case .return(let projection): print(projection, "RETURN")
    case .filter(let condition):
      text += "FILTER "
      print(condition)
    case .bind(let bindings):
      text += "LET "
      list(bindings) { printer, binding in
        printer.text += Spelling.variable(binding.variable.name) + " = "
        printer.print(binding.value)
      }
    case .call(let call):
      text += call.optional ? "OPTIONAL CALL (" : "CALL ("
      if call.importsAll { text += "*" }
      list(call.imports) { $0.text += Spelling.variable($1.name) }
      text += ") { "
      print(call.body, separator: " ")
      text += " }"
    }
  }

  private mutating func printPattern(of match: MatchClause) {
    list(match.paths) { $0.print($1) }
    if let asOf = match.asOf {
      text += " AS OF "
      print(asOf)
    }
    if let knownAt = match.knownAt {
      text += " KNOWN AT "
      print(knownAt)
    }
    printFilter(match.filter)
  }

  private mutating func print(_ projection: Projection, _ word: String) {
    text += word + (projection.distinct ? " DISTINCT " : " ")
    if projection.includesAll { text += projection.items.isEmpty ? "*" : "*, " }
    list(projection.items) { printer, item in
      printer.print(item.value)
      if let alias = item.alias { printer.text += " AS " + Spelling.variable(alias.name) }
    }
    if !projection.order.isEmpty {
      text += " ORDER BY "
      list(projection.order) { printer, item in
        printer.print(item.value)
        if item.descending { printer.text += " DESC" }
      }
    }
    if let skip = projection.skip {
      text += " SKIP "
      print(skip)
    }
    if let limit = projection.limit {
      text += " LIMIT "
      print(limit)
    }
    printFilter(projection.filter)
  }
}
