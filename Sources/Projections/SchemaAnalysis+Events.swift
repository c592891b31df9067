import Expressions
import GraphModel
import JSONTape
import Language
import OrderedCollections
import SourceText

extension SchemaAnalysis {
  func analyseEvents() {
    var declarations: [String: EventDeclaration] = [:]
    var order: [EventDeclaration] = []
    for declaration in document.events {
      let type = declaration.type
      if type.name.hasPrefix(BuiltInEvents.prefix) {
        report(
          "\(quoted(type.name)) is an event that every schema has",
          at: type.span,
          hint: "types that begin with \"\(BuiltInEvents.prefix)\" cannot be declared"
        )
      } else if declarations[type.name] != nil {
        report(
          "the event \(quoted(type.name)) is declared twice",
          at: type.span,
          hint: "the newest version is declared; UPCAST says how older ones are read"
        )
      } else {
        declarations[type.name] = declaration
        order.append(declaration)
      }
    }
    checkTypesOfUpcastsAndRules(declarations, order.map(\.type.name))
    for declaration in order { analyseEvent(declaration) }
  }

  private func checkTypesOfUpcastsAndRules(
    _ declarations: [String: EventDeclaration],
    _ names: [String]
  ) {
    for type in document.upcasts.map(\.type) + document.rules.map(\.type)
    where declarations[type.name] == nil {
      report(
        "there is no event \(quoted(type.name))",
        at: type.span,
        hint: suggestion(for: type.name, among: names)
      )
    }
  }

  private func analyseEvent(_ declaration: EventDeclaration) {
    let name = declaration.type.name
    if declaration.version < 1 {
      report("the versions of an event begin with 1", at: declaration.type.span)
    }
    let shape = DataShape(fields(declaration.fields))
    let upcasts = upcasts(of: declaration, shape)
    let type = EventType(
      name: name,
      version: declaration.version,
      oldestVersion: upcasts.first?.from ?? declaration.version,
      fields: shape.fields
    )
    let rules = document.rules.filter { $0.type.name == name }
    if rules.isEmpty {
      report(
        "the event \(quoted(name)) has no rule",
        at: declaration.type.span,
        hint: "say what it means for the graph: ON \(name) AS e …"
      )
    }
    let compiler = RuleCompiler(self, shape: shape)
    for rule in rules { compiler.compile(rule) }
    eventTypes.append(type)
    plans.append(
      EventPlan(type: type, shape: shape, upcasts: upcasts, program: compiler.program)
    )
  }

  // MARK: Upcasts

  private func upcasts(of event: EventDeclaration, _ shape: DataShape) -> [Upcast] {
    let name = event.type.name
    var byVersion: [Int: UpcastDeclaration] = [:]
    for upcast in document.upcasts where upcast.type.name == name {
      let step = "UPCAST \(name) \(upcast.from) TO \(upcast.to)"
      if upcast.to <= upcast.from {
        report(
          "\(step) goes back",
          at: upcast.type.span,
          hint: "versions only grow: an upcast goes from one version to the next"
        )
      } else if upcast.to != upcast.from + 1 {
        report(
          "\(step) leaves out a version",
          at: upcast.type.span,
          hint: "write a step from each version to the next"
        )
      } else if upcast.to > event.version {
        report(
          "\(step) goes past the declared version \(event.version)",
          at: upcast.type.span,
          hint: "declare EVENT \(name) VERSION \(upcast.to), or leave out the step"
        )
      } else if byVersion[upcast.from] != nil {
        report(
          "\(step) is declared twice",
          at: upcast.type.span,
          hint: "there is one way from a version to the next: leave out one of them"
        )
      } else {
        byVersion[upcast.from] = upcast
      }
    }
    let before = diagnosticCount
    var chain: [Upcast] = []
    var declarations: [UpcastDeclaration] = []
    for version in 1..<max(1, event.version) {
      guard let upcast = byVersion[version] else {
        report(
          "\(quoted(name)) has no step from version \(version) to \(version + 1)",
          at: event.type.span,
          hint: "write UPCAST \(name) \(version) TO \(version + 1) …"
        )
        continue
      }
      chain.append(Upcast(from: upcast.from, to: upcast.to, steps: upcast.steps))
      declarations.append(upcast)
      let isLast = upcast.to == event.version
      check(upcast, result: isLast ? shape : nil)
    }
    // What only follows from another mistake is not worth telling.
    guard diagnosticCount == before, checksExamples else { return chain }
    for declaration in declarations.dropLast() {
      for example in declaration.examples {
        carryOn(example, by: chain.drop { $0.from < declaration.to }, result: shape)
      }
    }
    return chain
  }

