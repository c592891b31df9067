import GraphModel
import GraphStorage
import JSONTape

/// The declared shape of an event's data as flat tables, for the decoder to read.
///
/// A value of a type takes a fixed number of slots (``TypePlan/frameSize``): a
/// scalar or a list one, a structure one for itself and then those of its
/// fields. Immutable once made, which is what makes it safe to share.
final class DataShape: @unchecked Sendable {
  struct TypePlan {
    var kind: Kind
    /// Whether some field has a default.
    var hasDefaults = false
    /// The type of a list's elements.
    var element: Int32 = 0
    var firstField: Int32 = 0
    var fieldCount: Int32 = 0
    var requiredCount: Int32 = 0
    var frameSize: Int32 = 1
  }

  enum Kind: UInt8 {
    case id, string, text, integer, float, boolean, date, dateTime, map, any, list, structure
  }

  struct FieldPlan {
    var name: UnsafePointer<UInt8>
    /// The first bytes of the name, as ``JSONTape/prefix(at:)`` has them.
    var namePrefix: UInt64
    var nameCount: Int32
    var type: Int32
    /// Relative to the structure's own slot.
    var slot: Int32
    var isOptional: Bool
    var missing: Missing
    /// For ``Missing/constant``.
    var constant: Int32
  }

  /// What a field is when it is missing.
  enum Missing: UInt8 {
    case absent, constant, emptyList
    /// A list or structure with something in it, which the data is rewritten to hold.
    case composite
  }

  let fields: [Field]
  /// The structure that the data is.
  let root: Int
  let types: UnsafeMutableBufferPointer<TypePlan>
  let fieldPlans: UnsafeMutableBufferPointer<FieldPlan>
  private let names: UnsafeMutableBufferPointer<UInt8>
  /// What each type is, by its number.
  let fieldTypes: [FieldType]
  /// For each structure type its fields, for messages and for values.
  private let fieldsOfType: [[Field]]
  let constants: [Value]
  /// Whether some default can only be had by rewriting the data.
  let hasCompositeDefaults: Bool

  init(_ fields: [Field]) {
    var builder = ShapeBuilder()
    root = builder.type(.structure(fields))
    self.fields = fields
    types = .allocate(capacity: builder.types.count)
    _ = types.initialize(from: builder.types)
    names = .allocate(capacity: max(1, builder.names.count))
    _ = names.initialize(from: builder.names)
    fieldPlans = .allocate(capacity: max(1, builder.fields.count))
    for (index, field) in builder.fields.enumerated() {
      let start = UnsafePointer(names.baseAddress.unsafelyUnwrapped + builder.nameStarts[index])
      var plan = field
      plan.name = start
      (fieldPlans.baseAddress.unsafelyUnwrapped + index).initialize(to: plan)
    }
    fieldTypes = builder.fieldTypes
    fieldsOfType = builder.fieldTypes.map {
      if case .structure(let fields) = $0 { fields } else { [] }
    }
    constants = builder.constants
    hasCompositeDefaults = builder.fields.contains { $0.missing == .composite }
  }

  deinit {
    types.deallocate()
    fieldPlans.deallocate()
    names.deallocate()
  }

  /// The declared fields of a structure type.
  func fields(ofType type: Int) -> [Field] { fieldsOfType[type] }

  /// The plan of a structure's field, by its place among the declared fields.
  func plan(ofField field: Int, inType type: Int) -> FieldPlan {
    fieldPlans[Int(types[type].firstField) + field]
  }
}

/// Collects the tables of a ``DataShape``.
private struct ShapeBuilder {
  var types: [DataShape.TypePlan] = []
  var fields: [DataShape.FieldPlan] = []
  var nameStarts: [Int] = []
  var names: [UInt8] = []
  var fieldTypes: [FieldType] = []
  var constants: [Value] = []

  mutating func type(_ type: FieldType) -> Int {
    let number = types.count
    types.append(DataShape.TypePlan(kind: type.kind))
    fieldTypes.append(type)
    switch type {
    case .list(let element): types[number].element = Int32(self.type(element))
    case .structure(let fields): structure(fields, number: number)
    default: break
    }
    return number
  }

