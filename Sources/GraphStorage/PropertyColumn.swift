public import GraphModel

/// The values of one property, by row: of the nodes of a table, or of the edges of a type.
///
/// A column has one physical type until a value of another type is claimed; then
/// it becomes dynamic and holds each value whole.
public struct PropertyColumn: Sendable {
  /// How a column's cells are kept.
  public enum Kind: UInt8, Hashable, BitwiseCopyable, Sendable {
    /// ``words32`` holds codes of the graph's ``StringPool``.
    case string
    /// ``words32`` holds packed ``PartialDate``s, bit for bit.
    case date
    /// ``words32`` holds 0 or 1.
    case boolean
    /// ``words64`` holds `Int64`s, bit for bit.
    case integer
    /// ``words64`` holds `Double`s, bit for bit.
    case float
    /// ``words32`` holds indices into ``values``.
    case dynamic
  }

  public private(set) var kind: Kind
  /// The event that claimed each cell; 0 where the cell holds nothing.
  public private(set) var positions = FlatArray<UInt32>()
  public private(set) var words32 = FlatArray<UInt32>()
  public private(set) var words64 = FlatArray<UInt64>()
  public private(set) var values: [Value] = []

  public init(kind: Kind) {
    self.kind = kind
  }

  init(
    kind: Kind,
    positions: FlatArray<UInt32>,
    words32: FlatArray<UInt32>,
    words64: FlatArray<UInt64>,
    values: [Value]
  ) {
    self.kind = kind
    self.positions = positions
    self.words32 = words32
    self.words64 = words64
    self.values = values
  }

  /// Rows behind the last are empty.
  public var rowCount: Int { positions.count }

  @inlinable public var isWide: Bool { kind == .integer || kind == .float }

  /// Whether the row holds a value.
  @inlinable
  public func hasValue(at row: Int) -> Bool {
    row < positions.count && positions[row] != 0
  }

  /// The value of a row, `null` where it has none.
  public func value(at row: Int, in strings: StringPool) -> Value {
    guard hasValue(at: row) else { return .null }
    return switch kind {
    case .string: .string(strings[words32[row]])
    case .date: .date(PartialDate(storedPacked: Int32(bitPattern: words32[row])))
    case .boolean: .boolean(words32[row] != 0)
    case .integer: .integer(Int64(bitPattern: words64[row]))
    case .float: .float(Double(bitPattern: words64[row]))
    case .dynamic: values[Int(words32[row])]
    }
  }

  /// Writes a cell, which makes the column dynamic where the value's type is not the column's.
  mutating func set(_ cell: Cell, at row: Int, position: UInt32, in strings: StringPool) {
    if cell.kind != kind { becomeDynamic(in: strings) }
    grow(to: row + 1)
    positions[row] = position
    switch kind {
    case .string, .date, .boolean: words32[row] = UInt32(truncatingIfNeeded: cell.bits)
    case .integer, .float: words64[row] = cell.bits
    case .dynamic:
      words32[row] = UInt32(values.count)
      values.append(cell.value(in: strings))
    }
  }

  /// Writes a cell of the column's own type into a row that is empty, or that the event itself
  /// claimed; `false` where there is more to it.
  ///
  /// The frequent case of ``set(_:at:position:in:)``, without the strings.
  mutating func claimFreely(_ cell: PlainCell, at row: Int, position: UInt32) -> Bool {
    guard cell.kind == kind else { return false }
    grow(to: row + 1)
    guard positions[row] == 0 || positions[row] == position else { return false }
    positions[row] = position
    if isWide {
      words64[row] = cell.bits
    } else {
      words32[row] = UInt32(truncatingIfNeeded: cell.bits)
    }
    return true
  }

