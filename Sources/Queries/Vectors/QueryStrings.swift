import CMemory
import GraphModel
import GraphStorage

/// The strings of one running query: those of the graph, and those that it computes.
///
/// A code below 2³² is the graph's. Equal strings have equal codes. For all threads of the query.
final class QueryStrings: Sendable {
  static let localBase: UInt64 = 1 << 32

  let view: GraphView
  private let graph: StringPool
  private let local = LocalStrings()

  init(_ view: GraphView) {
    self.view = view
    graph = view.graph.strings
  }

  func code(of text: String) -> UInt64 {
    var text = text
    return text.withUTF8 { code(of: UnsafeRawBufferPointer($0)) }
  }

  func code(of bytes: UnsafeRawBufferPointer) -> UInt64 {
    if let known = graph.code(of: bytes) { return UInt64(known) }
    return Self.localBase + UInt64(local.intern(bytes))
  }

  func string(_ code: UInt64) -> String {
    withBytes(code) { String(decoding: $0, as: UTF8.self) }
  }

  /// Calls `body` with the bytes of a string.
  @inline(__always)
  func withBytes<Result>(_ code: UInt64, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    if code < Self.localBase { return body(UnsafeRawBufferPointer(view.bytes(Int(code)))) }
    return body(local.bytes(of: UInt32(truncatingIfNeeded: code &- Self.localBase)))
  }

  /// Asks memory for where a string is.
  @inline(__always)
  func prefetchPlace(_ code: UInt64) {
    if code < UInt64(view.stringCount) { rapport_prefetch(view.stringOffsets + Int(code)) }
  }

  /// Asks memory for a string.
  @inline(__always)
  func prefetch(_ code: UInt64) {
    guard code < UInt64(view.stringCount) else { return }
    rapport_prefetch(view.stringBytes + Int(view.stringOffsets[Int(code)]))
  }

  /// -1, 0 or 1, as ``compare(_:_:)``; for loops.
  @inline(__always)
  func order(_ left: UInt64, _ right: UInt64) -> Int {
    if left | right < Self.localBase {
      let first = view.stringPrefixes[Int(truncatingIfNeeded: left)]
      let second = view.stringPrefixes[Int(truncatingIfNeeded: right)]
      if first != second || left == right { return orderOf(first, second) }
    }
    return compare(left, right).signum()
  }

  /// Orders by code point: less than, equal to or greater than zero.
  func compare(_ left: UInt64, _ right: UInt64) -> Int {
    if left == right { return 0 }
    if left < Self.localBase, right < Self.localBase {
      let leftPrefix = view.stringPrefixes[Int(left)]
      let rightPrefix = view.stringPrefixes[Int(right)]
      if leftPrefix != rightPrefix { return leftPrefix < rightPrefix ? -1 : 1 }
    }
    return withBytes(left) { left in
      withBytes(right) { right in compareBytes(left, right) }
    }
  }
}

/// Orders by byte, the shorter first where one begins the other.
func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
  let shared = min(left.count, right.count)
  var index = 0
  while index + 8 <= shared {
    let first = UInt64(bigEndian: left.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    let second = UInt64(bigEndian: right.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    if first != second { return first < second ? -1 : 1 }
    index &+= 8
  }
  while index < shared {
    if left[index] != right[index] { return left[index] < right[index] ? -1 : 1 }
    index &+= 1
  }
  return left.count - right.count
}