  /// Checks that what an example of an older version becomes fits the declared version in the end.
  ///
  /// No declaration says what a version in between is like; the steps that follow do.
  private func carryOn(
    _ example: UpcastDeclaration.Example,
    by steps: ArraySlice<Upcast>,
    result shape: DataShape
  ) {
    guard var result = data(example.after) else { return }
    for step in steps {
      do {
        result = try step.apply(to: result)
      } catch {
        report(
          "the step from version \(step.from) to \(step.to) fails on this example:"
            + " \(error.message)",
          at: example.after.span,
          hint: error.hint ?? "the next step has to take what this one gives"
        )
        return
      }
    }
    guard let error = misfit(Defaults.filled(result, shape.fields), shape) else { return }
    report(
      "the example becomes data that does not fit version \(steps.last?.to ?? 1) in the end:"
        + " \(error)",
      at: example.after.span,
      hint: "mend one of the steps from here to there"
    )
  }

  /// Why data does not fit a shape, or `nil`.
  private func misfit(_ data: Upcast.Data, _ shape: DataShape) -> DataError? {
    let bytes = JSONText.bytes(of: .map(data))
    return bytes.withUnsafeBytes { bytes in
      guard let tape = try? parser.parse(bytes),
        case .fails(let error) = decoder.decode(shape, tape, at: tape.root)
      else { return nil }
      return error
    }
  }

  private func check(_ upcast: UpcastDeclaration, result shape: DataShape?) {
    let before = diagnosticCount
    for case .set(_, let expression) in upcast.steps {
      ExpressionCheck(self, variable: { _, _ in true }).check(expression)
    }
    if upcast.examples.isEmpty {
      report(
        "UPCAST \(upcast.type.name) \(upcast.from) TO \(upcast.to) has no EXAMPLE",
        at: upcast.type.span,
        hint: "show data of version \(upcast.from) and what it becomes: EXAMPLE { … } TO { … }"
      )
    }
    guard diagnosticCount == before else { return }
    let step = Upcast(from: upcast.from, to: upcast.to, steps: upcast.steps)
    guard checksExamples else { return }
    for example in upcast.examples { run(example, of: step, result: shape) }
  }

  private func run(
    _ example: UpcastDeclaration.Example,
    of upcast: Upcast,
    result shape: DataShape?
  ) {
    guard let before = data(example.before), let after = data(example.after) else { return }
    var result: Upcast.Data
    do {
      result = try upcast.apply(to: before)
    } catch {
      report(
        "the upcast fails on this example: \(error.message)",
        at: example.before.span,
        hint: error.hint
      )
      return
    }
    var expected = after
    if let shape {
      result = Defaults.filled(result, shape.fields)
      expected = Defaults.filled(expected, shape.fields)
    }
    guard isSame(.map(result), .map(expected)) else {
      report(
        "the example becomes \(JSONText.text(of: .map(result))),"
          + " not \(JSONText.text(of: .map(expected)))",
        at: example.after.span,
        hint: "mend the step, or what the example says after TO"
      )
      return
    }
    guard let shape, let error = misfit(result, shape) else { return }
    report(
      "the example becomes data that does not fit version \(upcast.to): \(error)",
      at: example.after.span,
      hint: "mend the step, or the declaration of the event"
    )
  }

  /// The constant map that stands there.
  private func data(_ expression: Expression) -> Upcast.Data? {
    guard let value = constant(expression) else { return nil }
    guard case .map(let members) = value else {
      report("expected an event's data in braces, found \(value.typeName)", at: expression.span)
      return nil
    }
    return members
  }

  /// Whether two values say the same as JSON, whatever the order of their members.
  private func isSame(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.map(let left), .map(let right)):
      let present = { (members: Upcast.Data) in members.filter { !$0.value.isNull } }
      let (left, right) = (present(left), present(right))
      return left.count == right.count
        && left.allSatisfy { key, value in right[key].map { isSame(value, $0) } ?? false }
    case (.list(let left), .list(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { isSame($0, $1) }
    default: return JSONText.bytes(of: left) == JSONText.bytes(of: right)
    }
  }

  // MARK: Constants

  /// The value of an expression without variables, or `nil` where a mistake was noted.
  func constant(_ expression: Expression) -> Value? {
    let before = diagnosticCount
    let check = ExpressionCheck(self) { name, span in
      self.report("expected a constant, found the variable \(quoted(name))", at: span)
      return false
    }
    check.check(expression)
    guard diagnosticCount == before else { return nil }
    do {
      return try ScalarEvaluator.evaluate(expression)
    } catch {
      report(error.message, at: error.span ?? expression.span, hint: error.hint)
      return nil
    }
  }

  var diagnosticCount: Int { diagnostics.count }
}
