import GraphModel
import GraphStorage
import SystemPackage

/// The image of a store's graph on disk: read if it fits, written beside and renamed.
///
/// Nothing here fails: a store without a usable image folds its log.
struct ImageFile {
  let directory: FilePath

  private var path: FilePath { directory.appending("graph.image") }

  /// What the image says of itself and of how its events were folded, without its contents.
  func header() -> (header: GraphImage.Header, account: FoldAccount)? {
    guard let descriptor = try? FileDescriptor.open(path, .readOnly) else { return nil }
    defer { try? descriptor.close() }
    let bytes = Self.read(descriptor, at: 0, count: GraphImage.headerByteCount)
    guard let header = bytes.withUnsafeBytes({ try? GraphImage.readHeader($0) }) else { return nil }
    let rest = Self.read(
      descriptor,
      at: GraphImage.headerByteCount,
      count: header.accountByteCount
    )
    let account = rest.withUnsafeBytes { try? GraphImage.readAccount($0, of: header) }
    return account.map { (header, $0) }
  }

  /// Up to `count` bytes of a file.
  private static func read(_ descriptor: FileDescriptor, at offset: Int, count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let room = UnsafeMutableRawBufferPointer(buffer)
      filled = (try? descriptor.read(fromAbsoluteOffset: Int64(offset), into: room)) ?? 0
    }
  }

  /// The contents of the image, if it is whole.
  func contents() -> GraphContents? {
    guard let descriptor = try? FileDescriptor.open(path, .readOnly) else { return nil }
    defer { try? descriptor.close() }
    guard let size = try? descriptor.seek(offset: 0, from: .end), size > 0 else { return nil }
    return withMappedFile(descriptor, byteCount: Int(size)) { try? GraphImage.read($0) } ?? nil
  }

  /// An image that is written and that no reader sees yet.
  struct Staged {
    let digest: [UInt8]
    fileprivate let unfinished: FilePath
    fileprivate let path: FilePath

    /// Puts it in place of the one that is there; a reader sees either.
    func publish() throws(Errno) {
      try renameFile(unfinished, path)
    }

    func discard() {
      removeFile(unfinished)
    }
  }

  /// Writes an image in place of the one that is there; a reader sees either.
  ///
  /// - Returns: the graph's digest, or `nil` where the image could not be written.
  func write(_ contents: GraphContents, key: ImageKey, account: FoldAccount) -> [UInt8]? {
    guard let staged = try? stage(contents, key: key, account: account) else { return nil }
    do {
      try staged.publish()
      return staged.digest
    } catch {
      staged.discard()
      return nil
    }
  }

  /// Writes an image beside the one that is there.
  func stage(
    _ contents: GraphContents,
    key: ImageKey,
    account: FoldAccount
  ) throws(Errno) -> Staged {
    makeDirectory(directory)
    removeAbandoned()
    let unfinished = directory.appending(Self.unfinishedPrefix + "\(processIdentifier())")
    do {
      let descriptor = try FileDescriptor.open(
        unfinished,
        .writeOnly,
        options: [.create, .truncate],
        permissions: [.ownerReadWrite, .groupRead, .otherRead]
      )
      let digest: [UInt8]
      do {
        digest = try GraphImage.write(contents, key: key, account: account) {
          (bytes, offset) throws(Errno) in
          try Self.writeAll(bytes, to: descriptor, at: offset)
        }
        try descriptor.close()
      } catch {
        try? descriptor.close()
        throw error
      }
      return Staged(digest: digest, unfinished: unfinished, path: path)
    } catch {
      removeFile(unfinished)
      throw error as? Errno ?? .ioError
    }
  }

  private static let unfinishedPrefix = "graph.image."

  /// Removes what processes left behind that came to their end while they wrote.
  private func removeAbandoned() {
    for name in fileNames(in: directory) where name.hasPrefix(Self.unfinishedPrefix) {
      guard let writer = Int32(name.dropFirst(Self.unfinishedPrefix.count)),
        !processExists(writer)
      else { continue }
      removeFile(directory.appending(name))
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
}
