import Expressions
import Glibc
import GraphModel
import JSONTape

/// Decodes the data of events of any version: what validation and the fold have in common.
///
/// Not for more than one thread at a time.
final class EventReader {
  let plans: [EventPlan]
  private let typeNames: [[UInt8]]
  let decoder = DataDecoder()
  /// For data that is rewritten before it is decoded.
  private let rewriter = JSONParser()
  @exclusivity(unchecked) private var lastPlan = 0

  init(plans: [EventPlan]) {
    self.plans = plans
    typeNames = plans.map { Array($0.type.name.utf8) }
  }

  /// The plan of a type, by its number; quick where types repeat.
  func plan(of type: UnsafeRawBufferPointer) -> Int? {
    if lastPlan < typeNames.count, isEqual(typeNames[lastPlan], type) { return lastPlan }
    for number in typeNames.indices where isEqual(typeNames[number], type) {
      lastPlan = number
      return number
    }
    return nil
  }

  @inline(__always)
  private func isEqual(_ name: [UInt8], _ type: UnsafeRawBufferPointer) -> Bool {
    name.withUnsafeBytes { name in
      guard name.count == type.count, let left = name.baseAddress, let right = type.baseAddress
      else { return false }
      return memcmp(left, right, name.count) == 0
    }
  }

  /// Decodes data into the decoder's slots; the tape that they refer to.
  ///
  /// It is the one given, or one of rewritten data that is valid until the next call.
  func decode(
    _ plan: EventPlan,
    version: Int,
    _ tape: JSONTape,
    at index: Int
  ) throws(DataError) -> JSONTape {
    if version != plan.type.version { return try rewrite(plan, version: version, tape, at: index) }
    switch decoder.decode(plan.shape, tape, at: index) {
    case .fits: return tape
    case .fails(let error): throw error
    case .needsDefaults: return try rewrite(plan, version: version, tape, at: index)
    }
  }

  /// Brings data to the current version and writes out its defaults: correct, and slow.
  private func rewrite(
    _ plan: EventPlan,
    version: Int,
    _ tape: JSONTape,
    at index: Int
  ) throws(DataError) -> JSONTape {
    try plan.check(version: version)
    guard tape.kind(at: index) == .object else {
      throw DataError(path: "data", expected: "an object", found: found(at: index, of: tape))
    }
    var data = JSONText.members(of: index, of: tape)
    if version != plan.type.version { data = try plan.upcast(data, from: version) }
    data = Defaults.filled(data, plan.type.fields)
    let bytes = JSONText.bytes(of: .map(data))
    let parsed = bytes.withUnsafeBytes { bytes in
      Result { () throws(JSONError) in try rewriter.parse(bytes) }
    }
    let rewritten: JSONTape
    switch parsed {
    case .success(let tape): rewritten = tape
    case .failure(let error):
      throw DataError(path: "data", expected: "data that JSON can hold", found: error.message)
    }
    switch decoder.decode(plan.shape, rewritten, at: rewritten.root) {
    case .fits: return rewritten
    case .needsDefaults: preconditionFailure("a default was written out and is missing")
    case .fails(var error):
      if version != plan.type.version {
        let origin = "the data of version \(version) was brought to version \(plan.type.version)"
        error.hint = error.hint.map { "\($0); \(origin)" } ?? origin
      }
      throw error
    }
  }

  /// The names of the members that no declaration names, of the data decoded last.
  func unknownMembers(of tape: JSONTape) -> [String] {
    decoder.unknownMembers.map { String(decoding: tape.string(at: $0), as: UTF8.self) }
  }
}
