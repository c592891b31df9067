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

/// A day, month or year as an option has it.
struct DateArgument: ExpressibleByArgument {
  let date: PartialDate

  init?(argument: String) {
    guard let date = PartialDate(argument) else { return nil }
    self.date = date
  }
}
