import Glibc

/// A growable array of plain machine values: the one building block of columns and adjacency.
///
/// Copies share their memory until one of them is changed. The memory may be somebody else's, such
/// as a mapped image; before such an array is changed it gets memory of its own.
@frozen
public struct FlatArray<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
  /// Where the elements are; anywhere while there is no storage.
  @usableFromInline var base: UnsafeMutablePointer<Element>
  @usableFromInline var storedCount: Int
  /// How many elements there is room for; 0 where the memory may not be written.
  @usableFromInline var capacity: Int
  /// Keeps the elements in their place.
  @usableFromInline var storage: FlatStorage?

  @inlinable
  public init() {
    base = Self.nowhere
    storedCount = 0
    capacity = 0
    storage = nil
  }

  public init(repeating element: Element, count: Int) {
    self.init(capacity: count)
    base.initialize(repeating: element, count: count)
    storedCount = count
  }

  public init(_ elements: [Element]) {
    self.init(capacity: elements.count)
    elements.withUnsafeBufferPointer { elements in
      guard let start = elements.baseAddress else { return }
      base.initialize(from: start, count: elements.count)
    }
    storedCount = elements.count
  }

  /// An array of `count` elements, all of which `fill` writes.
  init(count: Int, filledBy fill: (UnsafeMutableBufferPointer<Element>) -> Void) {
    self.init(capacity: count)
    fill(UnsafeMutableBufferPointer(start: base, count: count))
    storedCount = count
  }

  /// - Parameter owner: keeps the elements in their place, unchanged.
  init(borrowing buffer: UnsafeBufferPointer<Element>, from owner: any ElementsOwner) {
    self.init()
    guard let start = buffer.baseAddress, !buffer.isEmpty else { return }
    base = UnsafeMutablePointer(mutating: start)
    storedCount = buffer.count
    storage = FlatStorage(borrowing: start, from: owner)
  }

  private init(capacity: Int) {
    self.init()
    guard capacity > 0 else { return }
    let storage = FlatStorage(byteCapacity: capacity * MemoryLayout<Element>.stride)
    base = storage.start.assumingMemoryBound(to: Element.self)
    self.capacity = capacity
    self.storage = storage
  }

  /// An address for arrays without elements.
  @usableFromInline
  static var nowhere: UnsafeMutablePointer<Element> {
    guard let pointer = UnsafeMutablePointer<Element>(bitPattern: MemoryLayout<Element>.alignment)
    else { preconditionFailure("an alignment is not zero") }
    return pointer
  }

  @inlinable public var count: Int { storedCount }

  /// Where the elements are, for as long as somebody keeps the array unchanged; never null.
  public var address: UnsafePointer<Element> { UnsafePointer(base) }

  var last: Element? { storedCount == 0 ? nil : base[storedCount - 1] }

  @inlinable
  public subscript(index: Int) -> Element {
    @inline(__always)
    get {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: storedCount), "there is no element")
      return base[index]
    }
    @inline(__always)
    set {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: storedCount), "there is no element")
      if capacity == 0 || !isKnownUniquelyReferenced(&storage) { makeWritable(storedCount) }
      base[index] = newValue
    }
  }

  @inlinable
  @inline(__always)
  public mutating func append(_ element: Element) {
    if storedCount >= capacity || !isKnownUniquelyReferenced(&storage) {
      makeWritable(storedCount + 1)
    }
    base[storedCount] = element
    storedCount &+= 1
  }

  public mutating func append(contentsOf bytes: UnsafeRawBufferPointer) where Element == UInt8 {
    append(contentsOf: bytes.bindMemory(to: UInt8.self))
  }

  /// Appends elements that lie elsewhere: not in this array.
  mutating func append(contentsOf elements: UnsafeBufferPointer<Element>) {
    guard let start = elements.baseAddress else { return }
    if storedCount + elements.count > capacity || !isKnownUniquelyReferenced(&storage) {
      makeWritable(storedCount + elements.count)
    }
    (base + storedCount).update(from: start, count: elements.count)
    storedCount += elements.count
  }

  /// Appends copies of `element` until there are `count`.
  @inlinable
  public mutating func grow(to count: Int, with element: Element) {
    if storedCount >= count { return }
    if count > capacity || !isKnownUniquelyReferenced(&storage) { makeWritable(count) }
    while storedCount < count {
      base[storedCount] = element
      storedCount &+= 1
    }
  }

  /// Drops all elements; their memory is kept for others.
  mutating func removeAll() { storedCount = 0 }

  /// Where the elements may be written, until the array is used otherwise.
  var writableAddress: UnsafeMutablePointer<Element> {
    mutating get {
      if capacity == 0 || !isKnownUniquelyReferenced(&storage) { makeWritable(storedCount) }
      return base
    }
  }

  /// Appends elements, all of which `fill` writes.
  mutating func append(count: Int, filledBy fill: (UnsafeMutablePointer<Element>) -> Void) {
    if storedCount + count > capacity || !isKnownUniquelyReferenced(&storage) {
      makeWritable(storedCount + count)
    }
    fill(base + storedCount)
    storedCount += count
  }

  /// Puts an element before the one at `index`, or behind the last.
  mutating func insert(_ element: Element, at index: Int) {
    append(element)
    move(index..<(storedCount - 1), up: 1)
    base[index] = element
  }

  /// Appends copies of some of its own elements.
  mutating func appendCopy(of indices: Range<Int>) {
    let count = storedCount + indices.count
    if count > capacity || !isKnownUniquelyReferenced(&storage) { makeWritable(count) }
    (base + storedCount).update(from: base + indices.lowerBound, count: indices.count)
    storedCount = count
  }

  /// Copies some elements to places further up, over what is there.
  mutating func move(_ indices: Range<Int>, up distance: Int) {
    precondition(indices.lowerBound >= 0 && indices.upperBound + distance <= storedCount)
    if capacity == 0 || !isKnownUniquelyReferenced(&storage) { makeWritable(storedCount) }
    let start = base + indices.lowerBound
    (start + distance).update(from: start, count: indices.count)
  }

  /// Gives the array memory that is its own, may be written and has room for so many elements.
  @usableFromInline
  @inline(never)
  mutating func makeWritable(_ count: Int) {
    let stride = MemoryLayout<Element>.stride
    let room = count <= storedCount ? count : max(count, storedCount * 2, 64 / stride)
    if capacity > 0, isKnownUniquelyReferenced(&storage), let storage, storage.resize(room * stride)
    {
      base = storage.start.assumingMemoryBound(to: Element.self)
    } else {
      let used = UnsafeRawBufferPointer(start: base, count: storedCount * stride)
      let copy = storage?.writableCopy(of: used, spareByteCount: (room - storedCount) * stride)
      let own = copy ?? FlatStorage(copying: used, byteCapacity: max(room, 1) * stride)
      base = own.start.assumingMemoryBound(to: Element.self)
      storage = own
    }
    capacity = (storage?.byteCapacity ?? 0) / stride
  }

  @inlinable
  public func withUnsafeBuffer<Result>(
    _ body: (UnsafeBufferPointer<Element>) throws -> Result
  ) rethrows -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storedCount == 0 ? nil : base, count: storedCount))
  }

  /// Whether two arrays are one and the same memory, and so surely equal.
  func isShared(with other: FlatArray) -> Bool {
    count == other.count && (count == 0 || base == other.base)
  }

  /// Whether two arrays have the same bytes; quick where they share their memory.
  func isEqual(to other: FlatArray) -> Bool {
    guard count == other.count else { return false }
    if isShared(with: other) { return true }
    return withUnsafeBuffer { own in
      other.withUnsafeBuffer { others in
        guard let left = own.baseAddress, let right = others.baseAddress else { return true }
        return memoryIsEqual(left, right, own.count * MemoryLayout<Element>.stride)
      }
    }
  }

  /// The first elements.
  func prefix(_ count: Int) -> FlatArray {
    count == self.count ? self : withUnsafeBuffer { FlatArray(Array($0.prefix(count))) }
  }

  /// The array whose element `n` is what element `former[n]` was; the filler where that was none.
  func permuted(_ former: [UInt32], filler: Element) -> FlatArray {
    withUnsafeBuffer { elements in
      FlatArray(count: former.count) { permuted in
        for (index, number) in former.enumerated() {
          permuted[index] = Int(number) < elements.count ? elements[Int(number)] : filler
        }
      }
    }
  }

  /// The elements at some indices.
  func permuted(_ former: FlatArray<UInt32>) -> FlatArray {
    withUnsafeBuffer { elements in
      former.withUnsafeBuffer { former in
        FlatArray(count: former.count) { permuted in
          for (index, number) in former.enumerated() { permuted[index] = elements[Int(number)] }
        }
      }
    }
  }

  /// The elements as an array, which is a copy.
  public var array: [Element] { withUnsafeBuffer { Array($0) } }
}

/// Whether `count` bytes are the same at both places.
func memoryIsEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
  memcmp(left, right, count) == 0
}
