import ArgumentParser
import GraphModel
import Rapport

struct StoreArgument: ParsableArguments {
  @Argument(help: "The store: a directory.", completion: .directory)
  var store: String

  func openForReading() throws(StoreFailure) -> Store {
    try Store.open(at: store, readOnly: true)
  }

  func openForWriting() throws(StoreFailure) -> Store {
    try Store.open(at: store, readOnly: false)
  }
}

extension StoreArgument {
  /// Where nothing is at the path, a store without any event.
  func openOrCreateEmpty() throws(StoreFailure) -> Store {
    do throws(StoreFailure) {
      return try openForWriting()
    } catch {
      guard error.kind == .noInput else { throw error }
      return try Store.createEmpty(at: store)
    }
  }
}

/// A day, month or year as an option has it.
struct DateArgument: ExpressibleByArgument {
  let date: PartialDate

  init?(argument: String) {
    guard let date = PartialDate(argument) else { return nil }
    self.date = date
  }
}
