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

  /// The contents of the image, if it is whole; they are used where the file is mapped.
  func contents() -> GraphContents? {
    guard let descriptor = try? FileDescriptor.open(path, .readOnly) else { return nil }
    defer { try? descriptor.close() }
    guard let stamp = FileStamp(descriptor),
      let file = MappedFile(descriptor, byteCount: Int(stamp.byteCount))
    else { return nil }
    let isChecked = stamp.byteCount >= Self.byteCountWorthANote && note.isOf(stamp)
    guard let contents = try? GraphImage.read(file.bytes, owner: file, isChecked: isChecked) else {
      return nil
    }
    if !isChecked, stamp.byteCount >= Self.byteCountWorthANote { note.write(stamp) }
    return contents
  }

  /// A smaller image is checked at each opening.
  private static let byteCountWorthANote = 1 << 20

  /// Notes that the image, which this process has just written, holds what was written.
  fileprivate func noteWritten() {
    guard let descriptor = try? FileDescriptor.open(path, .readOnly) else { return }
    defer { try? descriptor.close() }
    if let stamp = FileStamp(descriptor), stamp.byteCount >= Self.byteCountWorthANote {
      note.write(stamp)
    }
  }

  private var note: ImageNote { ImageNote(path: directory.appending("graph.checked")) }

  /// An image that is written and that no reader sees yet.
  struct Staged {
    fileprivate let unfinished: FilePath
    fileprivate let file: ImageFile

    /// Puts it in place of the one that is there; a reader sees either.
    func publish() throws(Errno) {
      try renameFile(unfinished, file.path)
      file.noteWritten()
    }

    func discard() {
      removeFile(unfinished)
    }
  }

  /// Writes an image in place of the one that is there, if it can; a reader sees either.
  func write(_ contents: GraphContents, key: ImageKey, account: FoldAccount) {
    guard let staged = try? stage(contents, key: key, account: account) else { return }
    do {
      try staged.publish()
    } catch {
      staged.discard()
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
        permissions: Self.permissions
      )
      do {
        try GraphImage.write(contents, key: key, account: account) {
          (bytes, offset) throws(Errno) in
          try Self.writeAll(bytes, to: descriptor, at: offset)
        }
        try descriptor.close()
      } catch {
        try? descriptor.close()
        throw error
      }
      return Staged(unfinished: unfinished, file: self)
    } catch {
      removeFile(unfinished)
      throw error as? Errno ?? .ioError
    }
  }

  /// Whoever may read the store may use what is cached beside it.
  fileprivate static let permissions: FilePermissions = [.ownerReadWrite, .groupRead, .otherRead]
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

/// A note beside an image: that this very file, unchanged, was compared with its digest.
///
/// It spares the next process a look at every byte. Whoever changes the image, or copies it, makes
/// another file of it or another time of change, and the note is of no use any more.
private struct ImageNote {
  let path: FilePath
  private static let magic: [UInt8] = [0x89, 0x52, 0x47, 0x43, 0x0D, 0x0A, 0x1A, 0x0A]

  func isOf(_ stamp: FileStamp) -> Bool {
    guard let bytes = try? readFile(path.string) else { return false }
    return bytes == Self.bytes(stamp)
  }

  func write(_ stamp: FileStamp) {
    stamp.waitUntilPast()
    try? replaceFile(path, with: Self.bytes(stamp), permissions: ImageFile.permissions)
  }

  private static func bytes(_ stamp: FileStamp) -> [UInt8] {
    var bytes = magic
    for word in stamp.words {
      withUnsafeBytes(of: word.littleEndian) { bytes += $0 }
    }
    return bytes
  }
}
