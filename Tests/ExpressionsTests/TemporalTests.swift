import Expressions
import GraphModel
import Testing

@Suite struct `Values of time` {
  @Test(arguments: [
    ("datetime('2022-07-21T14:30[Asia/Bangkok]')", "2022-07-21T14:30+07:00[Asia/Bangkok]"),
    // 2:30 is shown twice: the first time is meant.
    (
      "datetime('2022-10-30T02:30[Europe/Berlin]')", "2022-10-30T02:30+02:00[Europe/Berlin]"
    ),
    (
      "datetime('2022-10-30T02:30+01:00[Europe/Berlin]')",
      "2022-10-30T02:30+01:00[Europe/Berlin]"
    ),
    // 2:30 is skipped.
    (
      "datetime('2022-03-27T02:30[Europe/Berlin]')", "2022-03-27T03:30+02:00[Europe/Berlin]"
    ),
    // Before there were zones, and after the last change that the database lists.
    (
      "datetime('1818-07-21T12:00[Europe/Berlin]')", "1818-07-21T12:00+00:53:28[Europe/Berlin]"
    ),
    // Before 1970 the database holds Stockholm's clocks to be Berlin's, however it is packaged.
    (
      "datetime('1818-07-21T12:00[Europe/Stockholm]')",
      "1818-07-21T12:00+00:53:28[Europe/Stockholm]"
    ),
    (
      "datetime('2999-07-21T12:00[Europe/Berlin]')", "2999-07-21T12:00+02:00[Europe/Berlin]"
    ),
    (
      "datetime('2999-01-21T12:00[Europe/Berlin]')", "2999-01-21T12:00+01:00[Europe/Berlin]"
    ),
    // Summer lies around new year in the south, and Dublin's winter time is the exception.
    (
      "datetime('2999-01-21T12:00[Australia/Sydney]')",
      "2999-01-21T12:00+11:00[Australia/Sydney]"
    ),
    ("datetime('2999-07-21T12:00[Europe/Dublin]')", "2999-07-21T12:00+01:00[Europe/Dublin]"),
    (
      "datetime({epochSeconds: 0, timezone: 'America/New_York'})",
      "1969-12-31T19:00-05:00[America/New_York]"
    ),
    // A day has 25 hours when the clocks are set back.
    (
      "datetime('2022-10-29T12:00[Europe/Berlin]') + duration('P1D')",
      "2022-10-30T12:00+01:00[Europe/Berlin]"
    ),
    (
      "datetime('2022-10-29T12:00[Europe/Berlin]') + duration('PT24H')",
      "2022-10-30T11:00+01:00[Europe/Berlin]"
    ),
    (
      "datetime({datetime: datetime('2022-07-21T14:30Z'), timezone: 'Asia/Bangkok'})",
      "2022-07-21T21:30+07:00[Asia/Bangkok]"
    ),
  ])
  func `know the zones of the world`(expression: String, expected: String) throws {
    #expect(try literal("toString(\(expression))") == "'\(expected)'")
  }

  @Test(arguments: [
    ("time('12:00+01:00') = time('11:00Z')", "true"),
    ("time('12:00+01:00') < time('11:30Z')", "true"),
    ("localtime('12:00') < localtime('12:00:00.000000001')", "true"),
    ("localtime('12:00') = time('12:00Z')", "false"),
    ("localtime('12:00') < time('12:00Z')", "null"),
    ("localdatetime('2022-07-21T12:00') = datetime('2022-07-21T12:00Z')", "false"),
    ("datetime('2022-07-21T12:00[Europe/Berlin]') = datetime('2022-07-21T10:00Z')", "true"),
    ("datetime('2022-07-21T12:00:00.000000001Z') > datetime('2022-07-21T12:00Z')", "true"),
    (
      "datetime('1969-12-31T23:59:59.5Z') < datetime('1969-12-31T23:59:59.75Z')", "true"
    ),
  ])
  func `compare with their like`(expression: String, expected: String) throws {
    #expect(try literal(expression) == expected)
  }

  @Test(arguments: [
    ("localtime('23:00') + duration('PT2H')", "localtime('01:00')"),
    ("localtime('01:00') - duration('P5DT2H')", "localtime('23:00')"),
    ("time('23:00+07:00') + duration('PT90M')", "time('00:30+07:00')"),
    (
      "localdatetime('2022-12-31T23:00') + duration('P1MT2H')",
      "localdatetime('2023-02-01T01:00')"
    ),
    (
      "datetime('2022-01-31T00:00:00.000000001Z') + duration('P1M')",
      "datetime('2022-02-28T00:00:00.000000001Z')"
    ),
    ("datetime.fromepoch(-1, 5)", "datetime('1969-12-31T23:59:59.000000005Z')"),
    ("datetime.fromepochmillis(-1)", "datetime('1969-12-31T23:59:59.999Z')"),
    ("duration.between(localtime('14:30'), date('2015-06-24'))", "duration('PT-14H-30M')"),
    ("duration.between(time('14:30+01:00'), time('14:30Z'))", "duration('PT1H')"),
    (
      "duration.inSeconds(localdatetime('-999999999-01-01'), "
        + "localdatetime('+999999999-12-31T23:59:59'))",
      "duration('PT17531639991215H59M59S')"
    ),
    (
      "duration.between(datetime('2022-10-29T12:00[Europe/Berlin]'), "
        + "datetime('2022-10-30T12:00[Europe/Berlin]'))",
      "duration('P1D')"
    ),
    (
      "duration.inSeconds(datetime('2022-10-29T12:00[Europe/Berlin]'), "
        + "datetime('2022-10-30T12:00[Europe/Berlin]'))",
      "duration('PT25H')"
    ),
  ])
  func `are calculated with`(expression: String, expected: String) throws {
    #expect(try literal(expression) == expected)
  }

  @Test(arguments: [
    "localtime('12:31:14.000000001')", "time('12:31:14.645+01:00')",
    "localdatetime('-0044-03-15T12:00')", "date('+999999999-12-31')",
    "datetime('1984-10-11T12:31:14.645876123+01:00[Europe/Paris]')",
    "datetime('1818-07-21T12:00+00:53:28[Europe/Berlin]')",
  ])
  func `are written so that they read back`(text: String) throws {
    #expect(try literal(text) == text)
  }
}
