import Glibc

/// A growable array of plain machine values: the one building block of columns and adjacency.
///
/// Its elements are its own, or lie in memory that somebody else keeps, such as a mapped image;
/// before such an array is changed it is copied.
@frozen
public struct FlatArray<Element: BitwiseCopyable & Sendable>: Sendable {
  @usableFromInline var elements: [Element]
  /// Where the elements are instead, if they are not the array's own.
  @usableFromInline var borrowed: BorrowedElements<Element>?

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

  /// - Parameter owner: keeps the elements in their place, unchanged.
  init(borrowing buffer: UnsafeBufferPointer<Element>, from owner: any AnyObject & Sendable) {
    elements = []
    borrowed = BorrowedElements(buffer: buffer, owner: owner)
  }

  @inlinable public var count: Int { borrowed?.buffer.count ?? elements.count }

  @inlinable
  public subscript(index: Int) -> Element {
    get {
      if let borrowed { return borrowed.buffer[index] }
      return elements[index]
    }
    set {
      if borrowed != nil { takeOver() }
      elements[index] = newValue
    }
  }

  @inlinable
  public mutating func append(_ element: Element) {
    if borrowed != nil { takeOver() }
    elements.append(element)
  }

  @inlinable
  public mutating func append(contentsOf bytes: UnsafeRawBufferPointer) where Element == UInt8 {
    if borrowed != nil { takeOver() }
    elements.append(contentsOf: bytes)
  }

  /// Appends copies of `element` until there are `count`.
  @inlinable
  public mutating func grow(to count: Int, with element: Element) {
    if self.count >= count { return }
    if borrowed != nil { takeOver() }
    while elements.count < count { elements.append(element) }
  }

  /// Makes the elements the array's own.
  @usableFromInline
  mutating func takeOver() {
    elements = array
    borrowed = nil
  }

  @inlinable
  public func withUnsafeBuffer<Result>(
    _ body: (UnsafeBufferPointer<Element>) throws -> Result
  ) rethrows -> Result {
    if let borrowed {
      return try withExtendedLifetime(borrowed) { try body(borrowed.buffer) }
    }
    return try elements.withUnsafeBufferPointer(body)
  }

  /// Whether two arrays are one and the same memory, and so surely equal.
  func isShared(with other: FlatArray) -> Bool {
    count == other.count
      && withUnsafeBuffer { own in
        other.withUnsafeBuffer { own.baseAddress == $0.baseAddress }
      }
  }

  /// Whether two arrays have the same bytes; quick where they share their memory.
  func isEqual(to other: FlatArray) -> Bool {
    guard count == other.count else { return false }
    return withUnsafeBuffer { own in
      other.withUnsafeBuffer { others in
        guard let left = own.baseAddress, let right = others.baseAddress, left != right else {
          return true
        }
        return memoryIsEqual(left, right, own.count * MemoryLayout<Element>.stride)
      }
    }
  }

  /// The first elements.
  func prefix(_ count: Int) -> FlatArray {
    count == self.count
      ? self : withUnsafeBuffer { FlatArray(Array($0.prefix(count))) }
  }

  /// The array whose element `n` is what element `former[n]` was; the filler where that was none.
  func permuted(_ former: [UInt32], filler: Element) -> FlatArray {
    withUnsafeBuffer { elements in
      FlatArray(former.map { Int($0) < elements.count ? elements[Int($0)] : filler })
    }
  }

  /// The elements as an array, without a copy where they are the array's own.
  @inlinable public var array: [Element] {
    borrowed.map { borrowed in withExtendedLifetime(borrowed) { Array(borrowed.buffer) } }
      ?? elements
  }
}

/// Elements in memory that somebody else keeps.
@usableFromInline
final class BorrowedElements<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  // The memory does not change as long as its owner lives.
  @usableFromInline let buffer: UnsafeBufferPointer<Element>
  private let owner: any AnyObject & Sendable

  init(buffer: UnsafeBufferPointer<Element>, owner: any AnyObject & Sendable) {
    self.buffer = buffer
    self.owner = owner
  }
}

/// Whether `count` bytes are the same at both places.
func memoryIsEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
  memcmp(left, right, count) == 0
}
