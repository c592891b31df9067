import GraphModel
import SourceText

/// A plan as lines: the last step first, what it draws from indented below it.
struct PlanText {
  let view: GraphView
  let source: SourceText

  func text(_ plan: Plan, profile: [ObjectIdentifier: PlanProfile]?) -> String {
    var lines: [(step: String, figures: String)] = []
    write(plan, depth: 0, profile, to: &lines)
    let width = min(90, lines.map(\.step.count).max() ?? 0)
    return lines.map { line in
      let padding = String(repeating: " ", count: max(2, width + 2 - line.step.count))
      return line.step + padding + line.figures
    }.joined(separator: "\n")
  }

  private func write(
    _ plan: Plan,
    depth: Int,
    _ profile: [ObjectIdentifier: PlanProfile]?,
    to lines: inout [(step: String, figures: String)]
  ) {
    switch plan.operation {
    case .single, .argument: return
    case .project(let assignments) where assignments.isEmpty:
      write(plan.inputs[0], depth: depth, profile, to: &lines)
      return
    default: break
    }
    var figures = "~\(rows(plan.estimate))"
    if let measured = profile?[ObjectIdentifier(plan)] {
      let microseconds =
        measured.time.components.seconds * 1_000_000
        + measured.time.components.attoseconds / 1_000_000_000_000
      figures += ", \(measured.rowCount) rows, \(microseconds) µs"
    } else if profile != nil {
      figures += ", not run"
    }
    lines.append((String(repeating: "  ", count: depth) + describe(plan), figures))
    for subquery in subqueries(plan) {
      lines.append((String(repeating: "  ", count: depth + 1) + "for each row, subquery:", ""))
      write(subquery.plan, depth: depth + 2, nil, to: &lines)
    }
    if case .apply = plan.operation {
      write(plan.inputs[1], depth: depth + 1, profile, to: &lines)
      write(plan.inputs[0], depth: depth, profile, to: &lines)
    } else {
      for input in plan.inputs {
        write(input, depth: plan.inputs.count > 1 ? depth + 1 : depth, profile, to: &lines)
      }
    }
  }

  private func rows(_ estimate: Double) -> String {
    guard estimate < 1e15 else { return "very many rows" }
    return "\(Int(estimate.rounded(.up))) rows"
  }

  private func subqueries(_ plan: Plan) -> [BoundSubquery] {
    let expressions: [Bound] =
      switch plan.operation {
      case .filter(let predicate): [predicate]
      case .project(let assignments): assignments.map(\.value)
      case .unwind(let list, _): [list]
      case .sort(let sorting): sorting.keys.map(\.value)
      case .aggregate(let aggregation):
        aggregation.keys.map(\.value) + aggregation.aggregates.flatMap(\.aggregate.arguments)
      default: []
      }
    return expressions.flatMap(subqueries)
  }

  private func subqueries(_ bound: Bound) -> [BoundSubquery] {
    switch bound.kind {
    case .exists(let query), .countRows(let query), .collect(let query): [query]
    default: bound.children.flatMap(subqueries)
    }
  }

  private func describe(_ plan: Plan) -> String {
    switch plan.operation {
    case .single, .argument: return ""
    case .scan(_, _, let text): return "scan nodes" + labels(text)
    case .seek(_, let id, _, let text): return "find node\(labels(text)) by id \(quote(id))"
    case .edgeSeek(let seek):
      return "find edges :\(seek.text) with \(seek.key) = \(quote(seek.value))"
    case .expand(let expansion):
      if expansion.countSlot != nil { return "count edges" + arrow(expansion) }
      return (expansion.into ? "join along" : "follow") + arrow(expansion)
    case .edgeEnds(let expansion): return "ends of edge" + arrow(expansion)
    case .walk(let walk):
      let verb = walk.expansion.into ? "walk between" : "walk"
      return
        "\(verb)\(arrow(walk.expansion)) \(walk.minimum)..\(walk.maximum.map(String.init) ?? "")"
    case .shortest(let shortest): return "shortest paths\(arrow(shortest.walk.expansion))"
    case .filter(let predicate):
      return "filter " + predicate.conjuncts.map(quote).joined(separator: " AND ")
    case .project(let assignments):
      return "compute " + assignments.map { quote($0.value) }.joined(separator: ", ")
    case .aggregate(let aggregation):
      let keys = aggregation.keys.map { quote($0.value) }.joined(separator: ", ")
      let values = aggregation.aggregates.map { source[$0.span] }.joined(separator: ", ")
      return "aggregate \(values)" + (keys.isEmpty ? "" : " by \(keys)")
    case .distinct: return "distinct rows"
    case .sort(let sorting):
      let keys = sorting.keys.map { quote($0.value) + ($0.descending ? " DESC" : "") }
      return (sorting.limit == nil ? "sort by " : "first rows by ") + keys.joined(separator: ", ")
    case .slice(let skip, let limit, _):
      return [skip.map { "skip \(quote($0))" }, limit.map { "limit \(quote($0))" }]
        .compactMap { $0 }.joined(separator: ", ")
    case .unwind(let list, _): return "unwind \(quote(list))"
    case .union: return "union of"
    case .apply(let application):
      return application.optional ? "optionally, for each row:" : "for each row:"
    }
  }

  /// The expression as it was written.
  private func quote(_ bound: Bound) -> String {
    if case .hasLabels(_, let labels) = bound.kind, bound.span == SourceSpan(0, 0) {
      return "is :\(labels.text)"
    }
    if bound.span == SourceSpan(0, 0) { return "edges differ" }
    let text = source[bound.span].split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return text.count > 60 ? String(text.prefix(57)) + "…" : text
  }

  private func labels(_ text: String) -> String { text.isEmpty ? "" : " :\(text)" }

  private func arrow(_ expansion: Expansion) -> String {
    let type = expansion.text.isEmpty ? "" : ":\(expansion.text)"
    let tested = expansion.labelSets == nil ? "" : ", testing labels"
    return switch expansion.direction {
    case .right: " -[\(type)]->\(tested)"
    case .left: " <-[\(type)]-\(tested)"
    case .either: " -[\(type)]-\(tested)"
    }
  }
}
