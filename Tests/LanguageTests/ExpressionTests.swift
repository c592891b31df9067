import Language
import SourceText
import Testing

@Suite struct `Expressions` {
  @Test(arguments: [
    ("1 + 2 * 3", "(1 + (2 * 3))"),
    ("1 * 2 + 3", "((1 * 2) + 3)"),
    ("1 - 2 - 3", "((1 - 2) - 3)"),
    ("(1 - 2) - (3 - 4)", "((1 - 2) - (3 - 4))"),
    ("2 ^ 3 ^ 4", "((2 ^ 3) ^ 4)"),
    ("-2 ^ 2", "((-2) ^ 2)"),
    ("2 ^ -2", "(2 ^ (-2))"),
    ("- - 1", "(-(-1))"),
    ("1 - -1", "(1 - (-1))"),
    ("a OR b XOR c AND NOT d = e", "(a OR (b XOR (c AND (NOT (d = e)))))"),
    ("NOT a AND b", "((NOT a) AND b)"),
    ("NOT NOT a", "(NOT (NOT a))"),
    ("a = NOT b", "(a = (NOT b))"),
    ("a < b", "(a < b)"),
    ("a < b <= c", "[a < b <= c]"),
    ("1 < 2 = 3 <> 4 != 5 >= 6 > 7", "[1 < 2 = 3 <> 4 <> 5 >= 6 > 7]"),
    ("(a < b) < c", "((a < b) < c)"),
    ("a < (b < c)", "(a < (b < c))"),
    ("a = b IS NULL", "(a = (b IS NULL))"),
    ("a + b IS NOT NULL", "((a + b) IS NOT NULL)"),
    ("a IS NULL IS NOT NULL", "((a IS NULL) IS NOT NULL)"),
    ("NOT a IS NULL", "(NOT (a IS NULL))"),
    ("a IN b = c", "((a IN b) = c)"),
    ("a IN b + c", "(a IN (b + c))"),
    ("a IN b IN c", "((a IN b) IN c)"),
    ("a STARTS WITH b + c OR d ENDS WITH e", "((a STARTS WITH (b + c)) OR (d ENDS WITH e))"),
    ("a CONTAINS b AND c =~ d", "((a CONTAINS b) AND (c =~ d))"),
    ("p.name ~ 'x' = true", "((p.name ~ 'x') = true)"),
    ("a % b / c * d", "(((a % b) / c) * d)"),
    ("n:A:B AND n:C", "((n:A&B) AND (n:C))"),
    ("n IS LABELED A|B", "(n:A|B)"),
    ("n IS NOT LABELED A", "(NOT (n:A))"),
    ("x<-1", "(x < (-1))"),
    ("x<--1", "(x < (-(-1)))"),
    ("(a) - (b)", "(a - b)"),
    ("(a) < -b", "(a < (-b))"),
    ("(x) - [1] - (y)", "((x - [1]) - y)"),
    ("(x)--(y + 1)", "(x - (-(y + 1)))"),
    ("a.b.c[0].d", "a.b.c[0].d"),
    ("1.5.x", "1.5.x"),
  ])
  func `bind as openCypher says`(text: String, grouped: String) throws {
    #expect(try expression(text).grouped == grouped)
  }

  @Test(arguments: [
    ("1", "integer(1)"),
    ("0x1F", "integer(31)"),
    ("0o17", "integer(15)"),
    ("9223372036854775807", "integer(9223372036854775807)"),
    ("-9223372036854775808", "integer(-9223372036854775808)"),
    ("-0x8000000000000000", "integer(-9223372036854775808)"),
    ("-1", "unary(minus, integer(1))"),
    (".5", "float(0.5)"),
    ("1e9", "float(1000000000.0)"),
    ("1.5E-3", "float(0.0015)"),
    ("[1..2]", "element"),
    ("true", "boolean(true)"),
    ("NULL", "null"),
    ("$p", "parameter(\"p\")"),
    ("$0", "parameter(\"0\")"),
    ("$`a b`", "parameter(\"a b\")"),
    ("`a``b`", "variable(\"a`b\")"),
    ("'a\\'b\\n\\u00e9\\U0001F600'", "string(\"a'b\né😀\")"),
    ("\"it's\"", "string(\"it's\")"),
    ("'\\ud83d\\ude00'", "string(\"😀\")"),
    ("ชื่อ", "variable(\"ชื่อ\")"),
    ("count(*)", "countRows"),
    ("count", "variable(\"count\")"),
    ("count(DISTINCT n)", "call(count, true, [variable(\"n\")])"),
    ("date.truncate('day', d)", "call(date.truncate, false, [string(\"day\"), variable(\"d\")])"),
    ("exists(n.x)", "call(exists, false, [property(variable(\"n\"), x)])"),
    ("{end: 1, `a b`: 2}", "map([{key: end, value: integer(1)}, {key: a b, value: integer(2)}])"),
    ("n.order", "property(variable(\"n\"), order)"),
    ("xs[1..]", "slice(variable(\"xs\"), integer(1), nil)"),
    ("xs[..2]", "slice(variable(\"xs\"), nil, integer(2))"),
    ("xs[..]", "slice(variable(\"xs\"), nil, nil)"),
    ("/* a */ 1 // b", "integer(1)"),
    ("size /* x */ (xs)", "call(size, false, [variable(\"xs\")])"),
  ])
  func `have these trees`(text: String, tree: String) throws {
    if tree == "element" {
      #expect(throws: Diagnostics.self) { try expression(text) }
    } else {
      #expect(shape(of: try expression(text)) == tree)
    }
  }

