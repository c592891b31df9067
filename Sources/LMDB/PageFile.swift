import CLMDB
import Glibc

// LMDB 0.9 trusts its file: a page number past the end, or a node past its page, ends the
// process. What is checked here is read with pread, not through the map, and never crashes.
//
// A file is pages of one size. Pages 0 and 1 are meta pages; the one with the greater
// transaction number is valid. A commit writes the meta page of the commit before the last, so
// the numbers of the two follow each other; both are 0 in a new file. All integers are in the
// byte order of the machine.
//
//   OFFSET  SIZE  A PAGE
//        0     8  Page number
//       10     2  Flags: 1 branch, 2 leaf, 4 overflow, 8 meta
//       12     2  Bytes of header and node offsets   (of an overflow page: 4 bytes, its pages)
//       14     2  Offset of the lowest node
//       16     …  Offsets of nodes, 2 bytes each
//
//   OFFSET  SIZE  A META PAGE                    OFFSET  SIZE  A TREE
//       16     4  0xBEEFC0DE                          0     4  Page size, of the first tree
//       20     4  Format version, 1                   4     2  Flags: 8 integer keys
//       40    48  Tree of free pages                  6     2  Depth
//       88    48  Tree of tables                     40     8  Page number of the root, or -1
//      136     8  Last page number
//      144     8  Transaction number
//
//   OFFSET  SIZE  A NODE
//        0     4  Size of its data               (of a branch: page number, low bytes)
//        4     2  Flags: 1 large, 2 tree         (of a branch: page number, high bytes)
//        6     2  Size of its key
//        8     …  Key, data                      (of a large one: page number of its data)

/// A page that is not what LMDB would have written.
public struct PageDamage: Hashable, Sendable {
  public var pageNumber: Int
  /// What is wrong with it, such as "is not where its number says".
  public var problem: String
}

struct PageMeta {
  var pageByteCount: Int
  var freeTree: PageTree
  var mainTree: PageTree
  var pageCount: Int
  var transactionNumber: Int

  /// Returns `nil` where the page is not a meta page of this format.
  init?(_ page: UnsafeRawBufferPointer) {
    guard page.count >= 152, page.loadUnaligned(fromByteOffset: 10, as: UInt16.self) & 8 != 0,
      page.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == 0xBEEF_C0DE
    else { return nil }
    let freeTree = UnsafeRawBufferPointer(rebasing: page[40..<88])
    pageByteCount = Int(freeTree.loadUnaligned(as: UInt32.self))
    self.freeTree = PageTree(freeTree)
    mainTree = PageTree(UnsafeRawBufferPointer(rebasing: page[88..<136]))
    let lastPage = page.loadUnaligned(fromByteOffset: 136, as: UInt64.self)
    let transaction = page.loadUnaligned(fromByteOffset: 144, as: UInt64.self)
    guard lastPage >= 1, lastPage < 1 << 40, transaction < 1 << 62,
      pageByteCount >= 256, pageByteCount <= 1 << 16, pageByteCount & (pageByteCount - 1) == 0
    else { return nil }
    pageCount = Int(lastPage) + 1
    transactionNumber = Int(transaction)
  }
}

struct PageTree {
  var hasIntegerKeys: Bool
  var root: UInt64
  /// More levels than LMDB's own stack has are damage.
  var depth: Int

  static let noRoot = UInt64.max

  init(_ bytes: UnsafeRawBufferPointer) {
    hasIntegerKeys = bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self) & 8 != 0
    depth = Int(bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
    root = bytes.loadUnaligned(fromByteOffset: 40, as: UInt64.self)
  }
}

enum PageFile {
  /// Throws where LMDB would crash on opening the file, or on reading its tables' first pages.
  static func check(_ descriptor: borrowing OwnedDescriptor) throws(LMDBError) {
    // A writer in another process may change pages between two reads of them.
    var attemptCount = 0
    while true {
      do throws(LMDBError) {
        return try checkOnce(descriptor)
      } catch {
        attemptCount += 1
        if attemptCount == 4 || error == .empty { throw error }
        usleep(2000)
      }
    }
  }

  private static func checkOnce(_ descriptor: borrowing OwnedDescriptor) throws(LMDBError) {
    let byteCount = try Int(descriptor.status().st_size)
    if byteCount == 0 { throw .empty }
    let (first, second) = try metas(of: descriptor)
    let meta = second.transactionNumber > first.transactionNumber ? second : first
    let isComplete = byteCount >= meta.pageCount * meta.pageByteCount
    // A file may end before its last page where that page became free in the transaction that
    // took it. Only a walk can tell this from a file that was cut.
    var walk = PageWalk(meta: meta, byteCount: byteCount, isShallow: isComplete)
    let damage = try walk.run(descriptor)
    if damage.contains(where: { $0.problem == PageWalk.beyondEnd }) { throw .truncated }
    if !damage.isEmpty { throw .corrupted }
  }

