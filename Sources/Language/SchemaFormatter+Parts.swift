extension SchemaFormatter {
  /// The canonical text of a node type, without a line break at the end.
  public static func text(of node: NodeDeclaration) -> String { text { $0.print(node) } }

  /// The canonical text of an edge type.
  public static func text(of edge: EdgeDeclaration) -> String { text { $0.print(edge) } }

  /// The canonical text of a derivation.
  public static func text(of derivation: DeriveDeclaration) -> String {
    text { $0.print(derivation) }
  }

  /// The canonical text of an event's declaration.
  public static func text(of event: EventDeclaration) -> String { text { $0.print(event) } }

  /// The canonical text of an upcast step.
  public static func text(of upcast: UpcastDeclaration) -> String { text { $0.print(upcast) } }

  /// The canonical text of a rule.
  public static func text(of rule: RuleDeclaration) -> String { text { $0.print(rule) } }

  private static func text(_ body: (inout SchemaFormatter) -> Void) -> String {
    var formatter = SchemaFormatter(SchemaComments(nil))
    body(&formatter)
    return formatter.lines.joined(separator: "\n")
  }
}