  /// Writes cells of the column's own type into rows that are empty, or that their event itself
  /// claimed, until there is more to one.
  ///
  /// - Parameters:
  ///   - claims: of edges; those of another property are passed over.
  ///   - base: the row of the first edge.
  ///   - events: by row, the event that claims.
  ///   - codes: by the code of a string in the claims, its code here.
  /// - Returns: the index of the claim that is not written, or `nil`.
  mutating func claimFreely(
    _ claims: UnsafeBufferPointer<GraphRecording.Claim>,
    key: UInt16,
    base: Int,
    events: FlatArray<UInt32>,
    codes: UnsafeMutablePointer<StringCode>
  ) -> Int? {
    guard let last = claims.last(where: { $0.kind == .cell && $0.number == key })
    else { return nil }
    grow(to: base + Int(last.subject) + 1)
    let (rawKind, isWide) = (kind.rawValue, isWide)
    let events = events.address
    let positions = positions.writableAddress
    let words32 = isWide ? nil : words32.writableAddress
    let words64 = isWide ? words64.writableAddress : nil
    for (index, claim) in claims.enumerated() where claim.number == key && claim.kind == .cell {
      let row = base + Int(claim.subject)
      guard claim.detail == rawKind, positions[row] == 0 || positions[row] == events[row] else {
        return index
      }
      positions[row] = events[row]
      if let words64 {
        words64[row] = claim.bits
      } else {
        words32.unsafelyUnwrapped[row] =
          kind == .string ? codes[Int(claim.bits)] : UInt32(truncatingIfNeeded: claim.bits)
      }
    }
    return nil
  }

  /// Empties a cell.
  mutating func clear(_ row: Int) {
    positions[row] = 0
    if isWide { words64[row] = 0 } else { words32[row] = 0 }
  }

  /// Moves a cell's claim to another event that claims the same.
  mutating func setPosition(_ position: UInt32, at row: Int) {
    positions[row] = position
  }

  /// The type that all values of the column have; `dynamic` where they differ, and `nil` where
  /// there is none.
  ///
  /// It does not tell what the column held before, as ``kind`` may.
  var commonKind: Kind? {
    var common: Kind?
    for row in 0..<positions.count where positions[row] != 0 {
      let kind = kind == .dynamic ? Cell(values[Int(words32[row])]).keptKind : kind
      if kind == .dynamic || (common != nil && common != kind) { return .dynamic }
      if self.kind != .dynamic { return kind }
      common = kind
    }
    return common
  }

  /// The column with the kind that its values have, and `nil` where it has none.
  func normalized(_ strings: inout StringPool) -> PropertyColumn? {
    guard let common = commonKind else { return nil }
    guard kind == .dynamic, common != .dynamic else { return self }
    var column = PropertyColumn(kind: common)
    for row in 0..<positions.count where positions[row] != 0 {
      let value = values[Int(words32[row])]
      var cell = Cell(value)
      if case .string(let text) = value { cell = Cell(.string(strings.intern(text))) }
      column.set(cell, at: row, position: positions[row], in: strings)
    }
    return column
  }

  /// The column whose row `n` is what row `formerRows[n]` was.
  func permuted(_ formerRows: [UInt32]) -> PropertyColumn {
    PropertyColumn(
      kind: kind,
      positions: positions.permuted(formerRows, filler: 0),
      words32: isWide ? FlatArray() : words32.permuted(formerRows, filler: 0),
      words64: isWide ? words64.permuted(formerRows, filler: 0) : FlatArray(),
      values: values
    )
  }

  /// The cell of a row, or `nil` where it is empty.
  func cell(at row: Int) -> Cell? {
    guard hasValue(at: row) else { return nil }
    return switch kind {
    case .string, .date, .boolean: Cell(PlainCell(kind: kind, bits: UInt64(words32[row])))
    case .integer, .float: Cell(PlainCell(kind: kind, bits: words64[row]))
    case .dynamic: Cell(values[Int(words32[row])])
    }
  }

  private mutating func grow(to count: Int) {
    positions.grow(to: count, with: 0)
    if isWide { words64.grow(to: count, with: 0) } else { words32.grow(to: count, with: 0) }
  }

