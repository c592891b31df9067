import JSONTape

/// Counts in how many events each field stands.
///
/// Not for more than one thread at a time.
public final class FieldCounter {
  /// A field, and the fields in it; a list has one child, for all its elements.
  final class Node {
    let name: [UInt8]
    var children: [Node] = []
    var eventCount = 0
    private var lastEvent = -1

    init(name: [UInt8]) {
      self.name = name
    }

    /// Whether it holds fields itself, and not elements.
    var isStructure: Bool { children.contains { $0.name != FieldCounter.elementName } }

    func count(event: Int) {
      if lastEvent == event { return }
      lastEvent = event
      eventCount += 1
    }

    /// A schema names its fields; an object with more members than this is a table of its own.
    private static let childCountMax = 256

    /// The field with that name, or `nil` where there are too many others.
    func child(_ name: UnsafeRawBufferPointer) -> Node? {
      for child in children where child.name.count == name.count {
        if child.name.elementsEqual(name) { return child }
      }
      guard children.count < Self.childCountMax else { return nil }
      let child = Node(name: Array(name))
      children.append(child)
      return child
    }
  }

  struct Kind: Hashable {
    var type: String
    var version: UInt32
  }

  private let schema: Schema
  private let parser = JSONParser()
  private var last: (type: [UInt8], version: UInt32, root: Node, fields: [Field]?)?
  /// What the events of each kind have, in the order of their first appearance.
  private(set) var roots: [(kind: Kind, node: Node)] = []
  private var eventCount = 0

  /// - Parameter schema: the fields that it declares as names, dates and the like are not looked into.
  public init(schema: Schema) {
    self.schema = schema
  }

  /// Counts the fields of one more event.
  public func add(_ event: FoldInput) {
    guard let tape = try? parser.parse(event.data), tape.kind(at: tape.root) == .object,
      let (root, fields) = root(of: event)
    else { return }
    eventCount += 1
    root.count(event: eventCount)
    countMembers(of: tape.root, tape, root, fields)
  }

  private func root(of event: FoldInput) -> (Node, [Field]?)? {
    if let last, last.version == event.dataVersion, last.type.elementsEqual(event.type) {
      return (last.root, last.fields)
    }
    let type = String(decoding: event.type, as: UTF8.self)
    guard !type.hasPrefix(BuiltInEvents.prefix) else { return nil }
    let kind = Kind(type: type, version: event.dataVersion)
    let fields = schema.eventType(named: type)?.fields
    let root: Node
    if let known = roots.first(where: { $0.kind == kind }) {
      root = known.node
    } else {
      root = Node(name: [])
      roots.append((kind, root))
    }
    last = (Array(event.type), event.dataVersion, root, fields)
    return (root, fields)
  }

  private func countMembers(
    of object: Int,
    _ tape: JSONTape,
    _ node: Node,
    _ fields: [Field]?
  ) {
    let end = tape.end(of: object)
    var index = tape.firstChild(of: object)
    while index < end {
      let name = tape.string(at: index)
      if let child = node.child(name) {
        let declared = fields?.first { $0.name.utf8.elementsEqual(name) }
        count(index + 1, tape, child, declared?.type)
      }
      index = tape.index(after: index + 1)
    }
  }

  /// Counts a value, and what is in it unless its type says that it is one thing.
  private func count(_ index: Int, _ tape: JSONTape, _ node: Node, _ type: FieldType?) {
    guard tape.kind(at: index) != .null else { return }
    node.count(event: eventCount)
    switch (tape.kind(at: index), type) {
    case (.object, .structure(let fields)?): countMembers(of: index, tape, node, fields)
    case (.object, nil): countMembers(of: index, tape, node, nil)
    case (.array, .list(let element)?): countElements(of: index, tape, node, element)
    case (.array, nil): countElements(of: index, tape, node, nil)
    default: break
    }
  }

  private static let elementName = Array(RuleUsage.element.utf8)

  private func countElements(
    of list: Int,
    _ tape: JSONTape,
    _ node: Node,
    _ type: FieldType?
  ) {
    guard let child = Self.elementName.withUnsafeBytes({ node.child($0) }) else { return }
    let end = tape.end(of: list)
    var index = tape.firstChild(of: list)
    while index < end {
      count(index, tape, child, type)
      index = tape.index(after: index)
    }
  }
}
