import Glibc
import SystemPackage

/// What is known of the terminal that a descriptor leads to.
struct Terminal {
  /// Columns, or `nil` where the descriptor leads to no terminal.
  let width: Int?

  static let output = Terminal(.standardOutput)
  static let error = Terminal(.standardError)
  static let input = Terminal(.standardInput)

  var isTerminal: Bool { width != nil }

  init(_ descriptor: FileDescriptor) {
    guard isatty(descriptor.rawValue) == 1 else {
      width = nil
      return
    }
    var size = winsize()
    let found = withUnsafeMutablePointer(to: &size) { size in
      ioctl(descriptor.rawValue, UInt(TIOCGWINSZ), size) == 0
    }
    width = found && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
