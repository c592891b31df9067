import Glibc
import Rapport
import Synchronization
import SystemPackage

/// A file descriptor that is written in large pieces.
///
/// Who reads may end before we do, as `head` does: then the process ends quietly.
final class Output: Sendable {
  static let standard = Output(.standardOutput, name: "standard output")

  private let descriptor: FileDescriptor
  private let name: String
  private let buffer = Mutex<[UInt8]>([])

  private static let bufferByteCount = 1 << 16

  init(_ descriptor: FileDescriptor, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  func write(_ text: String) throws(StoreFailure) {
    try write(text.utf8)
  }

  func write(_ bytes: some Sequence<UInt8>) throws(StoreFailure) {
    let isFull = buffer.withLock { buffer in
      buffer.append(contentsOf: bytes)
      return buffer.count >= Self.bufferByteCount
    }
    if isFull { try flush() }
  }

  func flush() throws(StoreFailure) {
    do {
      try buffer.withLock { buffer in
        defer { buffer.removeAll(keepingCapacity: true) }
        try descriptor.writeAll(buffer)
      }
    } catch Errno.brokenPipe {
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    } catch {
      throw StoreFailure(.inputOutput, "cannot write to \(name): \(error)")
    }
  }
}

/// Tells a person what went wrong, on standard error.
func reportError(_ message: String) {
  _ = try? FileDescriptor.standardError.writeAll("rapport: \(message)\n".utf8)
}

/// Tells a person something that is no result, on standard error.
func report(_ message: String) {
  _ = try? FileDescriptor.standardError.writeAll("\(message)\n".utf8)
}

/// Ends the process at once: other threads may be in the middle of something that is safe to lose.
func endProcess(_ code: Int32) -> Never {
  fflush(nil)
  _exit(code)
}
