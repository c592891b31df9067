import Expressions
import GraphModel
import SourceText

/// One aggregate over all groups.
class Fold {
  let context: ExecutionContext
  let span: SourceSpan
  let argument: Evaluator?
  /// Finds the values that a group has had already, for DISTINCT.
  private var seen: SeenValues?

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ argument: Evaluator?,
    distinct: Bool
  ) {
    self.context = context
    self.span = span
    self.argument = argument
    seen = distinct ? SeenValues(context) : nil
  }

  static func make(
    _ context: ExecutionContext,
    _ assignment: AggregateAssignment,
    _ evaluators: EvaluatorBuilder,
    weight: Int?
  ) -> Fold {
    let aggregate = assignment.aggregate
    let argument = aggregate.arguments.first.map(evaluators.make)
    let span = assignment.span
    let distinct = aggregate.distinct
    switch aggregate.name {
    case "count":
      return CountFold(context, span, argument, distinct: distinct, weight: weight)
    case "sum": return SumFold(context, span, argument, distinct: distinct)
    case "min":
      return ExtremeFold(context, span, argument, distinct: false, wantsLess: true)
    case "max":
      return ExtremeFold(context, span, argument, distinct: false, wantsLess: false)
    case "collect": return CollectFold(context, span, argument, distinct: distinct)
    default:
      return LibraryFold(
        context,
        span,
        argument,
        distinct: distinct,
        name: aggregate.name,
        parameter: aggregate.arguments.count > 1 ? evaluators.make(aggregate.arguments[1]) : nil
      )
    }
  }

  func restart() {
    if seen != nil { seen = SeenValues(context) }
  }

  func grow(to count: Int) {}

  final func add(
    _ chunk: Chunk,
    _ rows: Rows,
    _ groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    guard let argument else {
      try fold(chunk, Vector.nothing(), rows, groups)
      return
    }
    let values = try argument.evaluate(chunk, rows)
    guard let seen else {
      try fold(chunk, values, rows, groups)
      return
    }
    let new = Selection(capacity: rows.count)
    let newGroups = UnsafeMutablePointer<UInt32>.allocate(capacity: max(rows.count, 1))
    defer { newGroups.deallocate() }
    try seen.select(values, rows, groups, into: new, newGroups)
    try fold(chunk, values, new.rows, newGroups)
  }

  /// Takes the values of some rows into their groups.
  func fold(
    _ chunk: Chunk,
    _ values: Vector,
    _ rows: Rows,
    _ groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    preconditionFailure("every fold folds")
  }

  func result(_ groups: Range<Int>) throws(QueryError) -> Vector {
    preconditionFailure("every fold has a result")
  }
}

final class CountFold: Fold {
  private let weight: Int?
  private var counts: [Int64] = []

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ argument: Evaluator?,
    distinct: Bool,
    weight: Int?
  ) {
    self.weight = weight
    super.init(context, span, argument, distinct: distinct)
  }

  override func restart() {
    counts = []
    super.restart()
  }

  override func grow(to count: Int) {
    guard count > counts.count else { return }
    counts.append(contentsOf: repeatElement(0, count: count - counts.count))
  }

  override func fold(
    _ chunk: Chunk,
    _ values: Vector,
    _ rows: Rows,
    _ groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    let countsRows = argument == nil
    let weight = weight.map { chunk.column($0) }
    counts.withUnsafeMutableBufferPointer { counts in
      var index = 0
      if countsRows, let weight {
        while index < rows.count {
          counts[Int(groups[index])] &+= Int64(bitPattern: weight.word(rows[index]))
          index &+= 1
        }
      } else if countsRows {
        while index < rows.count {
          counts[Int(groups[index])] &+= 1
          index &+= 1
        }
      } else {
        while index < rows.count {
          counts[Int(groups[index])] &+= values.isNull(rows[index]) ? 0 : 1
          index &+= 1
        }
      }
    }
  }

  /// Adds the counts of others, whose groups are these groups here.
  func merge(_ others: [CountFold], _ groups: [[UInt32]], groupCount: Int) {
    grow(to: groupCount)
    for (other, groups) in zip(others, groups) {
      for (count, group) in zip(other.counts, groups) {
        counts[Int(group)] += count
      }
    }
  }

  override func result(_ groups: Range<Int>) throws(QueryError) -> Vector {
    let result = Vector(capacity: groups.count, uniform: Tag.integer)
    for (row, group) in groups.enumerated() {
      result.words[row] = UInt64(bitPattern: counts[group])
    }
    return result
  }
}

