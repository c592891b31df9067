import ArgumentParser
import Glibc
import Queries

/// How far a query may go: what `query` and `shell` have in common.
struct BudgetArguments: ParsableArguments {
  @Option(help: "How long a query may run: 500ms, 30s, 2m. (default: as long as it takes)")
  var timeout: TimeArgument?

  @Option(
    help: "By how much the process may grow: 500MB, 2GB. (default: half of the machine's memory)"
  )
  var maxMemory: SizeArgument?

  @Option(help: "How many rows a result may have. (default: 10000000)")
  var maxRows: CountArgument?

  @Option(
    help: """
      How many rows all steps of a query may make together, and edges that paths may go along. \
      (default: 2000000000)
      """
  )
  var maxSteps: CountArgument?

  func apply(to options: inout QueryOptions) {
    if let timeout { options.timeout = timeout.duration }
    if let maxMemory { options.byteCountMax = maxMemory.byteCount }
    if let maxRows { options.rowCountMax = maxRows.count }
    if let maxSteps { options.stepCountMax = maxSteps.count }
  }

  /// How many threads a query uses unless somebody says otherwise.
  static var coreCount: Int {
    max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  }
}

/// A number with a unit behind it, such as `1.5GB`.
private func quantity(_ text: String, units: [String: Double]) -> Double? {
  let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
  let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
  guard let number = Double(digits), let factor = units[unit] else { return nil }
  let result = number * factor
  return result > 0 && result < 1e18 ? result : nil
}

/// A span of time: `500ms`, `30s`, `2m`, `1h`, or seconds.
struct TimeArgument: ExpressibleByArgument {
  let duration: Duration

  init?(argument: String) {
    let units: [String: Double] = ["ms": 0.001, "": 1, "s": 1, "m": 60, "min": 60, "h": 3600]
    guard let seconds = quantity(argument, units: units) else { return nil }
    duration = .seconds(seconds)
  }
}

/// An amount of memory: `500MB`, `2GB`, `2GiB`, or bytes.
struct SizeArgument: ExpressibleByArgument {
  let byteCount: Int

  init?(argument: String) {
    let units: [String: Double] = [
      "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "k": 1e3, "m": 1e6, "g": 1e9,
      "kib": 1024, "mib": 1_048_576, "gib": 1_073_741_824,
    ]
    guard let bytes = quantity(argument, units: units) else { return nil }
    byteCount = Int(bytes)
  }
}

/// A number of rows or steps: at least 1; digits may be grouped, `1_000_000`.
struct CountArgument: ExpressibleByArgument {
  let count: Int

  init?(argument: String) {
    guard let count = Int(argument.filter { $0 != "_" }), count >= 1 else { return nil }
    self.count = count
  }
}
