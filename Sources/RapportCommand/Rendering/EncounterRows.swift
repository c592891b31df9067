import GraphModel
import Rapport

/// Encounters as rows, one for each pair.
enum EncounterRows {
  static func rows(_ encounters: [Encounter]) -> ListRows {
    var rows = ListRows(columns: [
      "date", "who", "who_roles", "whom", "whom_roles", "on_behalf_of", "about", "direct_exchange",
      "meeting", "meeting_id", "source",
    ])
    rows.rows = encounters.map { encounter in
      [
        .init(encounter.date?.description),
        .text(encounter.who.shownName), .list(encounter.who.roles),
        .text(encounter.whom.shownName), .list(encounter.whom.roles),
        .list(distinct(encounter.who.onBehalfOf + encounter.whom.onBehalfOf)),
        .list(encounter.topics), .list(encounter.exchanges), .init(encounter.title),
        .text(encounter.meetingID),
        .list(distinct(encounter.events.map(\.source))),
      ]
    }
    return rows
  }
}

/// Encounters for people: what is known of a meeting once, and then who met whom in it.
///
///     2022-07-21  การประชุมทวิภาคี  (meeting:1)
///       about   การกำกับดูแลกิจการโทรคมนาคม
///       who     Az-El-Arabe HASSIBI (head of delegation)
///       met     สรณ บุญใบชัยพฤกษ์ (opener)
///       source  file:press-release.txt (events 42, 45)
enum EncounterText {
  static func text(of encounters: [Encounter]) -> String {
    var text = ""
    var rest = encounters[...]
    while let first = rest.first {
      let meeting = rest.prefix { $0.meetingID == first.meetingID }
      rest = rest.dropFirst(meeting.count)
      text += describe(Array(meeting)) + "\n"
    }
    let meetingCount = Set(encounters.map(\.meetingID)).count
    let pairs = encounters.count == 1 ? "1 pair" : "\(encounters.count) pairs"
    let meetings = meetingCount == 1 ? "1 meeting" : "\(meetingCount) meetings"
    return encounters.isEmpty ? "nobody met\n" : text + "(\(pairs) in \(meetings))\n"
  }

  private static func describe(_ meeting: [Encounter]) -> String {
    guard let first = meeting.first else { return "" }
    var heading = first.date?.description ?? "date unknown"
    if let title = first.title { heading += "  " + title }
    var lines = [printable(heading + "  (\(first.meetingID))")]
    add("about", first.topics, to: &lines)
    addSides(of: meeting, to: &lines)
    let exchanges = meeting.flatMap { encounter in
      encounter.exchanges.map {
        "direct exchange: \(encounter.who.shownName) — \(encounter.whom.shownName): \($0)"
      }
    }
    add("item", exchanges, to: &lines)
    add("source", sources(meeting), to: &lines)
    return lines.joined(separator: "\n") + "\n"
  }

  /// Who met whom: two lists where all of one met all of the other, pairs otherwise.
  private static func addSides(of meeting: [Encounter], to lines: inout [String]) {
    let who = distinct(meeting.map { side($0.who) })
    let whom = distinct(meeting.map { side($0.whom) })
    let everybody = distinct(meeting.flatMap { [side($0.who), side($0.whom)] })
    let overlap = who.count { whom.contains($0) }
    if meeting.count == everybody.count * (everybody.count - 1) / 2, everybody.count > 2,
      overlap > 0
    {
      add("present", everybody, to: &lines)
    } else if meeting.count == who.count * whom.count - overlap {
      add("who", who, to: &lines)
      add("met", whom, to: &lines)
    } else {
      add("met", meeting.map { side($0.who) + " — " + side($0.whom) }, to: &lines)
    }
  }

  private static func add(_ title: String, _ texts: [String], to lines: inout [String]) {
    let titleWidth = 8
    for (index, text) in texts.enumerated() {
      let start = index == 0 ? title : ""
      let padding = String(repeating: " ", count: titleWidth - start.count)
      lines.append("  " + start + padding + printable(text))
    }
  }

  private static func side(_ side: Encounter.Side) -> String {
    var notes = side.roles
    if !side.onBehalfOf.isEmpty { notes.append("for " + side.onBehalfOf.joined(separator: ", ")) }
    return notes.isEmpty ? side.shownName : "\(side.shownName) (\(notes.joined(separator: ", ")))"
  }

  /// Each source once, with the positions of its events.
  private static func sources(_ meeting: [Encounter]) -> [String] {
    let events = meeting.flatMap(\.events)
    return distinct(events.map(\.source)).map { source in
      let positions = Set(events.filter { $0.source == source }.map(\.position)).sorted()
      let numbers = positions.map { String($0.rawValue) }.joined(separator: ", ")
      return "\(source) (\(positions.count == 1 ? "event" : "events") \(numbers))"
    }
  }
}

extension Encounter.Side {
  /// The name, or the id of one that has none.
  var shownName: String { name.isEmpty ? id : name }
}

/// The texts in their order, each once.
private func distinct(_ texts: [String]) -> [String] {
  var seen: Set<String> = []
  return texts.filter { seen.insert($0).inserted }
}
