import Expressions
import Foundation
import GraphModel
import OrderedCollections
import Testing

@Suite struct `Functions` {
  @Test(arguments: [
    ("toLower('ÀB')", "'àb'"), ("UPPER('straße')", "'STRASSE'"), ("trim('\\t a ')", "'a'"),
    ("ltrim(' a ')", "'a '"), ("rtrim(' a ')", "' a'"), ("replace('aXbX', 'X', '')", "'ab'"),
    ("replace('a', '', 'b')", "'a'"), ("split('a,b,,c', ',')", "['a', 'b', '', 'c']"),
    ("split('ab', '')", "['a', 'b']"), ("split('a,b;c', [',', ';'])", "['a', 'b', 'c']"),
    ("split(null, ',')", "null"), ("substring('hello', 1)", "'ello'"),
    ("substring('hello', 1, 2)", "'el'"), ("substring('hello', 9)", "''"),
    ("left('hello', 2)", "'he'"), ("right('hello', 2)", "'lo'"), ("right('a', 9)", "'a'"),
    ("size('สรณ')", "3"), ("size('é')", "1"), ("char_length('ab')", "2"),
    ("reverse('ab')", "'ba'"), ("reverse([1, 2])", "[2, 1]"), ("normalize('e\\u0301')", "'é'"),
    ("length([1, 2])", "2"), ("size([])", "0"), ("head([])", "null"), ("last([1, 2])", "2"),
    ("tail([1, 2])", "[2]"), ("keys({b: 1, a: 2})", "['b', 'a']"), ("isEmpty('')", "true"),
    ("isEmpty({})", "true"), ("nullIf(1, 1.0)", "null"), ("nullIf(1, 2)", "1"),
    ("properties({a: 1})", "{a: 1}"), ("exists(null)", "false"), ("coalesce(null, null)", "null"),
    ("range(5, 1, -2)", "[5, 3, 1]"),
    (
      "range(9223372036854775806, 9223372036854775807)",
      "[9223372036854775806, 9223372036854775807]"
    ),
  ])
  func `of strings and lists`(expression: String, expected: String) throws {
    #expect(try literal(expression) == expected)
  }

  @Test(arguments: [
    ("abs(-3)", "3"), ("abs(-3.5)", "3.5"), ("ceil(1.2)", "2.0"), ("floor(-1.2)", "-2.0"),
    ("round(2.5)", "3.0"), ("round(-2.5)", "-2.0"), ("round(0.49999999999999994)", "0.0"),
    ("round(3.14159, 2)", "3.14"), ("round(-2.345, 2)", "-2.35"), ("sign(-2.0)", "-1"),
    ("sqrt(16)", "4.0"), ("exp(0)", "1.0"), ("log(e())", "1.0"), ("log10(1000)", "3.0"),
    ("degrees(pi())", "180.0"), ("radians(180) = pi()", "true"), ("atan2(0, 1)", "0.0"),
    ("isNaN(0.0 / 0.0)", "true"), ("sqrt(-1)", "(0.0 / 0.0)"), ("sin(null)", "null"),
    ("toInteger('42')", "42"), ("toInteger('2.9')", "2"), ("toInteger(-2.9)", "-2"),
    ("toInteger('foo')", "null"), ("toInteger('0x10')", "null"), ("toInteger(true)", "1"),
    ("toFloat('1e3')", "1000.0"), ("toFloat('nan')", "null"), ("toFloat(3)", "3.0"),
    ("toBoolean(' TRUE ')", "true"), ("toBoolean('yes')", "null"), ("toBoolean(0)", "false"),
    ("toString(1.0)", "'1.0'"), ("toString(1e20)", "'1.0e20'"), ("toString(1e-7)", "'1.0e-7'"),
    ("toString(0.0 / 0.0)", "'NaN'"), ("toString(date('2022-07-21'))", "'2022-07-21'"),
    ("toStringOrNull([1])", "null"), ("toIntegerOrNull({})", "null"),
    ("toFloatOrNull(true)", "null"),
  ])
  func `of numbers and conversions`(expression: String, expected: String) throws {
    #expect(try literal(expression) == expected)
  }

