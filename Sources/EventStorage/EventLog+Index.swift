import GraphModel
import LMDB
import Synchronization

// The table of identities is derived from the records. Keys that are digests come in random
// order, so entering each event in its own commit would change a page of the table for it. It is
// let lag behind instead, and catches up in one go, in the order of its keys: see `settle`.
// Whoever needs an identity looks in the table, and among those of the events that it may lack,
// which are read from their records: by a writer within its transaction, so that no two writers
// can append the same event.

extension EventLog {
  /// How far the table of identities lags behind where nobody says otherwise: reading as many
  /// records takes less than a commit.
  public static let indexLagDefault = 4096

  /// How far it should lag while very many events are appended: the table is then changed so
  /// rarely that it hardly costs anything, and reading as many records takes under a second.
  public func indexLagForMany() throws(StoreError) -> Int {
    max(1 << 20, Int(try head().indexedCount / 4))
  }

  /// Brings the table of identities up to the last event that this process has appended or found
  /// there, unless it lags by no more than `lagMax`.
  public func settleIndex(lagMax: Int = EventLog.indexLagDefault) throws(StoreError) {
    let result = appended.withLock { recent in
      Result { () throws(StoreError) in try settle(&recent, lagMax: lagMax) }
    }
    try result.get()
  }

  /// The position of an identity, or `nil` where the log does not have it.
  func position(of identity: Identity) throws(StoreError) -> UInt64? {
    enum Lookup {
      case found(UInt64?)
      case isOutdated
      case failed(StoreError)
    }
    while true {
      let lookup = try reading { transaction throws(LMDBError) -> Lookup in
        let bytes = try transaction.value(named: LogHead.key, in: meta)
        guard let head = bytes.flatMap(LogHead.init) else {
          return .failed(damaged("the record of its end"))
        }
        if let position = try transaction.position(of: identity, in: identities) {
          return .found(position)
        }
        if head.indexedCount == head.count { return .found(nil) }
        let cursor = try transaction.cursor(on: events)
        return found.withLock { recent -> Lookup in
          // Another thread has seen a later commit, and dropped what was in the table by then.
          if recent.start > head.indexedCount { return .isOutdated }
          do throws(StoreError) {
            try catchUp(&recent, with: head, cursor)
          } catch {
            return .failed(error)
          }
          return .found(recent.position(of: identity))
        }
      }
      switch lookup {
      case .found(let position): return position
      case .isOutdated: continue
      case .failed(let error): throw error
      }
    }
  }

  /// Makes `recent` hold at least all that the table of identities may lack.
  ///
  /// - Parameter cursor: one on the records, in the transaction that `head` was read in.
  func catchUp(
    _ recent: inout RecentIdentities,
    with head: LogHead,
    _ cursor: borrowing Cursor
  ) throws(StoreError) {
    if recent.start > head.indexedCount || recent.end <= head.indexedCount {
      recent = RecentIdentities(start: head.indexedCount)
    }
    if recent.end >= head.count { return }
    do throws(LMDBError) {
      var entry = try cursor.seek(recent.end + 1)
      while recent.end < head.count {
        let position = recent.end + 1
        guard let found = entry, found.integerKey == position else { break }
        let record = try? record(found.value, at: position)
        guard let record else { break }
        recent.append(Identity(source: record.source, id: record.id))
        entry = try cursor.next()
      }
    } catch {
      throw storeError(error)
    }
    if recent.end < head.count {
      throw damaged("the record at position \(recent.end + 1), which is not in the index")
    }
  }
}

// MARK: Settling

