import Expressions
import Foundation
import GraphModel
import Language
import OrderedCollections
import SourceText
import Testing

@Suite struct `Evaluating an expression` {
  @Test(arguments: [
    ("1 + 2 * 3", "7"), ("7 / 2", "3"), ("-7 / 2", "-3"), ("7 / 2.0", "3.5"), ("7 % -3", "1"),
    ("2 ^ 3", "8.0"), ("1 + null", "null"), ("1 / 0.0", "(1.0 / 0.0)"),
    ("'a' + 1", "'a1'"), ("1.5 + 'a'", "'1.5a'"), ("'a' + true", "'atrue'"),
    ("'on ' + date('2022-07-21')", "'on 2022-07-21'"),
    ("[1] + 2", "[1, 2]"), ("1 + [2]", "[1, 2]"), ("[1] + [2]", "[1, 2]"), ("[1] + null", "null"),
    ("-9223372036854775808 % -1", "0"), ("-(-5)", "5"), ("1 < 2 < 3", "true"),
    ("3 > 2 > 2", "false"), ("1 < null < 0", "null"), ("1 < 'a'", "null"),
    ("[1, 2] < [1, 3]", "true"), ("[1, 2] < [1, null]", "null"), ("{a: 1} = {a: 1.0}", "true"),
    ("0.0 / 0.0 = 0.0 / 0.0", "false"), ("null = null", "null"), ("1 IN [null, 1]", "true"),
    ("1 IN [null]", "null"), ("1 IN []", "false"), ("null IN []", "false"),
    ("'abc' STARTS WITH 'ab'", "true"), ("'abc' ENDS WITH 1", "null"),
    ("'abc' CONTAINS ''", "true"),
    ("'Rabat' =~ '(?i)r.b.t'", "true"), ("'Rabat' =~ 'Rab'", "false"), ("null =~ 'a'", "null"),
    ("[1, 2, 3][-1]", "3"), ("[1, 2, 3][5]", "null"), ("[1, 2, 3][1..]", "[2, 3]"),
    ("[1, 2, 3][-9..-1]", "[1, 2]"), ("{a: {b: 2}}.a.b", "2"), ("{a: 1}['a']", "1"),
    ("CASE 2 WHEN 1 THEN 'a' WHEN 2.0 THEN 'b' END", "'b'"), ("CASE WHEN null THEN 1 END", "null"),
    ("CASE null WHEN null THEN 1 ELSE 2 END", "2"),
    ("[x IN [1, 2, 3] WHERE x > 1 | x * 10]", "[20, 30]"), ("[x IN null | x]", "null"),
    ("all(x IN [] WHERE x)", "true"), ("any(x IN [null, true] WHERE x)", "true"),
    ("none(x IN [null, false] WHERE x)", "null"), ("single(x IN [true, null] WHERE x)", "null"),
    ("single(x IN [true, true, null] WHERE x)", "false"),
    ("reduce(sum = 0, x IN [1, 2, 3] | sum + x)", "6"), ("reduce(a = 0, x IN null | x)", "null"),
    ("[x IN [1, 2] | [y IN [10] | x + y]]", "[[11], [12]]"),
    ("coalesce(null, 1, 1 / 0)", "1"), ("false AND 1 / 0 = 1", "false"),
    ("true OR 1 / 0 = 1", "true"), ("null AND false", "false"),
  ])
  func `gives its value`(expression: String, expected: String) throws {
    #expect(try literal(expression) == expected)
  }

  @Test(
    arguments: [
      ("9223372036854775807 + 1", .overflow, "9223372036854775807 + 1"),
      ("2 * (1 / 0)", .divisionByZero, "(1 / 0)"), ("1 % 0", .divisionByZero, "1 % 0"),
      ("1 + {a: 1}", .typeMismatch, "1 + {a: 1}"), ("1 AND true", .typeMismatch, "1 AND true"),
      ("false AND {}", .typeMismatch, "false AND {}"), ("NOT 1", .typeMismatch, "NOT 1"),
      ("1 IN 2", .typeMismatch, "1 IN 2"), ("12.b", .typeMismatch, "12.b"),
      ("[1][true]", .typeMismatch, "[1][true]"), ("$missing", .missingParameter, "$missing"),
      ("1 + nothing", .unknownVariable, "nothing"), ("siez([1])", .unknownFunction, "siez"),
      ("size()", .wrongArgumentCount, "size()"), ("count(*)", .unsupported, "count(*)"),
      ("sum(1)", .unsupported, "sum(1)"), ("'a' =~ '('", .invalidArgument, "'a' =~ '('"),
      ("EXISTS { (a)-->(b) }", .unsupported, "EXISTS { (a)-->(b) }"),
      ("range(1, 100000000000)", .limitExceeded, "range(1, 100000000000)"),
      ("date('2022-02-30')", .invalidArgument, "date('2022-02-30')"),
      ("CASE WHEN 1 THEN 2 END", .typeMismatch, "CASE WHEN 1 THEN 2 END"),
      ("[x IN 1 | x]", .typeMismatch, "1"),
    ] as [(String, EvaluationError.Kind, String)]
  )
  func `fails with a kind and a place`(
    expression: String,
    kind: EvaluationError.Kind,
    place: String
  ) throws {
    let expression = expression == "12.b" ? "x.b" : expression
    let error = try #require(try failure(expression, ["x": .integer(12)]))
    #expect(error.kind == kind, "\(error)")
    let source = SourceText(name: "expression", text: expression)
    let expected = place == "12.b" ? "x.b" : place
    #expect(error.span.map { source[$0] } == expected)
    #expect(error.diagnostic(at: SourceSpan(0, 0)).message == error.message)
  }

