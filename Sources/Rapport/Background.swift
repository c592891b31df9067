import Dispatch
import Synchronization

/// Something that is computed on another thread.
final class Background<Value: Sendable>: Sendable {
  private let result = Mutex<Value?>(nil)
  private let done = DispatchSemaphore(value: 0)

  init(_ compute: @escaping @Sendable () -> Value) {
    DispatchQueue.global().async { [self] in
      let value = compute()
      result.withLock { $0 = value }
      done.signal()
    }
  }

  /// Waits for the result; to be asked once.
  func value() -> Value {
    done.wait()
    guard let value = result.withLock({ $0 }) else {
      preconditionFailure("it is signalled when there is a value")
    }
    return value
  }
}
