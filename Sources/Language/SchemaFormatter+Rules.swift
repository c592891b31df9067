import SourceText

extension SchemaFormatter {
  mutating func print(_ derivation: DeriveDeclaration) {
    let source = Self.render { $0.print(derivation.source) }
    let target = Self.render { $0.print(derivation.target) }
    let head = "DERIVE \(source)-[:\(Spelling.name(derivation.type.name))"
    let tail = (derivation.directed ? "]->" : "]-") + target
    append([.text(head), .map(derivation.properties), .text(tail)], indent: 0, fillsLines: false)
    for (index, path) in derivation.paths.enumerated() {
      let comma = index < derivation.paths.count - 1 ? "," : ""
      lines.append((index == 0 ? "  FROM " : "       ") + Self.render { $0.print(path) } + comma)
    }
    if let filter = derivation.filter { lines.append("  WHERE " + Self.render(filter)) }
  }

  mutating func print(_ upcast: UpcastDeclaration) {
    lines.append("UPCAST \(Spelling.dotted(upcast.type.name)) \(upcast.from) TO \(upcast.to)")
    for step in upcast.steps {
      switch step {
      case .set(let field, let value):
        flushComments(before: field.span.start, indent: 2)
        lines.append("  SET \(Spelling.name(field.name)) = " + Self.render(value))
      case .remove(let field):
        flushComments(before: field.span.start, indent: 2)
        lines.append("  REMOVE " + Spelling.name(field.name))
      }
    }
    for example in upcast.examples {
      flushComments(before: example.before.span.start, indent: 2)
      lines.append("  EXAMPLE " + Self.render(example.before))
      lines.append("       TO " + Self.render(example.after))
    }
  }

  mutating func print(_ rule: RuleDeclaration) {
    lines.append("ON \(Spelling.dotted(rule.type.name)) AS \(Spelling.variable(rule.alias.name))")
    for statement in rule.statements { print(statement, indent: 2) }
  }

  private mutating func print(_ statement: RuleStatement, indent: Int) {
    flushComments(before: Self.start(of: statement), indent: indent)
    switch statement {
    case .node(let node):
      append([.text("NODE ")] + Self.parts(of: node), indent: indent, fillsLines: true)
    case .edge(let edge, let from, let to):
      var ending: [String] = []
      if let from { ending.append("FROM " + Self.render(from)) }
      if let to { ending.append("TO " + Self.render(to)) }
      append("EDGE ", edge, ending: ending.joined(separator: " "), indent: indent)
    case .set(let variable, let property, let value):
      let target = Spelling.variable(variable.name) + "." + Spelling.name(property.name)
      append("SET \(target) = " + Self.render(value), indent: indent)
    case .end(let edge, let at):
      append("END ", edge, ending: at.map { "AT " + Self.render($0) } ?? "", indent: indent)
    case .forEach(let variable, let list, let body):
      let head = "FOR \(Spelling.variable(variable.name)) IN " + Self.renderHead(list)
      print(body, under: head, indent: indent)
    case .when(let condition, let body):
      print(body, under: "WHEN " + Self.renderHead(condition), indent: indent)
    }
  }

  private mutating func print(_ body: [RuleStatement], under head: String, indent: Int) {
    let isSingle = body.count == 1
    append(isSingle ? head : head + " {", indent: indent)
    for statement in body { print(statement, indent: indent + 2) }
    if !isSingle { append("}", indent: indent) }
  }

  private mutating func append(_ line: String, indent: Int) {
    lines.append(String(repeating: " ", count: indent) + line)
  }

  /// An expression before a block, whose brace must not look like the block's.
  private static func renderHead(_ expression: Expression) -> String {
    let text = render(expression)
    return expression.holdsProjection ? "(\(text))" : text
  }

  private static func start(of statement: RuleStatement) -> UInt32 {
    switch statement {
    case .node(let node): node.span.start
    case .edge(let edge, _, _), .end(let edge, _): edge.span.start
    case .set(let variable, _, _), .forEach(let variable, _, _): variable.span.start
    case .when(let condition, _): condition.span.start
    }
  }
}

