import GraphModel
import GraphStorage
import Projections
import Testing

struct DataCase: CustomTestStringConvertible, Sendable {
  var data: String
  /// `nil` where the data fits.
  var refusal: String?

  init(_ data: String, _ refusal: String?) {
    self.data = data
    self.refusal = refusal
  }

  var testDescription: String { data }
}

private let schemaText = """
  SCHEMA s VERSION 1
  NODE A { x STRING }
  EVENT e VERSION 1 {
    id ID, s STRING?, t TEXT?, n INTEGER?, f FLOAT?, b BOOLEAN?, d DATE?, m DATETIME?,
    l LIST<ID> = [], attendees LIST<{ person ID, role STRING? }> = [],
    inner { of ID, more { count INTEGER } }?, a ANY?, o MAP?, nested LIST<LIST<INTEGER>> = []
  }
  ON e AS e NODE (:A { id: e.id })
  """

private let cases: [DataCase] = [
  .init(#"{"id":"a"}"#, nil),
  .init(#"{"id":"a","s":null,"t":null,"inner":null,"l":null,"attendees":[]}"#, nil),
  .init(#"[]"#, "data: expected an object, found an empty list"),
  .init(#""x""#, #"data: expected an object, found "x""#),
  .init(#"{}"#, "data.id: expected an id, found nothing"),
  .init(#"{"id":null}"#, "data.id: expected an id, found null"),
  .init(#"{"id":7}"#, "data.id: expected an id, found the number 7"),
  .init(#"{"id":""}"#, "data.id: expected an id, found an empty string"),
  .init(
    "{\"id\":\"\(String(repeating: "a", count: 513))\"}",
    "data.id: expected an id of at most 512 bytes, found one of 513"
  ),
  .init(#"{"ID":"a"}"#, #"data.id: expected an id, found nothing (is "ID" meant to be "id"?)"#),
  .init(
    #"{"identity":"a"}"#,
    #"data.id: expected an id, found nothing (no field is called "identity")"#
  ),
  .init(#"{"id":"a","id":"b"}"#, "data.id: expected one value, found two members of that name"),
  .init(#"{"id":"a","s":1}"#, "data.s: expected a string, found the number 1"),
  .init(#"{"id":"a","s":"","extra":[1,2]}"#, nil),
  .init(#"{"id":"a","n":1.0}"#, "data.n: expected an integer, found the number 1.0"),
  .init(#"{"id":"a","n":-9223372036854775808}"#, nil),
  .init(
    #"{"id":"a","n":9223372036854775808}"#,
    "data.n: expected an integer of at most 9223372036854775807, found the number"
      + " 9223372036854775808"
  ),
  .init(#"{"id":"a","f":1,"b":false}"#, nil),
  .init(#"{"id":"a","f":"1"}"#, #"data.f: expected a number, found "1""#),
  .init(#"{"id":"a","b":"true"}"#, #"data.b: expected true or false, found "true""#),
  .init(#"{"id":"a","l":["x",null]}"#, "data.l[1]: expected an id, found null"),
  .init(#"{"id":"a","l":"x"}"#, #"data.l: expected a list, found "x""#),
  .init(
    "{\"id\":\"a\",\"l\":[\((0...10_000).map { "\"\($0)\"" }.joined(separator: ","))]}",
    "data.l: expected a list of at most 10000 elements, found one of 10001"
  ),
  .init(
    #"{"id":"a","attendees":[{"person":"p"},{"person":"q","role":"r"},{"person":null}]}"#,
    "data.attendees[2].person: expected an id, found null"
  ),
  .init(
    #"{"id":"a","attendees":[{"persn":"p"}]}"#,
    #"data.attendees[0].person: expected an id, found nothing (is "persn" meant to be "person"?)"#
  ),
  .init(
    #"{"id":"a","inner":{"of":"x","more":{"count":"many"}}}"#,
    #"data.inner.more.count: expected an integer, found "many""#
  ),
  .init(#"{"id":"a","inner":{"of":"x"}}"#, "data.inner.more: expected an object, found nothing"),
  .init(
    #"{"id":"a","nested":[[1],[2,"x"]]}"#,
    #"data.nested[1][1]: expected an integer, found "x""#
  ),
  .init(#"{"id":"a","a":[{"x":1}],"o":{}}"#, nil),
  .init(#"{"id":"a","o":[]}"#, "data.o: expected an object, found an empty list"),
  // Texts
  .init(#"{"id":"a","t":"x"}"#, nil),
  .init(#"{"id":"a","t":{"th":"ก","en-GB":"x"}}"#, nil),
  .init(#"{"id":"a","t":[{"text":"x","lang":"fr","kind":"variant"},"y"]}"#, nil),
  .init(#"{"id":"a","t":{"text":"x","kind":"as stated"}}"#, nil),
  .init(#"{"id":"a","t":""}"#, "data.t: expected a text, found an empty string"),
  .init(#"{"id":"a","t":[]}"#, "data.t: expected a text, found an empty list"),
  .init(#"{"id":"a","t":5}"#, "data.t: expected a text, found the number 5"),
  .init(#"{"id":"a","t":{"th":1}}"#, "data.t.th: expected a text, found the number 1"),
  .init(
    #"{"id":"a","t":{"ไทย":"x"}}"#,
    #"data.t: expected a language tag, found "ไทย" (a text is "…", {"th":"…"} or"#
      + #" [{"text":"…","lang":"th"}])"#
  ),
  .init(
    #"{"id":"a","t":[{"text":"x"},{"text":"y","kind":"nick"}]}"#,
    #"data.t[1].kind: expected a kind of name, found "nick" (one of "name", "acronym", "variant","#
      + #" "transliteration", "translation", "former", "as stated" or "label")"#
  ),
  .init(
    #"{"id":"a","t":[{"text":"x","language":"fr"}]}"#,
    #"data.t[0]: expected "text", "lang" or "kind" in a form of a text, found "language""#
  ),
  // Moments
  .init(#"{"id":"a","m":"2022-07-21T09:30:00Z"}"#, nil),
  .init(#"{"id":"a","m":"2022-07-21T09:30:00.123456789+07:00"}"#, nil),
  .init(
    #"{"id":"a","m":"2022-07-21"}"#,
    #"data.m: expected a date and time, found "2022-07-21" (write it after RFC 3339:"#
      + " 2022-07-21T09:30:00+07:00)"
  ),
  .init(
    #"{"id":"a","m":"2022-02-30T09:30:00Z"}"#,
    #"data.m: expected a date and time, found "2022-02-30T09:30:00Z" (write it after RFC 3339:"#
      + " 2022-07-21T09:30:00+07:00)"
  ),
]

@Suite struct ValidationTests {
  @Test(arguments: cases)
  func `data fits its declaration, or is refused with a path`(_ dataCase: DataCase) throws {
    let validator = EventValidator(schema: try loadSchema(schemaText))
    #expect(refusal(validator, "e", dataCase.data) == dataCase.refusal)
  }

  @Test func `an unknown type is refused with the nearest one`() throws {
    let validator = EventValidator(schema: try shippedSchema())
    #expect(
      refusal(validator, "meeting.hold", "{}")
        == "type: expected an event type of the schema \"meetings\", found \"meeting.hold\""
        + " (did you mean \"meeting.held\"?)"
    )
    #expect(
      refusal(validator, "rapport.event.retract", "{}")?.contains("rapport.event.retracted") == true
    )
  }

  @Test func `fields that no declaration names are told and not refused`() throws {
    let validator = EventValidator(schema: try loadSchema(schemaText))
    let data = #"{"id":"a","note":1,"attendees":[{"person":"p","x":1},{"person":"q","x":2}]}"#
    #expect(refusal(validator, "e", data) == nil)
    #expect(validator.unknownFieldCount == 3)
    #expect(validator.unknownFields == ["note", "x"])
    #expect(refusal(validator, "e", #"{"id":"a"}"#) == nil)
    #expect(validator.unknownFieldCount == 0)
  }

  @Test func `the events of every schema are checked too`() throws {
    let validator = EventValidator(schema: try shippedSchema())
    let retracted = "rapport.event.retracted"
    #expect(refusal(validator, retracted, #"{"position":7,"reason":"wrong"}"#) == nil)
    #expect(refusal(validator, retracted, #"{"source":"s","id":"i"}"#) == nil)
    #expect(
      refusal(validator, retracted, #"{"source":"s"}"#)
        == "data: expected \"position\", or \"source\" and \"id\", found one of the two"
    )
    #expect(
      refusal(validator, retracted, #"{"position":0}"#)
        == "data.position: expected a position, found 0"
    )
    #expect(
      refusal(validator, "rapport.entity.merged", #"{"keep":"a","merge":"a"}"#)
        == "data.merge: expected another id than \"keep\", found \"a\""
    )
    let correction =
      #"{"position":7,"replacement":{"type":"person.registered","data":{"id":"p","name":5}}}"#
    #expect(
      refusal(validator, "rapport.event.corrected", correction)
        == "data.replacement.data.name: expected a text, found the number 5"
    )
  }

  @Test func `older versions are read by upcasts, unknown ones refused`() throws {
    let validator = EventValidator(
      schema: try loadSchema(
        """
        SCHEMA s VERSION 1
        NODE A
        EVENT e VERSION 3 { id ID, who LIST<{ person ID }>, mode STRING = 'onsite' }
        ON e AS e NODE (:A { id: e.id })
        UPCAST e 1 TO 2 SET people = participants REMOVE participants
          EXAMPLE { id: 'a', participants: ['p'] } TO { id: 'a', people: ['p'] }
        UPCAST e 2 TO 3 SET who = [p IN people | { person: p }] REMOVE people
          EXAMPLE { id: 'a', people: ['p'] } TO { id: 'a', who: [{ person: 'p' }], mode: 'onsite' }
        """
      )
    )
    #expect(refusal(validator, "e", #"{"id":"a","participants":["p"]}"#, version: 1) == nil)
    #expect(refusal(validator, "e", #"{"id":"a","people":["p"]}"#, version: 2) == nil)
    #expect(refusal(validator, "e", #"{"id":"a","who":[{"person":"p"}]}"#) == nil)
    #expect(
      refusal(validator, "e", #"{"id":"a","participants":[7]}"#, version: 1)
        == "data.who[0].person: expected an id, found the number 7 (the data of version 1 was"
        + " brought to version 3)"
    )
    #expect(
      refusal(validator, "e", #"{"id":"a"}"#, version: 4)
        == "dataversion: expected a version of \"e\" that the schema reads, 1 to 3, found 4 (a"
        + " schema that declares version 4 has to be applied first)"
    )
  }

  @Test func `expressions of rules that have no value refuse the event`() throws {
    let validator = EventValidator(
      schema: try loadSchema(
        """
        SCHEMA s VERSION 1
        NODE A { n INTEGER }
        EVENT e VERSION 1 { id ID, n INTEGER, x ANY? }
        ON e AS e
          NODE (a:A { id: e.id, n: 10 / e.n })
          WHEN e.x IS NOT NULL SET a.n = e.x
        """
      )
    )
    #expect(refusal(validator, "e", #"{"id":"a","n":5}"#) == nil)
    #expect(
      refusal(validator, "e", #"{"id":"a","n":0}"#)
        == "data: expected data for which \"10 / e.n\" has a value, found data for which it has"
        + " none (division of 10 by zero)"
    )
    #expect(
      refusal(validator, "e", #"{"id":"a","n":1,"x":"y"}"#)
        == "data: expected data for which \"e.x\" is an integer, found data for which it is \"y\""
    )
  }
}

struct DateCase: CustomTestStringConvertible, Sendable {
  var written: String
  /// What it means, or what the refusal has in it.
  var meaning: String

  init(_ written: String, _ meaning: String) {
    self.written = written
    self.meaning = meaning
  }

  var testDescription: String { written }
}

private let dates: [DateCase] = [
  .init(#""2022-07-21""#, "2022-07-21"),
  .init(#""2022-07""#, "2022-07"),
  .init(#""2022""#, "2022"),
  .init(#""0999""#, "0999"),
  .init(#"{"date":"2565-07-21","calendar":"buddhist"}"#, "2022-07-21"),
  .init(#"{"date":"2565-07","calendar":"buddhist"}"#, "2022-07"),
  .init(#"{"date":"2567-02-29","calendar":"buddhist"}"#, "2024-02-29"),
  .init(#"{"date":"2480-02-10","calendar":"buddhist"}"#, "1937"),
  .init(#"{"date":"2565","calendar":"gregorian"}"#, "2565"),
  .init(#"{"text":"21 July 2022","date":"2022-07-21"}"#, "2022-07-21"),
  .init(#"{"text":"21 กรกฎาคม 2565","lang":"th"}"#, "2022-07-21"),
  .init(#"{"text":"21 กรกฎาคม 2565"}"#, "2022-07-21"),
  .init(#"{"text":"๒๑ ก.ค. ๒๕๖๕","lang":"th"}"#, "2022-07-21"),
  .init(#"{"text":"วันพฤหัสบดีที่ 21 กรกฎาคม พ.ศ. 2565","lang":"th"}"#, "2022-07-21"),
  .init(#"{"text":"เมื่อวันที่ 1 มี.ค. 2564","lang":"th"}"#, "2021-03-01"),
  .init(#"{"text":"กรกฎาคม 2565","lang":"th"}"#, "2022-07"),
  .init(#"{"text":"เดือนธันวาคม ค.ศ. 2022","lang":"th"}"#, "2022-12"),
  .init(#"{"text":"พ.ศ. ๒๕๖๕","lang":"th"}"#, "2022"),
  .init(#"{"text":"ปี 2565","lang":"th"}"#, "2022"),
  .init(#"{"text":"5 พฤษภาคม 2022","lang":"th"}"#, "2022-05-05"),
  .init(#"{"text":"24 มิถุนายน 2475","lang":"th"}"#, "1932"),
  .init(#"{"text":"1 มกราคม 2484","lang":"th"}"#, "1941-01-01"),
  .init(#""2565""#, "is it 2022 CE?"),
  .init(#""2565-07-21""#, "is it 2022 CE?"),
  .init(#""2022-02-30""#, "expected a date that exists"),
  .init(#""2022-13""#, "expected a date that exists"),
  .init(#""2022-07-21T00:00:00Z""#, "a date has no time of day: \"2022-07-21\""),
  .init(#""21 กรกฎาคม 2565""#, "goes into {\"text\":…,\"lang\":\"th\"}"),
  .init(#""yesterday""#, "write 2022-07-21, 2022-07 or 2022"),
  .init(#"20220721"#, "expected a date, found the number 20220721"),
  .init(
    #"{"date":"2565","calendar":"thai"}"#,
    "expected the calendar \"gregorian\" or \"buddhist\""
  ),
  .init(#"{"text":"31 กุมภาพันธ์ 2565","lang":"th"}"#, "expected a date that can be read"),
  .init(#"{"text":"21 กรกฎาคม 65","lang":"th"}"#, "expected a date that can be read"),
  .init(#"{"text":"21 juillet 2022","lang":"fr"}"#, "in a member \"date\" beside the text"),
  .init(#"{"day":1}"#, "expected \"date\", \"calendar\", \"text\" or \"lang\" in a date"),
  .init(#"{}"#, "expected a date, found an empty object"),
]

@Suite struct DateTests {
  @Test(arguments: dates)
  func `a date means a day, a month or a year, or is refused with a hint`(_ date: DateCase) throws {
    let schema = try loadSchema(
      """
      SCHEMA s VERSION 1
      NODE A { d DATE }
      EVENT e VERSION 1 { id ID, d DATE }
      ON e AS e NODE (:A { id: e.id, d: e.d })
      """
    )
    let data = "{\"id\":\"a\",\"d\":\(date.written)}"
    if let refused = refusal(EventValidator(schema: schema), "e", data) {
      #expect(refused.hasPrefix("data.d: "))
      #expect(refused.contains(date.meaning))
    } else {
      let graph = graph(of: [TestEvent("e", data)], schema)
      let key = try #require(graph.propertyKey(named: "d"))
      let meant = try #require(PartialDate(date.meaning))
      #expect(graph.property(key, of: NodeNumber(0)) == .date(meant))
    }
  }
}