  @Test(arguments: [
    ("date('2015-07-21').week", "30"), ("date('1984-01-01').weekYear", "1983"),
    ("date('1984-01-01').weekDay", "7"), ("date('2022-07-21').dayOfYear", "202"),
    ("date('2022-07-21').dayOfQuarter", "21"), ("date('20220721')", "date('2022-07-21')"),
    ("date('-0044-03-15').year", "-44"), ("date({year: 2022, month: 7})", "date('2022-07-01')"),
    ("datetime('2022-07-21T14:30:05.25+07:00').hour", "14"),
    ("datetime('2022-07-21T14:30+07:00').offset", "'+07:00'"),
    ("datetime('2022-07-21T14:30+07:00') = datetime('2022-07-21T07:30Z')", "true"),
    ("datetime('2022-07-21T14:30+07:00') < datetime('2022-07-21T08:00Z')", "true"),
    ("datetime({epochMillis: 1}).microsecond", "1000"),
    ("datetime('2022-07-21')", "datetime('2022-07-21T00:00Z')"),
    ("date(datetime('2022-07-21T01:00+07:00'))", "date('2022-07-21')"),
    ("date('2022-01-31') + duration('P1M')", "date('2022-02-28')"),
    ("date('2022-03-01') - duration({days: 1})", "date('2022-02-28')"),
    ("datetime('2022-01-31T23:00Z') + duration('P1MT2H')", "datetime('2022-03-01T01:00Z')"),
    ("duration('P1Y') + duration('P6M')", "duration('P1Y6M')"),
    ("duration('P1D') * 1.5", "duration('P1DT12H')"),
    ("duration('PT1S') / 4", "duration('PT0.25S')"),
    ("duration('-P1Y2M')", "duration('P-1Y-2M')"), ("duration('PT0.1S').milliseconds", "100"),
    ("duration({seconds: -1, milliseconds: 1}).milliseconds", "-999"),
    ("duration.between(date('2020-02-29'), date('2021-02-28'))", "duration('P11M30D')"),
    ("duration.inDays(date('2022-01-01'), date('2022-12-31')).days", "364"),
    (
      "duration.inSeconds(datetime('2022-01-01T00:00Z'), datetime('2021-12-31T23:00Z'))",
      "duration('PT-1H')"
    ),
    ("date.truncate('quarter', date('2022-08-21'))", "date('2022-07-01')"),
    (
      "datetime.truncate('hour', datetime('2022-08-21T12:34Z'), {minute: 5})",
      "datetime('2022-08-21T12:05Z')"
    ),
  ])
  func `of time`(expression: String, expected: String) throws {
    #expect(try literal(expression) == expected)
  }

  @Test(
    arguments: [
      ("range(1, 2, 0)", .argumentOutOfRange), ("range(1.0, 2)", .invalidArgument),
      ("toBoolean(1.5)", .typeMismatch), ("toInteger([])", .typeMismatch),
      ("size(1)", .typeMismatch),
      ("toInteger(1e30)", .overflow), ("abs(-9223372036854775808)", .overflow),
      ("substring('a', -1)", .argumentOutOfRange), ("left('a', -1)", .argumentOutOfRange),
      ("date({month: 1})", .invalidArgument), ("date({year: 2022, foo: 1})", .invalidArgument),
      ("date({year: 2022, month: 13})", .argumentOutOfRange),
      ("date('999999-12-31').foo", .invalidArgument),
      ("date('2022-W53')", .invalidArgument), ("duration('P')", .invalidArgument),
      ("duration('PT')", .invalidArgument), ("duration('P1')", .invalidArgument),
      ("datetime({year: 2022, hour: 25})", .argumentOutOfRange),
      ("datetime({year: 2022, timezone: 'Europe/Nowhere'})", .invalidArgument),
      ("datetime({year: 2022, timezone: '../../etc/passwd'})", .invalidArgument),
      ("datetime({year: 2022, timezone: '/Etc/UTC'})", .invalidArgument),
      ("datetime('2022-07-21T14:30+01:00[Asia/Bangkok]')", .invalidArgument),
      ("datetime('2022-07-21T14:30[Asia/Bangkok')", .invalidArgument),
      ("datetime({year: 2022, minute: 5})", .invalidArgument),
      ("localtime({minute: 5})", .invalidArgument), ("localtime('24:00')", .invalidArgument),
      ("time({hour: 1, timezone: 'Asia/Bangkok'})", .invalidArgument),
      ("time({time: date('2022-01-01')})", .typeMismatch),
      ("localtime.truncate('year', localtime('12:00'))", .invalidArgument),
      ("datetime.truncate('day', localtime('12:00'))", .typeMismatch),
      ("localtime('12:00').year", .invalidArgument),
      ("localtime('12:00').offset", .invalidArgument),
      ("localdatetime('2022-07-21T12:00').timezone", .invalidArgument),
      ("time('12:00') - localtime('11:00')", .typeMismatch),
      ("date('+999999999-12-31') + duration('P1D')", .argumentOutOfRange),
      ("localdatetime('+999999999-12-31T23:59:59') + duration('PT1S')", .argumentOutOfRange),
      ("date('2022-01-01') + duration({months: 9223372036854775807})", .argumentOutOfRange),
      ("date('2022-01-01') + duration({days: 9223372036854775807})", .overflow),
      ("datetime('2022-01-01') + duration({seconds: 9223372036854775807})", .argumentOutOfRange),
      ("duration({years: 9223372036854775807})", .overflow), ("duration({days: 1e300})", .overflow),
      ("duration('P1D') * (0.0 / 0.0)", .overflow), ("duration('P1D') / 0", .overflow),
      ("date('2022-01-01') - date('2021-01-01')", .typeMismatch),
      ("datetime({epochSeconds: 9223372036854775807})", .argumentOutOfRange),
      ("round(1.5, 99)", .argumentOutOfRange),
    ] as [(String, EvaluationError.Kind)]
  )
  func `refuse what makes no sense`(expression: String, kind: EvaluationError.Kind) throws {
    let error = try #require(try failure(expression))
    #expect(error.kind == kind, "\(error)")
    #expect(error.message.first?.isUppercase == false && error.message.last != ".", "\(error)")
  }

