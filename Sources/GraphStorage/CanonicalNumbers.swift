import GraphModel

/// The numbers that names and strings have in the encoded contents of a graph.
///
/// In memory a number says when a name was first heard of; here it says where the name stands
/// among the others, so that it depends on what the graph holds alone.
struct CanonicalNumbers {
  private static let unused = UInt16.max

  /// By number in memory; ``unused`` where nothing in the graph has the name.
  private(set) var labelSets: [UInt16] = []
  private(set) var keys: [UInt16] = []
  private(set) var tables: [UInt16] = []
  private(set) var edgeTypes: [UInt16] = []
  /// By number in memory plus one, as events have them.
  private(set) var kinds: [UInt16] = []
  /// Numbers in memory, in their order here.
  private(set) var tableOrder: [Int] = []
  private(set) var edgeTypeOrder: [Int] = []
  private var kindOrder: [Int] = []
  private var keyOrder: [Int] = []
  private var labels: [String] = []
  private var sets: [[UInt16]] = []
  private let pool: StringPool
  /// By code in memory; `StringPool.none` where it was not used yet.
  private var codes: [UInt32]
  /// Codes in memory, in the order of their first use.
  private var used: [UInt32] = []
  /// Strings that are in no pool of the graph, behind those that are.
  private var added: [String] = []

  init(_ contents: GraphContents) {
    pool = contents.strings
    codes = [UInt32](repeating: StringPool.none, count: contents.strings.count)
    numberLabelSets(contents)
    tableOrder = Self.order(contents.tables.map { $0.rowCount > 0 ? $0.name : nil })
    tables = Self.numbers(tableOrder, count: contents.tables.count)
    edgeTypeOrder = Self.order(contents.edgeTypes.map { $0.count > 0 ? $0.type : nil })
    edgeTypes = Self.numbers(edgeTypeOrder, count: contents.edgeTypes.count)
    numberKeys(contents)
    numberKinds(contents)
  }

