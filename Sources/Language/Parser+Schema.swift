import SourceText

extension Parser {
  /// Reads a schema file; mistakes of one declaration do not hide those of the next.
  func schema() throws(Abandoned) -> SchemaDocument {
    var document = SchemaDocument(name: Identifier("", at: SourceSpan(0, 0)), version: 1)
    do {
      try schemaHeader(&document)
    } catch {
      recover(from: index)
    }
    while !at(.endOfText), diagnostics.count < LanguageLimits.diagnosticCountMax {
      let start = index
      do {
        try declaration(&document)
      } catch {
        recover(from: start + 1, indentation: indentation(of: start))
      }
    }
    guard diagnostics.isEmpty else { throw Abandoned() }
    return document
  }

  private func schemaHeader(_ document: inout SchemaDocument) throws(Abandoned) {
    guard accept(.schema) else {
      let isMisspelled = kind == .identifier && peek().isWord && peek(2) == .version
      let mistake = unexpected(
        "SCHEMA",
        after: .declaration,
        hint: "a schema file begins with SCHEMA name VERSION 1"
      )
      // Without a header the declarations can be read all the same.
      if !isMisspelled, isDeclaration(at: index) { return }
      throw mistake
    }
    document.name = try dottedName("the name of the schema")
    document.version = try version()
  }

  private func version() throws(Abandoned) -> Int {
    try expect(.version, "VERSION and a number")
    return try versionNumber()
  }

  func versionNumber() throws(Abandoned) -> Int {
    guard at(.integer) else { throw unexpected("the number of a version") }
    let range = Int(token.span.start)..<Int(token.span.end)
    guard let value = Literals.magnitude(of: source.bytes[range]), value > 0, value <= Int32.max
    else {
      throw fail("versions are counted from 1", at: token.span)
    }
    advance()
    return Int(value)
  }

  /// Forgets what was being read, and moves to the next declaration.
  ///
  /// That is what looks like one, or a line that is indented no more than the one that failed:
  /// its declaration may be misspelled as well.
  private func recover(from start: Int, indentation limit: Int = -1) {
    forget(depth: 0)
    index = min(max(index, start), tokens.count - 1)
    while !at(.endOfText) {
      if isFirstOnLine(index) {
        if isDeclaration(at: index) { return }
        if kind.isWord, indentation(of: index) <= limit { return }
      }
      advance()
    }
  }

  private func indentation(of index: Int) -> Int {
    let start = Int(tokens[index].span.start)
    let lineStart = source.bytes[..<start].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return start - lineStart
  }

  /// Gives up the expression at hand.
  private func forget(depth: Int) {
    self.depth = depth
    height = 0
    operands.removeAll()
    operators.removeAll()
    barEndsExpression = false
    braceBeginsProjection = true
    endClosesCase = false
    ruleVariables = []
  }

  /// Whether a declaration begins at an index, and no statement, field or name.
  func isDeclaration(at index: Int) -> Bool {
    switch kind(at: index) {
    case .node:
      return kind(at: index + 1).isWord
        && (kind(at: index + 2) == .leftBrace || kind(at: index + 2) == .colon
          || kind(at: index + 2) == .endOfText || isFirstOnLine(index + 2))
    case .edge: return isEdgeDeclaration(at: index)
    case .derive: return kind(at: index + 1) == .leftParenthesis
    case .event:
      let end = nameEnd(at: index + 1)
      return kind(at: end) == .version || kind(at: end) == .leftBrace && end > index + 1
    case .upcast: return kind(at: nameEnd(at: index + 1)) == .integer
    case .on: return kind(at: nameEnd(at: index + 1)) == .as
    case .schema: return kind(at: index + 1).isWord && kind(at: index + 2) == .version
    default: return false
    }
  }

  /// The index behind a name with dots.
  private func nameEnd(at index: Int) -> Int {
    guard kind(at: index).isWord else { return index }
    var position = index + 1
    while kind(at: position) == .dot, kind(at: position + 1).isWord { position += 2 }
    return position
  }

