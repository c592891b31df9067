import EventStorage
import Glibc
import GraphModel
import Rapport
import Synchronization
import SystemPackage

/// What an ingestion shows, writes and heeds while it runs.
final class IngestSession: Sendable {
  private let progressLine: ProgressLine
  private let interruption = Interruption()
  private let acknowledges: Bool
  /// Bytes of all inputs, or `nil` where one of them is no file.
  private let byteCount: Int?
  private let rejects: Output?
  private let state = Mutex(State())

  private struct State {
    var failure: StoreFailure?
  }

  init(command: IngestCommand) throws(StoreFailure) {
    progressLine = ProgressLine("ingesting", isQuiet: command.quiet)
    acknowledges = command.acknowledge
    byteCount = Self.byteCount(of: command.files)
    rejects = try command.rejects.map { path throws(StoreFailure) in
      try Self.create(path)
    }
    interruption.setFarewell("interrupted before the first commit; the log is as it was")
  }

  /// What went wrong beside the ingestion itself.
  var failure: StoreFailure? { state.withLock { $0.failure } }

  var isInterrupted: Bool { interruption.requestedSignal != nil }

  /// Called when events up to this end are durable.
  func committed(_ end: LogEnd) {
    if acknowledges {
      note { () throws(StoreFailure) in
        try Output.standard.write("acknowledged \(end.position.rawValue)\n")
        try Output.standard.flush()
      }
    }
    interruption.setFarewell(
      """
      interrupted; everything up to position \(end.position.rawValue) is safe, and running the \
      same command again does the rest
      """
    )
  }

  func progressed(_ progress: IngestProgress) {
    let fraction = byteCount.map { Double(progress.byteCount) / Double(max($0, 1)) }
    progressLine.update(
      eventCount: progress.committed + progress.alreadyThere,
      fraction: fraction
    )
  }

  /// Keeps a line that was left out, with its reason: in the file for that, else on standard
  /// error.
  func rejected(_ line: RejectedLine) {
    guard let rejects else {
      progressLine.wipe()
      reportError(line.message)
      return
    }
    note { () throws(StoreFailure) in try rejects.write(Self.json(line) + "\n") }
  }

  func end() {
    progressLine.wipe()
    if let rejects { note { () throws(StoreFailure) in try rejects.flush() } }
  }

  /// Called when all events are in the log and their graph is being made.
  func beginGraph() {
    interruption.setFarewell(
      "interrupted; every event is safe, and the next query makes the graph"
    )
  }

  func endInterrupted() -> Never {
    interruption.end()
  }

  private func note(_ body: () throws(StoreFailure) -> Void) {
    do throws(StoreFailure) {
      try body()
    } catch {
      state.withLock { $0.failure = $0.failure ?? error }
    }
  }

  private static func create(_ path: String) throws(StoreFailure) -> Output {
    do {
      let descriptor = try FileDescriptor.open(
        path,
        .writeOnly,
        options: [.create, .truncate],
        permissions: [.ownerReadWrite, .groupRead, .otherRead]
      )
      return Output(descriptor, name: "\"\(path)\"")
    } catch {
      throw StoreFailure(.inputOutput, "cannot write \"\(path)\": \(error)")
    }
  }

  private static func byteCount(of files: [String]) -> Int? {
    var total = 0
    for file in files {
      var status = stat()
      guard file != "-", stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        return nil
      }
      total += Int(status.st_size)
    }
    return files.isEmpty ? nil : total
  }

  /// `{"input":…,"line":…,"error":…,"text":…}`; bytes that are no text are in `base16`.
  private static func json(_ line: RejectedLine) -> String {
    let content: String
    if let text = String(validating: line.bytes, as: UTF8.self) {
      content = "\"text\":\(jsonQuoted(text))"
    } else {
      content = "\"base16\":\"\(hexadecimal(line.bytes))\""
    }
    let place = "\"input\":\(jsonQuoted(line.input)),\"line\":\(line.line)"
    return "{\(place),\"error\":\(jsonQuoted(line.message)),\(content)}"
  }
}
