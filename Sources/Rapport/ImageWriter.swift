import Dispatch
import EventStorage
import GraphModel
import GraphStorage
import Synchronization

/// Writes images in the background, one at a time.
final class ImageWriter: Sendable {
  private let isWriting = Mutex(false)
  private let work = DispatchGroup()

  /// So many events are folded again at each opening rather than written to an image.
  private static let eventCountMin = 5_000
  /// And this part of the log: what an image costs grows with it.
  private static let eventPart = 128

  static func isWorthAnImage(unsavedCount: Int, end: EventPosition) -> Bool {
    unsavedCount >= max(eventCountMin, Int(end.rawValue) / eventPart)
  }

  /// Begins to write the image of a graph; `false` where another is being written.
  func begin(_ image: ImageFile, _ graph: FoldedGraph, key: ImageKey) -> Bool {
    let isFree = isWriting.withLock { isWriting in
      defer { isWriting = true }
      return !isWriting
    }
    guard isFree else { return false }
    let contents = graph.graph.contents
    let account = graph.base.account
    DispatchQueue.global().async(group: work) { [self] in
      image.write(contents, key: key, account: account)
      isWriting.withLock { $0 = false }
    }
    return true
  }

  /// Returns when none is being written.
  func wait() {
    work.wait()
  }
}
