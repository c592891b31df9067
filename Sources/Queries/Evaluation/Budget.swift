import Glibc
import SystemPackage

/// What a running query has spent of the budgets of ``QueryOptions``.
///
/// Whatever loops reports its work here; every few thousand units the clock, the memory and a
/// request to stop are looked at.
final class Budget {
  private let options: QueryOptions
  private let start: ContinuousClock.Instant
  /// Measured at the first look: most queries are over before, and need not pay for it.
  private var residentAtStart: Int?
  private(set) var stepCount = 0
  private var workLeft = Budget.workBetweenLooks
  private var nextMemoryLook: ContinuousClock.Instant

  /// Some tens of microseconds of work, mostly.
  private static let workBetweenLooks = 4096
  private static let timeBetweenMemoryLooks = Swift.Duration.milliseconds(2)

  init(_ options: QueryOptions) {
    self.options = options
    start = ContinuousClock.now
    nextMemoryLook = start + Self.timeBetweenMemoryLooks
  }

  /// For another thread of the same query: it has the same time, and the same memory to begin with.
  init(sharing other: Budget) {
    options = other.options
    start = other.start
    residentAtStart = other.residentAtStart
    nextMemoryLook = other.nextMemoryLook
  }

  /// Notes work that costs about `units` times some nanoseconds.
  @inline(__always)
  func work(_ units: Int) throws(QueryError) {
    workLeft &-= units
    if workLeft < 0 { try look() }
  }

  /// Counts steps: rows that an operator made, edges that a walk went along.
  func count(steps: Int) throws(QueryError) {
    stepCount += steps
    if stepCount > options.stepCountMax {
      throw .limit(
        "the query took more than \(options.stepCountMax) steps",
        hint: "bound the lengths of paths, start from a node with an id, or raise the limit: "
          + "--max-steps, in Swift QueryOptions.stepCountMax"
      )
    }
    try work(steps)
  }

  func count(resultRows: Int) throws(QueryError) {
    guard resultRows > options.rowCountMax else { return }
    throw .limit(
      "the result has more than \(options.rowCountMax) rows",
      hint: "add a LIMIT, or raise the limit: --max-rows, in Swift QueryOptions.rowCountMax"
    )
  }

  private func look() throws(QueryError) {
    workLeft = Self.workBetweenLooks
    if let cancellation = options.cancellation, cancellation.isCancelled { throw .cancelled }
    let now = ContinuousClock.now
    if let timeout = options.timeout, now - start > timeout {
      throw .limit(
        "the query ran out of time: it had \(timeout)",
        hint: "narrow it (PROFILE shows where the time goes), or raise the limit: --timeout, "
          + "in Swift QueryOptions.timeout"
      )
    }
    guard now > nextMemoryLook else { return }
    nextMemoryLook = now + Self.timeBetweenMemoryLooks
    let resident = Self.residentBytes()
    let start = residentAtStart ?? resident
    residentAtStart = start
    if resident - start > options.byteCountMax {
      throw .limit(
        "the query takes more than \(Self.text(bytes: options.byteCountMax)) of memory",
        hint: "collect, group or sort fewer rows, or raise the limit: --max-memory, "
          + "in Swift QueryOptions.byteCountMax"
      )
    }
  }

  private static func text(bytes: Int) -> String {
    for (unit, size) in [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
    where bytes >= size {
      let tenths = bytes / (size / 10)
      return tenths % 10 == 0 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
    return "\(bytes) bytes"
  }

  /// The memory that the process has in use for itself; 0 where the system does not tell.
  ///
  /// Pages of mapped files do not count: a query that reads an image takes no memory by that.
  private static func residentBytes() -> Int {
    guard let file = try? FileDescriptor.open("/proc/self/statm", .readOnly) else { return 0 }
    defer { try? file.close() }
    return withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer in
      guard let count = try? file.read(into: UnsafeMutableRawBufferPointer(buffer)) else {
        return 0
      }
      // The second number counts pages, the third those of them that belong to files.
      let numbers = buffer[..<count].split(separator: 0x20).map { digits in
        digits.reduce(0) { $0 &* 10 &+ Int($1 &- 0x30) }
      }
      guard numbers.count > 2 else { return 0 }
      return (numbers[1] - numbers[2]) * pageSize
    }
  }

  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
}