  /// Both meta pages.
  ///
  /// - Throws: ``LMDBError/corrupted`` where their transaction numbers do not follow each other:
  ///   LMDB would take the wrong one and lose the last commit.
  static func metas(
    of descriptor: borrowing OwnedDescriptor
  ) throws(LMDBError) -> (PageMeta, PageMeta) {
    // Writers may commit more than once between the two reads.
    for _ in 0..<100 {
      let first = try meta(0, pageByteCount: 4096, of: descriptor)
      let second = try meta(1, pageByteCount: first.pageByteCount, of: descriptor)
      if areConsecutive(first.transactionNumber, second.transactionNumber) {
        return (first, second)
      }
    }
    throw .corrupted
  }

  private static func areConsecutive(_ first: Int, _ second: Int) -> Bool {
    if first == 0, second == 0 { return true }
    return abs(first - second) == 1 && first % 2 == 0
  }

  private static func meta(
    _ number: Int,
    pageByteCount: Int,
    of descriptor: borrowing OwnedDescriptor
  ) throws(LMDBError) -> PageMeta {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 152, alignment: 8)
    defer { buffer.deallocate() }
    let count = try descriptor.read(into: buffer, at: number * pageByteCount)
    let bytes = UnsafeRawBufferPointer(buffer)
    let hasMagic =
      count >= 20 && bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == 0xBEEF_C0DE
    if count < buffer.count { throw number == 1 || hasMagic ? .truncated : .invalid }
    if hasMagic, bytes.loadUnaligned(fromByteOffset: 20, as: UInt32.self) != 1 {
      throw .versionMismatch
    }
    guard let meta = PageMeta(bytes) else { throw .invalid }
    return meta
  }
}

/// Visits the pages of one commit, and says which are damaged.
struct PageWalk {
  static let beyondEnd = "lies beyond the end of the file"
  static let damageCountMax = 100
  private static let depthMax = 32

  private struct Step {
    var page: UInt64
    var depth: Int
    var hasIntegerKeys: Bool
    var isMain: Bool
  }

  private let meta: PageMeta
  private let byteCount: Int
  /// Whether only the roots of the tables are visited.
  private let isShallow: Bool
  private var damage: [PageDamage] = []
  private var steps: [Step] = []

  init(meta: PageMeta, byteCount: Int, isShallow: Bool) {
    self.meta = meta
    self.byteCount = byteCount
    self.isShallow = isShallow
  }

