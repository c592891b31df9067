import Rapport
import SystemPackage

/// The lines of standard input, whatever bytes they hold.
struct InputLines: ~Copyable {
  private let descriptor: FileDescriptor
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false

  private static let chunkByteCount = 1 << 16

  init(_ descriptor: FileDescriptor) {
    self.descriptor = descriptor
  }

  /// The next line without its line break, or `nil` at the end of input.
  mutating func next() throws(StoreFailure) -> [UInt8]? {
    var searched = start
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return Array(buffer[start..<end])
      }
      if isAtEnd {
        guard start < buffer.count else { return nil }
        defer { start = buffer.count }
        return Array(buffer[start...])
      }
      buffer.removeFirst(start)
      start = 0
      searched = buffer.count
      try fill()
    }
  }

  private mutating func fill() throws(StoreFailure) {
    let chunk = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.chunkByteCount,
      alignment: 16
    )
    defer { chunk.deallocate() }
    do {
      let count = try descriptor.read(into: chunk)
      isAtEnd = count == 0
      buffer.append(contentsOf: chunk[..<count])
    } catch {
      throw StoreFailure(.inputOutput, "cannot read standard input: \(error)")
    }
  }
}

/// The text of a file, or of standard input for `-`.
func readText(_ path: String) throws(StoreFailure) -> String {
  let name = path == "-" ? "standard input" : path
  var bytes: [UInt8] = []
  do {
    let descriptor =
      path == "-" ? FileDescriptor.standardInput : try FileDescriptor.open(path, .readOnly)
    defer { if path != "-" { try? descriptor.close() } }
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { chunk.deallocate() }
    while true {
      let count = try descriptor.read(into: chunk)
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
    }
  } catch Errno.noSuchFileOrDirectory {
    throw StoreFailure(.noInput, "there is no file \"\(name)\"")
  } catch {
    throw StoreFailure(.noInput, "cannot read \"\(name)\": \(error)")
  }
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw StoreFailure(.data, "\(name): not a text in UTF-8")
  }
  return text
}
