import EventStorage
import Queries
import SourceText
import SystemPackage

// Which failure each module's error is, in one place.

extension StoreFailure {
  init(_ error: StoreError) {
    let kind: Kind =
      switch error.reason {
      case .missing: .noInput
      case .notAStore, .alreadyExists: .data
      case .newerFormat: .data
      case .alreadyOpen, .mapResized, .readersFull, .lockFileUnfinished: .temporary
      case .damaged, .readOnly, .outOfSpace, .mapFull, .networkFileSystem, .outcomeUnknown,
        .positionsExhausted, .system:
        .inputOutput
      }
    self.init(kind, error.description)
  }

  init(_ error: AppendError) {
    switch error {
    case .store(let error): self.init(error)
    case .positionMoved, .eventPresent: self.init(.temporary, error.description)
    default: self.init(.data, error.description)
    }
  }

  init(_ error: QueryError, in source: SourceText) {
    switch error {
    case .compile(let diagnostics): self.init(.data, diagnostics.rendered(in: source))
    case .evaluation(let diagnostic): self.init(.data, diagnostic.rendered(in: source))
    case .limit(let message, let hint): self.init(.data, "\(message)\n  hint: \(hint)")
    case .cancelled: self.init(.temporary, "the query was stopped")
    }
  }

  init(reading path: String, _ error: Errno) {
    let name = path == "-" ? "standard input" : "\"\(path)\""
    switch error {
    case .noSuchFileOrDirectory:
      self.init(.noInput, "\(name) does not exist")
    case .isDirectory:
      self.init(.noInput, "\(name) is a directory, not a file")
    case .permissionDenied:
      self.init(.noInput, "\(name) cannot be read: \(error.description)")
    default: self.init(.inputOutput, "\(name) cannot be read: \(error.description)")
    }
  }

  /// For errors that come through closures, which lose their type.
  init(any error: any Error) {
    switch error {
    case let error as StoreFailure: self = error
    case let error as StoreError: self.init(error)
    case let error as AppendError: self.init(error)
    case let error as EventError: self.init(.data, error.description)
    case let error as Errno: self.init(.inputOutput, error.description)
    default: self.init(.software, "unexpected: \(error)")
    }
  }
}
