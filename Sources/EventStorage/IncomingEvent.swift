/// An event that a program makes, before it is checked.
public struct IncomingEvent: Hashable, Sendable {
  /// A further attribute of the envelope.
  public struct Attribute: Hashable, Sendable {
    public var name: String
    /// A JSON text.
    public var value: String

    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  public var type: String
  /// `nil` for the parser's default source.
  public var source: String?
  /// `nil` for the digest of type, source and data.
  public var id: String?
  /// RFC 3339 text, or `nil` for the moment of ingestion.
  public var time: String?
  public var attributes: [Attribute]
  /// A JSON object.
  public var data: String

  public init(
    type: String,
    source: String? = nil,
    id: String? = nil,
    time: String? = nil,
    attributes: [Attribute] = [],
    data: String
  ) {
    self.type = type
    self.source = source
    self.id = id
    self.time = time
    self.attributes = attributes
    self.data = data
  }

  /// The event as a line of NDJSON, without its line feed.
  ///
  /// Line feeds in the JSON texts, where they are white space, become spaces.
  public var line: [UInt8] {
    var line = Array("{".utf8)
    func addString(_ text: String) {
      var text = text
      text.withUTF8 { CanonicalJSON.appendString(UnsafeRawBufferPointer($0), to: &line) }
    }
    func add(_ name: String, _ text: String?) {
      guard let text else { return }
      addString(name)
      line.append(UInt8(ascii: ":"))
      addString(text)
      line.append(UInt8(ascii: ","))
    }
    add("type", type)
    add("source", source)
    add("id", id)
    add("time", time)
    for attribute in attributes {
      addString(attribute.name)
      line.append(UInt8(ascii: ":"))
      line += attribute.value.utf8
      line.append(UInt8(ascii: ","))
    }
    line += "\"data\":".utf8
    line += data.utf8
    line.append(UInt8(ascii: "}"))
    return line.map { $0 == 0x0A ? 0x20 : $0 }
  }
}
