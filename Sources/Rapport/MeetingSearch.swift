import Expressions
public import GraphModel

/// Who met whom about what: what `rapport met` asks.
///
/// Names are matched forgivingly, in any language that the log has for them. A
/// name of an organization also finds the people who attended on its behalf, and
/// those who held a post there at the time.
public struct MeetingSearch: Sendable {
  public var who: String?
  public var whom: String?
  /// A topic, with all topics under it, or words of a meeting's title.
  public var about: String?
  /// The first day, inclusive.
  public var from: PartialDate?
  /// The last day, inclusive.
  public var to: PartialDate?
  /// The id of a meeting.
  public var meeting: String?
  public var limit: Int?

  public init() {}
}

extension MeetingSearch {
  /// Finds the people and organizations that a name may mean: their ids and names.
  static let actorsQuery = "MATCH (n:Actor) WHERE n.name ~ $name RETURN n.id, names(n)"

  /// Finds the topics that a name may mean: their ids and names.
  static let topicsQuery = "MATCH (t:Topic) WHERE t.name ~ $name RETURN t.id, names(t)"

  /// Finds topics with all that are under them: their ids.
  static let subtopicsQuery = """
    MATCH (root:Topic)<-[:PART_OF*0..]-(topic:Topic) WHERE root.id IN $roots
    RETURN DISTINCT topic.id
    """

  /// Whether a name has the words of another, whole and in their order: `British Steel` of
  /// `British Steel Pension Trust`, and not of `British Constructional Steelwork`.
  static func hasWords(_ name: String, of searched: String) -> Bool {
    let name = " " + TextFolding.folded(name) + " "
    let words = " " + TextFolding.folded(searched) + " "
    return words.count > 2 && name.contains(words)
  }

  /// The query of the pairs, over the parameters that ``parameters(who:whom:topics:)`` makes.
  var query: String {
    var conditions = ["a <> b"]
    if who != nil { conditions.append(Self.condition("a", "x", among: "$who")) }
    if whom != nil { conditions.append(Self.condition("b", "y", among: "$whom")) }
    if who == nil && whom == nil { conditions.append("a.id < b.id") }
    if from != nil { conditions.append("coalesce(m.date >= $from, true)") }
    if to != nil { conditions.append("coalesce(m.date <= $to, true)") }
    if meeting != nil { conditions.append("m.id = $meeting") }
    if about != nil {
      conditions.append(
        """
        (EXISTS { (m)-[:ABOUT]->(t:Topic) WHERE t.id IN $topics }
          OR EXISTS { (m)-[:HAS_ITEM]->(:AgendaItem)-[:ABOUT]->(t:Topic) WHERE t.id IN $topics }
          OR m.title ~ $about)
        """
      )
    }
    return """
      MATCH (a:Actor)-[x:ATTENDED]->(m:Meeting)<-[y:ATTENDED]-(b:Actor)
      WHERE \(conditions.joined(separator: "\n  AND "))
      WITH a, b, m, collect(DISTINCT x.role) AS aRoles, collect(DISTINCT y.role) AS bRoles,
        collect(DISTINCT x.on_behalf_of) AS aFor, collect(DISTINCT y.on_behalf_of) AS bFor,
        collect(DISTINCT x) AS aEdges, collect(DISTINCT y) AS bEdges
      RETURN a.id AS whoID, coalesce(a.name, a.id) AS who, aRoles, aFor,
        b.id AS whomID, coalesce(b.name, b.id) AS whom, bRoles, bFor,
        m.id AS meetingID, m.date AS date, m.title AS title,
        [(m)-[:ABOUT]->(t:Topic) | coalesce(t.name, t.id)] AS topics,
        [(m)-[:HAS_ITEM]->(:AgendaItem)-[:ABOUT]->(t:Topic) | coalesce(t.name, t.id)] AS itemTopics,
        [(a)-[:CONTRIBUTED]->(i:AgendaItem)<-[:CONTRIBUTED]-(b)
          WHERE EXISTS { (m)-[:HAS_ITEM]->(i) } | coalesce(i.title, i.id)] AS exchanges,
        aEdges, bEdges
      ORDER BY date, meetingID, whoID, whomID\(limit.map { "\nLIMIT \($0)" } ?? "")
      """
  }

  /// One side is among the ids, attended on behalf of one, or held a post there that day.
  private static func condition(_ actor: String, _ edge: String, among ids: String) -> String {
    """
    (\(actor).id IN \(ids) OR \(edge).on_behalf_of IN \(ids)
        OR EXISTS { (\(actor))-[post:WORKS_FOR]->(o:Organization)
          WHERE o.id IN \(ids) AND coalesce(validity(post).from <= m.date, true)
            AND coalesce(m.date < validity(post).to, true) })
    """
  }

  func parameters(who: [Value], whom: [Value], topics: [Value]) -> [String: Value] {
    var parameters: [String: Value] = [
      "who": .list(who), "whom": .list(whom), "topics": .list(topics),
    ]
    parameters["from"] = from.map { .date($0) }
    parameters["to"] = to.map { .date($0) }
    parameters["meeting"] = meeting.map { .string($0) }
    parameters["about"] = about.map { .string($0) }
    return parameters
  }
}
