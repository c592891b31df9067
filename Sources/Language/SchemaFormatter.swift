public import SourceText

/// Lays a schema file out in the one canonical way.
///
/// Declarations keep their order; nodes and edges of one line stand close together, everything
/// else apart. Parsing the result gives an equal document, places aside.
public struct SchemaFormatter {
  private static let columnCountMax = 100
  private static let passCountMax = 8

  var comments: SchemaComments
  var lines: [String] = []

  init(_ comments: SchemaComments) {
    self.comments = comments
  }

  /// The canonical text of a schema file, with its comments.
  ///
  /// - Throws: what is wrong with the file, where it does not parse.
  public static func format(_ source: SourceText) throws(Diagnostics) -> String {
    var source = source
    var text = String(decoding: source.bytes, as: UTF8.self)
    // A comment in the middle of a line moves to where it can stand, and there it may be one that
    // belongs to something else: only what does not move any more is canonical.
    for _ in 0..<passCountMax {
      let document = try Parser.parseSchema(source)
      var formatter = SchemaFormatter(SchemaComments(source))
      let next = formatter.format(document)
      if next == text { break }
      text = next
      source = SourceText(name: source.name, text: text)
    }
    return text
  }

  /// The canonical text of a document, which holds no comments.
  public static func format(_ document: SchemaDocument) -> String {
    var formatter = SchemaFormatter(SchemaComments(nil))
    return formatter.format(document)
  }

  private enum Declaration {
    case node(NodeDeclaration)
    case edge(EdgeDeclaration)
    case derive(DeriveDeclaration)
    case event(EventDeclaration)
    case upcast(UpcastDeclaration)
    case rule(RuleDeclaration)

    var span: SourceSpan {
      switch self {
      case .node(let declaration): declaration.span
      case .edge(let declaration): declaration.span
      case .derive(let declaration): declaration.span
      case .event(let declaration): declaration.span
      case .upcast(let declaration): declaration.span
      case .rule(let declaration): declaration.span
      }
    }

    var isNode: Bool {
      if case .node = self { true } else { false }
    }

    var isEdge: Bool {
      if case .edge = self { true } else { false }
    }
  }

  private mutating func format(_ document: SchemaDocument) -> String {
    let all: [Declaration] =
      document.nodes.map { .node($0) } + document.edges.map { .edge($0) }
      + document.derivations.map { .derive($0) } + document.events.map { .event($0) }
      + document.upcasts.map { .upcast($0) } + document.rules.map { .rule($0) }
    let ordered = all.enumerated().sorted {
      ($0.element.span.start, $0.offset) < ($1.element.span.start, $1.offset)
    }
    flushComments(before: document.name.span.start, apart: true)
    let name = Spelling.dotted(document.name.name)
    lines.append("SCHEMA \(name) VERSION \(document.version)")
    var previous: (declaration: Declaration, lineCount: Int)?
    for (_, declaration) in ordered {
      var body = SchemaFormatter(comments)
      body.comments.skip(before: declaration.span.start)
      body.print(declaration)
      let isClose =
        previous.map {
          $0.lineCount == 1 && body.lines.count == 1
            && ($0.declaration.isNode && declaration.isNode
              || $0.declaration.isEdge && declaration.isEdge)
            && !comments.hasBlankLine(after: $0.declaration.span.end)
        } ?? false
      flushTrailingComments(before: declaration.span.start)
      if !isClose { lines.append("") }
      flushComments(before: declaration.span.start, apart: true)
      lines += body.lines
      comments = body.comments
      previous = (declaration, body.lines.count)
    }
    flushTrailingComments(before: .max)
    if comments.hasNext(before: .max) { lines.append("") }
    flushComments(before: .max, apart: true)
    return lines.joined(separator: "\n") + "\n"
  }

  private mutating func print(_ declaration: Declaration) {
    switch declaration {
    case .node(let node): print(node)
    case .edge(let edge): print(edge)
    case .derive(let derivation): print(derivation)
    case .event(let event): print(event)
    case .upcast(let upcast): print(upcast)
    case .rule(let rule): print(rule)
    }
    // What stands between the last part and the closing brace.
    flushComments(before: declaration.span.end, indent: 2)
  }
}

