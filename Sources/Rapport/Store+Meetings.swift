import EventStorage
public import GraphModel
import GraphStorage
public import Queries

/// One meeting of two: who met whom, about what, when, on whose behalf, by which source.
public struct Encounter: Sendable {
  public struct Side: Sendable {
    public var id: String
    public var name: String
    public var roles: [String]
    /// Names of the organizations spoken for, by id where one has no name.
    public var onBehalfOf: [String]
  }

  public var who: Side
  public var whom: Side
  public var meetingID: String
  public var title: String?
  public var date: PartialDate?
  /// Names of the topics of the meeting and of its agenda items.
  public var topics: [String]
  /// The agenda items to which both contributed: there they dealt with each other.
  public var exchanges: [String]
  /// The events that say that both attended.
  public var events: [EventSummary]
}

extension Store {
  /// Who met whom about what.
  public func encounters(
    _ search: MeetingSearch,
    options: QueryOptions = QueryOptions()
  ) throws(StoreFailure) -> [Encounter] {
    let who = try ids(MeetingSearch.actorsQuery, name: search.who, options)
    let whom = try ids(MeetingSearch.actorsQuery, name: search.whom, options)
    let topics = try topics(search.about, options)
    let result = try query(
      search.query,
      name: "met",
      parameters: search.parameters(who: who, whom: whom, topics: topics),
      options: options
    ).result
    var summaries: [EventPosition: EventSummary] = [:]
    var encounters: [Encounter] = []
    for row in 0..<result.rowCount {
      encounters.append(try encounter(result, row: row, &summaries))
    }
    return encounters
  }

  private func ids(
    _ query: String,
    name: String?,
    _ options: QueryOptions
  ) throws(StoreFailure) -> [Value] {
    guard let name else { return [] }
    let parameters: [String: Value] = ["name": .string(name)]
    let result = try self.query(query, name: "met", parameters: parameters, options: options).result
    let rows = 0..<result.rowCount
    // Where some have the very words, those that only resemble them are not meant.
    let exact = rows.filter { row in
      guard case .list(let names) = result.value(row: row, column: 1) else { return false }
      return names.contains {
        if case .string(let text) = $0 { MeetingSearch.hasWords(text, of: name) } else { false }
      }
    }
    return (exact.isEmpty ? Array(rows) : exact).map { result.value(row: $0, column: 0) }
  }

  private func topics(_ name: String?, _ options: QueryOptions) throws(StoreFailure) -> [Value] {
    let roots = try ids(MeetingSearch.topicsQuery, name: name, options)
    guard !roots.isEmpty else { return [] }
    let result = try query(
      MeetingSearch.subtopicsQuery,
      name: "met",
      parameters: ["roots": .list(roots)],
      options: options
    ).result
    return (0..<result.rowCount).map { result.value(row: $0, column: 0) }
  }

  private func encounter(
    _ result: QueryResult,
    row: Int,
    _ summaries: inout [EventPosition: EventSummary]
  ) throws(StoreFailure) -> Encounter {
    func value(_ column: String) -> Value {
      guard let index = result.columns.firstIndex(of: column) else { return .null }
      return result.value(row: row, column: index)
    }
    func text(_ column: String) -> String? {
      if case .string(let text) = value(column) { text } else { nil }
    }
    func list(_ column: String) -> [Value] {
      if case .list(let values) = value(column) { values } else { [] }
    }
    func texts(_ column: String) -> [String] {
      list(column).compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
    func side(_ prefix: String, roles: String, behalf: String) -> Encounter.Side {
      Encounter.Side(
        id: text(prefix + "ID") ?? "",
        name: text(prefix) ?? "",
        roles: texts(roles),
        onBehalfOf: texts(behalf).map { name(ofID: $0, in: result.graph) }
      )
    }
    var events: [EventSummary] = []
    for edge in list("aEdges") + list("bEdges") {
      guard case .edge(let edge) = edge else { continue }
      let table = result.graph.contents.edgeTypes[Int(edge.type)]
      let position = EventPosition(table.positions[Int(edge.number)])
      if !events.contains(where: { $0.position == position }),
        let summary = try summary(at: position, &summaries)
      {
        events.append(summary)
      }
    }
    var date: PartialDate?
    if case .date(let found) = value("date") { date = found }
    return Encounter(
      who: side("who", roles: "aRoles", behalf: "aFor"),
      whom: side("whom", roles: "bRoles", behalf: "bFor"),
      meetingID: text("meetingID") ?? "",
      title: text("title"),
      date: date,
      topics: distinct(texts("topics") + texts("itemTopics")),
      exchanges: distinct(texts("exchanges")),
      events: events
    )
  }

  /// The texts in the order of their first appearance.
  private func distinct(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }

  private func name(ofID id: String, in graph: Graph) -> String {
    guard let node = graph.nodes(withID: id).first, let key = graph.propertyKey(named: "name"),
      case .string(let name) = graph.property(key, of: node)
    else { return id }
    return name
  }

  private func summary(
    at position: EventPosition,
    _ summaries: inout [EventPosition: EventSummary]
  ) throws(StoreFailure) -> EventSummary? {
    if let known = summaries[position] { return known }
    do throws(StoreError) {
      let summary = try log.event(at: position).map { EventSummary($0) }
      summaries[position] = summary
      return summary
    } catch {
      throw StoreFailure(error)
    }
  }
}
