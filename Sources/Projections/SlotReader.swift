import GraphModel
import JSONTape
import OrderedCollections

/// Decoded data as values of their declared types: for expressions, and for what no column holds.
struct SlotReader {
  let shape: DataShape
  let tape: JSONTape
  let slots: UnsafeMutablePointer<Slot>

  /// The value in a slot of a type; null where it is absent.
  func value(_ index: Int, type: Int) -> Value {
    let slot = slots[index]
    switch slot.tag {
    case .absent: return .null
    case .date: return .date(slot.date)
    case .constant: return shape.constants[slot.index]
    case .list:
      let element = Int(shape.types[type].element)
      let stride = Int(shape.types[element].frameSize)
      return .list(
        (0..<slot.listCount).map { value(slot.listStart + $0 * stride, type: element) }
      )
    case .tape: return located(slot.index, at: index, type: type)
    }
  }

  private func located(_ place: Int, at index: Int, type: Int) -> Value {
    switch shape.types[type].kind {
    case .text:
      return .string(String(decoding: TextReader.shownForm(at: place, of: tape), as: UTF8.self))
    case .float: return .float(Self.float(at: place, of: tape))
    case .dateTime:
      guard let moment = InstantText.moment(tape.string(at: place)) else { return .null }
      return .dateTime(moment)
    case .structure:
      var members: OrderedDictionary<String, Value> = [:]
      for (number, field) in shape.fields(ofType: type).enumerated() {
        let plan = shape.plan(ofField: number, inType: type)
        members[field.name] = value(index + Int(plan.slot), type: Int(plan.type))
      }
      return .map(members)
    default: return JSONText.value(at: place, of: tape)
    }
  }

  /// The number at a place that was checked to hold one.
  @inline(__always)
  static func float(at place: Int, of tape: JSONTape) -> Double {
    switch tape.kind(at: place) {
    case .signed: Double(tape.signed(at: place))
    case .unsigned: Double(tape.unsigned(at: place))
    default: tape.float(at: place)
    }
  }
}