  @Test func `are found without regard to case, and say what they take`() throws {
    let function = try #require(FunctionLibrary.scalar(named: "TOINTEGER"))
    #expect(function.name == "toInteger")
    #expect(function.result == .integer)
    #expect(FunctionLibrary.names == FunctionLibrary.names.sorted())
    #expect(Set(FunctionLibrary.names).count == FunctionLibrary.names.count)
    for name in FunctionLibrary.names { #expect(FunctionLibrary.scalar(named: name) != nil) }
    #expect(try failure("range('a', 2)")?.message.contains("an integer as argument 1") == true)
  }

  @Test func `are immutable but for the clock and chance`() throws {
    let date = try #require(FunctionLibrary.scalar(named: "date"))
    #expect(!date.isDeterministic)
    #expect(date.volatility(argumentCount: 0) == .stable)
    #expect(date.volatility(argumentCount: 1) == .immutable)
    #expect(FunctionLibrary.scalar(named: "rand")?.volatility(argumentCount: 0) == .volatile)
    #expect(FunctionLibrary.scalar(named: "size")?.isDeterministic == true)
    let now = DateTime(microseconds: 0)
    #expect(try date.evaluate([], now: now) == .date(PartialDate(epochDay: 0)))
  }
}

@Suite struct `Aggregates` {
  private func fold(
    _ name: String,
    _ values: [Value],
    distinct: Bool = false,
    parameter: Value? = nil
  ) throws -> String {
    let aggregate = try #require(FunctionLibrary.aggregate(named: name))
    var accumulator = try aggregate.accumulator(distinct: distinct, parameter: parameter)
    for value in values { try accumulator.add(value) }
    return ValueText.literal(accumulator.finish())
  }

  @Test func `skip nulls, and have a result for nothing`() throws {
    for (name, expected) in [
      ("count", "0"), ("sum", "0"), ("avg", "null"), ("min", "null"), ("max", "null"),
      ("collect", "[]"), ("stDev", "0.0"), ("stDevP", "0.0"),
    ] {
      #expect(try fold(name, [.null]) == expected)
    }
    #expect(try fold("percentileCont", [.null], parameter: .float(0.5)) == "null")
  }

  @Test func `fold their values`() throws {
    let values: [Value] = [.integer(1), .null, .integer(2), .integer(2), .integer(5)]
    #expect(try fold("COUNT", values) == "4")
    #expect(try fold("count", values, distinct: true) == "3")
    #expect(try fold("sum", values) == "10")
    #expect(try fold("sum", values + [.float(0.5)]) == "10.5")
    #expect(try fold("avg", values) == "2.5")
    #expect(try fold("min", values + [.string("a")]) == "'a'")
    #expect(try fold("max", values + [.string("a")]) == "5")
    #expect(try fold("collect", values, distinct: true) == "[1, 2, 5]")
    #expect(try fold("stDevP", [.integer(1), .integer(3)]) == "1.0")
    #expect(try fold("stDev", [.integer(1), .integer(2), .integer(3)]) == "1.0")
    #expect(try fold("percentileDisc", values, parameter: .float(0.5)) == "2")
    #expect(try fold("percentileCont", values, parameter: .float(0.25)) == "1.75")
    #expect(
      try fold("sum", [.duration(Duration(days: 1)), .duration(Duration(days: 2))])
        == "duration('P3D')"
    )
    #expect(
      try fold("avg", [.duration(Duration(days: 1)), .duration(Duration(days: 2))])
        == "duration('P1DT12H')"
    )
  }

  @Test func `refuse what they cannot fold`() throws {
    #expect(throws: EvaluationError.self) { try fold("sum", [.string("a")]) }
    #expect(throws: EvaluationError.self) { try fold("sum", [.integer(.max), .integer(1)]) }
    #expect(throws: EvaluationError.self) {
      try fold("percentileCont", [.integer(1)], parameter: .float(1.1))
    }
    #expect(throws: EvaluationError.self) {
      try fold("avg", [.integer(1), .duration(Duration(days: 1))])
    }
  }
}

