public import GraphModel

/// What an aggregate keeps while it sees the values of one group.
public protocol Accumulator {
  /// Takes the next value; nulls are skipped by every aggregate.
  mutating func add(_ value: Value) throws(EvaluationError)
  /// The result over the values so far.
  func finish() -> Value
}

/// An aggregate of the language.
public struct AggregateFunction: Sendable {
  public let name: String
  /// How many arguments it takes: the value, and a percentile.
  public let argumentCount: Int
  /// What the value may be.
  public let argumentKinds: ValueKinds
  /// What the aggregate returns, beside null.
  public let result: ValueKinds
  public let summary: String
  private let make: @Sendable (Value?) throws(EvaluationError) -> any Accumulator

  init(
    _ name: String,
    of argumentKinds: ValueKinds,
    to result: ValueKinds,
    _ summary: String,
    argumentCount: Int = 1,
    make: @escaping @Sendable (Value?) throws(EvaluationError) -> any Accumulator
  ) {
    self.name = name
    self.argumentCount = argumentCount
    self.argumentKinds = argumentKinds
    self.result = result
    self.summary = summary
    self.make = make
  }

  /// A fresh accumulator for one group.
  ///
  /// `parameter` is the second argument, of a percentile; `distinct` counts equivalent values once.
  public func accumulator(
    distinct: Bool = false,
    parameter: Value? = nil
  ) throws(EvaluationError) -> any Accumulator {
    let accumulator = try make(parameter)
    return distinct ? DistinctAccumulator(accumulator) : accumulator
  }
}

extension FunctionLibrary {
  /// The aggregates, in the order of the documentation.
  public static let aggregates: [AggregateFunction] = [
    AggregateFunction("count", of: .any, to: .integer, "how many values are not null") {
      _ throws(EvaluationError) in CountAccumulator()
    },
    AggregateFunction(
      "sum",
      of: [.number, .duration],
      to: [.number, .duration],
      "the sum; 0 of nothing"
    ) { _ throws(EvaluationError) in SumAccumulator() },
    AggregateFunction(
      "avg",
      of: [.number, .duration],
      to: [.float, .duration],
      "the mean; null of nothing"
    ) { _ throws(EvaluationError) in AverageAccumulator() },
    AggregateFunction("min", of: .any, to: .any, "the first value in the order of ORDER BY") {
      _ throws(EvaluationError) in ExtremeAccumulator(sign: -1)
    },
    AggregateFunction("max", of: .any, to: .any, "the last value in the order of ORDER BY") {
      _ throws(EvaluationError) in ExtremeAccumulator(sign: 1)
    },
    AggregateFunction("collect", of: .any, to: .list, "the values that are not null, as a list") {
      _ throws(EvaluationError) in CollectAccumulator()
    },
    AggregateFunction("stDev", of: .number, to: .float, "the standard deviation of a sample") {
      _ throws(EvaluationError) in DeviationAccumulator(isPopulation: false)
    },
    AggregateFunction(
      "stDevP",
      of: .number,
      to: .float,
      "the standard deviation of a whole population"
    ) { _ throws(EvaluationError) in DeviationAccumulator(isPopulation: true) },
    AggregateFunction(
      "percentileCont",
      of: .number,
      to: .float,
      "the percentile, interpolated between its neighbours",
      argumentCount: 2
    ) { parameter throws(EvaluationError) in
      try PercentileAccumulator("percentileCont", parameter, isContinuous: true)
    },
    AggregateFunction(
      "percentileDisc",
      of: .number,
      to: .number,
      "the value nearest to the percentile",
      argumentCount: 2
    ) { parameter throws(EvaluationError) in
      try PercentileAccumulator("percentileDisc", parameter, isContinuous: false)
    },
  ]
}

/// The aggregate `count(x)`.
public struct CountAccumulator: Accumulator {
  private var count: Int64 = 0

  public init() {}

  public mutating func add(_ value: Value) throws(EvaluationError) {
    if !value.isNull { count += 1 }
  }

  public func finish() -> Value { .integer(count) }
}

/// `sum(x)`: integers as long as all are, and exact or an error.
public struct SumAccumulator: Accumulator {
  private var sum = Value.integer(0)
  private var isEmpty = true

  public init() {}

  public mutating func add(_ value: Value) throws(EvaluationError) {
    switch value {
    case .null: return
    case .integer, .float, .duration: break
    default: throw .mismatch("\"sum\"", expected: "numbers or durations", found: value)
    }
    sum = isEmpty ? value : try ValueOperations.add(sum, value)
    isEmpty = false
  }

  public func finish() -> Value { sum }
}

/// `avg(x)`: a float, or a duration of durations.
public struct AverageAccumulator: Accumulator {
  private var sum = 0.0
  private var durations: Duration?
  private var count: Int64 = 0

  public init() {}