  private mutating func numberLabelSets(_ contents: GraphContents) {
    var isUsed = [Bool](repeating: false, count: contents.labelSets.count)
    for sets in [contents.nodeLabelSets, contents.mentions.labelSets] {
      sets.withUnsafeBuffer { for set in $0 { isUsed[Int(set)] = true } }
    }
    let names = contents.labelSets.indices.map { set in
      isUsed[set] ? contents.labelSets[set].map { contents.labels[Int($0)] }.sorted() : nil
    }
    labels = Set(names.compactMap { $0 }.joined()).sorted()
    let order = names.indices.filter { names[$0] != nil }.sorted {
      (names[$0] ?? []).lexicographicallyPrecedes(names[$1] ?? [])
    }
    labelSets = Self.numbers(order, count: names.count)
    let places = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, UInt16($0)) })
    sets = order.map { set in (names[set] ?? []).compactMap { places[$0] } }
  }

  private mutating func numberKeys(_ contents: GraphContents) {
    var isUsed = [Bool](repeating: false, count: contents.propertyKeys.count)
    for table in contents.tables {
      for (key, column) in zip(table.keys, table.columns) where column.commonKind != nil {
        isUsed[Int(key)] = true
      }
    }
    for table in contents.edgeTypes {
      for (key, column) in zip(table.keys, table.columns) where column.commonKind != nil {
        isUsed[Int(key)] = true
      }
    }
    for claim in contents.past.claims {
      switch claim.content {
      case .property(let key, _), .form(let key, _, _): isUsed[Int(key)] = true
      default: break
      }
    }
    keyOrder = Self.order(zip(contents.propertyKeys, isUsed).map { $1 ? $0 : nil })
    keys = Self.numbers(keyOrder, count: isUsed.count)
  }

  private mutating func numberKinds(_ contents: GraphContents) {
    let all = contents.eventKinds.kinds
    let counts = contents.eventKinds.counts()
    kindOrder = all.indices.filter { counts[$0] > 0 }.sorted { all[$0] < all[$1] }
    kinds = [0] + Self.numbers(kindOrder, count: all.count).map { $0 == Self.unused ? 0 : $0 + 1 }
  }

  /// The indices of the names that are used, in the order of the names.
  private static func order(_ names: [String?]) -> [Int] {
    names.indices.filter { names[$0] != nil }.sorted { (names[$0] ?? "") < (names[$1] ?? "") }
  }

  private static func numbers(_ order: [Int], count: Int) -> [UInt16] {
    var numbers = [UInt16](repeating: unused, count: count)
    for (number, index) in order.enumerated() { numbers[index] = UInt16(number) }
    return numbers
  }

  func writeNames(of contents: GraphContents, into sink: inout some ContentsSink) {
    sink.write(labels)
    sink.write(sets.count)
    for set in sets { sink.write(FlatArray(set)) }
    sink.write(keyOrder.map { contents.propertyKeys[$0] })
    sink.write(tableOrder.map { contents.tables[$0].name })
    sink.write(edgeTypeOrder.map { contents.edgeTypes[$0].type })
    sink.write(kindOrder.map { contents.eventKinds.kinds[$0] })
  }

  /// The indices of the columns that have values, in the order of their properties' names.
  func order(of keys: [UInt16], where hasValues: (Int) -> Bool) -> [Int] {
    keys.indices.filter(hasValues).sorted { self.keys[Int(keys[$0])] < self.keys[Int(keys[$1])] }
  }

  // MARK: Strings

  private mutating func code(_ code: UInt32) -> UInt32 {
    if code == StringPool.none { return code }
    let known = codes[Int(code)]
    if known != StringPool.none { return known }
    let number = UInt32(used.count)
    codes[Int(code)] = number
    used.append(code)
    return number
  }

  mutating func codes(_ words: FlatArray<UInt32>) -> FlatArray<UInt32> {
    FlatArray(words.array.map { code($0) })
  }

  /// The codes of the first rows of a column; 0 where a row has no value.
  mutating func codes(
    _ words: FlatArray<UInt32>,
    where positions: FlatArray<UInt32>,
    count: Int
  ) -> FlatArray<UInt32> {
    var result: [UInt32] = []
    result.reserveCapacity(count)
    for row in 0..<count { result.append(positions[row] == 0 ? 0 : code(words[row])) }
    return FlatArray(result)
  }

  /// The same of a column whose strings are in a pool of their own.
  mutating func codes(
    _ column: PropertyColumn,
    of strings: StringPool,
    count: Int
  ) -> FlatArray<UInt32> {
    var result: [UInt32] = []
    for row in 0..<count {
      guard column.hasValue(at: row) else {
        result.append(0)
        continue
      }
      result.append(code(adding: strings[column.words32[row]]))
    }
    return FlatArray(result)
  }

  /// The code of a string that a dynamic column holds whole.
  private mutating func code(adding text: String) -> UInt32 {
    if let known = pool.code(of: text) { return code(known) }
    let index = added.firstIndex(of: text) ?? added.count
    if index == added.count {
      added.append(text)
      codes.append(StringPool.none)
    }
    return code(UInt32(pool.count + index))
  }

  /// The words of the keys of all edges of a type.
  mutating func keyWords(of table: EdgeTable) -> FlatArray<UInt32> {
    guard table.keyIsText.contains(true) else { return table.keyWords }
    var words = table.keyWords.array
    for index in words.indices where table.keyIsText[index % table.keyLength] {
      words[index] = code(words[index])
    }
    return FlatArray(words)
  }

  /// All strings that were used, in the order of their codes.
  func usedStrings() -> (FlatArray<UInt8>, FlatArray<UInt64>) {
    var bytes: [UInt8] = []
    var offsets: [UInt64] = [0]
    offsets.reserveCapacity(used.count + 1)
    bytes.reserveCapacity(pool.bytes.count)
    for code in used {
      if Int(code) < pool.count {
        pool.withBytes(of: code) { bytes.append(contentsOf: $0) }
      } else {
        bytes += added[Int(code) - pool.count].utf8
      }
      offsets.append(UInt64(bytes.count))
    }
    return (FlatArray(bytes), FlatArray(offsets))
  }

  // MARK: The past

  /// The claims with the numbers that they have here, in an order that depends on them alone.
  func ordered(_ claims: [PastClaim]) -> [PastClaim] {
    let renumbered = claims.map { claim in
      var claim = claim
      if case .edge(let edge) = claim.subject {
        claim.subject = .edge(
          EdgeReference(type: edgeTypes[Int(edge.type)], number: edge.number)
        )
      }
      switch claim.content {
      case .property(let key, let value): claim.content = .property(keys[Int(key)], value)
      case .form(let key, let form, let order):
        claim.content = .form(keys[Int(key)], form, order: order)
      default: break
      }
      return claim
    }
    let places = renumbered.map(\.place)
    return renumbered.indices.sorted { left, right in
      if places[left] != places[right] { return places[left] < places[right] }
      return renumbered[left].form < renumbered[right].form
    }.map { renumbered[$0] }
  }
}

extension PastClaim {
  /// What orders claims: what it is about, and then its event.
  fileprivate var place: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) {
    let subject: (UInt64, UInt64) =
      switch subject {
      case .node(let node): (0, UInt64(node.rawValue))
      case .edge(let edge): (UInt64(edge.type) + 1, UInt64(edge.number))
      }
    let part: (UInt64, UInt64, UInt64) =
      switch content {
      case .existence(let order): (0, 0, UInt64(order))
      case .property(let key, _): (1, UInt64(key), 0)
      case .form(let key, _, let order): (2, UInt64(key), UInt64(order))
      case .from: (3, 0, 0)
      case .to: (4, 0, 0)
      }
    return (subject.0, subject.1, part.0, part.1, UInt64(position.rawValue), part.2)
  }

  /// Tells claims of one event on one property apart.
  fileprivate var form: (String, String, UInt8) {
    guard case .form(_, let form, _) = content else { return ("", "", 0) }
    return (form.text, form.language, form.kind.rawValue)
  }
}

extension FlatArray<UInt16> {
  func mapped(_ numbers: [UInt16]) -> FlatArray<UInt16> {
    FlatArray(array.map { numbers[Int($0)] })
  }
}
