/// A regular expression as instructions that are followed in all ways at once.
struct PatternProgram {
  private enum Instruction {
    case scalar(ScalarMatcher)
    case assertion(PatternAssertion)
    case jump(Int)
    case either(Int, Int)
    case accept
  }

  private var instructions: [Instruction] = []
  private let word: ScalarMatcher?

  static let tooLarge = EvaluationError(
    .limitExceeded,
    "a regular expression is larger than \(ExpressionLimits.patternSize) parts, repetitions "
      + "written out",
    hint: "repeat less: x{2,5} counts as five x"
  )

  init(_ node: PatternNode) throws(EvaluationError) {
    word = try? ScalarMatcher(atom: "\\w")
    try emit(node)
    try append(.accept)
  }

  // MARK: Compiling

  private mutating func append(_ instruction: Instruction) throws(EvaluationError) {
    guard instructions.count < ExpressionLimits.patternSize else { throw Self.tooLarge }
    instructions.append(instruction)
  }

  private mutating func emit(_ node: PatternNode) throws(EvaluationError) {
    switch node {
    case .scalar(let matcher): try append(.scalar(matcher))
    case .assertion(let assertion): try append(.assertion(assertion))
    case .sequence(let parts):
      for part in parts { try emit(part) }
    case .choice(let branches): try emit(branches)
    case .repetition(let part, let minimum, let maximum):
      try emit(part, minimum: minimum, maximum: maximum)
    }
  }

  private mutating func emit(_ branches: [PatternNode]) throws(EvaluationError) {
    var ends: [Int] = []
    for branch in branches.dropLast() {
      let fork = instructions.count
      try append(.either(fork + 1, 0))
      try emit(branch)
      ends.append(instructions.count)
      try append(.jump(0))
      instructions[fork] = .either(fork + 1, instructions.count)
    }
    if let last = branches.last { try emit(last) }
    for end in ends { instructions[end] = .jump(instructions.count) }
  }

  private mutating func emit(
    _ part: PatternNode,
    minimum: Int,
    maximum: Int?
  ) throws(EvaluationError) {
    for _ in 0..<minimum {
      let start = instructions.count
      try emit(part)
      // Nothing, any number of times, is nothing.
      if instructions.count == start { return }
    }
    guard let maximum else {
      let fork = instructions.count
      try append(.either(fork + 1, 0))
      try emit(part)
      try append(.jump(fork))
      instructions[fork] = .either(fork + 1, instructions.count)
      return
    }
    var forks: [Int] = []
    for _ in 0..<max(0, maximum - minimum) {
      forks.append(instructions.count)
      try append(.either(instructions.count + 1, 0))
      try emit(part)
    }
    for fork in forks { instructions[fork] = .either(fork + 1, instructions.count) }
  }

  // MARK: Matching

  /// The instructions that wait for the next code point, each once.
  private struct Threads {
    var waiting: [Int] = []
    /// The position for which an instruction was last visited, plus one.
    var visited: [Int]
    var isAccepted = false
    var stepCount = 0
  }

  func matches(_ text: String) throws(EvaluationError) -> Bool {
    var threads = Threads(visited: Array(repeating: 0, count: instructions.count))
    var pending: [Int] = []
    var previous: Unicode.Scalar?
    var position = 0
    var rest = text.unicodeScalars[...]
    pending.append(0)
    while true {
      threads.waiting.removeAll(keepingCapacity: true)
      threads.isAccepted = false
      position += 1
      follow(&pending, &threads, position, previous, rest)
      guard let scalar = rest.first else { return threads.isAccepted }
      if threads.waiting.isEmpty { return false }
      for index in threads.waiting {
        if case .scalar(let matcher) = instructions[index], matcher.matches(scalar) {
          pending.append(index + 1)
        }
      }
      guard threads.stepCount <= ExpressionLimits.patternSteps else {
        throw EvaluationError(
          .limitExceeded,
          "matching a regular expression takes more than \(ExpressionLimits.patternSteps) steps",
          hint: "match a shorter text or a simpler pattern"
        )
      }
      previous = scalar
      rest = rest.dropFirst()
    }
  }

  /// Follows everything that takes no code point, from the instructions that are pending.
  private func follow(
    _ pending: inout [Int],
    _ threads: inout Threads,
    _ position: Int,
    _ previous: Unicode.Scalar?,
    _ rest: Substring.UnicodeScalarView
  ) {
    while let index = pending.popLast() {
      threads.stepCount += 1
      if threads.visited[index] == position { continue }
      threads.visited[index] = position
      switch instructions[index] {
      case .scalar: threads.waiting.append(index)
      case .jump(let target): pending.append(target)
      case .either(let one, let other):
        pending.append(other)
        pending.append(one)
      case .assertion(let assertion):
        if holds(assertion, previous, rest) { pending.append(index + 1) }
      case .accept: threads.isAccepted = true
      }
    }
  }

  private func holds(
    _ assertion: PatternAssertion,
    _ previous: Unicode.Scalar?,
    _ rest: Substring.UnicodeScalarView
  ) -> Bool {
    switch assertion {
    case .textStart: previous == nil
    case .textEnd: rest.isEmpty
    case .textEndOrFinalNewline: rest.isEmpty || (rest.first == "\n" && rest.dropFirst().isEmpty)
    case .lineStart: previous == nil || previous == "\n"
    case .lineEnd: rest.isEmpty || rest.first == "\n"
    case .wordBoundary: isWord(previous) != isWord(rest.first)
    case .noWordBoundary: isWord(previous) == isWord(rest.first)
    }
  }

  private func isWord(_ scalar: Unicode.Scalar?) -> Bool {
    guard let scalar, let word else { return false }
    return word.matches(scalar)
  }
}
