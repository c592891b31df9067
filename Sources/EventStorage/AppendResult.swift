public import GraphModel

/// What appending does, and under which conditions.
public struct AppendOptions: Sendable {
  /// What to do with an event that has the id of another, and different content.
  public enum ConflictHandling: Sendable {
    /// Write what is before it, and nothing from it on.
    case stop
    /// Leave it out.
    case skip
    /// Write nothing of the batch, and throw ``AppendError/conflict(_:)``.
    case atomic
  }

  public var onConflict = ConflictHandling.stop
  /// Write only if this is the log's last position; the batch is then one transaction.
  public var expectedPosition: EventPosition?
  /// Write only if the log has no event of this name: what the batch was made under still holds.
  public var absentEvent: EventName?
  /// The moment to record, in microseconds since 1970-01-01T00:00:00Z, or `nil` for now.
  ///
  /// What is recorded is never earlier than for the event before: a clock that was set back
  /// does not show.
  public var recordedTime: Int64?
  /// How many events the index of identities may lag behind the log afterwards.
  ///
  /// An index that lags costs memory here, and wherever the log is opened the time to read the
  /// events that it lacks; but the more events enter it at once, the less each costs.
  public var indexLagMax = EventLog.indexLagDefault

  public init(
    onConflict: ConflictHandling = .stop,
    expectedPosition: EventPosition? = nil,
    absentEvent: EventName? = nil,
    recordedTime: Int64? = nil,
    indexLagMax: Int = EventLog.indexLagDefault
  ) {
    self.onConflict = onConflict
    self.expectedPosition = expectedPosition
    self.absentEvent = absentEvent
    self.recordedTime = recordedTime
    self.indexLagMax = indexLagMax
  }
}

/// What names an event: its source, and its id there.
public struct EventName: Hashable, Sendable {
  public var source: String
  public var id: String

  public init(source: String, id: String) {
    self.source = source
    self.id = id
  }
}

/// What became of a batch; all of it is durable.
public struct AppendResult: Sendable {
  /// What became of one event.
  public enum Outcome: Hashable, Sendable {
    /// It was written.
    case appended(EventPosition)
    /// The log, or the batch before it, has the same event.
    case present(EventPosition)
    /// It was left out: see ``AppendResult/conflicts``.
    case conflicting
    /// It stands behind the conflict at which appending stopped.
    case notReached
  }

  /// One for each event of the batch.
  public internal(set) var outcomes: [Outcome] = []
  public internal(set) var appendedCount = 0
  public internal(set) var presentCount = 0
  /// In the order of the batch.
  public internal(set) var conflicts: [EventConflict] = []
  /// The end of the log after the batch.
  public internal(set) var end: LogEnd

  /// Adds what became of the events from `start` on.
  mutating func add(_ part: AppendResult, from start: Int) {
    for (offset, outcome) in part.outcomes.enumerated() { outcomes[start + offset] = outcome }
    appendedCount += part.appendedCount
    presentCount += part.presentCount
    conflicts += part.conflicts
    end = part.end
  }

  /// The positions that were written, or `nil` where none was.
  ///
  /// With other writers, positions between may be theirs where a batch took several
  /// transactions.
  public var positions: ClosedRange<EventPosition>? {
    func appended(_ outcome: Outcome) -> EventPosition? {
      if case .appended(let position) = outcome { position } else { nil }
    }
    guard let first = outcomes.lazy.compactMap(appended).first,
      let last = outcomes.reversed().lazy.compactMap(appended).first
    else { return nil }
    return first...last
  }
}

/// An event that has the source and id of another, and says something else.
public struct EventConflict: Hashable, Sendable {
  /// The place of the event in its batch, from 0.
  public var index: Int
  /// Position of the other event; `nil` where it stands earlier in the same batch and was not
  /// written either.
  public var position: EventPosition?
  /// The other event.
  public var existing: Event
  /// What the event says that is refused; its position and recorded time are 0.
  public var refused: Event
}

extension EventConflict: CustomStringConvertible {
  public var description: String {
    let place = position.map { "position \($0.rawValue)" } ?? "an earlier line"
    return "expected a new id, found \"\(refused.id)\" of source \"\(refused.source)\", "
      + "which has other content at \(place)"
  }
}
