import Glibc

/// A growable array of plain machine values: the one building block of columns and adjacency.
///
/// It wraps an array today; its interface is narrow so that mapped memory can
/// take the array's place without a change to its users.
@frozen
public struct FlatArray<Element: BitwiseCopyable & Sendable>: Sendable {
  @usableFromInline var elements: [Element]

  @inlinable
  public init() {
    elements = []
  }

  @inlinable
  public init(repeating element: Element, count: Int) {
    elements = Array(repeating: element, count: count)
  }

  @inlinable
  public init(_ elements: [Element]) {
    self.elements = elements
  }

  @inlinable public var count: Int { elements.count }

  @inlinable
  public subscript(index: Int) -> Element {
    get { elements[index] }
    set { elements[index] = newValue }
  }

  @inlinable
  public mutating func append(_ element: Element) {
    elements.append(element)
  }

  @inlinable
  public mutating func append(contentsOf bytes: UnsafeRawBufferPointer) where Element == UInt8 {
    elements.append(contentsOf: bytes)
  }

  /// Appends copies of `element` until there are `count`.
  @inlinable
  public mutating func grow(to count: Int, with element: Element) {
    while elements.count < count { elements.append(element) }
  }

  @inlinable
  public func withUnsafeBuffer<Result>(
    _ body: (UnsafeBufferPointer<Element>) throws -> Result
  ) rethrows -> Result {
    try elements.withUnsafeBufferPointer(body)
  }

  /// Whether two arrays are one and the same memory, and so surely equal.
  func isShared(with other: FlatArray) -> Bool {
    elements.count == other.elements.count
      && elements.withUnsafeBufferPointer { own in
        other.elements.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress }
      }
  }

  /// Whether two arrays have the same bytes; quick where they share their memory.
  func isEqual(to other: FlatArray) -> Bool {
    guard elements.count == other.elements.count else { return false }
    return elements.withUnsafeBytes { own in
      other.elements.withUnsafeBytes { others in
        guard let left = own.baseAddress, let right = others.baseAddress, left != right else {
          return true
        }
        return memoryIsEqual(left, right, own.count)
      }
    }
  }

  /// The first elements.
  func prefix(_ count: Int) -> FlatArray {
    count == elements.count ? self : FlatArray(Array(elements.prefix(count)))
  }

  /// The array whose element `n` is what element `former[n]` was; the filler where that was none.
  func permuted(_ former: [UInt32], filler: Element) -> FlatArray {
    let count = elements.count
    return withUnsafeBuffer { elements in
      FlatArray(former.map { Int($0) < count ? elements[Int($0)] : filler })
    }
  }

  /// The elements as an array, without a copy.
  @inlinable public var array: [Element] { elements }
}

/// Whether `count` bytes are the same at both places.
func memoryIsEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
  memcmp(left, right, count) == 0
}