  @Test func `suggests the function that was meant`() throws {
    #expect(try failure("siez([1])")?.hint == "did you mean \"size\"?")
    #expect(FunctionLibrary.suggestion(for: "qqqqqqqq") == nil)
    #expect(FunctionLibrary.suggestion(for: "label", among: ["labels"]) == "labels")
  }

  @Test func `projects maps`() throws {
    let map = try evaluate("{a: 1, b: {c: 2}}")
    let y = Value.integer(3)
    #expect(
      try literal("m {.a, .z, q: m.b.c, y}", ["m": map, "y": y]) == "{a: 1, z: null, q: 2, y: 3}"
    )
    #expect(try literal("m {.*, a: 9}", ["m": map]) == "{a: 9, b: {c: 2}}")
    #expect(try literal("m {.*}", ["m": .null]) == "null")
  }

  @Test func `hides outer variables while an inner one has their name`() throws {
    #expect(try literal("[x IN [1] | [x IN [x + 1] | x]] + x", ["x": .integer(7)]) == "[[2], 7]")
  }

  @Test func `reads parameters`() throws {
    #expect(try evaluate("$a + 1", parameters: ["a": .integer(1)]) == .integer(2))
  }

  @Test func `adds up long chains without recursion`() throws {
    var tree = Language.Expression(.integer(0), at: SourceSpan(0, 0))
    for _ in 0..<20_000 {
      let one = Language.Expression(.integer(1), at: SourceSpan(0, 0))
      tree = Language.Expression(.binary(.add, tree, one), at: SourceSpan(0, 0))
    }
    #expect(try ScalarEvaluator.evaluate(tree) == .integer(20_000))
    // Freeing a tree recurses with its depth: take it apart from above.
    while case .binary(_, let left, _) = tree.kind { tree = left }
  }

  @Test func `ends with an error where an expression nests too deep`() throws {
    var tree = Language.Expression(.boolean(true), at: SourceSpan(0, 0))
    for _ in 0..<(ExpressionLimits.depth + 1) {
      tree = Language.Expression(.unary(.not, tree), at: SourceSpan(0, 0))
    }
    #expect(throws: EvaluationError.self) { try ScalarEvaluator.evaluate(tree) }
  }

  @Test func `ends with an error where reduce nests or grows a value too far`() throws {
    #expect(
      try failure("reduce(a = [], x IN range(1, 100000) | [a])")?.kind == .limitExceeded
    )
    #expect(
      try failure("reduce(a = 'aaaaaaaa', x IN range(1, 64) | a + a)")?.kind == .limitExceeded
    )
  }

  @Test func `takes one time for the whole of an expression`() throws {
    #expect(
      try evaluate("datetime() = datetime() AND date() = date(datetime())") == .boolean(true)
    )
  }

  @Test func `asks its environment about entities`() throws {
    struct Environment: EvaluationEnvironment {
      func variable(_ name: String) -> Value? { name == "n" ? .node(NodeNumber(5)) : nil }
      func parameter(_ name: String) -> Value? { nil }
      func property(of entity: Value, named name: String) throws(EvaluationError) -> Value {
        .string("\(name) of a node")
      }
      func properties(of entity: Value) throws(EvaluationError) -> Value {
        .map(["p": .integer(1)])
      }
      func hasLabels(
        _ entity: Value,
        _ labels: LabelExpression
      ) throws(EvaluationError) -> Bool? { labels.kind == .label("Person") }
      func call(
        _ function: String,
        _ arguments: [Value]
      ) throws(EvaluationError) -> Value? {
        function == "keys" && arguments == [.node(NodeNumber(5))] ? .list([.string("p")]) : nil
      }
      func graphValue(
        _ expression: Language.Expression,
        locals: [(name: String, value: Value)]
      ) throws(EvaluationError) -> Value { .integer(Int64(locals.count)) }
    }
    func value(_ text: String) throws -> String {
      let tree = try Parser.parseExpression(SourceText(name: "expression", text: text))
      return ValueText.literal(try ScalarEvaluator.evaluate(tree, in: Environment()))
    }
    #expect(try value("n.name") == "'name of a node'")
    #expect(try value("n['name']") == "'name of a node'")
    #expect(try value("[x IN [n] | x.name]") == "['name of a node']")
    #expect(try value("n {.name, .*}") == "{name: 'name of a node', p: 1}")
    #expect(try value("n:Person") == "true")
    #expect(try value("keys(n)") == "['p']")
    #expect(try value("keys({a: 1})") == "['a']")
    #expect(try value("[x IN [1] WHERE COUNT { (n)-->() } = 1 | x]") == "[1]")
    #expect(try value("null:Person") == "null")
  }
}
