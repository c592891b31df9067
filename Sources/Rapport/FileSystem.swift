import Glibc
import SystemPackage

// The few calls of the file system that swift-system does not have.

func processIdentifier() -> Int32 { getpid() }

/// Whether a process of this machine runs.
func processExists(_ identifier: Int32) -> Bool {
  kill(identifier, 0) == 0 || errno != ESRCH
}

/// The names of the files in a directory; none where it cannot be read.
func fileNames(in path: FilePath) -> [String] {
  guard let directory = path.withPlatformString({ opendir($0) }) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}

/// Makes a directory; one that exists is as good.
@discardableResult
func makeDirectory(_ path: FilePath) -> Bool {
  let code = path.withPlatformString { mkdir($0, 0o775) }
  return code == 0 || errno == EEXIST
}

func renameFile(_ from: FilePath, _ to: FilePath) throws(Errno) {
  let code = from.withPlatformString { from in to.withPlatformString { rename(from, $0) } }
  if code != 0 { throw Errno(rawValue: errno) }
}

func removeFile(_ path: FilePath) {
  _ = path.withPlatformString { unlink($0) }
}

/// The bytes of a file, or of standard input for `-`.
func readFile(_ path: String) throws(Errno) -> [UInt8] {
  do {
    let descriptor =
      path == "-" ? FileDescriptor.standardInput : try FileDescriptor.open(path, .readOnly)
    defer { if path != "-" { try? descriptor.close() } }
    var bytes: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    defer { chunk.deallocate() }
    while true {
      let count = try descriptor.read(into: chunk)
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  } catch {
    throw error as? Errno ?? .ioError
  }
}

/// What changes about a file when anybody changes its bytes: which file it is, its size, its times.
struct FileStamp: Equatable {
  let words: [Int64]
  let byteCount: Int64
  /// When the file was changed last, in nanoseconds since 1970.
  let changeTime: Int64

  init?(_ descriptor: FileDescriptor) {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else { return nil }
    byteCount = Int64(status.st_size)
    changeTime = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    words = [
      Int64(truncatingIfNeeded: status.st_dev), Int64(truncatingIfNeeded: status.st_ino),
      Int64(status.st_size), Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec),
      changeTime,
    ]
  }

  /// Waits until a later change would have another time.
  ///
  /// File systems round times down to some milliseconds.
  func waitUntilPast() {
    while nanosecondsNow() - changeTime < 20_000_000, nanosecondsNow() >= changeTime {
      usleep(2000)
    }
  }
}

private func nanosecondsNow() -> Int64 {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

func isDirectory(_ descriptor: FileDescriptor) -> Bool {
  var status = stat()
  return fstat(descriptor.rawValue, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

func isRegularFile(_ descriptor: FileDescriptor) -> Bool {
  var status = stat()
  return fstat(descriptor.rawValue, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

func isDirectory(_ path: FilePath) -> Bool {
  var status = stat()
  return path.withPlatformString { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Writes a file beside the one that is there, and puts it in its place, with its permissions.
///
/// Of a symbolic link, what it points to is replaced.
///
/// - Parameter permissions: of a file that was not there.
func replaceFile(
  _ path: FilePath,
  with bytes: [UInt8],
  permissions: FilePermissions = [.ownerReadWrite]
) throws(Errno) {
  var target = path
  if let resolved = path.withPlatformString({ realpath($0, nil) }) {
    target = FilePath(platformString: resolved)
    free(resolved)
  }
  var status = stat()
  let isThere = target.withPlatformString { stat($0, &status) } == 0
  let unfinished = FilePath("\(target).\(processIdentifier())")
  do {
    let descriptor = try FileDescriptor.open(
      unfinished,
      .writeOnly,
      options: [.create, .truncate],
      permissions: isThere ? FilePermissions(rawValue: status.st_mode & 0o777) : permissions
    )
    try descriptor.closeAfter {
      _ = try descriptor.writeAll(bytes)
      if fsync(descriptor.rawValue) != 0 { throw Errno(rawValue: errno) }
    }
    try renameFile(unfinished, target)
  } catch {
    removeFile(unfinished)
    throw error as? Errno ?? .ioError
  }
}

/// Seconds on a clock that never goes back.
func monotonicSeconds() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

/// The most memory that the process has had, in bytes.
func peakMemoryByteCount() -> Int {
  var usage = rusage()
  guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return 0 }
  // Linux counts in units of 1024 bytes.
  return usage.ru_maxrss * 1024
}
