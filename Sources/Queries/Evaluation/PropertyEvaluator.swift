import Expressions
import GraphModel
import GraphStorage
import OrderedCollections
import SourceText

/// `x.name`: a property of a node or edge, an entry of a map, a part of a date.
final class PropertyEvaluator: Evaluator {
  let base: Evaluator
  let reader: PropertyReader

  init(_ context: ExecutionContext, _ span: SourceSpan, base: Evaluator, name: String) {
    self.base = base
    reader = PropertyReader(context, name: name)
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let source = try base.evaluate(chunk, rows)
    if source.isConstant {
      let result = Vector(capacity: 1)
      try reader.read(source, constantRow.rows, into: result, at: span)
      return result.constant()
    }
    let result = result(for: rows)
    try reader.read(source, rows, into: result, at: span)
    return result
  }
}

/// `x.date.year`, in one pass where `x` are nodes and the property is a date.
final class YearEvaluator: Evaluator {
  private let base: Evaluator
  private let dates: PropertyReader
  /// For everything else.
  private let other: PropertyEvaluator

  /// - Parameter date: what the year is taken of.
  init(_ context: ExecutionContext, _ span: SourceSpan, of date: PropertyEvaluator) {
    base = date.base
    dates = date.reader
    other = PropertyEvaluator(context, span, base: date, name: "year")
    super.init(context, span)
  }

  override func evaluate(_ chunk: Chunk, _ rows: Rows) throws(QueryError) -> Vector {
    let source = try base.evaluate(chunk, rows)
    if source.uniform == Tag.node, !source.isConstant {
      let result = result(for: rows)
      if dates.readYears(ofNodes: source, rows, into: result) { return result }
    }
    return try other.evaluate(chunk, rows)
  }
}

/// Fetches one property, by name, of whatever a vector holds.
final class PropertyReader {
  private let context: ExecutionContext
  let name: String
  let columns: KeyColumns
  private let datePart: DatePart?

  private enum DatePart {
    case year, month, day
  }

  /// The word of a date as columns hold it.
  ///
  /// Those before the year 0 are negative.
  @inline(__always)
  private static func date(_ word: UInt32) -> UInt64 {
    UInt64(bitPattern: Int64(Int32(bitPattern: word)))
  }

  @inline(__always)
  private static func year(_ word: UInt32) -> UInt64 {
    UInt64(bitPattern: Int64(Int32(bitPattern: word) >> 9))
  }

  init(_ context: ExecutionContext, name: String) {
    self.context = context
    self.name = name
    columns = context.view.columns(ofPropertyNamed: name)
    datePart =
      switch name {
      case "year": .year
      case "month": .month
      case "day": .day
      default: nil
      }
  }

  func read(
    _ source: Vector,
    _ rows: Rows,
    into result: Vector,
    at span: SourceSpan
  ) throws(QueryError) {
    switch source.uniform {
    case Tag.node where context.options.languages.isEmpty: readNodes(source, rows, result)
    case Tag.edge: readEdges(source, rows, result)
    case Tag.date where datePart == .year: readYears(source, rows, result)
    default:
      for index in 0..<rows.count { try readRow(source, rows[index], result, span) }
    }
  }

  private func readYears(_ source: Vector, _ rows: Rows, _ result: Vector) {
    for index in 0..<rows.count {
      let packed = Int64(bitPattern: source.word(rows[index]))
      result.set(rows[index], Tag.integer, UInt64(bitPattern: packed >> 9))
    }
    result.uniform = Tag.integer
  }

  private func readNodes(_ source: Vector, _ rows: Rows, _ result: Vector) {
    var index = 0
    var common: UInt8?
    while index < rows.count {
      let start = index
      let (run, column) = run(of: source, rows, from: &index)
      let tag = read(column, source, run, result, isNode: true)
      common = start == 0 || common == tag ? tag : Tag.mixed
    }
    result.uniform = common ?? Tag.mixed
  }

