extension SourceText {
  /// A place in a text as people count it.
  public struct Location: Hashable, Sendable {
    /// From 1.
    public var line: Int
    /// From 1, in characters as a reader sees them, not in bytes.
    public var column: Int

    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  /// The line and the column of a UTF-8 offset; an offset past the end means the end.
  public func location(of offset: some BinaryInteger) -> Location {
    let offset = min(max(Int(clamping: offset), 0), bytes.count)
    var line = 1
    var lineStart = 0
    for position in 0..<offset where bytes[position] == UInt8(ascii: "\n") {
      line += 1
      lineStart = position + 1
    }
    let before = String(decoding: bytes[lineStart..<offset], as: UTF8.self)
    return Location(line: line, column: before.count + 1)
  }

  /// The offsets of the line around an offset, without its line break.
  func lineRange(around offset: Int) -> Range<Int> {
    let offset = min(max(offset, 0), bytes.count)
    let start = bytes[..<offset].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    var end = bytes[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    if end > offset, bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    return start..<end
  }
}