// MARK: Comments

extension SchemaFormatter {
  /// Writes the comments that stand on the line of what was printed last.
  mutating func flushTrailingComments(before offset: UInt32) {
    while let comment = comments.next(before: offset, trailing: true) {
      append(trailing: comment.text, indent: 0)
    }
  }

  /// Writes the comments before an offset: beside the last line, or on lines of their own.
  mutating func flushComments(before offset: UInt32, indent: Int = 0, apart: Bool = false) {
    while let comment = comments.next(before: offset, trailing: nil) {
      if comment.isTrailing {
        append(trailing: comment.text, indent: indent)
      } else {
        lines.append(String(repeating: " ", count: indent) + comment.text)
        if apart, comment.hasBlankLineAfter { lines.append("") }
      }
    }
  }

  /// Writes a comment beside the last line; below it where that ends in a comment already.
  private mutating func append(trailing comment: String, indent: Int) {
    if let last = lines.last, !last.isEmpty, !last.contains("//") {
      lines[lines.count - 1] = last + "  " + comment
    } else {
      lines.append(String(repeating: " ", count: indent) + comment)
    }
  }
}

/// The comments of a schema file that are still to be printed.
struct SchemaComments {
  struct Comment {
    var text: String
    /// Whether it follows something on its line.
    var isTrailing: Bool
    var hasBlankLineAfter: Bool
  }

  private let source: SourceText?
  private let spans: [SourceSpan]
  private var nextIndex = 0

  init(_ source: SourceText?) {
    self.source = source
    spans = source.map(Lexer.comments(of:)) ?? []
  }

  func hasNext(before offset: UInt32) -> Bool {
    nextIndex < spans.count && spans[nextIndex].start < offset
  }

  mutating func skip(before offset: UInt32) {
    while hasNext(before: offset) { nextIndex += 1 }
  }

  /// Takes the next comment before an offset, only a trailing one if that is asked for.
  mutating func next(before offset: UInt32, trailing: Bool?) -> Comment? {
    guard let source, hasNext(before: offset) else { return nil }
    let span = spans[nextIndex]
    let start = Int(span.start)
    let lineStart = source.bytes[..<start].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let isTrailing = source.bytes[lineStart..<start].contains { $0 > UInt8(ascii: " ") }
    if trailing == true, !isTrailing { return nil }
    nextIndex += 1
    var text = source[span]
    while text.last?.isWhitespace == true { text.removeLast() }
    return Comment(
      text: text,
      isTrailing: isTrailing,
      hasBlankLineAfter: hasBlankLine(after: span.end)
    )
  }

  /// Whether the text before an offset, white space aside, ends on a line above.
  ///
  /// Properties that begin on a line of their own stay below each other, however few they are.
  func hasLineBreak(before offset: UInt32) -> Bool {
    guard let source else { return false }
    for byte in source.bytes[..<min(Int(offset), source.bytes.count)].reversed() {
      if byte == UInt8(ascii: "\n") { return true }
      if byte > UInt8(ascii: " ") { return false }
    }
    return false
  }

  /// Whether an empty line follows the line on which an offset stands.
  func hasBlankLine(after offset: UInt32) -> Bool {
    guard let source else { return false }
    let rest = source.bytes[min(Int(offset), source.bytes.count)...]
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return false }
    for byte in rest[(end + 1)...] {
      if byte == UInt8(ascii: "\n") { return true }
      if byte > UInt8(ascii: " ") { return false }
    }
    return false
  }
}

// MARK: Nodes, edges, events

extension SchemaFormatter {
  static func render(_ body: (inout SyntaxPrinter) -> Void) -> String {
    var printer = SyntaxPrinter()
    printer.spacesBraces = true
    body(&printer)
    return printer.text
  }

  static func render(_ expression: Expression) -> String { render { $0.print(expression) } }

  static func fits(_ line: String) -> Bool { displayWidth(of: line) <= columnCountMax }

