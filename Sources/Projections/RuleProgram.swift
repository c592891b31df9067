import GraphModel
import Language
import SourceText

/// The rules of one type of events, compiled for ``Projection`` to run.
///
/// A program reads slots and constants directly. Every other expression is a
/// ``DynamicExpression``, which is evaluated before the first change to the graph.
struct RuleProgram: Sendable {
  var instructions: [Instruction] = []
  var constants: [Value] = []
  var dynamics: [DynamicExpression] = []
  var edges: [EdgePlan] = []
  /// The keys of all edges, in the order of each key; `nil` where a rule says no value.
  var keyValues: [PropertyValue?] = []
  var ends: [EndPlan] = []
  /// How many nodes it holds at a time.
  var registerCount = 0
  /// How many loops are nested, and one for the event itself.
  var levelCount = 1

  static let levelCountMax = 256
}

/// Where a value comes from.
enum Operand: Hashable, Sendable {
  /// A slot of the frame of a level: 0 is the event, 1 the outermost loop's element.
  case slot(level: Int32, offset: Int32)
  case constant(Int32)
  case dynamic(Int32)
}

/// How what an operand says becomes a property.
enum Conversion: UInt8, Hashable, Sendable {
  case string, date, integer, integerAsFloat, float, boolean
  /// All forms of a TEXT field, into a TEXT property.
  case forms
  /// A string, as the only form of a TEXT property.
  case plainForm
  /// The form of a TEXT field that stands for it as a string.
  case shownForm
  /// What has no column type of its own: through a ``Value``.
  case boxed
}

/// The value of a property or key, with how it gets there.
struct PropertyValue: Hashable, Sendable {
  /// The schema's number of the property.
  var property: Int32
  var operand: Operand
  var conversion: Conversion
  /// The type of the slot's value in its shape, for ``Conversion/boxed``.
  var slotType: Int32 = 0
}

enum Instruction: Sendable {
  /// Puts the node with that id into a register; the node exists from then on.
  case node(register: Int32, type: Int32, id: Operand)
  case setNode(register: Int32, value: PropertyValue)
  /// Makes an edge the current one.
  case edge(Int32)
  case setEdge(value: PropertyValue)
  case validFrom(Operand)
  case validTo(Operand)
  case end(Int32)
  /// Goes on at `exit` where the slot is absent, or where it is not.
  case unlessPresent(level: Int32, offset: Int32, exit: Int32)
  case unlessAbsent(level: Int32, offset: Int32, exit: Int32)
  /// Goes on at `exit` where the slot's string is not the constant.
  case unlessEqual(level: Int32, offset: Int32, constant: Int32, exit: Int32)
  /// Goes on at `exit` where the condition is false or null.
  case unlessTrue(dynamic: Int32, exit: Int32)
  /// Starts a loop over a list in a slot; its frames are of that size.
  case loop(list: Operand, level: Int32, stride: Int32, exit: Int32)
  /// Goes on at `start` where the loop has another element.
  case next(level: Int32, start: Int32)
}

struct EdgePlan: Sendable {
  var type: Int32
  var source: Int32
  var target: Int32
  /// Where the values of the key's properties stand in ``RuleProgram/keyValues``.
  var keyStart: Int32
  var keyCount: Int32
  var makesOwnEdge: Bool
}

struct EndPlan: Sendable {
  var type: Int32
  var source: Int32
  var target: Int32
  /// Which properties narrow the edges down, where they have a value.
  var filter: [PropertyValue]
  var at: Operand?
}

/// An expression that is evaluated on values, and what its result has to be.
struct DynamicExpression: Sendable {
  enum Purpose: Sendable {
    case id
    case property(FieldType)
    case condition
    case list
    case date
  }

  enum Source: Hashable, Sendable {
    /// A structure, scalar or list in the frame of a level.
    case slot(level: Int32, offset: Int32, type: Int32)
    /// The current element of a loop over an evaluated list.
    case element(level: Int32)
  }

  struct Variable: Hashable, Sendable {
    var name: String
    var source: Source
  }

  var expression: Expression
  var purpose: Purpose
  /// What the expression may refer to, the innermost last.
  var variables: [Variable]
  /// What a message calls it: `"e.title + 'x'"`.
  var text: String
}
