import SystemPackage

/// Where to find a schema, as a command line names it.
public enum SchemaReference: Hashable, Sendable {
  /// A schema file; `-` is standard input.
  case file(String)
  /// The schema that is in force in a store.
  case inForce(store: String)
  /// One of the schemas that were applied in a store: 1 for the first.
  case applied(store: String, number: Int)

  /// Reads `meetings.rapport`, `-`, a store's directory, or `STORE@3`.
  ///
  /// What is there decides: a path that exists is taken as it is, whatever signs it holds.
  public init(_ text: String) {
    if isDirectory(FilePath(text)) {
      self = .inForce(store: text)
      return
    }
    if let sign = text.lastIndex(of: "@") {
      let store = String(text[..<sign])
      if let number = Int(text[text.index(after: sign)...]), isDirectory(FilePath(store)) {
        self = .applied(store: store, number: number)
        return
      }
    }
    self = .file(text)
  }

  /// The schema's text, under a name that says where it is from.
  public func file() throws(StoreFailure) -> SchemaFile {
    switch self {
    case .file(let path): return try SchemaFile(path: path)
    case .inForce(let store):
      let applied = try Store.open(at: store, readOnly: true).schema()
      return SchemaFile(name: "\(store)@\(applied.number)", text: applied.file.text)
    case .applied(let store, let number):
      let opened = try Store.open(at: store, readOnly: true)
      guard number > 0, let applied = try opened.schema(number: number) else {
        let count = try opened.schemas().count
        throw StoreFailure(
          .noInput,
          "\"\(store)\" has no schema number \(number): it has \(count == 1 ? "1" : "1 to \(count)");"
            + " \"rapport schema history \(store)\" lists them"
        )
      }
      return SchemaFile(name: "\(store)@\(number)", text: applied.file.text)
    }
  }
}
