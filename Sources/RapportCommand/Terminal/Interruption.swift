import Dispatch
import Glibc
import Synchronization
import SystemPackage

/// Ends a long task at a safe point when a person presses Ctrl-C, or the system asks to end.
///
/// The task asks ``requestedSignal`` where it may end. A task that waits for input never
/// gets there, so after a while the process ends wherever it is: that is safe as well, since
/// a commit is there as a whole or not at all.
final class Interruption: Sendable {
  private struct State {
    var signal: Int32?
    var farewell = ""
    var sources: [any DispatchSourceSignal] = []
  }

  private let state = Mutex(State())

  private static let patience = DispatchTimeInterval.seconds(2)

  /// From now on, signals are noted instead of ending the process.
  init() {
    let queue = DispatchQueue(label: "rapport.interruption")
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      state.withLock { state in
        let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
        source.setEventHandler { [self] in
          note(number)
          queue.asyncAfter(deadline: .now() + Self.patience) { [self] in end() }
        }
        source.activate()
        state.sources.append(source)
      }
    }
  }

  /// The signal that asked to end, if one did.
  var requestedSignal: Int32? { state.withLock { $0.signal } }

  /// What is said when the process ends; kept up to date by the task.
  func setFarewell(_ text: String) {
    state.withLock { $0.farewell = text }
  }

  /// Says the farewell and ends the process with the exit code of the signal.
  func end() -> Never {
    let (signal, farewell) = state.withLock { ($0.signal, $0.farewell) }
    // Over the progress and the ^C that may stand there.
    if Terminal.error.isTerminal {
      _ = try? FileDescriptor.standardError.writeAll("\r\u{1B}[K".utf8)
    }
    reportError(farewell)
    endProcess(128 + (signal ?? SIGINT))
  }

  private func note(_ number: Int32) {
    let isSecond = state.withLock { state in
      defer { state.signal = number }
      return state.signal != nil
    }
    if isSecond { end() }
  }
}
