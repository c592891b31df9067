import Glibc

/// Keeps elements of arrays in their place, unchanged, such as a mapped image.
public protocol ElementsOwner: AnyObject, Sendable {
  /// Memory that holds a copy of some of the bytes and may be written, with room for more of them
  /// behind; `nil` where the owner has no way that is better than copying.
  func writableCopy(
    of bytes: UnsafeRawBufferPointer,
    spareByteCount: Int
  ) -> WritableMemory?
}

/// Memory that may be written.
public struct WritableMemory {
  public let start: UnsafeMutableRawPointer
  public let byteCapacity: Int
  let release: @Sendable () -> Void

  /// - Parameter release: gives the memory back.
  public init(
    start: UnsafeMutableRawPointer,
    byteCapacity: Int,
    release: @escaping @Sendable () -> Void
  ) {
    self.start = start
    self.byteCapacity = byteCapacity
    self.release = release
  }
}

/// The memory of arrays.
@usableFromInline
final class FlatStorage: @unchecked Sendable {
  private enum Kind {
    /// From `malloc`.
    case heap
    /// Somebody else's, not to be written.
    case borrowed(any ElementsOwner)
    /// An owner's writable copy.
    case copy(release: @Sendable () -> Void)
  }

  private let kind: Kind
  @usableFromInline private(set) var start: UnsafeMutableRawPointer
  /// 0 where it may not be written.
  @usableFromInline private(set) var byteCapacity: Int

  init(byteCapacity: Int) {
    guard let start = malloc(byteCapacity) else { fatalError("there is not enough memory") }
    kind = .heap
    self.start = start
    self.byteCapacity = byteCapacity
  }

  convenience init(copying bytes: UnsafeRawBufferPointer, byteCapacity: Int) {
    self.init(byteCapacity: byteCapacity)
    if let source = bytes.baseAddress { memcpy(start, source, bytes.count) }
  }

  init(borrowing start: UnsafeRawPointer, from owner: any ElementsOwner) {
    kind = .borrowed(owner)
    self.start = UnsafeMutableRawPointer(mutating: start)
    byteCapacity = 0
  }

  private init(_ copy: WritableMemory) {
    kind = .copy(release: copy.release)
    start = copy.start
    byteCapacity = copy.byteCapacity
  }

  deinit {
    switch kind {
    case .heap: free(start)
    case .borrowed: break
    case .copy(let release): release()
    }
  }

  /// Makes room for so many bytes, keeping those that are there; `false` where it cannot.
  ///
  /// Large memory is moved by the system, without a copy.
  func resize(_ byteCount: Int) -> Bool {
    if byteCount <= byteCapacity { return true }
    guard case .heap = kind, let larger = realloc(start, byteCount) else { return false }
    start = larger
    byteCapacity = byteCount
    return true
  }

  /// What the owner of borrowed memory can do that is better than copying.
  func writableCopy(of bytes: UnsafeRawBufferPointer, spareByteCount: Int) -> FlatStorage? {
    guard case .borrowed(let owner) = kind else { return nil }
    return owner.writableCopy(of: bytes, spareByteCount: spareByteCount).map { FlatStorage($0) }
  }
}
