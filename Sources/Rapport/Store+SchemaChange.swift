import EventStorage
import GraphModel
import GraphStorage
import Projections
import SystemPackage

extension Store {
  /// Finds out what a schema would do to the store; changes nothing.
  ///
  /// - Throws: all errors of the schema, each with its place.
  public func plan(
    _ file: SchemaFile,
    progress: ((FoldProgress) -> Void)? = nil
  ) throws(StoreFailure) -> SchemaPlan {
    let proposed = try file.load()
    return try planning(proposed, progress).plan().plan
  }

  /// Puts a schema in force: one event more in the log, and the graph that it makes.
  ///
  /// The graph is folded beside the one that readers have; the event's commit is the moment when
  /// they get the new one. Before it nothing is changed, so an error or the end of the process
  /// leaves the schema that was in force.
  ///
  /// - Throws: all errors of the schema; what it would take out of the graph, unless that is
  ///   accepted; and ``StoreFailure/Kind/temporary`` where the log or the schema is not as the plan
  ///   that is to be carried out found it.
  public func apply(
    _ file: SchemaFile,
    options: SchemaApplyOptions
  ) throws(StoreFailure) -> SchemaApplication {
    try change(to: file, rollbackOf: nil, options)
  }

  /// Puts an earlier schema in force again, with an event of its own.
  ///
  /// - Parameter number: of the schema, as ``schemas()`` counts; `nil` for the one before.
  public func rollback(
    to number: Int? = nil,
    options: SchemaApplyOptions
  ) throws(StoreFailure) -> SchemaApplication {
    let current = try schema()
    let wanted = number ?? current.number - 1
    guard wanted >= 1, wanted < current.number, let earlier = try schema(number: wanted) else {
      let known = current.number == 1 ? "it has had one" : "it has had 1 to \(current.number)"
      throw StoreFailure(
        .data,
        "\"\(path)\" has no schema \(wanted) to go back to: \(known)\n"
          + "  hint: \"rapport schema history \(path)\" lists them"
      )
    }
    return try change(to: earlier.file, rollbackOf: wanted, options)
  }

  // MARK: Carrying out

  /// How often the log may move on under a change before it gives up.
  private static let attemptCountMax = 50

  private func change(
    to file: SchemaFile,
    rollbackOf number: Int?,
    _ options: SchemaApplyOptions
  ) throws(StoreFailure) -> SchemaApplication {
    guard !isReadOnly else {
      throw StoreFailure(.inputOutput, "\"\(path)\" is open for reading only")
    }
    // Whatever is asked of schemas since, what was in force can be in force again.
    let proposed = try number == nil ? file.load() : file.loadApplied()
    let planning = try planning(proposed, options.onProgress)
    try check(options.expected, planning)
    let (plan, after) = try planning.plan()
    guard plan.isChange else { return SchemaApplication(plan: plan, applied: plan.current) }
    try checkLoss(plan, options, isRollback: number != nil)
    let event = SchemaEvent.event(
      number: plan.current.number + 1,
      file: file,
      schema: plan.proposed,
      reason: options.reason,
      rollbackOf: number
    )
    let staged = try after.flatMap { after throws(StoreFailure) in try stage(after) }
    do throws(StoreFailure) {
      try commit(event, plan, options)
    } catch {
      staged?.discard()
      throw error
    }
    if let staged, (try? staged.publish()) == nil { staged.discard() }
    return SchemaApplication(plan: plan, applied: try schema())
  }

  private func planning(
    _ proposed: Schema,
    _ progress: ((FoldProgress) -> Void)?
  ) throws(StoreFailure) -> SchemaPlanning {
    SchemaPlanning(
      store: self,
      current: try schema(),
      proposed: proposed,
      end: try end(),
      progress: progress
    )
  }

