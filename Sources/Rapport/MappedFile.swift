import Glibc
import GraphStorage
import SystemPackage

/// The bytes of a file in memory, as long as this lives.
///
/// Files that are replaced by renaming keep their bytes for those who have them open.
final class MappedFile: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  /// The file, to map parts of it again.
  private let descriptor: FileDescriptor

  /// `nil` where the file cannot be mapped, or is empty.
  init?(_ descriptor: FileDescriptor, byteCount: Int) {
    guard byteCount > 0, let own = try? descriptor.duplicate() else { return nil }
    guard let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, own.rawValue, 0),
      start != MAP_FAILED
    else {
      try? own.close()
      return nil
    }
    self.descriptor = own
    bytes = UnsafeRawBufferPointer(start: start, count: byteCount)
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    try? descriptor.close()
  }
}

extension MappedFile: ElementsOwner {
  /// Less than this is copied in the time of two system calls.
  private static let byteCountWorthMapping = 1 << 16
  private static let spareByteCountMin = 1 << 20
  private static let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))

  /// Maps a part of the file a second time, so that a page is copied when it is written first, and
  /// empty pages behind it.
  func writableCopy(of part: UnsafeRawBufferPointer, spareByteCount: Int) -> WritableMemory? {
    guard part.count >= Self.byteCountWorthMapping, let start = part.baseAddress,
      let fileStart = bytes.baseAddress
    else { return nil }
    let offset = start - fileStart
    let lead = offset % Self.pageByteCount
    let mappedCount = Self.wholePages(lead + part.count)
    let spare = max(spareByteCount, part.count, Self.spareByteCountMin)
    let regionCount = mappedCount + Self.wholePages(spare)
    let access = PROT_READ | PROT_WRITE
    guard
      let region = mmap(
        nil,
        regionCount,
        access,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
        -1,
        0
      ), region != MAP_FAILED
    else { return nil }
    let regionAddress = UInt(bitPattern: region)
    let release: @Sendable () -> Void = {
      munmap(UnsafeMutableRawPointer(bitPattern: regionAddress), regionCount)
    }
    let front = mmap(
      region,
      mappedCount,
      access,
      MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
      descriptor.rawValue,
      off_t(offset - lead)
    )
    guard front == region else {
      release()
      return nil
    }
    return WritableMemory(
      start: region + lead,
      byteCapacity: regionCount - lead,
      release: release
    )
  }

  private static func wholePages(_ byteCount: Int) -> Int {
    (byteCount + pageByteCount - 1) / pageByteCount * pageByteCount
  }
}
