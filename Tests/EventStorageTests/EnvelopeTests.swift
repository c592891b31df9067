import JSONTape
import Testing

@testable import EventStorage

/// A line, and what is said of it.
struct BadLine: Sendable, CustomTestStringConvertible {
  var line: [UInt8]
  var column: Int
  var message: String

  init(_ line: String, _ column: Int, _ message: String) {
    self.line = Array(line.utf8)
    self.column = column
    self.message = message
  }

  init(bytes line: [UInt8], _ column: Int, _ message: String) {
    self.line = line
    self.column = column
    self.message = message
  }

  var testDescription: String { message }

  static let all: [BadLine] = [
    // What is no JSON.
    BadLine("hello", 1, #"expected a value, found "h""#),
    BadLine("{", 2, "expected a key in double quotes, found the end of the line"),
    BadLine(
      #"{"type":"t","data":{"a":1"#,
      26,
      #"data: expected "," or "}", found the end of the line"#
    ),
    BadLine(
      #"{"type":"t","data":{"a":"#,
      25,
      "data.a: expected a value, found the end of the line"
    ),
    BadLine(
      #"{"type":"t","data":{"a":"b"#,
      27,
      "data.a: expected the end of the string, found the end of the line"
    ),
    BadLine(#"{"type":"t","data":{}} x"#, 24, #"expected the end of the line, found "x""#),
    BadLine(#"{"type":"t","data":{},}"#, 23, #"expected a key in double quotes, found "}""#),
    BadLine(#"{"type":"t",data:{}}"#, 13, #"expected a key in double quotes, found "d""#),
    BadLine(#"{"type" "t"}"#, 9, #"type: expected ":", found a string"#),
    BadLine(#"{"type":'t'}"#, 9, #"type: expected a value, found "'""#),
    BadLine(#"{"type":"t","data":{"a":[1,2,}}"#, 30, #"data.a[2]: expected a value, found "}""#),
    BadLine(
      #"{"type":"t","data":{"ผู้":[true,nul]}}"#,
      33,
      #"data.ผู้[1]: expected a value, found "n""#
    ),
    BadLine(
      #"{"type":"t","data":{"a":01}}"#,
      26,
      #"data.a: expected a number without leading zeros, found "1""#
    ),
    BadLine(#"{"type":"t","data":{"a":1.}}"#, 27, #"data.a: expected a digit, found "}""#),
    BadLine(#"{"type":"t","data":{"a":NaN}}"#, 25, #"data.a: expected a value, found "N""#),
    BadLine(
      #"{"type":"t","data":{"a":"\x"}}"#,
      27,
      #"data.a: expected one of "\/bfnrtu after a backslash, found "x""#
    ),
    BadLine(
      #"{"type":"t","data":{"a":"\u12g4"}}"#,
      30,
      #"data.a: expected four hexadecimal digits after "\u", found "g""#
    ),
    BadLine(
      #"{"type":"t","data":{"a":"\ud800"}}"#,
      26,
      "data.a: expected a pair of surrogate escapes, found half of one"
    ),
    BadLine(
      #"{"type":"t","data":{"a":"\udc00x"}}"#,
      26,
      "data.a: expected a pair of surrogate escapes, found half of one"
    ),
    BadLine(
      "{\"type\":\"t\",\"data\":{\"a\":\"b\tc\"}}",
      27,
      #"data.a: expected an escape such as "\n", found the control character U+0009"#
    ),
    BadLine(
      "{\"type\":\"t\",\"data\":{\"a\":\"b\0c\"}}",
      27,
      #"data.a: expected an escape such as "\n", found the control character U+0000"#
    ),
    BadLine(
      "{\"type\":\"t\",\0\"data\":{}}",
      13,
      "expected a key in double quotes, found a NUL byte"
    ),
    BadLine(
      bytes: Array("{\"type\":\"".utf8) + [0xFF, 0x22],
      10,
      "type: expected UTF-8 text, found bytes that are not"
    ),
    BadLine(
      bytes: Array("{\"type\":\"é".utf8) + [0xE0, 0x80, 0x80, 0x22],
      11,
      "type: expected UTF-8 text, found bytes that are not"
    ),
    BadLine(
      bytes: Array("{\"type\":\"".utf8) + [0xED, 0xA0, 0x80, 0x22],
      10,
      "type: expected UTF-8 text, found bytes that are not"
    ),

    // What is past a limit.
    BadLine(
      String(repeating: "[", count: 100_000),
      65,
      "\(String(repeating: "[0]", count: 64)): expected at most 64 levels of nesting, found more"
    ),
    BadLine(
      #"{"type":"t","data":{"a":"# + String(repeating: "[", count: 63)
        + String(repeating: "]", count: 63) + "}}",
      87,
      "data.a\(String(repeating: "[0]", count: 62)): expected at most 64 levels of nesting, found more"
    ),
    BadLine(
      #"{"type":"t","data":{"a":["# + String(repeating: "1,", count: 10_000) + "1]}}",
      20_026,
      "data.a: expected at most 10000 list items, found more"
    ),
    BadLine(
      #"{"type":"t","data":{"a":18446744073709551616}}"#,
      25,
      "data.a: expected a 64-bit number, found 18446744073709551616; write it as a string to keep its digits"
    ),
    BadLine(
      #"{"type":"t","data":{"a":[1e400]}}"#,
      26,
      "data.a[0]: expected a 64-bit number, found 1e400; write it as a string to keep its digits"
    ),
    BadLine(
      #"{"type":"t","data":{"a":1,"b":2,"\u0061":3}}"#,
      33,
      #"data: expected each key once, found "a" again"#
    ),
    BadLine(
      #"{"type":"t","type":"t","data":{}}"#,
      13,
      #"expected each key once, found "type" again"#
    ),
    BadLine(
      #"{"type":"t","evidence":{"page":1,"page":2},"data":{}}"#,
      34,
      #"evidence: expected each key once, found "page" again"#
    ),

    // What is no event.
    BadLine("[1,2]", 1, "expected an event, a JSON object, found a list"),
    BadLine("  17", 3, "expected an event, a JSON object, found a number"),
    BadLine("{}", 1, #"expected "type", found none"#),
    BadLine(#"{"type":"t"}"#, 1, #"t: expected "data", found none"#),
    BadLine(#"{"type":null,"data":{}}"#, 9, "type: expected a string, found null"),
    BadLine(#"{"type":5,"data":{}}"#, 9, "type: expected a string, found a number"),
    BadLine(
      #"{"type":"","data":{}}"#,
      9,
      "type: expected a string that is not empty, found an empty one"
    ),
    BadLine(#"{"type":"t","data":[]}"#, 20, "t: data: expected an object, found a list"),
    BadLine(#"{"type":"t","data":"{}"}"#, 20, "t: data: expected an object, found a string"),
    BadLine(#"{"type":"t","data":null}"#, 20, "data: expected an object, found null"),
    BadLine(#"{"type":"t","id":7,"data":{}}"#, 18, "t: id: expected a string, found a number"),
    BadLine(
      #"{"type":"t","id":"a\u0000b","data":{}}"#,
      18,
      "t: id: expected text without control characters, found the control character U+0000"
    ),
    BadLine(
      #"{"type":"t","id":""# + String(repeating: "x", count: 513) + #"","data":{}}"#,
      18,
      "t: id: expected at most 512 bytes, found 513"
    ),
    BadLine(
      #"{"type":"t","source":"","data":{}}"#,
      22,
      "t: source: expected a string that is not empty, found an empty one"
    ),
    BadLine(
      #"{"type":"t","time":"yesterday","data":{}}"#,
      20,
      #"t: time: expected an RFC 3339 time such as "2022-07-21T08:30:00Z", found "yesterday""#
    ),
    BadLine(
      #"{"type":"t","time":"2022-07-21","data":{}}"#,
      20,
      #"t: time: expected an RFC 3339 time such as "2022-07-21T08:30:00Z", found "2022-07-21""#
    ),
    BadLine(
      #"{"specversion":"0.3","type":"t","data":{}}"#,
      16,
      #"t: specversion: expected CloudEvents version "1.0", found "0.3""#
    ),
    BadLine(
      #"{"type":"t","dataversion":0,"data":{}}"#,
      27,
      "t: dataversion: expected an integer of at least 1, found 0"
    ),
    BadLine(
      #"{"type":"t","dataversion":"two","data":{}}"#,
      27,
      #"t: dataversion: expected an integer of at least 1, found "two""#
    ),
    BadLine(
      #"{"type":"t","dataversion":1.5,"data":{}}"#,
      27,
      "t: dataversion: expected an integer of at least 1, found 1.5"
    ),
    BadLine(
      #"{"type":"t","certainty":"maybe","data":{}}"#,
      25,
      #"t: certainty: expected "stated", "inferred" or "hedged", found "maybe""#
    ),
    BadLine(
      #"{"type":"t","evidence":"p. 3","data":{}}"#,
      24,
      "t: evidence: expected an object, found a string"
    ),
    BadLine(
      #"{"type":"t","subject":1,"data":{}}"#,
      23,
      "t: subject: expected a string, found a number"
    ),
    BadLine(
      #"{"type":"t","position":1,"data":{}}"#,
      24,
      #"t: position: expected no "position", which the store sets; only restoring an export keeps it"#
    ),
    BadLine(
      #"{"type":"t","recordedtime":"2022-07-21T08:30:00Z","data":{}}"#,
      28,
      #"t: recordedtime: expected no "recordedtime", which the store sets; only restoring an export keeps it"#
    ),
    BadLine(
      #"{"type":"t","meetingDate":"x","data":{}}"#,
      13,
      #"expected an attribute name of lowercase letters and digits, found "meetingDate"; fields of the event belong into "data""#
    ),
    BadLine(
      #"{"type":"t","place":{"a":1},"data":{}}"#,
      21,
      "place: expected a string, a number or a boolean, found an object"
    ),
  ]
}

@Suite struct `A line that is no event` {
  @Test(arguments: BadLine.all)
  func `is refused with its place`(bad: BadLine) throws {
    var batch = EventBatch()
    let error = #expect(throws: EventError.self) { try Lines().add(bad.line, to: &batch) }
    #expect(error?.description == bad.message)
    #expect(error?.column == bad.column)
    #expect(batch.isEmpty)
  }

  @Test func `has a control character anywhere in a name`() throws {
    for count in 1...19 {
      for place in 0..<count {
        for (escape, isAllowed) in [
          (#"\u0000"#, false), (#"\u001f"#, false), (#"\u007f"#, false), (" ", true), ("~", true),
          ("\u{80}", true), ("ÿ", true), ("ก", true),
        ] {
          var characters = Array(repeating: "x", count: count)
          characters[place] = escape
          let line = #"{"type":"t","id":"\#(characters.joined())","data":{}}"#
          var batch = EventBatch()
          _ = try? Lines().add(line, to: &batch)
          #expect(batch.count == (isAllowed ? 1 : 0), "\(line)")
        }
      }
    }
  }

  @Test func `is too long past the limit`() throws {
    var batch = EventBatch()
    let lines = Lines(lineByteCountMax: 40)
    let fits = #"{"type":"t","data":{"a":"0123456789ab"}}"#
    #expect(fits.utf8.count == 40)
    try lines.add(fits, to: &batch)
    let error = #expect(throws: EventError.self) { try lines.add(fits + " ", to: &batch) }
    #expect(error?.message == "expected a line of at most 40 bytes, found a longer one")
    #expect(batch.count == 1)
  }

  @Test func `does not crash at any truncation or change of a good one`() throws {
    let good = Array(
      #"{"type":"t","id":"å","time":"2022-07-21T08:30:00Z","evidence":{"quote":"\u0e19","page":3},"data":{"a":[1,-2.5e3,{"b":null}],"c":true}}"#
        .utf8
    )
    let lines = Lines()
    var generator = SeededGenerator(seed: 11)
    for count in 0..<good.count {
      var batch = EventBatch()
      _ = try? lines.add(Array(good.prefix(count)), to: &batch)
      for _ in 0..<40 {
        var changed = good
        changed[count] = UInt8.random(in: 0...255, using: &generator)
        let isAccepted = (try? lines.add(changed, to: &batch)) == true
        // The exact scanner agrees with simdjson on what is JSON.
        if isAccepted {
          let scan = changed.withUnsafeBytes { bytes in
            var scanner = LineScanner(bytes)
            return Result { () throws(EventError) in try scanner.scan() }
          }
          #expect(throws: Never.self) { try scan.get() }
        }
      }
    }
  }
}

@Suite struct `A line that is an event` {
  private func event(_ line: String, restoring: Bool = false) throws -> EventContentCopy {
    var batch = EventBatch()
    try #require(try Lines(restoring: restoring).add(line, to: &batch))
    return EventContentCopy(batch)
  }

  private struct EventContentCopy {
    var type, source, id, time, extensions, data: String
    var entry: EventBatch.Entry

    init(_ batch: EventBatch) {
      func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes, as: UTF8.self)
      }
      (type, source, id, time, extensions, data) = batch.withContent(at: 0) {
        (
          text($0.type), text($0.source), text($0.id), text($0.timeText), text($0.extensions),
          text($0.data)
        )
      }
      entry = batch.entries[0]
    }
  }

  @Test func `keeps its bytes but for white space outside of strings`() throws {
    let found = try event(
      #"""
      { "specversion" : "1.0", "type":"meeting.held" , "id":"a b", "source":"s",
        "data" : { "n" : [ 1.50 , 1E5, -0 ], "t" : "กขค \u0e19 \"x\" " , "e":{ } },
        "time":"2022-07-21T15:30:00+07:00", "subject" : "x  y", "evidence":{ "page" : 3 },
        "dataversion" : 2, "certainty":"hedged", "place2":true, "nothing":null }
      """#.replacing("\n", with: " ")
    )
    #expect(found.type == "meeting.held")
    #expect(found.source == "s")
    #expect(found.id == "a b")
    #expect(found.time == "2022-07-21T15:30:00+07:00")
    #expect(found.data == #"{"n":[1.50,1E5,-0],"t":"กขค \u0e19 \"x\" ","e":{}}"#)
    #expect(
      found.extensions
        == #"{"subject":"x  y","evidence":{"page":3},"dataversion":2,"certainty":"hedged","place2":true}"#
    )
    #expect(found.entry.eventTime == 1_658_392_200_000_000)
    #expect(found.entry.dataVersion == 2)
    #expect(found.entry.certainty == .hedged)
  }

  @Test func `has defaults for what it leaves out`() throws {
    let found = try event(#"{"type":"t","data":{"b":1}}"#)
    #expect(found.source == "tests")
    #expect(found.time.isEmpty)
    #expect(found.extensions.isEmpty)
    #expect(found.entry.eventTime == nil)
    #expect(found.entry.dataVersion == 0)
    #expect(found.entry.certainty == .stated)
    // printf 't\0tests\0{"b":1}' | sha256sum
    #expect(found.id == "a7552ecf853bc119576ea213019c67c07cb30562025198b0f55bf1098cdd9b2b")
    #expect(try event(#"{"data":{"b" : 1}, "type":"t" }"#).id == found.id)
    #expect(try event(#"{"type":"t","data":{"b":2}}"#).id != found.id)
    #expect(try event(#"{"type":"t","source":"other","data":{"b":1}}"#).id != found.id)
  }

  @Test func `may be surrounded by white space, and end with a carriage return`() throws {
    #expect(try event(" \t{\"type\":\"t\",\"data\":{}} \r").data == "{}")
    var batch = EventBatch()
    for blank in ["", " ", "\t\r"] { #expect(try !Lines().add(blank, to: &batch)) }
    #expect(batch.isEmpty)
  }

  @Test func `takes escapes in its attributes`() throws {
    let found = try event(#"{"ty\u0070e":"t\u00e9","id":"\ud83d\ude00","data":{}}"#)
    #expect(found.type == "té")
    #expect(found.id == "😀")
  }

  @Test func `reaches each limit`() throws {
    let nested = String(repeating: "[", count: 62) + String(repeating: "]", count: 62)
    #expect(try event(#"{"type":"t","data":{"a":\#(nested)}}"#).data.count == 130)
    let items = Array(repeating: "1", count: 10_000).joined(separator: ",")
    #expect(try event(#"{"type":"t","data":{"a":[\#(items)]}}"#).data.count == 20_007)
    let id = String(repeating: "x", count: 512)
    #expect(try event(#"{"type":"t","id":"\#(id)","data":{}}"#).id == id)
  }

  @Test func `is the same from a program`() throws {
    let parser = Lines().parser
    var batch = EventBatch()
    let incoming = IncomingEvent(
      type: "a \"b\"",
      id: "i\n1".replacing("\n", with: "-"),
      time: "2022-07-21T08:30:00Z",
      attributes: [.init(name: "subject", value: #""x""#)],
      data: "{\n  \"text\": \"line\\nbreak\"\n}"
    )
    let parsed = try #require(try parser.add(incoming, to: &batch))
    #expect(parsed.tape.kind(at: parsed.data) == .object)
    let found = EventContentCopy(batch)
    #expect(found.type == "a \"b\"")
    #expect(found.data == #"{"text":"line\nbreak"}"#)
    #expect(found.extensions == #"{"subject":"x"}"#)
  }

  @Test func `can be taken back`() throws {
    var batch = EventBatch()
    let lines = Lines()
    try lines.add(line("a", data: #"{"x":1}"#), to: &batch)
    let size = batch.byteCount
    try lines.add(line("b"), to: &batch)
    batch.removeLast()
    #expect(batch.count == 1)
    #expect(batch.byteCount == size)
  }
}

@Suite struct `The line reader` {
  /// Reads text that comes in pieces of `pieceByteCount`.
  private func lines(
    _ text: [UInt8],
    pieceByteCount: Int,
    limit: Int = 20
  ) throws -> [String] {
    var rest = text[...]
    let reader = LineReader(lineByteCountMax: limit) { buffer in
      let piece = rest.prefix(min(pieceByteCount, buffer.count))
      rest = rest.dropFirst(piece.count)
      buffer.copyBytes(from: piece)
      return piece.count
    }
    var lines: [String] = []
    while let line = try reader.next() {
      #expect(line.number == lines.count + 1)
      lines.append(String(decoding: line.bytes, as: UTF8.self))
    }
    #expect(reader.consumedByteCount == text.count)
    return lines
  }

  @Test(arguments: [1, 2, 3, 7, 1000])
  func `cuts lines wherever the pieces end`(pieceByteCount: Int) throws {
    let text: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("a\r\n\nกข\nlast".utf8)
    #expect(try lines(text, pieceByteCount: pieceByteCount) == ["a", "", "กข", "last"])
    #expect(try lines(Array("a\n".utf8), pieceByteCount: pieceByteCount) == ["a"])
    #expect(try lines([], pieceByteCount: pieceByteCount).isEmpty)
    #expect(try lines([0xEF, 0xBB, 0xBF], pieceByteCount: pieceByteCount).isEmpty)
  }

  @Test(arguments: [1, 3, 1000, 1 << 20])
  func `goes on after a line that is too long`(pieceByteCount: Int) throws {
    for length in [20, 21, 22, 23, 500, 300_000] {
      let long = String(repeating: "x", count: length)
      let found = try lines(Array("a\n\(long)\nb\n\(long)".utf8), pieceByteCount: pieceByteCount)
      let cut = String(long.prefix(21))
      #expect(found == ["a", cut, "b", cut], "\(length)")
    }
  }
}