  /// Appends the event that puts the schema in force, behind whatever others have appended since.
  private func commit(
    _ event: IncomingEvent,
    _ plan: SchemaPlan,
    _ options: SchemaApplyOptions
  ) throws(StoreFailure) {
    var batch = EventBatch()
    do {
      let parser = EnvelopeParser(options: .init(defaultSource: SchemaEvent.source))
      _ = try parser.add(event, to: &batch)
    } catch {
      throw StoreFailure(any: error)
    }
    var seen = plan.end
    for _ in 0..<Self.attemptCountMax {
      do throws(AppendError) {
        let condition = AppendOptions(onConflict: .atomic, expectedPosition: seen.position)
        try log.append(batch, options: condition)
        return
      } catch {
        switch error {
        case .positionMoved where options.expected == nil:
          seen = try catchUp(from: seen, plan, options)
        case .conflict: throw Self.otherSchema
        default: throw StoreFailure(error)
        }
      }
    }
    throw StoreFailure(
      .temporary,
      "the log of \"\(path)\" keeps growing; the schema is as it was\n"
        + "  hint: run the command again when less is ingested"
    )
  }

  private static let otherSchema = StoreFailure(
    .temporary,
    "another schema was put in force meanwhile\n  hint: run the command again"
  )

  /// Looks at the events that came since the plan was made: they have to fit as well.
  private func catchUp(
    from seen: LogEnd,
    _ plan: SchemaPlan,
    _ options: SchemaApplyOptions
  ) throws(StoreFailure) -> LogEnd {
    guard try schema().number == plan.current.number else { throw Self.otherSchema }
    let end = try end()
    guard !options.acceptsLoss, seen.position < end.position else { return end }
    let positions = Array(seen.position.rawValue + 1...end.position.rawValue)
    let refused = try refusals(of: positions, by: plan.proposed)
    if !refused.isEmpty { throw refusal(of: refused.map { .quarantined($0) }, plan) }
    return end
  }

  /// Writes the image of a graph where it is worth one.
  private func stage(_ after: FoldedContents) throws(StoreFailure) -> ImageFile.Staged? {
    let eventCount = Int(after.end.position.rawValue)
    guard ImageWriter.isWorthAnImage(unsavedCount: eventCount, end: after.end.position) else {
      return nil
    }
    imageWriter.wait()
    let folding = Folding(log: log, schema: after.schema, end: after.end)
    do throws(Errno) {
      return try imageFile.stage(after.contents, key: folding.key, account: after.base.account)
    } catch {
      throw StoreFailure(
        .inputOutput,
        "cannot write the graph that the schema makes: \(error.description)\n"
          + "  the schema and the graph of \"\(path)\" are as they were"
      )
    }
  }

  // MARK: Refusals

  /// Refuses a plan that was made for something else.
  private func check(
    _ expected: SchemaPlanReference?,
    _ planning: SchemaPlanning
  ) throws(StoreFailure) {
    guard let expected else { return }
    guard expected.proposedDigest == hexadecimal(planning.proposed.digest) else {
      throw StoreFailure(.data, "the plan is for another schema than this file holds")
    }
    guard expected.currentDigest == hexadecimal(planning.current.schema.digest) else {
      throw StoreFailure(
        .temporary,
        "the schema in force is another than when the plan was made: it is number "
          + "\(planning.current.number), \"\(planning.current.schema.name)\" version "
          + "\(planning.current.schema.version)\n  hint: make the plan again"
      )
    }
    guard expected.end == planning.end else {
      throw StoreFailure(
        .temporary,
        "the log has moved since the plan was made, from position "
          + "\(expected.end.position.rawValue) to \(planning.end.position.rawValue)\n"
          + "  hint: make the plan again"
      )
    }
  }

  /// Refuses what takes something out of the graph, unless that is meant.
  private func checkLoss(
    _ plan: SchemaPlan,
    _ options: SchemaApplyOptions,
    isRollback: Bool
  ) throws(StoreFailure) {
    // Who goes back asks for the graph of then; events that came since are another matter.
    let losses = plan.losses.filter { loss in
      if isRollback, case .vanishing = loss { return false }
      return true
    }
    guard losses.isEmpty || options.acceptsLoss else { throw refusal(of: losses, plan) }
  }

  private func refusal(of losses: [SchemaPlan.Loss], _ plan: SchemaPlan) -> StoreFailure {
    let names = GraphNames([plan.proposed, plan.current.schema])
    return StoreFailure(
      .data,
      "this schema would take out of the graph what is in it now; nothing was changed\n"
        + losses.map { "  \(names.text(of: $0))\n" }.joined()
        + "  hint: if that is meant, run the command again with --accept-loss; "
        + "the log keeps every event, and \"rapport schema rollback\" brings all of it back"
    )
  }
}
