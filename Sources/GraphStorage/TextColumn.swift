public import GraphModel

/// All forms of the names of one TEXT property, by row, each with the event that claimed it.
///
/// The form that an expression such as `p.name` shows is in the ordinary string
/// column of the same property.
public struct TextColumn: Sendable {
  /// For each row the index of its first form plus one, or 0.
  public private(set) var first = FlatArray<UInt32>()
  /// For each form the index of the next form of the same row plus one, or 0.
  public private(set) var next = FlatArray<UInt32>()
  /// Codes of the forms' texts.
  public private(set) var texts = FlatArray<UInt32>()
  /// Codes of the forms' language tags.
  public private(set) var languages = FlatArray<UInt32>()
  /// Raw values of ``TextForm/Kind``.
  public private(set) var kinds = FlatArray<UInt8>()
  public private(set) var positions = FlatArray<UInt32>()

  public init() {}

  init(
    first: FlatArray<UInt32>,
    next: FlatArray<UInt32>,
    texts: FlatArray<UInt32>,
    languages: FlatArray<UInt32>,
    kinds: FlatArray<UInt8>,
    positions: FlatArray<UInt32>
  ) {
    self.first = first
    self.next = next
    self.texts = texts
    self.languages = languages
    self.kinds = kinds
    self.positions = positions
  }

  /// The indices of a row's forms, in the order claimed.
  public func forms(ofRow row: Int) -> [Int] {
    var indices: [Int] = []
    var link = row < first.count ? first[row] : 0
    while link != 0 {
      indices.append(Int(link) - 1)
      link = next[Int(link) - 1]
    }
    return indices
  }

  /// The form at an index of ``forms(ofRow:)``.
  public func form(at index: Int, in strings: StringPool) -> TextForm {
    TextForm(
      text: strings[texts[index]],
      language: strings[languages[index]],
      kind: TextForm.Kind(rawValue: kinds[index]) ?? .name
    )
  }

  /// Adds a form behind the row's others; `false` where the row has the same form already.
  mutating func add(
    text: StringCode,
    language: StringCode,
    kind: TextForm.Kind,
    row: Int,
    position: UInt32
  ) -> Bool {
    first.grow(to: row + 1, with: 0)
    var last: Int?
    var link = first[row]
    while link != 0 {
      let form = Int(link) - 1
      if texts[form] == text, languages[form] == language, kinds[form] == kind.rawValue {
        return false
      }
      last = form
      link = next[form]
    }
    texts.append(text)
    languages.append(language)
    kinds.append(kind.rawValue)
    positions.append(position)
    next.append(0)
    if let last { next[last] = UInt32(texts.count) } else { first[row] = UInt32(texts.count) }
    return true
  }

  /// Whether no row has a form.
  var isEmpty: Bool { texts.count == 0 }

  /// The column with other forms in some rows.
  func replacing(_ rows: [UInt32: [GraphPatch.FormClaim]]) -> TextColumn {
    var column = TextColumn()
    let rowCount = max(first.count, Int(rows.keys.max() ?? 0) + 1)
    for row in 0..<rowCount {
      if let forms = rows[UInt32(row)] {
        for form in forms { column.append(form, row: row) }
      } else {
        for form in forms(ofRow: row) { column.append(claim(at: form), row: row) }
      }
    }
    return column
  }

  /// The column whose row `n` is what row `formerRows[n]` was.
  func permuted(_ formerRows: [UInt32]) -> TextColumn {
    var column = TextColumn()
    for (row, former) in formerRows.enumerated() {
      for form in forms(ofRow: Int(former)) { column.append(claim(at: form), row: row) }
    }
    return column
  }

  private func claim(at index: Int) -> GraphPatch.FormClaim {
    GraphPatch.FormClaim(
      position: positions[index],
      text: texts[index],
      language: languages[index],
      kind: kinds[index]
    )
  }

  /// Adds a form that is new to the row behind its others; rows come in order.
  mutating func append(_ form: GraphPatch.FormClaim, row: Int) {
    first.grow(to: row + 1, with: 0)
    texts.append(form.text)
    languages.append(form.language)
    kinds.append(form.kind)
    positions.append(form.position)
    next.append(0)
    let number = UInt32(texts.count)
    if first[row] == 0 { first[row] = number } else { next[Int(number) - 2] = number }
  }
}
