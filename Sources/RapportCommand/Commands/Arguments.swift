import ArgumentParser
import GraphModel
import Rapport
import Synchronization

struct StoreArgument: ParsableArguments {
  @Argument(help: "The store: a directory.", completion: .directory)
  var store: String

  func openForReading() throws(StoreFailure) -> Store {
    OpenedStores.noted(try Store.open(at: store, readOnly: true))
  }

  func openForWriting() throws(StoreFailure) -> Store {
    OpenedStores.noted(try Store.open(at: store, readOnly: false))
  }
}

extension StoreArgument {
  /// Where nothing is at the path, a store without any event.
  func openOrCreateEmpty() throws(StoreFailure) -> Store {
    do throws(StoreFailure) {
      return try openForWriting()
    } catch {
      guard error.kind == .noInput else { throw error }
      return OpenedStores.noted(try Store.createEmpty(at: store))
    }
  }
}

/// The stores that the command has opened.
enum OpenedStores {
  private static let stores = Mutex<[Store]>([])

  static func noted(_ store: Store) -> Store {
    stores.withLock { $0.append(store) }
    return store
  }

  /// Lets them end what they do in the background, such as writing an image, once the answer is out.
  static func finish() {
    for store in stores.withLock({ $0 }) { store.finishBackgroundWork() }
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