  /// A run of rows whose nodes are of one table, mostly all of them, and the column of those.
  private func run(
    of source: Vector,
    _ rows: Rows,
    from index: inout Int
  ) -> (Rows, ColumnView?) {
    let words = source.words
    let mask = source.mask
    let tables = context.view.nodeTables
    let table = tables[Int(truncatingIfNeeded: words[rows[index] & mask])]
    let start = index
    repeat {
      index &+= 1
    } while index < rows.count
      && tables[Int(truncatingIfNeeded: words[rows[index] & mask])] == table
    let column = Int(table) < columns.ofNodes.count ? columns.ofNodes[Int(table)] : nil
    return (Rows(rows.pointer + start, count: index - start), column)
  }

  /// Reads the years of dates; `false` where some of the nodes have no column of dates.
  func readYears(ofNodes source: Vector, _ rows: Rows, into result: Vector) -> Bool {
    guard context.options.languages.isEmpty else { return false }
    var index = 0
    var isWhole = true
    while index < rows.count {
      let (run, column) = run(of: source, rows, from: &index)
      guard let column, column.cells.kind == .date else { return false }
      let tag = readWords(
        column.cells,
        source,
        run,
        result,
        isNode: true,
        tag: Tag.integer,
        Self.year
      )
      if tag != Tag.integer { isWhole = false }
    }
    result.uniform = isWhole ? Tag.integer : Tag.mixed
    return true
  }

  private func readEdges(_ source: Vector, _ rows: Rows, _ result: Vector) {
    let words = source.words
    let mask = source.mask
    var index = 0
    var common: UInt8?
    while index < rows.count {
      let type = words[rows[index] & mask] >> 32
      let start = index
      repeat { index &+= 1 } while index < rows.count && words[rows[index] & mask] >> 32 == type
      let run = Rows(rows.pointer + start, count: index - start)
      let column = Int(type) < columns.ofEdges.count ? columns.ofEdges[Int(type)] : nil
      let tag = read(column, source, run, result, isNode: false)
      common = start == 0 || common == tag ? tag : Tag.mixed
    }
    result.uniform = common ?? Tag.mixed
  }

  /// Reads rows of one table or type; returns the tag of all, or ``Tag/mixed``.
  private func read(
    _ column: ColumnView?,
    _ source: Vector,
    _ rows: Rows,
    _ result: Vector,
    isNode: Bool
  ) -> UInt8 {
    guard let column else {
      for index in 0..<rows.count { result.setNull(rows[index]) }
      return Tag.null
    }
    let cells = column.cells
    switch cells.kind {
    case .string:
      return readWords(cells, source, rows, result, isNode: isNode, tag: Tag.string) { UInt64($0) }
    case .boolean:
      return readWords(cells, source, rows, result, isNode: isNode, tag: Tag.boolean) { UInt64($0) }
    case .date:
      return readWords(cells, source, rows, result, isNode: isNode, tag: Tag.date, Self.date)
    case .integer, .float, .dynamic:
      var presentCount = 0
      for index in 0..<rows.count {
        let word = source.word(rows[index])
        let row =
          isNode
          ? Int(context.view.nodeRows[Int(truncatingIfNeeded: word)])
          : Int(UInt32(truncatingIfNeeded: word))
        read(column, row, result, rows[index])
        presentCount += result.isNull(rows[index]) ? 0 : 1
      }
      if cells.kind == .dynamic || presentCount < rows.count { return Tag.mixed }
      return cells.kind == .integer ? Tag.integer : Tag.float
    }
  }

