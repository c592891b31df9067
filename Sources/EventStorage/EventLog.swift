import GraphModel
import Glibc
import LMDB
import Synchronization

/// The log of a store: events in the order they were learned, never changed.
///
/// For use from several threads. Reads see the last commit, and do not wait for writes; writes
/// wait for each other, in all processes. One process has a store open once.
public final class EventLog: Sendable {
  /// How a store is opened.
  public struct Options: Sendable {
    public var isReadOnly = false
    /// Whether to use a store on a network file system, at the risk of damage.
    public var allowsNetworkFileSystem = false
    /// Address space reserved for the log, in bytes.
    public var mapByteCount = 64 << 30

    public init() {}
  }

  /// The store's directory.
  public let path: String
  public let isReadOnly: Bool
  let environment: Environment
  let events: Table
  let identities: Table
  let commits: Table
  let meta: Table
  let appendQueue = AppendQueue()
  /// What the writer knows of the events that the table of identities may lack.
  let appended = Mutex(RecentIdentities(start: 0))
  /// What readers know of them; they do not wait for the writer.
  let found = Mutex(RecentIdentities(start: 0))

  /// Opens the store at `path`.
  public static func open(
    at path: String,
    options: Options = Options()
  ) throws(StoreError) -> EventLog {
    guard let kind = try fileKind(path) else { throw StoreError(.missing, path: path) }
    guard kind == S_IFDIR else {
      throw StoreError(.notAStore("it is a file, not a directory"), path: path)
    }
    guard try fileKind(logPath(of: path)) != nil else {
      throw StoreError(
        .notAStore("it has no file \"\(StoreFormat.logFileName)\""),
        path: path
      )
    }
    return try EventLog(path: path, options: options, creates: false)
  }

  /// Makes a new store at `path`: a directory that does not exist, or is empty.
  ///
  /// A store whose creation was interrupted is completed.
  public static func create(
    at path: String,
    options: Options = Options()
  ) throws(StoreError) -> EventLog {
    if mkdir(path, 0o777) != 0 {
      if errno == ENOENT { throw StoreError(.missing, path: parent(of: path), code: ENOENT) }
      if errno != EEXIST { throw systemError(path) }
      try checkIsVacant(path)
    }
    let log = try EventLog(path: path, options: options, creates: true)
    try synchronizeDirectory(path)
    try synchronizeDirectory(parent(of: path))
    return log
  }

  private init(path: String, options: Options, creates: Bool) throws(StoreError) {
    let file = Self.logPath(of: path)
    var environmentOptions = Environment.Options()
    environmentOptions.isReadOnly = options.isReadOnly
    environmentOptions.createsFile = creates
    environmentOptions.mapByteCount = options.mapByteCount
    environmentOptions.allowsNetworkFileSystem = options.allowsNetworkFileSystem
    do throws(LMDBError) {
      let environment = try Environment(path: file, options: environmentOptions)
      self.environment = environment
      func table(_ name: String, hasIntegerKeys: Bool = false) throws(LMDBError) -> Table {
        try environment.table(named: name, hasIntegerKeys: hasIntegerKeys, creates: creates)
      }
      meta = try table(StoreFormat.metaTable)
      events = try table(StoreFormat.eventsTable, hasIntegerKeys: true)
      identities = try table(StoreFormat.identitiesTable)
      commits = try table(StoreFormat.commitsTable, hasIntegerKeys: true)
    } catch {
      if error == .notFound || error.rawValue == Self.incompatible {
        throw StoreError(.notAStore("its log has other tables"), path: file)
      }
      throw StoreError(error, path: file)
    }
    self.path = path
    isReadOnly = options.isReadOnly
    try checkFormat(creates: creates)
  }

  /// The corresponding C error is `MDB_INCOMPATIBLE`: a table has keys of another kind.
  private static let incompatible: Int32 = -30_784

  var filePath: String { Self.logPath(of: path) }

  private func checkFormat(creates: Bool) throws(StoreError) {
    let header = try reading { transaction throws(LMDBError) in
      try transaction.value(named: FormatHeader.key, in: meta).map(FormatHeader.init)
    }
    switch header {
    case .some(.some(let header)):
      if creates { throw StoreError(.alreadyExists, path: path) }
      if header.readableFrom > StoreFormat.version || header.version == 0 {
        throw StoreError(
          .newerFormat(found: header.version, supported: StoreFormat.version),
          path: path
        )
      }
    case .some(.none): throw StoreError(.notAStore("its log has another format"), path: filePath)
    case .none:
      guard creates else {
        throw StoreError(.notAStore("its creation was interrupted"), path: path)
      }
      do throws(LMDBError) {
        let transaction = try environment.beginWriting()
        try transaction.put(FormatHeader.current.bytes, named: FormatHeader.key, in: meta)
        try transaction.put(LogHead.empty.bytes, named: LogHead.key, in: meta)
        try transaction.commit()
      } catch {
        throw StoreError(error, path: filePath)
      }
    }
    _ = try head()
  }
}

