import CMemory

/// How this process deals with memory that it does not need for now.
enum ProcessMemory {
  private static let keptByteCountMax: Int32 = 128 << 20

  /// Memory of one query serves the next: handing it back to the system and getting it anew, page
  /// by page, takes up to a third of the time of a query.
  static func keepBetweenQueries() { rapport_keep_freed_memory(keptByteCountMax) }
}
