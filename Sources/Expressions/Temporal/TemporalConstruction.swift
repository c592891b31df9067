import GraphModel
import OrderedCollections

/// What `date(…)`, `edtf(…)` and `duration(…)` make; for the others see the extension.
enum TemporalConstruction {
  static func date(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .date: return value
    case .dateTime(let moment): return .date(LocalDateTime(moment).date)
    case .localDateTime(let local): return .date(local.date)
    case .string(let text):
      var scanner = TemporalScanner(text)
      guard let date = scanner.date(), scanner.isAtEnd else {
        throw EvaluationError(
          .invalidArgument,
          "\"\(text)\" is not a date",
          hint: "write it as 2022-07-21, 2022-07, 2022, 2022-W29-4 or 2022-202"
        )
      }
      return .date(date)
    case .map(let map):
      let fields = try TemporalFields(map, for: "date", allowed: TemporalFields.dateFields)
      return .date(try fields.date(base: try fields.base("date").date))
    default:
      throw .mismatch("\"date\"", expected: "a string, a map or a value with a date", found: value)
    }
  }

  static func edtf(_ text: String) throws(EvaluationError) -> PartialDate {
    guard let date = PartialDate(text) else {
      throw EvaluationError(
        .invalidArgument,
        "\"\(text)\" is not a date",
        hint: "write it as 2022-07-21, 2022-07 or 2022"
      )
    }
    return date
  }

  static func duration(_ value: Value) throws(EvaluationError) -> Value {
    switch value {
    case .duration: return value
    case .string(let text):
      guard let amount = try TemporalText.parseDuration(text) else {
        throw EvaluationError(
          .invalidArgument,
          "\"\(text)\" is not a duration",
          hint: "write it as P1Y2M3DT4H5M6S, or P2W"
        )
      }
      return .duration(amount)
    case .map(let map):
      var builder = DurationBuilder()
      for (key, part) in map where !part.isNull {
        let quantity: Quantity
        switch part {
        case .integer(let whole): quantity = Quantity(whole: whole)
        case .float(let number): quantity = try Quantity(number)
        default: throw .mismatch("the field \"\(key)\"", expected: "a number", found: part)
        }
        guard try builder.add(quantity, unit: key) else {
          throw EvaluationError(
            .invalidArgument,
            "\"duration\" does not know the field \"\(key)\"",
            hint: "it knows " + DurationBuilder.unitNames.joined(separator: ", ")
          )
        }
      }
      return .duration(try builder.duration())
    default: throw .mismatch("\"duration\"", expected: "a string or a map", found: value)
    }
  }
}