  private func declaration(_ document: inout SchemaDocument) throws(Abandoned) {
    switch kind {
    case .node: document.nodes.append(try nodeDeclaration())
    case .edge: document.edges.append(try edgeDeclaration())
    case .derive: document.derivations.append(try deriveDeclaration())
    case .event: document.events.append(try eventDeclaration())
    case .upcast: document.upcasts.append(try upcastDeclaration())
    case .on: document.rules.append(try ruleDeclaration())
    case .schema:
      throw fail("a file declares one schema", at: token.span)
    case .for, .when, .set, .end:
      throw fail(
        "\(text.uppercased()) is a statement of a rule",
        at: token.span,
        hint: "begin the rule with ON event.type AS e"
      )
    case .semicolon:
      throw fail("unexpected \";\"", at: token.span, hint: "declarations end by themselves")
    default:
      throw unexpected(
        "a declaration: NODE, EDGE, DERIVE, EVENT, UPCAST or ON",
        after: .declaration
      )
    }
  }
}

// MARK: Nodes and edges

extension Parser {
  private func nodeDeclaration() throws(Abandoned) -> NodeDeclaration {
    let start = token.span
    advance()
    if at(.leftParenthesis) {
      throw fail(
        "NODE with parentheses is a statement of a rule",
        at: token.span,
        hint: "declare a node as NODE Name { property TYPE }"
      )
    }
    let name = try name("the name of a node type")
    var supertypes: [Identifier] = []
    if accept(.colon) {
      repeat {
        supertypes.append(try self.name("the name of a supertype"))
      } while accept(.comma) || accept(.colon) || accept(.ampersand)
    }
    let fields = at(.leftBrace) ? try fields() : []
    return NodeDeclaration(
      name: name,
      supertypes: supertypes,
      properties: fields,
      span: span(from: start)
    )
  }

  private func edgeDeclaration() throws(Abandoned) -> EdgeDeclaration {
    let start = token.span
    advance()
    let first = try declaredEnd()
    let pointsLeft = accept(.less)
    try expect(.minus, "\"-[TYPE]->\"")
    let opening = index
    try expect(.leftBracket, "\"[TYPE]\"")
    try refuseColon("[\(shownWord(at: index + 1))]")
    let type = try name("the type of the edge")
    try close(opening)
    try expect(.minus, "\"->\" after the edge's type")
    let pointsRight = accept(.greater)
    try requireDirection(pointsLeft, pointsRight, from: opening)
    let second = try declaredEnd()
    let hasValidity = accept(.valid)
    let key = accept(.key) ? try edgeKey() : .ends
    if at(.valid) {
      throw fail("VALID comes before KEY", at: token.span)
    }
    let fields = at(.leftBrace) ? try fields() : []
    return EdgeDeclaration(
      source: pointsLeft ? second : first,
      type: type,
      target: pointsLeft ? first : second,
      hasValidity: hasValidity,
      key: key,
      properties: fields,
      span: span(from: start)
    )
  }

  /// Refuses an arrow with both heads, or with none.
  func requireDirection(
    _ pointsLeft: Bool,
    _ pointsRight: Bool,
    from opening: Int
  ) throws(Abandoned) {
    guard pointsLeft == pointsRight else { return }
    throw fail(
      "an edge points from one node to another",
      at: span(from: tokens[opening].span),
      hint: "write (a)-[…]->(b) or (b)<-[…]-(a)"
    )
  }

  private func declaredEnd() throws(Abandoned) -> Identifier {
    let opening = index
    try expect(.leftParenthesis, "a node type in parentheses")
    try refuseColon("(\(shownWord(at: index + 1)))")
    let name = try name("the name of a node type")
    try close(opening)
    return name
  }

  private func shownWord(at index: Int) -> String {
    kind(at: index).isWord ? shown(wordText(at: index)) : "Name"
  }

  private func refuseColon(_ correct: String) throws(Abandoned) {
    guard at(.colon) else { return }
    throw fail(
      "types are declared without a colon",
      at: token.span,
      hint: "write \(correct); a colon refers to a type in patterns and rules"
    )
  }

  private func edgeKey() throws(Abandoned) -> EdgeDeclaration.Key {
    if at(.event), peek() != .comma {
      advance()
      return .event
    }
    var names: [Identifier] = []
    repeat {
      names.append(try name("the name of a property, or EVENT, after \"KEY\""))
    } while accept(.comma)
    return .properties(names)
  }

