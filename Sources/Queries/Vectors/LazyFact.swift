import Synchronization

/// Something about a graph that is found out when it is first asked for; for any number of threads.
final class LazyFact<Value: Sendable>: Sendable {
  private let known = Mutex<Value?>(nil)

  func value(_ find: () -> Value) -> Value {
    known.withLock { known in
      if let known { return known }
      let found = find()
      known = found
      return found
    }
  }
}
