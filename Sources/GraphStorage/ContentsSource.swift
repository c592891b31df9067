/// Reads what a ``ContentsSink`` wrote, never past the end.
struct ContentsSource {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  /// Keeps the bytes in their place, so that arrays need not be copied.
  private let owner: (any ElementsOwner)?

  init(_ bytes: UnsafeRawBufferPointer, owner: (any ElementsOwner)? = nil) {
    self.bytes = bytes
    self.owner = owner
  }

  mutating func number() throws(ImageError) -> UInt64 {
    guard bytes.count - offset >= 8 else { throw .damaged }
    defer { offset += 8 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// A count of things that take at least a byte each.
  mutating func count() throws(ImageError) -> Int {
    let count = try number()
    guard count <= UInt64(bytes.count) else { throw .damaged }
    return Int(count)
  }

  mutating func array<Element>() throws(ImageError) -> FlatArray<Element> {
    let count = try count()
    let size = count * MemoryLayout<Element>.stride
    guard bytes.count - offset >= size else { throw .damaged }
    let place = bytes.baseAddress.map { $0 + offset }
    if let owner, let place, Int(bitPattern: place) % MemoryLayout<Element>.alignment == 0 {
      offset += size + (-size & 7)
      let elements = place.assumingMemoryBound(to: Element.self)
      return FlatArray(borrowing: UnsafeBufferPointer(start: elements, count: count), from: owner)
    }
    let elements = FlatArray<Element>(count: count) { buffer in
      UnsafeMutableRawBufferPointer(buffer)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + size)]))
    }
    offset += size + (-size & 7)
    return elements
  }

  mutating func string() throws(ImageError) -> String {
    let text: FlatArray<UInt8> = try array()
    return String(decoding: text.array, as: UTF8.self)
  }

  mutating func strings() throws(ImageError) -> [String] {
    var texts: [String] = []
    for _ in 0..<(try count()) { texts.append(try string()) }
    return texts
  }
}
