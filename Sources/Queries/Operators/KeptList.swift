typealias NodeList = KeptList<UInt32>
typealias OriginList = KeptList<ReachedNodes.Origin>

/// Values one behind the other, in memory that is kept when they go.
final class KeptList<Element: BitwiseCopyable> {
  @exclusivity(unchecked) private(set) var start: UnsafeMutablePointer<Element>
  @exclusivity(unchecked) private(set) var count = 0
  private var capacity = 64

  init() {
    start = .allocate(capacity: capacity)
  }

  deinit { start.deallocate() }

  var buffer: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: start, count: count) }

  func removeAll() { count = 0 }

  @inline(__always)
  func append(_ element: Element) {
    if count == capacity { grow() }
    start[count] = element
    count &+= 1
  }

  private func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
    larger.update(from: start, count: count)
    start.deallocate()
    start = larger
    capacity *= 2
  }
}
