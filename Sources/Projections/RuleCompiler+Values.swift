import Expressions
import GraphModel
import Language
import SourceText

/// Where a path such as `e.host` stands in the decoded data.
struct Place {
  var level: Int32
  var offset: Int32
  /// In the shape's table of types.
  var type: Int
  /// The variable's number, and then the names of the fields.
  var path: [String]
  /// The beginnings of ``path`` that may be missing.
  var optionalPaths: [[String]]

  var operand: Operand { .slot(level: level, offset: offset) }
}

extension RuleCompiler {
  enum Location {
    case place(Place)
    /// No path into the data, but perhaps another expression.
    case none
    /// A path with a mistake, which was noted.
    case mistake
  }

  // MARK: Paths

  func locate(_ expression: Expression) -> Location {
    switch expression.kind {
    case .variable(let name):
      guard let variable = variable(named: name) else {
        unknownVariable(Identifier(name, at: expression.span))
        return .mistake
      }
      guard case .located(let level, let type) = variable.kind else { return .none }
      return .place(
        Place(level: level, offset: 0, type: type, path: ["\(variable.number)"], optionalPaths: [])
      )
    case .property(let base, let name):
      guard base.pathRoot != nil, case .place(let place) = locate(base) else {
        return base.pathRoot == nil ? .none : locate(base)
      }
      return locate(name, in: place, base: base)
    default: return .none
    }
  }

  private func locate(_ name: Identifier, in place: Place, base: Expression) -> Location {
    let baseText = quoted(analysis.source[base.span])
    switch shape.fieldTypes[place.type] {
    case .structure(let fields):
      guard let number = fields.firstIndex(where: { $0.name == name.name }) else {
        analysis.report(
          "\(baseText) has no field \(quoted(name.name))",
          at: name.span,
          hint: analysis.suggestion(for: name.name, among: fields.map(\.name))
        )
        return .mistake
      }
      let plan = shape.plan(ofField: number, inType: place.type)
      var result = place
      result.offset += plan.slot
      result.type = Int(plan.type)
      result.path.append(name.name)
      if plan.isOptional, plan.missing == .absent { result.optionalPaths.append(result.path) }
      return .place(result)
    case .date, .dateTime, .any, .map: return .none
    case .list:
      analysis.report(
        "\(baseText) is a list",
        at: name.span,
        hint: "go through it with FOR x IN \(analysis.source[base.span])"
      )
      return .mistake
    case let type:
      analysis.report("\(baseText) is \(type) and has no fields", at: name.span)
      return .mistake
    }
  }

  /// Whether what stands there may be missing, for all that the conditions around it say.
  private func mayBeMissing(_ place: Place) -> Bool {
    !place.optionalPaths.allSatisfy { optional in
      presentPaths.contains { $0.starts(with: optional) }
    }
  }

  // MARK: Values

  func constant(_ value: Value) -> Int32 {
    if let known = program.constants.firstIndex(of: value) { return Int32(known) }
    program.constants.append(value)
    return Int32(program.constants.count - 1)
  }

  func idOperand(_ expression: Expression) -> Operand? {
    switch locate(expression) {
    case .mistake: return nil
    case .place(let place):
      let text = analysis.source[expression.span]
      let type = shape.fieldTypes[place.type]
      guard type == .id else {
        if type == .any { break }
        analysis.report(
          "expected an id, and \(quoted(text)) is \(type)",
          at: expression.span,
          hint: type == .string ? "declare the field as ID" : nil
        )
        return nil
      }
      if mayBeMissing(place) {
        analysis.report(
          "\(quoted(text)) may be missing, and a node needs its id",
          at: expression.span,
          hint: "put WHEN \(text) IS NOT NULL before the statement"
        )
      }
      return place.operand
    case .none: break
    }
    guard let operand = valueOperand(expression, purpose: .id) else { return nil }
    guard case .constant(let number) = operand else { return operand }
    guard let value = Fitting.fit(program.constants[Int(number)], to: .id) else {
      analysis.report(
        "expected an id, found \(analysis.source[expression.span])",
        at: expression.span
      )
      return nil
    }
    return .constant(constant(value))
  }

