import EventStorage
import SystemPackage

/// Cuts inputs into pieces, one after another.
///
/// Not for more than one thread at a time.
final class IngestReader {
  private static let pieceByteCountMax = 8 << 20
  /// Fewer lines are not worth the while of handing them over.
  private static let pieceLineCountMin = 1000
  private static let pieceLineCountMax = 10_000

  private struct OpenInput {
    var input: IngestInput
    var descriptor: FileDescriptor
    var lines: LineReader
    /// Whether reading never waits for somebody who writes.
    var isFile: Bool
  }

  private let options: IngestOptions
  private var inputs: ArraySlice<IngestInput>
  private var current: OpenInput?
  /// A piece that is a commit's need not be copied.
  private let lineCountMax: Int
  /// Bytes of the inputs before the current one.
  private var earlierByteCount = 0
  /// Lines that are in pieces.
  private var lineCount = 0

  init(_ inputs: [IngestInput], _ options: IngestOptions) {
    self.inputs = inputs[...]
    self.options = options
    lineCountMax = max(
      Self.pieceLineCountMin,
      min(Self.pieceLineCountMax, options.eventsPerCommit)
    )
  }

  deinit {
    close()
  }

  /// Fills a piece with the next lines, of one input; returns whether there were any.
  ///
  /// Lines that somebody writes into a pipe are taken as they come.
  func fill(_ piece: IngestPiece) throws(StoreFailure) -> Bool {
    while true {
      guard let current = try openNext() else { return false }
      let name = current.input.name
      piece.begin(
        inputName: name,
        defaultSource: options.source ?? current.input.defaultSource,
        earlierLineCount: lineCount
      )
      do {
        var waits = true
        while piece.lineCount < lineCountMax, piece.byteCount < Self.pieceByteCountMax,
          let line = try current.lines.next(waits: waits)
        {
          piece.add(line)
          waits = current.isFile
        }
      } catch {
        throw StoreFailure(reading: name, error as? Errno ?? .ioError)
      }
      piece.consumedByteCount = earlierByteCount + current.lines.consumedByteCount
      lineCount += piece.lineCount
      if piece.lineCount > 0 { return true }
      earlierByteCount = piece.consumedByteCount
      close()
    }
  }

  private func openNext() throws(StoreFailure) -> OpenInput? {
    if let current { return current }
    guard let input = inputs.popFirst() else { return nil }
    let descriptor: FileDescriptor
    do throws(Errno) {
      descriptor = try open(input)
    } catch {
      throw StoreFailure(reading: input.name, error)
    }
    let lines = LineReader(lineByteCountMax: options.lineByteCountMax) {
      try descriptor.read(into: $0)
    }
    current = OpenInput(
      input: input,
      descriptor: descriptor,
      lines: lines,
      isFile: isRegularFile(descriptor)
    )
    return current
  }

  private func open(_ input: IngestInput) throws(Errno) -> FileDescriptor {
    guard case .file(let path) = input else { return .standardInput }
    do {
      let descriptor = try FileDescriptor.open(path, .readOnly)
      if isDirectory(descriptor) {
        try? descriptor.close()
        throw Errno.isDirectory
      }
      return descriptor
    } catch {
      throw error as? Errno ?? .ioError
    }
  }

  private func close() {
    if let current, current.input != .standardInput { try? current.descriptor.close() }
    current = nil
  }
}
