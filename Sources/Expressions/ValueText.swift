public import GraphModel
import OrderedCollections

/// Values as text.
public enum ValueText {
  /// Writes a node, an edge or a path, which only the engine knows how to.
  public typealias EntityWriter = (Value, inout String) -> Void

  /// As a person reads it: strings bare at the top, quoted within lists and maps; dates bare.
  public static func display(_ value: Value, entity: EntityWriter? = nil) -> String {
    if case .string(let text) = value { return text }
    var output = ""
    write(value, style: .display, entity: entity, to: &output)
    return output
  }

  /// As the language writes it, so that it reads back as the same value: `{a: 1, b: 'x'}`,
  /// `date('2022-07-21')`, `edtf('2022-07')`.
  public static func literal(_ value: Value, entity: EntityWriter? = nil) -> String {
    var output = ""
    write(value, style: .literal, entity: entity, to: &output)
    return output
  }

  private enum Style {
    case display, literal
  }

  private static func write(
    _ value: Value,
    style: Style,
    entity: EntityWriter?,
    to output: inout String
  ) {
    func call(_ function: String, _ text: String) {
      output += style == .display ? text : "\(function)('\(text)')"
    }
    switch value {
    case .null: output += "null"
    case .boolean(let truth): output += truth ? "true" : "false"
    case .integer(let integer): output += String(integer)
    case .float(let float): writeFloat(float, style: style, to: &output)
    case .string(let text): quote(text, to: &output)
    case .date(let date): call(date.precision == .day ? "date" : "edtf", date.description)
    case .dateTime(let moment): call("datetime", TemporalText.dateTime(moment))
    case .localDateTime(let local): call("localdatetime", TemporalText.localDateTime(local))
    case .time(let time): call("time", TemporalText.time(time))
    case .localTime(let time): call("localtime", TemporalText.time(time.nanoseconds))
    case .duration(let amount): call("duration", TemporalText.duration(amount))
    case .list(let elements):
      output += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { output += ", " }
        write(element, style: style, entity: entity, to: &output)
      }
      output += "]"
    case .map(let map):
      output += "{"
      for (index, entry) in map.elements.enumerated() {
        if index > 0 { output += ", " }
        output += name(entry.key) + ": "
        write(entry.value, style: style, entity: entity, to: &output)
      }
      output += "}"
    case .node(let node):
      if let entity { entity(value, &output) } else { output += "(#\(node.rawValue))" }
    case .edge(let edge):
      if let entity {
        entity(value, &output)
      } else {
        output += "[#\(edge.type)/\(edge.number)]"
      }
    case .path(let path):
      if let entity { entity(value, &output) } else { writePath(path, to: &output) }
    case .derivedEdge(let edge):
      if let entity { entity(value, &output) } else { output += "[:\(name(edge.type))]" }
    }
  }

  private static func writeFloat(_ float: Double, style: Style, to output: inout String) {
    if style == .literal, !float.isFinite {
      // The language has no literals for these.
      output += float.isNaN ? "(0.0 / 0.0)" : float < 0 ? "(-1.0 / 0.0)" : "(1.0 / 0.0)"
    } else {
      output += NumberText.float(float)
    }
  }

  private static func writePath(_ path: Path, to output: inout String) {
    output += "<"
    for (index, node) in path.nodes.enumerated() {
      output += "(#\(node.rawValue))"
      if index < path.edges.count {
        output += "-[#\(path.edges[index].type)/\(path.edges[index].number)]-"
      }
    }
    output += ">"
  }

  /// A string in single quotes, with the escapes that it needs.
  public static func quoted(_ text: String) -> String {
    var output = ""
    quote(text, to: &output)
    return output
  }

  private static func quote(_ text: String, to output: inout String) {
    output += "'"
    for scalar in text.unicodeScalars {
      switch scalar {
      case "'": output += "\\'"
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case "\u{8}": output += "\\b"
      case "\u{C}": output += "\\f"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "'"
  }

  /// A name, in backticks where it is no plain identifier.
  public static func name(_ text: String) -> String {
    let isPlain = text.unicodeScalars.enumerated().allSatisfy { index, scalar in
      scalar == "_" || scalar.properties.isAlphabetic
        || (index > 0 && scalar.properties.generalCategory == .decimalNumber)
    }
    if isPlain, !text.isEmpty { return text }
    var output = "`"
    for scalar in text.unicodeScalars {
      output.unicodeScalars.append(scalar)
      if scalar == "`" { output += "`" }
    }
    return output + "`"
  }
}
