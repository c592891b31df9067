public import GraphModel

/// The words of the properties that tell parallel edges apart.
public typealias EdgeKey = UnsafeBufferPointer<UInt32>

extension EdgeKey {
  /// Whether it is the key of an edge, by the keys of all edges of the type.
  @inline(__always)
  func isKey(ofEdge edge: Int, in words: UnsafePointer<UInt32>) -> Bool {
    for index in indices where words[edge * count + index] != self[index] { return false }
    return true
  }
}

/// What rules claim things of: a graph as it grows, or a recording.
///
/// What an edge is like is claimed before the next edge of its type, and each property once.
public protocol ClaimTarget: AnyObject {
  func intern(_ text: UnsafeRawBufferPointer) -> StringCode
  func intern(_ text: String) -> StringCode

  /// The node with that id in that table; made, with those labels, if it is new.
  func node(table: UInt16, id: StringCode, labelSet: UInt16) -> NodeNumber
  func set(_ cell: PlainCell, key: UInt16, of node: NodeNumber)
  func set(_ cell: Cell, key: UInt16, of node: NodeNumber)
  /// Claims one form of a TEXT property of a node.
  func addForm(
    _ text: StringCode,
    language: StringCode,
    kind: TextForm.Kind,
    key: UInt16,
    of node: NodeNumber
  )

  /// The edge of that type with those ends and that key; made if it is new.
  func edge(
    type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    key: EdgeKey
  ) -> EdgeReference
  /// A new edge, whatever others there are.
  func newEdge(
    type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    key: EdgeKey
  ) -> EdgeReference
  /// The word of an edge's key for a property's cell; ``StringPool/none`` for a missing one.
  ///
  /// - Parameter isText: whether the words of the key are codes of texts. Those of dates and
  ///   booleans are what they are.
  func keyWord(for cell: Cell?, isText: Bool) -> UInt32
  func set(_ cell: PlainCell, key: UInt16, of edge: EdgeReference)
  func set(_ cell: Cell, key: UInt16, of edge: EdgeReference)
  func setValidFrom(_ date: PartialDate, of edge: EdgeReference)
  /// Claims from when on the edge does not hold any more; `nil`: ended, unknown when.
  func setValidTo(_ date: PartialDate?, of edge: EdgeReference)

  /// Ends the edges of a type between two nodes that have these properties and that hold.
  ///
  /// - Returns: whether there were any.
  func endEdges(
    ofType type: UInt16,
    from source: NodeNumber,
    to target: NodeNumber,
    where properties: [(key: UInt16, value: Value)],
    at date: PartialDate?
  ) -> Bool
}

extension ClaimTarget {
  /// A value as a cell, its string interned.
  public func cell(for value: Value) -> Cell {
    if case .string(let text) = value { return Cell(.string(intern(text))) }
    return Cell(value)
  }
}
