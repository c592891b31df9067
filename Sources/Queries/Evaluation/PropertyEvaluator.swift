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

/// Fetches one property, by name, of whatever a vector holds.
final class PropertyReader {
  private let context: ExecutionContext
  private let name: String
  private let columns: KeyColumns
  private let datePart: DatePart?

  private enum DatePart {
    case year, month, day
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
    let words = source.words
    let mask = source.mask
    let tables = context.view.nodeTables
    var index = 0
    var common: UInt8?
    // A run of rows of one table at a time: mostly all of them.
    while index < rows.count {
      let table = tables[Int(truncatingIfNeeded: words[rows[index] & mask])]
      let start = index
      repeat {
        index &+= 1
      } while index < rows.count
        && tables[Int(truncatingIfNeeded: words[rows[index] & mask])] == table
      let run = Rows(rows.pointer + start, count: index - start)
      let column = Int(table) < columns.ofNodes.count ? columns.ofNodes[Int(table)] : nil
      let tag = read(column, source, run, result, isNode: true)
      common = start == 0 || common == tag ? tag : Tag.mixed
    }
    result.uniform = common ?? Tag.mixed
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
    case .string: return readWords(cells, source, rows, result, isNode: isNode, tag: Tag.string)
    case .boolean: return readWords(cells, source, rows, result, isNode: isNode, tag: Tag.boolean)
    case .date: return readDates(cells, source, rows, result, isNode: isNode)
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
    tag: UInt8
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
      outWords[row] = isPresent ? UInt64(cells.words32[place]) : 0
      outTags[row] = isPresent ? tag : Tag.null
      presentCount &+= isPresent ? 1 : 0
      index &+= 1
    }
    return presentCount == rows.count ? tag : Tag.mixed
  }

  private func readDates(
    _ cells: ColumnCells,
    _ source: Vector,
    _ rows: Rows,
    _ result: Vector,
    isNode: Bool
  ) -> UInt8 {
    let tag = readWords(cells, source, rows, result, isNode: isNode, tag: Tag.date)
    let outWords = result.words
    var index = 0
    while index < rows.count {
      // Dates before the year 0 are negative.
      let packed = Int32(truncatingIfNeeded: outWords[rows[index]])
      outWords[rows[index]] = UInt64(bitPattern: Int64(packed))
      index &+= 1
    }
    return tag
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
    case .date:
      let packed = Int32(bitPattern: cells.words32[source])
      result.set(row, Tag.date, UInt64(bitPattern: Int64(packed)))
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
