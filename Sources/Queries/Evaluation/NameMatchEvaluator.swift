import Expressions
import GraphModel
import GraphStorage
import SourceText

/// The folded form of a name, as `~` compares them.
typealias FoldedText = [UInt8]

/// `p.name ~ 'x'` and `similarity(p.name, 'x')`: over all forms of a TEXT property of a node.
///
/// Forms are folded once for a graph; the needle is prepared once for a query.
final class NameMatchEvaluator: Evaluator {
  private let text: Evaluator
  private let node: Evaluator?
  private let key: UInt16?
  private let needle: Evaluator
  private let asksSimilarity: Bool
  private var matcher: (code: UInt64, matcher: NameMatcher)?

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ text: Bound,
    _ needle: Bound,
    asksSimilarity: Bool = false,
    builder: EvaluatorBuilder
  ) {
    self.text = builder.make(text)
    self.needle = builder.make(needle)
    self.asksSimilarity = asksSimilarity
    if case .property(let base, let name) = text.kind {
      node = builder.make(base)
      key = context.view.graph.propertyKey(named: name)
    } else {
      node = nil
      key = nil
    }
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let needles = try needle.evaluate(chunk, rows)
    let nodes = try node?.evaluate(chunk, rows)
    let result = result(for: rows)
    let others = Selection(capacity: rows.count)
    for index in 0..<rows.count {
      let row = rows[index]
      guard needles.tag(row) == Tag.string else {
        result.setNull(row)
        continue
      }
      if let nodes, nodes.tag(row) == Tag.node,
        let codes = forms(Int(truncatingIfNeeded: nodes.word(row)))
      {
        store(codes.map(UInt64.init), matcher(for: needles.word(row)), in: result, at: row)
      } else {
        others.append(row)
      }
    }
    if others.count == 0 { return result }
    let texts = try text.evaluate(chunk, others.rows)
    for index in 0..<others.count {
      let row = others.rows[index]
      let matcher = matcher(for: needles.word(row))
      if texts.tag(row) == Tag.string {
        store([texts.word(row)], matcher, in: result, at: row)
      } else if context.elementCount(of: texts, row: row) != nil {
        let elements = Vector(capacity: 4)
        _ = context.appendElements(of: texts, row: row, to: elements)
        let codes = (0..<elements.count).filter { elements.tags[$0] == Tag.string }
          .map { elements.words[$0] }
        store(codes, matcher, in: result, at: row)
      } else {
        result.setNull(row)
      }
    }
    return result
  }

  /// The codes of all forms; `nil` where the property is no TEXT of that node.
  private func forms(_ node: Int) -> [UInt32]? {
    guard let key else { return nil }
    let table = context.view.tables[Int(context.view.nodeTables[node])]
    guard let number = table.columnOfKey[Int(key)], let texts = table.columns[number].texts else {
      return nil
    }
    let forms = texts.forms(ofRow: Int(context.view.nodeRows[node]))
    return forms.isEmpty ? nil : forms.map { texts.texts[$0] }
  }

  private func matcher(for code: UInt64) -> NameMatcher {
    if let matcher, matcher.code == code { return matcher.matcher }
    let made = NameMatcher(context.strings.string(code))
    matcher = (code, made)
    return made
  }

  private func store(
    _ codes: [UInt64],
    _ matcher: NameMatcher,
    in result: Vector,
    at row: Int
  ) {
    if !asksSimilarity {
      result.setBoolean(row, codes.contains { matcher.matches(folded: folded($0)) })
      return
    }
    var best = 0.0
    for code in codes {
      best = max(
        best,
        folded(code).withUnsafeBufferPointer { matcher.similarity(toFolded: $0) }
      )
    }
    result.set(row, Tag.float, best.bitPattern)
  }

  private func folded(_ code: UInt64) -> FoldedText {
    let make = {
      var bytes: [UInt8] = []
      TextFolding.fold(self.context.strings.string(code), appendingTo: &bytes)
      return bytes
    }
    return code < QueryStrings.localBase ? context.caches.folded(code, make: make) : make()
  }
}