  func dateOperand(_ expression: Expression) -> Operand? {
    switch locate(expression) {
    case .mistake: return nil
    case .place(let place):
      let type = shape.fieldTypes[place.type]
      if type == .date { return place.operand }
      if type == .any { break }
      analysis.report(
        "expected a date, and \(quoted(analysis.source[expression.span])) is \(type)",
        at: expression.span
      )
      return nil
    case .none: break
    }
    guard let operand = valueOperand(expression, purpose: .date) else { return nil }
    guard case .constant(let number) = operand else { return operand }
    guard Fitting.fit(program.constants[Int(number)], to: .date) != nil else {
      analysis.report(
        "expected a date, found \(program.constants[Int(number)].typeName)",
        at: expression.span,
        hint: "write date('2022-07-21')"
      )
      return nil
    }
    return operand
  }

  /// The value of a property, or `nil` where there is none or a mistake was noted.
  ///
  /// `keepsForms`: whether a TEXT property keeps all forms, as nodes do.
  func propertyValue(
    _ property: Property,
    _ expression: Expression,
    keepsForms: Bool
  ) -> PropertyValue? {
    let number = analysis.propertyNumber(property.name)
    let text = analysis.source[expression.span]
    switch locate(expression) {
    case .mistake: return nil
    case .place(let place):
      let type = shape.fieldTypes[place.type]
      guard type == .any, property.type != .any else {
        guard let conversion = Self.conversion(from: type, to: property.type, keepsForms) else {
          analysis.report(
            "\(quoted(property.name)) is \(property.type), and \(quoted(text)) is \(type)",
            at: expression.span
          )
          return nil
        }
        return PropertyValue(
          property: number,
          operand: place.operand,
          conversion: conversion,
          slotType: Int32(place.type)
        )
      }
    case .none: break
    }
    guard var operand = valueOperand(expression, purpose: .property(property.type)) else {
      return nil
    }
    if case .constant(let index) = operand {
      let value = program.constants[Int(index)]
      if value.isNull { return nil }
      guard let fitting = Fitting.fit(value, to: property.type) else {
        analysis.report(
          "\(quoted(property.name)) is \(property.type), and \(text) is \(value.typeName)",
          at: expression.span
        )
        return nil
      }
      operand = .constant(constant(fitting))
    }
    let isText = property.type == .text && keepsForms
    return PropertyValue(
      property: number,
      operand: operand,
      conversion: isText ? .plainForm : .boxed
    )
  }

  private static func conversion(
    from field: FieldType,
    to property: FieldType,
    _ keepsForms: Bool
  ) -> Conversion? {
    switch (field, property) {
    case (.id, .string), (.string, .string), (.id, .id): .string
    case (.id, .text), (.string, .text): keepsForms ? .plainForm : .string
    case (.text, .text): keepsForms ? .forms : .shownForm
    case (.text, .string): .shownForm
    case (.integer, .integer): .integer
    case (.integer, .float): .integerAsFloat
    case (.float, .float): .float
    case (.boolean, .boolean): .boolean
    case (.date, .date): .date
    case (.dateTime, .dateTime), (.map, .map), (.structure, .map), (_, .any): .boxed
    case (.list(let field), .list(let property)):
      conversion(from: field, to: property, false) == nil ? nil : .boxed
    default: nil
    }
  }

  /// An expression that is no path: a constant where it has no variables, else evaluated later.
  private func valueOperand(
    _ expression: Expression,
    purpose: DynamicExpression.Purpose
  ) -> Operand? {
    if expression.freeVariables.isEmpty {
      return analysis.constant(expression).map { .constant(constant($0)) }
    }
    return dynamic(expression, purpose: purpose)
  }

  // MARK: Other expressions