  private mutating func structure(_ declared: [Field], number: Int) {
    let fieldTypes = declared.map { type($0.type) }
    types[number].firstField = Int32(fields.count)
    types[number].fieldCount = Int32(declared.count)
    var slot: Int32 = 1
    // A name is read through a pointer into the table of names, which is not there yet.
    let noName = UnsafePointer<UInt8>(bitPattern: 1).unsafelyUnwrapped
    for (field, type) in zip(declared, fieldTypes) {
      var plan = DataShape.FieldPlan(
        name: noName,
        namePrefix: field.name.utf8.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) },
        nameCount: Int32(field.name.utf8.count),
        type: Int32(type),
        slot: slot,
        isOptional: field.isOptional || field.defaultValue != nil,
        missing: .absent,
        constant: 0
      )
      switch field.defaultValue {
      case nil, .null?: break
      case .list(let elements)? where elements.isEmpty: plan.missing = .emptyList
      case .list?, .map?: plan.missing = .composite
      case let value? where field.type.isScalarSlot:
        plan.missing = .constant
        plan.constant = Int32(constants.count)
        constants.append(value)
      default: plan.missing = .composite
      }
      if plan.missing != .absent { types[number].hasDefaults = true }
      if !plan.isOptional { types[number].requiredCount += 1 }
      nameStarts.append(names.count)
      names += field.name.utf8
      fields.append(plan)
      slot += types[type].frameSize
    }
    types[number].frameSize = slot
  }
}

extension FieldType {
  var kind: DataShape.Kind {
    switch self {
    case .id: .id
    case .string: .string
    case .text: .text
    case .integer: .integer
    case .float: .float
    case .boolean: .boolean
    case .date: .date
    case .dateTime: .dateTime
    case .map: .map
    case .any: .any
    case .list: .list
    case .structure: .structure
    }
  }

  /// Whether a default of this type is one value that a slot can point to.
  fileprivate var isScalarSlot: Bool {
    switch self {
    case .list, .structure, .map, .any: false
    default: true
    }
  }
}

/// Where the decoder found a value, or what it is.
///
/// Four bits of tag, 28 of a place, 32 of anything else.
struct Slot {
  enum Tag: UInt8 {
    case absent, tape, date, constant, list
  }

  /// Places from here on do not fit; no event of a sensible size has so many.
  static let placeEnd = 1 << 28

  private var bits: UInt64

  // A tape slot of a string that knows its code.
  private static var internedTag: UInt8 { 5 }

  static var absent: Slot { Slot(.absent, place: 0, rest: 0) }

  @inline(__always)
  private init(_ tag: Tag, place: Int, rest: UInt32) {
    self.init(rawTag: tag.rawValue, place: place, rest: rest)
  }

  @inline(__always)
  private init(rawTag: UInt8, place: Int, rest: UInt32) {
    bits = UInt64(rawTag) << 60 | UInt64(truncatingIfNeeded: place) << 32 | UInt64(rest)
  }

  @inline(__always)
  init(tape index: Int) {
    self.init(.tape, place: index, rest: 0)
  }

  @inline(__always)
  init(date: PartialDate) {
    self.init(.date, place: 0, rest: UInt32(truncatingIfNeeded: date.packed))
  }

  @inline(__always)
  init(constant index: Int) {
    self.init(.constant, place: index, rest: 0)
  }

  /// The frames of a list's elements start at a slot, one behind the other.
  @inline(__always)
  init(listAt start: Int, count: Int) {
    self.init(.list, place: start, rest: UInt32(truncatingIfNeeded: count))
  }

  /// A string's slot that says what its code is in the graph's pool.
  @inline(__always)
  func interned(_ code: StringCode) -> Slot {
    Slot(rawTag: Self.internedTag, place: index, rest: code)
  }

  @inline(__always) var tag: Tag {
    let raw = UInt8(bits >> 60)
    return raw >= Self.internedTag ? .tape : Tag(rawValue: raw).unsafelyUnwrapped
  }
  @inline(__always) var isAbsent: Bool { bits == 0 }
  /// Of a tape slot the index in the tape, of a constant its number.
  @inline(__always) var index: Int { Int(bits >> 32 & 0xFFF_FFFF) }
  @inline(__always) var date: PartialDate {
    PartialDate(storedPacked: Int32(truncatingIfNeeded: bits))
  }
  @inline(__always) var listStart: Int { index }
  @inline(__always) var listCount: Int { Int(bits & 0xFFFF_FFFF) }

  /// Of a string's slot: its code in the graph's pool, once it was asked for.
  @inline(__always) var code: StringCode? {
    UInt8(bits >> 60) == Self.internedTag ? UInt32(truncatingIfNeeded: bits) : nil
  }
}