  mutating func print(_ node: NodeDeclaration) {
    var head = "NODE " + Spelling.name(node.name.name)
    if !node.supertypes.isEmpty {
      head += " : " + node.supertypes.map { Spelling.name($0.name) }.joined(separator: ", ")
    }
    print(node.properties, after: head, end: node.span.end, onOneLine: true)
  }

  mutating func print(_ edge: EdgeDeclaration) {
    var head = "EDGE (\(Spelling.name(edge.source.name)))-[\(Spelling.name(edge.type.name))]->"
    head += "(\(Spelling.name(edge.target.name)))"
    if edge.hasValidity { head += " VALID" }
    switch edge.key {
    case .ends: break
    case .event: head += " KEY EVENT"
    case .properties(let names):
      head += " KEY " + names.map { Spelling.name($0.name) }.joined(separator: ", ")
    }
    print(edge.properties, after: head, end: edge.span.end, onOneLine: true)
  }

  mutating func print(_ event: EventDeclaration) {
    let head = "EVENT \(Spelling.dotted(event.type.name)) VERSION \(event.version)"
    guard !event.fields.isEmpty else {
      lines.append(head + " {}")
      return
    }
    print(event.fields, after: head, end: event.span.end, onOneLine: false)
  }

  private mutating func print(
    _ fields: [FieldDeclaration],
    after head: String,
    end: UInt32,
    onOneLine: Bool
  ) {
    guard !fields.isEmpty else {
      lines.append(head)
      return
    }
    let short = head + " { " + fields.map { Self.text(of: $0) }.joined(separator: ", ") + " }"
    let isSpread = comments.hasLineBreak(before: fields[0].name.span.start)
    if onOneLine, !isSpread, Self.fits(short), !comments.hasNext(before: end) {
      lines.append(short)
      return
    }
    lines.append(head + " {")
    print(fields, indent: 2)
    flushComments(before: end, indent: 2)
    lines.append("}")
  }

  /// Writes fields below each other, their types aligned.
  private mutating func print(_ fields: [FieldDeclaration], indent: Int) {
    let width = fields.map { displayWidth(of: Spelling.name($0.name.name)) }.max() ?? 0
    for (index, field) in fields.enumerated() {
      flushComments(before: field.name.span.start, indent: indent)
      let name = Spelling.name(field.name.name)
      let padding = String(repeating: " ", count: width - displayWidth(of: name) + 1)
      let comma = index < fields.count - 1 ? "," : ""
      let start = String(repeating: " ", count: indent) + name + padding
      let short = start + Self.text(of: field.type) + Self.ending(of: field) + comma
      let (prefix, inner, suffix) = Self.unfolded(field.type)
      if Self.fits(short) || inner.isEmpty {
        lines.append(short)
      } else {
        lines.append(start + prefix + "{")
        print(inner, indent: indent + 2)
        lines.append(
          String(repeating: " ", count: indent) + "}" + suffix + Self.ending(of: field) + comma
        )
      }
    }
  }

  /// The fields of a structure, also of one in a list, with what stands around its braces.
  private static func unfolded(_ type: TypeSyntax) -> (String, [FieldDeclaration], String) {
    switch type.kind {
    case .named: return ("", [], "")
    case .structure(let fields): return ("", fields, "")
    case .list(let element):
      let (prefix, fields, suffix) = unfolded(element)
      return ("LIST<" + prefix, fields, suffix + ">")
    }
  }

  static func text(of field: FieldDeclaration) -> String {
    Spelling.name(field.name.name) + " " + text(of: field.type) + ending(of: field)
  }

  private static func ending(of field: FieldDeclaration) -> String {
    (field.optional ? "?" : "") + (field.defaultValue.map { " = " + render($0) } ?? "")
  }

  private static func text(of type: TypeSyntax) -> String {
    switch type.kind {
    case .named(let name): Spelling.name(name)
    case .list(let element): "LIST<" + text(of: element) + ">"
    case .structure(let fields):
      fields.isEmpty ? "{}" : "{ " + fields.map { text(of: $0) }.joined(separator: ", ") + " }"
    }
  }
}