  @Test(arguments: [
    "[x IN xs WHERE x > 1 | x * 2]", "[x IN xs | x]", "[x IN xs]", "[(x IN xs)]",
    "[x IN xs WHERE x:A | x.name]", "[x IN xs WHERE x:(A|B) | x.name]",
    "[(a)-->(b:B) | b.name]", "[p = (a)-[r:R*1..2]->(b) WHERE b.x = 1 | p]",
    "all(x IN xs WHERE x > 0)", "any(x IN xs WHERE x)", "none(x IN xs WHERE x)",
    "single(x IN xs WHERE x)", "any((x IN xs))", "all(x)",
    "reduce(s = 0, x IN xs | s + x)", "CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END",
    "CASE x WHEN 1 THEN 'a' END", "CASE x WHEN 1 THEN 'a' END + 'b'",
    "n {.name, .*, key: 1 + 2, other}", "`count` {.x}", "EXISTS { (a)-->(b) WHERE b.x = 1 }",
    "EXISTS { MATCH (a) MATCH (b) RETURN a }", "COUNT { (a)-[:X]-(b) }",
    "COLLECT { MATCH (a) RETURN a.name ORDER BY a.name LIMIT 3 }",
    "(a)-->(b) AND NOT (b)<-[:R]-(a)", "((a)-->(b)) = true", "(a)-[r]-(b:B {x: 1})",
    "a[0][1..2].b", "(-1).a", "(a + b)[0]", "(n:A).x", "`order` + `end`", "f()", "a.b.c(1)",
    "`my function`(1)", "'it\\'s \\\\ \\n \\u0001'", "$`a b` + $1", "{a: 1, `b c`: {}}", "[]",
    "-9223372036854775808", "- -9223372036854775808 = 1", "NOT (NOT a)", "n:A&!B", "n:(A|B)&C",
    "n:%", "1e+300", "(1 < 2) < 3", "a IS NULL = b", "(a = b) IS NULL", "a - (b - c)",
    "2 ^ (3 ^ 4)", "-(a ^ b)", "(a IN b) + c",
  ])
  func `print and parse back to an equal tree`(text: String) throws {
    let tree = try expression(text)
    let again = try expression(tree.description)
    #expect(shape(of: again) == shape(of: tree), "printed as \(tree)")
    #expect(again.description == tree.description)
  }

  @Test func `span what was written, parentheses included`() throws {
    let source = SourceText(name: "expression", text: " ( 1 + 2 ) * n.x IS NULL ")
    let tree = try Parser.parseExpression(source)
    #expect(source[tree.span] == "( 1 + 2 ) * n.x IS NULL")
    guard case .isNull(let product, _) = tree.kind, case .binary(_, let left, _) = product.kind
    else {
      Issue.record("another tree: \(tree)")
      return
    }
    #expect(source[product.span] == "( 1 + 2 ) * n.x")
    #expect(source[left.span] == "( 1 + 2 )")
  }

  @Test(arguments: [31, 32, 33, 100, 1_000])
  func `join a long chain of AND in the order it is written`(count: Int) throws {
    let names = (0..<count).map { "v\($0)" }
    let tree = try expression(names.joined(separator: " AND "))
    func leaves(_ expression: Expression) -> [String] {
      guard case .binary(.and, let left, let right) = expression.kind else {
        return [expression.description]
      }
      return leaves(left) + leaves(right)
    }
    #expect(leaves(tree) == names)
    #expect(shape(of: try expression(tree.description)) == shape(of: tree))
  }
}
