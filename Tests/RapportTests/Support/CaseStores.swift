import Foundation
import Rapport
import Testing

/// Stores that cases ask, each made once for a list of inputs.
actor CaseStores {
  static let shared = CaseStores()

  private var stores: [[String]: Result<Prepared, any Error>] = [:]

  struct Prepared: Sendable {
    let folder: TemporaryFolder
    let path: String
    let store: Store
  }

  func store(of inputs: [String]) throws -> Prepared {
    if let known = stores[inputs] { return try known.get() }
    let made = Result { try Self.make(inputs) }
    stores[inputs] = made
    return try made.get()
  }

  private static func make(_ inputs: [String]) throws -> Prepared {
    let folder = try TemporaryFolder()
    let path = folder.path("store")
    let store = try Store.create(at: path)
    for input in inputs {
      let file =
        input.hasSuffix(".csv") ? try imported(input, in: folder) : PackagePaths.file(input).path
      let summary = try store.ingest([.file(file)])
      if let failure = summary.failure { throw failure }
    }
    return Prepared(folder: folder, path: path, store: store)
  }

  /// The events that the importer makes of a CSV file.
  private static func imported(_ input: String, in folder: TemporaryFolder) throws -> String {
    let importer = PackagePaths.file("Tools/import-uk-meetings").path
    let run = try run("/usr/bin/env", ["python3", importer, PackagePaths.file(input).path])
    try run.expectSuccess()
    return try folder.write("imported.ndjson", run.output)
  }
}