  mutating func run(_ descriptor: borrowing OwnedDescriptor) throws(LMDBError) -> [PageDamage] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: meta.pageByteCount,
      alignment: 8
    )
    defer { buffer.deallocate() }
    push(meta.freeTree, isMain: false)
    push(meta.mainTree, isMain: true)
    var visitedCount = 0
    while let step = steps.popLast(), damage.count < Self.damageCountMax {
      visitedCount += 1
      // Every page belongs to one tree; visiting more than there are means a circle.
      if visitedCount > meta.pageCount { note(step.page, "is used twice") }
      guard visitedCount <= meta.pageCount, isInFile(step.page) else { continue }
      let count = try descriptor.read(into: buffer, at: Int(step.page) * meta.pageByteCount)
      if count < buffer.count {
        note(step.page, Self.beyondEnd)
      } else {
        visit(UnsafeRawBufferPointer(buffer), step, descriptor)
      }
    }
    return damage
  }

  private mutating func push(_ tree: PageTree, isMain: Bool) {
    if tree.root == PageTree.noRoot { return }
    if tree.depth > Self.depthMax {
      note(tree.root, "is the root of a tree of \(tree.depth) levels")
      return
    }
    steps.append(
      Step(page: tree.root, depth: 1, hasIntegerKeys: tree.hasIntegerKeys, isMain: isMain)
    )
  }

  private mutating func note(_ page: UInt64, _ problem: String) {
    damage.append(PageDamage(pageNumber: Int(truncatingIfNeeded: page), problem: problem))
  }

  private mutating func isInFile(_ page: UInt64, pages: Int = 1) -> Bool {
    guard page >= 2, page < UInt64(meta.pageCount), pages <= meta.pageCount - Int(page) else {
      note(page, "is referred to, and is none of this file's")
      return false
    }
    if (Int(page) + pages) * meta.pageByteCount > byteCount {
      note(page, Self.beyondEnd)
      return false
    }
    return true
  }

  private mutating func visit(
    _ page: UnsafeRawBufferPointer,
    _ step: Step,
    _ descriptor: borrowing OwnedDescriptor
  ) {
    guard page.loadUnaligned(as: UInt64.self) == step.page else {
      note(step.page, "is not where its number says")
      return
    }
    let flags = page.loadUnaligned(fromByteOffset: 10, as: UInt16.self) & 0x6F
    let lower = Int(page.loadUnaligned(fromByteOffset: 12, as: UInt16.self))
    let upper = Int(page.loadUnaligned(fromByteOffset: 14, as: UInt16.self))
    guard flags == 1 || flags == 2 else {
      note(step.page, "is of no known kind")
      return
    }
    let isBranch = flags == 1
    guard lower >= 16, lower % 2 == 0, lower <= upper, upper <= page.count,
      !isBranch || lower >= 20, step.depth <= Self.depthMax
    else {
      note(step.page, "has a damaged header")
      return
    }
    if isBranch, isShallow, !step.isMain { return }
    for index in 0..<(lower - 16) / 2 {
      let offset = Int(page.loadUnaligned(fromByteOffset: 16 + index * 2, as: UInt16.self))
      guard offset >= upper, offset + 8 <= page.count else {
        note(step.page, "has an entry outside of it")
        return
      }
      let node = UnsafeRawBufferPointer(rebasing: page[offset...])
      if isBranch {
        visitBranch(node, isFirst: index == 0, step)
      } else {
        visitLeaf(node, step, descriptor)
      }
    }
  }

  private mutating func visitBranch(
    _ node: UnsafeRawBufferPointer,
    isFirst: Bool,
    _ step: Step
  ) {
    let keyCount = Int(node.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
    let low = UInt64(node.loadUnaligned(as: UInt32.self))
    let high = UInt64(node.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
    guard 8 + keyCount <= node.count, isFirst || !step.hasIntegerKeys || keyCount == 8 else {
      note(step.page, "has a damaged key")
      return
    }
    var child = step
    child.page = high << 32 | low
    child.depth += 1
    steps.append(child)
  }

  private mutating func visitLeaf(
    _ node: UnsafeRawBufferPointer,
    _ step: Step,
    _ descriptor: borrowing OwnedDescriptor
  ) {
    let dataCount = Int(node.loadUnaligned(as: UInt32.self))
    let flags = node.loadUnaligned(fromByteOffset: 4, as: UInt16.self)
    let keyCount = Int(node.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
    let isLarge = flags & 1 != 0
    let isTree = flags & 2 != 0
    let end = 8 + keyCount + (isLarge ? 8 : dataCount)
    guard end <= node.count, flags <= 2, !isTree || (step.isMain && dataCount == 48),
      !step.hasIntegerKeys || keyCount == 8, keyCount <= 511
    else {
      note(step.page, "has a damaged entry")
      return
    }
    if isTree {
      push(PageTree(UnsafeRawBufferPointer(rebasing: node[(8 + keyCount)..<end])), isMain: false)
    } else if isLarge, !isShallow {
      let first = node.loadUnaligned(fromByteOffset: 8 + keyCount, as: UInt64.self)
      visitOverflow(first, dataCount: dataCount, descriptor)
    }
  }

  private mutating func visitOverflow(
    _ page: UInt64,
    dataCount: Int,
    _ descriptor: borrowing OwnedDescriptor
  ) {
    let pages = (16 + dataCount + meta.pageByteCount - 1) / meta.pageByteCount
    guard isInFile(page, pages: pages) else { return }
    let header = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 8)
    defer { header.deallocate() }
    let count = try? descriptor.read(into: header, at: Int(page) * meta.pageByteCount)
    guard count == 16, header.loadUnaligned(as: UInt64.self) == page,
      header.loadUnaligned(fromByteOffset: 10, as: UInt16.self) & 0x6F == 4,
      header.loadUnaligned(fromByteOffset: 12, as: UInt32.self) == UInt32(pages)
    else {
      note(page, "is not the large entry that it should be")
      return
    }
  }
}

extension ReadTransaction {
  /// Checks every page of the commit that is read, without trusting any.
  ///
  /// Where it finds none damaged, reading the tables does not crash on their structure; what
  /// the entries hold is not checked. At most 100 are returned; `nil` where writers have
  /// committed twice since it began, after which nothing says where its pages are.
  public func damagedPages() throws(LMDBError) -> [PageDamage]? {
    let descriptor = try OwnedDescriptor(path: environment.path, flags: O_RDONLY)
    let (first, second) = try PageFile.metas(of: descriptor)
    let meta = first.transactionNumber == identifier ? first : second
    if meta.transactionNumber != identifier { return nil }
    var walk = PageWalk(
      meta: meta,
      byteCount: Int(try descriptor.status().st_size),
      isShallow: false
    )
    return try walk.run(descriptor)
  }
}