extension EventLog {
  /// Enters events into the table of identities, in the order of its keys.
  ///
  /// That takes several transactions where there are many. The last one moves the mark: until
  /// then the table has more than it says, which is harmless, and is found there the next time.
  func settle(
    _ recent: inout RecentIdentities,
    lagMax: Int,
    changedPageCountMax: Int = EventLog.changedPageCountMax
  ) throws(StoreError) {
    let end = recent.end
    // At least all that the table lacks is here: mostly the head need not be read.
    guard end - recent.start > UInt64(lagMax) else { return }
    let indexed = try head().indexedCount
    guard end > indexed, end - indexed > UInt64(lagMax), recent.start <= indexed else { return }
    let entries = IndexEntry.sorted(recent, behind: indexed)
    var next = 0
    do throws(LMDBError) {
      while next < entries.count {
        let transaction = try environment.beginWriting()
        next = try enter(
          entries,
          from: next,
          transaction,
          changedPageCountMax: changedPageCountMax
        )
        if next == entries.count {
          let bytes = try transaction.value(named: LogHead.key, in: meta)
          guard var head = bytes.flatMap(LogHead.init) else { throw .corrupted }
          // Another process may have got further meanwhile.
          head.indexedCount = max(head.indexedCount, end)
          try transaction.put(head, in: meta)
        }
        try transaction.commit()
      }
    } catch {
      let failure = storeError(error)
      // For the next time.
      if error == .mapFull { growMap() }
      throw failure
    }
    recent = RecentIdentities(start: end)
  }

  /// Reserves twice the address space; returns whether that was possible.
  @discardableResult
  func growMap() -> Bool {
    (try? environment.resizeMap(to: environment.info().mapByteCount * 2)) != nil
  }

  /// Enters as many entries as one transaction takes; returns where to go on.
  func enter(
    _ entries: [IndexEntry],
    from start: Int,
    _ transaction: borrowing WriteTransaction,
    changedPageCountMax: Int
  ) throws(LMDBError) -> Int {
    let statistics = try transaction.statistics(of: identities)
    let pageCount = statistics.leafPageCount + statistics.branchPageCount
    let isEmpty = statistics.entryCount == 0
    return try transaction.withCursor(on: identities) { cursor throws(LMDBError) in
      var next = start
      while next < entries.count {
        let entry = entries[next]
        // Digests are spread evenly, and so are the pages of the table.
        let share = entry.identity.fraction - entries[start].identity.fraction
        let count = next - start
        let changed = min(count, Int(share * Double(pageCount) * 1.1)) + count / 40 + 32
        if changed > changedPageCountMax { break }
        try entry.withBytes { key, value throws(LMDBError) in
          if isEmpty {
            try cursor.append(value, for: key)
          } else if try cursor.value(for: key) == nil {
            try cursor.insert(value, for: key)
          }
        }
        next += 1
      }
      return next
    }
  }
}

/// An entry of the table of identities.
struct IndexEntry {
  var identity: Identity
  var position: UInt64

  /// The events behind a position in the order of their identities.
  ///
  /// Of two that are equal, which only a damaged log has, the first comes first.
  static func sorted(_ recent: RecentIdentities, behind position: UInt64) -> [IndexEntry] {
    let identities = recent.identities[Int(position - recent.start)...]
    // Digests are spread evenly: sorted by their first bits, nearly all are in order.
    let bitCount = min(20, max(1, 61 - identities.count.leadingZeroBitCount))
    var starts = [Int](repeating: 0, count: 1 << bitCount + 1)
    for identity in identities { starts[identity.prefix(bitCount: bitCount) + 1] += 1 }
    for bucket in 1..<starts.count { starts[bucket] += starts[bucket - 1] }
    var next = starts
    let none = IndexEntry(identity: Identity.first, position: 0)
    var entries = [IndexEntry](repeating: none, count: identities.count)
    for (index, identity) in identities.enumerated() {
      let bucket = identity.prefix(bitCount: bitCount)
      entries[next[bucket]] = IndexEntry(
        identity: identity,
        position: position + UInt64(index) + 1
      )
      next[bucket] += 1
    }
    entries.withUnsafeMutableBufferPointer { entries in
      for (start, end) in zip(starts, starts.dropFirst()) where end - start > 1 {
        var bucket = UnsafeMutableBufferPointer(rebasing: entries[start..<end])
        bucket.sort { ($0.identity, $0.position) < ($1.identity, $1.position) }
      }
    }
    return entries
  }

  /// Gives the key and the value of the entry to `body`.
  func withBytes(
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(LMDBError) -> Void
  ) throws(LMDBError) {
    try identity.withUnsafeBytes { key throws(LMDBError) in
      let done = withUnsafeBytes(of: position.littleEndian) { value in
        Result { () throws(LMDBError) in try body(key, value) }
      }
      try done.get()
    }
  }
}