@Suite struct `Values as text` {
  @Test func `are shown bare to people and quoted in the language`() throws {
    let value = try evaluate("[{a: 'it\\'s', b_c: date('2022-07-21')}, 'x', null, 1.0]")
    #expect(ValueText.display(value) == "[{a: 'it\\'s', b_c: 2022-07-21}, 'x', null, 1.0]")
    #expect(
      ValueText.literal(value) == "[{a: 'it\\'s', b_c: date('2022-07-21')}, 'x', null, 1.0]"
    )
    #expect(ValueText.display(.string("it's")) == "it's")
    #expect(
      ValueText.literal(.map(["b `c`": .null, "1a": .null])) == "{`b ``c```: null, `1a`: null}"
    )
    #expect(ValueText.quoted("a\n\\\u{1}") == "'a\\n\\\\\\u0001'")
  }

  @Test func `are JSON that a parser reads back`() throws {
    let value = try evaluate(
      """
      {text: 'a"\\\\\\n\\u0001é\u{1F9D0}', list: [1, -9223372036854775808, 1.5, 1e30, true, null],
       day: date('2022-07-21'), month: edtf('2022-07'), time: datetime('2022-07-21T14:30+07:00'),
       span: duration('P1DT2H'), none: 0.0 / 0.0, less: -1 / 0.0, empty: {}}
      """
    )
    var bytes: [UInt8] = []
    ValueJSON.write(value, to: &bytes)
    let object = try JSONSerialization.jsonObject(with: Data(bytes))
    let map = try #require(object as? [String: Any])
    #expect(map["text"] as? String == "a\"\\\n\u{1}é\u{1F9D0}")
    #expect(map["day"] as? String == "2022-07-21")
    #expect(map["month"] as? String == "2022-07")
    #expect(map["time"] as? String == "2022-07-21T14:30+07:00")
    #expect(map["span"] as? String == "P1DT2H")
    #expect(map["none"] as? String == "NaN")
    #expect(map["less"] as? String == "-Infinity")
    let list = try #require(map["list"] as? [Any])
    #expect((list[1] as? NSNumber)?.int64Value == .min)
    #expect((list[2] as? NSNumber)?.doubleValue == 1.5)
    #expect((list[3] as? NSNumber)?.doubleValue == 1e30)
    #expect(String(decoding: bytes, as: UTF8.self).contains("1.0e30"))
  }

  @Test func `are dates of all years, and the longest integers`() throws {
    func json(_ value: Value) -> String {
      var bytes: [UInt8] = []
      ValueJSON.write(value, to: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    }
    for year in [-4712, -999, -1, 0, 7, 543, 999, 1000, 1066, 2022, 9999, 10_000, 25_650] {
      let whole = try #require(PartialDate(year: year, month: 12, day: 31))
      for date in [whole, PartialDate(year: year, month: 3), PartialDate(year: year)] {
        let date = try #require(date)
        #expect(json(.date(date)) == "\"\(date)\"")
      }
    }
    for number in [0, 7, 10, -10, 1_234_567_890, Int64.max, Int64.min] {
      #expect(json(.integer(number)) == "\(number)")
    }
  }

  @Test func `leave entities to whoever knows them`() {
    var bytes: [UInt8] = []
    ValueJSON.write(.list([.node(NodeNumber(7))]), to: &bytes) { _, output in
      output += Array("{}".utf8)
    }
    #expect(String(decoding: bytes, as: UTF8.self) == "[{}]")
    let text = ValueText.display(.list([.node(NodeNumber(7))])) { _, output in output += "(:A)" }
    #expect(text == "[(:A)]")
  }
}
