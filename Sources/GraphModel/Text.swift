/// One form of a name: what is written, in which language, and what kind of name it is.
public struct TextForm: Hashable, Sendable {
  /// What a form of a name is, seen from its source.
  public enum Kind: UInt8, Hashable, CaseIterable, Sendable {
    case name, acronym, variant, transliteration, translation, former, asStated, label

    /// The spelling in events.
    public var spelling: String {
      switch self {
      case .name: "name"
      case .acronym: "acronym"
      case .variant: "variant"
      case .transliteration: "transliteration"
      case .translation: "translation"
      case .former: "former"
      case .asStated: "as stated"
      case .label: "label"
      }
    }

    public init?(spelling: some StringProtocol) {
      guard
        let kind = Self.allCases.first(where: {
          $0.spelling == spelling || (spelling == "as-stated" && $0 == .asStated)
        })
      else { return nil }
      self = kind
    }
  }

  public var text: String
  /// A BCP 47 tag, or empty where the source names no language.
  public var language: String
  public var kind: Kind

  public init(text: String, language: String = "", kind: Kind = .name) {
    self.text = text
    self.language = language
    self.kind = kind
  }
}
