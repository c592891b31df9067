import Expressions
public import GraphModel
public import GraphStorage
import OrderedCollections
import Queries

/// Values of scenarios, brought to one spelling so that they can be compared.
public struct CanonicalValues {
  let graph: Graph
  let ignoresListOrder: Bool

  public init(graph: Graph, ignoresListOrder: Bool) {
    self.graph = graph
    self.ignoresListOrder = ignoresListOrder
  }

  public func text(_ value: Value) -> String {
    switch value {
    case .null: return "null"
    case .boolean(let flag): return flag ? "true" : "false"
    case .integer(let number): return String(number)
    case .float(let number): return Self.float(number)
    case .string(let text): return Self.quoted(text)
    case .date, .dateTime, .localDateTime, .time, .localTime, .duration:
      return Self.quoted(ValueText.display(value))
    case .list(let elements): return list(elements.map(text))
    case .map(let map): return Self.map(map.map { ($0.key, text($0.value)) })
    case .node(let node):
      return Self.entity("(", ")", graph.labels(of: node), properties(graph.properties(of: node)))
    case .edge(let edge):
      return Self.entity(
        "[",
        "]",
        [graph.contents.edgeTypes[Int(edge.type)].type],
        properties(graph.properties(of: edge))
      )
    case .path(let path):
      var text = "<"
      for (index, node) in path.nodes.enumerated() {
        text += self.text(.node(node))
        guard index < path.edges.count else { continue }
        let isForwards = graph.source(of: path.edges[index]) == node
        let edge = self.text(.edge(path.edges[index]))
        text += isForwards ? "-\(edge)->" : "<-\(edge)-"
      }
      return text + ">"
    case .derivedEdge(let edge): return "[:\(edge.type)]"
    }
  }

  private func list(_ elements: [String]) -> String {
    "[" + (ignoresListOrder ? elements.sorted() : elements).joined(separator: ", ") + "]"
  }

  private func properties(_ found: [(key: UInt16, value: Value)]) -> [(String, String)] {
    found.map { (graph.contents.propertyKeys[Int($0.key)], text($0.value)) }
  }

  static func float(_ number: Double) -> String { number.isNaN ? "NaN" : "\(number)" }

  static func quoted(_ text: String) -> String { "'\(text)'" }

  static func map(_ entries: [(String, String)]) -> String {
    let sorted = entries.sorted { $0.0 < $1.0 }
    return "{" + sorted.map { "\($0.0): \($0.1)" }.joined(separator: ", ") + "}"
  }

  static func entity(
    _ open: String,
    _ close: String,
    _ labels: [String],
    _ properties: [(String, String)]
  ) -> String {
    let labels = labels.sorted().map { ":\($0)" }.joined()
    return open + labels + (properties.isEmpty ? "" : map(properties)) + close
  }
}

/// Reads the cells of expected rows into the same spelling.
struct CellReader {
  private let scalars: [Character]
  private var index = 0
  private let ignoresListOrder: Bool

  init(_ text: String, ignoresListOrder: Bool) {
    scalars = Array(text)
    self.ignoresListOrder = ignoresListOrder
  }

  static func canonical(_ text: String, ignoresListOrder: Bool) -> String {
    var reader = CellReader(text, ignoresListOrder: ignoresListOrder)
    return reader.value()
  }

  private mutating func skipSpaces() {
    while index < scalars.count, scalars[index].isWhitespace { index += 1 }
  }

  private func at(_ text: String) -> Bool {
    let characters = Array(text)
    return index + characters.count <= scalars.count
      && Array(scalars[index..<(index + characters.count)]) == characters
  }

  private mutating func accept(_ text: String) -> Bool {
    skipSpaces()
    guard at(text) else { return false }
    index += text.count
    return true
  }

  private mutating func word() -> String {
    skipSpaces()
    if accept("`") {
      var name = ""
      while !at("`") {
        name.append(scalars[index])
        index += 1
      }
      index += 1
      return name
    }
    var name = ""
    while index < scalars.count, scalars[index].isLetter || scalars[index].isNumber || at("_") {
      name.append(scalars[index])
      index += 1
    }
    return name
  }

  private mutating func value() -> String {
    skipSpaces()
    if accept("[") {
      if at(":") { return entity("[", "]") }
      var elements: [String] = []
      while !accept("]") {
        elements.append(value())
        _ = accept(",")
      }
      return "[" + (ignoresListOrder ? elements.sorted() : elements).joined(separator: ", ") + "]"
    }
    if accept("(") { return entity("(", ")") }
    if at("{") { return CanonicalValues.map(map()) }
    if accept("<") { return path() }
    if accept("'") { return string() }
    var text = ""
    while index < scalars.count, !",]}) ".contains(scalars[index]) {
      text.append(scalars[index])
      index += 1
    }
    if ["null", "true", "false", "NaN"].contains(text) { return text }
    if let number = Int64(text) { return String(number) }
    if let number = Double(text) { return CanonicalValues.float(number) }
    return text == "Inf" ? "inf" : text == "-Inf" ? "-inf" : "unreadable: \(text)"
  }

  private mutating func string() -> String {
    let escapes: [Character: Character] = ["n": "\n", "t": "\t", "r": "\r", "b": "\u{8}"]
    var text = ""
    while index < scalars.count, scalars[index] != "'" {
      if scalars[index] == "\\" {
        index += 1
        text.append(escapes[scalars[index]] ?? scalars[index])
      } else {
        text.append(scalars[index])
      }
      index += 1
    }
    index += 1
    return CanonicalValues.quoted(text)
  }

  private mutating func map() -> [(String, String)] {
    _ = accept("{")
    var entries: [(String, String)] = []
    while !accept("}") {
      let key = word()
      _ = accept(":")
      entries.append((key, value()))
      _ = accept(",")
    }
    return entries
  }

  private mutating func entity(_ open: String, _ close: String) -> String {
    var labels: [String] = []
    while accept(":") { labels.append(word()) }
    skipSpaces()
    let properties = at("{") ? map() : []
    _ = accept(close)
    return CanonicalValues.entity(open, close, labels, properties)
  }

  private mutating func path() -> String {
    var text = "<"
    while !accept(">") {
      skipSpaces()
      if accept("(") {
        text += entity("(", ")")
      } else if accept("<-[") {
        text += "<-" + entity("[", "]")
        _ = accept("-")
        text += "-"
      } else if accept("-[") {
        text += "-" + entity("[", "]")
        _ = accept("->")
        text += "->"
      } else {
        return "unreadable path"
      }
    }
    return text + ">"
  }
}