  public mutating func add(_ value: Value) throws(EvaluationError) {
    switch value {
    case .null: return
    case .duration(let amount) where count == 0 || durations != nil:
      durations = try (durations ?? Duration()).adding(amount)
      count += 1
    default:
      guard durations == nil, let number = ValueOperations.number(value) else {
        throw .mismatch("\"avg\"", expected: "numbers or durations, not both", found: value)
      }
      count += 1
      sum += number
    }
  }

  public func finish() -> Value {
    if count == 0 { return .null }
    guard let durations else { return .float(sum / Double(count)) }
    let average = try? durations.scaled(by: Double(count), dividing: true)
    return average.map { .duration($0) } ?? .null
  }
}

/// `min(x)` and `max(x)`: by the order of ORDER BY.
public struct ExtremeAccumulator: Accumulator {
  private var best: Value = .null
  private let sign: Int

  /// `sign` is -1 for the minimum, 1 for the maximum.
  public init(sign: Int) {
    self.sign = sign
  }

  public mutating func add(_ value: Value) throws(EvaluationError) {
    if value.isNull { return }
    if best.isNull || ValueOperations.order(value, best) * sign > 0 { best = value }
  }

  public func finish() -> Value { best }
}

/// The aggregate `collect(x)`.
public struct CollectAccumulator: Accumulator {
  private var elements: [Value] = []

  public init() {}

  public mutating func add(_ value: Value) throws(EvaluationError) {
    if value.isNull { return }
    guard elements.count < ExpressionLimits.listCount else {
      throw EvaluationError(
        .limitExceeded,
        "\"collect\" would make more than \(ExpressionLimits.listCount) elements"
      )
    }
    elements.append(value)
  }

  public func finish() -> Value { .list(elements) }
}

/// `stDev(x)` and `stDevP(x)`, by Welford's method; 0 for less than two values.
public struct DeviationAccumulator: Accumulator {
  private var count = 0.0
  private var mean = 0.0
  private var squares = 0.0
  private let isPopulation: Bool

  public init(isPopulation: Bool) {
    self.isPopulation = isPopulation
  }

  public mutating func add(_ value: Value) throws(EvaluationError) {
    if value.isNull { return }
    guard let number = ValueOperations.number(value) else {
      throw .mismatch("a standard deviation", expected: "numbers", found: value)
    }
    count += 1
    let difference = number - mean
    mean += difference / count
    squares += difference * (number - mean)
  }

  public func finish() -> Value {
    let divisor = isPopulation ? count : count - 1
    return .float(count < 2 ? 0 : (squares / divisor).squareRoot())
  }
}

/// `percentileCont(x, p)` and `percentileDisc(x, p)`; null of nothing.
public struct PercentileAccumulator: Accumulator {
  private let name: String
  private var values: [Value] = []
  private let percentile: Double
  private let isContinuous: Bool

  /// Throws for a percentile that is no number of 0…1.
  public init(
    _ name: String,
    _ percentile: Value?,
    isContinuous: Bool
  ) throws(EvaluationError) {
    guard let number = percentile.flatMap(ValueOperations.number) else {
      throw .mismatch(
        "the percentile of \"\(name)\"",
        expected: "a number",
        found: percentile ?? .null
      )
    }
    guard (0...1).contains(number) else {
      throw EvaluationError(
        .argumentOutOfRange,
        "the percentile of \"\(name)\" is \(NumberText.float(number))",
        hint: "it lies in 0…1"
      )
    }
    self.name = name
    self.percentile = number
    self.isContinuous = isContinuous
  }

  public mutating func add(_ value: Value) throws(EvaluationError) {
    if value.isNull { return }
    guard ValueOperations.number(value) != nil else {
      throw .mismatch("\"\(name)\"", expected: "numbers", found: value)
    }
    values.append(value)
  }

  public func finish() -> Value {
    let sorted = values.sorted { ValueOperations.order($0, $1) < 0 }
    guard let last = sorted.indices.last else { return .null }
    if !isContinuous {
      let rank = (percentile * Double(sorted.count)).rounded(.up)
      return sorted[min(max(Int(rank) - 1, 0), last)]
    }
    let place = percentile * Double(last)
    let lower = Int(place)
    let below = ValueOperations.number(sorted[lower]) ?? .nan
    let above = ValueOperations.number(sorted[min(lower + 1, last)]) ?? .nan
    let share = place - Double(lower)
    return .float(share == 0 ? below : below + (above - below) * share)
  }
}

/// An aggregate over distinct values.
public struct DistinctAccumulator: Accumulator {
  private var seen: Set<EquivalenceKey> = []
  private var base: any Accumulator

  public init(_ base: any Accumulator) {
    self.base = base
  }

  public mutating func add(_ value: Value) throws(EvaluationError) {
    if value.isNull { return }
    if seen.insert(EquivalenceKey(value)).inserted { try base.add(value) }
  }

  public func finish() -> Value { base.finish() }
}
