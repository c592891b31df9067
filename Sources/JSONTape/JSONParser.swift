import CSimdjson

/// Why a text is not the JSON that was asked for, in simdjson's terms.
///
/// simdjson says what, not where; ``JSONParser`` callers that report to people
/// find the place themselves.
public struct JSONError: Error, Hashable, Sendable {
  public let code: Int32

  public var message: String {
    String(cString: rapport_json_error_message(code))
  }

  public var isTooDeep: Bool { code == rapport_json_depth_error() }
  public var isInvalidUTF8: Bool { code == rapport_json_utf8_error() }
}

/// Parses JSON texts, one after another, into a tape that is read in place.
///
/// Not for more than one thread at a time.
public final class JSONParser {
  private let handle: OpaquePointer
  /// Texts are copied here because simdjson reads past their end.
  private var buffer: UnsafeMutableRawBufferPointer
  private let padding = rapport_json_padding()

  public init(depthMax: Int = 72) {
    guard let handle = rapport_json_parser_create(depthMax) else {
      preconditionFailure("no memory for a JSON parser")
    }
    self.handle = handle
    buffer = .allocate(byteCount: 4096, alignment: 64)
  }

  deinit {
    rapport_json_parser_destroy(handle)
    buffer.deallocate()
  }

  /// Parses one JSON text.
  ///
  /// The tape is valid until the next call, and while the parser lives.
  public func parse(_ text: UnsafeRawBufferPointer) throws(JSONError) -> JSONTape {
    if buffer.count < text.count + padding {
      buffer.deallocate()
      buffer = .allocate(byteCount: (text.count + padding) * 2, alignment: 64)
    }
    buffer.copyMemory(from: text)
    return try parse(paddedBytes: UnsafeRawBufferPointer(rebasing: buffer[..<text.count]))
  }

  /// Parses a text behind which ``paddingByteCount`` more bytes may be read, without a copy.
  public func parse(paddedBytes text: UnsafeRawBufferPointer) throws(JSONError) -> JSONTape {
    var words: UnsafePointer<UInt64>?
    var strings: UnsafePointer<UInt8>?
    var tokens: UnsafePointer<UInt32>?
    let code = rapport_json_parse(
      handle,
      text.baseAddress?.assumingMemoryBound(to: UInt8.self),
      text.count,
      &words,
      &strings,
      &tokens
    )
    guard code == 0, let words, let strings, let tokens else { throw JSONError(code: code) }
    return JSONTape(words: words, strings: UnsafeRawPointer(strings), tokens: tokens)
  }

  public static var paddingByteCount: Int { rapport_json_padding() }
}