  @inline(__always)
  private func readWords(
    _ cells: ColumnCells,
    _ source: Vector,
    _ rows: Rows,
    _ result: Vector,
    isNode: Bool,
    tag: UInt8,
    _ convert: (UInt32) -> UInt64
  ) -> UInt8 {
    let words = source.words
    let mask = source.mask
    let nodeRows = context.view.nodeRows
    let outWords = result.words
    let outTags = result.tags
    var presentCount = 0
    var index = 0
    while index < rows.count {
      let row = rows[index]
      let word = words[row & mask]
      let place =
        isNode
        ? Int(nodeRows[Int(truncatingIfNeeded: word)]) : Int(UInt32(truncatingIfNeeded: word))
      let isPresent = place < cells.rowCount && cells.positions[place] != 0
      outWords[row] = isPresent ? convert(cells.words32[place]) : 0
      outTags[row] = isPresent ? tag : Tag.null
      presentCount &+= isPresent ? 1 : 0
      index &+= 1
    }
    return presentCount == rows.count ? tag : Tag.mixed
  }

  /// One cell of a column.
  private func read(_ column: ColumnView, _ source: Int, _ result: Vector, _ row: Int) {
    let cells = column.cells
    guard source < cells.rowCount, cells.positions[source] != 0 else {
      result.setNull(row)
      return
    }
    switch cells.kind {
    case .string: result.set(row, Tag.string, UInt64(cells.words32[source]))
    case .date: result.set(row, Tag.date, Self.date(cells.words32[source]))
    case .boolean: result.set(row, Tag.boolean, UInt64(cells.words32[source]))
    case .integer: result.set(row, Tag.integer, cells.words64[source])
    case .float: result.set(row, Tag.float, cells.words64[source])
    case .dynamic:
      context.store(column.values[Int(cells.words32[source])], in: result, at: row)
    }
  }

  private func readRow(
    _ source: Vector,
    _ row: Int,
    _ result: Vector,
    _ span: SourceSpan
  ) throws(QueryError) {
    let word = source.word(row)
    switch source.tag(row) {
    case Tag.null: result.setNull(row)
    case Tag.node:
      let node = Int(truncatingIfNeeded: word)
      let table = Int(context.view.nodeTables[node])
      guard table < columns.ofNodes.count, let column = columns.ofNodes[table] else {
        result.setNull(row)
        return
      }
      let nodeRow = Int(context.view.nodeRows[node])
      if let code = preferredForm(column, nodeRow) {
        result.set(row, Tag.string, UInt64(code))
      } else {
        read(column, nodeRow, result, row)
      }
    case Tag.edge:
      let type = Int(truncatingIfNeeded: word >> 32)
      guard type < columns.ofEdges.count, let column = columns.ofEdges[type] else {
        result.setNull(row)
        return
      }
      read(column, Int(UInt32(truncatingIfNeeded: word)), result, row)
    case Tag.date where datePart != nil:
      let date = PartialDate(packed: Int64(bitPattern: word))
      let part =
        switch datePart {
        case .month: date.month
        case .day: date.day
        default: date.year
        }
      if part == 0, datePart != .year {
        result.setNull(row)
      } else {
        result.set(row, Tag.integer, UInt64(bitPattern: Int64(part)))
      }
    default:
      let value = context.value(source, row)
      if case .derivedEdge(let edge) = value {
        context.store(edge.properties[name] ?? .null, in: result, at: row)
        return
      }
      do {
        context.store(try ValueOperations.property(of: value, named: name), in: result, at: row)
      } catch {
        throw error.queryError(at: span)
      }
    }
  }

  /// The form that the query's languages ask for, or `nil` for the one in the column.
  private func preferredForm(_ column: ColumnView, _ row: Int) -> StringCode? {
    guard let texts = column.texts, !context.options.languages.isEmpty else { return nil }
    let forms = texts.forms(ofRow: row)
    for language in context.options.languages {
      let code = context.view.graph.strings.code(of: language)
      for kind in [TextForm.Kind.name, nil] {
        let found = forms.first {
          texts.languages[$0] == code && (kind == nil || texts.kinds[$0] == kind?.rawValue)
        }
        if let found { return texts.texts[found] }
      }
    }
    return nil
  }
}