/// Sums integers in place; anything else goes the library's way.
final class SumFold: Fold {
  private var sums: [Int64] = []
  private var others: [Int: any Accumulator] = [:]

  override func restart() {
    sums = []
    others = [:]
    super.restart()
  }

  override func grow(to count: Int) {
    while sums.count < count { sums.append(0) }
  }

  override func fold(
    _ chunk: Chunk,
    _ values: Vector,
    _ rows: Rows,
    _ groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    for index in 0..<rows.count {
      let row = rows[index]
      let group = Int(groups[index])
      if values.isNull(row) { continue }
      if values.tag(row) == Tag.integer, others.isEmpty || others[group] == nil {
        let (sum, overflow) = sums[group].addingReportingOverflow(
          Int64(bitPattern: values.word(row))
        )
        if !overflow {
          sums[group] = sum
          continue
        }
      }
      do {
        var accumulator = others[group] ?? SumAccumulator()
        if others[group] == nil, sums[group] != 0 { try accumulator.add(.integer(sums[group])) }
        try accumulator.add(context.value(values, row))
        others[group] = accumulator
      } catch {
        throw error.queryError(at: span)
      }
    }
  }

  override func result(_ groups: Range<Int>) throws(QueryError) -> Vector {
    let result = Vector(capacity: groups.count)
    for (row, group) in groups.enumerated() {
      if let other = others[group] {
        context.store(other.finish(), in: result, at: row)
      } else {
        result.set(row, Tag.integer, UInt64(bitPattern: sums[group]))
      }
    }
    return result
  }
}

/// `min` and `max`, by the order of ORDER BY.
final class ExtremeFold: Fold {
  private let wantsLess: Bool
  private var best = Vector(capacity: 16)

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ argument: Evaluator?,
    distinct: Bool,
    wantsLess: Bool
  ) {
    self.wantsLess = wantsLess
    super.init(context, span, argument, distinct: distinct)
  }

  override func restart() { best = Vector(capacity: 16) }

  override func grow(to count: Int) {
    while best.count < count { best.append(Tag.null, 0) }
  }

  override func fold(
    _ chunk: Chunk,
    _ values: Vector,
    _ rows: Rows,
    _ groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    for index in 0..<rows.count {
      let row = rows[index]
      let group = Int(groups[index])
      if values.isNull(row) { continue }
      if best.isNull(group) {
        best.copy(from: values, row: row, to: group)
        continue
      }
      let order = compareCells(context, values, row, best, group)
      if wantsLess ? order < 0 : order > 0 { best.copy(from: values, row: row, to: group) }
    }
  }

  override func result(_ groups: Range<Int>) throws(QueryError) -> Vector {
    let result = Vector(capacity: groups.count)
    for (row, group) in groups.enumerated() { result.copy(from: best, row: group, to: row) }
    return result
  }
}

final class CollectFold: Fold {
  /// All values in the order in which they came, and the group of each.
  private var values = Vector(capacity: 64)
  private var groupOfValue: [UInt32] = []
  /// Whether each value's group is that of the value before, or a later one.
  private var isSorted = true
  /// The values by group, once they were asked for.
  private var slices: Boxes.Slices?
  private var groupCount = 0

  override func restart() {
    values = Vector(capacity: 64)
    groupOfValue.removeAll(keepingCapacity: true)
    isSorted = true
    slices = nil
    groupCount = 0
    super.restart()
  }

  override func grow(to count: Int) { groupCount = count }