  private func deriveDeclaration() throws(Abandoned) -> DeriveDeclaration {
    let start = token.span
    advance()
    let first = try nodePattern()
    guard at(.minus) || at(.less) else { throw unexpected("the derived edge, \"-[:TYPE]-\"") }
    let edge = try edgePattern()
    let second = try nodePattern()
    guard case .label(let type) = edge.types?.kind, let types = edge.types else {
      throw fail("a derived edge has one type", at: edge.span, hint: "write -[:TYPE]-")
    }
    guard edge.variable == nil, edge.length == nil, edge.predicate == nil else {
      throw fail("a derived edge has a type and properties, nothing else", at: edge.span)
    }
    var properties: [MapEntry] = []
    if let written = edge.properties {
      guard case .map(let entries) = written.kind else {
        throw fail("the properties of a derived edge are a map", at: written.span)
      }
      properties = entries
    }
    guard accept(.from) else {
      throw unexpected("FROM and the pattern that it is derived from", after: .elsewhere)
    }
    let paths = try pathPatterns()
    let filter = accept(.where) ? try expression() : nil
    let isReversed = edge.direction == .left
    return DeriveDeclaration(
      source: isReversed ? second : first,
      type: Identifier(type, at: types.span),
      target: isReversed ? first : second,
      directed: edge.direction != .either,
      properties: properties,
      paths: paths,
      filter: filter,
      span: span(from: start)
    )
  }
}

// MARK: Fields

extension Parser {
  /// Reads fields in braces; a mistake in one does not hide those of the next.
  func fields() throws(Abandoned) -> [FieldDeclaration] {
    let opening = index
    let end = Int(partners[opening])
    let depthHere = depth
    advance()
    var fields: [FieldDeclaration] = []
    while !at(.rightBrace) {
      do {
        fields.append(try field())
      } catch {
        guard end >= index, diagnostics.count < LanguageLimits.diagnosticCountMax else {
          throw error
        }
        forget(depth: depthHere)
        skipField(to: end)
      }
      if accept(.comma) || at(.rightBrace) { continue }
      guard kind.isWord, end > index, !isDeclaration(at: index) else { break }
      // The field that follows can be read all the same.
      _ = fail("expected \",\" between two fields", at: SourceSpan(previousEnd, previousEnd))
    }
    try close(opening, "\",\" or \"}\"")
    return fields
  }

  /// Moves to the comma that ends a field, or to the closing brace at an index.
  private func skipField(to end: Int) {
    while index < end, !at(.comma) {
      let partner = Int(partners[index])
      index = partner > index ? partner + 1 : index + 1
    }
    index = min(index, end)
  }

  private func field() throws(Abandoned) -> FieldDeclaration {
    let name = try name("the name of a field, or \"}\"")
    if at(.colon) {
      throw fail(
        "a field's type follows its name without a colon",
        at: token.span,
        hint: "write \(shown(name.name)) TYPE"
      )
    }
    let type = try type()
    let isOptional = accept(.question)
    let value = accept(.equal) ? try expression() : nil
    if at(.question) {
      throw fail("\"?\" comes before the default", at: token.span)
    }
    return FieldDeclaration(name: name, type: type, optional: isOptional, defaultValue: value)
  }

  private func type() throws(Abandoned) -> TypeSyntax {
    try enter()
    let start = token.span
    let result: TypeSyntax
    if at(.leftBrace) {
      let fields = try fields()
      result = TypeSyntax(.structure(fields), at: span(from: start))
    } else if atWord("LIST"), peek() == .less || peek() == .notEqual {
      advance()
      guard accept(.less) else { throw unexpected("\"<\" and the type of the elements") }
      let element = try type()
      if at(.question) {
        throw fail("the elements of a list cannot be missing", at: token.span)
      }
      try closeType(from: start)
      result = TypeSyntax(.list(element), at: span(from: start))
    } else if at(.leftBracket) {
      throw fail("a list type is written LIST<TYPE>", at: token.span)
    } else {
      let name = try name("a type such as STRING, DATE or LIST<ID>")
      if name.name.lowercased() == "list" {
        throw unexpected("\"<\" and the type of the elements")
      }
      result = TypeSyntax(.named(name.name), at: name.span)
    }
    leave()
    return result
  }

  /// Reads the `>` of a list type, also where it touches the `=` of a default.
  private func closeType(from start: SourceSpan) throws(Abandoned) {
    if at(.greaterOrEqual) {
      let end = Int(token.span.end)
      tokens[index] = Token(.equal, at: SourceSpan(end - 1, end))
      return
    }
    guard accept(.greater) else { throw unexpected("\">\" at the end of the list type") }
  }
}
