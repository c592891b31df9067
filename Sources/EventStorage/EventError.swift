/// Why a line is not an event, and where.
public struct EventError: Error, Hashable, Sendable {
  /// What is wrong; the wording is in ``EventError/message``.
  public enum Reason: Hashable, Sendable {
    case lineTooLong(limit: Int)
    case syntax(expected: String, found: String)
    case invalidUTF8
    case controlCharacter(UInt8)
    case loneSurrogate
    case nestingTooDeep(limit: Int)
    case listTooLong(limit: Int)
    case duplicateKey(String)
    case numberOutOfRange(String)
    case missing(String)
    case expected(String, found: String)
    case tooLong(limit: Int, byteCount: Int)
    case illegalAttributeName(String)
    case setByStore(String)
    case notRestorable(String)
  }

  public var reason: Reason
  /// Bytes of the line before the place.
  public var offset: Int
  /// Characters (Unicode scalars) of the line up to the place, from 1.
  public var column: Int
  /// Where in the event, such as `data.attendees[2]`; empty for the event itself.
  public var path: String
  /// The event's type, where the line came that far.
  public var eventType: String?

  init(
    _ reason: Reason,
    at offset: Int,
    in line: UnsafeRawBufferPointer,
    path: String = "",
    eventType: String? = nil
  ) {
    self.reason = reason
    self.offset = offset
    self.path = path
    self.eventType = eventType
    column = 1
    for byte in line.prefix(offset) where byte & 0xC0 != 0x80 { column += 1 }
  }
}

extension EventError: CustomStringConvertible {
  /// What was expected and what was found, without the place.
  public var message: String {
    switch reason {
    case .lineTooLong(let limit): "expected a line of at most \(limit) bytes, found a longer one"
    case .syntax(let expected, let found): "expected \(expected), found \(found)"
    case .invalidUTF8: "expected UTF-8 text, found bytes that are not"
    case .controlCharacter(let byte):
      "expected an escape such as \"\\n\", found the control character \(Self.name(of: byte))"
    case .loneSurrogate: "expected a pair of surrogate escapes, found half of one"
    case .nestingTooDeep(let limit): "expected at most \(limit) levels of nesting, found more"
    case .listTooLong(let limit): "expected at most \(limit) list items, found more"
    case .duplicateKey(let key): "expected each key once, found \"\(key)\" again"
    case .numberOutOfRange(let number):
      "expected a 64-bit number, found \(number); write it as a string to keep its digits"
    case .missing(let name): "expected \(name), found none"
    case .expected(let expected, let found): "expected \(expected), found \(found)"
    case .tooLong(let limit, let count): "expected at most \(limit) bytes, found \(count)"
    case .illegalAttributeName(let name):
      "expected an attribute name of lowercase letters and digits, found \"\(name)\"; "
        + "fields of the event belong into \"data\""
    case .setByStore(let name):
      "expected no \"\(name)\", which the store sets; only restoring an export keeps it"
    case .notRestorable(let name): "expected \"\(name)\", as in every line of an export, found none"
    }
  }

  /// The event's type, the path and the message.
  ///
  /// Such as `meeting.held: data.attendees[2]: expected …, found …`.
  public var description: String {
    var parts = eventType.map { [$0] } ?? []
    if !path.isEmpty { parts.append(path) }
    return (parts + [message]).joined(separator: ": ")
  }

  static func name(of byte: UInt8) -> String {
    "U+00"
      + String(decoding: Hexadecimal.digits(byte), as: UTF8.self).uppercased()
  }
}