  private mutating func becomeDynamic(in strings: StringPool) {
    guard kind != .dynamic else { return }
    var indices = FlatArray<UInt32>()
    for row in 0..<positions.count {
      indices.append(UInt32(values.count))
      if positions[row] != 0 { values.append(value(at: row, in: strings)) }
    }
    kind = .dynamic
    words32 = indices
    words64 = FlatArray()
  }
}

/// A property value that a column of its type keeps as it is: 64 bits and what they mean.
///
/// All values but those of dynamic columns are.
public struct PlainCell: BitwiseCopyable, Sendable {
  public let kind: PropertyColumn.Kind
  let bits: UInt64

  init(kind: PropertyColumn.Kind, bits: UInt64) {
    self.kind = kind
    self.bits = bits
  }

  /// A string that has been interned where the value goes.
  public static func string(_ code: StringCode) -> Self { Self(kind: .string, bits: UInt64(code)) }
  public static func integer(_ value: Int64) -> Self {
    Self(kind: .integer, bits: UInt64(bitPattern: value))
  }
  public static func float(_ value: Double) -> Self { Self(kind: .float, bits: value.bitPattern) }
  public static func boolean(_ value: Bool) -> Self { Self(kind: .boolean, bits: value ? 1 : 0) }

  /// `nil` for a date whose year is millions away.
  public static func date(_ value: PartialDate) -> Self? {
    value.storedPacked.map { Self(kind: .date, bits: UInt64(UInt32(bitPattern: $0))) }
  }

  /// The cell as a word of an edge's key; `nil` where it takes a text to say it.
  ///
  /// - Parameter isText: whether the words of the key are codes of texts.
  public func keyWord(isText: Bool) -> UInt32? {
    switch kind {
    case .string where isText: UInt32(truncatingIfNeeded: bits)
    case .date where !isText, .boolean where !isText: UInt32(truncatingIfNeeded: bits)
    default: nil
    }
  }
}

/// A property value on its way into a column.
public struct Cell: Sendable {
  public let kind: PropertyColumn.Kind
  let bits: UInt64
  private let boxed: Value?

  public init(_ plain: PlainCell) {
    self.init(kind: plain.kind, bits: plain.bits)
  }

  /// The same, where its type has columns of its own.
  public var plain: PlainCell? { kind == .dynamic ? nil : PlainCell(kind: kind, bits: bits) }

  private init(kind: PropertyColumn.Kind, bits: UInt64, boxed: Value? = nil) {
    self.kind = kind
    self.bits = bits
    self.boxed = boxed
  }

  public static func date(_ value: PartialDate) -> Cell { Cell(.date(value)) }

  /// A value of any type but null; strings need ``GraphBuilder/cell(for:)`` to reach a string column.
  public init(_ value: Value) {
    switch value {
    case .boolean(let flag): self.init(PlainCell.boolean(flag))
    case .integer(let number): self.init(PlainCell.integer(number))
    case .float(let number): self.init(PlainCell.float(number))
    case .date(let date) where date.storedPacked != nil:
      self.init(kind: .date, bits: UInt64(UInt32(truncatingIfNeeded: date.packed)))
    default: self.init(kind: .dynamic, bits: 0, boxed: value)
    }
  }

  func value(in strings: StringPool) -> Value { value { strings[$0] } }

  /// - Parameter text: the string with a code.
  func value(_ text: (StringCode) -> String) -> Value {
    if let boxed { return boxed }
    return switch kind {
    case .string: .string(text(StringCode(truncatingIfNeeded: bits)))
    case .date:
      .date(PartialDate(storedPacked: Int32(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case .boolean: .boolean(bits != 0)
    case .integer: .integer(Int64(bitPattern: bits))
    case .float: .float(Double(bitPattern: bits))
    case .dynamic: preconditionFailure("a dynamic cell holds its value")
    }
  }

  /// How a column keeps a value that a dynamic one holds whole.
  fileprivate var keptKind: PropertyColumn.Kind {
    if case .string = boxed { .string } else { kind }
  }
}
