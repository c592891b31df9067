public import SourceText

/// Queries behind one another in one text, each ended by a semicolon.
public enum Statements {
  /// Where the first statement of a text ends: behind its semicolon; `nil` where none is there yet.
  ///
  /// A semicolon within a string, a name or a comment ends nothing.
  public static func endOfFirst(in source: SourceText) -> Int? {
    var lexer = Lexer(source)
    let bytes = source.bytes.span
    while true {
      let token = lexer.next(in: bytes)
      switch token.kind {
      case .semicolon: return Int(token.span.end)
      case .endOfText: return nil
      default: continue
      }
    }
  }

  /// Whether a text holds nothing but space and comments.
  public static func isEmpty(_ source: SourceText) -> Bool {
    var lexer = Lexer(source)
    return lexer.next(in: source.bytes.span).kind == .endOfText
  }
}

extension Token.Kind {
  /// The words that mean something in a query, in their canonical spelling, sorted.
  public static let queryKeywords: [String] = {
    let schemaWords: Set<Token.Kind> = [
      .derive, .edge, .event, .example, .from, .key, .node, .on, .schema, .then, .to, .upcast,
      .valid, .version,
    ]
    let writingWords: Set<Token.Kind> = [
      .create, .delete, .detach, .foreach, .insert, .load, .merge, .remove, .set, .yield, .why,
      .known,
    ]
    return Self.allCases.filter { !schemaWords.contains($0) && !writingWords.contains($0) }
      .compactMap(\.keyword) + ["THEN"]
  }()
}
