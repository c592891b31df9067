import GraphModel
import GraphStorage
import SystemPackage

/// The image of a store's graph on disk: read if it fits, written beside and renamed.
///
/// Nothing here fails: a store without a usable image folds its log.
struct ImageFile {
  let directory: FilePath

  private var path: FilePath { directory.appending("graph.image") }

  /// The key and graph digest of the image, without reading all of it.
  func header() -> (key: ImageKey, digest: [UInt8])? {
    guard let descriptor = try? FileDescriptor.open(path, .readOnly) else { return nil }
    defer { try? descriptor.close() }
    let size = GraphImage.headerByteCount
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count =
        (try? descriptor.read(fromAbsoluteOffset: 0, into: UnsafeMutableRawBufferPointer(buffer)))
        ?? 0
    }
    return bytes.withUnsafeBytes { try? GraphImage.readHeader($0) }
  }

  /// The contents of the image, if it is whole.
  func contents() -> GraphContents? {
    guard let descriptor = try? FileDescriptor.open(path, .readOnly) else { return nil }
    defer { try? descriptor.close() }
    guard let size = try? descriptor.seek(offset: 0, from: .end), size > 0 else { return nil }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(size), alignment: 64)
    defer { buffer.deallocate() }
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      guard
        let count = try? descriptor.read(fromAbsoluteOffset: Int64(filled), into: rest),
        count > 0
      else { return nil }
      filled += count
    }
    return try? GraphImage.read(UnsafeRawBufferPointer(buffer))
  }

  /// Writes an image in place of the one that is there; a reader sees either.
  ///
  /// - Returns: the graph's digest, or `nil` where the image could not be written.
  func write(_ contents: GraphContents, key: ImageKey) -> [UInt8]? {
    mkdirIfMissing()
    let unfinished = directory.appending("graph.image.\(processIdentifier())")
    do {
      let descriptor = try FileDescriptor.open(
        unfinished,
        .writeOnly,
        options: [.create, .truncate],
        permissions: [.ownerReadWrite, .groupRead, .otherRead]
      )
      let digest: [UInt8]
      do {
        digest = try GraphImage.write(contents, key: key) { (bytes, offset) throws(Errno) in
          try Self.writeAll(bytes, to: descriptor, at: offset)
        }
        try descriptor.close()
      } catch {
        try? descriptor.close()
        throw error
      }
      try renameFile(unfinished, path)
      return digest
    } catch {
      removeFile(unfinished)
      return nil
    }
  }

  private static func writeAll(
    _ bytes: UnsafeRawBufferPointer,
    to descriptor: FileDescriptor,
    at offset: Int
  ) throws(Errno) {
    var written = 0
    while written < bytes.count {
      do {
        written += try descriptor.write(
          toAbsoluteOffset: Int64(offset + written),
          UnsafeRawBufferPointer(rebasing: bytes[written...])
        )
      } catch {
        throw error as? Errno ?? .ioError
      }
    }
  }

  private func mkdirIfMissing() {
    makeDirectory(directory)
  }
}
