import Expressions
import Language
import Projections
import Queries
import SourceText

/// What the word before a cursor may become.
struct Completion {
  var labels: [String] = []
  var edgeTypes: [String] = []
  var properties: [String] = []
  var parameters: [String] = []

  init() {}

  /// The names of a schema.
  init(_ schema: Schema) {
    labels = schema.labels
    edgeTypes = schema.edgeTypes.map(\.name) + schema.document.derivations.map(\.type.name)
    properties = schema.propertyNames
  }

  static let functions: [String] =
    (FunctionLibrary.names + FunctionLibrary.aggregates.map(\.name) + GraphFunctions.names).sorted()

  struct Result: Equatable {
    /// The part of the word that is typed already, which a candidate replaces.
    var prefix: String
    var candidates: [String]
  }

  /// Completes a text up to its end: the query so far, and the line up to the cursor.
  func complete(_ text: String) -> Result {
    if text.first == ":" { return completeCommand(text) }
    let prefix = String(
      text.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" }.reversed()
    )
    let before = SourceText(name: "text", text: String(text.dropLast(prefix.count)))
    let tokens = Lexer.tokens(of: before).dropLast()
    let open: Set<Token.Kind> = [.unterminatedString, .unterminatedName, .unterminatedComment]
    if let last = tokens.last, open.contains(last.kind) {
      return Result(prefix: prefix, candidates: [])
    }
    if before.bytes.last == UInt8(ascii: "$") { return result(prefix, parameters) }
    switch Place(tokens, before) {
    case .label: return result(prefix, labels)
    case .edgeType: return result(prefix, edgeTypes)
    case .property: return result(prefix, properties)
    case .expression:
      if prefix.isEmpty { return Result(prefix: "", candidates: []) }
      return result(
        prefix,
        Token.Kind.queryKeywords + Self.variables(tokens, before)
          + Self.functions.map { $0 + "(" }
      )
    }
  }

  private func result(_ prefix: String, _ names: [String]) -> Result {
    let matching = names.filter { $0.lowercased().hasPrefix(prefix.lowercased()) }
    return Result(prefix: prefix, candidates: Set(matching).sorted())
  }

  private func completeCommand(_ text: String) -> Result {
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let word = words.last ?? ""
    switch (words.count, words[0]) {
    case (1, _): return result(word, ShellCommandName.allCases.map { ":" + $0.rawValue })
    case (2, ":format"): return result(word, ResultFormat.allCases.map(\.rawValue))
    case (2, ":time"): return result(word, ["on", "off"])
    default: return Result(prefix: word, candidates: [])
    }
  }

  /// The names that the query gives to something so far.
  private static func variables(_ tokens: ArraySlice<Token>, _ source: SourceText) -> [String] {
    var names: [String] = []
    for (index, token) in zip(tokens.indices, tokens) where token.kind == .identifier {
      let former = index > tokens.startIndex ? tokens[index - 1].kind : .endOfText
      let next = index + 1 < tokens.endIndex ? tokens[index + 1].kind : .endOfText
      if [.dot, .colon, .bar, .ampersand].contains(former) || next == .leftParenthesis { continue }
      names.append(source[token.span])
    }
    return names
  }

  /// What may stand behind some tokens.
  private enum Place {
    case label, edgeType, property, expression

    init(_ tokens: ArraySlice<Token>, _ source: SourceText) {
      self = .expression
      guard let last = tokens.last else { return }
      let open = Self.openBracket(tokens)
      switch last.kind {
      case .dot: self = .property
      case .labeled: self = .label
      case .colon, .bar, .ampersand, .exclamation:
        if open == .edge { self = .edgeType }
        if open == .node || (open == nil && last.kind == .colon) { self = .label }
      case .leftBrace, .comma: if open == .properties { self = .property }
      default: break
      }
    }

    private enum Bracket {
      case node, edge, properties, other
    }

    /// The innermost bracket that is open.
    private static func openBracket(_ tokens: ArraySlice<Token>) -> Bracket? {
      var open: [Bracket] = []
      var former = Token.Kind.endOfText
      for token in tokens {
        switch token.kind {
        case .leftParenthesis: open.append(former == .identifier ? .other : .node)
        case .leftBracket:
          open.append([.minus, .less].contains(former) ? .edge : .other)
        case .leftBrace:
          open.append(open.last == .node || open.last == .edge ? .properties : .other)
        case .rightParenthesis, .rightBracket, .rightBrace: _ = open.popLast()
        default: break
        }
        former = token.kind
      }
      return open.last
    }
  }
}