// MARK: Lines with maps in them

extension SchemaFormatter {
  /// A piece of a statement: text, or a map that may be spread over several lines.
  fileprivate enum Part {
    case text(String)
    case map([MapEntry])
  }

  private static func parts(of node: RuleNode) -> [Part] {
    var head = "("
    if let variable = node.variable { head += Spelling.variable(variable.name) }
    if let label = node.label { head += ":" + Spelling.name(label.name) }
    return [.text(head), .map(node.properties), .text(")")]
  }

  /// Writes an edge on one line, or, where it is too long, each of its parts on a line of its own:
  /// where it starts, itself with where it ends if there is room, and what stands behind it.
  private mutating func append(_ head: String, _ edge: RuleEdge, ending: String, indent: Int) {
    let source = [.text(head)] + Self.parts(of: edge.source)
    let target = Self.parts(of: edge.target)
    let arrow: [Part] = [
      .text("-[:" + Spelling.name(edge.type.name)), .map(edge.properties), .text("]->"),
    ]
    let space = ending.isEmpty ? "" : " "
    let margin = String(repeating: " ", count: indent)
    let short = margin + Self.line(of: source + arrow + target) + space + ending
    guard !Self.fits(short) else {
      lines.append(short)
      return
    }
    append(source, indent: indent, fillsLines: true)
    let isShortArrow = Self.fits(margin + "  " + Self.line(of: arrow))
    if isShortArrow, !Self.fits(margin + "  " + Self.line(of: arrow + target)) {
      append(arrow, indent: indent + 2, fillsLines: true)
      append(target, indent: indent + 2, fillsLines: true)
    } else {
      append(arrow + target, indent: indent + 2, fillsLines: true)
    }
    if !ending.isEmpty { lines.append(margin + "  " + ending) }
  }

  /// Writes parts on one line, or with the maps of several entries spread out where it is too long.
  ///
  /// - Parameter fillsLines: whether entries share lines; else each has one of its own.
  fileprivate mutating func append(_ parts: [Part], indent: Int, fillsLines: Bool) {
    let margin = String(repeating: " ", count: indent)
    let short = margin + Self.line(of: parts)
    guard !Self.fits(short) else {
      lines.append(short)
      return
    }
    var line = margin
    for part in parts {
      switch part {
      case .text(let text): line += text
      case .map(let entries):
        guard entries.count > 1 else {
          line = Self.line(of: [.text(line), part])
          continue
        }
        lines.append(line + (line.hasSuffix("(") ? "{" : " {"))
        append(entries, margin: margin + "  ", fillsLines: fillsLines)
        line = margin + "}"
      }
    }
    lines.append(line)
  }

  private mutating func append(_ entries: [MapEntry], margin: String, fillsLines: Bool) {
    var line = ""
    for (index, entry) in entries.enumerated() {
      let text = Self.render { $0.print(entry) } + (index < entries.count - 1 ? "," : "")
      if line.isEmpty {
        line = margin + text
      } else if fillsLines, Self.fits(line + " " + text) {
        line += " " + text
      } else {
        lines.append(line)
        line = margin + text
      }
    }
    lines.append(line)
  }

  private static func line(of parts: [Part]) -> String {
    var line = ""
    for part in parts {
      switch part {
      case .text(let text): line += text
      case .map(let entries) where !entries.isEmpty:
        line += (line.isEmpty || line.hasSuffix("(") ? "" : " ") + render { $0.print(entries) }
      case .map: break
      }
    }
    return line
  }
}

extension Expression {
  /// Whether it is written with a variable before a brace outside of brackets.
  fileprivate var holdsProjection: Bool {
    switch kind {
    case .mapProjection: true
    case .property(let base, _), .element(let base, _), .slice(let base, _, _),
      .hasLabels(let base, _), .isNull(let base, _), .unary(_, let base):
      base.holdsProjection
    case .binary(_, let left, let right): left.holdsProjection || right.holdsProjection
    case .comparisonChain(let first, let links):
      first.holdsProjection || links.contains { $0.operand.holdsProjection }
    default: false
    }
  }
}
