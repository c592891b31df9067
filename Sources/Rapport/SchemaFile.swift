import EventStorage
public import GraphModel
import JSONTape
import Language
public import Projections
import SourceText
import SystemPackage

/// The text of a schema, and what messages call it.
public struct SchemaFile: Hashable, Sendable {
  public var name: String
  public var text: String

  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }

  /// The schema that a new store gets unless another is named.
  public static var shipped: SchemaFile {
    SchemaFile(
      name: "meetings.rapport",
      text: String(decoding: PackageResources.meetings_rapport, as: UTF8.self)
    )
  }

  /// Reads a schema file; `-` is standard input.
  public init(path: String) throws(StoreFailure) {
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try readFile(path)
    } catch {
      throw StoreFailure(reading: path, error)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw StoreFailure(.data, "\"\(path)\" is not a schema: it is not UTF-8 text")
    }
    self.init(name: path, text: text)
  }

  /// The text in the canonical layout, with its comments.
  ///
  /// - Throws: why it cannot be read, where it does not parse.
  public func formatted() throws(StoreFailure) -> String {
    let source = SourceText(name: name, text: text)
    do throws(Diagnostics) {
      return try SchemaFormatter.format(source)
    } catch {
      throw StoreFailure(.data, error.rendered(in: source))
    }
  }

  /// Writes the text to a file: who reads it sees what was there or all of the new text.
  public func write(to path: String) throws(StoreFailure) {
    do throws(Errno) {
      try replaceFile(FilePath(path), with: Array(text.utf8))
    } catch {
      throw StoreFailure(.inputOutput, "\"\(path)\" cannot be written: \(error.description)")
    }
  }

  /// Parses and analyses the schema.
  ///
  /// - Throws: all its errors, each with its place.
  public func load() throws(StoreFailure) -> Schema { try load(checksExamples: true) }

  /// The same of a schema that was applied, and so checked, before.
  func loadApplied() throws(StoreFailure) -> Schema { try load(checksExamples: false) }

  private func load(checksExamples: Bool) throws(StoreFailure) -> Schema {
    let source = SourceText(name: name, text: text)
    do throws(Diagnostics) {
      return try Schema.load(source, checksExamples: checksExamples)
    } catch {
      throw StoreFailure(.data, error.rendered(in: source))
    }
  }
}

/// A schema that the log says is in force.
public struct AppliedSchema: Sendable {
  public let schema: Schema
  public let file: SchemaFile
  /// 1 for the schema that the store was made with.
  public let number: Int
  /// The event that applied it.
  public let position: EventPosition
  /// When the log learned it, in microseconds since 1970-01-01T00:00:00Z.
  public let recordedTime: Int64
  /// Why it was applied, if somebody said so.
  public let reason: String?
  /// The number of the earlier schema that it brought back, if it did.
  public let rollbackOf: Int?
}

extension AppliedSchema {
  /// A schema that is in force nowhere, as if it had been applied next.
  init(proposed: Schema, file: SchemaFile, after current: AppliedSchema) {
    self.init(
      schema: proposed,
      file: file,
      number: current.number + 1,
      position: current.position,
      recordedTime: current.recordedTime,
      reason: nil,
      rollbackOf: nil
    )
  }
}

/// Schema changes as events of the log.
enum SchemaEvent {
  static let type = "rapport.schema.applied"
  static let source = "rapport"

  /// Schemas are numbered, so that the newest is found without reading the log.
  static func id(of number: Int) -> String { "schema/\(number)" }

  /// - Parameters:
  ///   - reason: why it is applied, in a person's words.
  ///   - rollbackOf: the number of the schema that is put in force again.
  static func event(
    number: Int,
    file: SchemaFile,
    schema: Schema,
    reason: String? = nil,
    rollbackOf: Int? = nil
  ) -> IncomingEvent {
    var data = Array("{\"name\":".utf8)
    func add(_ text: String) {
      var text = text
      text.withUTF8 { CanonicalJSON.appendString(UnsafeRawBufferPointer($0), to: &data) }
    }
    add(file.name)
    data += ",\"digest\":".utf8
    add(hexadecimal(schema.digest))
    data += ",\"text\":".utf8
    add(file.text)
    if let reason {
      data += ",\"reason\":".utf8
      add(reason)
    }
    if let rollbackOf { data += ",\"rollbackof\":\(rollbackOf)".utf8 }
    data += "}".utf8
    return IncomingEvent(
      type: type,
      source: source,
      id: id(of: number),
      data: String(decoding: data, as: UTF8.self)
    )
  }

  /// What an event that applies a schema says.
  struct Content {
    var file: SchemaFile
    var reason: String?
    var rollbackOf: Int?
  }

  static func content(of event: Event) throws(StoreFailure) -> Content {
    var data = event.data
    let found: Content? = data.withUTF8 { bytes in
      let parser = JSONParser()
      guard let tape = try? parser.parse(UnsafeRawBufferPointer(bytes)),
        let file = file(in: tape, data: tape.root)
      else { return nil }
      return Content(
        file: file,
        reason: string("reason", of: tape.root, in: tape),
        rollbackOf: integer("rollbackof", of: tape.root, in: tape)
      )
    }
    guard let found else {
      throw StoreFailure(
        .data,
        "the event at position \(event.position.rawValue) applies a schema and carries none"
      )
    }
    return found
  }

  static func file(in tape: JSONTape, data: Int) -> SchemaFile? {
    guard let text = string("text", of: data, in: tape) else { return nil }
    return SchemaFile(name: string("name", of: data, in: tape) ?? "schema", text: text)
  }

  private static func string(_ key: StaticString, of object: Int, in tape: JSONTape) -> String? {
    guard let place = tape.member(key, of: object), tape.kind(at: place) == .string else {
      return nil
    }
    return String(decoding: tape.string(at: place), as: UTF8.self)
  }

  private static func integer(_ key: StaticString, of object: Int, in tape: JSONTape) -> Int? {
    guard let place = tape.member(key, of: object), tape.kind(at: place) == .signed else {
      return nil
    }
    return Int(tape.signed(at: place))
  }
}