extension EventLog {
  /// Runs `body` in a read transaction.
  func reading<Result>(
    _ body: (borrowing ReadTransaction) throws(LMDBError) -> Result
  ) throws(StoreError) -> Result {
    do throws(LMDBError) {
      let transaction = try environment.beginReading()
      return try body(transaction)
    } catch {
      throw storeError(error)
    }
  }

  func storeError(_ error: LMDBError) -> StoreError {
    var result = StoreError(error, path: filePath)
    if error == .mapFull {
      let info = try? environment.info()
      result.reason = .mapFull(byteCount: info?.mapByteCount ?? 0)
    }
    return result
  }

  func damaged(_ what: String) -> StoreError {
    StoreError(.damaged(what), path: filePath)
  }

  /// The end of the log as of the last commit.
  func head() throws(StoreError) -> LogHead { try newestCommit().head }

  /// The end of the log as of the last commit, and the number of that commit.
  func newestCommit() throws(StoreError) -> (head: LogHead, number: Int) {
    let (head, number) = try reading { transaction throws(LMDBError) in
      let value = try transaction.value(named: LogHead.key, in: meta)
      return (value.flatMap(LogHead.init), transaction.identifier)
    }
    guard let head else { throw damaged("the record of its end") }
    return (head, number)
  }
}

extension ReadTransaction {
  func value(named name: String, in table: Table) throws(LMDBError) -> UnsafeRawBufferPointer? {
    let found = Array(name.utf8).withUnsafeBytes { key in
      Result { () throws(LMDBError) in try value(for: key, in: table) }
    }
    return try found.get()
  }
}

extension WriteTransaction {
  func value(named name: String, in table: Table) throws(LMDBError) -> UnsafeRawBufferPointer? {
    let found = Array(name.utf8).withUnsafeBytes { key in
      Result { () throws(LMDBError) in try value(for: key, in: table) }
    }
    return try found.get()
  }

  /// Writes the end of the log, and with it the format that it is written in.
  func put(_ head: LogHead, in meta: Table) throws(LMDBError) {
    if head.formatVersion != StoreFormat.version {
      try put(FormatHeader.current.bytes, named: FormatHeader.key, in: meta)
    }
    try put(head.bytes, named: LogHead.key, in: meta)
  }

  func put(_ bytes: [UInt8], named name: String, in table: Table) throws(LMDBError) {
    let done = Array(name.utf8).withUnsafeBytes { key in
      bytes.withUnsafeBytes { value in
        Result { () throws(LMDBError) in try put(value, for: key, in: table) }
      }
    }
    try done.get()
  }
}

// MARK: Files

extension EventLog {
  private static func logPath(of path: String) -> String {
    path + "/" + StoreFormat.logFileName
  }

  private static func parent(of path: String) -> String {
    let trimmed = path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
    guard let slash = trimmed.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
  }

  private static func systemError(_ path: String) -> StoreError {
    StoreError(LMDBError(rawValue: errno), path: path)
  }

  /// The kind of what is at `path`, or `nil` where nothing is.
  private static func fileKind(_ path: String) throws(StoreError) -> mode_t? {
    var status = stat()
    if stat(path, &status) == 0 { return status.st_mode & S_IFMT }
    if errno == ENOENT { return nil }
    if errno == ENOTDIR {
      throw StoreError(.notAStore("a part of its path is a file"), path: path, code: ENOTDIR)
    }
    throw systemError(path)
  }

  /// Throws where a directory holds anything but a store, or the beginnings of one.
  private static func checkIsVacant(_ path: String) throws(StoreError) {
    guard try fileKind(path) == S_IFDIR else {
      throw StoreError(.notAStore("it is a file, not a directory"), path: path)
    }
    guard let directory = opendir(path) else { throw systemError(path) }
    defer { closedir(directory) }
    let own = [
      ".", "..", StoreFormat.logFileName, StoreFormat.lockFileName, StoreFormat.imageDirectoryName,
    ]
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard own.contains(name) else {
        throw StoreError(.notAStore("it is a directory with other files in it"), path: path)
      }
    }
  }

  /// Makes the names in a directory survive a loss of power.
  private static func synchronizeDirectory(_ path: String) throws(StoreError) {
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemError(path) }
    defer { close(descriptor) }
    // Some file systems cannot do that, and say EINVAL.
    if fsync(descriptor) != 0, errno != EINVAL { throw systemError(path) }
  }
}
