import GraphModel
import Glibc
import JSONTape
import SourceText

/// Checks an event's data against its shape and notes where each value stands, in one pass.
///
/// What it found is in ``slots`` until the next call. It makes no strings, boxes
/// or dictionaries while the data fits. Not for more than one thread at a time.
final class DataDecoder {
  /// How many elements a list may have.
  static let listCountMax = 10_000
  /// How many UTF-8 bytes an id may have.
  static let idByteCountMax = 512

  enum Outcome {
    case fits
    /// A default has to be written into the data first.
    case needsDefaults
    case fails(DataError)
  }

  // No access to what follows overlaps another.
  @exclusivity(unchecked) private(set) var slots: UnsafeMutablePointer<Slot>
  private var capacity = 1024
  @exclusivity(unchecked) private var count = 0
  @exclusivity(unchecked) private var failure: Failure?
  @exclusivity(unchecked) private var needsDefaults = false
  /// The names of members that no declaration names, as indices into the tape; the first 16.
  @exclusivity(unchecked) private(set) var unknownMembers: [Int] = []
  @exclusivity(unchecked) private(set) var unknownMemberCount = 0

  private struct Failure {
    var expected: String
    var found: String
    var hint: String?
    /// Innermost first; an index is written `[2]`, a field `.name`.
    var path: [String] = []
  }