  func dynamic(_ expression: Expression, purpose: DynamicExpression.Purpose) -> Operand? {
    let before = analysis.diagnosticCount
    let check = ExpressionCheck(
      analysis,
      path: { [self] path in
        guard path.pathRoot.flatMap({ variable(named: $0) }).map({ !$0.isNode }) ?? false else {
          return false
        }
        return if case .none = locate(path) { false } else { true }
      },
      variable: { [self] name, span in
        guard let variable = variable(named: name) else {
          unknownVariable(Identifier(name, at: span))
          return false
        }
        if variable.isNode {
          analysis.report(
            "\(quoted(name)) is a node, and an expression of a rule sees the event only",
            at: span
          )
        }
        return !variable.isNode
      }
    )
    check.check(expression)
    guard analysis.diagnosticCount == before else { return nil }
    let kinds = kinds(of: expression)
    guard !kinds.isDisjoint(with: purpose.kinds) else {
      analysis.report(
        "expected \(purpose.expectation), and \(quoted(analysis.source[expression.span])) is"
          + " \(kinds)",
        at: expression.span
      )
      return nil
    }
    let names = expression.freeVariables
    let variables = scope.filter { names.contains($0.name) }.compactMap { $0.dynamicVariable }
    program.dynamics.append(
      DynamicExpression(
        expression: expression,
        purpose: purpose,
        variables: variables,
        text: quoted(analysis.source[expression.span])
      )
    )
    return .dynamic(Int32(program.dynamics.count - 1))
  }

  /// What an expression can be, as far as that is plain to see.
  private func kinds(of expression: Expression) -> ValueKinds {
    switch expression.kind {
    case .boolean, .isNull, .comparisonChain, .quantifier, .unary(.not, _): return .boolean
    case .integer: return .integer
    case .float: return .float
    case .string: return .string
    case .list, .listComprehension, .slice: return .list
    case .map, .mapProjection: return .map
    case .unary: return [.number, .duration]
    case .binary(let operation, _, _):
      switch operation {
      case .add, .subtract, .multiply, .divide, .remainder, .power: return .any
      default: return .boolean
      }
    case .call(let name, _, _):
      return FunctionLibrary.scalar(named: name.name)?.result ?? .any
    case .conditional(let conditional):
      let results = conditional.branches.map(\.result) + [conditional.otherwise].compactMap { $0 }
      return results.reduce(into: []) { $0.formUnion(kinds(of: $1)) }
    case .variable, .property:
      guard let root = expression.pathRoot, let variable = variable(named: root), !variable.isNode,
        case .place(let place) = locate(expression)
      else { return .any }
      return shape.fieldTypes[place.type].valueKinds
    default: return .any
    }
  }
}

extension RuleCompiler.Variable {
  var isNode: Bool {
    if case .node = kind { true } else { false }
  }

  fileprivate var dynamicVariable: DynamicExpression.Variable? {
    switch kind {
    case .located(let level, let type):
      .init(name: name, source: .slot(level: level, offset: 0, type: Int32(type)))
    case .element(let level): .init(name: name, source: .element(level: level))
    case .node: nil
    }
  }
}

extension DynamicExpression.Purpose {
  var kinds: ValueKinds {
    switch self {
    case .id: .string
    case .condition: .boolean
    case .list: .list
    case .date: .date
    case .property(let type): type == .float ? .number : type.valueKinds
    }
  }

  var expectation: String {
    switch self {
    case .id: "an id"
    case .condition: "a condition"
    case .list: "a list"
    case .date: "a date"
    case .property(let type): type.expectation
    }
  }
}

extension FieldType {
  /// What values of this type are to an expression.
  var valueKinds: ValueKinds {
    switch self {
    case .id, .string, .text: .string
    case .integer: .integer
    case .float: .float
    case .boolean: .boolean
    case .date: .date
    case .dateTime: .dateTime
    case .map, .structure: .map
    case .any: .any
    case .list: .list
    }
  }
}

/// Whether an evaluated value may stand where a type is declared.
enum Fitting {
  /// The value as the type has it, or `nil` where it does not fit; never null.
  static func fit(_ value: Value, to type: FieldType) -> Value? {
    switch (value, type) {
    case (.string(let text), .id):
      (1...DataDecoder.idByteCountMax).contains(text.utf8.count) ? value : nil
    case (.string, .string), (.string, .text), (.integer, .integer), (.float, .float),
      (.boolean, .boolean), (.dateTime, .dateTime), (.map, .map):
      value
    case (.date(let date), .date): date.storedPacked == nil ? nil : value
    case (.integer(let number), .float): .float(Double(number))
    case (.list(let elements), .list(let type)): list(elements, of: type)
    case (.null, _): nil
    case (_, .any): value
    default: nil
    }
  }

  private static func list(_ elements: [Value], of type: FieldType) -> Value? {
    var result: [Value] = []
    for element in elements {
      guard let fitting = fit(element, to: type) else { return nil }
      result.append(fitting)
    }
    return .list(result)
  }
}
