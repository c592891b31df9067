import ArgumentParser
import EventStorage
import GraphModel
import Rapport

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Tells what is in a store: counts, position, sizes, root, schema.",
    discussion: """
        rapport info meetings
      """
  )

  @OptionGroup var store: StoreArgument

  func run() throws {
    let info = try store.openForReading().info()
    let log = info.log
    var rows = [
      ["store", store.store],
      ["format", "\(log.formatVersion)"],
      ["schema", "\(info.schemaName) version \(info.schemaVersion)"],
      ["schema digest", info.schemaDigest],
      ["schema since", "position \(info.schemaPosition.rawValue)"],
      ["events", grouped(log.eventCount)],
      ["commits", grouped(log.commitCount)],
      ["root", "\(log.root)"],
      ["last recorded", log.lastRecordedTime.map { Timestamp.text(of: $0) } ?? "never"],
      ["size of records", byteCountText(log.recordByteCount)],
      ["size of indexes", byteCountText(log.indexByteCount)],
      ["size of log file", byteCountText(log.fileByteCount)],
      ["quarantined", grouped(info.quarantinedCount)],
    ]
    rows += info.nodeCounts.map { ["nodes", "\($0.label)  \(grouped($0.count))"] }
    rows += info.edgeCounts.map { ["edges", "\($0.type)  \(grouped($0.count))"] }
    let output = Output.standard
    try output.write(aligned(rows).joined(separator: "\n") + "\n")
    try output.flush()
  }
}
