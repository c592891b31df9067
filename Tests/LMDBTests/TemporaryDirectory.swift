import Dispatch
import Foundation
import Synchronization

/// A directory that goes when its test does.
final class TemporaryDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "rapport-lmdb-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String) -> String { path + "/" + name }

  /// The bytes of a file, to be written back changed.
  func bytes(of name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(name))))
  }

  func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }
}

/// Runs each body on a thread of its own, and throws the first error of any.
///
/// Not tasks: bodies that wait for each other could wait for ever on the few threads of those.
func onThreads(_ bodies: [@Sendable () throws -> Void]) throws {
  let group = DispatchGroup()
  let failures = Mutex<[any Error]>([])
  for body in bodies {
    group.enter()
    Thread.detachNewThread {
      do {
        try body()
      } catch {
        failures.withLock { $0.append(error) }
      }
      group.leave()
    }
  }
  group.wait()
  if let failure = failures.withLock({ $0.first }) { throw failure }
}
