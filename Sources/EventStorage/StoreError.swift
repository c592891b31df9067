import LMDB

/// Why a store cannot be used: the state of the world, not of what was asked for.
public struct StoreError: Error, Hashable, Sendable {
  /// What is the matter; the wording is in ``StoreError/message`` and ``StoreError/advice``.
  public enum Reason: Hashable, Sendable {
    case missing
    /// What stands there instead.
    case notAStore(String)
    case alreadyExists
    case alreadyOpen
    case newerFormat(found: UInt32, supported: UInt32)
    /// What of it is damaged.
    case damaged(String)
    case readOnly
    case outOfSpace
    case mapFull(byteCount: Int)
    case mapResized
    case networkFileSystem
    case readersFull
    /// Another process has it open and has not told which commit is the last.
    case lockFileUnfinished
    /// Whether the last batch was written is known only after the store is opened again.
    case outcomeUnknown
    /// All positions are taken.
    case positionsExhausted
    /// Anything else that the system or LMDB said.
    case system(String)
  }

  public var reason: Reason
  /// The file or directory that it is about.
  public var path: String
  /// The code of LMDB or of the system behind it; 0 where there is none.
  public var code: Int32

  init(_ reason: Reason, path: String, code: Int32 = 0) {
    self.reason = reason
    self.path = path
    self.code = code
  }

  init(_ error: LMDBError, path: String) {
    self.init(Self.reason(of: error), path: path, code: error.rawValue)
  }

  private static func reason(of error: LMDBError) -> Reason {
    switch error {
    case .noSuchFile: .missing
    case .alreadyOpen: .alreadyOpen
    case .networkFileSystem: .networkFileSystem
    case .mapFull: .mapFull(byteCount: 0)
    case .mapResized: .mapResized
    case .readersFull: .readersFull
    case .lockFileUnfinished: .lockFileUnfinished
    case .panic: .outcomeUnknown
    case _ where error.isReadOnly: .readOnly
    case _ where error.isOutOfSpace: .outOfSpace
    case _ where error.isDamage: .damaged(error.description)
    default: .system(error.description)
    }
  }
}

extension StoreError: CustomStringConvertible {
  /// What is the matter, with the path.
  public var message: String {
    "\"\(path)\" " + phrase
  }

  private var phrase: String {
    switch reason {
    case .missing: "does not exist"
    case .notAStore(let what): "is not a store: \(what)"
    case .alreadyExists: "is a store already"
    case .alreadyOpen: "is already open in this process"
    case .newerFormat(let found, let supported):
      "has store format \(found), and this program reads formats up to \(supported)"
    case .damaged(let what): "is damaged: \(what)"
    case .readOnly: "cannot be written to"
    case .outOfSpace: "cannot grow: no space is left on its device"
    case .mapFull(let byteCount): "has outgrown the \(byteCount) bytes reserved for it"
    case .mapResized: "was made larger by another process while this one was reading it"
    case .networkFileSystem: "is on a network file system, where its locks are not reliable"
    case .readersFull: "is being read by too many at once"
    case .lockFileUnfinished:
      "is open in another program, whose lock file does not say which commit is the last"
    case .outcomeUnknown: "failed half way through a commit"
    case .positionsExhausted: "holds as many events as it can"
    case .system(let message): "cannot be used: \(message)"
    }
  }

  /// What to do about it, or `nil` where the message says it all.
  public var advice: String? {
    switch reason {
    case .missing, .notAStore: "create a store with \"rapport init\""
    case .alreadyExists: "open it, or choose another path"
    case .alreadyOpen: "use the store that is open"
    case .newerFormat: "update this program"
    case .damaged: "restore it from a backup or an export; \"rapport verify\" says what is intact"
    case .readOnly: "open it for reading only, or change its permissions"
    case .outOfSpace: "free some space and run the same command again; nothing is lost"
    case .mapFull: "open it with a larger map"
    case .mapResized: "try again"
    case .networkFileSystem: "move it to a local disk, or allow network file systems explicitly"
    case .readersFull: "try again when fewer programs read it"
    case .lockFileUnfinished: "end the programs that have it open, and try again"
    case .outcomeUnknown: "open it again, and compare its last position with what was written"
    case .positionsExhausted, .system: nil
    }
  }

  public var description: String {
    advice.map { "\(message); \($0)" } ?? message
  }
}

/// Why a batch was not appended.
public enum AppendError: Error, Hashable, Sendable {
  case store(StoreError)
  /// The log is not at the position that was expected; nothing was written.
  case positionMoved(expected: UInt32, actual: UInt32)
  /// The log has the event that must not be there, at that position; nothing was written.
  case eventPresent(EventName, position: UInt32)
  /// An event has the id of another with different content; nothing was written.
  case conflict(EventConflict)
  /// The batch does not fit into one transaction; nothing was written.
  case batchTooLarge(eventCount: Int)
  /// An event to restore does not follow the last; nothing from it on was written.
  case restoreOutOfSequence(index: Int, expected: UInt32, found: UInt32)
  /// An event to restore was recorded before the one before it; nothing from it on was written.
  case restoreBackInTime(index: Int)
}

extension AppendError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .store(let error): error.description
    case .positionMoved(let expected, let actual):
      "expected the log at position \(expected), found it at \(actual); "
        + "read what is new, and try again"
    case .eventPresent(let name, let position):
      "expected no event \"\(name.id)\" of source \"\(name.source)\", found it at position "
        + "\(position)"
    case .conflict(let conflict): conflict.description
    case .batchTooLarge(let count):
      "\(count) events do not fit into one transaction; append fewer at a time"
    case .restoreOutOfSequence(_, let expected, let found):
      "expected the event of position \(expected), found that of \(found); "
        + "an export restores into an empty store, from its first event on"
    case .restoreBackInTime:
      "expected \"recordedtime\" not to go back, found one before that of the event before"
    }
  }
}
