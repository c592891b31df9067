import Projections

/// The longest text that is shown beside the name of what it was changed to or from.
private let shownTextCountMax = 60

/// The changes for people, a line each, with the class at the right.
///
///     + node Topic                          [additive]
///     ~ event meeting.held VERSION 1 -> 2   [recompute]
///
/// Under a change of several lines stand the lines that are different.
func schemaDifferenceLines(_ difference: SchemaDifference) -> [String] {
  let heads = aligned(
    difference.changes.map { change in
      [headLine(of: change), "[\(change.classification.rawValue)]"]
    }
  )
  return zip(heads, difference.changes).flatMap { head, change in
    [head] + differentLines(of: change).map { "    " + printable($0) }
  }
}

private func headLine(of change: SchemaDifference.Change) -> String {
  var line: String
  switch change.kind {
  case .added: line = "+ " + change.name
  case .removed: line = "- " + change.name
  case .changed: line = "~ " + change.name
  }
  switch (change.before, change.after) {
  case (let before?, let after?) where isShown(before) && isShown(after):
    line += " \(before) -> \(after)"
  case (let text?, nil), (nil, let text?):
    // The whole declaration of what is new or gone is in the files.
    let isRepeated = change.part.map { $0.hasSuffix(text) } ?? true
    if !isRepeated, isShown(text) { line += " \(text)" }
  default: break
  }
  if let note = change.note { line += " (\(note))" }
  return line
}

private func isShown(_ text: String) -> Bool {
  text.count <= shownTextCountMax && !text.contains("\n")
}

private func differentLines(of change: SchemaDifference.Change) -> [String] {
  guard let before = change.before, let after = change.after, !isShown(before) || !isShown(after)
  else { return [] }
  let old = before.split(separator: "\n").map(String.init)
  let new = after.split(separator: "\n").map(String.init)
  let difference = new.difference(from: old)
  var gone: Set<Int> = []
  var come: Set<Int> = []
  for step in difference {
    switch step {
    case .remove(let offset, _, _): gone.insert(offset)
    case .insert(let offset, _, _): come.insert(offset)
    }
  }
  var lines: [String] = []
  var (oldIndex, newIndex) = (0, 0)
  while oldIndex < old.count || newIndex < new.count {
    if gone.contains(oldIndex) {
      lines.append("- " + old[oldIndex])
      oldIndex += 1
    } else if come.contains(newIndex) {
      lines.append("+ " + new[newIndex])
      newIndex += 1
    } else {
      oldIndex += 1
      newIndex += 1
    }
  }
  return lines
}

/// The changes as one JSON object, with how many there are of each class.
func schemaDifferenceJSON(_ difference: SchemaDifference) -> String {
  let changes = difference.changes.map { change in
    jsonObject([
      ("change", jsonQuoted(change.kind.rawValue)),
      ("subject", jsonQuoted(change.subject.rawValue)),
      ("type", jsonQuoted(change.type)),
      ("part", change.part.map(jsonQuoted)),
      ("before", change.before.map(jsonQuoted)),
      ("after", change.after.map(jsonQuoted)),
      ("classification", jsonQuoted(change.classification.rawValue)),
      ("note", change.note.map(jsonQuoted)),
    ])
  }
  let counts = SchemaDifference.Classification.allCases.map { classification in
    let count = difference.changes.count { $0.classification == classification }
    return (classification.rawValue, Optional("\(count)"))
  }
  return jsonObject([("changes", jsonArray(changes))] + counts)
}

/// A JSON object of members that are JSON already; those without a value are left out.
func jsonObject(_ members: [(name: String, json: String?)]) -> String {
  let written = members.compactMap { name, json in json.map { jsonQuoted(name) + ":" + $0 } }
  return "{" + written.joined(separator: ",") + "}"
}

/// A JSON array with an element a line.
func jsonArray(_ elements: [String]) -> String {
  elements.isEmpty ? "[]" : "[\n  " + elements.joined(separator: ",\n  ") + "\n]"
}