  init() {
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: .absent, count: capacity)
  }

  deinit {
    slots.deallocate()
  }

  /// Reads the value at an index of a tape; `path` is what it is called in errors.
  func decode(
    _ shape: DataShape,
    _ tape: JSONTape,
    at index: Int,
    path: String = "data"
  ) -> Outcome {
    count = 0
    needsDefaults = false
    if unknownMemberCount > 0 {
      unknownMemberCount = 0
      unknownMembers.removeAll(keepingCapacity: true)
    }
    guard tape.index(after: index) < Slot.placeEnd else {
      return .fails(
        DataError(path: path, expected: "an event's data", found: "more than an event can hold")
      )
    }
    let base = reserve(Int(shape.types[shape.root].frameSize))
    guard value(shape, shape.root, tape, at: index, into: base) else {
      let failed = failure.take() ?? Failure(expected: "data that fits", found: "other data")
      let place = failed.path.reversed().joined()
      return .fails(
        DataError(
          path: path + place,
          expected: failed.expected,
          found: failed.found,
          hint: failed.hint
        )
      )
    }
    return needsDefaults ? .needsDefaults : .fits
  }

  /// Makes room for absent slots.
  private func reserve(_ slotCount: Int) -> Int {
    let start = count
    count += slotCount
    if count > capacity { grow() }
    (slots + start).update(repeating: .absent, count: slotCount)
    return start
  }

  private func grow() {
    let newCapacity = max(capacity * 2, count)
    let larger = UnsafeMutablePointer<Slot>.allocate(capacity: newCapacity)
    larger.initialize(repeating: .absent, count: newCapacity)
    larger.update(from: slots, count: capacity)
    slots.deallocate()
    slots = larger
    capacity = newCapacity
  }

  // MARK: Values

  private func value(
    _ shape: DataShape,
    _ type: Int,
    _ tape: JSONTape,
    at index: Int,
    into slot: Int
  ) -> Bool {
    let kind = tape.kind(at: index)
    switch shape.types[type].kind {
    case .id:
      guard kind == .string else { break }
      let byteCount = tape.string(at: index).count
      guard byteCount > 0 else { break }
      guard byteCount <= Self.idByteCountMax else {
        return fail(
          expected: "an id of at most \(Self.idByteCountMax) bytes",
          found: "one of \(byteCount)"
        )
      }
      slots[slot] = Slot(tape: index)
      return true
    case .string:
      guard kind == .string else { break }
      slots[slot] = Slot(tape: index)
      return true
    case .text: return text(tape, at: index, into: slot)
    case .integer:
      if kind == .unsigned {
        return fail(
          expected: "an integer of at most \(Int64.max)",
          found: found(at: index, of: tape)
        )
      }
      guard kind == .signed else { break }
      slots[slot] = Slot(tape: index)
      return true
    case .float:
      guard kind == .float || kind == .signed || kind == .unsigned else { break }
      slots[slot] = Slot(tape: index)
      return true
    case .boolean:
      guard kind == .true || kind == .false else { break }
      slots[slot] = Slot(tape: index)
      return true
    case .date: return date(tape, at: index, into: slot)
    case .dateTime: return moment(tape, at: index, into: slot)
    case .map:
      guard kind == .object else { break }
      slots[slot] = Slot(tape: index)
      return true
    case .any:
      slots[slot] = Slot(tape: index)
      return true
    case .list:
      guard kind == .array else { break }
      return list(shape, Int(shape.types[type].element), tape, at: index, into: slot)
    case .structure:
      guard kind == .object else { break }
      return structure(shape, type, tape, at: index, into: slot)
    }
    return fail(expected: shape.fieldTypes[type].expectation, found: found(at: index, of: tape))
  }

  private func date(_ tape: JSONTape, at index: Int, into slot: Int) -> Bool {
    switch DateReader.read(at: index, of: tape) {
    case .value(let date):
      slots[slot] = Slot(date: date)
      return true
    case .failure(let expected, let found, let hint):
      return fail(expected: expected, found: found, hint: hint)
    }
  }

  private func moment(_ tape: JSONTape, at index: Int, into slot: Int) -> Bool {
    switch InstantText.read(at: index, of: tape) {
    case .value:
      slots[slot] = Slot(tape: index)
      return true
    case .failure(let expected, let found, let hint):
      return fail(expected: expected, found: found, hint: hint)
    }
  }

  private func text(_ tape: JSONTape, at index: Int, into slot: Int) -> Bool {
    guard let failed = TextReader.forEachForm(at: index, of: tape, { _ in }) else {
      slots[slot] = Slot(tape: index)
      return true
    }
    _ = fail(expected: failed.expected, found: failed.found, hint: failed.hint)
    if !failed.path.isEmpty { failure?.path.append(failed.path) }
    return false
  }

  private func list(
    _ shape: DataShape,
    _ element: Int,
    _ tape: JSONTape,
    at index: Int,
    into slot: Int
  ) -> Bool {
    let elementCount = tape.count(at: index)
    guard elementCount <= Self.listCountMax else {
      return fail(
        expected: "a list of at most \(Self.listCountMax) elements",
        found: "one of \(elementCount)"
      )
    }
    let size = Int(shape.types[element].frameSize)
    let start = reserve(elementCount * size)
    slots[slot] = Slot(listAt: start, count: elementCount)
    var child = tape.firstChild(of: index)
    for number in 0..<elementCount {
      guard value(shape, element, tape, at: child, into: start + number * size) else {
        failure?.path.append("[\(number)]")
        return false
      }
      child = tape.index(after: child)
    }
    return true
  }

  private func structure(
    _ shape: DataShape,
    _ type: Int,
    _ tape: JSONTape,
    at index: Int,
    into base: Int
  ) -> Bool {
    let plan = shape.types.baseAddress.unsafelyUnwrapped + type
    let fields = shape.fieldPlans.baseAddress.unsafelyUnwrapped + Int(plan.pointee.firstField)
    slots[base] = Slot(tape: index)
    var required: Int32 = 0
    var expected: Int32 = 0
    var member = tape.firstChild(of: index)
    let end = tape.end(of: index)
    while member < end {
      let valueIndex = member + 1
      let fieldCount = plan.pointee.fieldCount
      guard let number = find(member, of: tape, in: fields, fieldCount, startingAt: expected)
      else {
        noteUnknown(member)
        member = tape.index(after: valueIndex)
        continue
      }
      member = tape.index(after: valueIndex)
      expected = number + 1
      let field = fields + Int(number)
      if field.pointee.isOptional, tape.kind(at: valueIndex) == .null { continue }
      let slot = base + Int(field.pointee.slot)
      guard slots[slot].isAbsent else {
        _ = fail(expected: "one value", found: "two members of that name")
        return inField(number, of: type, shape)
      }
      guard value(shape, Int(field.pointee.type), tape, at: valueIndex, into: slot) else {
        return inField(number, of: type, shape)
      }
      if !field.pointee.isOptional { required += 1 }
    }
    guard required == plan.pointee.requiredCount else {
      return missing(shape, type, tape, at: index, base: base)
    }
    if plan.pointee.hasDefaults { fillDefaults(fields, plan.pointee.fieldCount, base: base) }
    return true
  }

  /// The place of the field of that name, which most often is the one behind the last.
  @inline(__always)
  private func find(
    _ member: Int,
    of tape: JSONTape,
    in fields: UnsafePointer<DataShape.FieldPlan>,
    _ fieldCount: Int32,
    startingAt expected: Int32
  ) -> Int32? {
    let name = tape.string(at: member)
    let prefix = tape.prefix(at: member)
    let bytes = name.baseAddress.unsafelyUnwrapped
    var number = expected
    for _ in 0..<fieldCount {
      if number >= fieldCount { number = 0 }
      let field = fields + Int(number)
      if field.pointee.namePrefix == prefix, Int(field.pointee.nameCount) == name.count,
        name.count <= 8 || memcmp(field.pointee.name, bytes, name.count) == 0
      {
        return number
      }
      number += 1
    }
    return nil
  }

  private func fillDefaults(
    _ fields: UnsafePointer<DataShape.FieldPlan>,
    _ fieldCount: Int32,
    base: Int
  ) {
    for number in 0..<fieldCount {
      let field = fields + Int(number)
      let slot = base + Int(field.pointee.slot)
      guard field.pointee.missing != .absent, slots[slot].isAbsent else { continue }
      switch field.pointee.missing {
      case .constant: slots[slot] = Slot(constant: Int(field.pointee.constant))
      case .emptyList: slots[slot] = Slot(listAt: 0, count: 0)
      case .composite: needsDefaults = true
      case .absent: break
      }
    }
  }

  // MARK: Failures

  private func fail(expected: String, found: String, hint: String? = nil) -> Bool {
    failure = Failure(expected: expected, found: found, hint: hint)
    return false
  }

  private func inField(_ number: Int32, of type: Int, _ shape: DataShape) -> Bool {
    failure?.path.append("." + shape.fields(ofType: type)[Int(number)].name)
    return false
  }

  private func missing(
    _ shape: DataShape,
    _ type: Int,
    _ tape: JSONTape,
    at index: Int,
    base: Int
  ) -> Bool {
    let fields = shape.fields(ofType: type)
    for (number, field) in fields.enumerated() {
      let plan = shape.plan(ofField: number, inType: type)
      guard !plan.isOptional, slots[base + Int(plan.slot)].isAbsent else { continue }
      let unknown = unknownNames(in: index, of: tape, fields: fields)
      let hint =
        nearest(to: field.name, among: unknown).map {
          "is \(quoted($0)) meant to be \(quoted(field.name))?"
        } ?? (unknown.isEmpty ? nil : "no field is called \(listed(Array(unknown.prefix(3))))")
      _ = fail(expected: field.type.expectation, found: "nothing", hint: hint)
      return inField(Int32(number), of: type, shape)
    }
    return fail(expected: "all required fields", found: "fewer")
  }

  private func unknownNames(in object: Int, of tape: JSONTape, fields: [Field]) -> [String] {
    var names: [String] = []
    var member = tape.firstChild(of: object)
    let end = tape.end(of: object)
    while member < end {
      let name = String(decoding: tape.string(at: member), as: UTF8.self)
      if !fields.contains(where: { $0.name == name }) { names.append(name) }
      member = tape.index(after: member + 1)
    }
    return names
  }

  private func noteUnknown(_ member: Int) {
    unknownMemberCount += 1
    if unknownMembers.count < 16 { unknownMembers.append(member) }
  }
}
