import ArgumentParser
import Rapport

struct RebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Makes the graph again from the whole log.",
    discussion: """
      Compares the new graph with the one that it replaces: they must be equal, byte for byte.

        rapport rebuild meetings
      """
  )

  @OptionGroup var store: StoreArgument

  @Flag(name: .shortAndLong, help: "No progress, and no summary.")
  var quiet = false

  func run() throws {
    let store = try store.openForWriting()
    let progressLine = ProgressLine("rebuilding", isQuiet: quiet)
    defer { progressLine.wipe() }
    let report = try store.rebuild { progressLine.update($0) }
    progressLine.wipe()
    if !quiet { try write(report) }
    if let former = report.formerDigest, former != report.digest {
      throw StoreFailure(
        .software,
        """
        the graph differs from the one that it replaces, whose digest was \
        \(hexadecimal(former)); it is replaced now, but the same log must always make the same \
        graph: please report this
        """
      )
    }
  }

  private func write(_ report: RebuildReport) throws(StoreFailure) {
    let rate = report.seconds > 0 ? Int(Double(report.eventCount) / report.seconds) : 0
    let milliseconds = Int(report.seconds * 1000)
    var lines = [
      """
      \(report.eventCount) events folded in \(milliseconds) ms (\(grouped(rate)) events/s) into \
      \(report.nodeCount) nodes and \(report.edgeCount) edges
      """
    ]
    if report.quarantinedCount > 0 {
      lines.append(
        "\(eventCount(report.quarantinedCount)) in quarantine: see "
          + "\"rapport quarantine \(store.store)\""
      )
    }
    let comparison =
      report.formerDigest == nil
      ? "there was none to compare it with"
      : report.formerDigest == report.digest ? "equal to the one before" : "not equal"
    lines.append("digest \(hexadecimal(report.digest)), \(comparison)")
    let output = Output.standard
    try output.write(lines.joined(separator: "\n") + "\n")
    try output.flush()
  }
}