  override func fold(
    _ chunk: Chunk,
    _ values: Vector,
    _ rows: Rows,
    _ groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    var last = groupOfValue.last ?? 0
    var isSorted = isSorted
    if values.uniform != Tag.mixed, values.uniform != Tag.null {
      for index in 0..<rows.count {
        isSorted = isSorted && groups[index] >= last
        last = groups[index]
      }
      groupOfValue.append(contentsOf: UnsafeBufferPointer(start: groups, count: rows.count))
      self.values.append(from: values, rows: rows)
    } else {
      let kept = Selection(capacity: rows.count)
      for index in 0..<rows.count where !values.isNull(rows[index]) {
        kept.append(rows[index])
        isSorted = isSorted && groups[index] >= last
        last = groups[index]
        groupOfValue.append(last)
      }
      self.values.append(from: values, rows: kept.rows)
    }
    self.isSorted = isSorted
  }

  /// Brings each group's values together, in linear time.
  private func sort() -> Boxes.Slices {
    if let slices { return slices }
    var ends = [UInt32](repeating: 0, count: groupCount)
    for group in groupOfValue { ends[Int(group)] += 1 }
    var end: UInt32 = 0
    for group in 0..<groupCount {
      end += ends[group]
      ends[group] = end
    }
    let made = Boxes.Slices(cells: isSorted ? values : gathered(ends), ends: ends)
    slices = made
    return made
  }

  private func gathered(_ ends: [UInt32]) -> Vector {
    var next = [UInt32](repeating: 0, count: 1) + ends
    let order = Selection(capacity: groupOfValue.count)
    order.count = groupOfValue.count
    for (index, group) in groupOfValue.enumerated() {
      order.pointer[Int(next[Int(group)])] = Int32(truncatingIfNeeded: index)
      next[Int(group)] += 1
    }
    return values.gathered(order.rows)
  }

  override func result(_ groups: Range<Int>) throws(QueryError) -> Vector {
    let result = Vector(capacity: groups.count, uniform: Tag.boxed)
    result.boxes = Boxes(sort())
    for (row, group) in groups.enumerated() { result.words[row] = UInt64(group) }
    return result
  }
}

/// An aggregate of the library, on values.
final class LibraryFold: Fold {
  private let name: String
  private let parameter: Evaluator?
  private var accumulators: [(any Accumulator)?] = []

  init(
    _ context: ExecutionContext,
    _ span: SourceSpan,
    _ argument: Evaluator?,
    distinct: Bool,
    name: String,
    parameter: Evaluator?
  ) {
    self.name = name
    self.parameter = parameter
    super.init(context, span, argument, distinct: distinct)
  }

  override func restart() {
    accumulators = []
    super.restart()
  }

  override func grow(to count: Int) {
    while accumulators.count < count { accumulators.append(nil) }
  }

  override func fold(
    _ chunk: Chunk,
    _ values: Vector,
    _ rows: Rows,
    _ groups: UnsafeMutablePointer<UInt32>
  ) throws(QueryError) {
    guard let function = FunctionLibrary.aggregate(named: name) else { return }
    let parameters = try parameter?.evaluate(chunk, rows)
    for index in 0..<rows.count {
      let group = Int(groups[index])
      do {
        var accumulator: any Accumulator
        if let known = accumulators[group] {
          accumulator = known
        } else {
          let parameter = parameters.map { context.value($0, rows[index]) }
          accumulator = try function.accumulator(parameter: parameter)
        }
        accumulators[group] = nil
        try accumulator.add(context.value(values, rows[index]))
        accumulators[group] = accumulator
      } catch {
        throw error.queryError(at: span)
      }
    }
  }

  override func result(_ groups: Range<Int>) throws(QueryError) -> Vector {
    let result = Vector(capacity: groups.count)
    let none = try? FunctionLibrary.aggregate(named: name)?.accumulator(parameter: .float(0))
    for (row, group) in groups.enumerated() {
      context.store((accumulators[group] ?? none)?.finish() ?? .null, in: result, at: row)
    }
    return result
  }
}
