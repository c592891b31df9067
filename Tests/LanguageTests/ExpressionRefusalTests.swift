import Language
import SourceText
import Testing

@Suite struct `Expressions that are refused` {
  private static let refusals: [Refusal] = [
    Refusal("RETURN 42 «—» 41", #""—" is not an operator"#, hint: #"write "-""#),
    Refusal("RETURN a «＜» 41", #""＜" is not an operator"#, hint: #"write "<""#),
    Refusal(
      "RETURN «'»abc",
      "this string is never closed",
      hint: #"close it with the quote that opened it; a quote inside is written \' or \""#
    ),
    Refusal(
      #"RETURN "a«\q»b""#,
      "unknown escape in a string",
      hint: #"the escapes are \\ \' \" \n \t \r \b \f \uXXXX \UXXXXXXXX"#
    ),
    Refusal(
      #"RETURN '«\u»12'"#,
      "this escape needs 4 hexadecimal digits",
      hint: #"the escapes are \\ \' \" \n \t \r \b \f \uXXXX \UXXXXXXXX"#
    ),
    Refusal(
      #"RETURN '«\ud800»'"#,
      "this escape is no Unicode character",
      hint: #"the escapes are \\ \' \" \n \t \r \b \f \uXXXX \UXXXXXXXX"#
    ),
    Refusal(
      "RETURN «9223372036854775808»",
      #""9223372036854775808" is beyond what an integer can hold"#,
      hint: "integers reach from -9223372036854775808 to 9223372036854775807"
    ),
    Refusal(
      "RETURN «1e999»",
      #""1e999" is beyond what a floating-point number can hold"#,
      hint: "the greatest is 1.7976931348623157e308"
    ),
    Refusal(
      "RETURN «0xZZ»",
      #""0xZZ" is not a number"#,
      hint: "numbers are written 42, 0x2A, 0o52, 4.2 or 42e-1"
    ),
    Refusal(
      "RETURN «12abc»",
      #""12abc" is not a number"#,
      hint: "numbers are written 42, 0x2A, 0o52, 4.2 or 42e-1"
    ),
    Refusal(
      "RETURN 1 «WHERE» true",
      "WHERE cannot follow RETURN, which ends a query",
      hint: "filter before: WITH … WHERE … RETURN …"
    ),
    Refusal(
      "RETURN 1 UNION RETURN 2 «UNION ALL» RETURN 3",
      "UNION and UNION ALL cannot be mixed",
      hint: "put one of them into CALL { … }"
    ),
    Refusal(
      "RETURN 1 UNION«»",
      "expected a query, found the end of the text",
      hint: "a query reads MATCH (n:Label) RETURN n"
    ),
    Refusal(
      "RETURN 1; «RETURN» 2",
      #"expected the end of the text after ";", found "RETURN""#,
      hint: "ask one query at a time"
    ),
    Refusal(
      "RETURN n.«»",
      #"expected the name of a property after ".", found the end of the text"#
    ),
    Refusal(
      "RETURN «[»1, 2",
      #""[" is never closed"#,
      hint: #"expected "," or "]", found the end of the text"#
    ),
    Refusal(
      "RETURN {a «1»}",
      #"expected ":" after the key "a", found "1""#,
      hint: "write {a: value}"
    ),
    Refusal(
      "RETURN {a «=» 1}",
      #"a map's key and value are separated by ":""#,
      hint: "write {a: value}"
    ),
    Refusal("RETURN {«1»: 2}", #"expected the name of a map's key, found "1""#),
    Refusal("RETURN CASE WHEN 1 «ELSE» 2 END", #"expected THEN, found "ELSE""#),
    Refusal("RETURN CASE x «END»", #"expected WHEN, found "END""#),
    Refusal(
      "RETURN CASE WHEN true THEN 1«»",
      "expected WHEN, ELSE or END of the CASE, found the end of the text"
    ),
    Refusal(
      "RETURN all(x IN xs«)»",
      "all() needs a condition",
      hint: "write all(x IN list WHERE condition)"
    ),
    Refusal(
      "RETURN reduce(a«,» x IN xs | x)",
      #"expected "=" and the first value of the result, found ",""#
    ),
    Refusal(
      "RETURN «order»",
      #"expected an expression, found "order""#,
      hint: "a variable of that name stands in backquotes: `order`"
    ),
    Refusal(
      "RETURN «“»abc”",
      #""“" is not a quote of the language"#,
      hint: #"write strings as 'text' or "text""#
    ),
    Refusal("RETURN «$»", #"expected the name of a parameter after "$""#),
    Refusal("RETURN «#»x", "unexpected \"#\"", hint: "comments are written // or /* */"),
    Refusal("RETURN 1«)»", #"")" closes nothing"#),
    Refusal("RETURN «(»1]", #""(" is never closed"#, hint: #"expected ")", found "]""#),
    Refusal("RETURN 1 «/*» abc", "this comment is never closed", hint: "close it with */"),
    Refusal("RETURN «`»abc", "this name in backquotes is never closed"),
    Refusal(
      "RETURN «(a)-->(b)»",
      "a pattern is no value",
      hint: "whether it matches is EXISTS { … }"
    ),
    Refusal(
      "RETURN size(«(a)-->(b)»)",
      "a pattern is no value",
      hint: "how often it matches is COUNT { … }"
    ),
    Refusal(
      "RETURN a «b»",
      #"expected an operator, "," or the end of the query, found "b""#,
      hint: #"columns are separated by "," and named with AS"#
    ),
    Refusal("RETURN count(«*»", #"expected an expression, found "*""#),
    Refusal(
      "RETURN * «FROM» t",
      #"expected an operator, "," or the end of the query, found "FROM""#,
      hint: #"columns are separated by "," and named with AS"#
    ),
    Refusal(
      "RETURN COLLECT { «(»a)-->(b) }",
      #"expected a clause such as MATCH or RETURN, found "(""#,
      hint: "a query reads MATCH (n:Label) RETURN n"
    ),
    Refusal(
      "RETURN EXISTS { «}»",
      "the query is empty",
      hint: "a query reads MATCH (n:Label) RETURN n"
    ),
    Refusal(
      "RETURN EXISTS «{» MATCH (a) ",
      #""{" is never closed"#,
      hint: #"expected "}", found the end of the text"#
    ),
    Refusal("RETURN 1 AS«»", #"expected a name after "AS", found the end of the text"#),
    Refusal("RETURN 1 +«»", "expected an expression, found the end of the text"),
    Refusal("RETURN NOT«»", "expected an expression, found the end of the text"),
    Refusal(
      "RETURN «IN»",
      #"expected an expression, found "IN""#,
      hint: "a variable of that name stands in backquotes: `IN`"
    ),
    Refusal("RETURN xs[«»", "expected an expression, found the end of the text"),
    Refusal("RETURN xs[«]»", #"expected an expression, found "]""#),
    Refusal(
      "RETURN '日本語' AS x, 日本 «日»",
      #"expected an operator, "," or the end of the query, found "日""#,
      hint: #"columns are separated by "," and named with AS"#
    ),
    Refusal(
      "RETURN a «NOT» CONTAINS 'x'",
      "NOT stands before what it negates",
      hint: #"write "NOT x CONTAINS y" for "x NOT CONTAINS y""#
    ),
    Refusal("RETURN [x IN xs WHERE x > 1 |«|» x]", #"expected an expression, found "|""#),
    Refusal("RETURN [(a)-->(b) WHERE a.x«]»", #"expected "|", found "]""#),
    Refusal("RETURN none(x IN xs «x» > 1)", #"expected WHERE, found "x""#),
    Refusal(
      "RETURN x«[»1..2",
      #""[" is never closed"#,
      hint: #"expected "]", found the end of the text"#
    ),
    Refusal(
      "RETURN n {.name, .«}»",
      #"expected the name of a property, or "*", after ".", found "}""#
    ),
    Refusal("RETURN n {name: «}»", #"expected an expression, found "}""#),
    Refusal(
      "RETURN date«..»x()",
      #"expected an operator, "," or the end of the query, found "..""#
    ),
    Refusal(#"RETURN 'a' + «\» 'b'"#, #"unexpected character "\""#),
    Refusal("RETURN 1 AS «`»a", "this name in backquotes is never closed"),
  ]

  @Test(arguments: refusals)
  func `say what is wrong, where, and what to do`(refusal: Refusal) {
    refusal.check(Parser.parseQuery)
  }
}
