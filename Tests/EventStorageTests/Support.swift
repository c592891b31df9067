import Dispatch
import EventStorage
import Foundation
import GraphModel
import Synchronization

/// A directory that goes when its test does.
final class TemporaryDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "rapport-log-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  var store: String { path + "/store" }
  var logFile: String { store + "/log.mdb" }

  func read(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }
}

/// Makes batches of lines.
struct Lines {
  var parser: EnvelopeParser

  init(restoring: Bool = false, lineByteCountMax: Int = 1 << 20) {
    var options = EnvelopeParser.Options(defaultSource: "tests")
    options.isRestoring = restoring
    options.lineByteCountMax = lineByteCountMax
    parser = EnvelopeParser(options: options)
  }

  @discardableResult
  func add(_ line: String, to batch: inout EventBatch) throws -> Bool {
    try add(Array(line.utf8), to: &batch)
  }

  @discardableResult
  func add(_ line: [UInt8], to batch: inout EventBatch) throws -> Bool {
    try line.withUnsafeBytes { try parser.parse($0, into: &batch) != nil }
  }

  func batch(_ lines: [String]) throws -> EventBatch {
    var batch = EventBatch()
    for line in lines { try add(line, to: &batch) }
    return batch
  }
}

func line(_ id: String, type: String = "t", data: String = "{}") -> String {
  #"{"type":"\#(type)","id":"\#(id)","data":\#(data)}"#
}

extension EventLog {
  @discardableResult
  func append(
    _ lines: [String],
    options: AppendOptions = AppendOptions()
  ) throws -> AppendResult {
    try append(Lines().batch(lines), options: options)
  }

  @discardableResult
  func append(_ lines: [String], lagMax: Int) throws -> AppendResult {
    try append(lines, options: AppendOptions(indexLagMax: lagMax))
  }

  func allEvents() throws -> [Event] {
    var events: [Event] = []
    try read { events.append(Event($0)) }
    return events
  }

  func exported() throws -> [String] {
    var lines: [UInt8] = []
    try read { $0.appendLine(to: &lines, includesPlace: true) }
    return String(decoding: lines, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}

/// Random numbers that a seed repeats.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
    return word ^ word >> 31
  }
}

/// Runs each body on a thread of its own, and throws the first error of any.
///
/// Not tasks: bodies that wait for each other could wait for ever on the few threads of those.
func onThreads(_ bodies: [@Sendable () throws -> Void]) throws {
  let group = DispatchGroup()
  let failures = Mutex<[any Error]>([])
  for body in bodies {
    group.enter()
    Thread.detachNewThread {
      do {
        try body()
      } catch {
        failures.withLock { $0.append(error) }
      }
      group.leave()
    }
  }
  group.wait()
  if let failure = failures.withLock({ $0.first }) { throw failure }
}
