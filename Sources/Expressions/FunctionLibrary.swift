public import GraphModel

/// A function of values, which needs no graph.
public struct ScalarFunction: Sendable {
  /// When two calls with the same arguments may differ.
  public enum Volatility: Hashable, Sendable {
    /// Never: the call may be folded into a constant, and stand in a schema.
    case immutable
    /// From query to query: it is the clock; evaluated once a query.
    case stable
    /// From call to call.
    case volatile
  }

  /// The documented spelling; names are looked up without regard to case.
  public let name: String
  public let arguments: ClosedRange<Int>
  /// What each argument may be, the last one repeated for all that follow.
  public let argumentKinds: [ValueKinds]
  /// What the function returns, beside null.
  public let result: ValueKinds
  /// One line about what it does.
  public let summary: String
  /// What a call is that has no arguments, for the functions that then read the clock.
  private let volatilityWithoutArguments: Volatility
  private let returnsNullForNull: Bool
  private let mismatchKind: EvaluationError.Kind
  private let body: @Sendable ([Value]) throws(EvaluationError) -> Value

  init(
    _ name: String,
    _ arguments: ClosedRange<Int>,
    of argumentKinds: [ValueKinds],
    to result: ValueKinds,
    _ summary: String,
    volatilityWithoutArguments: Volatility = .immutable,
    returnsNullForNull: Bool = true,
    mismatchKind: EvaluationError.Kind = .typeMismatch,
    body: @escaping @Sendable ([Value]) throws(EvaluationError) -> Value
  ) {
    self.name = name
    self.arguments = arguments
    self.argumentKinds = argumentKinds
    self.result = result
    self.summary = summary
    self.volatilityWithoutArguments = volatilityWithoutArguments
    self.returnsNullForNull = returnsNullForNull
    self.mismatchKind = mismatchKind
    self.body = body
  }

  /// Whether every call of it, with any number of arguments, gives the same for the same.
  public var isDeterministic: Bool { volatilityWithoutArguments == .immutable }

  /// When two calls with `count` same arguments may differ.
  public func volatility(argumentCount count: Int) -> Volatility {
    count == 0 ? volatilityWithoutArguments : .immutable
  }

  /// Calls the function, after checking the number and the types of the arguments.
  ///
  /// `now` is what a stable function without arguments takes for the time; the clock is read
  /// where it is `nil`.
  public func evaluate(
    _ values: [Value],
    now: DateTime? = nil
  ) throws(EvaluationError) -> Value {
    guard arguments.contains(values.count) else {
      throw EvaluationError(
        .wrongArgumentCount,
        "\"\(name)\" takes \(countText), not \(values.count)"
      )
    }
    if values.isEmpty, volatilityWithoutArguments == .stable {
      return try body([.dateTime(now ?? .now())])
    }
    for (index, value) in values.enumerated() {
      if value.isNull {
        if returnsNullForNull { return .null }
        continue
      }
      guard let expected = kinds(ofArgument: index), expected != .any else { continue }
      if !expected.isSuperset(of: ValueKinds(of: value)) {
        let place = values.count > 1 ? " as argument \(index + 1)" : ""
        throw EvaluationError(
          mismatchKind,
          "\"\(name)\" expects \(expected)\(place), not \(value.typeName)"
        )
      }
    }
    return try body(values)
  }

  /// What the argument at `index`, from 0, may be; `nil` where the function takes none.
  public func kinds(ofArgument index: Int) -> ValueKinds? {
    index < argumentKinds.count ? argumentKinds[index] : argumentKinds.last
  }

  private var countText: String {
    func plural(_ count: Int) -> String { count == 1 ? "1 argument" : "\(count) arguments" }
    if arguments.lowerBound == arguments.upperBound { return plural(arguments.lowerBound) }
    if arguments.upperBound == Int.max { return "at least " + plural(arguments.lowerBound) }
    return "\(arguments.lowerBound) to \(plural(arguments.upperBound))"
  }
}

/// The functions and aggregates of the language that need no graph.
public enum FunctionLibrary {
  private static let all: [ScalarFunction] =
    TextFunctions.all + NumberFunctions.all + ListFunctions.all + ConversionFunctions.all
    + TemporalFunctions.all

  /// Other spellings of functions.
  private static let synonyms = [
    "lower": "tolower", "upper": "toupper", "character_length": "char_length",
    "ceiling": "ceil", "ln": "log",
  ]

  /// What functions of other languages are called here.
  private static let foreignNames = [
    "uppercase": "toUpper", "ucase": "toUpper", "lowercase": "toLower", "lcase": "toLower",
    "len": "size", "cardinality": "size", "array_length": "size", "substr": "substring",
    "ifnull": "coalesce", "nvl": "coalesce", "isnull": "coalesce", "now": "datetime",
    "current_date": "date", "today": "date", "current_timestamp": "datetime", "power": "^",
    "pow": "^", "array_agg": "collect", "group_concat": "collect", "mean": "avg",
    "average": "avg", "instr": "contains", "regexp_matches": "=~", "concat": "+",
    "cast": "toInteger", "int": "toInteger", "str": "toString", "float": "toFloat",
    "elementid": "id", "truncate": "date.truncate", "median": "percentileCont",
  ]

  private static let byName: [String: ScalarFunction] = {
    var result: [String: ScalarFunction] = [:]
    for function in all { result[function.name.lowercased()] = function }
    for (synonym, name) in synonyms { result[synonym] = result[name] }
    return result
  }()

  /// The function of a name, without regard to case.
  public static func scalar(named name: String) -> ScalarFunction? {
    byName[name] ?? byName[name.lowercased()]
  }

  /// The documented spellings, and the other ones, sorted.
  public static let names: [String] = (all.map(\.name) + synonyms.keys).sorted()

  /// The aggregate of a name, without regard to case.
  public static func aggregate(named name: String) -> AggregateFunction? {
    let lowered = name.lowercased()
    return aggregates.first { $0.name.lowercased() == lowered }
  }

  /// The known name that a misspelled one most likely means.
  ///
  /// `others` are names that the caller knows beside the library's.
  public static func suggestion(for name: String, among others: [String] = []) -> String? {
    if let known = foreignNames[name.lowercased()] { return known }
    let written = Array(name.lowercased().unicodeScalars.map(\.value))
    var best: (name: String, distance: Int)?
    for candidate in names + aggregates.map(\.name) + others {
      let scalars = Array(candidate.lowercased().unicodeScalars.map(\.value))
      let limit = max(1, min(3, written.count / 3))
      guard let distance = EditDistance.between(written, scalars, limit: limit) else { continue }
      if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
  }
}
