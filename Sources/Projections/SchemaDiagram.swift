import Language

/// A schema's graph as a picture: for `rapport schema show`.
public enum SchemaDiagram {
  /// In the language of Graphviz: `dot -Tsvg`.
  public static func graphviz(_ schema: Schema) -> String {
    var lines = [
      "digraph \(dotQuoted(schema.name)) {",
      "  rankdir=LR;",
      "  node [shape=record, fontname=\"Helvetica\", fontsize=11];",
      "  edge [fontname=\"Helvetica\", fontsize=10];",
    ]
    for label in schema.labels {
      guard let type = schema.nodeType(named: label) else {
        lines.append("  \(dotQuoted(label)) [label=\(dotQuoted(label)), style=dashed];")
        continue
      }
      let properties = ["id"] + type.ownProperties.map { "\($0.name) \($0.type)" }
      let shown = type.supertypes.isEmpty ? properties : Array(properties.dropFirst())
      let text = shown.map { recordEscaped($0) + "\\l" }.joined()
      lines.append(
        "  \(dotQuoted(label)) [label=\"{\(recordEscaped(label))|\(text)}\"];"
      )
    }
    for type in schema.nodeTypes {
      for supertype in type.supertypes {
        lines.append(
          "  \(dotQuoted(type.name)) -> \(dotQuoted(supertype)) [arrowhead=empty, color=gray];"
        )
      }
    }
    for arrow in arrows(schema) {
      let style = arrow.isDerived ? ", style=dashed" : ""
      let direction = arrow.isDirected ? "" : ", dir=none"
      lines.append(
        "  \(dotQuoted(arrow.source)) -> \(dotQuoted(arrow.target))"
          + " [label=\(dotQuoted(arrow.text))\(style)\(direction)];"
      )
    }
    return lines.joined(separator: "\n") + "\n}\n"
  }

  /// In the language of Mermaid, which code hosts show in Markdown.
  public static func mermaid(_ schema: Schema) -> String {
    var lines = ["classDiagram", "  direction LR"]
    for label in schema.labels {
      let name = mermaidName(label)
      guard let type = schema.nodeType(named: label) else {
        lines.append("  class \(name) {\n    <<label>>\n  }")
        continue
      }
      var members = type.ownProperties.map { "    \(mermaidType("\($0.type)")) \($0.name)" }
      if type.supertypes.isEmpty { members.insert("    ID id", at: 0) }
      lines.append(
        members.isEmpty
          ? "  class \(name)" : "  class \(name) {\n\(members.joined(separator: "\n"))\n  }"
      )
    }
    for type in schema.nodeTypes {
      for supertype in type.supertypes {
        lines.append("  \(mermaidName(supertype)) <|-- \(mermaidName(type.name))")
      }
    }
    for arrow in arrows(schema) {
      let line = arrow.isDerived ? ".." : "--"
      let text = arrow.text.replacing("\n", with: " ").replacing(":", with: " ")
      lines.append(
        "  \(mermaidName(arrow.source)) \(line)\(arrow.isDirected ? ">" : "")"
          + " \(mermaidName(arrow.target)) : \(text)"
      )
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private struct Arrow: Hashable {
    var source: String
    var target: String
    var text: String
    var isDirected: Bool
    var isDerived: Bool
  }

  private static func arrows(_ schema: Schema) -> [Arrow] {
    var arrows: [Arrow] = []
    for type in schema.edgeTypes {
      for ends in type.ends {
        arrows.append(
          Arrow(
            source: ends.source,
            target: ends.target,
            text: text(of: type),
            isDirected: true,
            isDerived: false
          )
        )
      }
    }
    for type in schema.derivedEdgeTypes {
      for declaration in type.declarations {
        guard case .label(let source)? = declaration.source.labels?.kind,
          case .label(let target)? = declaration.target.labels?.kind
        else { continue }
        let arrow = Arrow(
          source: source,
          target: target,
          text: type.name + braced(type.properties),
          isDirected: type.isDirected,
          isDerived: true
        )
        if !arrows.contains(arrow) { arrows.append(arrow) }
      }
    }
    return arrows
  }

  private static func text(of type: EdgeType) -> String {
    let validity = type.hasValidity ? " VALID" : ""
    return type.name + validity + braced(type.properties.map(\.name))
  }

  private static func braced(_ names: [String]) -> String {
    names.isEmpty ? "" : "\n" + names.joined(separator: ", ")
  }

  private static func dotQuoted(_ text: String) -> String {
    var result = "\""
    for character in text {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      default: result.append(character)
      }
    }
    return result + "\""
  }

  /// Text within a record-shaped node, where braces, bars and angles divide.
  private static func recordEscaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if "{}|<>\"\\ ".contains(character) { result += "\\" }
      result.append(character)
    }
    return result
  }

  /// A class name: what is no letter, digit or underscore would end it.
  private static func mermaidName(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || $0 == "_" || ("0"..."9").contains($0)
    }
    return isPlain ? text : "`\(text.replacing("`", with: "'"))`"
  }

  private static func mermaidType(_ text: String) -> String {
    text.replacing("<", with: "~").replacing(">", with: "~")
  }
}
