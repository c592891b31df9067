/// Cuts a stream of bytes into the lines of NDJSON.
///
/// A byte order mark at the start is skipped. Lines end with LF or CRLF; the last one may lack
/// that. Not for more than one thread at a time.
public final class LineReader {
  /// One line; its bytes are valid until the next call.
  public struct Line {
    /// From 1.
    public var number: Int
    /// The line without its end.
    ///
    /// Of a line longer than the limit, one byte more than the limit,
    /// for which ``EnvelopeParser`` refuses it.
    public var bytes: UnsafeRawBufferPointer

    public init(number: Int, bytes: UnsafeRawBufferPointer) {
      self.number = number
      self.bytes = bytes
    }
  }

  private let read: (UnsafeMutableRawBufferPointer) throws -> Int
  private let lineByteCountMax: Int
  private var buffer: UnsafeMutableRawBufferPointer
  /// Where the bytes start that are not yet given out, and where they end.
  private var start = 0
  private var end = 0
  private var isAtEnd = false
  private var lineNumber = 0
  /// Bytes of the input that the lines given out so far took.
  public private(set) var consumedByteCount = 0

  /// Reads through `read`, which fills a buffer from its start and returns the number of bytes,
  /// 0 at the end of the input.
  public init(
    lineByteCountMax: Int = EnvelopeParser.Options.defaultLineByteCountMax,
    read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int
  ) {
    self.read = read
    self.lineByteCountMax = lineByteCountMax
    buffer = .allocate(byteCount: max(1 << 18, (lineByteCountMax + 2) * 2), alignment: 64)
  }

  deinit {
    buffer.deallocate()
  }

  /// Returns the next line, or `nil` at the end of the input.
  ///
  /// - Parameter waits: whether to read on where the line is not yet whole; otherwise `nil` says
  ///   only that it is not.
  public func next(waits: Bool = true) throws -> Line? {
    if lineNumber == 0 { try skipByteOrderMark() }
    guard let length = try findLineEnd(waits: waits) else { return nil }
    lineNumber += 1
    var bytes = UnsafeRawBufferPointer(rebasing: buffer[start..<(start + length.byteCount)])
    if length.isWhole {
      start += length.byteCount
      consumedByteCount += length.byteCount
      if start < end {
        start += 1
        consumedByteCount += 1
      }
    } else {
      // The bytes stay where they are while the rest of the line is read behind them.
      bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(lineByteCountMax + 1))
      try skipRestOfLine(behind: bytes.count)
    }
    if length.isWhole, bytes.last == 0x0D {
      bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast())
    }
    return Line(number: lineNumber, bytes: bytes)
  }

  /// The bytes up to the next line feed; not whole where there are more than the limit.
  private func findLineEnd(waits: Bool) throws -> (byteCount: Int, isWhole: Bool)? {
    var searched = 0
    while true {
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[(start + searched)..<end])
      if let index = bytes.offset(of: 0x0A) {
        let count = searched + index
        return (count, count <= lineByteCountMax + 1)
      }
      searched = end - start
      if searched > lineByteCountMax + 1 { return (searched, false) }
      if isAtEnd { return searched == 0 ? nil : (searched, true) }
      if !waits { return nil }
      try fill()
    }
  }

  private func fill() throws {
    if start > 0 {
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
      buffer.copyMemory(from: bytes)
      end -= start
      start = 0
    }
    let count = try read(UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
    precondition(count <= buffer.count - end, "more bytes were read than there was room for")
    if count <= 0 { isAtEnd = true } else { end += count }
  }

  private func skipRestOfLine(behind keptByteCount: Int) throws {
    let kept = start
    var searchStart = start
    while true {
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[searchStart..<end])
      if let index = bytes.offset(of: 0x0A) {
        consumedByteCount += searchStart - kept + index + 1
        start = searchStart + index + 1
        return
      }
      if isAtEnd {
        consumedByteCount += end - kept
        start = end
        return
      }
      // What is behind the kept bytes is of no use, and may be overwritten.
      consumedByteCount += end - kept - keptByteCount
      searchStart = kept + keptByteCount
      let count = try read(UnsafeMutableRawBufferPointer(rebasing: buffer[searchStart...]))
      if count <= 0 { isAtEnd = true }
      end = searchStart + max(0, count)
    }
  }

  private func skipByteOrderMark() throws {
    while end - start < 3, !isAtEnd { try fill() }
    if end - start >= 3, buffer[start..<(start + 3)].elementsEqual([0xEF, 0xBB, 0xBF]) {
      start += 3
      consumedByteCount += 3
    }
  }
}
